"""`spark.read` and `df.write` over the lake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlframe.standalone.readwriter import StandaloneDataFrameReader, StandaloneDataFrameWriter

from bayou.compat.spark.types import hive_columns
from bayou.etl.naming import quoted

if TYPE_CHECKING:
    from bayou.etl.frame import Frame

__all__ = ["DataFrameReader", "DataFrameWriter", "read_files"]


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def read_files(
    session: Any, paths: str | Sequence[str], format: str | None, options: dict[str, Any], schema: Any
) -> Frame:
    """A frame of files as Spark reads them: text without a schema and without `inferSchema` is strings."""
    given = {key.lower(): value for key, value in options.items() if value is not None}
    script = session.script
    targets = [script.path(path).rstrip("*") for path in ([paths] if isinstance(paths, str) else paths)]
    known: dict[str, Any] = {}
    if format is not None:
        known["format"] = format
    if format == "csv":
        known["header"] = _true(given.get("header", False))
        separator = given.get("sep", given.get("delimiter", given.get("separator")))
        if separator is not None:
            known["separator"] = separator
        if "quote" in given:
            known["quote"] = given["quote"]
        if "escape" in given and given["escape"] != given.get("quote", '"'):
            known["escape"] = given["escape"]
        known["multi_line"] = _true(given.get("multiline", False))
    if schema is not None:
        known["schema"] = {name.lower(): kind for name, kind in hive_columns(schema).items()}
    frame = script.read(targets, "", **known)
    if schema is not None:
        names = list(hive_columns(schema))
        rest = frame.columns[len(names) :]
        frame = frame.project([(name, quoted(name)) for name in [*names, *rest]])
        return _empty_as_null(frame) if format == "csv" else frame
    if format != "csv":
        return frame
    if not _true(given.get("inferschema", False)):
        files = next(iter(frame.plan.tables.values()))
        own = [name for name, _ in files.columns if name not in files.partition_keys]
        frame = script.read(targets, "", **known, schema=dict.fromkeys(own, "string"))
    frame = _empty_as_null(frame)
    if known["header"]:
        return _spelled(session, frame, targets, given)
    numbered = {name: f"_c{place}" for place, name in enumerate(frame.columns) if name == f"col{place}"}
    return frame.project([(numbered.get(name, name), quoted(name)) for name in frame.columns])


def _empty_as_null(frame: Frame) -> Frame:
    """Empty cells are NULL to Spark."""
    return frame.project(
        [
            (field.name, f"NULLIF({quoted(field.name)}, '')" if field.type == "varchar" else quoted(field.name))
            for field in frame.fields
        ]
    )


def _spelled(session: Any, frame: Frame, targets: Sequence[str], options: dict[str, Any]) -> Frame:
    """The columns with the names that the first file's header gives them."""
    import csv

    from bayou._bayou import LakeFiles

    files = next(iter(frame.plan.tables.values())).files
    if not files or files[0][0].endswith((".gz", ".bz2", ".zst", ".snappy")):
        return frame
    head = LakeFiles(session.lake._core).read_start(files[0][0], 65_536).decode("utf-8-sig", "replace")
    separator = options.get("sep", options.get("delimiter", ","))
    header = next(csv.reader([head.splitlines()[0]], delimiter=separator), []) if head else []
    if [name.strip().lower() for name in header] != frame.columns[: len(header)]:
        return frame
    names = [*(name.strip() for name in header), *frame.columns[len(header) :]]
    return frame.project([(name, quoted(name)) for name in names])


class DataFrameReader(StandaloneDataFrameReader):
    """Reads files and tables."""

    _schema: Any = None

    def schema(self, schema: Any) -> DataFrameReader:
        """Columns instead of those that are found: a StructType or text."""
        self._schema = schema
        return self

    def load(self, path: Any = None, format: str | None = None, schema: Any = None, **options: Any) -> Any:
        """Read files."""
        kind = (format or self.state_format_to_read or "parquet").lower()
        if path is None:
            path = {**self.state_options, **options}.get("path")
        frame = read_files(
            self._session, path, kind, {**self.state_options, **options}, schema if schema is not None else self._schema
        )
        return self._session.leaf(frame)

    def csv(self, path: Any, schema: Any = None, **options: Any) -> Any:
        """Read CSV."""
        return self.load(path, "csv", schema, **options)

    def json(self, path: Any, schema: Any = None, **options: Any) -> Any:
        """Read JSON."""
        return self.load(path, "json", schema, **options)

    def parquet(self, *paths: Any, **options: Any) -> Any:
        """Read Parquet."""
        return self.load(list(paths) if len(paths) > 1 else paths[0], "parquet", **options)

    def orc(self, path: Any, **options: Any) -> Any:
        """Read ORC."""
        return self.load(path, "orc", **options)

    def table(self, tableName: str) -> Any:
        """Read a table of the catalog."""
        return self._session.table(tableName)


class DataFrameWriter(StandaloneDataFrameWriter):
    """Writes files and tables."""

    def __init__(self, df: Any, mode: str | None = None, **_: Any) -> None:
        super().__init__(df)
        self._spark_mode = mode or "error"
        self._format: str | None = None
        self._keys: list[str] = []
        self._spark_options: dict[str, Any] = {}

    def mode(self, saveMode: str | None) -> DataFrameWriter:
        """What happens to what is there: append, overwrite, ignore or error."""
        self._spark_mode = saveMode or "error"
        return self

    def format(self, source: str) -> DataFrameWriter:
        """The format of the files."""
        self._format = source
        return self

    def option(self, key: str, value: Any) -> DataFrameWriter:
        """An option of the format."""
        self._spark_options[key.lower()] = value
        return self

    def options(self, **options: Any) -> DataFrameWriter:
        """Options of the format."""
        for key, value in options.items():
            self.option(key, value)
        return self

    def partitionBy(self, *cols: Any) -> DataFrameWriter:
        """Columns that become folders."""
        self._keys = list(cols[0]) if len(cols) == 1 and isinstance(cols[0], list | tuple) else list(cols)
        return self

    def bucketBy(self, numBuckets: int, col: Any, *cols: Any) -> DataFrameWriter:
        """Not there."""
        raise NotImplementedError("`DataFrameWriter.bucketBy` is not there; use CREATE TABLE AS with bucketed_by")

    def sortBy(self, *_: Any) -> DataFrameWriter:
        """The writer itself: files keep the order of the rows."""
        return self

    def save(self, path: str | None = None, format: str | None = None, mode: str | None = None, **options: Any) -> None:
        """Write files to a folder."""
        self.options(**options)
        self._write(path or self._spark_options.get("path"), format, mode, None)

    def parquet(self, path: str, mode: str | None = None, **options: Any) -> None:
        """Write Parquet."""
        self.options(**options)._write(path, "parquet", mode, None)

    def csv(self, path: str, mode: str | None = None, **options: Any) -> None:
        """Write CSV; without a header, as Spark does."""
        self.options(**options)._write(path, "csv", mode, None)

    def json(self, path: str, mode: str | None = None, **options: Any) -> None:
        """Write JSON lines."""
        self.options(**options)._write(path, "json", mode, None)

    def orc(self, path: str, mode: str | None = None, **options: Any) -> None:
        """Write ORC."""
        self.options(**options)._write(path, "orc", mode, None)

    def saveAsTable(self, name: str, format: str | None = None, mode: str | None = None, **options: Any) -> None:
        """Write a table of the catalog; its files go to `path`, or to a folder of its name."""
        self.options(**options)
        table = name.replace("`", "")
        path = self._spark_options.get("path")
        if path is None and not self._has_table(table):
            path = f"warehouse/{table.replace('.', '/')}/"
        self._write(path, format, mode, table)

    def insertInto(self, tableName: str, overwrite: bool | None = None) -> None:
        """Write into a table that is there, whose partition keys decide the folders."""
        table = tableName.replace("`", "")
        database, _, name = table.rpartition(".")
        catalog = self._df.session.lake.table(name, database=database or "default")
        self._keys = list(catalog.partition_keys)
        mode = "overwrite" if overwrite else "append" if self._spark_mode == "error" else self._spark_mode
        self._write(None, catalog.format, mode, table, positional=[*catalog.schema, *catalog.partition_keys])

    def _has_table(self, table: str) -> bool:
        lake = self._df.session.lake
        database, _, name = table.rpartition(".")
        return (
            name.lower() in lake.tables(database or "default") if (database or "default") in lake.databases() else False
        )

    def _write(
        self, path: str | None, format: str | None, mode: str | None, table: str | None, positional: Sequence[str] = ()
    ) -> None:
        session = self._df.session
        script = session.script
        given = (mode or self._spark_mode).lower()
        target = None if path is None else script.path(path)
        if given == "ignore":
            given = "error"
            if self._is_there(target, table):
                return
        kind = (format or self._format or "parquet").lower()
        dynamic = self._spark_options.get(
            "partitionoverwritemode", session.conf.get("spark.sql.sources.partitionOverwriteMode", "static")
        )
        modes = {"overwrite": "overwrite_partitions" if str(dynamic).lower() == "dynamic" else "overwrite"}
        options: dict[str, Any] = {
            "format": {"text": "csv"}.get(kind, kind),
            "mode": modes.get(given, "error" if given.startswith("error") or given == "default" else given),
            "partition_by": self._keys,
            "partition_types": "string",
        }
        if table is not None:
            options["table"] = table
        if "compression" in self._spark_options:
            options["compression"] = self._spark_options["compression"]
        if kind == "csv":
            options["header"] = _true(self._spark_options.get("header", False))
            separator = self._spark_options.get("sep", self._spark_options.get("delimiter"))
            if separator is not None:
                options["separator"] = separator
            if "quote" in self._spark_options:
                options["quote"] = self._spark_options["quote"]
        if "maxrecordsperfile" in self._spark_options:
            options["rows_per_file"] = int(self._spark_options["maxrecordsperfile"])
        frame = self._df.frame()
        if positional:
            pairs = zip(positional, frame.columns, strict=True)
            frame = frame.project([(target_name, quoted(own)) for target_name, own in pairs])
        script.write(frame, target, options)

    def _is_there(self, path: str | None, table: str | None) -> bool:
        from bayou._bayou import LakeFiles

        session = self._df.session
        if table is not None and self._has_table(table):
            return True
        return path is not None and bool(LakeFiles(session.lake._core).list(path))
