"""`AioCursor` and `AioDictCursor`, under the module name of PyAthena."""

from bayou.dbapi.aio.cursors import AioCursor, AioDictCursor

__all__ = ["AioCursor", "AioDictCursor"]
