"""`AioConnection`: a connection whose cursors are awaited.

Source: PyAthena 4.2, aio/connection.py (names).
"""

from __future__ import annotations

from typing import Any

from bayou.dbapi.aio.cursors import AioCursor
from bayou.dbapi.connection import Connection, connect


class AioConnection:
    """A connection for asyncio; attributes are those of `Connection`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    async def create(cls, *arguments: Any, **options: Any) -> AioConnection:
        """Connect; arguments as `bayou.dbapi.connect`."""
        options.setdefault("cursor_class", AioCursor)
        return cls(connect(*arguments, **options))

    def cursor(self, cursor: type[Any] | None = None, **options: Any) -> Any:
        """A new cursor."""
        return (cursor or self._connection.cursor_class)(
            self._connection, **{**self._connection.cursor_kwargs, **options}
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._connection, name)

    async def __aenter__(self) -> AioConnection:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._connection.close()


async def aio_connect(*arguments: Any, **options: Any) -> AioConnection:
    """Connect for asyncio; arguments as `bayou.dbapi.connect`."""
    return await AioConnection.create(*arguments, **options)
