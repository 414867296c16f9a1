"""`AioArrowCursor`, under the module name of PyAthena."""

from bayou.dbapi.aio.cursors import AioArrowCursor

__all__ = ["AioArrowCursor"]
