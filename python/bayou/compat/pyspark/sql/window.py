"""`pyspark.sql.window`."""

from sqlframe.standalone.window import Window, WindowSpec

__all__ = ["Window", "WindowSpec"]
