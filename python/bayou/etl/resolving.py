"""ResolveChoice, DropNullFields and values for NULL.

A record of a DynamicFrame carries its own types, and a column that was seen with several is a choice. Frames have one
type a column from the start: what a reader found to be mixed is text. So there is no choice to resolve, and of the
actions only a cast changes anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bayou.errors import InvalidOptionError
from bayou.etl.casting import cast, is_safe
from bayou.etl.naming import engine_type, find, missing, quoted, split_path, text

if TYPE_CHECKING:
    from bayou.etl.frame import Frame

_ACTIONS = "cast:TYPE, make_cols, make_struct, project:TYPE, match_catalog"


def resolve_choice(frame: Frame, choice: str, specs: Sequence[tuple[str, str]] | None, table: str | None) -> Frame:
    """Decide about columns of several types. Source: Glue Developer Guide, ResolveChoice class."""
    if bool(choice) == bool(specs):
        raise InvalidOptionError("ResolveChoice takes either `choice` or `specs`")
    if choice == "match_catalog":
        if table is None:
            raise InvalidOptionError("`match_catalog` needs a database and a table")
        return _match(frame, table)
    pairs = list(specs) if specs else [(name, choice) for name in frame.columns]
    wanted: dict[str, str] = {}
    for path, action in pairs:
        kind = _action(action)
        if specs and "[]" not in path:
            frame.need(path)
        if kind is not None and "[]" not in path and len(split_path(path)) == 1 and specs:
            wanted[split_path(path)[0].lower()] = kind
    return _cast(frame, wanted)


def _action(action: str) -> str | None:
    """The type that an action casts to; None when it casts nothing."""
    name, _, kind = action.partition(":")
    if name == "cast":
        return engine_type(kind)
    if name == "project":
        engine_type(kind)
        return None
    if action in ("make_cols", "make_struct", "match_catalog"):
        return None
    raise InvalidOptionError(f"`{action}` is no action\nhint: {_ACTIONS}")


def _match(frame: Frame, table: str) -> Frame:
    catalog = frame.lake.table(table)
    own = {name.lower(): engine_type(kind) for name, kind in catalog.schema.items()}
    return _cast(frame, {name.lower(): own[name.lower()] for name in frame.columns if name.lower() in own})


def _cast(frame: Frame, wanted: Mapping[str, str]) -> Frame:
    from bayou.etl.frame import Counter

    if not wanted:
        return frame
    items, counters = [], []
    number = len(frame.plan.counters)
    for field in frame.fields:
        kind = wanted.get(field.name.lower(), field.type)
        expression = cast(quoted(field.name), field.type, kind)
        items.append((field.name, expression))
        if not is_safe(field.type, kind):
            number += 1
            failed = f"({quoted(field.name)} IS NOT NULL AND {expression} IS NULL)"
            counters.append((failed, Counter(f"_failed_{number}", field.name)))
    return frame.project(items, counters)


def null_fields(frame: Frame) -> list[str]:
    """Columns whose type is null."""
    return [field.name for field in frame.fields if field.type == "unknown"]


def drop_null_fields(frame: Frame) -> Frame:
    """Without columns whose type is null. Source: Glue Developer Guide, DropNullFields class."""
    gone = null_fields(frame)
    if not gone:
        return frame
    return frame.project([(name, quoted(name)) for name in frame.columns if name not in gone])


def fill_missing(frame: Frame, values: Mapping[str, Any]) -> Frame:
    """Values in the place of NULL."""
    by_name: dict[str, Any] = {}
    for name, value in values.items():
        field = find(frame.fields, name)
        if field is None:
            raise missing(frame.fields, name)
        by_name[field.name] = value
    items = [
        (name, f"COALESCE({quoted(name)}, {literal(by_name[name])})" if name in by_name else quoted(name))
        for name in frame.columns
    ]
    return frame.project(items)


_NUMBERS = ("tinyint", "smallint", "integer", "bigint", "real", "double")


def union_side(frame: Frame, other: Frame, names: Sequence[str]) -> str:
    """One side of a union: these columns, in types that the other side has as well."""
    items = []
    for name in names:
        own, theirs = find(frame.fields, name), find(other.fields, name)
        if own is None:
            items.append(f"NULL AS {quoted(name)}")
            continue
        expression = quoted(name)
        kinds = {own.type, theirs.type} if theirs else {own.type}
        if len(kinds) > 1 and "unknown" not in kinds and not all(kind in _NUMBERS for kind in kinds):
            expression = f"{cast(expression, own.type, 'varchar')} AS {quoted(name)}"
        items.append(expression)
    return f"SELECT {', '.join(items)} FROM ({frame.plan.query}) AS t"


def literal(value: Any) -> str:
    """A Python value as a literal of SQL."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case float():
            return f"{value!r}e0" if "e" not in repr(value) else repr(value)
        case dt.datetime():
            return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S.%f}'"[:-4] + "'"
        case dt.date():
            return f"DATE '{value:%Y-%m-%d}'"
        case str():
            return text(value)
    raise InvalidOptionError(f"`{value!r}` cannot be a value in SQL")
