"""Parameters of PEP 249 statements as SQL literals.

`pyformat` follows PyAthena: `%(name)s` with a mapping, and only when parameters are given, so that `LIKE '50%'` needs
no doubling without them. `qmark` takes values, in the order of the `?` outside of quotes and comments.

Source: PyAthena 4.2, formatter.py (behaviour); PEP 249, paramstyle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bayou.errors import ProgrammingError

# Quoted text, quoted names and comments, which may hold a `?`; then the `?` itself.
_QMARK = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|(\?)", re.DOTALL)


def literal(value: Any) -> str:
    """A Python value as a SQL literal; `TypeError` for a type without one."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return f"DECIMAL '{value:f}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bytes | bytearray):
        return f"X'{bytes(value).hex()}'"
    if isinstance(value, datetime):
        digits = "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
        return f"TIMESTAMP '{value.replace(tzinfo=None).isoformat(sep=' ', timespec=digits)}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, list | tuple | set | frozenset):
        return "(" + ", ".join(literal(item) for item in value) + ")"
    item = getattr(value, "item", None)  # numpy's scalars
    if callable(item) and not isinstance(value, type):
        converted = item()
        if type(converted) is not type(value):
            return literal(converted)
    raise TypeError(f"No SQL literal for a value of type `{type(value).__name__}`: {value!r}")


def _float(value: float) -> str:
    if value != value:
        return "nan()"
    if value in (float("inf"), float("-inf")):
        return "infinity()" if value > 0 else "-infinity()"
    return repr(value)


def render(operation: str, parameters: Mapping[str, Any] | Sequence[Any] | None, paramstyle: str) -> str:
    """The statement with its parameters in place."""
    text = operation.strip()
    if not text:
        raise ProgrammingError("The statement is empty")
    if parameters is None:
        return text
    if paramstyle == "qmark":
        return _render_qmark(text, parameters)
    if paramstyle != "pyformat":
        raise ProgrammingError(
            f"`paramstyle` is `{paramstyle}`, and bayou knows `pyformat` and `qmark`\n"
            "hint: set bayou.dbapi.paramstyle to one of the two"
        )
    if not isinstance(parameters, Mapping):
        raise ProgrammingError(
            f"Parameters must be a mapping of names to values, not `{type(parameters).__name__}`\n"
            "hint: write %(name)s in the statement and pass {'name': value}"
        )
    try:
        return text % {name: _Literal(value) for name, value in parameters.items()}
    except KeyError as error:
        raise ProgrammingError(f"The statement names the parameter `{error.args[0]}`, which was not given") from error
    except (TypeError, ValueError) as error:
        if isinstance(error, TypeError) and "No SQL literal" in str(error):
            raise
        raise ProgrammingError(
            f"The parameters do not fit the statement: {error}\n"
            "hint: write %(name)s for a parameter and %% for a percent sign"
        ) from error


class _Literal:
    """A value that `%s` prints as a literal and `%d` as a number."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __str__(self) -> str:
        return literal(self._value)

    def __index__(self) -> int:
        return int(self._value)


def _render_qmark(text: str, parameters: Mapping[str, Any] | Sequence[Any]) -> str:
    if isinstance(parameters, Mapping | str):
        raise ProgrammingError("With `qmark`, parameters must be a sequence of values")
    wanted = sum(1 for match in _QMARK.finditer(text) if match.group(1))
    if wanted != len(parameters):
        raise ProgrammingError(f"The statement has {wanted} parameters, and {len(parameters)} were given")
    values = iter(parameters)
    return _QMARK.sub(lambda match: literal(next(values)) if match.group(1) else match.group(0), text)
