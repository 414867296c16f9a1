"""`PandasCursor`, under the module name of PyAthena."""

from bayou.dbapi.frames import PandasCursor

__all__ = ["PandasCursor"]
