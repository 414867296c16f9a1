"""`AioS3FSCursor`, under the module name of PyAthena."""

from bayou.dbapi.aio.cursors import AioS3FSCursor

__all__ = ["AioS3FSCursor"]
