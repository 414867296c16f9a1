"""`AioPolarsCursor`, under the module name of PyAthena."""

from bayou.dbapi.aio.cursors import AioPolarsCursor

__all__ = ["AioPolarsCursor"]
