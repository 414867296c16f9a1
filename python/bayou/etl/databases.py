"""Databases as sources: their tables, the types of their columns, and rows as Arrow batches of one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from bayou.errors import IngestError, InvalidOptionError, MissingDependencyError, NotSupportedError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Column", "Relation", "Source", "connect", "hidden"]


@dataclass(frozen=True)
class Column:
    """A column of a source: how it is selected there, and the type in Athena's SQL that it is cast to, if any."""

    name: str
    expression: str
    cast: str | None = None


@dataclass(frozen=True)
class Relation:
    """A table or view of a source, and the columns of its primary key."""

    schema: str
    name: str
    key: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name that patterns are compared with and that errors say."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The name in a statement."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


class Source(Protocol):
    """A connection in one transaction: everything that it reads is one snapshot."""

    database: str

    def relations(self) -> list[Relation]:
        """Tables and views."""

    def columns(self, relation: Relation) -> list[Column]:
        """Columns in their order."""

    def row(self, query: str) -> tuple[Any, ...]:
        """The one row of a query."""

    def strings(self, query: str) -> list[str]:
        """The only column of a query, as text."""

    def batches(self, relation: Relation, columns: Sequence[Column], where: str) -> Iterator[pyarrow.Table]:
        """The rows that fulfil a condition, some at a time; at least one piece, which may be empty."""

    def text_of(self, column: str) -> str:
        """The expression of a value as text from which `literal` makes the same value."""

    def literal(self, text: str, column: str, relation: Relation) -> str:
        """The value in a statement."""

    def close(self) -> None:
        """End the transaction and the connection."""


def quoted(name: str) -> str:
    """A name in a statement."""
    return '"' + name.replace('"', '""') + '"'


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def hidden(url: str, text: str) -> str:
    """The text without the password of the URL."""
    try:
        password = urlsplit(url).password
    except ValueError:
        return text.replace(url, "the URL")
    for form in {password, unquote(password)} if password else ():
        text = text.replace(form, "***")
    return text


def connect(url: str, batch_rows: int) -> Source:
    """Open a database.

    Raises:
        NotSupportedError: There is no driver for the URL's scheme.
        IngestError: The database cannot be reached.
    """
    scheme = url.partition(":")[0].lower()
    if scheme in ("postgresql", "postgres"):
        return Postgres(url, batch_rows)
    if scheme == "sqlite":
        return Sqlite(url, batch_rows)
    raise NotSupportedError(
        f"There is no ingest from databases of the kind `{scheme}`\n"
        "hint: postgresql://user:password@host/database and sqlite:///path are supported"
    )


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingDependencyError("Ingest needs pyarrow\nhint: pip install 'bayou[ingest]'") from error
    return pyarrow


_POSTGRES_DIRECT = {"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "date", "bytea", "timestamp"}

_POSTGRES_COLUMNS = """
SELECT a.attname, t.typname, a.atttypmod, t.typcategory
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = {schema} AND c.relname = {name} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""

_POSTGRES_RELATIONS = """
SELECT n.nspname, c.relname, coalesce((
    SELECT json_agg(a.attname ORDER BY a.attnum)::text FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid AND i.indisprimary
), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1, 2"""


class Postgres:
    """PostgreSQL through its ADBC driver, in a REPEATABLE READ transaction."""

    def __init__(self, url: str, batch_rows: int) -> None:
        _pyarrow()
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise MissingDependencyError(
                "Ingest from PostgreSQL needs its ADBC driver\nhint: pip install 'bayou[ingest]'"
            ) from error
        self._batch_rows = batch_rows
        try:
            self._connection = dbapi.connect(url)
            self._run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").close()
            self._run("SET LOCAL datestyle = 'ISO'").close()
            self.database = str(self.row("SELECT current_database()::text")[0])
        except dbapi.Error as error:
            raise IngestError(f"The database cannot be used: {hidden(url, str(error))}") from None

    def _run(self, query: str) -> Any:
        cursor = self._connection.cursor()
        try:
            cursor.execute(query)
        except BaseException:
            cursor.close()
            raise
        return cursor

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._run(query) as cursor:
            return [tuple(row) for row in cursor.fetchall()]

    def row(self, query: str) -> tuple[Any, ...]:
        return self._rows(query)[0]

    def strings(self, query: str) -> list[str]:
        return [str(row[0]) for row in self._rows(query)]

    def relations(self) -> list[Relation]:
        import json

        return [Relation(schema, name, tuple(json.loads(key))) for schema, name, key in self._rows(_POSTGRES_RELATIONS)]

    def columns(self, relation: Relation) -> list[Column]:
        query = _POSTGRES_COLUMNS.format(schema=_string(relation.schema), name=_string(relation.name))
        return [_postgres_column(*row) for row in self._rows(query)]

    def batches(self, relation: Relation, columns: Sequence[Column], where: str) -> Iterator[pyarrow.Table]:
        listed = ", ".join(f"{column.expression} AS {quoted(column.name)}" for column in columns)
        with self._run(f"SELECT {listed} FROM {relation.quoted} WHERE {where}") as cursor:
            reader = cursor.fetch_record_batch()
            yield from _pieces(reader, reader.schema, self._batch_rows)

    def text_of(self, column: str) -> str:
        return f"{quoted(column)}::text"

    def literal(self, text: str, column: str, relation: Relation) -> str:
        kind = self.row(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
            f"WHERE attrelid = {_string(relation.quoted)}::regclass AND attname = {_string(column)}"
        )[0]
        return f"{_string(text)}::{kind}"

    def close(self) -> None:
        self._connection.close()


def _postgres_column(name: str, kind: str, modifier: int, category: str) -> Column:
    own = quoted(name)
    if kind in _POSTGRES_DIRECT:
        # Tables have timestamps of milliseconds.
        return Column(name, own, "timestamp(3)" if kind == "timestamp" else None)
    if kind == "timestamptz":
        return Column(name, f"{own} AT TIME ZONE 'UTC'", "timestamp(3)")
    if kind == "numeric" and modifier >= 4:
        precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (((modifier - 4) & 0x7FF) ^ 1024) - 1024
        if precision <= 38 and 0 <= scale <= precision:
            return Column(name, f"{own}::text", f"decimal({precision}, {scale})")
    if category in ("A", 65):
        return Column(name, f"to_json({own})::text")
    return Column(name, f"{own}::text")


def _pieces(batches: Any, schema: Any, rows: int) -> Iterator[pyarrow.Table]:
    """Batches put together to about `rows` rows."""
    pyarrow = _pyarrow()
    held: list[Any] = []
    count, is_first = 0, True
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        if count >= rows:
            yield pyarrow.Table.from_batches(held, schema)
            held, count, is_first = [], 0, False
    if held or is_first:
        yield pyarrow.Table.from_batches(held, schema)


class Sqlite:
    """A SQLite file; declared types say what a column holds, and a value that does not fit is an error.

    Source: SQLite, Datatypes, determination of column affinity.
    """

    def __init__(self, url: str, batch_rows: int) -> None:
        _pyarrow()
        path = unquote(url.partition("://")[2]).removeprefix("/")
        if not path:
            raise InvalidOptionError("The URL names no file\nhint: sqlite:///relative.db or sqlite:////absolute.db")
        self._batch_rows = batch_rows
        self.database = path.rpartition("/")[2].rpartition(".")[0] or path.rpartition("/")[2]
        try:
            from pathlib import Path

            address = f"{Path(path).absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise IngestError(f"The database `{path}` cannot be used: {error}") from None

    def row(self, query: str) -> tuple[Any, ...]:
        return tuple(self._connection.execute(query).fetchone())

    def strings(self, query: str) -> list[str]:
        return [str(row[0]) for row in self._connection.execute(query)]

    def relations(self) -> list[Relation]:
        query = (
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        found = []
        for name in self.strings(f"{query} ORDER BY 1"):
            info = self._connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall()
            found.append(Relation("main", name, tuple(row[1] for row in info if row[5])))
        return found

    def columns(self, relation: Relation) -> list[Column]:
        info = self._connection.execute(f"PRAGMA table_info({quoted(relation.name)})").fetchall()
        return [Column(row[1], quoted(row[1]), _affinity(row[2])) for row in info]

    def batches(self, relation: Relation, columns: Sequence[Column], where: str) -> Iterator[pyarrow.Table]:
        pyarrow = _pyarrow()
        kinds = {"bigint": pyarrow.int64(), "double": pyarrow.float64(), "varbinary": pyarrow.binary()}
        schema = pyarrow.schema([(column.name, kinds.get(column.cast or "", pyarrow.string())) for column in columns])
        listed = ", ".join(_sqlite_value(column) for column in columns)
        cursor = self._connection.execute(f"SELECT {listed} FROM {relation.quoted} WHERE {where}")
        is_first = True
        while (rows := cursor.fetchmany(self._batch_rows)) or is_first:
            is_first = False
            arrays = []
            for place, (column, field) in enumerate(zip(columns, schema, strict=True)):
                try:
                    arrays.append(pyarrow.array([row[place] for row in rows], field.type))
                except (pyarrow.ArrowException, TypeError, OverflowError) as error:
                    raise IngestError(
                        f"The column `{column.name}` of `{relation.label}` holds a value that is no "
                        f"{column.cast}: {error}"
                    ) from None
            yield pyarrow.Table.from_arrays(arrays, schema=schema)

    def text_of(self, column: str) -> str:
        return f"quote({quoted(column)})"

    def literal(self, text: str, column: str, relation: Relation) -> str:
        return text

    def close(self) -> None:
        self._connection.close()


def _affinity(declared: str) -> str:
    kind = declared.upper()
    if "INT" in kind:
        return "bigint"
    if any(word in kind for word in ("REAL", "FLOA", "DOUB")):
        return "double"
    return "varbinary" if "BLOB" in kind else "varchar"


def _sqlite_value(column: Column) -> str:
    """Values of text columns as text, whatever they are; others as they are, so that what does not fit is seen."""
    return f"CAST({column.expression} AS TEXT)" if column.cast == "varchar" else column.expression
