"""`pyspark.sql.column`."""

from sqlframe.standalone.column import Column

__all__ = ["Column"]
