"""`awsglue.transforms`: a class for each transform, with `apply`, and callable.

Source: Glue Developer Guide, PySpark transforms reference.
"""

from __future__ import annotations

from typing import Any

from bayou.compat.awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from bayou.compat.spark.unknown import refuse


class GlueTransform:
    """What all transforms have: `apply`, and a name."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Do the transform."""
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls) -> str:
        """The transform's name."""
        return cls.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do the transform."""
        raise NotImplementedError(f"`{type(self).__name__}` does nothing")


class ApplyMapping(GlueTransform):
    """Select, rename, cast and nest columns."""

    def __call__(
        self,
        frame: DynamicFrame,
        mappings: Any,
        case_sensitive: Any = False,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """Select, rename, cast and nest columns."""
        return frame.apply_mapping(mappings, case_sensitive)


class ResolveChoice(GlueTransform):
    """Decide about columns of several types."""

    def __call__(
        self,
        frame: DynamicFrame,
        specs: Any = None,
        choice: Any = "",
        database: Any = None,
        table_name: Any = None,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
        catalog_id: Any = None,
    ) -> DynamicFrame:
        """Decide about columns of several types."""
        return frame.resolveChoice(specs, choice, database, table_name)


class DropNullFields(GlueTransform):
    """Without columns that never had a value."""

    def __call__(
        self,
        frame: DynamicFrame,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """Without columns that never had a value."""
        return frame.drop_null_fields()


class SelectFields(GlueTransform):
    """These columns and fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: Any,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """These columns and fields."""
        return frame.select_fields(paths)


class DropFields(GlueTransform):
    """All but these columns and fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: Any,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """All but these columns and fields."""
        return frame.drop_fields(paths)


class RenameField(GlueTransform):
    """A column or a field under another name."""

    def __call__(
        self,
        frame: DynamicFrame,
        old_name: Any,
        new_name: Any,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """A column or a field under another name."""
        return frame.rename_field(old_name, new_name)


class Filter(GlueTransform):
    """The records for which a function holds."""

    def __call__(
        self,
        frame: DynamicFrame,
        f: Any,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """The records for which a function holds."""
        return frame.filter(f)


class Map(GlueTransform):
    """The records that a function makes of each."""

    def __call__(
        self,
        frame: DynamicFrame,
        f: Any,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """The records that a function makes of each."""
        return frame.map(f, stageThreshold=stageThreshold, totalThreshold=totalThreshold)


class Join(GlueTransform):
    """The pairs of rows with equal keys."""

    def __call__(
        self, frame1: DynamicFrame, frame2: DynamicFrame, keys1: Any, keys2: Any, transformation_ctx: Any = ""
    ) -> DynamicFrame:
        """The pairs of rows with equal keys."""
        return frame1.join(keys1, keys2, frame2)


class Union(GlueTransform):
    """The rows of both."""

    def __call__(
        self,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """The rows of both."""
        return frame1.union(frame2)


class Relationalize(GlueTransform):
    """Flat frames."""

    def __call__(
        self,
        frame: DynamicFrame,
        staging_path: Any = None,
        name: Any = "roottable",
        options: Any = None,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrameCollection:
        """Flat frames."""
        return frame.relationalize(name, staging_path, options)


class UnnestFrame(GlueTransform):
    """Fields of rows as columns."""

    def __call__(
        self,
        frame: DynamicFrame,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """Fields of rows as columns."""
        return frame.unnest()


class Unbox(GlueTransform):
    """A column of text as what it says."""

    def __call__(
        self,
        frame: DynamicFrame,
        path: Any,
        format: Any,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
        **options: Any,
    ) -> DynamicFrame:
        """A column of text as what it says."""
        return frame.unbox(path, format, **options)


class SplitFields(GlueTransform):
    """Two frames: these columns, and all others."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: Any,
        name1: Any = None,
        name2: Any = None,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrameCollection:
        """Two frames: these columns, and all others."""
        return frame.split_fields(paths, name1 or frame.name + "1", name2 or frame.name + "2")


class SplitRows(GlueTransform):
    """Two frames: the rows for which comparisons hold, and the rest."""

    def __call__(
        self,
        frame: DynamicFrame,
        comparison_dict: Any,
        name1: Any = "frame1",
        name2: Any = "frame2",
        transformation_ctx: Any = "",
        info: Any = None,
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrameCollection:
        """Two frames: the rows for which comparisons hold, and the rest."""
        return frame.split_rows(comparison_dict, name1, name2)


class SelectFromCollection(GlueTransform):
    """A frame of a collection."""

    def __call__(self, dfc: DynamicFrameCollection, key: Any, transformation_ctx: Any = "") -> DynamicFrame:
        """A frame of a collection."""
        return dfc.select(key)


class MapToCollection(GlueTransform):
    """What a function makes of the frames of a collection."""

    def __call__(
        self, dfc: DynamicFrameCollection, callable: Any, transformation_ctx: Any = ""
    ) -> DynamicFrameCollection:
        """What a function makes of the frames of a collection."""
        return dfc.map(callable)


class FlatMap(GlueTransform):
    """What a transform makes of the frames of a collection."""

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        BaseTransform: Any,
        frame_name: Any,
        transformation_ctx: Any = "",
        **base_kwargs: Any,
    ) -> DynamicFrameCollection:
        """What a transform makes of the frames of a collection."""
        return DynamicFrameCollection(
            {name: BaseTransform.apply(**{frame_name: frame}, **base_kwargs) for name, frame in dfc.items()}
        )


class Spigot(GlueTransform):
    """Write a sample."""

    def __call__(
        self, frame: DynamicFrame, path: Any, options: Any = None, transformation_ctx: Any = ""
    ) -> DynamicFrame:
        """Write a sample."""
        return frame.spigot(path, options)


class Repartition(GlueTransform):
    """The frame itself."""

    def __call__(
        self,
        frame: DynamicFrame,
        num_partitions: Any,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """The frame itself."""
        return frame.repartition(num_partitions)


class Coalesce(GlueTransform):
    """The frame itself."""

    def __call__(
        self,
        frame: DynamicFrame,
        num_partitions: Any,
        shuffle: Any = False,
        transformation_ctx: Any = "",
        info: Any = "",
        stageThreshold: Any = 0,
        totalThreshold: Any = 0,
    ) -> DynamicFrame:
        """The frame itself."""
        return frame.coalesce(num_partitions)


class ErrorsAsDynamicFrame(GlueTransform):
    """The records that failed."""

    def __call__(self, frame: DynamicFrame) -> DynamicFrame:
        """The records that failed."""
        return frame.errorsAsDynamicFrame()


__all__ = [
    "ApplyMapping",
    "Coalesce",
    "DropFields",
    "DropNullFields",
    "ErrorsAsDynamicFrame",
    "Filter",
    "FlatMap",
    "GlueTransform",
    "Join",
    "Map",
    "MapToCollection",
    "Relationalize",
    "RenameField",
    "Repartition",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
    "Spigot",
    "SplitFields",
    "SplitRows",
    "Unbox",
    "Union",
    "UnnestFrame",
]
__getattr__ = refuse(__name__)
