"""Tables from frames: one statement over the caller's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bayou._bayou import Table

if TYPE_CHECKING:
    from bayou.lake import Lake

_SOURCE = "__ingested_rows"


def quoted(name: str) -> str:
    """A name for Trino's language."""
    return '"' + name.replace('"', '""') + '"'


def ingest(
    lake: Lake,
    rows: Any,
    name: str,
    *,
    schema: str = "default",
    append: bool = False,
    partitions: Sequence[str] = (),
    location: str | None = None,
    compression: str | None = None,
) -> int:
    """Write rows as a new table, or append them to one.

    Args:
        lake: The lake.
        rows: Anything that speaks the Arrow C stream protocol.
        name: Name of the table.
        schema: Database of the table.
        append: Append to the table that is there.
        partitions: Columns that are partition keys of a new table.
        location: Folder of a new table's files.
        compression: Compression of a new table's files.

    Returns:
        Rows written.
    """
    table = Table.from_arrow(rows)
    target = f"{quoted(schema)}.{quoted(name)}"
    if append:
        own = lake.table(name.lower(), database=schema.lower())
        order = [*own.schema, *own.partition_keys]
        source = {column.lower(): column for column in table.column_names}
        columns = [column for column in order if column in source]
        unknown = sorted(set(source) - set(order))
        listed = ", ".join(map(quoted, columns + unknown))
        text = f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {_SOURCE}"
    else:
        keys = [key.lower() for key in partitions]
        columns = [column for column in table.column_names if column.lower() not in keys]
        options = ["format = 'PARQUET'"]
        if keys:
            options.append(f"partitioned_by = ARRAY[{', '.join(_text(key) for key in keys)}]")
        if location:
            options.append(f"external_location = {_text(location)}")
        if compression:
            options.append(f"write_compression = {_text(compression.upper())}")
        listed = ", ".join(_projected(column, table) for column in [*columns, *keys])
        text = f"CREATE TABLE {target} WITH ({', '.join(options)}) AS SELECT {listed} FROM {_SOURCE}"
    execution = lake._execute(text, tables={_SOURCE: table})
    execution.fetch()
    written = execution.info["update_count"]
    return -1 if written is None else int(written)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _projected(column: str, table: Table) -> str:
    """A column as a table can hold it: Hive has no zones."""
    kind = {name.lower(): kind for name, kind in table.schema.items()}[column.lower()]
    if kind.startswith("timestamp") and kind.endswith("with time zone"):
        return f"CAST({quoted(column)} AT TIME ZONE 'UTC' AS timestamp(3)) AS {quoted(column)}"
    return quoted(column)
