"""`pyspark.sql.dataframe`."""

from bayou.compat.spark.dataframe import DataFrame

__all__ = ["DataFrame"]
