"""Types of columns: the engine's words and Spark's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bayou.etl.naming import Field, fields_of, split_list

_SPARK = {
    "varchar": "string",
    "integer": "int",
    "real": "float",
    "varbinary": "binary",
    "unknown": "void",
    "json": "string",
    "uuid": "string",
}


def spark_type(kind: str) -> str:
    """The engine's type in Spark SQL's words, as in DDL."""
    if kind in _SPARK:
        return _SPARK[kind]
    if kind.startswith(("varchar", "char")):
        return "string"
    if kind.startswith("timestamp"):
        return "timestamp"
    if kind.startswith("decimal("):
        return kind.replace(" ", "")
    if kind.startswith("row("):
        inner = ",".join(f"`{field.name}`:{spark_type(field.type)}" for field in fields_of(kind))
        return f"struct<{inner}>"
    if kind.startswith("array("):
        return f"array<{spark_type(kind[6:-1])}>"
    if kind.startswith("map("):
        key, value = split_list(kind[4:-1])
        return f"map<{spark_type(key)},{spark_type(value)}>"
    return kind


def hive_columns(schema: Any) -> dict[str, str]:
    """Columns and Hive types of a schema as readers take it: a StructType, or text such as `a int, b string`."""
    if isinstance(schema, str):
        pairs: Iterable[tuple[str, str]] = (_pair(item) for item in split_list(schema))
        return {name.strip("`"): kind.lower() for name, kind in pairs}
    return {field.name: field.dataType.simpleString() for field in schema}


def _pair(item: str) -> tuple[str, str]:
    name, _, kind = item.strip().partition(" ")
    return name, kind.strip().split(" NOT ")[0].split(" COMMENT ")[0].strip()


def struct_of(fields: Iterable[Field]) -> Any:
    """The fields as Spark's StructType."""
    from sqlframe.base import types

    def data_type(kind: str) -> Any:
        simple = {
            "varchar": types.StringType,
            "integer": types.IntegerType,
            "bigint": types.LongType,
            "smallint": types.ShortType,
            "tinyint": types.ByteType,
            "double": types.DoubleType,
            "real": types.FloatType,
            "boolean": types.BooleanType,
            "date": types.DateType,
            "varbinary": types.BinaryType,
        }
        if kind in simple:
            return simple[kind]()
        if kind.startswith("timestamp"):
            return types.TimestampType()
        if kind.startswith("decimal("):
            precision, scale = split_list(kind[8:-1])
            return types.DecimalType(int(precision), int(scale))
        if kind.startswith("row("):
            return types.StructType(
                [types.StructField(field.name, data_type(field.type), True) for field in fields_of(kind)]
            )
        if kind.startswith("array("):
            return types.ArrayType(data_type(kind[6:-1]), True)
        if kind.startswith("map("):
            key, value = split_list(kind[4:-1])
            return types.MapType(data_type(key), data_type(value), True)
        return types.StringType()

    return types.StructType([types.StructField(field.name, data_type(field.type), True) for field in fields])
