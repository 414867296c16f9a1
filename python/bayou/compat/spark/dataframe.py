"""DataFrame: sqlframe's, whose actions run on the lake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from sqlframe.standalone import StandaloneDataFrame
from sqlframe.standalone import functions as F
from sqlframe.standalone.column import Column
from sqlglot import exp

from bayou.compat.spark.grouped import GroupedData
from bayou.compat.spark.types import struct_of
from bayou.etl.nested import schema_tree

if TYPE_CHECKING:
    import pandas

    from bayou.etl.frame import Frame

__all__ = ["DataFrame", "SparkTable"]

# What of Spark's DataFrame has no counterpart, and what does the work here.
_ELSEWHERE = {
    "rdd": "`DynamicFrame.map` or `Frame.map`",
    "foreach": "a loop over `collect()`",
    "foreachPartition": "a loop over `collect()`",
    "mapInPandas": "`toPandas()`",
    "writeStream": "`lake.application`",
    "writeTo": "`write.saveAsTable`",
    "observe": "`agg`",
    "sampleBy": "`filter` with `rand()`",
}


class DataFrame(StandaloneDataFrame):
    """Rows under transformation; every action runs one query on the lake."""

    _group_data = GroupedData

    def __getattr__(self, column_name: str) -> Any:
        if column_name.startswith("__"):
            raise AttributeError(column_name)
        if column_name.lower() in (name.lower() for name in self.columns):
            return self[column_name]
        if column_name in _ELSEWHERE:
            raise NotImplementedError(f"`DataFrame.{column_name}` is not there; use {_ELSEWHERE[column_name]}")
        raise AttributeError(f"a DataFrame has no column or method `{column_name}`; its columns are {self.columns}")

    def frame(self) -> Frame:
        """The rows as a frame of the lake."""
        sql = self.sql(dialect="spark", optimize=False, pretty=False)
        frame: Frame = self.session.frame_of(sql, self.columns)
        return frame

    def select(self, *cols: Any, **kwargs: Any) -> Any:
        """Columns and expressions; a field of a row is named after the field, as in Spark."""
        listed = cols[0] if len(cols) == 1 and isinstance(cols[0], list | tuple) else cols
        return super().select(*(self._named(item) for item in listed), **kwargs)

    def _named(self, item: Any) -> Any:
        """A column of a dotted name under its last part."""
        if isinstance(item, str):
            if "." not in item or "`" in item or item.endswith("*") or item in self.columns:
                return item
            return F.col(item).alias(item.rpartition(".")[2])
        if not isinstance(item, Column):
            return item
        node = item.column_expression
        if isinstance(node, exp.Column | exp.Dot) and "." in node.sql() and not isinstance(node.this, exp.Star):
            is_own = isinstance(item.expression, exp.Alias) or not _is_written(node)
            return item if is_own else item.alias(node.name)
        if not item.alias_or_name and not node.is_star:
            return item.alias(node.sql(dialect="spark"))
        return item

    def selectExpr(self, *exprs: Any) -> Any:
        """Expressions of Spark SQL."""
        listed = exprs[0] if len(exprs) == 1 and isinstance(exprs[0], list | tuple) else exprs
        return self.select(*(item if item == "*" else F.expr(item) for item in listed))

    def agg(self, *exprs: Any) -> Any:
        """Aggregates of all rows: columns, or functions by column."""
        return self.groupBy().agg(*exprs)

    def describe(self, *cols: Any) -> Any:
        """Count, mean, standard deviation, least and greatest value of columns, as text."""
        listed = cols[0] if len(cols) == 1 and isinstance(cols[0], list | tuple) else cols
        names = list(listed) or [name for name, kind in self.dtypes if not kind.startswith(("struct", "array", "map"))]
        frame = self.frame()
        kinds = frame.schema
        found: dict[str, list[Any]] = {"summary": ["count", "mean", "stddev", "min", "max"]}
        for name in names:
            column = f'"{name.lower()}"'
            kind = kinds[next(own for own in kinds if own.lower() == name.lower())]
            number = column if kind in _NUMBERS or kind.startswith("decimal") else f"TRY_CAST({column} AS double)"
            if kind in ("date", "boolean") or kind.startswith("timestamp"):
                number = "CAST(NULL AS double)"
            figures = f"count({column}) a, avg({number}) b, stddev({number}) c, min({column}) d, max({column}) e"
            query = f"SELECT {figures} FROM this"
            (row,) = frame.sql(query).table().to_tuples()
            found[name] = [None if value is None else str(value) for value in row]
        rows = [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]
        return self.session.createDataFrame(rows, list(found))

    def collect(self) -> list[Any]:
        """All rows."""
        from sqlframe.base.types import _create_row

        names = self.columns
        to_value = self.session._to_value
        return [_create_row(names, [to_value(value) for value in row]) for row in self.frame().table().to_tuples()]

    def take(self, num: int) -> list[Any]:
        """The first rows."""
        rows: list[Any] = self.limit(num).collect()
        return rows

    def count(self) -> int:
        """Number of rows."""
        return self.frame().count()

    def isEmpty(self) -> bool:
        """Whether there are no rows."""
        return self.frame().limit(1).count() == 0

    def toPandas(self) -> pandas.DataFrame:
        """All rows as a pandas frame."""
        return self.frame().to_pandas()

    def show(self, n: int = 20, truncate: bool | int | None = True, vertical: bool = False) -> None:
        """Print the first rows in a box, as Spark does."""
        rows = self.frame().head(n + 1)
        width = 20 if truncate is True else int(truncate or 0)
        cells = [[_shown(value, width) for value in row] for row in rows.to_tuples()[:n]]
        names = self.columns
        if vertical:
            longest = max((len(name) for name in names), default=0)
            for number, row in enumerate(cells):
                print(f"-RECORD {number}" + "-" * longest)
                print("\n".join(f" {name:<{longest}} | {cell}" for name, cell in zip(names, row, strict=True)))
            return
        widths = [max([3, len(name), *(len(row[at]) for row in cells)]) for at, name in enumerate(names)]
        rule = "+" + "+".join("-" * width for width in widths) + "+"

        def line(row: list[str]) -> str:
            align = "<" if not truncate else ">"
            return "|" + "|".join(f"{cell:{align}{width}}" for cell, width in zip(row, widths, strict=True)) + "|"

        print("\n".join([rule, line(names), rule, *(line(row) for row in cells), rule]))
        if rows.num_rows > n:
            print(f"only showing top {n} row{'s' if n > 1 else ''}")
        print()

    @property
    def schema(self) -> Any:
        """Columns and types."""
        return struct_of(self.frame().fields)

    @property
    def dtypes(self) -> list[tuple[str, str]]:
        """Names and types."""
        from bayou.compat.spark.types import spark_type

        return [(field.name, spark_type(field.type)) for field in self.frame().fields]

    def printSchema(self, level: int | None = None) -> None:
        """Print the columns as a tree."""
        lines = schema_tree(self.frame().fields).split("\n")
        print("\n".join([lines[0], *(f" {line} (nullable = true)" for line in lines[1:])]) + "\n")

    def cache(self) -> DataFrame:
        """The frame itself: nothing is kept, a query is run for each action."""
        return self

    def persist(self, storageLevel: Any = None) -> DataFrame:
        """The frame itself, as `cache`."""
        return self

    def unpersist(self, blocking: bool = False) -> DataFrame:
        """The frame itself, as `cache`."""
        return self

    def checkpoint(self, eager: bool = True) -> DataFrame:
        """The frame itself, as `cache`."""
        return self

    def repartition(self, *_: Any) -> DataFrame:
        """The frame itself: the engine decides about partitions of the work."""
        return self

    def coalesce(self, numPartitions: int) -> DataFrame:
        """The frame itself, as `repartition`."""
        return self

    def hint(self, name: str, *parameters: Any) -> DataFrame:
        """The frame itself: the engine chooses its joins."""
        return self

    def createOrReplaceGlobalTempView(self, name: str) -> None:
        """A view, as `createOrReplaceTempView`."""
        self.createOrReplaceTempView(name)

    def registerTempTable(self, name: str) -> None:
        """A view, as `createOrReplaceTempView`."""
        self.createOrReplaceTempView(name)

    def createTempView(self, name: str) -> None:
        """A view, as `createOrReplaceTempView`."""
        self.createOrReplaceTempView(name)

    def toJSON(self) -> NoReturn:
        """Not there."""
        raise NotImplementedError("`DataFrame.toJSON` is not there; use `toPandas().to_json()`")

    def sample(self, *args: Any, **kwargs: Any) -> DataFrame:
        """A fraction of the rows by chance."""
        numbers = [value for value in (*args, *kwargs.values()) if isinstance(value, float)]
        if not numbers:
            raise TypeError("sample needs a fraction")
        frame = self.frame()
        df: DataFrame = self.session.leaf(frame.restricted(f"random() < {numbers[0]!r}"))
        return df

    def randomSplit(self, weights: list[float], seed: int | None = None) -> list[DataFrame]:
        """Parts of the rows by chance, as large as the weights say."""
        import random

        rows = self.frame().to_arrow()
        dice = random.Random(seed)
        choice = dice.choices(range(len(weights)), weights, k=rows.num_rows)
        parts = [[at for at, part in enumerate(choice) if part == wanted] for wanted in range(len(weights))]
        from bayou.etl.frame import Frame

        return [self.session.leaf(Frame.of(self.session.lake, rows.take(part))) for part in parts]


# sqlframe calls what its decorators wrap.
DataFrame.select.__wrapped__ = StandaloneDataFrame.select.__wrapped__  # type: ignore[attr-defined]
_NUMBERS = ("tinyint", "smallint", "integer", "bigint", "real", "double")


def _is_written(node: exp.Expression) -> bool:
    """Whether the path was written by the script: frames qualify columns by names of their own."""
    table = node.args.get("table") if isinstance(node, exp.Column) else None
    return table is None or not re.fullmatch(r"[rt]?[0-9a-f]{6,}", table.name)


class SparkTable(DataFrame):
    """A DataFrame of a table."""


def _shown(value: Any, width: int) -> str:
    if value is None:
        text = "null"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, dict):
        text = "{" + ", ".join(_shown(item, 0) for item in value.values()) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(_shown(item, 0) for item in value) + "]"
    else:
        text = str(value)
        if hasattr(value, "hour") and text.endswith(".000000"):
            text = text[:-7]
    if width and len(text) > width:
        return text[: width - 3] + "..." if width > 3 else text[:width]
    return text
