"""What PyAthena's cursors tell about the catalog.

Source: PyAthena 4.2, model.py (names); Athena API reference, TableMetadata.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bayou.errors import BayouError, failed_query

if TYPE_CHECKING:
    from bayou.lake import Lake


@dataclass(frozen=True)
class AthenaDatabase:
    """A database."""

    name: str
    description: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AthenaTableMetadataColumn:
    """A column."""

    name: str
    type: str
    comment: str | None = None


class AthenaTableMetadataPartitionKey(AthenaTableMetadataColumn):
    """A partition key."""


@dataclass(frozen=True)
class AthenaTableMetadata:
    """A table or a view."""

    name: str
    table_type: str | None
    columns: list[AthenaTableMetadataColumn]
    partition_keys: list[AthenaTableMetadataPartitionKey]
    parameters: dict[str, str]
    create_time: dt.datetime | None = None
    last_access_time: dt.datetime | None = None

    @property
    def comment(self) -> str | None:
        """Comment of the table."""
        return self.parameters.get("comment")

    @property
    def location(self) -> str | None:
        """Folder of the files."""
        return self.parameters.get("location")

    @property
    def input_format(self) -> str | None:
        """Hive's class that reads the files."""
        return self.parameters.get("inputformat")

    @property
    def output_format(self) -> str | None:
        """Hive's class that writes the files."""
        return self.parameters.get("outputformat")

    @property
    def serde_serialization_lib(self) -> str | None:
        """Hive's class that knows how rows are written."""
        return self.parameters.get("serde.serialization.lib")

    @property
    def serde_properties(self) -> dict[str, str]:
        """Options of the SerDe."""
        prefix = "serde.param."
        return {key[len(prefix) :]: value for key, value in self.parameters.items() if key.startswith(prefix)}

    @property
    def row_format(self) -> str | None:
        """The clause ROW FORMAT without its first words."""
        return None if self.serde_serialization_lib is None else f"SERDE '{self.serde_serialization_lib}'"

    @property
    def file_format(self) -> str | None:
        """The clause STORED AS without its first words."""
        if self.input_format is None or self.output_format is None:
            return None
        return f"INPUTFORMAT '{self.input_format}' OUTPUTFORMAT '{self.output_format}'"

    @property
    def compression(self) -> str | None:
        """Compression of the files, when the table says so."""
        keys = ("write.compression", "serde.param.write.compression", "parquet.compress", "orc.compress", "compression")
        return next((self.parameters[key] for key in keys if key in self.parameters), None)

    @property
    def table_properties(self) -> dict[str, str]:
        """Properties of the table's own, not of its files."""
        own = ("location", "inputformat", "outputformat", "comment")
        return {k: v for k, v in self.parameters.items() if k not in own and not k.startswith("serde.")}


def databases(lake: Lake) -> list[AthenaDatabase]:
    """The databases of a lake."""
    return [AthenaDatabase(name) for name in lake.databases()]


def table_metadata(lake: Lake, database: str, name: str) -> AthenaTableMetadata:
    """A table of a lake."""
    try:
        return metadata_of(lake._core.table(database.lower(), name.lower()).to_dict())
    except BayouError as error:
        raise failed_query(error) from error


def tables_metadata(lake: Lake, database: str, expression: str | None) -> list[AthenaTableMetadata]:
    """The tables of a database whose names match."""
    try:
        names = lake.tables(database.lower())
    except BayouError as error:
        raise failed_query(error) from error
    pattern = re.compile(expression or "", re.IGNORECASE)
    return [table_metadata(lake, database, name) for name in names if pattern.search(name)]


def metadata_of(glue: dict[str, Any]) -> AthenaTableMetadata:
    """Glue's description of a table in Athena's form, where the storage is among the parameters."""
    storage = glue.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    parameters = dict(glue.get("Parameters") or {})
    found = {
        "location": storage.get("Location"),
        "inputformat": storage.get("InputFormat"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        "comment": glue.get("Description") or parameters.get("comment"),
    }
    parameters.update({key: value for key, value in found.items() if value})
    parameters.update({f"serde.param.{key}": value for key, value in (serde.get("Parameters") or {}).items()})
    columns = [AthenaTableMetadataColumn(*_column(column)) for column in storage.get("Columns") or []]
    keys = [AthenaTableMetadataPartitionKey(*_column(column)) for column in glue.get("PartitionKeys") or []]
    return AthenaTableMetadata(
        glue["Name"],
        glue.get("TableType"),
        columns,
        keys,
        parameters,
        moment(glue.get("CreateTime")),
        moment(glue.get("LastAccessTime")),
    )


def _column(column: dict[str, Any]) -> tuple[str, str, str | None]:
    return column["Name"], column.get("Type", "string"), column.get("Comment")


def moment(value: Any) -> dt.datetime | None:
    """A time of the catalog: milliseconds since 1970, or ISO text."""
    if value is None:
        return None
    if isinstance(value, str):
        return dt.datetime.fromisoformat(value)
    return dt.datetime.fromtimestamp(value / 1000, dt.UTC)
