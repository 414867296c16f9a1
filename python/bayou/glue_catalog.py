"""Tables of AWS Glue and of a lake, copied from one catalog to the other.

Both sides are clients of the Glue API: boto3's, and that of `lake.aws_session()`, so that one way of copying serves
both directions. Data files stay where they are.

Source: AWS Glue API, Catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bayou.errors import InvalidOptionError, MissingDependencyError

if TYPE_CHECKING:
    from bayou.lake import Lake

__all__ = ["CatalogCopy", "export_catalog", "import_catalog"]

# What a TableInput may hold of a Table. Source: Glue API, TableInput.
_TABLE_INPUT = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
)
# Partitions of one call. Source: Glue API, BatchCreatePartition.
_BATCH = 100
_ATHENA_VIEW = "VIRTUAL_VIEW"


@dataclass
class CatalogCopy:
    """What a copy of a catalog did."""

    created: list[str] = field(default_factory=list)
    """Tables that are new."""
    updated: list[str] = field(default_factory=list)
    """Tables that were there and are different now."""
    unchanged: list[str] = field(default_factory=list)
    """Tables that were there like this already."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Tables that were left out, with the reason."""
    partitions: int = 0
    """Partitions that were registered."""

    def __str__(self) -> str:
        text = (
            f"{len(self.created)} tables created, {len(self.updated)} updated, {len(self.unchanged)} unchanged, "
            f"{self.partitions} partitions registered"
        )
        return text + "".join(f"\nleft out {name}: {reason}" for name, reason in self.skipped.items())


def import_catalog(
    lake: Lake, databases: Sequence[str] | None, buckets: Mapping[str, str] | None, client: Any, **options: Any
) -> CatalogCopy:
    """Copy databases of Glue into a lake's catalog."""

    def relocate(location: str) -> str:
        if buckets is None or not location.startswith(("s3://", "s3a://", "s3n://")):
            return location
        bucket, _, key = location.split("://", 1)[1].partition("/")
        if bucket not in buckets:
            known = ", ".join(sorted(buckets))
            raise InvalidOptionError(f"The bucket `{bucket}` is not mapped\nhint: `buckets` has {known}")
        folder = buckets[bucket].strip("/")
        return lake._core.location(f"{folder}/{key}" if folder else key)

    return _copy(client or _boto3(options), lake.aws_session().client("glue"), databases, relocate)


def export_catalog(
    lake: Lake, databases: Sequence[str] | None, location: str | None, client: Any, **options: Any
) -> CatalogCopy:
    """Copy databases of a lake's catalog into Glue."""
    root = lake.url.rstrip("/")
    if location is None and not root.startswith("s3://"):
        raise InvalidOptionError(
            "The lake's files are on this machine, where Glue cannot read them\n"
            'hint: `location="s3://bucket/prefix/"` says where a copy of them is'
        )

    def relocate(own: str) -> str:
        if location is None or not own.startswith(root):
            return own
        return location.rstrip("/") + own[len(root) :]

    return _copy(lake.aws_session().client("glue"), client or _boto3(options), databases, relocate)


def _boto3(options: Mapping[str, Any]) -> Any:
    try:
        import boto3
    except ImportError as error:
        raise MissingDependencyError(
            'AWS Glue is asked by boto3\nhint: python -m pip install "bayou[aws]", or pass `client`'
        ) from error
    return boto3.client("glue", **{key: value for key, value in options.items() if value is not None})


def _copy(source: Any, target: Any, databases: Sequence[str] | None, relocate: Callable[[str], str]) -> CatalogCopy:
    done = CatalogCopy()
    wanted = (
        list(databases)
        if databases is not None
        else [database["Name"] for database in _pages(source, "get_databases", "DatabaseList")]
    )
    for name in wanted:
        described = source.get_database(Name=name)["Database"]
        if not _is_there(target, "get_database", Name=name):
            target.create_database(DatabaseInput={"Name": name, "Description": described.get("Description", "")})
        for table in _pages(source, "get_tables", "TableList", DatabaseName=name):
            _copy_table(source, target, name, table, relocate, done)
    return done


def _copy_table(
    source: Any, target: Any, database: str, table: dict[str, Any], relocate: Callable[[str], str], done: CatalogCopy
) -> None:
    label = f"{database}.{table['Name']}"
    if table.get("TableType") == _ATHENA_VIEW:
        done.skipped[label] = "it is a view; run its CREATE VIEW statement"
        return
    given = _table_input(table, relocate)
    present = _found(target, "get_table", "Table", DatabaseName=database, Name=table["Name"])
    if present is None:
        target.create_table(DatabaseName=database, TableInput=given)
        done.created.append(label)
    elif _described(_table_input(present, str)) == _described(given):
        done.unchanged.append(label)
    else:
        _replace(target, database, given)
        done.updated.append(label)
    if not table.get("PartitionKeys"):
        return
    there = {
        tuple(partition["Values"])
        for partition in _pages(target, "get_partitions", "Partitions", DatabaseName=database, TableName=table["Name"])
    }
    new = [
        _partition_input(partition, relocate)
        for partition in _pages(source, "get_partitions", "Partitions", DatabaseName=database, TableName=table["Name"])
        if tuple(partition["Values"]) not in there
    ]
    for start in range(0, len(new), _BATCH):
        answer = target.batch_create_partition(
            DatabaseName=database, TableName=table["Name"], PartitionInputList=new[start : start + _BATCH]
        )
        for error in answer.get("Errors", []):
            done.skipped[f"{label} {error['PartitionValues']}"] = error["ErrorDetail"]["ErrorMessage"]
        done.partitions += len(new[start : start + _BATCH]) - len(answer.get("Errors", []))


def _replace(target: Any, database: str, given: dict[str, Any]) -> None:
    """Give a table another description; a lake's catalog has it anew."""
    if hasattr(target, "update_table"):
        target.update_table(DatabaseName=database, TableInput=given)
        return
    target.delete_table(DatabaseName=database, Name=given["Name"])
    target.create_table(DatabaseName=database, TableInput=given)


def _table_input(table: dict[str, Any], relocate: Callable[[str], str]) -> dict[str, Any]:
    given = {key: table[key] for key in _TABLE_INPUT if table.get(key) is not None}
    storage = dict(given.get("StorageDescriptor") or {})
    if storage.get("Location"):
        storage["Location"] = relocate(storage["Location"])
    # Tables say some things in both places; what one side has, the other gets as well.
    parameters = {**(storage.get("Parameters") or {}), **(given.get("Parameters") or {})}
    return {**given, "StorageDescriptor": storage, "Parameters": parameters}


def _described(given: dict[str, Any]) -> Any:
    """What of a table's description has to be alike."""
    storage = given["StorageDescriptor"]
    columns = [(column["Name"], column.get("Type")) for column in storage.get("Columns") or []]
    keys = [(column["Name"], column.get("Type")) for column in given.get("PartitionKeys") or []]
    serde = (storage.get("SerdeInfo") or {}).get("SerializationLibrary")
    return columns, keys, serde, (storage.get("Location") or "").rstrip("/")


def _partition_input(partition: dict[str, Any], relocate: Callable[[str], str]) -> dict[str, Any]:
    storage = dict(partition.get("StorageDescriptor") or {})
    if storage.get("Location"):
        storage["Location"] = relocate(storage["Location"])
    return {
        "Values": partition["Values"],
        "StorageDescriptor": storage,
        "Parameters": partition.get("Parameters") or {},
    }


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
    """All items of a call that has pages."""
    items: list[dict[str, Any]] = []
    for page in client.get_paginator(operation).paginate(**arguments):
        items += page[key]
    return items


def _found(client: Any, operation: str, key: str, **arguments: Any) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = getattr(client, operation)(**arguments)[key]
    except Exception as error:
        if _code(error) == "EntityNotFoundException":
            return None
        raise
    return answer


def _is_there(client: Any, operation: str, **arguments: Any) -> bool:
    return _found(client, operation, "Database", **arguments) is not None


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
