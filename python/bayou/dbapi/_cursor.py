"""Cursors: one statement at a time, rows as tuples, dicts or a pandas frame.

A result is an Arrow table in memory; rows become Python objects in blocks, when they are fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bayou.dbapi._format import render
from bayou.errors import ProgrammingError

if TYPE_CHECKING:
    import pandas

    from bayou._bayou import Table
    from bayou.dbapi._connection import Connection

Parameters = Mapping[str, Any] | Sequence[Any]
Column = tuple[str, str, None, None, int, int, str]

# PyAthena's precisions, by the name of the type.
_PRECISION = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "real": 17,
    "double": 17,
    "varchar": 2147483647,
    "varbinary": 1073741824,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "time": 3,
}
_BLOCK = 10_000


def _column(name: str, type_text: str) -> Column:
    decimal = re.fullmatch(r"decimal\((\d+),(-?\d+)\)", type_text)
    if decimal:
        return (name, "decimal", None, None, int(decimal[1]), int(decimal[2]), "UNKNOWN")
    base = re.sub(r"\(.*\)", "", type_text)
    return (name, base, None, None, _PRECISION.get(base, 0), 0, "UNKNOWN")


class Cursor:
    """Runs statements and hands out their rows as tuples."""

    def __init__(self, connection: Connection, *, arraysize: int = 1000) -> None:
        self._connection: Connection | None = connection
        self._table: Table | None = None
        self._rows: Iterator[Any] = iter(())
        self.arraysize = arraysize
        self.rownumber: int | None = None

    @property
    def connection(self) -> Connection:
        """The connection that made this cursor."""
        if self._connection is None:
            raise ProgrammingError("The cursor is closed")
        return self._connection

    @property
    def description(self) -> list[Column] | None:
        """Seven items per column of the result: name, type, None, None, precision, scale, nullability."""
        if self._table is None:
            return None
        return [_column(*pair) for pair in zip(self._table.column_names, self._table.column_types, strict=True)]

    @property
    def rowcount(self) -> int:
        """-1: the number of rows is not told before they are fetched, as PyAthena does for SELECT."""
        return -1

    def execute(self, operation: str, parameters: Parameters | None = None) -> Cursor:
        """Run one statement.

        Args:
            operation: SQL in Athena's dialect.
            parameters: A mapping for `%(name)s`, or a sequence for `?` when `bayou.dbapi.paramstyle` is `"qmark"`.

        Returns:
            The cursor itself.

        Raises:
            ProgrammingError: The statement is empty or wrong, or the parameters do not fit it.
            OperationalError: The query failed while it ran.
        """
        from bayou import dbapi

        connection = self.connection
        text = render(operation, parameters, dbapi.paramstyle)
        self._table, self._rows, self.rownumber = None, iter(()), None
        self._table = connection.lake.sql(text, database=connection.schema_name)
        self._rows = self._convert(self._table)
        self.rownumber = 0
        return self

    def executemany(self, operation: str, seq_of_parameters: Sequence[Parameters]) -> None:
        """Run one statement with each set of parameters; there is no result afterwards."""
        for parameters in seq_of_parameters:
            self.execute(operation, parameters)
        self._table, self._rows, self.rownumber = None, iter(()), None

    def _convert(self, table: Table) -> Iterator[Any]:
        for offset in range(0, len(table), _BLOCK):
            yield from table.slice(offset, _BLOCK).to_tuples()

    @property
    def _result(self) -> Table:
        self.connection  # noqa: B018 - raises when closed
        if self._table is None:
            raise ProgrammingError("There is no result to fetch from\nhint: call execute() first")
        return self._table

    def fetchone(self) -> Any:
        """The next row, or None."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows (`arraysize` when None), fewer at the end."""
        self._result  # noqa: B018 - raises when there is none
        rows = list(islice(self._rows, self.arraysize if size is None else size))
        self.rownumber = (self.rownumber or 0) + len(rows)
        return rows

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        self._result  # noqa: B018 - raises when there is none
        rows = list(self._rows)
        self.rownumber = (self.rownumber or 0) + len(rows)
        return rows

    def fetch_table(self) -> Table:
        """The whole result as a `bayou.Table`, without making Python objects."""
        return self._result

    def setinputsizes(self, sizes: Any) -> None:
        """Does nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing, as PEP 249 allows."""

    def close(self) -> None:
        """Close the cursor and let go of its result."""
        self._connection, self._table, self._rows = None, None, iter(())

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def __enter__(self) -> Cursor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class DictCursor(Cursor):
    """A cursor whose rows are dicts."""

    def _convert(self, table: Table) -> Iterator[Any]:
        for offset in range(0, len(table), _BLOCK):
            yield from table.slice(offset, _BLOCK).to_pylist()


class PandasCursor(Cursor):
    """A cursor with `as_pandas()`."""

    def execute(self, operation: str, parameters: Parameters | None = None) -> PandasCursor:
        """As `Cursor.execute`, returning this cursor."""
        super().execute(operation, parameters)
        return self

    def as_pandas(self) -> pandas.DataFrame:
        """The whole result as a pandas frame, straight from Arrow."""
        return self._result.to_pandas()
