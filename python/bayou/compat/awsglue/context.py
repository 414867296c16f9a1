"""`awsglue.context`: reading and writing.

Source: Glue Developer Guide, GlueContext class.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from bayou.compat.awsglue.dynamicframe import (
    DynamicFrame,
    DynamicFrameCollection,
    DynamicFrameReader,
    DynamicFrameWriter,
)
from bayou.compat.awsglue.sinks import DataSink, DataSource, catalog_name, read_options, sink_options
from bayou.compat.spark.context import active
from bayou.compat.spark.session import SparkSession
from bayou.compat.spark.unknown import NotThere, message

__all__ = ["GlueContext"]


class GlueContext:
    """Reads and writes DynamicFrames of the lake that the script runs on."""

    def __init__(self, sparkContext: Any = None, **_: Any) -> None:
        self._spark_context = sparkContext
        self.spark_session = SparkSession()
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.create_data_frame = _DataFrameReader(self)
        self.write_data_frame = _DataFrameWriter(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        session = self.__dict__.get("spark_session")
        if session is not None and hasattr(type(session), name):
            return getattr(session, name)
        raise NotThere(message(f"GlueContext.{name}", name))

    @property
    def read(self) -> Any:
        """`spark.read`."""
        return self.spark_session.read

    def get_logger(self) -> logging.Logger:
        """The logger `bayou.glue`."""
        return logging.getLogger("bayou.glue")

    def getSource(
        self, connection_type: str, transformation_ctx: str = "", push_down_predicate: str = "", **options: Any
    ) -> DataSource:
        """A source whose format is said later."""
        return DataSource(self, connection_type, transformation_ctx, push_down_predicate, options)

    def getSink(
        self, connection_type: str, format: str | None = None, transformation_ctx: str = "", **options: Any
    ) -> DataSink:
        """A sink whose format and table are said later."""
        return DataSink(self, connection_type, format, transformation_ctx, options)

    def create_dynamic_frame_from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: Any = None,
        **options: Any,
    ) -> DynamicFrame:
        """Read a table; a predicate over partition keys leaves the other partitions untouched."""
        name = catalog_name(database, options.get("name_space"), table_name)
        frame = active().read(name, transformation_ctx, where=push_down_predicate.strip() or None, only_partitions=True)
        extra = additional_options or {}
        if extra.get("catalogPartitionPredicate"):
            frame = frame.restricted(str(extra["catalogPartitionPredicate"]))
        return DynamicFrame(frame, self, table_name or "")

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **options: Any,
    ) -> DynamicFrame:
        """Read files."""
        paths, known = read_options(active(), connection_type, connection_options or {}, format, format_options or {})
        where = push_down_predicate.strip() or None
        frame = active().read(paths, transformation_ctx, where=where, **known)
        return DynamicFrame(frame, self, transformation_ctx or "frame")

    def create_dynamic_frame_from_rdd(
        self, data: Any, name: str, schema: Any = None, sample_ratio: Any = None, transformation_ctx: str = ""
    ) -> DynamicFrame:
        """A frame of rows of the script's own."""
        df = self.spark_session.createDataFrame(list(data), schema)
        return DynamicFrame.fromDF(df, self, name)

    def write_dynamic_frame_from_options(
        self,
        frame: DynamicFrame,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        **options: Any,
    ) -> DynamicFrame:
        """Write files; what is there stays."""
        path, known = sink_options(active(), connection_type, connection_options or {}, format, format_options or {})
        _each(frame, lambda one: active().write(one.frame, path, known))
        return frame

    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: Any = None,
        **options: Any,
    ) -> DynamicFrame:
        """Write into a table that is there, in its format and to its folder."""
        name = catalog_name(database, options.get("name_space"), table_name)
        table = active().lake.table(name)
        extra = additional_options or {}
        known: dict[str, Any] = {
            "table": name,
            "format": table.format or "parquet",
            "partition_by": list(extra.get("partitionKeys") or table.partition_keys),
            "update_catalog": bool(extra.get("enableUpdateCatalog", False)),
        }
        _each(frame, lambda one: active().write(one.frame, None, known))
        return frame

    def purge_s3_path(self, s3_path: str, options: dict[str, Any] | None = None, transformation_ctx: str = "") -> None:
        """Delete the files of a folder that are older than `retentionPeriod` hours, 168 when it is not given."""
        from bayou._bayou import LakeFiles

        hours = float((options or {}).get("retentionPeriod", 168))
        files = LakeFiles(active().lake._core)
        oldest = (time.time() - hours * 3600) * 1000
        excluded = tuple((options or {}).get("excludeStorageClasses", ()))
        for path, _, modified, _ in files.list(active().path(s3_path)):
            if modified <= oldest and not excluded:
                files.delete(path)

    def purge_table(
        self,
        database: str | None = None,
        table_name: str | None = None,
        options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        catalog_id: Any = None,
        **names: Any,
    ) -> None:
        """Delete the files of a table that are older than `retentionPeriod` hours, 168 when it is not given."""
        name = catalog_name(database, names.get("name_space"), table_name)
        location = active().lake.table(name).location
        self.purge_s3_path(location, options, transformation_ctx)


def _each(frame: Any, write: Any) -> None:
    """Write a frame, or each frame of a collection."""
    for one in frame.values() if isinstance(frame, DynamicFrameCollection) else [frame]:
        write(one)


class _DataFrameReader:
    """`glueContext.create_data_frame`."""

    def __init__(self, context: GlueContext) -> None:
        self._context = context

    def from_catalog(self, *args: Any, **kwargs: Any) -> Any:
        """Read a table as a DataFrame."""
        return self._context.create_dynamic_frame_from_catalog(*args, **kwargs).toDF()

    def from_options(self, *args: Any, **kwargs: Any) -> Any:
        """Read files as a DataFrame."""
        return self._context.create_dynamic_frame_from_options(*args, **kwargs).toDF()


class _DataFrameWriter:
    """`glueContext.write_data_frame`."""

    def __init__(self, context: GlueContext) -> None:
        self._context = context

    def from_catalog(self, frame: Any, *args: Any, **kwargs: Any) -> Any:
        """Write a DataFrame into a table."""
        self._context.write_dynamic_frame_from_catalog(
            DynamicFrame.fromDF(frame, self._context, "frame"), *args, **kwargs
        )
        return frame

    def from_options(self, frame: Any, *args: Any, **kwargs: Any) -> Any:
        """Write a DataFrame as files."""
        self._context.write_dynamic_frame_from_options(
            DynamicFrame.fromDF(frame, self._context, "frame"), *args, **kwargs
        )
        return frame
