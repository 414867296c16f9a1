"""Python's values in a statement: `{{expression}}` and `:name` become parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bayou.dbapi.formatter import is_hive, literal
from bayou.errors import ProgrammingError

# Texts, quoted names and comments are passed over; `::` and the colon of a slice or a JSON path are no variables.
_VARIABLE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\{\{(.+?)\}\}|(?<![:\w]):([A-Za-z_]\w*)""", re.DOTALL
)


def bind(text: str, names: Mapping[str, Any], evaluate: Callable[[str], Any]) -> tuple[str, list[str]]:
    """The statement with `?` in the place of variables, and SQL literals for these.

    Lists become lists, for IN. Statements of Hive's language have no parameters: they get the literals themselves.

    Args:
        text: The statement.
        names: Values of `:name`.
        evaluate: Gives the value of `{{expression}}`.

    Raises:
        ProgrammingError: There is no such variable, or its value has no literal.
    """
    hive = is_hive(text)
    parameters: list[str] = []

    def replace(match: re.Match[str]) -> str:
        expression, name = match.group(1), match.group(2)
        if expression is None and name is None:
            return match.group(0)
        value = _value(match.group(0), (expression or name).strip(), names, evaluate, is_name=name is not None)
        try:
            written = literal(value, hive=hive)
        except TypeError as error:
            raise ProgrammingError(str(error)) from error
        if hive or isinstance(value, list | tuple | set | frozenset):
            return written
        parameters.append(written)
        return "?"

    return _VARIABLE.sub(replace, text), parameters


def _value(
    shown: str, expression: str, names: Mapping[str, Any], evaluate: Callable[[str], Any], *, is_name: bool
) -> Any:
    if is_name or expression.isidentifier():
        if expression not in names:
            raise ProgrammingError(f"`{shown}` names a variable that there is not\nhint: set {expression} = … first")
        return names[expression]
    try:
        return evaluate(expression)
    except Exception as error:
        raise ProgrammingError(f"`{shown}` cannot be evaluated: {error}") from error
