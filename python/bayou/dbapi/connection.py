"""Connections: a lake, a database for unqualified tables, and cursors.

`connect` takes what PyAthena's takes: code that names regions, keys and work groups runs unchanged. Credentials are
never read, nor sent anywhere.

Source: PEP 249; PyAthena 4.2, connection.py (arguments).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from bayou import errors
from bayou.dbapi.cursor import Cursor
from bayou.errors import NotSupportedError, ProgrammingError

if TYPE_CHECKING:
    from bayou.lake import Lake

C = TypeVar("C", bound=Cursor)

# PyAthena 3's order, for calls by position.
_POSITIONS = (
    "s3_staging_dir", "region_name", "schema_name", "catalog_name", "work_group", "poll_interval", "encryption_option",
    "kms_key", "profile_name", "role_arn", "role_session_name", "external_id", "serial_number", "duration_seconds",
    "converter", "formatter", "retry_config", "cursor_class", "cursor_kwargs", "kill_on_interrupt", "session", "config",
    "result_reuse_enable", "result_reuse_minutes", "on_start_query_execution", "on_poll",
)  # fmt: skip
# What only AWS's services have.
_AWS = {
    "glue_metadata_fallback", "s3_config", "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
    "botocore_session", "api_version", "use_ssl", "verify", "endpoint_url",
}  # fmt: skip
_OWN = {
    "schema_name", "catalog_name", "work_group", "s3_staging_dir", "cursor_class", "cursor_kwargs", "formatter",
    "converter", "kill_on_interrupt", "result_reuse_enable", "result_reuse_minutes", "on_start_query_execution",
    "on_poll", "session",
}  # fmt: skip


def connect(*positional: Any, lake: Lake | str | os.PathLike[str] | None = None, **options: Any) -> Connection:
    """Connect to a lake with PyAthena's arguments and PyAthena's values.

    Args:
        positional: PyAthena 3's arguments in their order; or the lake as the first.
        lake: A `bayou.Lake`, a folder, or a URL; a folder `lake` when nothing names one, or `BAYOU_LAKE`.
        options: PyAthena's arguments, `typed=True` for real types at every depth, and for a lake that is not open yet
            the options of `bayou.Lake`.

    Returns:
        An open connection. Nothing is held open: a lake has no server.

    Raises:
        TypeError: An argument that neither PyAthena nor `bayou.Lake` has.
    """
    from bayou.lake import Lake

    if positional and lake is None and _is_lake(positional[0], options):
        lake, positional = positional[0], positional[1:]
    options.update(_named(positional, options))
    typed = bool(options.pop("typed", False))
    own = {name: options.pop(name) for name in list(options) if name in _OWN}
    if not isinstance(lake, Lake):
        lake_options = {name: options.pop(name) for name in ("cache_dir",) if name in options}
        if lake is not None:
            names = ("endpoint_url", "region", "access_key_id", "secret_access_key", "session_token", "profile")
            lake_options |= {name: options.pop(name) for name in names if name in options}
        lake = _session_lake(own.get("session")) or Lake(lake or os.environ.get("BAYOU_LAKE", "lake"), **lake_options)
    for name in options:
        if name not in _AWS and name not in _POSITIONS:
            raise TypeError(f"connect() got an unexpected keyword argument '{name}'")
    if typed:
        _accept_in_pandas()
    return Connection(lake, typed=typed, **own)


def _is_lake(first: Any, options: dict[str, Any]) -> bool:
    """A first argument `s3://…` is PyAthena's staging folder when other arguments of PyAthena's are beside it."""
    from bayou.lake import Lake

    if isinstance(first, Lake | os.PathLike):
        return True
    return isinstance(first, str) and not (first.startswith("s3://") and "region_name" in options)


def _named(positional: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    if len(positional) > len(_POSITIONS):
        raise TypeError(f"connect() takes at most {len(_POSITIONS)} arguments by position")
    named = dict(zip(_POSITIONS, positional, strict=False))
    if double := sorted(named.keys() & options.keys()):
        raise TypeError(f"connect() got multiple values for argument '{double[0]}'")
    return named


def _session_lake(session: Any) -> Lake | None:
    """The lake behind `lake.aws_session()`."""
    return getattr(session, "lake", None)


def typed_connect(lake: Lake | str | os.PathLike[str] | None = None, **options: Any) -> Connection:
    """Connect to a lake, PEP 249, with real types: `bayou.connect`.

    `pd.read_sql(sql, bayou.connect(lake))` gets Arrow and no warning: pandas takes the connection as one of ADBC when
    `adbc-driver-manager` is installed. Without it, this call filters the one message with which pandas greets every
    connection that it does not know.

    Args:
        lake: A `bayou.Lake`, a folder, or a URL.
        options: As `bayou.dbapi.connect`.

    Returns:
        An open connection. Nothing is held open: a lake has no server.
    """
    options.setdefault("typed", True)
    return connect(lake=lake, **options)


def _accept_in_pandas() -> None:
    warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy connectable", category=UserWarning)


def _pandas_wants_rows(asking: FrameType) -> bool:
    """Whether `pd.read_sql` asks, and was called with what it refuses to ADBC's connections."""
    if asking.f_code.co_name == "__instancecheck__" and asking.f_back is not None:
        asking = asking.f_back  # the driver manager's class has a check of its own
    caller = asking.f_back
    if asking.f_code.co_name != "pandasSQL_builder" or caller is None:
        return False
    return any(caller.f_locals.get(name) for name in ("params", "chunksize"))


class Connection:
    """An open connection; made by `bayou.connect` and `bayou.dbapi.connect`."""

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

    def __init__(
        self,
        lake: Lake,
        *,
        typed: bool,
        schema_name: str | None = "default",
        catalog_name: str | None = "awsdatacatalog",
        work_group: str | None = None,
        s3_staging_dir: str | None = None,
        cursor_class: type[Cursor] | None = None,
        cursor_kwargs: dict[str, Any] | None = None,
        formatter: Any = None,
        converter: Any = None,
        kill_on_interrupt: bool = True,
        result_reuse_enable: bool = False,
        result_reuse_minutes: int = 60,
        on_start_query_execution: Callable[[str], None] | None = None,
        on_poll: Callable[[Any], None] | None = None,
        session: Any = None,
    ) -> None:
        self._lake: Lake | None = lake
        self._session = session
        self.typed = typed
        self.schema_name = schema_name or "default"
        self.catalog_name = catalog_name
        self.work_group = work_group or os.environ.get("AWS_ATHENA_WORK_GROUP") or None
        self.s3_staging_dir = s3_staging_dir
        self.cursor_class = cursor_class or Cursor
        self.cursor_kwargs = cursor_kwargs or {}
        self.formatter = formatter
        self.converter = converter
        self.kill_on_interrupt = kill_on_interrupt
        self.result_reuse_enable = result_reuse_enable
        self.result_reuse_minutes = result_reuse_minutes
        self.on_start_query_execution = on_start_query_execution
        self.on_poll = on_poll

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` sees: a connection with real types is one of ADBC's too.

        pandas knows connections by their class, and ADBC's way is the one that gives Arrow. Inheriting would import
        pyarrow with every connection; pandas imports the driver manager itself before it asks. It has neither
        parameters nor chunks for ADBC, so a call with these is told our own class, and reads rows.
        """
        adbc = sys.modules.get("adbc_driver_manager.dbapi")
        if adbc is None or not self.typed or _pandas_wants_rows(sys._getframe(1)):
            return type(self)
        found: type = adbc.Connection
        return found

    @property
    def lake(self) -> Lake:
        """The lake of the connection."""
        if self._lake is None:
            raise ProgrammingError("The connection is closed")
        return self._lake

    def staging(self, given: str | None = None) -> str:
        """Where results would go, with a slash at the end."""
        found = given or self.s3_staging_dir or os.environ.get("AWS_ATHENA_S3_STAGING_DIR")
        found = found or f"{self.lake.url}/.bayou/results/"
        return found if found.endswith("/") else f"{found}/"

    def cursor(self, cursor: type[C] | None = None, **options: Any) -> Any:
        """A new cursor, of `cursor` or of the connection's class; `options` win over the connection's."""
        self.lake  # noqa: B018 - raises when closed
        cls = cursor or self.cursor_class
        if self.typed and cls is Cursor:
            from bayou.dbapi.adbc import AdbcCursor

            cls = AdbcCursor
        return cls(self, **{**self.cursor_kwargs, **options})

    @property
    def session(self) -> Any:
        """An object shaped like a boto3 session, over this lake."""
        return self._session or self.lake.aws_session()

    @property
    def client(self) -> Any:
        """An object shaped like boto3's client of Athena, over this lake."""
        return self.session.client("athena")

    @property
    def s3_client(self) -> Any:
        """An object shaped like boto3's client of S3, over this lake."""
        return self.session.client("s3")

    @property
    def retry_config(self) -> Any:
        """PyAthena's defaults; nothing here is tried again."""
        from bayou.dbapi.util import RetryConfig

        return RetryConfig()

    def commit(self) -> None:
        """Nothing to do: every statement is its own transaction."""
        self.lake  # noqa: B018 - raises when closed

    def rollback(self) -> None:
        """Not supported: every statement is its own transaction."""
        raise NotSupportedError("A lake has no transactions over several statements")

    def close(self) -> None:
        """Close the connection; its cursors cannot be used any more."""
        self._lake = None

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed."""
        return self._lake is None

    def adbc_get_objects(self, **filters: Any) -> Any:
        """Databases and tables as ADBC describes them; see `bayou.dbapi.adbc`."""
        from bayou.dbapi.adbc import objects

        return objects(self, **filters)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
