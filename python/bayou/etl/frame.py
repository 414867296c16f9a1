"""`Frame`: rows that are read, transformed and written when they are needed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bayou.errors import InvalidOptionError
from bayou.etl import mapping, nested, resolving, rows
from bayou.etl.naming import Field, find, missing, quoted, resolve

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from bayou._bayou import FileSet, Table
    from bayou.etl.collection import FrameCollection
    from bayou.etl.writing import WriteReport
    from bayou.lake import Lake

__all__ = ["Counter", "Frame", "Source"]

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Counter:
    """A hidden boolean column: rows in which a cast gave NULL for a value."""

    name: str
    what: str


@dataclass(frozen=True)
class Source:
    """Files that a frame reads for a job, to be noted as processed when the job commits."""

    job: str
    context: str
    files: FileSet


@dataclass(frozen=True)
class Plan:
    """The query of a frame and everything that belongs to it."""

    query: str
    names: tuple[str, ...]
    tables: Mapping[str, Any] = field(default_factory=dict)
    counters: tuple[Counter, ...] = ()
    sources: tuple[Source, ...] = ()


class Frame:
    """Rows of a lake under transformation; immutable and lazy.

    A method that transforms gives another frame; `table`, `to_pandas`, `write` and their like run the whole chain as
    one query. Names of columns are found in any case and keep their spelling. `lake.read` and `lake.frame` make frames.
    """

    def __init__(self, lake: Lake, plan: Plan, fields: Sequence[Field] | None = None) -> None:
        self._lake = lake
        self._plan = plan
        self._fields = None if fields is None else list(fields)
        self._errors: list[dict[str, Any]] = []

    @classmethod
    def of(cls, lake: Lake, data: Any, names: Sequence[str] | None = None) -> Frame:
        """A frame of rows that are there: a table, pandas, polars, Arrow, or chosen files."""
        from bayou._bayou import FileSet, Table

        if isinstance(data, Frame):
            return data
        if not isinstance(data, FileSet | Table):
            data = Table.from_arrow(data)
        if names is None:
            names = [name for name, _ in data.columns] if isinstance(data, FileSet) else data.column_names
        source = f"_source_{next(_NUMBERS)}"
        query = f"SELECT {', '.join(quoted(name) for name in names)} FROM {source}"
        return cls(lake, Plan(query, tuple(names), {source: data}))

    # -- what it is ---------------------------------------------------------------------------------

    @property
    def lake(self) -> Lake:
        """The lake that the frame reads."""
        return self._lake

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._plan.names)

    @property
    def fields(self) -> list[Field]:
        """Names and types of the columns."""
        if self._fields is None:
            described = self._run(f"SELECT * FROM ({self._plan.query}) AS t LIMIT 0")
            kinds = described.column_types[: len(self._plan.names)]
            kinds = ["unknown" if kind == "null" else kind for kind in kinds]
            self._fields = [Field(name, kind) for name, kind in zip(self._plan.names, kinds, strict=True)]
        return list(self._fields)

    @property
    def schema(self) -> dict[str, str]:
        """Types of the columns by name, in SQL's words."""
        return {field.name: field.type for field in self.fields}

    @property
    def query(self) -> str:
        """The query that the frame stands for, in Athena's SQL."""
        return self._plan.query

    def print_schema(self) -> None:
        """Print the columns as a tree, as Spark does."""
        print(nested.schema_tree(self.fields))

    def __repr__(self) -> str:
        return f"Frame({', '.join(f'{name} {kind}' for name, kind in self.schema.items())})"

    def _repr_html_(self) -> str:
        return self.head(20)._repr_html_()

    # -- rows ---------------------------------------------------------------------------------------

    def _run(self, query: str) -> Table:
        return self._lake._execute(query, tables=dict(self._plan.tables)).fetch()

    def _visible(self) -> str:
        names = ", ".join(quoted(name) for name in self._plan.names)
        return f"SELECT {names} FROM ({self._plan.query}) AS t" if self._plan.counters else self._plan.query

    def table(self) -> Table:
        """All rows."""
        from bayou.etl.writing import respelled

        return respelled(self._run(self._visible()), self._plan.names)

    def head(self, n: int = 10) -> Table:
        """The first `n` rows."""
        from bayou.etl.writing import respelled

        return respelled(self._run(f"SELECT * FROM ({self._visible()}) AS t LIMIT {int(n)}"), self._plan.names)

    def show(self, n: int = 20) -> None:
        """Print the first `n` rows."""
        print(self.head(n))

    def count(self) -> int:
        """Number of rows."""
        counted = self._run(f"SELECT count(*) AS n FROM ({self._plan.query}) AS t").to_pydict()
        return int(counted["n"][0])

    def to_pandas(self) -> pandas.DataFrame:
        """All rows as a pandas frame."""
        return self.table().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """All rows as a polars frame."""
        return self.table().to_polars()

    def to_arrow(self) -> pyarrow.Table:
        """All rows as a pyarrow table."""
        return self.table().to_arrow()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table().__arrow_c_stream__(requested_schema)

    # -- how transforms are made ----------------------------------------------------------------------

    def project(self, items: Sequence[tuple[str, str]], counters: Sequence[tuple[str, Counter]] = ()) -> Frame:
        """A frame of these names and expressions, row by row; counters go along."""
        listed = [f"{expression} AS {quoted(name)}" for name, expression in items]
        listed += [quoted(counter.name) for counter in self._plan.counters]
        listed += [f"{expression} AS {quoted(counter.name)}" for expression, counter in counters]
        if not items:
            raise InvalidOptionError("A frame needs at least one column")
        plan = Plan(
            f"SELECT {', '.join(listed)} FROM ({self._plan.query}) AS t",
            tuple(name for name, _ in items),
            self._plan.tables,
            (*self._plan.counters, *(counter for _, counter in counters)),
            self._plan.sources,
        )
        return self._next(plan)

    def derive(self, query: str, names: Sequence[str], *others: Frame) -> Frame:
        """A frame of a query over this one and others, in which no row of theirs remains as it is."""
        frames = (self, *others)
        tables: dict[str, Any] = {}
        for frame in frames:
            tables.update(frame._plan.tables)
        sources = tuple(dict.fromkeys(source for frame in frames for source in frame._plan.sources))
        return self._next(Plan(query, tuple(names), tables, (), sources))

    def _next(self, plan: Plan) -> Frame:
        frame = Frame(self._lake, plan)
        frame._errors = self._errors
        return frame

    def restricted(self, condition: str) -> Frame:
        """The rows for which a condition in SQL holds."""
        query = f"SELECT * FROM ({self._plan.query}) AS t WHERE {condition}"
        plan = Plan(query, self._plan.names, self._plan.tables, self._plan.counters, self._plan.sources)
        frame = self._next(plan)
        frame._fields = self._fields
        return frame

    def reading(self, *sources: Source) -> Frame:
        """The same frame, whose commit notes these files as processed."""
        plan = self._plan
        return self._next(Plan(plan.query, plan.names, plan.tables, plan.counters, (*plan.sources, *sources)))

    def need(self, path: str) -> tuple[str, str]:
        """Expression and type of a path.

        Raises:
            SchemaError: There is no such column; the hint names one that looks alike.
        """
        found = resolve(self.fields, path)
        if found is None:
            raise missing(self.fields, path)
        return found

    # -- transforms -----------------------------------------------------------------------------------

    def apply_mapping(self, mappings: Iterable[Sequence[str]], *, case_sensitive: bool = False) -> Frame:
        """Select, rename, cast and nest columns.

        Args:
            mappings: Tuples of source and target; source, target and target type; or source, source type, target and
                target type. Dots lead into rows and make rows; back-ticks quote a name that has a dot.
            case_sensitive: Find source names by their exact spelling only.

        Returns:
            A frame of the mapped columns alone. Values that do not fit their type become NULL and are counted in the
            report of the write.

        Raises:
            SchemaError: There is no such column.
            InvalidOptionError: A tuple of another length, or an unknown type.

        Source: Glue Developer Guide, ApplyMapping.
        """
        return mapping.apply_mapping(self, mappings, case_sensitive)

    def select(self, *columns: str, **expressions: str) -> Frame:
        """Columns by name, then expressions in SQL by the names that they get."""
        items = []
        for name in columns:
            field = find(self.fields, name)
            if field is None:
                raise missing(self.fields, name)
            items.append((field.name, quoted(field.name)))
        return self.project([*items, *expressions.items()])

    def with_column(self, name: str, expression: str) -> Frame:
        """A column of an expression in SQL, in the place of the one of that name if there is one."""
        known = find([Field(own, "") for own in self.columns], name)
        items = [(own, expression if known and own == known.name else quoted(own)) for own in self.columns]
        return self.project(items if known else [*items, (name, expression)])

    def select_fields(self, paths: Iterable[str]) -> Frame:
        """These columns, and of rows these fields; in the frame's order. Source: Glue Developer Guide, SelectFields."""
        return nested.keep_paths(self, list(paths))

    def drop_fields(self, paths: Iterable[str]) -> Frame:
        """All but these columns and fields. Source: Glue Developer Guide, DropFields."""
        return nested.drop_paths(self, list(paths))

    def rename_field(self, old_name: str, new_name: str) -> Frame:
        """A column, or a field of a row, under another name. Source: Glue Developer Guide, RenameField."""
        return nested.rename_path(self, old_name, new_name)

    def filter(self, condition: str | Callable[[dict[str, Any]], Any]) -> Frame:
        """The rows for which a condition holds.

        Args:
            condition: SQL, or a function of a record as a dict. A record for which the function raises KeyError,
                ValueError or TypeError is left out, as in Glue; with another error it becomes an error record.
        """
        return self.restricted(condition) if isinstance(condition, str) else rows.filtered(self, condition)

    def map(self, function: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Frame:
        """The records that a function makes of each; None and exceptions make error records."""
        return rows.mapped(self, function)

    def flat_map(self, function: Callable[[dict[str, Any]], Iterable[dict[str, Any]]]) -> Frame:
        """The records that a function makes of each, any number."""
        return rows.flat_mapped(self, function)

    def resolve_choice(
        self,
        choice: str = "",
        *,
        specs: Sequence[tuple[str, str]] | None = None,
        table: str | None = None,
    ) -> Frame:
        """Decide about columns of several types; without any, `cast:` alone changes something.

        Args:
            choice: One action for all columns: `cast:TYPE`, `make_cols`, `make_struct`, `project:TYPE`,
                `match_catalog`.
            specs: Pairs of path and action instead.
            table: `database.table` of `match_catalog`.

        Raises:
            InvalidOptionError: Both `choice` and `specs`, or neither; or an unknown action.

        Source: Glue Developer Guide, ResolveChoice.
        """
        return resolving.resolve_choice(self, choice, specs, table)

    def drop_null_fields(self) -> Frame:
        """Without columns whose type is null: those in which no value was ever seen."""
        return resolving.drop_null_fields(self)

    def fill_missing(self, values: Mapping[str, Any]) -> Frame:
        """Values in the place of NULL, by column."""
        return resolving.fill_missing(self, values)

    def unnest(self) -> Frame:
        """Fields of rows as columns `a.b`; arrays stay. Source: Glue Developer Guide, UnnestFrame."""
        return nested.unnest(self)

    def relationalize(self, name: str = "roottable") -> FrameCollection:
        """Flat frames: rows become columns `a.b`, and each array a frame of its own, `name_column`.

        An array's frame has `id`, `index` (from 0) and its values; `id` is what the array's column holds.

        Source: Glue Developer Guide, Relationalize.
        """
        return nested.relationalize(self, name)

    def unbox(self, path: str, format: str = "json", **options: Any) -> Frame:
        """A column of text as what the text says. Source: Glue Developer Guide, Unbox."""
        return rows.unboxed(self, path, format, options)

    def join(self, other: Frame, keys: Sequence[str] | str, other_keys: Sequence[str] | str | None = None) -> Frame:
        """The pairs of rows with equal keys; of two columns of one name the second is `.name`.

        Source: Glue Developer Guide, Join.
        """
        own = [keys] if isinstance(keys, str) else list(keys)
        theirs = own if other_keys is None else [other_keys] if isinstance(other_keys, str) else list(other_keys)
        if len(own) != len(theirs) or not own:
            raise InvalidOptionError("A join needs as many keys of one side as of the other, and at least one")
        items = [(name, f"a.{quoted(name)}") for name in self.columns]
        taken = {name.lower() for name in self.columns}
        for name in other.columns:
            target = f".{name}" if name.lower() in taken else name
            taken.add(target.lower())
            items.append((target, f"b.{quoted(name)}"))
        pairs = zip(own, theirs, strict=True)
        on = " AND ".join(f"a.{self.need(left)[0]} = b.{other.need(right)[0]}" for left, right in pairs)
        listed = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in items)
        query = f"SELECT {listed} FROM ({self._plan.query}) AS a JOIN ({other._plan.query}) AS b ON {on}"
        return self.derive(query, [name for name, _ in items], other)

    def union(self, other: Frame) -> Frame:
        """The rows of both; columns are matched by name, and NULL where one side has none.

        Columns of one name and two types are text, unless both are numbers.
        """
        names = [*self.columns, *(name for name in other.columns if find(self.fields, name) is None)]
        sides = [resolving.union_side(frame, other_side, names) for frame, other_side in ((self, other), (other, self))]
        return self.derive(" UNION ALL ".join(sides), names, other)

    def merge(self, stage: Frame, keys: Sequence[str]) -> Frame:
        """The rows of `stage`, and those of this frame whose keys it does not have; duplicates stay.

        Source: Glue Developer Guide, mergeDynamicFrame.
        """
        on = " AND ".join(f"s.{stage.need(key)[0]} = t.{self.need(key)[0]}" for key in keys)
        staged = f"SELECT 1 FROM ({stage._visible()}) AS s WHERE {on}"
        kept = f"SELECT * FROM ({self._visible()}) AS t WHERE NOT EXISTS ({staged})"
        return self.derive(kept, self.columns, stage).union(stage)

    def distinct(self) -> Frame:
        """Each row once."""
        return self.derive(f"SELECT DISTINCT * FROM ({self._visible()}) AS t", self.columns)

    def order_by(self, *expressions: str) -> Frame:
        """The rows in an order: expressions in SQL, with `DESC` where wanted."""
        return self.derive(f"SELECT * FROM ({self._visible()}) AS t ORDER BY {', '.join(expressions)}", self.columns)

    def limit(self, n: int) -> Frame:
        """The first `n` rows."""
        return self.derive(f"SELECT * FROM ({self._visible()}) AS t LIMIT {int(n)}", self.columns)

    def sql(self, query: str, *, name: str = "this") -> Frame:
        """The rows of a query in Athena's SQL, in which this frame is the table `name`."""
        whole = f"WITH {quoted(name)} AS ({self._visible()}) SELECT * FROM (\n{query}\n) AS t"
        described = self._run(f"SELECT * FROM ({whole}) AS t LIMIT 0")
        spelled = {name.lower(): name for name in self.columns}
        return self.derive(whole, [spelled.get(name, name) for name in described.column_names])

    def split_fields(self, paths: Iterable[str], name1: str = "frame1", name2: str = "frame2") -> FrameCollection:
        """Two frames: these columns, and all others. Source: Glue Developer Guide, SplitFields."""
        from bayou.etl.collection import FrameCollection

        chosen = list(paths)
        return FrameCollection({name1: self.select_fields(chosen), name2: self.drop_fields(chosen)})

    def split_rows(
        self, comparisons: Mapping[str, Mapping[str, Any]], name1: str = "frame1", name2: str = "frame2"
    ) -> FrameCollection:
        """Two frames: the rows for which all comparisons hold, and the rest.

        Args:
            comparisons: By column, values by operator: `{"age": {">": 10, "<": 20}}`; `= != > < >= <=`.
            name1: Name of the frame for which they hold.
            name2: Name of the other.

        Source: Glue Developer Guide, SplitRows.
        """
        from bayou.etl.collection import FrameCollection

        terms = []
        for path, wanted in comparisons.items():
            expression, _ = self.need(path)
            for operator, value in wanted.items():
                if operator not in (">", "<", ">=", "<=", "=", "!="):
                    raise InvalidOptionError(f"`{operator}` is none of the operators > < >= <= = !=")
                terms.append(f"{expression} {operator} {resolving.literal(value)}")
        condition = f"COALESCE({' AND '.join(terms) or 'true'}, false)"
        return FrameCollection({name1: self.restricted(condition), name2: self.restricted(f"NOT {condition}")})

    # -- errors and output ------------------------------------------------------------------------------

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Records that a function could not take: `record` and `error`, as far as the frame has been run."""
        return list(self._errors)

    def failed_casts(self) -> dict[str, int]:
        """How many values of each mapped column did not fit their type."""
        if not self._plan.counters:
            return {}
        listed = ", ".join(f"count_if({quoted(counter.name)})" for counter in self._plan.counters)
        (counts,) = self._run(f"SELECT {listed} FROM ({self._plan.query}) AS t").to_tuples()
        return {counter.what: count for counter, count in zip(self._plan.counters, counts, strict=True) if count}

    def write(self, path: str | None = None, **options: Any) -> WriteReport:
        """Write the rows; see `bayou.etl.writing.WriteOptions` for the options.

        Everything becomes visible at once, together with the job's bookmark when the frame was read with one.

        Args:
            path: Folder of the lake; the table's own when None.
            **options: `partition_by`, `format`, `table`, `mode`, `compression` and others.

        Returns:
            Rows, files, partitions, and how many values did not fit their type.

        Raises:
            SchemaError: Columns, table and folder do not fit.
            AlreadyExistsError: With mode `error`, when there is something.
        """
        from bayou.etl.job import run_alone

        return run_alone(self, path, options)

    @property
    def plan(self) -> Plan:
        """The query with everything that belongs to it."""
        return self._plan
