"""`AsyncPandasCursor`, under the module name of PyAthena."""

from bayou.dbapi.async_cursor import AsyncPandasCursor

__all__ = ["AsyncPandasCursor"]
