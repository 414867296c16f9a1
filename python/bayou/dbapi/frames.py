"""Cursors whose results are frames: pandas, Arrow, polars. Rows can still be fetched.

Source: PyAthena 4.2, pandas/cursor.py, arrow/cursor.py, polars/cursor.py (names and options).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bayou.dbapi.cursor import Cursor

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from bayou.dbapi.connection import Connection


class ArrowCursor(Cursor):
    """A cursor with `as_arrow()` and `as_polars()`."""

    def as_arrow(self) -> pyarrow.Table:
        """The whole result as a pyarrow table."""
        return self._fetchable().as_arrow()

    def as_polars(self) -> polars.DataFrame:
        """The whole result as a polars frame."""
        return self._fetchable().as_polars()


class _Chunked(Cursor):
    """A cursor that can leave the rows in the engine until they are wanted."""

    def __init__(self, connection: Connection, *, chunksize: int | None = None, **options: Any) -> None:
        super().__init__(connection, **options)
        self.chunksize = chunksize
        self._streams = chunksize is not None

    def execute(self, operation: str, *arguments: Any, chunksize: int | None = None, **options: Any) -> Any:
        """As `Cursor.execute`; with `chunksize`, here or of the cursor, rows are read when they are wanted."""
        before = self.chunksize, self._streams
        if chunksize is not None:
            self.chunksize, self._streams = chunksize, True
        try:
            return super().execute(operation, *arguments, **options)
        finally:
            self._streams = before[1]


class PandasCursor(_Chunked):
    """A cursor with `as_pandas()` and `iter_chunks()`.

    Args:
        connection: The connection that makes the cursor.
        chunksize: Rows of a chunk; the result is then not held in memory as a whole.
        unload: Keep the widths of integers, as PyAthena's frames from Parquet do; nothing is unloaded.
        options: As `Cursor`; PyAthena's for reading CSV have no effect, as none is read.
    """

    def __init__(
        self, connection: Connection, *, chunksize: int | None = None, unload: bool = False, **options: Any
    ) -> None:
        super().__init__(connection, chunksize=chunksize, **options)
        self._unload = unload

    def as_pandas(self) -> pandas.DataFrame | Iterator[pandas.DataFrame]:
        """The whole result as a pandas frame, straight from Arrow; frames one by one with `chunksize`."""
        if self.chunksize is not None:
            return self.iter_chunks()
        return self._fetchable().as_pandas(compat=False if self._unload else None)

    def iter_chunks(self) -> Iterator[pandas.DataFrame]:
        """The result in frames of at most `chunksize` rows."""
        return self._fetchable().pandas_chunks(self.chunksize)


class PolarsCursor(_Chunked):
    """A cursor with `as_polars()`, `as_arrow()` and `iter_chunks()`.

    Args:
        connection: The connection that makes the cursor.
        chunksize: Rows of a chunk; the result is then not held in memory as a whole.
        options: As `Cursor`.
    """

    def as_polars(self) -> polars.DataFrame:
        """The whole result as a polars frame."""
        return self._fetchable().as_polars()

    def as_arrow(self) -> pyarrow.Table:
        """The whole result as a pyarrow table."""
        return self._fetchable().as_arrow()

    def iter_chunks(self) -> Iterator[polars.DataFrame]:
        """The result in frames of at most `chunksize` rows."""
        for batch in self._fetchable().batches():
            step = self.chunksize or max(1, len(batch))
            for offset in range(0, len(batch), step):
                yield batch.slice(offset, step).to_polars()


class S3FSCursor(Cursor):
    """A `Cursor` under the name that PyAthena's code uses; no file is read."""


class SparkCursor:
    """Cannot be made: there is no Spark behind a lake."""

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        from bayou.errors import NotSupportedError

        raise NotSupportedError("Spark calculations are not supported\nhint: write the query in SQL")
