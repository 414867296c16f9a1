"""Cursors for asyncio: the statement runs on a thread, and the loop goes on.

Cancelling the task cancels the statement.

Source: PyAthena 4.2, aio/ (names and behaviour).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from bayou.dbapi.cursor import Cursor, DictCursor, Parameters
from bayou.dbapi.frames import ArrowCursor, PandasCursor, PolarsCursor, S3FSCursor, SparkCursor
from bayou.errors import NotSupportedError

if TYPE_CHECKING:
    from bayou.dbapi.connection import Connection

T = TypeVar("T")


class AioCursor:
    """`Cursor` for asyncio; attributes are those of `Cursor`, and what waits is awaited.

    Args:
        connection: The connection that makes the cursor.
        options: As `Cursor`.
    """

    _cursor_class: type[Cursor] = Cursor

    def __init__(self, connection: Connection, **options: Any) -> None:
        self._cursor = self._cursor_class(connection, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._cursor, name)

    async def _run(self, work: Callable[..., T], *arguments: Any, **options: Any) -> T:
        future = asyncio.ensure_future(asyncio.to_thread(work, *arguments, **options))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self._cursor._stop()
            await asyncio.wait([future])
            if not future.cancelled():
                future.exception()  # it was cancelled, and says so
            raise

    async def execute(self, operation: str, parameters: Parameters | None = None, **options: Any) -> Self:
        """Run one statement; see `Cursor.execute`."""
        await self._run(self._cursor.execute, operation, parameters, **options)
        return self

    async def executemany(self, operation: str, seq_of_parameters: Iterable[Parameters | None], **options: Any) -> None:
        """Run one statement with each set of parameters; see `Cursor.executemany`."""
        await self._run(self._cursor.executemany, operation, list(seq_of_parameters), **options)

    async def fetchone(self) -> Any:
        """The next row, or None."""
        return await self._run(self._cursor.fetchone)

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows."""
        return await self._run(self._cursor.fetchmany, size)

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return await self._run(self._cursor.fetchall)

    async def cancel(self) -> None:
        """Stop the statement that runs."""
        self._cursor.cancel()

    async def list_databases(self, *arguments: Any, **options: Any) -> Any:
        """The catalog's databases."""
        return await self._run(self._cursor.list_databases, *arguments, **options)

    async def get_table_metadata(self, *arguments: Any, **options: Any) -> Any:
        """A table of the catalog."""
        return await self._run(self._cursor.get_table_metadata, *arguments, **options)

    async def list_table_metadata(self, *arguments: Any, **options: Any) -> Any:
        """The tables of a database."""
        return await self._run(self._cursor.list_table_metadata, *arguments, **options)

    def close(self) -> None:
        """Close the cursor."""
        self._cursor.close()

    def __iter__(self) -> Any:
        raise NotSupportedError("This cursor is for `async for`")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        row = await self.fetchone()
        if row is None:
            raise StopAsyncIteration
        return row

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.close()


class AioDictCursor(AioCursor):
    """An `AioCursor` whose rows are dicts."""

    _cursor_class = DictCursor


class AioPandasCursor(AioCursor):
    """An `AioCursor` with `as_pandas()` and `iter_chunks()`."""

    _cursor_class = PandasCursor

    async def as_pandas(self) -> Any:
        """The whole result as a pandas frame."""
        return await self._run(self._cursor.as_pandas)  # type: ignore[attr-defined]

    async def iter_chunks(self) -> AsyncIterator[Any]:
        """The result in frames."""
        chunks = self._cursor.iter_chunks()  # type: ignore[attr-defined]
        while (chunk := await self._run(next, chunks, None)) is not None:
            yield chunk


class AioArrowCursor(AioCursor):
    """An `AioCursor` with `as_arrow()` and `as_polars()`."""

    _cursor_class = ArrowCursor

    async def as_arrow(self) -> Any:
        """The whole result as a pyarrow table."""
        return await self._run(self._cursor.as_arrow)  # type: ignore[attr-defined]

    async def as_polars(self) -> Any:
        """The whole result as a polars frame."""
        return await self._run(self._cursor.as_polars)  # type: ignore[attr-defined]


class AioPolarsCursor(AioCursor):
    """An `AioCursor` with `as_polars()` and `as_arrow()`."""

    _cursor_class = PolarsCursor

    async def as_arrow(self) -> Any:
        """The whole result as a pyarrow table."""
        return await self._run(self._cursor.as_arrow)  # type: ignore[attr-defined]

    async def as_polars(self) -> Any:
        """The whole result as a polars frame."""
        return await self._run(self._cursor.as_polars)  # type: ignore[attr-defined]


class AioS3FSCursor(AioCursor):
    """An `AioCursor` under the name that PyAthena's code uses."""

    _cursor_class = S3FSCursor


class AioSparkCursor(SparkCursor):
    """Cannot be made: there is no Spark behind a lake."""
