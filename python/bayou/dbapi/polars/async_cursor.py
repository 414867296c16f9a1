"""`AsyncPolarsCursor`, under the module name of PyAthena."""

from bayou.dbapi.async_cursor import AsyncPolarsCursor

__all__ = ["AsyncPolarsCursor"]
