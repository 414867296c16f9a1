"""The part of `pyspark` that Glue scripts use, over a lake. Names and signatures only are Spark's."""

from bayou.compat.pyspark.conf import SparkConf
from bayou.compat.pyspark.context import SparkContext
from bayou.compat.pyspark.storagelevel import StorageLevel
from bayou.compat.spark.unknown import refuse

__version__ = "3.3.0"
__all__ = ["SparkConf", "SparkContext", "StorageLevel"]
__getattr__ = refuse(__name__)
