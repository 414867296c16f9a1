"""Glue's calls over a lake's catalog: databases, tables, partitions.

Reading answers from the catalog as it is. Writing becomes the DDL that says the same, so that both ways obey one set of
rules.

Source: Glue API reference, Catalog (shapes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayou.compat.client import Meta, Paginator, client_error
from bayou.dbapi.model import moment
from bayou.errors import AlreadyExistsError, BayouError, UnknownDatabaseError, UnknownTableError

if TYPE_CHECKING:
    from bayou.lake import Lake

_HIVE_DEFAULT = "__HIVE_DEFAULT_PARTITION__"


class GlueClient:
    """A client of Glue.

    Args:
        lake: The lake.
        region_name: Region that `meta` tells.
    """

    def __init__(self, lake: Lake, region_name: str) -> None:
        self._lake = lake
        self.meta = Meta("glue", region_name)

    # -- databases ----------------------------------------------------------------------------------

    def get_databases(self, **_ignored: Any) -> dict[str, Any]:
        """The databases."""
        return {"DatabaseList": [{"Name": name, "CatalogId": "000000000000"} for name in self._lake.databases()]}

    def get_database(self, *, Name: str, **_ignored: Any) -> dict[str, Any]:
        """A database."""
        if Name.lower() not in self._lake.databases():
            raise client_error("EntityNotFoundException", f"Database {Name} not found.", "GetDatabase")
        return {"Database": {"Name": Name.lower(), "CatalogId": "000000000000"}}

    def create_database(self, *, DatabaseInput: dict[str, Any], **_ignored: Any) -> dict[str, Any]:
        """Make a database."""
        comment = f" COMMENT {_text(found)}" if (found := DatabaseInput.get("Description")) else ""
        location = f" LOCATION {_text(found)}" if (found := DatabaseInput.get("LocationUri")) else ""
        self._run(f"CREATE DATABASE {_name(DatabaseInput['Name'])}{comment}{location}", "CreateDatabase")
        return {}

    def delete_database(self, *, Name: str, **_ignored: Any) -> dict[str, Any]:
        """Delete a database and its tables; files stay."""
        self._run(f"DROP DATABASE {_name(Name)} CASCADE", "DeleteDatabase")
        return {}

    # -- tables -------------------------------------------------------------------------------------

    def get_table(self, *, DatabaseName: str, Name: str, **_ignored: Any) -> dict[str, Any]:
        """A table."""
        return {"Table": self._table(DatabaseName, Name)}

    def get_tables(self, *, DatabaseName: str, Expression: str | None = None, **_ignored: Any) -> dict[str, Any]:
        """The tables of a database whose names match `Expression`, where `*` stands for anything."""
        from fnmatch import fnmatchcase

        try:
            names = self._lake.tables(DatabaseName.lower())
        except BayouError as error:
            raise _refused(error, "GetTables") from error
        pattern = (Expression or "*").lower().replace(".*", "*")
        return {"TableList": [self._table(DatabaseName, name) for name in names if fnmatchcase(name, pattern)]}

    def _table(self, database: str, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._lake._core.table(database.lower(), name.lower()).to_dict()
        except BayouError as error:
            raise _refused(error, "GetTable") from error
        found["DatabaseName"] = database.lower()
        for key in ("CreateTime", "UpdateTime", "LastAccessTime"):
            if key in found:
                found[key] = moment(found[key])
        return found

    def create_table(self, *, DatabaseName: str, TableInput: dict[str, Any], **_ignored: Any) -> dict[str, Any]:
        """Make a table."""
        self._run(create_statement(DatabaseName, TableInput), "CreateTable")
        return {}

    def delete_table(self, *, DatabaseName: str, Name: str, **_ignored: Any) -> dict[str, Any]:
        """Delete a table; files stay."""
        self._table(DatabaseName, Name)
        self._run(f"DROP TABLE {_name(DatabaseName)}.{_name(Name)}", "DeleteTable")
        return {}

    def batch_delete_table(self, *, DatabaseName: str, TablesToDelete: list[str], **_ignored: Any) -> dict[str, Any]:
        """Delete some tables; files stay."""
        for name in TablesToDelete:
            self.delete_table(DatabaseName=DatabaseName, Name=name)
        return {"Errors": []}

    # -- partitions ---------------------------------------------------------------------------------

    def get_partitions(self, *, DatabaseName: str, TableName: str, **_ignored: Any) -> dict[str, Any]:
        """All partitions of a table."""
        glue = self._table(DatabaseName, TableName)
        table = self._lake._core.table(DatabaseName.lower(), TableName.lower())
        keys = [key["Name"] for key in glue.get("PartitionKeys", [])]
        if not keys:
            return {"Partitions": []}
        rows = table.partitions().to_pylist()
        return {"Partitions": [self._partition(glue, keys, row) for row in rows]}

    def get_partition(
        self, *, DatabaseName: str, TableName: str, PartitionValues: list[str], **_ignored: Any
    ) -> dict[str, Any]:
        """A partition."""
        for found in self.get_partitions(DatabaseName=DatabaseName, TableName=TableName)["Partitions"]:
            if found["Values"] == PartitionValues:
                return {"Partition": found}
        raise client_error("EntityNotFoundException", "Cannot find partition.", "GetPartition")

    @staticmethod
    def _partition(glue: dict[str, Any], keys: list[str], row: dict[str, Any]) -> dict[str, Any]:
        values = [_HIVE_DEFAULT if row[key] is None else row[key] for key in keys]
        return {
            "Values": values,
            "DatabaseName": glue["DatabaseName"],
            "TableName": glue["Name"],
            "StorageDescriptor": {**glue.get("StorageDescriptor", {}), "Location": row["location"]},
            "Parameters": {},
        }

    def create_partition(
        self, *, DatabaseName: str, TableName: str, PartitionInput: dict[str, Any], **_ignored: Any
    ) -> dict[str, Any]:
        """Register a partition."""
        clause = self._clause(DatabaseName, TableName, PartitionInput["Values"])
        location = (PartitionInput.get("StorageDescriptor") or {}).get("Location")
        at = f" LOCATION {_text(location)}" if location else ""
        table = f"{_name(DatabaseName)}.{_name(TableName)}"
        self._run(f"ALTER TABLE {table} ADD PARTITION ({clause}){at}", "CreatePartition")
        return {}

    def batch_create_partition(
        self, *, DatabaseName: str, TableName: str, PartitionInputList: list[dict[str, Any]], **_ignored: Any
    ) -> dict[str, Any]:
        """Register some partitions."""
        for partition in PartitionInputList:
            self.create_partition(DatabaseName=DatabaseName, TableName=TableName, PartitionInput=partition)
        return {"Errors": []}

    def delete_partition(
        self, *, DatabaseName: str, TableName: str, PartitionValues: list[str], **_ignored: Any
    ) -> dict[str, Any]:
        """Forget a partition; files stay."""
        clause = self._clause(DatabaseName, TableName, PartitionValues)
        table = f"{_name(DatabaseName)}.{_name(TableName)}"
        self._run(f"ALTER TABLE {table} DROP PARTITION ({clause})", "DeletePartition")
        return {}

    def batch_delete_partition(
        self, *, DatabaseName: str, TableName: str, PartitionsToDelete: list[dict[str, Any]], **_ignored: Any
    ) -> dict[str, Any]:
        """Forget some partitions; files stay."""
        for partition in PartitionsToDelete:
            self.delete_partition(DatabaseName=DatabaseName, TableName=TableName, PartitionValues=partition["Values"])
        return {"Errors": []}

    def _clause(self, database: str, table: str, values: list[str]) -> str:
        keys = self._table(database, table).get("PartitionKeys", [])
        pairs = zip(keys, values, strict=True)
        return ", ".join(f"{_name(key['Name'])} = {_text(value)}" for key, value in pairs)

    def _run(self, text: str, operation: str) -> None:
        try:
            self._lake.sql(text)
        except BayouError as error:
            raise _refused(error, operation) from error

    def get_paginator(self, operation_name: str) -> Paginator:
        """Walks over the pages of a call."""
        return Paginator(getattr(self, operation_name), ("NextToken", "NextToken"))

    def close(self) -> None:
        """Does nothing."""


def create_statement(database: str, table: dict[str, Any]) -> str:
    """The statement that makes the table of a `TableInput`."""
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    columns = ", ".join(_column(column) for column in storage.get("Columns") or [])
    text = [f"CREATE EXTERNAL TABLE {_name(database)}.{_name(table['Name'])} ({columns})"]
    if comment := table.get("Description"):
        text.append(f"COMMENT {_text(comment)}")
    if keys := table.get("PartitionKeys"):
        text.append(f"PARTITIONED BY ({', '.join(_column(column) for column in keys)})")
    if library := serde.get("SerializationLibrary"):
        text.append(f"ROW FORMAT SERDE {_text(library)}")
        if options := serde.get("Parameters"):
            text.append(f"WITH SERDEPROPERTIES ({_properties(options)})")
    if storage.get("InputFormat") and storage.get("OutputFormat"):
        text.append(
            f"STORED AS INPUTFORMAT {_text(storage['InputFormat'])} OUTPUTFORMAT {_text(storage['OutputFormat'])}"
        )
    text.append(f"LOCATION {_text(storage.get('Location', ''))}")
    if properties := table.get("Parameters"):
        text.append(f"TBLPROPERTIES ({_properties(properties)})")
    return "\n".join(text)


def _column(column: dict[str, Any]) -> str:
    comment = f" COMMENT {_text(found)}" if (found := column.get("Comment")) else ""
    return f"{_name(column['Name'])} {column.get('Type', 'string')}{comment}"


def _properties(properties: dict[str, str]) -> str:
    return ", ".join(f"{_text(key)} = {_text(str(value))}" for key, value in properties.items())


def _name(name: str) -> str:
    return "`" + name.lower().replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _refused(error: BayouError, operation: str) -> Exception:
    code = "InvalidInputException"
    if isinstance(error, UnknownTableError | UnknownDatabaseError):
        code = "EntityNotFoundException"
    elif isinstance(error, AlreadyExistsError):
        code = "AlreadyExistsException"
    return client_error(code, str(error), operation)
