"""`pyspark.sql.session`."""

from bayou.compat.spark.session import SparkSession

__all__ = ["SparkSession"]
