"""ApplyMapping: select, rename, cast, nest.

Source: Glue Developer Guide, ApplyMapping class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bayou.errors import InvalidOptionError
from bayou.etl.casting import cast, is_safe
from bayou.etl.naming import Field, engine_type, find, missing, quoted, row, split_path

if TYPE_CHECKING:
    from bayou.etl.frame import Frame


class _Node:
    """A target: a value, or a row of targets."""

    def __init__(self) -> None:
        self.value: tuple[str, str] | None = None
        self.children: dict[str, _Node] = {}

    def put(self, path: Sequence[str], value: tuple[str, str], whole: str) -> None:
        first, *rest = path
        known = find([Field(name, "") for name in self.children], first)
        child = self.children.setdefault(known.name if known else first, _Node())
        if child.value is not None or (not rest and child.children):
            raise InvalidOptionError(f"Two mappings have the target `{whole}`")
        if rest:
            child.put(rest, value, whole)
        else:
            child.value = value

    def build(self) -> tuple[str, str]:
        """Expression and type."""
        if self.value is not None:
            return self.value
        values = []
        for name, child in self.children.items():
            expression, kind = child.build()
            values.append((Field(name, kind), expression))
        kinds = ", ".join(f"{quoted(field.name)} {field.type}" for field, _ in values)
        return row(values), f"row({kinds})"


def apply_mapping(frame: Frame, mappings: Iterable[Sequence[str]], case_sensitive: bool) -> Frame:
    """The mapped columns of a frame."""
    from bayou.etl.frame import Counter

    root = _Node()
    counters = []
    number = len(frame.plan.counters)
    for mapping in mappings:
        source, target, kind = _parts(mapping)
        expression, own = _source(frame, source, case_sensitive)
        wanted = own if kind is None else engine_type(kind)
        if wanted == "varchar" and own.startswith("varchar"):
            wanted = own
        cast_to = cast(expression, own, wanted)
        root.put(split_path(target), (cast_to, "varchar" if wanted == "unknown" else wanted), target)
        if not is_safe(own, wanted):
            number += 1
            counter = Counter(f"_failed_{number}", target)
            counters.append((f"({expression} IS NOT NULL AND {cast_to} IS NULL)", counter))
    if not root.children:
        raise InvalidOptionError("A mapping needs at least one tuple")
    items = [(name, child.build()[0]) for name, child in root.children.items()]
    return frame.project(items, counters)


def _parts(mapping: Sequence[str]) -> tuple[str, str, str | None]:
    """Source, target and target type."""
    match tuple(mapping):
        case (source, target):
            return source, target, None
        case (source, target, kind):
            return source, target, kind
        case (source, _, target, kind):
            return source, target, kind
    raise InvalidOptionError(
        f"The mapping {tuple(mapping)!r} has {len(mapping)} parts\n"
        "hint: (source, target), (source, target, type) or (source, source type, target, target type)"
    )


def _source(frame: Frame, path: str, case_sensitive: bool) -> tuple[str, str]:
    if case_sensitive and split_path(path)[0] not in frame.columns and path not in frame.columns:
        raise missing(frame.fields, path)
    return frame.need(path)
