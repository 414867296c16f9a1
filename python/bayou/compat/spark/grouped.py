"""Groups of a DataFrame: sqlframe's, and pivots as conditional aggregates, which every engine runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlframe.standalone import functions as F
from sqlframe.standalone.column import Column
from sqlframe.standalone.group import StandaloneGroupedData
from sqlglot import exp

__all__ = ["GroupedData"]


class GroupedData(StandaloneGroupedData):
    """Groups, and what is computed of each."""

    _pivot: tuple[str, list[Any]] | None = None

    def pivot(self, pivot_col: str, values: Sequence[Any] | None = None) -> GroupedData:
        """A column for each value of another: those that are given, or all that there are, sorted."""
        if values is None:
            found = [row[0] for row in self._df.select(pivot_col).distinct().collect()]
            values = sorted((value for value in found if value is not None), key=str)
        self._pivot = (pivot_col, list(values))
        return self

    def agg(self, *exprs: Any) -> Any:
        """Aggregates of each group: columns, or functions by column."""
        if self._pivot is None:
            return super().agg(*exprs)
        column, values = self._pivot
        self._pivot = None
        if exprs and isinstance(exprs[0], dict):
            exprs = tuple(
                getattr(F, function)(name).alias(f"{function}({name})") for name, function in exprs[0].items()
            )
        pivoted = []
        for value in values:
            for aggregate in exprs:
                name = str(value) if len(exprs) == 1 else f"{value}_{aggregate.alias_or_name}"
                pivoted.append(_of_value(aggregate, column, value).alias(name))
        return super().agg(*pivoted)


def _of_value(aggregate: Column, column: str, value: Any) -> Column:
    """The aggregate over the rows in which a column has a value."""
    node = aggregate.column_expression.copy()
    condition = (F.col(column) == F.lit(value)).column_expression
    for function in [node] if isinstance(node, exp.AggFunc) else list(node.find_all(exp.AggFunc)):
        inner = function.this
        argument = exp.Literal.number(1) if inner is None or isinstance(inner, exp.Star) else inner.copy()
        function.set("this", exp.Case(ifs=[exp.If(this=condition.copy(), true=argument)]))
    return Column(node)
