"""`ArrowCursor`, under the module name of PyAthena."""

from bayou.dbapi.frames import ArrowCursor

__all__ = ["ArrowCursor"]
