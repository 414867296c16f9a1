"""`AioSparkCursor`, under the module name of PyAthena."""

from bayou.dbapi.aio.cursors import AioSparkCursor

__all__ = ["AioSparkCursor"]
