"""A statement of a notebook: its first rows at once, all of them when they are asked for.

The first rows come from a run that stops when it has them; whoever takes the rest runs the statement to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayou._bayou import Table

if TYPE_CHECKING:
    from bayou.lake import Lake


class Preview:
    """The result of a statement, which shows its first rows.

    What `bayou.Table` has (`to_pandas()`, `to_polars()`, `len()`, Arrow's protocol) is here too, over all rows.
    """

    def __init__(
        self,
        lake: Lake,
        text: str,
        database: str,
        parameters: list[str],
        tables: dict[str, Any],
        limit: int,
    ) -> None:
        self._lake = lake
        self._request: dict[str, Any] = {"database": database, "parameters": parameters, "tables": tables}
        self._text = text
        self._limit = limit
        self._begun: Any = self._begin()
        self._first: Table | None = None
        self._table: Table | None = None

    def _begin(self) -> Any:
        return self._lake._execute(self._text, **self._request)

    @property
    def table(self) -> Table:
        """All rows; the statement runs to its end when it is first asked for."""
        if self._table is None:
            execution, self._begun = self._begun or self._begin(), None
            self._table = execution.fetch()
        return self._table

    def shown(self) -> Preview:
        """This, with its first rows taken: errors of the run come now, not while it is drawn."""
        if self._first is None and self._table is None:
            execution, self._begun = self._begun, None
            self._first = self._take(execution)
        return self

    def _take(self, execution: Any) -> Table:
        """The first rows, and the line under them."""
        if execution.info.get("substatement_type") != "SELECT":
            self._table = execution.fetch()  # what it did is done; its rows are few
            return self._table
        batches: list[Table] = []
        rows = 0
        while rows <= self._limit and (batch := execution.fetch_batch()) is not None:
            batches.append(batch)
            rows += len(batch)
        is_whole = rows <= self._limit
        table = _joined(batches)
        if table is None:
            # Without a batch there are no columns to show: the statement, which only reads, runs to its end.
            self._table = self._begin().fetch()
            return self._table
        info = execution.info
        if is_whole:
            self._table = table
        else:
            execution.cancel()
        return table.head(self._limit + 1)._noted(_footer(table, info, len(table) if is_whole else None))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.table, name)

    def __len__(self) -> int:
        return len(self.table)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)

    def _drawn(self) -> Table:
        self.shown()
        found = self._first if self._first is not None else self._table
        assert found is not None, "shown() takes rows"
        return found

    def __repr__(self) -> str:
        return repr(self._drawn())

    def _repr_html_(self) -> str:
        return self._drawn()._repr_html_()


def _joined(batches: list[Table]) -> Table | None:
    """Batches as one table; None when there are none, or no pyarrow to put them together."""
    if len(batches) <= 1:
        return batches[0] if batches else None
    try:
        import pyarrow
    except ImportError:
        return None

    return Table.from_arrow(pyarrow.concat_tables([batch.to_arrow() for batch in batches]))


def _footer(table: Table, info: dict[str, Any], rows: int | None) -> str:
    """`1,234 rows · 5 columns · 12 ms · 12.4 MB scanned · 3 of 48 partitions`; without a count, the first rows."""
    counted = "first rows of more" if rows is None else f"{rows:,} row{'' if rows == 1 else 's'}"
    columns = table.num_columns
    parts = [counted, f"{columns} column{'' if columns == 1 else 's'}"]
    milliseconds = info.get("total_ms") or info.get("planning_ms") or 0.0
    parts.append(f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms")
    parts.append(f"{_bytes(info.get('bytes_scanned') or 0)} scanned")
    if every := info.get("all_partitions"):
        parts.append(f"{info['partitions']:,} of {every:,} partitions")
    return " · ".join(parts)


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.95 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def named_rows(preview: Preview, kind: str | None, limit: int | None) -> Any:
    """All rows as what a notebook keeps: a pandas frame where pandas is, unless `kind` says otherwise."""
    table = preview.table if limit is None else preview.table.head(limit)
    if kind is None:
        from importlib.util import find_spec

        kind = "pandas" if find_spec("pandas") and find_spec("pyarrow") else "table"
    match kind:
        case "pandas":
            return table.to_pandas()
        case "polars":
            return table.to_polars()
        case "arrow":
            return table.to_arrow()
    return table
