"""`awsglue.dynamicframe`: a frame of the lake under Glue's names.

Source: Glue Developer Guide, DynamicFrame class and its reader and writer, DynamicFrameCollection class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bayou.compat.spark.context import active
from bayou.compat.spark.unknown import NotThere, message
from bayou.errors import OperationalError
from bayou.etl.frame import Frame
from bayou.etl.resolving import null_fields

if TYPE_CHECKING:
    from bayou.compat.awsglue.context import GlueContext

__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicFrameReader", "DynamicFrameWriter"]


class DynamicFrame:
    """A frame of the lake under Glue's names; immutable and lazy."""

    def __init__(self, frame: Any, glue_ctx: Any = None, name: str = "") -> None:
        self.frame: Frame = frame.frame() if callable(getattr(frame, "frame", None)) else frame
        self.glue_ctx = glue_ctx
        self.name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotThere(message(f"DynamicFrame.{name}", name))

    def _next(self, frame: Frame, name: str | None = None) -> DynamicFrame:
        return DynamicFrame(frame, self.glue_ctx, self.name if name is None else name)

    # -- conversions ----------------------------------------------------------------------------------

    @classmethod
    def fromDF(cls, dataframe: Any, glue_ctx: Any, name: str = "") -> DynamicFrame:
        """The rows of a DataFrame."""
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> Any:
        """The rows as a DataFrame."""
        from bayou.compat.spark.session import SparkSession

        return SparkSession().leaf(self.frame)

    def show(self, num_rows: int = 20) -> None:
        """Print the first rows, a JSON object each."""
        import json

        for row in self.frame.head(num_rows).to_pylist():
            print(json.dumps(row, default=str))

    def count(self) -> int:
        """Number of rows."""
        return self.frame.count()

    def schema(self) -> Any:
        """Columns and types."""
        from bayou.compat.spark.types import struct_of

        return struct_of(self.frame.fields)

    def printSchema(self) -> None:
        """Print the columns as a tree."""
        self.frame.print_schema()

    def getNumPartitions(self) -> int:
        """1: the engine decides about the partitions of the work."""
        return 1

    # -- transforms -----------------------------------------------------------------------------------

    def apply_mapping(
        self,
        mappings: Iterable[Sequence[str]],
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Select, rename, cast and nest columns."""
        return self._next(self.frame.apply_mapping(mappings, case_sensitive=case_sensitive))

    applyMapping = apply_mapping

    def resolveChoice(
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
        catalog_id: Any = None,
    ) -> DynamicFrame:
        """Decide about columns of several types."""
        table = f"{database}.{table_name}" if database and table_name else None
        return self._next(self.frame.resolve_choice(choice or "", specs=specs, table=table))

    def drop_null_fields(self) -> DynamicFrame:
        """Without columns that never had a value; says which."""
        print("null_fields", null_fields(self.frame))
        return self._next(self.frame.drop_null_fields())

    def select_fields(
        self,
        paths: Any,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """These columns and fields."""
        return self._next(self.frame.select_fields([paths] if isinstance(paths, str) else paths))

    def drop_fields(
        self,
        paths: Any,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """All but these columns and fields."""
        return self._next(self.frame.drop_fields([paths] if isinstance(paths, str) else paths))

    def rename_field(
        self,
        oldName: str,
        newName: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """A column or a field under another name."""
        return self._next(self.frame.rename_field(oldName, newName))

    def filter(
        self,
        f: Callable[[Any], Any],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The records for which a function holds."""
        return self._next(self.frame.filter(f))

    def map(
        self,
        f: Callable[[Any], Any],
        transformation_ctx: str = "",
        preservesPartitioning: bool = False,
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The records that a function makes of each."""
        return self._checked(self.frame.map(f), stageThreshold, totalThreshold)

    mapRecord = map

    def flatMap(self, f: Callable[[Any], Iterable[Any]], transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """The records that a function makes of each, any number."""
        return self._next(self.frame.flat_map(f))

    def unbox(self, path: str, format: str, transformation_ctx: str = "", **options: Any) -> DynamicFrame:
        """A column of text as what it says."""
        for name in ("info", "stageThreshold", "totalThreshold"):
            options.pop(name, None)
        return self._next(self.frame.unbox(path, format, **options))

    def unnest(self, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """Fields of rows as columns."""
        return self._next(self.frame.unnest())

    def unnest_ddb_json(self, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """Fields of rows as columns, without DynamoDB's `Item` and its letters for types."""
        flat = self.frame.unnest()
        letters = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}
        items = []
        for name in flat.columns:
            steps = [step for step in name.split(".") if step.upper() not in letters and step.lower() != "item"]
            items.append((".".join(steps) or name, f'"{name.lower()}"'))
        return self._next(flat.project(items))

    def relationalize(
        self, root_table_name: str = "roottable", staging_path: str | None = None, options: Any = None, **_: Any
    ) -> DynamicFrameCollection:
        """Flat frames: one for the rows, one for each array."""
        frames = self.frame.relationalize(root_table_name)
        return DynamicFrameCollection({name: self._next(one, name) for name, one in frames.items()}, self.glue_ctx)

    def join(
        self,
        paths1: Any,
        paths2: Any,
        frame2: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The pairs of rows with equal keys."""
        return self._next(self.frame.join(frame2.frame, paths1, paths2))

    def union(self, other_frame: DynamicFrame, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """The rows of both."""
        return self._next(self.frame.union(other_frame.frame))

    def mergeDynamicFrame(
        self,
        stage_dynamic_frame: DynamicFrame,
        primary_keys: Sequence[str],
        transformation_ctx: str = "",
        options: Any = None,
        **_: Any,
    ) -> DynamicFrame:
        """The staged rows, and those that they do not replace."""
        return self._next(self.frame.merge(stage_dynamic_frame.frame, primary_keys))

    def split_fields(
        self, paths: Sequence[str], name1: str, name2: str, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrameCollection:
        """Two frames: these columns, and all others."""
        frames = self.frame.split_fields(paths, name1, name2)
        return DynamicFrameCollection({name: self._next(one, name) for name, one in frames.items()}, self.glue_ctx)

    def split_rows(
        self,
        comparison_dict: Mapping[str, Mapping[str, Any]],
        name1: str = "frame1",
        name2: str = "frame2",
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrameCollection:
        """Two frames: the rows for which comparisons hold, and the rest."""
        frames = self.frame.split_rows(comparison_dict, name1, name2)
        return DynamicFrameCollection({name: self._next(one, name) for name, one in frames.items()}, self.glue_ctx)

    def spigot(
        self, path: str, options: Mapping[str, Any] | None = None, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        """Write a sample as JSON: `topk` rows, or a fraction `prob`; gives the frame itself."""
        given = options or {}
        sample = self.frame
        if "prob" in given:
            sample = sample.restricted(f"random() < {float(given['prob'])!r}")
        if "topk" in given:
            sample = sample.limit(int(given["topk"]))
        sample.write(active().path(path), format="json")
        return self

    def repartition(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        """The frame itself: the engine decides about partitions of the work."""
        return self

    def coalesce(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        """The frame itself, as `repartition`."""
        return self

    # -- errors ---------------------------------------------------------------------------------------

    def _checked(self, frame: Frame, stage: int, total: int) -> DynamicFrame:
        limit = min([limit for limit in (stage, total) if limit > 0], default=None)
        if limit is not None and len(frame.errors) >= limit:
            raise OperationalError(f"{len(frame.errors)} records failed, the threshold is {limit}: {frame.errors[0]}")
        return self._next(frame)

    def errorsCount(self) -> int:
        """How many records a function could not take."""
        return len(self.frame.errors)

    stageErrorsCount = errorsCount

    def assertErrorThreshold(self) -> None:
        """Nothing: thresholds are looked at where records fail."""

    def errorsAsDynamicFrame(self) -> DynamicFrame:
        """The records that a function could not take, as text with their errors."""
        import json

        from bayou.etl.rows import _pyarrow, columns_of

        records = [
            {"record": json.dumps(error["record"], default=str), "error": error["error"]} for error in self.frame.errors
        ]
        rows = columns_of(_pyarrow(), records or [{"record": None, "error": None}])
        return self._next(Frame.of(self.frame.lake, rows if records else rows.slice(0, 0)))

    # -- output ---------------------------------------------------------------------------------------

    def write(
        self,
        connection_type: str,
        connection_options: dict[str, Any],
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        accumulator_size: int = 0,
    ) -> DynamicFrame:
        """Write files; what is there stays."""
        return self._context().write_dynamic_frame_from_options(
            self, connection_type, connection_options, format, format_options
        )

    def _context(self) -> GlueContext:
        from bayou.compat.awsglue.context import GlueContext

        return self.glue_ctx if isinstance(self.glue_ctx, GlueContext) else GlueContext()

    def __repr__(self) -> str:
        return f"DynamicFrame({self.frame!r})"


class DynamicFrameCollection:
    """Frames under names."""

    def __init__(self, dynamic_frames: Mapping[str, DynamicFrame], glue_ctx: Any = None) -> None:
        self._frames = dict(dynamic_frames)
        self._glue_ctx = glue_ctx

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Any:
        return iter(self._frames)

    def keys(self) -> list[str]:
        """Names of the frames."""
        return list(self._frames)

    def values(self) -> list[DynamicFrame]:
        """The frames."""
        return list(self._frames.values())

    def items(self) -> list[tuple[str, DynamicFrame]]:
        """Names and frames."""
        return list(self._frames.items())

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        """The frame of a name."""
        return self._frames[key]

    def map(self, callable: Callable[..., DynamicFrame], transformation_ctx: str = "") -> DynamicFrameCollection:
        """The frames that a function of frame and context gives."""
        made = {name: callable(frame, name) for name, frame in self._frames.items()}
        return DynamicFrameCollection(made, self._glue_ctx)

    def flatmap(self, f: Callable[..., DynamicFrameCollection], transformation_ctx: str = "") -> DynamicFrameCollection:
        """The frames of the collections that a function gives."""
        made: dict[str, DynamicFrame] = {}
        for name, frame in self._frames.items():
            made.update(f(frame, name).items())
        return DynamicFrameCollection(made, self._glue_ctx)


class DynamicFrameReader:
    """`glueContext.create_dynamic_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: Any = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """Read a table."""
        return self._glue_context.create_dynamic_frame_from_catalog(
            database,
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            push_down_predicate,
            additional_options,
            catalog_id,
            **kwargs,
        )

    def from_options(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """Read files."""
        return self._glue_context.create_dynamic_frame_from_options(*args, **kwargs)

    def from_rdd(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """A frame of rows of the script's own."""
        return self._glue_context.create_dynamic_frame_from_rdd(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotThere(message(f"create_dynamic_frame.{name}", name))


class DynamicFrameWriter:
    """`glueContext.write_dynamic_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def from_options(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """Write files."""
        return self._glue_context.write_dynamic_frame_from_options(*args, **kwargs)

    def from_catalog(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """Write into a table."""
        return self._glue_context.write_dynamic_frame_from_catalog(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotThere(message(f"write_dynamic_frame.{name}", name))
