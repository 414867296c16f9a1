"""Connections: a lake, a database name for unqualified tables, and cursors."""

from __future__ import annotations

import os
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from bayou import errors
from bayou.dbapi._cursor import Cursor
from bayou.errors import NotSupportedError, ProgrammingError

if TYPE_CHECKING:
    from bayou.lake import Lake

C = TypeVar("C", bound=Cursor)


def connect(
    lake: Lake | str | os.PathLike[str],
    *,
    schema_name: str = "default",
    cursor_class: type[Cursor] = Cursor,
    **options: Any,
) -> Connection:
    """Connect to a lake, PEP 249.

    `pd.read_sql(sql, bayou.connect(lake))` works. pandas warns about every connection that is not SQLAlchemy's, ADBC's
    or sqlite3's, and offers no way for others to introduce themselves; this call therefore filters that one message
    (category and text) of the `warnings` module.

    Args:
        lake: A `bayou.Lake`, a folder, or a URL.
        schema_name: Database of tables that are named without one.
        cursor_class: Class of the cursors that `Connection.cursor()` makes.
        options: Options of `bayou.Lake`, when `lake` is a folder or URL.

    Returns:
        An open connection. Nothing is held open: a lake has no server.
    """
    from bayou.lake import Lake

    if not isinstance(lake, Lake):
        lake = Lake(lake, **options)
    elif options:
        raise ProgrammingError(f"`{next(iter(options))}` is an option of bayou.Lake; the lake is open already")
    _accept_in_pandas()
    return Connection(lake, schema_name=schema_name, cursor_class=cursor_class)


def _accept_in_pandas() -> None:
    warnings.filterwarnings(
        "ignore",
        message="pandas only supports SQLAlchemy connectable",
        category=UserWarning,
    )


class Connection:
    """An open connection; made by `bayou.connect`."""

    # PEP 249's optional extension: the exceptions as attributes of the connection.
    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(self, lake: Lake, *, schema_name: str, cursor_class: type[Cursor]) -> None:
        self._lake: Lake | None = lake
        self.schema_name = schema_name
        self.cursor_class = cursor_class

    @property
    def lake(self) -> Lake:
        """The lake of the connection."""
        if self._lake is None:
            raise ProgrammingError("The connection is closed")
        return self._lake

    def cursor(self, cursor: type[C] | None = None, **options: Any) -> C | Cursor:
        """A new cursor, of `cursor` or of the connection's class."""
        self.lake  # noqa: B018 - raises when closed
        return (cursor or self.cursor_class)(self, **options)

    def commit(self) -> None:
        """Nothing to do: every statement is its own transaction."""
        self.lake  # noqa: B018 - raises when closed

    def rollback(self) -> None:
        """Not supported: every statement is its own transaction."""
        raise NotSupportedError("A lake has no transactions over several statements")

    def close(self) -> None:
        """Close the connection; its cursors cannot be used any more."""
        self._lake = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
