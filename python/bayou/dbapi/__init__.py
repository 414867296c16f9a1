"""PEP 249 over a lake: `bayou.dbapi.connect("lake")`, or `bayou.connect`.

The statements are Athena's SQL. Types of results are real: `datetime`, `Decimal`, `list`, `dict`.

Source: PEP 249; PyAthena 4.2 for names, formatting and `description`.
"""

from __future__ import annotations

import datetime as _datetime

from bayou.dbapi._connection import Connection, connect
from bayou.dbapi._cursor import Cursor, DictCursor, PandasCursor
from bayou.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)

apilevel = "2.0"
threadsafety = 2  # threads may share the module and connections
paramstyle = "pyformat"  # set to "qmark" to pass values by position

Date = _datetime.date
Time = _datetime.time
Timestamp = _datetime.datetime
Binary = bytes


def DateFromTicks(ticks: float) -> _datetime.date:
    """The local date of a time in seconds since 1970."""
    return _datetime.date.fromtimestamp(ticks)


def TimeFromTicks(ticks: float) -> _datetime.time:
    """The local time of day of a time in seconds since 1970."""
    return _datetime.datetime.fromtimestamp(ticks).time()


def TimestampFromTicks(ticks: float) -> _datetime.datetime:
    """The local date and time of a time in seconds since 1970."""
    return _datetime.datetime.fromtimestamp(ticks)


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
NUMBER = DBAPITypeObject(
    ("tinyint", "smallint", "integer", "bigint", "real", "double", "float", "decimal"),
)
DATE = DBAPITypeObject(("date",))
TIME = DBAPITypeObject(("time", "time with time zone"))
DATETIME = DBAPITypeObject(("timestamp", "timestamp with time zone"))
JSON = DBAPITypeObject(("json",))
ROWID = DBAPITypeObject(())

__all__ = [
    "BINARY",
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "JSON",
    "NUMBER",
    "ROWID",
    "STRING",
    "TIME",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "DictCursor",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "PandasCursor",
    "ProgrammingError",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]
