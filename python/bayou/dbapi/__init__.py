"""PEP 249 over a lake, with PyAthena's names: `import bayou.dbapi as pyathena` is the whole change.

The statements are Athena's SQL. `connect` gives PyAthena's values, where maps and rows have texts inside;
`bayou.connect`, or `typed=True`, gives real types at every depth. pandas, pyarrow and polars are imported when a cursor
needs them.

Source: PEP 249; PyAthena 4.2 for names, formatting, values and `description`.
"""

from __future__ import annotations

import datetime as _datetime
from typing import Any

from bayou.dbapi.connection import Connection, connect
from bayou.dbapi.cursor import Cursor, DictCursor
from bayou.dbapi.frames import ArrowCursor, PandasCursor, PolarsCursor, S3FSCursor, SparkCursor
from bayou.dbapi.options import ExecuteOptions
from bayou.dbapi.sqltype import (
    BINARY,
    BOOLEAN,
    DATE,
    DATETIME,
    JSON,
    NUMBER,
    ROWID,
    STRING,
    TIME,
    DBAPITypeObject,
)
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


# What is imported when it is first used: asyncio and threads are not needed by most.
_LATE = {
    **{f"Async{kind}Cursor": "async_cursor" for kind in ("", "Dict", "Pandas", "Arrow", "Polars", "S3FS", "Spark")},
    **{f"Aio{kind}Cursor": "aio" for kind in ("", "Dict", "Pandas", "Arrow", "Polars", "S3FS", "Spark")},
    "AioConnection": "aio",
    "aio_connect": "aio",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _LATE:
        raise AttributeError(f"module 'bayou.dbapi' has no attribute {name!r}")
    return getattr(import_module(f"bayou.dbapi.{_LATE[name]}"), name)


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
    "ArrowCursor",
    "Binary",
    "Connection",
    "Cursor",
    "DBAPITypeObject",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "DictCursor",
    "Error",
    "ExecuteOptions",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "PandasCursor",
    "PolarsCursor",
    "ProgrammingError",
    "S3FSCursor",
    "SparkCursor",
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
