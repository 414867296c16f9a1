"""`AsyncS3FSCursor`, under the module name of PyAthena."""

from bayou.dbapi.async_cursor import AsyncS3FSCursor

__all__ = ["AsyncS3FSCursor"]
