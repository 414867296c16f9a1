"""Spark SQL as the engine runs it.

sqlglot translates what differs in words. What differs in meaning is here: casts that give NULL instead of failing,
text that is compared with numbers and moments, dates by patterns, division by zero. Types decide, so trees are
annotated before they are written.

Source: Spark SQL reference without ANSI mode; Trino documentation, functions and operators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sqlglot import exp, parse_one
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from bayou.errors import SqlError, UnsupportedSqlError
from bayou.etl import casting

_Type = exp.DataType.Type
_NUMBERS = {*exp.DataType.INTEGER_TYPES, *exp.DataType.FLOAT_TYPES, _Type.DECIMAL}
_MOMENTS = {_Type.DATE, _Type.TIMESTAMP, _Type.TIMESTAMPTZ, _Type.TIMESTAMPLTZ, _Type.TIMESTAMPNTZ, _Type.DATETIME}
_ENGINE: dict[Any, str] = {
    _Type.TINYINT: "tinyint",
    _Type.SMALLINT: "smallint",
    _Type.INT: "integer",
    _Type.BIGINT: "bigint",
    _Type.FLOAT: "real",
    _Type.DOUBLE: "double",
    _Type.BOOLEAN: "boolean",
    _Type.DATE: "date",
    _Type.BINARY: "varbinary",
    _Type.VARBINARY: "varbinary",
    _Type.NULL: "unknown",
}


def to_engine(sql: str, tables: Mapping[str, Mapping[str, str]]) -> str:
    """A query of Spark SQL in the engine's.

    Args:
        sql: The query.
        tables: Types in Spark's words by column, by table (`name` or `database.name`).

    Raises:
        SqlError: The text is no query of Spark SQL.
        UnsupportedSqlError: Something in it has no counterpart; the message names it.
    """
    try:
        tree = parse_one(sql, read="spark")
        schema = MappingSchema(dialect="spark")
        for name, columns in tables.items():
            schema.add_table(exp.to_table(name, dialect="spark"), dict(columns), dialect="spark", match_depth=False)
        tree = qualify(tree, schema=schema, dialect="spark", validate_qualify_columns=False, quote_identifiers=False)
        tree = annotate_types(tree, schema=schema, dialect="spark")
        return tree.sql(dialect=Engine, identify=True, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        kind = UnsupportedSqlError if "nsupported" in str(error) or "annot" in str(error) else SqlError
        raise kind(f"Spark SQL: {error}") from error


def engine_name(data_type: exp.DataType | None) -> str:
    """The engine's word for a type; an empty string when it is not known."""
    if data_type is None or data_type.this in (_Type.UNKNOWN, None):
        return ""
    if data_type.this in _ENGINE:
        return _ENGINE[data_type.this]
    if data_type.this in exp.DataType.TEXT_TYPES:
        return "varchar"
    if data_type.this in _MOMENTS:
        return "timestamp(3)"
    if data_type.this == _Type.DECIMAL:
        sizes = [part.name for part in data_type.expressions] or ["10", "0"]
        return f"decimal({sizes[0]}, {sizes[1] if len(sizes) > 1 else 0})"
    return data_type.sql(dialect="trino").lower()


# A row around an element.
_ROW = exp.Var(this="e -> ROW(e)")


def _is_text(node: exp.Expression) -> bool:
    return node.type is not None and node.type.this in exp.DataType.TEXT_TYPES


def _is_number(node: exp.Expression) -> bool:
    return node.type is not None and node.type.this in _NUMBERS


def _is_moment(node: exp.Expression) -> bool:
    return node.type is not None and node.type.this in _MOMENTS


class Engine(Trino):
    """The engine's dialect, written from trees of Spark's."""

    class Generator(Trino.Generator):
        """Writes Spark's meaning in the engine's words."""

        def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
            inner = self.sql(expression, "this")
            source, target = engine_name(expression.this.type), engine_name(expression.to)
            if not source:
                return f"TRY_CAST({inner} AS {target})"
            return f"CAST(NULL AS {target})" if source == "unknown" else casting.cast(inner, source, target)

        def trycast_sql(self, expression: exp.TryCast) -> str:
            return self.cast_sql(expression)

        # -- comparisons ----------------------------------------------------------------------------

        def _pair(self, left: exp.Expression, right: exp.Expression) -> tuple[str, str]:
            """Both sides in one type, as Spark compares them."""
            a, b = self.sql(left), self.sql(right)
            if _is_text(left) and _is_number(right):
                return f"TRY_CAST(trim({a}) AS double)", b
            if _is_number(left) and _is_text(right):
                return a, f"TRY_CAST(trim({b}) AS double)"
            if _is_text(left) and _is_moment(right):
                return casting.cast(a, "varchar", engine_name(right.type)), b
            if _is_moment(left) and _is_text(right):
                return a, casting.cast(b, "varchar", engine_name(left.type))
            if left.is_type("boolean") and _is_text(right):
                return a, f"TRY_CAST({b} AS boolean)"
            if left.is_type("date") and _is_moment(right) and not right.is_type("date"):
                return f"CAST({a} AS timestamp(3))", b
            return a, b

        def _compared(self, expression: exp.Binary, operator: str) -> str:
            left, right = self._pair(expression.left, expression.right)
            return f"{left} {operator} {right}"

        def eq_sql(self, expression: exp.EQ) -> str:
            return self._compared(expression, "=")

        def neq_sql(self, expression: exp.NEQ) -> str:
            return self._compared(expression, "<>")

        def gt_sql(self, expression: exp.GT) -> str:
            return self._compared(expression, ">")

        def gte_sql(self, expression: exp.GTE) -> str:
            return self._compared(expression, ">=")

        def lt_sql(self, expression: exp.LT) -> str:
            return self._compared(expression, "<")

        def lte_sql(self, expression: exp.LTE) -> str:
            return self._compared(expression, "<=")

        def in_sql(self, expression: exp.In) -> str:
            if expression.expressions:
                pairs = [self._pair(expression.this, item) for item in expression.expressions]
                return f"{pairs[0][0]} IN ({', '.join(right for _, right in pairs)})"
            return super().in_sql(expression)

        def between_sql(self, expression: exp.Between) -> str:
            left, low = self._pair(expression.this, expression.args["low"])
            _, high = self._pair(expression.this, expression.args["high"])
            return f"{left} BETWEEN {low} AND {high}"

        # -- arithmetic -----------------------------------------------------------------------------

        def _number(self, node: exp.Expression) -> str:
            text = self.sql(node)
            return f"TRY_CAST(trim({text}) AS double)" if _is_text(node) else text

        def add_sql(self, expression: exp.Add) -> str:
            return f"{self._number(expression.left)} + {self._number(expression.right)}"

        def sub_sql(self, expression: exp.Sub) -> str:
            return f"{self._number(expression.left)} - {self._number(expression.right)}"

        def mul_sql(self, expression: exp.Mul) -> str:
            return f"{self._number(expression.left)} * {self._number(expression.right)}"

        def div_sql(self, expression: exp.Div) -> str:
            left, right = self._number(expression.left), self._number(expression.right)
            return f"CAST({left} AS double) / NULLIF({right}, 0)"

        def intdiv_sql(self, expression: exp.IntDiv) -> str:
            left, right = self._number(expression.left), self._number(expression.right)
            return f"CAST(truncate(CAST({left} AS double) / NULLIF({right}, 0)) AS bigint)"

        def mod_sql(self, expression: exp.Mod) -> str:
            return f"{self._number(expression.left)} % NULLIF({self._number(expression.right)}, 0)"

        # -- text -----------------------------------------------------------------------------------

        def _text(self, node: exp.Expression) -> str:
            text = self.sql(node)
            source = engine_name(node.type)
            return (
                text
                if source == "varchar" or (isinstance(node, exp.Literal) and node.is_string)
                else (casting.cast(text, source, "varchar") if source else f"CAST({text} AS varchar)")
            )

        def concat_sql(self, expression: exp.Concat) -> str:
            if any(item.is_type("array") for item in expression.expressions):
                return f"concat({', '.join(self.sql(item) for item in expression.expressions)})"
            if len(expression.expressions) == 1:
                return self._text(expression.expressions[0])
            return "(" + " || ".join(self._text(item) for item in expression.expressions) + ")"

        def dpipe_sql(self, expression: exp.DPipe) -> str:
            return f"{self._text(expression.left)} || {self._text(expression.right)}"

        def concatws_sql(self, expression: exp.ConcatWs) -> str:
            separator, *items = expression.expressions
            if len(items) == 1 and items[0].is_type("array"):
                return f"array_join({self.sql(items[0])}, {self.sql(separator)})"
            return f"concat_ws({', '.join([self.sql(separator), *(self._text(item) for item in items)])})"

        # -- arrays -----------------------------------------------------------------------------------

        def bracket_sql(self, expression: exp.Bracket) -> str:
            """An element; NULL where there is none, as Spark has it."""
            if expression.this.is_type("struct"):
                return super().bracket_sql(expression)
            this, whole = self.sql(expression, "this"), super().bracket_sql(expression)
            return f"element_at({this}, {whole[len(this) + 1 : -1]})"

        def unnest_sql(self, expression: exp.Unnest) -> str:
            """Rows of an array stay rows: the engine would make columns of their fields."""
            for item in list(expression.expressions):
                inner = item.type.expressions if item.type is not None and item.is_type("array") else []
                if inner and isinstance(inner[0], exp.DataType) and inner[0].is_type("struct"):
                    item.replace(exp.Anonymous(this="transform", expressions=[item.copy(), _ROW]))
            return super().unnest_sql(expression)

        # -- dates by patterns ----------------------------------------------------------------------

        def _parsed(self, expression: exp.Expression) -> str:
            """A text as a moment by a pattern; NULL where it does not fit."""
            node = expression.this
            text = self.sql(node)
            if _is_moment(node):
                return f"CAST({text} AS timestamp(3))"
            pattern = self.format_time(expression)
            if pattern is None:
                return casting.cast(text, "varchar", "timestamp(3)")
            return f"CAST(TRY(date_parse({text}, {pattern})) AS timestamp(3))"

        def _moment(self, node: exp.Expression) -> str:
            text, source = self.sql(node), engine_name(node.type)
            if source.startswith("timestamp"):
                return text
            return casting.cast(text, source or "varchar", "timestamp(3)")

        def _date(self, node: exp.Expression) -> str:
            while isinstance(node, exp.TsOrDsToDate | exp.TsOrDsToTimestamp) and node.args.get("format") is None:
                node = node.this
            text, source = self.sql(node), engine_name(node.type)
            return text if source == "date" else casting.cast(text, source or "varchar", "date")


def _dates(cls: Any) -> dict[type[exp.Expression], Callable[[Any, Any], str]]:
    """What is written by functions of dates."""

    def unix(self: Any, e: exp.Expression) -> str:
        return f"TRY_CAST(floor(to_unixtime({self._parsed(e)})) AS bigint)"

    def part(name: str) -> Callable[[Any, Any], str]:
        return lambda self, e: f"{name}({self._date(e.this)})"

    def time_part(name: str) -> Callable[[Any, Any], str]:
        return lambda self, e: f"{name}({self._moment(e.this)})"

    def shifted(sign: str) -> Callable[[Any, Any], str]:
        def write(self: Any, e: exp.Expression) -> str:
            unit = (e.text("unit") or "DAY").lower()
            return f"date_add('{unit}', CAST({sign}({self.sql(e, 'expression')}) AS bigint), {self._date(e.this)})"

        return write

    def formatted(self: Any, e: exp.Expression) -> str:
        return f"date_format({self._moment(e.this)}, {self.format_time(e)})"

    def from_unix(self: Any, e: exp.Expression) -> str:
        pattern = self.format_time(e) or "'%Y-%m-%d %H:%i:%s'"
        return f"date_format(CAST(from_unixtime({self.sql(e, 'this')}) AS timestamp(3)), {pattern})"

    def difference(self: Any, e: exp.Expression) -> str:
        return f"date_diff('day', {self._date(e.expression)}, {self._date(e.this)})"

    def to_date(self: Any, e: exp.Expression) -> str:
        if e.args.get("format") is None:
            return str(self._date(e.this))
        return f"CAST({self._parsed(e)} AS date)"

    def truncated(self: Any, e: exp.Expression) -> str:
        unit = e.text("unit").lower()
        unit = {"yy": "year", "yyyy": "year", "mm": "month", "mon": "month", "dd": "day"}.get(unit, unit)
        node = e.this
        moment = self._date(node) if isinstance(e, exp.DateTrunc) and not _is_moment(node) else self._moment(node)
        return f"date_trunc('{unit}', {moment})"

    def months(self: Any, e: exp.Expression) -> str:
        return f"date_add('month', {self.sql(e, 'expression')}, {self._date(e.this)})"

    return {
        exp.StrToUnix: unix,
        exp.TimeToUnix: unix,
        exp.StrToTime: lambda self, e: self._parsed(e),
        exp.StrToDate: to_date,
        exp.TsOrDsToDate: to_date,
        exp.TsOrDsToTimestamp: lambda self, e: self._moment(e.this),
        exp.TimeToStr: formatted,
        exp.UnixToStr: from_unix,
        exp.Year: part("year"),
        exp.Month: part("month"),
        exp.Day: part("day"),
        exp.DayOfMonth: part("day"),
        exp.DayOfYear: part("day_of_year"),
        exp.WeekOfYear: part("week"),
        exp.Quarter: part("quarter"),
        exp.DayOfWeek: lambda self, e: f"(day_of_week({self._date(e.this)}) % 7 + 1)",
        exp.Hour: time_part("hour"),
        exp.Minute: time_part("minute"),
        exp.Second: time_part("second"),
        exp.TsOrDsAdd: shifted(""),
        exp.DateAdd: shifted(""),
        exp.DateSub: shifted("-"),
        exp.DateDiff: difference,
        exp.TsOrDsDiff: difference,
        exp.AddMonths: months,
        exp.LastDay: lambda self, e: f"last_day_of_month({self._date(e.this)})",
        exp.TimestampTrunc: truncated,
        exp.DateTrunc: truncated,
        exp.CurrentTimestamp: lambda *_: "CAST(current_timestamp AS timestamp(3))",
        exp.CurrentDate: lambda *_: "current_date",
    }


def _functions() -> dict[type[exp.Expression], Callable[[Any, Any], str]]:
    """Functions whose meaning differs."""

    def digest(name: str) -> Callable[[Any, Any], str]:
        return lambda self, e: f"lower(to_hex({name}(to_utf8({self._text(e.this)}))))"

    def sha2(self: Any, e: exp.Expression) -> str:
        bits = e.text("length") or "256"
        return f"lower(to_hex(sha{bits if bits != '0' else '256'}(to_utf8({self._text(e.this)}))))"

    def extract(self: Any, e: exp.Expression) -> str:
        group = self.sql(e, "group") or "1"
        text = self._text(e.this)
        return f"IF({text} IS NULL, NULL, COALESCE(regexp_extract({text}, {self.sql(e, 'expression')}, {group}), ''))"

    def collected(distinct: str) -> Callable[[Any, Any], str]:
        def write(self: Any, e: exp.Expression) -> str:
            inner = e.this.expressions[0] if isinstance(e.this, exp.Distinct) else e.this
            value = self.sql(inner)
            distinct_here = "DISTINCT " if isinstance(e.this, exp.Distinct) else distinct
            return f"array_agg({distinct_here}{value}) FILTER (WHERE {value} IS NOT NULL)"

        return write

    return {
        exp.MD5: digest("md5"),
        exp.SHA: digest("sha1"),
        exp.SHA2: sha2,
        exp.RegexpExtract: extract,
        exp.ArrayAgg: collected(""),
        exp.ArrayUniqueAgg: collected("DISTINCT "),
        exp.Initcap: lambda self, e: (
            f"array_join(transform(split(lower({self._text(e.this)}), ' '), "
            "w -> upper(substr(w, 1, 1)) || substr(w, 2)), ' ')"
        ),
        exp.IsNan: lambda self, e: f"is_nan(CAST({self.sql(e, 'this')} AS double))",
        exp.Uuid: lambda *_: "CAST(uuid() AS varchar)",
    }


_NAMED: dict[str, Callable[[Any, list[str]], str]] = {
    "MONOTONICALLY_INCREASING_ID": lambda _, a: "(row_number() OVER () - 1)",
    "INPUT_FILE_NAME": lambda _, a: '"$path"',
    "ISNULL": lambda _, a: f"({a[0]} IS NULL)",
    "ISNOTNULL": lambda _, a: f"({a[0]} IS NOT NULL)",
    "NANVL": lambda _, a: f"IF(is_nan({a[0]}), {a[1]}, {a[0]})",
    "BROUND": lambda _, a: f"round({', '.join(a)})",
    "FORMAT_NUMBER": lambda _, a: f"format('%,.' || CAST({a[1]} AS varchar) || 'f', CAST({a[0]} AS double))",
    "FROM_JSON": lambda _, a: f"json_parse({a[0]})",
    "SHA1": lambda _, a: f"lower(to_hex(sha1(to_utf8({a[0]}))))",
}


def _anonymous(self: Any, expression: exp.Anonymous) -> str:
    name = str(expression.this).upper()
    arguments = [self.sql(item) for item in expression.expressions]
    if name in _NAMED:
        return _NAMED[name](self, arguments)
    return f"{str(expression.this).lower()}({', '.join(arguments)})"


_TRANSFORMS: ClassVar[dict[Any, Any]] = {  # type: ignore[misc]
    **Engine.Generator.TRANSFORMS,
    **_dates(Engine.Generator),
    **_functions(),
    exp.Anonymous: _anonymous,
}
for _kind in (exp.Cast, exp.TryCast, exp.Concat, exp.ConcatWs, exp.DPipe, exp.Div, exp.IntDiv, exp.Mod):
    _TRANSFORMS.pop(_kind, None)
Engine.Generator.TRANSFORMS = _TRANSFORMS
