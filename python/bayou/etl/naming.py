"""Names, paths and types: how a column of a frame is written in SQL, and what its type is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bayou.errors import InvalidOptionError, SchemaError

# Glue's and Spark's names of types, in Trino's words.
# Source: Glue Developer Guide, ApplyMapping; Spark SQL, data types.
_SIMPLE = {
    "string": "varchar",
    "varchar": "varchar",
    "char": "varchar",
    "int": "integer",
    "integer": "integer",
    "long": "bigint",
    "bigint": "bigint",
    "double": "double",
    "float": "real",
    "real": "real",
    "short": "smallint",
    "smallint": "smallint",
    "byte": "tinyint",
    "tinyint": "tinyint",
    "boolean": "boolean",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp(3)",
    "decimal": "decimal(10, 2)",
    "binary": "varbinary",
}
_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


def quoted(name: str) -> str:
    """A name as an identifier; the engine's names are lower case."""
    return '"' + name.lower().replace('"', '""') + '"'


def text(value: str) -> str:
    """A string as a literal."""
    return "'" + value.replace("'", "''") + "'"


def split_path(path: str) -> list[str]:
    """The steps of a dotted path; back-ticks quote a step that holds a dot."""
    steps = [quoted_step or step for quoted_step, step in re.findall(r"`([^`]+)`|([^.`]+)", path)]
    if not steps:
        raise InvalidOptionError(f"`{path}` names no column")
    return steps


def engine_type(name: str) -> str:
    """A type in Glue's, Spark's or Hive's words as the engine has it.

    Raises:
        InvalidOptionError: There is no such type.
    """
    given = name.strip().lower()
    if given in _SIMPLE:
        return _SIMPLE[given]
    if found := _DECIMAL.fullmatch(given):
        return f"decimal({found[1]}, {found[2] or 0})"
    if given.startswith(("varchar(", "char(")):
        return "varchar"
    if given.startswith(("timestamp(", "row(", "array(", "map(")):
        return given
    if given.startswith("array<") and given.endswith(">"):
        return f"array({engine_type(name.strip()[6:-1])})"
    if given.startswith("map<") and given.endswith(">"):
        key, value = split_list(name.strip()[4:-1])
        return f"map({engine_type(key)}, {engine_type(value)})"
    if given.startswith("struct<") and given.endswith(">"):
        fields = [field.split(":", 1) for field in split_list(name.strip()[7:-1])]
        return "row(" + ", ".join(f"{quoted(key.strip())} {engine_type(kind)}" for key, kind in fields) + ")"
    raise InvalidOptionError(
        f"`{name}` is no type\nhint: {', '.join(dict.fromkeys(_SIMPLE))}, decimal(p,s), array<…>, map<…>, struct<…>"
    )


def split_list(listed: str) -> list[str]:
    """The items of a list, at the commas that no bracket or quote holds."""
    items, depth, start, in_quotes = [], 0, 0, False
    for place, char in enumerate(listed):
        if char == '"':
            in_quotes = not in_quotes
        elif in_quotes:
            continue
        elif char in "(<":
            depth += 1
        elif char in ")>":
            depth -= 1
        elif char == "," and depth == 0:
            items.append(listed[start:place].strip())
            start = place + 1
    items.append(listed[start:].strip())
    return [item for item in items if item]


@dataclass(frozen=True)
class Field:
    """A column of a frame, or a field of a row: its name as it is spelled, and its type in the engine's words."""

    name: str
    type: str

    @property
    def fields(self) -> list[Field]:
        """The fields of a row; none for other types."""
        return fields_of(self.type)

    @property
    def element(self) -> str | None:
        """The type of an array's elements; None for other types."""
        return self.type[6:-1] if self.type.startswith("array(") else None


def fields_of(kind: str) -> list[Field]:
    """The fields of a row type."""
    if not kind.startswith("row("):
        return []
    fields = []
    for item in split_list(kind[4:-1]):
        if item.startswith('"'):
            end = item.index('"', 1)
            fields.append(Field(item[1:end], item[end + 1 :].strip()))
        else:
            name, _, rest = item.partition(" ")
            fields.append(Field(name, rest.strip()))
    return fields


def row_type(fields: Iterable[Field]) -> str:
    """The type of a row of these fields."""
    return "row(" + ", ".join(f"{quoted(field.name)} {field.type}" for field in fields) + ")"


def row(values: Sequence[tuple[Field, str]]) -> str:
    """A row of expressions with names and types."""
    return f"CAST(ROW({', '.join(value for _, value in values)}) AS {row_type(field for field, _ in values)})"


def find(fields: Iterable[Field], name: str) -> Field | None:
    """The field of a name, in any case."""
    lower = name.lower()
    return next((field for field in fields if field.name.lower() == lower), None)


def resolve(fields: Sequence[Field], path: str) -> tuple[str, str] | None:
    """Expression and type of a dotted path; a column whose own name has dots comes first."""
    whole = find(fields, path.replace("`", ""))
    if whole is not None:
        return quoted(whole.name), whole.type
    first, *rest = split_path(path)
    field = find(fields, first)
    if field is None:
        return None
    expression, kind = quoted(field.name), field.type
    for step in rest:
        inner = find(fields_of(kind), step)
        if inner is None:
            return None
        expression, kind = f"{expression}.{quoted(inner.name)}", inner.type
    return expression, kind


def missing(fields: Iterable[Field], path: str) -> SchemaError:
    """The error for a path that leads nowhere."""
    from difflib import get_close_matches

    names = [field.name for field in fields]
    near = get_close_matches(path, names, 1)
    hint = f"is it `{near[0]}`?" if near else f"the columns are {', '.join(names)}"
    return SchemaError(f"There is no column `{path}`\nhint: {hint}")
