"""The dialect itself: addresses, reflection, execution.

Source: SQLAlchemy 2, engine/interfaces.py; PyAthena 4.2, sqlalchemy/base.py (behaviour).
"""

from __future__ import annotations

import os
import re
from typing import Any

from sqlalchemy import exc, schema, types
from sqlalchemy.engine import URL, reflection
from sqlalchemy.engine.default import DefaultDialect

from bayou.dbapi.model import AthenaTableMetadata
from bayou.errors import BayouError
from bayou.sqlalchemy.compiler import QueryCompiler, QueryPreparer, QueryTypes, TableCompiler
from bayou.sqlalchemy.types import AthenaArray, AthenaBinary, AthenaDate, AthenaJSON, AthenaTimestamp, from_text

# Options in an address that are defaults of CREATE TABLE.
_TABLE = ("location", "compression", "row_format", "file_format", "serdeproperties", "tblproperties", "bucket_count")
# Options in an address that are meant for AWS's services, for pools, or for readers of result files.
_IGNORED = (
    "poll_interval", "duration_seconds", "verify", "use_ssl", "unload", "engine", "chunksize", "partition", "cluster",
    "role_arn", "profile_name", "region_name", "aws_session_token",
)  # fmt: skip
_BOOLEANS = ("kill_on_interrupt", "result_reuse_enable")
_VIEW = "VIRTUAL_VIEW"


class BayouDialect(DefaultDialect):
    """A lake for SQLAlchemy."""

    name = "bayou"
    driver = "rest"
    preparer = QueryPreparer
    statement_compiler = QueryCompiler
    ddl_compiler: type[Any] = TableCompiler
    type_compiler_cls = QueryTypes
    default_paramstyle = "pyformat"
    default_schema_name = "default"
    max_identifier_length = 255
    cte_follows_insert = True
    supports_alter = False
    supports_comments = True
    inline_comments = True
    supports_default_values = False
    supports_empty_insert = False
    supports_multivalues_insert = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_pk_autoincrement = False
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = True
    supports_statement_cache = True
    supports_views = True
    postfetch_lastrowid = False
    use_insertmanyvalues = True
    use_insertmanyvalues_wo_returning = True
    insertmanyvalues_page_size = 1000
    construct_arguments: Any = [  # noqa: RUF012 - SQLAlchemy's own name
        (schema.Table, dict.fromkeys(_TABLE)),
        (
            schema.Column,
            {
                "partition": False,
                "partition_transform": None,
                "partition_transform_bucket_count": None,
                "partition_transform_truncate_length": None,
                "cluster": False,
            },
        ),
    ]
    colspecs: Any = {  # noqa: RUF012 - SQLAlchemy's own name
        types.LargeBinary: AthenaBinary,
        types.ARRAY: AthenaArray,
        types.Date: AthenaDate,
        types.DateTime: AthenaTimestamp,
        types.JSON: AthenaJSON,
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.table_defaults: dict[str, Any] = {}

    @classmethod
    def import_dbapi(cls) -> Any:
        """`bayou.dbapi`."""
        from bayou import dbapi

        return dbapi

    def create_connect_args(self, url: URL) -> Any:
        """Arguments of `bayou.dbapi.connect` from an address."""
        options: dict[str, Any] = {key: value for key, value in url.query.items() if key not in _IGNORED}
        self.table_defaults = {key: options.pop(key) for key in _TABLE if key in options}
        for key in _BOOLEANS:
            if key in options:
                options[key] = str(options[key]).lower() in ("1", "true", "yes")
        if "result_reuse_minutes" in options:
            options["result_reuse_minutes"] = int(options["result_reuse_minutes"])
        if url.host:  # as PyAthena has it: the path is the database
            options.setdefault("schema_name", url.database or "default")
        elif url.database:
            options.setdefault("lake", url.database)
        if "lake" not in options and "BAYOU_LAKE" in os.environ:
            options["lake"] = os.environ["BAYOU_LAKE"]
        return [], {"typed": True, **options}

    def initialize(self, connection: Any) -> None:
        """Learn the database and the place of new tables from the first connection."""
        own = self._own(connection)
        self.default_schema_name = own.schema_name
        self.table_defaults.setdefault("location", f"{own.lake.url}/tables")
        self.default_isolation_level = None

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing to do: every statement is its own transaction."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing to do: every statement is its own transaction."""

    def do_ping(self, dbapi_connection: Any) -> bool:
        """A lake that is open answers."""
        return not dbapi_connection.is_closed

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run a statement; percent signs of a text without parameters are left alone."""
        is_text = context is not None and context.compiled is None
        options = context.execution_options if context is not None else {}
        start = options.get("on_start_query_execution")
        given = None if is_text and not parameters else parameters
        cursor.execute(statement, given, on_start_query_execution=start)

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """There is no server that could go away."""
        return False

    # -- reflection ---------------------------------------------------------------------------------

    @staticmethod
    def _own(connection: Any) -> Any:
        """The connection of `bayou.dbapi` under SQLAlchemy's."""
        return connection.connection.dbapi_connection

    def _metadata(self, connection: Any, name: str, schema: str | None) -> AthenaTableMetadata:
        try:
            found: AthenaTableMetadata = self._own(connection).cursor().get_table_metadata(name, schema_name=schema)
        except BayouError as error:
            raise exc.NoSuchTableError(name) from error
        return found

    def _tables(self, connection: Any, schema: str | None) -> list[AthenaTableMetadata]:
        found: list[AthenaTableMetadata] = self._own(connection).cursor().list_table_metadata(schema_name=schema)
        return found

    @reflection.cache
    def get_schema_names(self, connection: Any, **kw: Any) -> list[str]:
        """Names of the databases."""
        return list(self._own(connection).lake.databases())

    @reflection.cache
    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the tables that are no views."""
        return [table.name for table in self._tables(connection, schema) if table.table_type != _VIEW]

    @reflection.cache
    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the views."""
        return [table.name for table in self._tables(connection, schema) if table.table_type == _VIEW]

    @reflection.cache
    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether there is a table or view of this name."""
        try:
            self._metadata(connection, table_name, schema)
        except exc.NoSuchTableError:
            return False
        return True

    @reflection.cache
    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Columns, then partition keys, which are marked."""
        table = self._metadata(connection, table_name, schema)
        marked = [(column, None) for column in table.columns] + [(key, True) for key in table.partition_keys]
        return [
            {
                "name": column.name,
                "type": from_text(column.type),
                "nullable": True,
                "default": None,
                "autoincrement": False,
                "comment": column.comment,
                "dialect_options": {"bayou_partition": is_key},
            }
            for column, is_key in marked
        ]

    @reflection.cache
    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """The comment of a table."""
        return {"text": self._metadata(connection, table_name, schema).comment}

    @reflection.cache
    def get_table_options(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Options that make the table again."""
        table = self._metadata(connection, table_name, schema)
        return {
            "bayou_location": table.location,
            "bayou_compression": table.compression,
            "bayou_row_format": table.row_format,
            "bayou_file_format": table.file_format,
            "bayou_serdeproperties": table.serde_properties,
            "bayou_tblproperties": table.table_properties,
        }

    @reflection.cache
    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **kw: Any) -> str:
        """The statement that makes the view."""
        own = self._own(connection)
        name = ".".join('"' + part.replace('"', '""') + '"' for part in (schema or own.schema_name, view_name))
        try:
            rows = own.cursor().execute(f"SHOW CREATE VIEW {name}").fetchall()
        except BayouError as error:
            raise exc.NoSuchTableError(view_name) from error
        return "\n".join(re.sub(r"\s+$", "", row[0] or "") for row in rows)

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Tables have no keys."""
        return {"name": None, "constrained_columns": []}

    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Tables have no keys."""
        return []

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Tables have no indexes."""
        return []

    def get_unique_constraints(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Tables have no constraints."""
        return []

    def get_check_constraints(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        """Tables have no constraints."""
        return []
