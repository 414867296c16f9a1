"""`AsyncArrowCursor`, under the module name of PyAthena."""

from bayou.dbapi.async_cursor import AsyncArrowCursor

__all__ = ["AsyncArrowCursor"]
