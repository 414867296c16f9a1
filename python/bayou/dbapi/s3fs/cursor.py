"""`S3FSCursor`, under the module name of PyAthena."""

from bayou.dbapi.frames import S3FSCursor

__all__ = ["S3FSCursor"]
