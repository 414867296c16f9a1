"""The types of results: their texts as Trino prints them, PEP 249's type objects, and values as Athena writes them.

Athena's protocol is text: `[1, 2]`, `{a=1}`, `31 32`. `to_text` writes a typed value so, for the clients that read that
protocol, and for PyAthena's values, where maps and rows have texts inside.

Source: PyAthena 4.2, `__init__.py` and `converter.py` (behaviour); Athena User Guide, query results.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_TOKEN = re.compile(r'"(?:[^"]|"")*"|[(),]|[^\s(),"]+')


class DBAPITypeObject(frozenset[str]):
    """A set of type names that equals each of them: `description[0][1] == NUMBER`."""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, frozenset):
            return frozenset.__eq__(self, other)
        return other in self

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = frozenset.__hash__


STRING = DBAPITypeObject(("char", "varchar", "map", "array", "row"))
BINARY = DBAPITypeObject(("varbinary",))
BOOLEAN = DBAPITypeObject(("boolean",))
NUMBER = DBAPITypeObject(("tinyint", "smallint", "integer", "bigint", "real", "double", "float", "decimal"))
DATE = DBAPITypeObject(("date",))
TIME = DBAPITypeObject(("time", "time with time zone"))
DATETIME = DBAPITypeObject(("timestamp", "timestamp with time zone"))
JSON = DBAPITypeObject(("json",))
ROWID = DBAPITypeObject(())


@dataclass(frozen=True)
class SqlType:
    """A type: `base` with numbers, or with the types of its parts and their names in a row."""

    base: str
    numbers: tuple[int, ...] = ()
    parts: tuple[tuple[str, SqlType], ...] = ()

    @classmethod
    def parse(cls, text: str) -> SqlType:
        """The type that a text as `map(varchar, row(a integer))` names."""
        tokens = _TOKEN.findall(text)
        found, _ = _parse(tokens, 0)
        return found

    @property
    def is_nested(self) -> bool:
        """Whether values have parts."""
        return self.base in ("array", "map", "row")


def _parse(tokens: list[str], at: int) -> tuple[SqlType, int]:
    words: list[str] = []
    numbers: list[int] = []
    parts: list[tuple[str, SqlType]] = []
    base = tokens[at].lower()
    while at < len(tokens) and tokens[at] not in (",", ")"):
        if tokens[at] != "(":
            words.append(tokens[at].lower())
            at += 1
            continue
        at += 1
        while tokens[at] != ")":
            if tokens[at].isdigit() and base not in ("array", "map", "row", "struct"):
                numbers.append(int(tokens[at]))
                at += 1
            elif base in ("row", "struct") and at + 1 < len(tokens) and tokens[at + 1] not in (",", ")", "("):
                name = tokens[at][1:-1].replace('""', '"') if tokens[at].startswith('"') else tokens[at]
                part, at = _parse(tokens, at + 1)
                parts.append((name, part))
            else:
                part, at = _parse(tokens, at)
                parts.append((f"field{len(parts)}", part))
            if tokens[at] == ",":
                at += 1
        at += 1
    return SqlType(" ".join(words), tuple(numbers), tuple(parts)), at


def to_text(value: Any, of: SqlType) -> str:
    """A value that is not NULL as the text of Athena's protocol."""
    base = of.base
    if base == "array":
        return "[" + ", ".join(_inner(item, of.parts[0][1]) for item in value) + "]"
    if base == "map":
        key, item = of.parts[0][1], of.parts[1][1]
        return "{" + ", ".join(f"{_inner(k, key)}={_inner(v, item)}" for k, v in value.items()) + "}"
    if base == "row":
        fields = zip(value.items(), of.parts, strict=False)
        return "{" + ", ".join(f"{name}={_inner(item, part)}" for (_, item), (name, part) in fields) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value, is_single=base in ("real", "float"))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, dt.datetime):
        return _timestamp_text(value, of.numbers[0] if of.numbers else 3)
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S") + _fraction(value.microsecond, of.numbers[0] if of.numbers else 3)
    if isinstance(value, dt.timedelta):
        return _interval_text(value)
    return str(value)


def _inner(value: Any, of: SqlType) -> str:
    return "null" if value is None else to_text(value, of)


def _float_text(value: float, *, is_single: bool) -> str:
    """As Java prints it: `1.0`, `1.0E10`, `NaN`."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    text = _shortest_single(value) if is_single else repr(value)
    size = abs(value)
    if size == 0 or 1e-3 <= size < 1e7:
        text = format(Decimal(text), "f")
        return text if "." in text else text + ".0"
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    places = "".join(map(str, digits))
    power = len(places) - 1 + int(exponent)
    return f"{'-' if sign else ''}{places[0]}.{places[1:] or '0'}E{power}"


def _shortest_single(value: float) -> str:
    for digits in range(1, 9):
        text = f"{value:.{digits}g}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == value:
            return text
    return f"{value:.9g}"


def _fraction(microsecond: int, digits: int) -> str:
    if digits == 0:
        return ""
    return "." + f"{microsecond:06d}".ljust(digits, "0")[:digits]


def _timestamp_text(value: dt.datetime, digits: int) -> str:
    text = value.replace(tzinfo=None, microsecond=0).isoformat(sep=" ") + _fraction(value.microsecond, digits)
    if value.tzinfo is None:
        return text
    name = getattr(value.tzinfo, "key", None) or value.tzname() or "UTC"
    return f"{text} {name.removeprefix('UTC') or 'UTC'}"


def _interval_text(value: dt.timedelta) -> str:
    sign, value = ("-", -value) if value < dt.timedelta() else ("", value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{value.days} {hours:02d}:{minutes:02d}:{seconds:02d}.{value.microseconds // 1000:03d}"


def compat_value(value: Any, of: SqlType) -> Any:
    """A nested value as PyAthena gives it: lists, and dicts whose keys and leaves are texts; None stays None."""
    if value is None:
        return None
    if of.base == "array":
        return [_element(item, of.parts[0][1]) for item in value]
    return _dict(value, of)


def _dict(value: Mapping[Any, Any], of: SqlType) -> dict[str, Any]:
    if of.base == "map":
        key, item = of.parts[0][1], of.parts[1][1]
        return {_inner(k, key): _leaf(v, item) for k, v in value.items()}
    names = [name for name, _ in of.parts]
    parts = [part for _, part in of.parts]
    return {name: _leaf(v, part) for name, part, v in zip(names, parts, value.values(), strict=False)}


def _element(value: Any, of: SqlType) -> Any:
    """Numbers and booleans of an array keep their types, as its text is JSON."""
    if of.base in ("tinyint", "smallint", "integer", "bigint", "boolean", "real", "double"):
        return value
    return _leaf(value, of)


def _leaf(value: Any, of: SqlType) -> Any:
    if value is None:
        return None
    return compat_value(value, of) if of.is_nested else to_text(value, of)
