"""`pyspark.sql.readwriter`."""

from bayou.compat.spark.readwriter import DataFrameReader, DataFrameWriter

__all__ = ["DataFrameReader", "DataFrameWriter"]
