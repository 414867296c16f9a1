"""Options of sources and sinks as Glue has them, and as the lake does.

Source: Glue Developer Guide, connection types and options; data format options.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bayou.errors import InvalidOptionError

if TYPE_CHECKING:
    from bayou.compat.awsglue.context import GlueContext
    from bayou.compat.awsglue.dynamicframe import DynamicFrame
    from bayou.compat.spark.context import ScriptContext

_FORMATS = {"glueparquet": "parquet", "jsonl": "json", None: None}


def catalog_name(database: str | None, name_space: str | None, table: str | None) -> str:
    """`database.table`; `name_space` is an old word for the database.

    Raises:
        ValueError: Both words are there, or one of the names is not.
    """
    if database and name_space:
        raise ValueError("Parameters `database` and `name_space` cannot be given together")
    if not (database or name_space) or not table:
        raise ValueError("A table needs `database` and `table_name`")
    return f"{database or name_space}.{table}"


def _flag(value: Any) -> bool:
    return str(value).lower() == "true"


def _format(format: str | None) -> str | None:
    return _FORMATS.get(format, format) if format is None else _FORMATS.get(format.lower(), format.lower())


def read_options(
    script: ScriptContext,
    connection_type: str,
    connection: dict[str, Any],
    format: str | None,
    options: dict[str, Any],
) -> tuple[list[str], dict[str, Any]]:
    """Paths of the lake, and options of reading."""
    if connection_type not in ("s3", "file", "parquet", "orc"):
        raise NotImplementedError(
            f"Reading by the connection type `{connection_type}` is not there; put its data on s3"
        )
    given = connection.get("paths", connection.get("path"))
    if not given:
        raise InvalidOptionError("`connection_options` names no `paths`")
    listed: Sequence[str] = [given] if isinstance(given, str) else given
    paths = [script.path(path) for path in listed]
    kind = _format(format or (connection_type if connection_type in ("parquet", "orc") else None))
    known: dict[str, Any] = {} if kind is None else {"format": kind}
    exclusions = connection.get("exclusions")
    if exclusions:
        globs = json.loads(exclusions) if isinstance(exclusions, str) else list(exclusions)
        known["exclude"] = [_relative(script, glob, paths) for glob in globs]
    if kind == "csv":
        known["header"] = _flag(options.get("withHeader", False))
        if "separator" in options:
            known["separator"] = options["separator"]
        if "quoteChar" in options:
            known["quote"] = "" if str(options["quoteChar"]) == "-1" else options["quoteChar"]
        if options.get("escaper"):
            known["escape"] = options["escaper"]
        known["multi_line"] = _flag(options.get("multiline", options.get("multiLine", False)))
    if kind == "json" and options.get("jsonPath") not in (None, "$", "$[*]"):
        raise NotImplementedError(f"`jsonPath` {options['jsonPath']!r} is not there; read and `relationalize`")
    return paths, known


def _relative(script: ScriptContext, glob: str, paths: Sequence[str]) -> str:
    """A glob of whole URLs, or one that begins with `**`, as one below a path."""
    path = script.path(glob)
    for base in paths:
        folder = base.rstrip("/") + "/"
        if path.startswith(folder):
            return path[len(folder) :]
    return path


def sink_options(
    script: ScriptContext,
    connection_type: str,
    connection: dict[str, Any],
    format: str | None,
    options: dict[str, Any],
) -> tuple[str, dict[str, Any]]:
    """Folder of the lake, and options of writing. Glue only ever appends."""
    if connection_type not in ("s3", "file", "parquet", "orc"):
        raise NotImplementedError(f"Writing by the connection type `{connection_type}` is not there; write to s3")
    if not connection.get("path"):
        raise InvalidOptionError("`connection_options` names no `path`")
    kind = _format(format) or "parquet"
    known: dict[str, Any] = {
        "format": kind,
        "partition_by": list(connection.get("partitionKeys") or ()),
        "partition_types": "string",
        "mode": "append",
    }
    compression = connection.get("compression", options.get("compression"))
    if compression:
        known["compression"] = "none" if compression == "uncompressed" else compression
    if kind == "csv":
        known["header"] = _flag(options.get("writeHeader", True))
        if "separator" in options:
            known["separator"] = options["separator"]
        if "quoteChar" in options:
            known["quote"] = "" if str(options["quoteChar"]) == "-1" else options["quoteChar"]
    return script.path(connection["path"]), known


class DataSource:
    """A source whose format is said before it is read."""

    def __init__(
        self, context: GlueContext, connection_type: str, ctx: str, predicate: str, options: dict[str, Any]
    ) -> None:
        self._context, self._type, self._ctx, self._predicate = context, connection_type, ctx, predicate
        self._options = options
        self._format: str | None = None
        self._format_options: dict[str, Any] = {}

    def setFormat(self, format: str, **options: Any) -> None:
        """The format of the files."""
        self._format, self._format_options = format, options

    def getFrame(self, **options: Any) -> DynamicFrame:
        """Read."""
        return self._context.create_dynamic_frame_from_options(
            self._type, {**self._options, **options}, self._format, self._format_options, self._ctx, self._predicate
        )


class DataSink:
    """A sink whose format and table are said before it is written to."""

    def __init__(
        self, context: GlueContext, connection_type: str, format: str | None, ctx: str, options: dict[str, Any]
    ) -> None:
        self._context, self._type, self._ctx, self._options = context, connection_type, ctx, options
        self._format = format
        self._format_options: dict[str, Any] = {}
        self._table: str | None = None

    def setFormat(self, format: str, **options: Any) -> None:
        """The format of the files."""
        self._format, self._format_options = format, options

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: Any = "") -> None:
        """The table to register the files in."""
        self._table = f"{catalogDatabase}.{catalogTableName}"

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Write; with `enableUpdateCatalog` the table gets its partitions and new columns."""
        from bayou.compat.spark.context import active

        script = active()
        options = {key: value for key, value in self._options.items() if value is not None}
        path, known = sink_options(script, self._type, options, self._format, self._format_options)
        if self._table is not None and _flag(options.get("enableUpdateCatalog", False)):
            known["table"] = self._table
            known["update_catalog"] = options.get("updateBehavior", "UPDATE_IN_DATABASE") == "UPDATE_IN_DATABASE"
        script.write(dynamic_frame.frame, path, known)
        return dynamic_frame

    write = writeFrame
