"""Statements in both of Athena's languages: Trino's for queries, Hive's for tables.

Source: PyAthena 4.2, sqlalchemy/compiler.py (options); Athena User Guide, CREATE TABLE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exc
from sqlalchemy.sql import compiler

# Source: Athena User Guide, reserved keywords in SQL SELECT statements.
_WORDS = """
alter and as between by case cast constraint create cross cube current_catalog current_date current_path
current_schema current_time current_timestamp current_user deallocate delete describe distinct drop else end escape
except execute exists extract false first for from full group grouping having in inner insert intersect into is join
json_array json_exists json_object json_query json_table json_value last left like listagg localtime localtimestamp
natural normalize not null on or order outer prepare recursive right rollup select skip table then trim true uescape
union unnest using values when where with
"""
_RESERVED = set(_WORDS.split())


class QueryPreparer(compiler.IdentifierPreparer):
    """Names in queries: quotes where they are needed."""

    reserved_words = _RESERVED


class TablePreparer(compiler.IdentifierPreparer):
    """Names in Hive's statements: always in backticks."""

    def __init__(self, dialect: Any) -> None:
        super().__init__(dialect, initial_quote="`", escape_quote="`")

    def _requires_quotes(self, value: str) -> bool:
        return True


class QueryTypes(compiler.GenericTypeCompiler):
    """Types as Trino's language has them, in CAST."""

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        return "real"

    def visit_REAL(self, type_: Any, **kw: Any) -> str:
        return "real"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:
        return "double"

    visit_DOUBLE_PRECISION = visit_DOUBLE

    def visit_TINYINT(self, type_: Any, **kw: Any) -> str:
        return "tinyint"

    def visit_NUMERIC(self, type_: Any, **kw: Any) -> str:
        return _decimal(type_)

    visit_DECIMAL = visit_NUMERIC

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return f"varchar({type_.length})" if type_.length else "varchar"

    visit_NVARCHAR = visit_CLOB = visit_NCLOB = visit_VARCHAR

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return "varchar"

    def visit_BINARY(self, type_: Any, **kw: Any) -> str:
        return "varbinary"

    visit_VARBINARY = visit_BLOB = visit_BINARY

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return "timestamp with time zone" if type_.timezone else "timestamp"

    visit_TIMESTAMP = visit_DATETIME

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        return f"array({self.process(type_.item_type)})"

    def visit_map(self, type_: Any, **kw: Any) -> str:
        return f"map({self.process(type_.key_type)}, {self.process(type_.value_type)})"

    def visit_struct(self, type_: Any, **kw: Any) -> str:
        return "row(" + ", ".join(f'"{name}" {self.process(kind)}' for name, kind in type_.fields) + ")"


class TableTypes(compiler.GenericTypeCompiler):
    """Types as Hive's language has them, in CREATE TABLE."""

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        return "double" if (type_.precision or 0) > 24 else "float"

    def visit_REAL(self, type_: Any, **kw: Any) -> str:
        return "float"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:
        return "double"

    visit_DOUBLE_PRECISION = visit_DOUBLE

    def visit_TINYINT(self, type_: Any, **kw: Any) -> str:
        return "tinyint"

    def visit_SMALLINT(self, type_: Any, **kw: Any) -> str:
        return "smallint"

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:
        return "int"

    def visit_BIGINT(self, type_: Any, **kw: Any) -> str:
        return "bigint"

    def visit_BOOLEAN(self, type_: Any, **kw: Any) -> str:
        return "boolean"

    def visit_NUMERIC(self, type_: Any, **kw: Any) -> str:
        return _decimal(type_)

    visit_DECIMAL = visit_NUMERIC

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return f"varchar({type_.length})" if type_.length else "string"

    visit_NVARCHAR = visit_VARCHAR

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return "string"

    visit_CLOB = visit_NCLOB = visit_JSON = visit_TIME = visit_TEXT

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:
        return f"char({type_.length})" if type_.length else "string"

    visit_NCHAR = visit_CHAR

    def visit_BINARY(self, type_: Any, **kw: Any) -> str:
        return "binary"

    visit_VARBINARY = visit_BLOB = visit_BINARY

    def visit_DATE(self, type_: Any, **kw: Any) -> str:
        return "date"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return "timestamp"

    visit_DATETIME = visit_TIMESTAMP

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        return f"array<{self.process(type_.item_type)}>"

    def visit_map(self, type_: Any, **kw: Any) -> str:
        return f"map<{self.process(type_.key_type)},{self.process(type_.value_type)}>"

    def visit_struct(self, type_: Any, **kw: Any) -> str:
        return "struct<" + ",".join(f"{name}:{self.process(kind)}" for name, kind in type_.fields) + ">"


def _decimal(type_: Any) -> str:
    if type_.precision is None:
        return "decimal(38,18)"
    return f"decimal({type_.precision},{type_.scale or 0})"


class QueryCompiler(compiler.SQLCompiler):
    """Queries in Trino's language."""

    def visit_cast(self, cast: Any, **kwargs: Any) -> str:
        """CAST with Trino's types."""
        kind = QueryTypes(self.dialect).process(cast.typeclause.type)
        return f"CAST({cast.clause._compiler_dispatch(self, **kwargs)} AS {kind})"

    def visit_char_length_func(self, fn: Any, **kw: Any) -> str:
        """Trino's name of the function."""
        return f"length{self.function_argspec(fn, **kw)}"

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """OFFSET comes before LIMIT."""
        text = ""
        if select._offset_clause is not None:
            text += f"\n OFFSET {self.process(select._offset_clause, **kw)}"
        if select._limit_clause is not None:
            text += f"\n LIMIT {self.process(select._limit_clause, **kw)}"
        return text

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """A hint on a table stands behind it: `FOR TIMESTAMP AS OF …`."""
        return text

    def format_from_hint_text(self, sqltext: str, table: Any, hint: str, iscrud: bool) -> str:
        """The hint behind the table's name and in front of its alias."""
        name = self.preparer.format_table(getattr(table, "element", table))
        return sqltext.replace(name, f"{name} {hint}", 1)


class TableCompiler(compiler.DDLCompiler):
    """Statements about tables in Hive's language."""

    @property
    def preparer(self) -> Any:
        """Names in backticks."""
        return TablePreparer(self.dialect)

    @preparer.setter
    def preparer(self, value: Any) -> None:
        """SQLAlchemy sets the dialect's, which is the one of queries."""

    @property
    def _types(self) -> TableTypes:
        return TableTypes(self.dialect)

    def visit_create_table(self, create: Any, **kw: Any) -> str:
        """CREATE EXTERNAL TABLE; keys and constraints are left out, as tables have none."""
        table = create.element
        options = _options(table)
        keys = [column for column in table.columns if _options(column).get("partition")]
        clusters = [column for column in table.columns if _options(column).get("cluster")]
        columns = [self._column(column) for column in table.columns if column not in keys]
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        text = [f"CREATE EXTERNAL TABLE {exists}{self.preparer.format_table(table)} (", ",\n".join(columns), ")"]
        if table.comment:
            text.append(f"COMMENT {_text(table.comment)}")
        if keys:
            text += ["PARTITIONED BY (", ",\n".join(map(self._column, keys)), ")"]
        if clusters:
            if not options.get("bucket_count"):
                raise exc.CompileError("`bucket_count` must be given with `cluster`")
            names = ", ".join(map(self.preparer.format_column, clusters))
            text.append(f"CLUSTERED BY ({names}) INTO {options['bucket_count']} BUCKETS")
        return "\n".join([*text, *self._storage(table, options)])

    def _column(self, column: Any) -> str:
        comment = f" COMMENT {_text(column.comment)}" if column.comment else ""
        return f"{self.preparer.format_column(column)} {self._types.process(column.type)}{comment}"

    def _storage(self, table: Any, own: Mapping[str, Any]) -> list[str]:
        defaults: Mapping[str, Any] = self.dialect.table_defaults  # type: ignore[attr-defined]
        options = {**defaults, **{key: value for key, value in own.items() if value is not None}}
        text = []
        if row_format := options.get("row_format"):
            text.append(f"ROW FORMAT {row_format}")
        if properties := options.get("serdeproperties"):
            text.append(f"WITH SERDEPROPERTIES ({_properties(properties)})")
        if file_format := options.get("file_format") or (None if row_format else "PARQUET"):
            text.append(f"STORED AS {file_format}")
        location = own.get("location")
        if not location:
            schema = table.schema or self.dialect.default_schema_name or "default"
            location = f"{str(options['location']).rstrip('/')}/{schema}/{table.name}/"
        text.append(f"LOCATION {_text(location if location.endswith('/') else location + '/')}")
        found = options.get("tblproperties")
        properties = dict(found) if isinstance(found, Mapping) else {}
        if options.get("compression") and str(file_format).upper() in ("PARQUET", "ORC"):
            properties.setdefault(f"{file_format}.compress".lower(), str(options["compression"]).upper())
        if properties:
            text.append(f"TBLPROPERTIES ({_properties(properties)})")
        elif isinstance(found, str) and found:
            text.append(f"TBLPROPERTIES ({found})")
        return text

    def visit_drop_table(self, drop: Any, **kw: Any) -> str:
        """DROP TABLE; the files stay."""
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"DROP TABLE {exists}{self.preparer.format_table(drop.element)}"

    def visit_create_schema(self, create: Any, **kw: Any) -> str:
        """CREATE DATABASE."""
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        return f"CREATE DATABASE {exists}{self.preparer.format_schema(create.element)}"

    def visit_drop_schema(self, drop: Any, **kw: Any) -> str:
        """DROP DATABASE."""
        exists = "IF EXISTS " if drop.if_exists else ""
        cascade = " CASCADE" if drop.cascade else ""
        return f"DROP DATABASE {exists}{self.preparer.format_schema(drop.element)}{cascade}"


def _options(item: Any) -> dict[str, Any]:
    """Options under our name, and those under PyAthena's."""
    found = {key: value for key, value in item.dialect_options["bayou"].items() if value is not None}
    prefix = "awsathena_"
    theirs = {key[len(prefix) :]: value for key, value in item.kwargs.items() if key.startswith(prefix)}
    return {**theirs, **{key: value for key, value in found.items() if value is not False or key not in theirs}}


def _properties(properties: Mapping[str, Any] | str) -> str:
    if isinstance(properties, str):
        return properties
    return ", ".join(f"{_text(str(key))} = {_text(str(value))}" for key, value in properties.items())


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("%", "%%")
    return f"'{escaped}'"
