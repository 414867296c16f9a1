"""The rows of one statement, as tuples, dicts, or a frame.

A result is an Arrow table in memory; rows become Python objects in blocks, when they are fetched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from bayou.dbapi.execution import ExecutionAttributes
from bayou.dbapi.sqltype import SqlType, compat_value
from bayou.errors import ProgrammingError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from bayou._bayou import QueryExecution, Table

Column = tuple[str, str, None, None, int, int, str]

_BLOCK = 10_000
# Their columns are the count of the rows, which `fetchone` does not give.
_INTEGERS = ("tinyint", "smallint", "integer", "bigint")
_WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE_TABLE_AS_SELECT")


class ResultSet(ExecutionAttributes):
    """Rows, and what is known about the statement that gave them."""

    def __init__(
        self,
        execution: QueryExecution,
        attributes: dict[str, Any],
        *,
        arraysize: int,
        typed: bool,
        as_dict: type[dict[str, Any]] | None = None,
        hints: dict[str, str] | None = None,
        streams: bool = False,
    ) -> None:
        self.__dict__.update(attributes)
        self.arraysize = arraysize
        self.rownumber: int | None = 0
        self._execution = execution
        self._columns = execution.columns
        self._typed = typed
        self._as_dict = as_dict
        self._hints = {name.lower() for name in hints or {}}
        self._types = [SqlType.parse(text) for text in execution.column_types]
        self._is_closed = False
        self._table: Table | None = None if streams else execution.fetch()
        self._info = execution.info
        self._rows = self._convert()

    @property
    def description(self) -> list[Column] | None:
        """Seven items per column of the result: name, type, None, None, precision, scale, nullability."""
        if self.substatement_type in _WRITES[:-1] or not self._columns:
            return None
        return [(name, kind, None, None, p, s, "UNKNOWN") for name, kind, p, s in self._columns]

    @property
    def rowcount(self) -> int:
        """Rows that were written; -1 for a query, as PyAthena has it."""
        written = self._get("update_count")
        return -1 if written is None else int(written)

    @property
    def table(self) -> Table:
        """All rows, without Python objects."""
        if self._table is None:
            self._table = self._execution.fetch()
            self._info = self._execution.info
        return self._table

    def batches(self) -> Iterator[Table]:
        """The rows in parts; those of a stream are gone afterwards."""
        if self._table is not None:
            yield self._table
            return
        while (batch := self._execution.fetch_batch()) is not None:
            yield batch
        self._info = self._execution.info

    def _convert(self) -> Iterator[Any]:
        if self.substatement_type in _WRITES:
            return
        converters = [self._converter(column[0], of) for column, of in zip(self._columns, self._types, strict=True)]
        plain = not any(converters)
        names = [column[0] for column in self._columns]
        for batch in self.batches():
            for offset in range(0, len(batch), _BLOCK):
                rows = batch.slice(offset, _BLOCK).to_tuples()
                if not plain:
                    rows = [
                        tuple(
                            c(v) if c is not None and v is not None else v for c, v in zip(converters, row, strict=True)
                        )
                        for row in rows
                    ]
                if self._as_dict is None:
                    yield from rows
                else:
                    for row in rows:
                        yield self._as_dict(zip(names, row, strict=True))

    def _converter(self, name: str, of: SqlType) -> Callable[[Any], Any] | None:
        if of.base == "json":
            return _parsed
        if self._typed or not of.is_nested or name.lower() in self._hints:
            return None
        return lambda value: compat_value(value, of)

    def _check(self) -> None:
        if self._is_closed:
            raise ProgrammingError("The result set is closed")

    def fetchone(self) -> Any:
        """The next row, or None."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows (`arraysize` when None), fewer at the end."""
        self._check()
        rows = list(islice(self._rows, self.arraysize if size is None or size <= 0 else size))
        self.rownumber = (self.rownumber or 0) + len(rows)
        return rows

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        self._check()
        rows = list(self._rows)
        self.rownumber = (self.rownumber or 0) + len(rows)
        return rows

    def as_arrow(self) -> pyarrow.Table:
        """The whole result as a pyarrow table."""
        return self.table.to_arrow()

    def as_polars(self) -> polars.DataFrame:
        """The whole result as a polars frame."""
        return self.table.to_polars()

    def as_pandas(self, *, compat: bool | None = None) -> pandas.DataFrame:
        """The whole result as a pandas frame.

        Args:
            compat: PyAthena's dtypes: `Int64` for every integer; True for a connection with PyAthena's values.
        """
        return pandas_frame(self.table, self._types, compat=not self._typed if compat is None else compat)

    def pandas_chunks(self, chunksize: int | None) -> Iterator[pandas.DataFrame]:
        """Frames of at most `chunksize` rows; the batches as they come when None."""
        for batch in self.batches():
            step = chunksize or max(1, len(batch))
            for offset in range(0, len(batch), step):
                yield pandas_frame(batch.slice(offset, step), self._types, compat=not self._typed)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

    def close(self) -> None:
        """Let go of the rows."""
        if self._table is None:
            self._execution.cancel()
        self._is_closed, self._rows = True, iter(())

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row


def _parsed(text: str) -> Any:
    """A JSON value; a text that is none stays what it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def pandas_frame(table: Table, types: list[SqlType], *, compat: bool) -> pandas.DataFrame:
    """Rows as a pandas frame; integers with NULLs stay integers.

    Args:
        table: The rows.
        types: Types of the columns.
        compat: `Int64` for integers, `object` for booleans with NULLs, as PyAthena's PandasCursor has them.
    """
    import pandas

    arrow = table.to_arrow()
    names = arrow.column_names
    places = [str(place) for place in range(len(names))]  # names may repeat
    arrow = arrow.rename_columns(places)
    integers = [place for place, of in zip(places, types, strict=True) if of.base in _INTEGERS]
    nullable = [place for place in integers if compat or arrow.column(place).null_count]
    frame = arrow.to_pandas(date_as_object=False)
    for place in nullable:
        kind = "Int64" if compat else str(arrow.schema.field(place).type).replace("i", "I")
        dtype = pandas.api.types.pandas_dtype(kind)
        frame[place] = dtype.__from_arrow__(arrow.column(place))
    frame.columns = pandas.Index(names)
    return frame
