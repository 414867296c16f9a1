"""`AioPandasCursor`, under the module name of PyAthena."""

from bayou.dbapi.aio.cursors import AioPandasCursor

__all__ = ["AioPandasCursor"]
