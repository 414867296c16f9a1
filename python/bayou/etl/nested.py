"""Rows within rows and arrays within frames: paths into them, and frames without them.

Source: Glue Developer Guide, SelectFields, DropFields, RenameField, UnnestFrame and Relationalize.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayou.etl.naming import Field, fields_of, find, missing, quoted, resolve, row, split_path

if TYPE_CHECKING:
    from bayou.etl.collection import FrameCollection
    from bayou.etl.frame import Frame


def keep_paths(frame: Frame, paths: Sequence[str]) -> Frame:
    """These columns and fields of rows."""
    wanted = [_steps(frame.fields, path) for path in paths]
    items = []
    for field in frame.fields:
        own = [steps[1:] for steps in wanted if steps[0].lower() == field.name.lower()]
        if own:
            items.append((field.name, _kept(quoted(field.name), field.type, own)[0]))
    return frame.project(items)


def drop_paths(frame: Frame, paths: Sequence[str]) -> Frame:
    """All but these columns and fields of rows; paths that lead nowhere change nothing, as in Glue."""
    gone = [_steps(frame.fields, path) for path in paths if resolve(frame.fields, path) is not None]
    items = []
    for field in frame.fields:
        own = [steps[1:] for steps in gone if steps[0].lower() == field.name.lower()]
        left = None if [] in own else _without(quoted(field.name), field.type, own)
        if left is not None:
            items.append((field.name, left[0]))
    return frame.project(items)


def rename_path(frame: Frame, old: str, new: str) -> Frame:
    """A column or a field under another name."""
    steps = _steps(frame.fields, old)
    target = split_path(new)[-1] if len(steps) > 1 else new.replace("`", "")
    items = []
    for field in frame.fields:
        if field.name.lower() != steps[0].lower():
            items.append((field.name, quoted(field.name)))
        elif len(steps) == 1:
            items.append((target, quoted(field.name)))
        else:
            items.append((field.name, _renamed(quoted(field.name), field.type, steps[1:], target)[0]))
    return frame.project(items)


def _steps(fields: Sequence[Field], path: str) -> list[str]:
    """The names that a path goes through; a column whose own name has dots comes first."""
    whole = find(fields, path.replace("`", ""))
    if whole is not None:
        return [whole.name]
    if resolve(fields, path) is None:
        raise missing(fields, path)
    return split_path(path)


def _rebuilt(expression: str, parts: Sequence[tuple[Field, str]]) -> tuple[str, str]:
    kinds = ", ".join(f"{quoted(field.name)} {field.type}" for field, _ in parts)
    return f"IF({expression} IS NULL, NULL, {row(parts)})", f"row({kinds})"


def _kept(expression: str, kind: str, paths: Sequence[Sequence[str]]) -> tuple[str, str]:
    if any(not path for path in paths):
        return expression, kind
    parts = []
    for field in fields_of(kind):
        own = [path[1:] for path in paths if path[0].lower() == field.name.lower()]
        if own:
            inner, inner_kind = _kept(f"{expression}.{quoted(field.name)}", field.type, own)
            parts.append((Field(field.name, inner_kind), inner))
    return _rebuilt(expression, parts)


def _without(expression: str, kind: str, paths: Sequence[Sequence[str]]) -> tuple[str, str] | None:
    """A row without some fields; None when it has no others."""
    if not paths:
        return expression, kind
    parts = []
    for field in fields_of(kind):
        own = [path[1:] for path in paths if path[0].lower() == field.name.lower()]
        is_gone = any(not path for path in own)
        left = None if is_gone else _without(f"{expression}.{quoted(field.name)}", field.type, own)
        if left is not None:
            parts.append((Field(field.name, left[1]), left[0]))
    return _rebuilt(expression, parts) if parts else None


def _renamed(expression: str, kind: str, path: Sequence[str], new: str) -> tuple[str, str]:
    parts = []
    for field in fields_of(kind):
        inner, inner_kind, name = f"{expression}.{quoted(field.name)}", field.type, field.name
        if field.name.lower() == path[0].lower():
            if len(path) == 1:
                name = new
            else:
                inner, inner_kind = _renamed(inner, field.type, path[1:], new)
        parts.append((Field(name, inner_kind), inner))
    return _rebuilt(expression, parts)


def flat_items(fields: Sequence[Field], prefix: str = "", path: str = "") -> list[tuple[Field, str]]:
    """The fields of rows as columns `a.b`, with their expressions."""
    items = []
    for field in fields:
        name = f"{prefix}{field.name}"
        expression = f"{path}.{quoted(field.name)}" if path else quoted(field.name)
        inner = fields_of(field.type)
        items += flat_items(inner, f"{name}.", expression) if inner else [(Field(name, field.type), expression)]
    return items


def unnest(frame: Frame) -> Frame:
    """Fields of rows as columns; arrays stay."""
    return frame.project([(field.name, expression) for field, expression in flat_items(frame.fields)])


def relationalize(frame: Frame, name: str) -> FrameCollection:
    """Flat frames: one for the rows, one for each array."""
    from bayou.etl.collection import FrameCollection

    frames: dict[str, Frame] = {}
    _flatten(frame, name, frames)
    return FrameCollection({key: frames[key] for key in sorted(frames, key=lambda key: (key != name, key))})


def _flatten(frame: Frame, name: str, frames: dict[str, Frame]) -> None:
    from bayou.etl.frame import Frame

    flat = unnest(frame)
    arrays = [field for field in flat.fields if field.element is not None]
    if not arrays:
        frames[name] = flat
        return
    # Numbers that tie the frames together must be the same for each of them, so the rows are held.
    id_name = "_row_id"
    numbered = flat.derive(
        f"SELECT *, row_number() OVER () AS {quoted(id_name)} FROM ({flat.plan.query}) AS t", [*flat.columns, id_name]
    )
    held = Frame.of(frame.lake, numbered.table(), numbered.columns).reading(*flat.plan.sources)
    names = {array.name for array in arrays}
    frames[name] = held.project(
        [
            (
                field.name,
                f"IF({quoted(field.name)} IS NULL, NULL, {quoted(id_name)})"
                if field.name in names
                else quoted(field.name),
            )
            for field in flat.fields
        ]
    )
    for array in arrays:
        _flatten(_exploded(held, array, id_name), f"{name}_{array.name}", frames)


def _exploded(held: Frame, array: Field, id_name: str) -> Frame:
    """The elements of an array, one a row."""
    element = array.element or ""
    inner = fields_of(element)
    value = f"{array.name}.val"
    parts = [f"v{place}" for place in range(len(inner))] or ["v"]
    items = [("id", quoted(id_name)), ("index", "position - 1")]
    if inner:
        items += [(f"{value}.{field.name}", part) for field, part in zip(inner, parts, strict=True)]
    else:
        items.append((value, "v"))
    listed = ", ".join(f"{expression} AS {quoted(key)}" for key, expression in items)
    query = (
        f"SELECT {listed} FROM ({held.plan.query}) AS t "
        f"CROSS JOIN UNNEST(t.{quoted(array.name)}) WITH ORDINALITY AS e ({', '.join(parts)}, position)"
    )
    return held.derive(query, [key for key, _ in items])


_SPARK = {
    "varchar": "string",
    "integer": "int",
    "bigint": "long",
    "real": "float",
    "double": "double",
    "smallint": "short",
    "tinyint": "byte",
    "varbinary": "binary",
    "unknown": "null",
}


def spark_type(kind: str) -> str:
    """A type as Glue prints it in a schema."""
    if kind.startswith("row("):
        return "struct"
    if kind.startswith("array("):
        return "array"
    if kind.startswith("map("):
        return "map"
    if kind.startswith("timestamp"):
        return "timestamp"
    if kind.startswith("decimal("):
        return "decimal(" + kind[8:-1].replace(" ", "") + ")"
    return _SPARK.get(kind, "string" if kind.startswith("varchar") else kind)


def schema_tree(fields: Sequence[Field]) -> str:
    """The columns as a tree, as Glue prints it."""
    lines = ["root"]

    def put(name: str, kind: str, depth: int) -> None:
        lines.append(f"{'|    ' * depth}|-- {name}: {spark_type(kind)}")
        for inner in fields_of(kind):
            put(inner.name, inner.type, depth + 1)
        if kind.startswith("array("):
            put("element", kind[6:-1], depth + 1)

    for field in fields:
        put(field.name, field.type, 0)
    return "\n".join(lines)
