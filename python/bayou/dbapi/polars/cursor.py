"""`PolarsCursor`, under the module name of PyAthena."""

from bayou.dbapi.frames import PolarsCursor

__all__ = ["PolarsCursor"]
