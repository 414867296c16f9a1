"""`PandasCursor`, under the module name of PyAthena 1 and 2."""

from bayou.dbapi.frames import PandasCursor

__all__ = ["PandasCursor"]
