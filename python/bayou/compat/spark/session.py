"""SparkSession: sqlframe's session, whose queries run on the lake."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlframe.base.session import _BaseSession
from sqlframe.standalone import StandaloneSession
from sqlframe.standalone.catalog import StandaloneCatalog
from sqlglot import exp

from bayou.compat.spark.context import ScriptContext, active
from bayou.compat.spark.dataframe import DataFrame, SparkTable
from bayou.compat.spark.dialect import to_engine
from bayou.compat.spark.readwriter import DataFrameReader, DataFrameWriter
from bayou.compat.spark.types import hive_columns, spark_type
from bayou.etl.frame import Frame, Plan
from bayou.etl.naming import engine_type, quoted
from bayou.etl.reading import read

if TYPE_CHECKING:
    from bayou.lake import Lake

__all__ = ["SparkSession"]

# Names of leaves must not repeat in a process: sqlframe remembers the columns of every table that it saw.
_NUMBERS = itertools.count(1)
_LEAF = re.compile(r"\bleaf_\d+\b")
_QUERY = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:SELECT|WITH|VALUES|FROM|\()", re.IGNORECASE | re.DOTALL)
_INSERT = re.compile(r"\s*INSERT\s+(INTO|OVERWRITE)\s+(?:TABLE\s+)?([\w.`]+)\s+(.*)", re.IGNORECASE | re.DOTALL)


class _Conf:
    """Settings of a session; those that mean something here are looked up by name."""

    def __init__(self) -> None:
        self._settings: dict[str, str] = {}

    def set(self, key: str, value: Any) -> None:
        """Keep a setting."""
        self._settings[key] = str(value)

    def get(self, key: str, default: str | None = None) -> str | None:
        """A setting."""
        return self._settings.get(key, default)

    def unset(self, key: str) -> None:
        """Forget a setting."""
        self._settings.pop(key, None)


class SparkSession(StandaloneSession):
    """A session over the lake of the script that runs."""

    _catalog = StandaloneCatalog
    _reader = DataFrameReader
    _writer = DataFrameWriter
    _df = DataFrame
    _table = SparkTable

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args)
        if not hasattr(self, "leaves"):
            self.leaves: dict[str, Frame] = {}
            self.conf = _Conf()

    class Builder(StandaloneSession.Builder):
        """Makes the session; settings are kept."""

        @property
        def session(self) -> SparkSession:
            return SparkSession()

        def getOrCreate(self) -> SparkSession:
            """The session."""
            return self.session

        def config(self, key: Any = None, value: Any = None, conf: Any = None, *, map: Any = None) -> Any:
            """Keep a setting."""
            if isinstance(key, str):
                self.session.conf.set(key, value)
            return self

    builder = Builder()

    @classmethod
    def forget(cls) -> None:
        """Let the next session be a new one."""
        _BaseSession._instance = None

    @property
    def script(self) -> ScriptContext:
        """What the script runs against."""
        return active()

    @property
    def lake(self) -> Lake:
        """The lake."""
        return self.script.lake

    @property
    def sparkContext(self) -> Any:
        """The context of the session."""
        from bayou.compat.pyspark.context import SparkContext

        return SparkContext.getOrCreate()

    @property
    def version(self) -> str:
        """The version of Spark whose names these are: Glue 4's."""
        return "3.3.0"

    def newSession(self) -> SparkSession:
        """The session; views are shared."""
        return self

    def stop(self) -> None:
        """Nothing: a session holds nothing open."""

    # -- frames in and out --------------------------------------------------------------------------

    def leaf(self, frame: Frame) -> DataFrame:
        """A DataFrame of a frame's rows."""
        name = f"leaf_{next(_NUMBERS)}"
        self.leaves[name] = frame
        fields = frame.fields
        self.catalog.add_table(
            name, {_identifier(field.name).sql(dialect="spark"): spark_type(field.type) for field in fields}
        )
        select = exp.select(*(exp.column(_identifier(field.name)) for field in fields))
        df: DataFrame = self._create_df(select.from_(name))
        df = df._convert_leaf_to_cte()
        names = [field.name for field in fields]
        lowered = [exp.column(_identifier(name)) for name in names]
        df._update_display_name_mapping(lowered, names)
        return df

    def frame_of(self, sql: str, names: Sequence[str]) -> Frame:
        """The rows of a query of Spark SQL over leaves, as a frame with these names."""
        used = {name: self.leaves[name] for name in dict.fromkeys(_LEAF.findall(sql)) if name in self.leaves}
        types = {
            name: {field.name.lower(): spark_type(field.type) for field in frame.fields} for name, frame in used.items()
        }
        query = to_engine(sql, types)
        if used:
            leaves = ", ".join(f"{quoted(name)} AS ({frame._visible()})" for name, frame in used.items())
            query = f"WITH {leaves}, {query[5:]}" if query.startswith("WITH ") else f"WITH {leaves} {query}"
        unique = _unique(names)
        listed = ", ".join(quoted(name) for name in unique)
        query = f"SELECT * FROM ({query}) AS t ({listed})"
        tables: dict[str, Any] = {}
        for frame in used.values():
            tables.update(frame.plan.tables)
        sources = tuple(dict.fromkeys(source for frame in used.values() for source in frame.plan.sources))
        return Frame(self.lake, Plan(query, tuple(unique), tables, (), sources))

    def _collect(self, expressions: Any, **_: Any) -> list[Any]:
        """The rows of the last of some queries."""
        from sqlframe.base.types import _create_row

        last = expressions[-1] if isinstance(expressions, list) else expressions
        sql = last if isinstance(last, str) else last.sql(dialect="spark")
        names = [last_name for last_name in sqlglot.parse_one(sql, read="spark").named_selects]
        rows = self.frame_of(sql, names).table()
        return [_create_row(names, [self._to_value(value) for value in row]) for row in rows.to_tuples()]

    # -- what scripts call ----------------------------------------------------------------------------

    def table(self, tableName: str) -> Any:
        """A table of the catalog or a view."""
        view = self.temp_views.get(self._normalize_string(tableName))
        if view is not None:
            return view
        name = tableName.replace("`", "").removeprefix("glue_catalog.")
        return self.leaf(read(self.lake, name))

    def sql(self, sqlQuery: str, *args: Any, **kwargs: Any) -> Any:
        """A query, or a statement that changes the catalog."""
        if inserted := _INSERT.match(sqlQuery):
            how, table, query = inserted.groups()
            mode = "overwrite" if how.upper() == "OVERWRITE" else "append"
            self.sql(query, *args, **kwargs).write.insertInto(table.replace("`", ""), overwrite=mode == "overwrite")
            return self.createDataFrame([], "result string")
        if not _QUERY.match(sqlQuery):
            done = self.lake.sql(sqlQuery.replace("`", "").rstrip("; \n"), tables={})
            return (
                self.leaf(Frame.of(self.lake, done)) if done.num_columns else self.createDataFrame([], "result string")
            )
        return super().sql(self._over_leaves(sqlQuery.rstrip("; \n")), *args, **kwargs)

    def _over_leaves(self, query: str) -> str:
        """The query with leaves in the place of tables of the catalog."""
        tree = sqlglot.parse_one(query, read="spark")
        names = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
        known: dict[str, str] = {}
        changed = False
        for table in list(tree.find_all(exp.Table)):
            name = ".".join(part.name for part in table.parts if part.name not in ("glue_catalog", "spark_catalog"))
            if not name or (
                not table.db and (name.lower() in names or self._normalize_string(name) in self.temp_views)
            ):
                continue
            if _LEAF.fullmatch(name):
                continue
            if name not in known:
                leaf = f"leaf_{next(_NUMBERS)}"
                frame = read(self.lake, name if "." in name else f"default.{name}")
                self.leaves[leaf] = frame
                self.catalog.add_table(
                    leaf,
                    {_identifier(field.name).sql(dialect="spark"): spark_type(field.type) for field in frame.fields},
                )
                known[name] = leaf
            alias = table.alias or table.name
            table.replace(exp.alias_(exp.to_table(known[name]), alias, table=True))
            changed = True
        return tree.sql(dialect="spark") if changed else query

    def createDataFrame(
        self, data: Any, schema: Any = None, samplingRatio: float | None = None, verifySchema: bool = True
    ) -> Any:
        """A DataFrame of rows: dicts, tuples, lists, Rows or a pandas frame."""
        from bayou.etl.rows import _pyarrow, columns_of

        pa = _pyarrow()
        types: dict[str, str] = {}
        names: list[str] | None = None
        if isinstance(schema, list | tuple):
            names = list(schema)
        elif schema is not None:
            types = hive_columns(schema)
            names = list(types)
        if hasattr(data, "to_dict") and hasattr(data, "columns"):
            rows = pa.Table.from_pandas(data, preserve_index=False)
        else:
            rows = columns_of(pa, [_as_dict(record, names) for record in data])
        if names is not None and rows.num_rows == 0:
            rows = pa.table({name: pa.array([], pa.string()) for name in names})
        elif names is not None and len(names) == rows.num_columns:
            rows = rows.rename_columns(names)
        frame = Frame.of(self.lake, rows)
        if types:
            items = [(name, f"TRY_CAST({quoted(name)} AS {engine_type(kind)})") for name, kind in types.items()]
            frame = frame.project(items)
        return self.leaf(frame)


def _identifier(name: str) -> exp.Identifier:
    """A column's name, in back-ticks where it needs them."""
    lower = name.lower()
    return exp.to_identifier(lower, quoted=re.fullmatch(r"[a-z_]\w*", lower) is None)


def _as_dict(record: Any, names: list[str] | None) -> dict[str, Any]:
    if isinstance(record, dict):
        return record
    if hasattr(record, "asDict"):
        return dict(record.asDict(recursive=True))
    values = list(record) if isinstance(record, list | tuple) else [record]
    keys = names or [f"_{place}" for place in range(1, len(values) + 1)]
    return dict(zip(keys, values, strict=False))


def _unique(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that are there already."""
    unique: list[str] = []
    taken: set[str] = set()
    for name in names:
        candidate, number = name, 1
        while candidate.lower() in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate.lower())
        unique.append(candidate)
    return unique
