"""`SparkCursor`, under the module name of PyAthena."""

from bayou.dbapi.frames import SparkCursor

__all__ = ["SparkCursor"]
