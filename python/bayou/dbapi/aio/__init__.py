"""Cursors and connections for asyncio, under PyAthena's names."""

from bayou.dbapi.aio.connection import AioConnection, aio_connect
from bayou.dbapi.aio.cursors import (
    AioArrowCursor,
    AioCursor,
    AioDictCursor,
    AioPandasCursor,
    AioPolarsCursor,
    AioS3FSCursor,
    AioSparkCursor,
)

__all__ = [
    "AioArrowCursor",
    "AioConnection",
    "AioCursor",
    "AioDictCursor",
    "AioPandasCursor",
    "AioPolarsCursor",
    "AioS3FSCursor",
    "AioSparkCursor",
    "aio_connect",
]
