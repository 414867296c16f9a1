"""Ingest: tables of a database become tables of the lake, partitioned by the date of the load.

Each table is one transaction: its files, and a row of the table `bayou_ingest.loads` with the bookmark that the next
run begins at. A run that dies leaves whole tables or nothing of them; started again it goes on with those that are
missing. Source: Lake Formation Developer Guide, blueprints.
"""

from __future__ import annotations

import fcntl
import hashlib
import html
import json
import re
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from bayou.errors import BayouError, CatalogBusyError, DataWarning, IngestError, InvalidOptionError
from bayou.etl.databases import Column, Relation, Source, connect, hidden, quoted
from bayou.etl.frame import Frame
from bayou.etl.reading import core
from bayou.etl.writing import WriteOptions, stage
from bayou.progress import bar

if TYPE_CHECKING:
    from bayou._bayou import StagedWrite
    from bayou.lake import Lake

__all__ = ["IngestReport", "IngestedTable", "ingest"]

STATE = "bayou_ingest.loads"
_STATE_FOLDER = "bayou_ingest/loads/"
_FINISHED = ""


@dataclass(frozen=True)
class IngestedTable:
    """What an ingest did with one table."""

    source: str
    """Schema and name in the database."""
    table: str
    """Database and name in the lake."""
    rows: int
    """Rows that were copied, as counted on both sides."""
    bytes: int
    """Bytes of the files."""
    seconds: float
    """Seconds that it took."""
    bookmark: str | None = None
    """Where the next incremental run begins."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did; shows itself in a notebook."""

    run: str
    """Name of the run; the same when it went on with one that had died."""
    load_date: str
    """Value of the partition key."""
    tables: list[IngestedTable] = field(default_factory=list)
    """Tables that were copied."""
    skipped: list[str] = field(default_factory=list)
    """Tables that an earlier try of this run had copied."""
    seconds: float = 0.0
    """Seconds that it took."""

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        from dataclasses import asdict

        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{self.rows:,} rows of {len(self.tables):,} tables in {self.seconds:.1f} s, load_date={self.load_date}"
        ]
        lines += [f"  {one.source} → {one.table}: {one.rows:,} rows, {one.bytes:,} bytes" for one in self.tables]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("source", "table", "rows", "bytes", "seconds", "bookmark"))
        body = ""
        for one in self.tables:
            cells = (
                one.source,
                one.table,
                f"{one.rows:,}",
                f"{one.bytes:,}",
                f"{one.seconds:.2f}",
                one.bookmark or "–",
            )
            body += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True)
class _Request:
    """What does not change from table to table."""

    into: str
    database: str
    mode: str
    bookmark: str | None
    key: tuple[str, ...]
    partition_by: str
    job: str


def ingest(
    lake: Lake,
    url: str,
    *,
    tables: Sequence[str] | str,
    into: str,
    mode: Literal["bulk", "incremental"],
    bookmark: str | None,
    exclude: Sequence[str] | str,
    key: Sequence[str] | str,
    database: str | None,
    partition_by: str,
    load_date: date | str | None,
    batch_rows: int,
) -> IngestReport:
    """`lake.ingest`."""
    if mode not in ("bulk", "incremental"):
        raise InvalidOptionError(f"`mode` is `{mode}`\nhint: it is bulk or incremental")
    if (mode == "incremental") != (bookmark is not None):
        raise InvalidOptionError("An incremental ingest needs `bookmark`, the name of a column; a bulk one has none")
    if batch_rows < 1:
        raise InvalidOptionError(f"`batch_rows` is {batch_rows}, which is not positive")
    day = date.fromisoformat(load_date) if isinstance(load_date, str) else load_date
    folder = into.strip("/")
    address = re.sub(r"//[^/@]*@", "//", url).partition("?")[0]
    job = hashlib.sha256(json.dumps([address, folder, mode, bookmark, partition_by]).encode()).hexdigest()[:24]
    keys = (key,) if isinstance(key, str) else tuple(key)
    where = database or _identifier(folder.rpartition("/")[2]) or "default"
    request = _Request(folder, where, mode, bookmark, keys, partition_by, job)
    began = time.perf_counter()
    with _alone(lake, job):
        source = connect(url, batch_rows)
        try:
            chosen = _chosen(source.relations(), _patterns(tables), _patterns(exclude))
            report = _run(lake, source, url, request, chosen, day)
        finally:
            source.close()
    return IngestReport(report.run, report.load_date, report.tables, report.skipped, time.perf_counter() - began)


def _run(
    lake: Lake, source: Source, url: str, request: _Request, chosen: list[Relation], day: date | None
) -> IngestReport:
    loads = _loads(lake, request.job)
    names = {relation.label: _table_name(source, relation) for relation in chosen}
    _refuse_collisions(names)
    open_run = loads[-1] if loads and loads[-1]["source"] != _FINISHED else None
    run = open_run["run"] if open_run else uuid.uuid4().hex[:12]
    loaded = open_run["load_date"] if open_run else (day or datetime.now(UTC).date()).isoformat()
    done = {load["source"] for load in loads if load["run"] == run}
    report = IngestReport(run, loaded)
    progress = bar("ingest", "tables", len(chosen))
    for place, relation in enumerate(chosen):
        progress.note(relation.label)
        if relation.label in done:
            report.skipped.append(relation.label)
        else:
            earlier = [load for load in loads if load["source"] == relation.label]
            try:
                copied = _copy(lake, source, request, relation, names[relation.label], earlier, run, loaded)
            except BayouError as error:
                error.add_note(f"while `{relation.label}` was ingested")
                raise
            except Exception as error:
                raise IngestError(f"The table `{relation.label}` was not ingested: {hidden(url, str(error))}") from None
            report.tables.append(copied)
        progress.move(place + 1)
    progress.finish(len(chosen))
    _commit(lake, [_state(lake, request, run, _FINISHED, None, [], 0, loaded)])
    return report


def _copy(
    lake: Lake,
    source: Source,
    request: _Request,
    relation: Relation,
    name: str,
    earlier: list[dict[str, Any]],
    run: str,
    loaded: str,
) -> IngestedTable:
    """One table in one transaction, with the bookmark."""
    began = time.perf_counter()
    columns = source.columns(relation)
    if any(column.name.lower() == request.partition_by.lower() for column in columns):
        raise InvalidOptionError(
            f"`{relation.label}` has a column `{request.partition_by}` itself\nhint: choose another `partition_by`"
        )
    where, mark, boundary = _increment(source, request, relation, columns, earlier)
    expected = int(source.row(f"SELECT count(*) FROM {relation.quoted} WHERE {where}")[0])
    table = f"{request.database}.{name}"
    staged: list[StagedWrite] = []
    for piece in source.batches(relation, columns, where):
        # The first write of a bulk load takes away what an earlier load of the same date has left.
        replaces = request.mode == "bulk" and not staged
        options = {
            "table": table,
            "partition_by": request.partition_by,
            "mode": "overwrite_partitions" if replaces else "append",
        }
        frame = _typed(lake, piece, columns, request.partition_by, loaded)
        staged.append(stage(frame, f"{request.into}/{name}/", cast("WriteOptions", options)))
    written = sum(write.rows for write in staged)
    if written != expected:
        raise IngestError(f"`{relation.label}` has {expected:,} rows and {written:,} were read; nothing was kept")
    staged.append(_state(lake, request, run, relation.label, mark, boundary, written, loaded))
    reports = _commit(lake, staged)
    size = sum(bytes_ for one in reports[:-1] for _, bytes_, _ in one["files"])
    if request.mode == "bulk" and not written:
        lake.sql(f"ALTER TABLE {table} DROP IF EXISTS PARTITION ({request.partition_by} = '{loaded}')", tables={})
    return IngestedTable(relation.label, table, written, size, time.perf_counter() - began, mark)


def _increment(
    source: Source, request: _Request, relation: Relation, columns: list[Column], earlier: list[dict[str, Any]]
) -> tuple[str, str | None, list[str]]:
    """Condition of the rows that are new, the next bookmark, and the keys of the rows that have just this value.

    Rows whose value is the last bookmark may appear after it was taken: they are read again, without those whose keys
    were read already.
    """
    if request.bookmark is None:
        return "1 = 1", None, []
    found = [column.name for column in columns if column.name.lower() == request.bookmark.lower()]
    if not found:
        raise InvalidOptionError(f"`{relation.label}` has no column `{request.bookmark}` to keep a bookmark of")
    own = quoted(found[0])
    key = request.key or relation.key
    if not key:
        raise InvalidOptionError(
            f"`{relation.label}` has no primary key, which an incremental ingest tells rows of one bookmark apart by\n"
            'hint: name columns that are unique: key=["id"]'
        )
    unknown = [name for name in key if name not in {column.name for column in columns}]
    if unknown:
        raise InvalidOptionError(f"`{relation.label}` has no column `{unknown[0]}`, which `key` names")
    identity = " || ',' || ".join(f"replace({source.text_of(name)}, ',', ',,')" for name in key)
    nulls = int(source.row(f"SELECT count(*) FROM {relation.quoted} WHERE {own} IS NULL")[0])
    if nulls:
        warnings.warn(
            f"{nulls:,} rows of `{relation.label}` have no `{found[0]}` and are left out", DataWarning, stacklevel=7
        )
    where = f"{own} IS NOT NULL"
    last = next((load for load in reversed(earlier) if load["bookmark"] is not None), None)
    kept: list[str] = []
    if last is not None:
        kept = json.loads(last["boundary"])
        value = source.literal(last["bookmark"], found[0], relation)
        listed = ", ".join("'" + text.replace("'", "''") + "'" for text in kept)
        where = f"{own} >= {value} AND NOT ({own} = {value} AND {identity} IN ({listed}))"
    newest = f"SELECT max({own}) FROM {relation.quoted} WHERE {where}"
    top = f"SELECT {source.text_of(found[0])} FROM {relation.quoted} WHERE {own} = ({newest}) AND {where} LIMIT 1"
    marks = source.strings(top)
    if not marks:
        return where, None if last is None else last["bookmark"], kept
    at_top = f"SELECT {identity} FROM {relation.quoted} WHERE {own} = ({newest})"
    return where, marks[0], source.strings(at_top)


def _typed(lake: Lake, piece: Any, columns: list[Column], key: str, loaded: str) -> Frame:
    frame = Frame.of(lake, piece)
    items = []
    for column in columns:
        own = quoted(column.name)
        items.append((column.name, own if column.cast is None else f"CAST({own} AS {column.cast})"))
    return frame.project([*items, (key, f"DATE '{loaded}'")])


# -- what is kept -------------------------------------------------------------------------------------------


def _state(
    lake: Lake, request: _Request, run: str, source: str, mark: str | None, boundary: list[str], rows: int, loaded: str
) -> StagedWrite:
    import pyarrow

    row = {
        "job": request.job,
        "run": run,
        "source": source,
        "bookmark": mark,
        "boundary": json.dumps(boundary),
        "row_count": rows,
        "load_date": loaded,
        "committed_ns": time.time_ns(),
    }
    kinds = {"row_count": pyarrow.int64(), "committed_ns": pyarrow.int64()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in row])
    frame = Frame.of(lake, pyarrow.Table.from_pylist([row], schema))
    return stage(frame, _STATE_FOLDER, {"table": STATE})


def _loads(lake: Lake, job: str) -> list[dict[str, Any]]:
    database, _, name = STATE.partition(".")
    if database not in lake.databases() or name not in lake.tables(database):
        return []
    return lake.sql(f"SELECT * FROM {STATE} WHERE job = '{job}' ORDER BY committed_ns", tables={}).to_pylist()


def _commit(lake: Lake, staged: list[StagedWrite]) -> list[dict[str, Any]]:
    return core(lake).commit(staged, [])


@contextmanager
def _alone(lake: Lake, job: str) -> Iterator[None]:
    """Let one process of this machine at a time run an ingest; the lock of one that dies is free."""
    name = hashlib.sha256(f"{lake.url} {job}".encode()).hexdigest()[:24]
    with open(Path(tempfile.gettempdir()) / f"bayou-ingest-{name}.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CatalogBusyError("Another process runs this ingest\nhint: wait until it has ended") from None
        yield


# -- names --------------------------------------------------------------------------------------------------


def _patterns(given: Sequence[str] | str) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _matches(relation: Relation, pattern: str) -> bool:
    return fnmatchcase(relation.label if "." in pattern else relation.name, pattern)


def _chosen(relations: list[Relation], wanted: list[str], unwanted: list[str]) -> list[Relation]:
    for pattern in wanted:
        if not any(_matches(relation, pattern) for relation in relations):
            known = ", ".join(relation.label for relation in relations[:20]) or "none"
            raise InvalidOptionError(f"No table of the database fits `{pattern}`\nhint: the tables are {known}")
    chosen = [one for one in relations if any(_matches(one, pattern) for pattern in wanted)]
    return [one for one in chosen if not any(_matches(one, pattern) for pattern in unwanted)]


def _identifier(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")


def _table_name(source: Source, relation: Relation) -> str:
    """`database_schema_table`, as the blueprints name it; SQLite has no schemas."""
    parts = (
        [source.database, relation.name]
        if relation.schema == "main"
        else [
            source.database,
            relation.schema,
            relation.name,
        ]
    )
    return "_".join(_identifier(part) for part in parts)


def _refuse_collisions(names: dict[str, str]) -> None:
    seen: dict[str, str] = {}
    for label, name in names.items():
        if name in seen:
            raise InvalidOptionError(f"`{seen[name]}` and `{label}` would both be the table `{name}`")
        seen[name] = label
