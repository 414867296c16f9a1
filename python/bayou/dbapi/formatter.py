"""Parameters of PEP 249 statements as SQL literals.

`pyformat` follows PyAthena: `%(name)s` with a mapping, and only when parameters are given, so that `LIKE '50%'` needs
no doubling without them. `qmark` leaves the text alone: the engine puts expressions in the place of each `?`.

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


# Statements in Hive's language, behind their comments; what is not surely one is quoted for Trino.
_HIVE = re.compile(
    r"""(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*
    (?:ALTER\s+(?:DATABASE|SCHEMA|TABLE)|CREATE\s+(?:DATABASE|SCHEMA)|DROP\s+(?:DATABASE|SCHEMA|TABLE)
      |MSCK\s+REPAIR|SHOW|DESC(?:RIBE)?|CREATE\s+(?:EXTERNAL\s+)?TABLE(?!.*\bAS\b))\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_HIVE_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\r": "\\r", "\n": "\\n", "\t": "\\t"})


def is_hive(text: str) -> bool:
    """Whether a statement is surely in Hive's language."""
    return _HIVE.match(text) is not None


def literal(value: Any, *, hive: bool = False) -> str:
    """A Python value as a SQL literal; `TypeError` for a type without one.

    Args:
        value: The value.
        hive: Whether it goes into a statement of Hive's, where texts have backslashes.
    """
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return f"DECIMAL '{value:f}'"
    if isinstance(value, str):
        return "'" + (value.translate(_HIVE_ESCAPES) if hive else value.replace("'", "''")) + "'"
    if isinstance(value, bytes | bytearray):
        return f"X'{bytes(value).hex()}'"
    if isinstance(value, datetime):
        digits = "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
        return f"TIMESTAMP '{value.replace(tzinfo=None).isoformat(sep=' ', timespec=digits)}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, list | tuple | set | frozenset):
        return "(" + ", ".join(_item(item, hive) for item in value) + ")"
    item = getattr(value, "item", None)  # numpy's scalars
    if callable(item) and not isinstance(value, type):
        converted = item()
        if type(converted) is not type(value):
            return literal(converted, hive=hive)
    raise TypeError(f"No SQL literal for a value of type `{type(value).__name__}`: {value!r}")


def _item(value: Any, hive: bool) -> str:
    """An item of a list: numbers with a fraction are plain digits there."""
    if isinstance(value, Decimal) or (isinstance(value, float) and value - value == 0):
        return f"{value:f}"
    return literal(value, hive=hive)


def _float(value: float) -> str:
    if value != value:
        return "nan()"
    if value in (float("inf"), float("-inf")):
        return "infinity()" if value > 0 else "-infinity()"
    return repr(value)


def render(operation: str, parameters: Mapping[str, Any] | Sequence[Any] | None) -> str:
    """The statement with its `%(name)s` in place."""
    text = operation.strip()
    if not text:
        raise ProgrammingError("The statement is empty")
    if parameters is None:
        return text
    if not isinstance(parameters, Mapping):
        raise ProgrammingError(
            f"Parameters must be a mapping of names to values, not `{type(parameters).__name__}`\n"
            "hint: write %(name)s in the statement and pass {'name': value}"
        )
    hive = is_hive(text)
    try:
        return text % {name: _Literal(value, hive) for name, value in parameters.items()}
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

    def __init__(self, value: Any, hive: bool) -> None:
        self._value = value
        self._hive = hive

    def __str__(self) -> str:
        return literal(self._value, hive=self._hive)

    def __index__(self) -> int:
        return int(self._value)


def qmark(
    operation: str, parameters: Mapping[str, Any] | Sequence[Any] | None, *, typed: bool
) -> tuple[str, list[str]]:
    """The statement, and SQL expressions for its `?`.

    Args:
        operation: The statement.
        parameters: Values by place. With `typed` they are Python's values; without, texts are SQL already, as
            `ExecutionParameters` has them, and other values become literals.
        typed: Whether texts are values.
    """
    text = operation.strip()
    if not text:
        raise ProgrammingError("The statement is empty")
    if parameters is None:
        return text, []
    if isinstance(parameters, Mapping | str):
        raise ProgrammingError("With `qmark`, parameters must be a sequence of values")
    wanted = sum(1 for match in _QMARK.finditer(text) if match.group(1))
    if wanted != len(parameters):
        raise ProgrammingError(f"The statement has {wanted} parameters, and {len(parameters)} were given")
    return text, [value if isinstance(value, str) and not typed else literal(value) for value in parameters]


class DefaultParameterFormatter:
    """PyAthena's class around `render`."""

    def format(self, operation: str, parameters: Mapping[str, Any] | None = None) -> str:
        """The statement with its parameters in place."""
        return render(operation, parameters)
