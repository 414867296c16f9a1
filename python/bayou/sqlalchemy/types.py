"""Types of columns that SQLAlchemy does not have, and the way from a type's text to a type.

Source: PyAthena 4.2, sqlalchemy/types.py (names).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import types, util
from sqlalchemy.types import TypeEngine, UserDefinedType

from bayou.dbapi.sqltype import SqlType


class TINYINT(types.Integer):
    """An integer of one byte."""

    __visit_name__ = "TINYINT"


class AthenaTimestamp(types.TIMESTAMP):
    """A timestamp without zone."""


class AthenaDate(types.DATE):
    """A date."""


class AthenaBinary(types.LargeBinary):
    """Bytes; they are values as they are."""

    def bind_processor(self, dialect: Any) -> None:
        """Nothing to do."""

    def result_processor(self, dialect: Any, coltype: object) -> None:
        """Nothing to do."""


class AthenaJSON(types.JSON):
    """A JSON value; the cursor parses it."""

    def result_processor(self, dialect: Any, coltype: object) -> None:
        """Nothing to do."""


class AthenaArray(types.ARRAY[Any]):
    """A list of values of one type."""

    def __init__(self, item_type: Any = types.String, **options: Any) -> None:
        super().__init__(item_type, **options)


class AthenaMap(UserDefinedType[Any]):
    """A mapping of keys of one type to values of another."""

    __visit_name__ = "map"
    cache_ok = True

    def __init__(self, key_type: Any = types.String, value_type: Any = types.String) -> None:
        self.key_type: TypeEngine[Any] = types.to_instance(key_type)
        self.value_type: TypeEngine[Any] = types.to_instance(value_type)

    @property
    def python_type(self) -> type:
        """`dict`."""
        return dict


class AthenaStruct(UserDefinedType[Any]):
    """Fields with names and types: `AthenaStruct(("a", Integer), ("b", String))`."""

    __visit_name__ = "struct"
    cache_ok = True

    def __init__(self, *fields: str | tuple[str, Any]) -> None:
        pairs = [(field, types.String) if isinstance(field, str) else field for field in fields]
        self.fields: tuple[tuple[str, TypeEngine[Any]], ...] = tuple(
            (name, types.to_instance(kind)) for name, kind in pairs
        )

    @property
    def python_type(self) -> type:
        """`dict`."""
        return dict


_SIMPLE: dict[str, Any] = {
    "boolean": types.BOOLEAN,
    "tinyint": TINYINT,
    "smallint": types.SMALLINT,
    "int": types.INTEGER,
    "integer": types.INTEGER,
    "bigint": types.BIGINT,
    "float": types.FLOAT,
    "real": types.FLOAT,
    "double": types.DOUBLE,
    "string": types.String,
    "date": AthenaDate,
    "timestamp": AthenaTimestamp,
    "binary": AthenaBinary,
    "varbinary": AthenaBinary,
    "json": AthenaJSON,
}


def from_text(text: str) -> TypeEngine[Any]:
    """The type that Hive's or Trino's text names; `NullType`, with a warning, for one that is not known."""
    plain = text.replace("<", "(").replace(">", ")").replace(":", " ")
    return _from(SqlType.parse(plain), text)


def _from(found: SqlType, text: str) -> TypeEngine[Any]:
    match found.base:
        case "array":
            return AthenaArray(_from(found.parts[0][1], text))
        case "map":
            return AthenaMap(_from(found.parts[0][1], text), _from(found.parts[1][1], text))
        case "row" | "struct":
            return AthenaStruct(*((name, _from(part, text)) for name, part in found.parts))
        case "decimal":
            precision, scale = (*found.numbers, 10, 0)[:2] if len(found.numbers) != 1 else (found.numbers[0], 0)
            decimal: TypeEngine[Any] = types.DECIMAL(precision, scale)
            return decimal
        case "varchar":
            return types.VARCHAR(found.numbers[0] if found.numbers else None)
        case "char":
            return types.CHAR(found.numbers[0] if found.numbers else None)
        case "timestamp with time zone":
            return types.TIMESTAMP(timezone=True)
    if found.base in _SIMPLE:
        simple: TypeEngine[Any] = _SIMPLE[found.base]()
        return simple
    util.warn(f"Did not recognize type '{text}'")
    return types.NullType()
