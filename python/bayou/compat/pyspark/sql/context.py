"""`pyspark.sql.context`."""

from bayou.compat.spark.sqlcontext import HiveContext, SQLContext

__all__ = ["HiveContext", "SQLContext"]
