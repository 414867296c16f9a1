"""`AsyncSparkCursor`, under the module name of PyAthena."""

from bayou.dbapi.async_cursor import AsyncSparkCursor

__all__ = ["AsyncSparkCursor"]
