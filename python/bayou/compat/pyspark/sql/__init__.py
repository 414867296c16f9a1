"""`pyspark.sql`."""

from sqlframe.base.types import Row
from sqlframe.standalone.column import Column
from sqlframe.standalone.window import Window, WindowSpec

from bayou.compat.spark.dataframe import DataFrame
from bayou.compat.spark.readwriter import DataFrameReader, DataFrameWriter
from bayou.compat.spark.session import SparkSession
from bayou.compat.spark.sqlcontext import HiveContext, SQLContext
from bayou.compat.spark.unknown import refuse

__all__ = [
    "Column",
    "DataFrame",
    "DataFrameReader",
    "DataFrameWriter",
    "HiveContext",
    "Row",
    "SQLContext",
    "SparkSession",
    "Window",
    "WindowSpec",
]
__getattr__ = refuse(__name__)
