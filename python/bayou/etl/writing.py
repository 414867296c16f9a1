"""Writing: what can be said about it, and what comes of it."""

from __future__ import annotations

import html
import json
import uuid
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_type_hints

from bayou.errors import DataWarning, InvalidOptionError

if TYPE_CHECKING:
    from bayou._bayou import StagedWrite, Table
    from bayou.etl.frame import Frame

__all__ = ["WriteOptions", "WriteReport", "stage"]

Mode = Literal["append", "overwrite", "overwrite_partitions", "error"]
Format = Literal["parquet", "csv", "json", "orc", "avro"]


class WriteOptions(TypedDict, total=False):
    """How rows are written.

    Keys:
        partition_by: Columns that become folders, outermost first.
        format: `parquet` (the default), `csv`, `json`, `orc` or `avro`.
        table: `database.table` to register the files in; made when it is not there. New columns are added to it, types
            never change.
        mode: `append` (the default) adds files, so that writing twice doubles the rows; `overwrite` replaces
            everything; `overwrite_partitions` replaces the partitions that get rows; `error` wants an empty place.
        compression: `snappy` (the default of Parquet), `gzip`, `zstd`, `none` and others.
        header: Whether CSV gets a line of names; True.
        separator: Between cells of CSV; a comma.
        quote: Around cells of CSV that need it; an empty string for none.
        partition_types: `own` keeps the types of partition keys in the catalog, `string` makes them strings as Glue
            does.
        update_catalog: False refuses columns that the table does not have.
        rows_per_file: Most rows of a file.
        bytes_per_file: About the most bytes of a file; 512 MiB.
    """

    partition_by: Sequence[str] | str
    format: Format
    table: str
    mode: Mode
    compression: str
    header: bool
    separator: str
    quote: str
    partition_types: Literal["own", "string"]
    update_catalog: bool
    rows_per_file: int
    bytes_per_file: int


@dataclass(frozen=True)
class WriteReport:
    """What a write did; shows itself in a notebook."""

    rows: int
    """Rows written."""
    folder: str
    """Folder of the files, inside the lake."""
    table: str | None
    """Table in which they are registered."""
    files: list[tuple[str, int, int]]
    """Path, bytes and rows of each file."""
    partitions: list[list[str | None]]
    """Values of the partitions that got rows."""
    replaced: int
    """Files that the write replaced."""
    failed_casts: dict[str, int] = field(default_factory=dict)
    """Values of mapped columns that did not fit their type and became NULL."""
    new_columns: list[str] = field(default_factory=list)
    """Columns that the table got."""
    errors: int = 0
    """Records that a function could not take."""
    seconds: float = 0.0
    """Seconds that it took."""

    @property
    def bytes(self) -> int:
        """Bytes of the files."""
        return sum(size for _, size, _ in self.files)

    def __str__(self) -> str:
        text = f"{self.rows:,} rows in {len(self.files):,} files ({self.bytes:,} bytes) to {self.folder}"
        if self.partitions:
            text += f", {len(self.partitions):,} partitions"
        if self.table:
            text += f", table {self.table}"
        if self.failed_casts:
            text += "; did not fit: " + ", ".join(f"{name} {count:,}" for name, count in self.failed_casts.items())
        return text

    def _repr_html_(self) -> str:
        rows = [
            ("rows", f"{self.rows:,}"),
            ("files", f"{len(self.files):,} ({self.bytes / 1e6:,.1f} MB)"),
            ("folder", self.folder),
            ("table", self.table or "–"),
            ("partitions", f"{len(self.partitions):,}"),
            ("replaced files", f"{self.replaced:,}"),
            ("values that did not fit", ", ".join(f"{k}: {n:,}" for k, n in self.failed_casts.items()) or "none"),
            ("seconds", f"{self.seconds:.2f}"),
        ]
        cells = "".join(f"<tr><th style='text-align:left'>{k}</th><td>{html.escape(v)}</td></tr>" for k, v in rows)
        return f"<table>{cells}</table>"


_BYTES_PER_FILE = 512 * 1024 * 1024


def stage(frame: Frame, path: str | None, options: WriteOptions, write_id: str | None = None) -> StagedWrite:
    """Run a frame and write its rows to files that wait to be committed."""
    from bayou.etl.reading import core

    known = get_type_hints(WriteOptions)
    for name in options:
        if name not in known:
            raise InvalidOptionError(f"`{name}` is no option of writing\nhint: {', '.join(sorted(known))}")
    keys = options.get("partition_by", ())
    table = options.get("table")
    if path is None and table is None:
        raise InvalidOptionError("A write needs a path or a table")
    quote = options.get("quote")
    request: dict[str, Any] = {
        "query": frame.plan.query,
        "names": list(frame.plan.names),
        "counters": len(frame.plan.counters),
        "keys": [keys] if isinstance(keys, str) else list(keys),
        "folder": path,
        "table": None if table is None else _table_name(table),
        "format": options.get("format", "parquet"),
        "separator": options.get("separator"),
        "quote": quote,
        "header": options.get("header"),
        "compression": options.get("compression"),
        "mode": options.get("mode", "append"),
        "string_keys": options.get("partition_types", "own") == "string",
        "adds_columns": options.get("update_catalog", True),
        "write_id": write_id or uuid.uuid4().hex,
        "is_repeatable": write_id is not None,
        "rows_per_file": options.get("rows_per_file"),
        "bytes_per_file": options.get("bytes_per_file", _BYTES_PER_FILE),
    }
    return core(frame.lake).stage(json.dumps(request), dict(frame.plan.tables))


def _table_name(table: str) -> tuple[str, str]:
    database, dot, name = table.partition(".")
    return (database, name) if dot else ("default", table)


def report(frame: Frame, found: dict[str, Any], seconds: float) -> WriteReport:
    """What the core says of a write, as a report; warns of what is easily overlooked."""
    failed = {
        counter.what: count for counter, count in zip(frame.plan.counters, found["counts"], strict=False) if count
    }
    place = found["table"] or found["folder"]
    if failed:
        listed = ", ".join(f"`{name}` in {count:,} rows" for name, count in failed.items())
        warnings.warn(
            f"Values did not fit their type and became NULL in `{place}`: {listed}", DataWarning, stacklevel=5
        )
    if found["folded_empty"]:
        warnings.warn(
            f"Empty strings in partition keys of `{place}` became NULL, as Hive has it", DataWarning, stacklevel=5
        )
    return WriteReport(
        rows=found["rows"],
        folder=found["folder"],
        table=found["table"],
        files=[tuple(file) for file in found["files"]],
        partitions=found["partitions"],
        replaced=found["replaced"],
        failed_casts=failed,
        new_columns=found["new_columns"],
        errors=len(frame.errors),
        seconds=seconds,
    )


def respelled(rows: Table, names: Sequence[str]) -> Table:
    """The rows with the names of their columns as they are spelled."""
    return rows if rows.column_names == list(names) else rows._renamed(list(names))
