"""What pandas asks of an ADBC connection: Arrow tables out, Arrow tables in, and which tables there are.

Source: adbc_driver_manager.dbapi (names); pandas 3, io/sql.py, ADBCDatabase (what is called).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bayou.dbapi.cursor import Cursor
from bayou.dbapi.ingest import ingest
from bayou.errors import NotSupportedError

if TYPE_CHECKING:
    import pyarrow

    from bayou.dbapi.connection import Connection

# The one statement of pandas that is in Hive's language, with Trino's quotes.
_DROP = re.compile(r'\s*DROP\s+TABLE\s+((?:"(?:[^"]|"")*"|\.)+)\s*', re.IGNORECASE)


class AdbcCursor(Cursor):
    """A `Cursor` with ADBC's methods."""

    def execute(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """As `Cursor.execute`."""
        if drop := _DROP.fullmatch(operation):
            operation = f"DROP TABLE {drop[1].replace(chr(34), '`')}"
        return super().execute(operation, *arguments, **options)

    def fetch_arrow_table(self) -> pyarrow.Table:
        """The whole result as a pyarrow table."""
        return self._fetchable().as_arrow()

    def fetchallarrow(self) -> pyarrow.Table:
        """The same under another of ADBC's names."""
        return self.fetch_arrow_table()

    def fetch_record_batch(self) -> pyarrow.RecordBatchReader:
        """The result as a reader of record batches."""
        return self.fetch_arrow_table().to_reader()

    def adbc_ingest(
        self,
        table_name: str,
        data: Any,
        mode: str = "create",
        *,
        catalog_name: str | None = None,
        db_schema_name: str | None = None,
        temporary: bool = False,
    ) -> int:
        """Write rows as a table.

        Args:
            table_name: Name of the table.
            data: Anything that speaks the Arrow C stream protocol.
            mode: `create`, `append`, `replace` or `create_append`.
            catalog_name: No effect: there is one catalog.
            db_schema_name: Database of the table; the connection's when None.
            temporary: Not supported.

        Returns:
            Rows written.
        """
        if temporary:
            raise NotSupportedError("There are no temporary tables")
        lake = self.connection.lake
        schema = db_schema_name or self.connection.schema_name
        exists = table_name.lower() in lake.tables(schema)
        if mode == "replace" and exists:
            lake.sql(f"DROP TABLE `{schema}`.`{table_name}`")
        append = mode == "append" or (mode == "create_append" and exists)
        return ingest(lake, data, table_name, schema=schema, append=append)


def objects(
    connection: Connection,
    *,
    depth: str = "all",
    catalog_filter: str | None = None,
    db_schema_filter: str | None = None,
    table_name_filter: str | None = None,
    **filters: Any,
) -> pyarrow.RecordBatchReader:
    """Databases and tables in ADBC's form, without columns."""
    import pyarrow

    lake = connection.lake
    schemas = []
    for database in lake.databases():
        if db_schema_filter is not None and not _like(db_schema_filter, database):
            continue
        names = [] if depth in ("catalogs", "db_schemas") else lake.tables(database)
        tables = [
            {"table_name": name, "table_type": "table"}
            for name in names
            if table_name_filter is None or _like(table_name_filter, name)
        ]
        schemas.append({"db_schema_name": database, "db_schema_tables": tables})
    table = pyarrow.struct([("table_name", pyarrow.string()), ("table_type", pyarrow.string())])
    schema = pyarrow.struct([("db_schema_name", pyarrow.string()), ("db_schema_tables", pyarrow.list_(table))])
    found = {
        "catalog_name": pyarrow.array([connection.catalog_name], pyarrow.string()),
        "catalog_db_schemas": pyarrow.array([schemas], pyarrow.list_(schema)),
    }
    return pyarrow.table(found).to_reader()


def _like(pattern: str, name: str) -> bool:
    expression = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.fullmatch(expression, name, re.IGNORECASE) is not None
