"""Cursors: one statement at a time, rows as tuples or dicts.

`execute` ends when the statement has ended, as PyAthena's does, but there is nothing to poll: it waits for the engine.

Source: PEP 249; PyAthena 4.2, cursor.py and common.py (behaviour).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from bayou.dbapi.execution import ExecutionAttributes
from bayou.dbapi.formatter import qmark, render
from bayou.dbapi.model import AthenaDatabase, AthenaTableMetadata, databases, table_metadata, tables_metadata
from bayou.dbapi.options import ExecuteOptions
from bayou.dbapi.result_set import Column, ResultSet
from bayou.errors import ProgrammingError, failed_query

if TYPE_CHECKING:
    from bayou._bayou import QueryExecution, Table
    from bayou.dbapi.connection import Connection

Parameters = Mapping[str, Any] | Sequence[Any]

_MAX_ARRAYSIZE = 1000


class Cursor(ExecutionAttributes):
    """Runs statements and hands out their rows as tuples.

    Args:
        connection: The connection that makes the cursor.
        arraysize: Rows of `fetchmany` without a size, 1 to 1000.
        options: What PyAthena's cursors and connections accept besides; options of services that are not here
            (polling, encryption, retries, unloading) have no effect.
    """

    # Options that change something here; they may be given to the connection, the cursor or a call.
    _own: ClassVar[frozenset[str]] = frozenset(
        {"schema_name", "catalog_name", "work_group", "s3_staging_dir", "kill_on_interrupt", "on_start_query_execution",
         "on_poll", "result_reuse_enable", "result_reuse_minutes"}
    )  # fmt: skip
    _streams = False
    _as_dict: type[dict[str, Any]] | None = None

    def __init__(self, connection: Connection, *, arraysize: int = _MAX_ARRAYSIZE, **options: Any) -> None:
        self._connection: Connection | None = connection
        self._options = {name: value for name, value in options.items() if name in self._own and value is not None}
        self._compat = not connection.typed
        self._catalog = self._option("catalog_name")
        self._result: ResultSet | None = None
        self._running: QueryExecution | None = None
        self._text: str | None = None
        self._affected = -1
        self.arraysize = arraysize

    def _option(self, name: str, given: Any = None) -> Any:
        if given is not None:
            return given
        return self._options.get(name, getattr(self.connection, name, None))

    @property
    def connection(self) -> Connection:
        """The connection that made this cursor."""
        if self._connection is None:
            raise ProgrammingError("The cursor is closed")
        return self._connection

    @property
    def arraysize(self) -> int:
        """Rows of `fetchmany` without a size."""
        return self._arraysize

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        if not 1 <= value <= _MAX_ARRAYSIZE:
            raise ProgrammingError(f"`arraysize` is {value}, and must be 1 to {_MAX_ARRAYSIZE}")
        self._arraysize = value

    @property
    def description(self) -> list[Column] | None:
        """Seven items per column of the result: name, type, None, None, precision, scale, nullability."""
        return None if self._result is None else self._result.description

    @property
    def rowcount(self) -> int:
        """Rows that were written; -1 for a query and before a statement."""
        return self._affected if self._result is None else self._result.rowcount

    @property
    def rownumber(self) -> int | None:
        """Rows that were fetched; None without a result."""
        return None if self._result is None else self._result.rownumber

    @property
    def has_result_set(self) -> bool:
        """Whether there is something to fetch from."""
        return self._result is not None

    @property
    def result_set(self) -> ResultSet | None:
        """The rows of the last statement."""
        return self._result

    @property
    def is_closed(self) -> bool:
        """Whether the cursor was closed."""
        return self._connection is None

    # -- running ------------------------------------------------------------------------------------

    def execute(
        self,
        operation: str,
        parameters: Parameters | None = None,
        work_group: str | None = None,
        s3_staging_dir: str | None = None,
        cache_size: int | None = None,
        cache_expiration_time: int | None = None,
        result_reuse_enable: bool | None = None,
        result_reuse_minutes: int | None = None,
        paramstyle: str | None = None,
        on_start_query_execution: Callable[[str], None] | None = None,
        result_set_type_hints: dict[str, str] | None = None,
        options: ExecuteOptions | None = None,
        **ignored: Any,
    ) -> Self:
        """Run one statement.

        Args:
            operation: SQL in Athena's dialect.
            parameters: A mapping for `%(name)s`, or a sequence for `?` with `qmark`.
            work_group: Told by `work_group` afterwards.
            s3_staging_dir: Told by `output_location` afterwards.
            cache_size: No effect: statements always run, so results are never stale.
            cache_expiration_time: No effect, as `cache_size`.
            result_reuse_enable: Told by `result_reuse_enabled` afterwards; no effect, as `cache_size`.
            result_reuse_minutes: Told afterwards.
            paramstyle: `pyformat` or `qmark`; `bayou.dbapi.paramstyle` when None.
            on_start_query_execution: Called with the statement's id, after those of the connection and the cursor.
            result_set_type_hints: Columns whose arrays, maps and rows keep their real types with PyAthena's values.
            options: The same options in one object; keywords win.
            ignored: What the other cursors of PyAthena accept here.

        Returns:
            The cursor itself.

        Raises:
            ProgrammingError: The statement is empty, or the parameters do not fit it.
            OperationalError: The statement failed; the class is that of the failure too, as `SqlError`.
        """
        given = ExecuteOptions(
            work_group=work_group,
            s3_staging_dir=s3_staging_dir,
            result_reuse_enable=result_reuse_enable,
            result_reuse_minutes=result_reuse_minutes,
            paramstyle=paramstyle,
            on_start_query_execution=on_start_query_execution,
            result_set_type_hints=result_set_type_hints,
        ).over(options)
        text, expressions = self._statement(operation, parameters, given.paramstyle)
        self._reset()
        self._text = text
        self.work_group = self._option("work_group", given.work_group)
        self._staging = self.connection.staging(given.s3_staging_dir or self._options.get("s3_staging_dir"))
        self.execution_parameters = expressions or None
        self.result_reuse_enabled = bool(self._option("result_reuse_enable", given.result_reuse_enable))
        self.result_reuse_minutes = self._option("result_reuse_minutes", given.result_reuse_minutes)
        try:
            database = self._option("schema_name")
            execution = self.connection.lake._execute(text, database=database, parameters=expressions)
            self._running, self._info = execution, execution.info
            self._tell_start(execution.query_id, given.on_start_query_execution)
            self._result = self._result_of(execution, given.result_set_type_hints)
            self._info = self._result._info
        except KeyboardInterrupt:
            if self._option("kill_on_interrupt") is not False:
                self._stop()
            raise
        except Exception as error:
            self._note_failure()
            raise self._failure(error) from error
        finally:
            self._running = None
        if (on_poll := self._option("on_poll")) is not None:
            on_poll(self)
        return self

    def _statement(
        self, operation: str, parameters: Parameters | None, paramstyle: str | None
    ) -> tuple[str, list[str]]:
        from bayou import dbapi

        style = paramstyle or dbapi.paramstyle
        if style == "qmark":
            return qmark(operation, parameters, typed=self.connection.typed)
        if style != "pyformat":
            raise ProgrammingError(
                f"`paramstyle` is `{style}`, and bayou knows `pyformat` and `qmark`\n"
                "hint: set bayou.dbapi.paramstyle to one of the two"
            )
        formatter = self.connection.formatter
        if formatter is not None and parameters is not None:
            return formatter.format(operation, parameters), []
        return render(operation, parameters), []

    def _tell_start(self, query_id: str, called: Callable[[str], None] | None) -> None:
        own = self._options.get("on_start_query_execution")
        for callback in (self.connection.on_start_query_execution, own, called):
            if callback is not None:
                callback(query_id)

    def _result_of(self, execution: QueryExecution, hints: dict[str, str] | None) -> ResultSet:
        return ResultSet(
            execution,
            self._shared(),
            arraysize=self.arraysize,
            typed=self.connection.typed,
            as_dict=self._as_dict,
            hints=hints,
            streams=self._streams,
        )

    def _shared(self) -> dict[str, Any]:
        """What a result set has in common with its cursor."""
        names = ("work_group", "execution_parameters", "result_reuse_enabled", "result_reuse_minutes")
        return {name: getattr(self, name) for name in (*names, "_staging", "_compat", "_catalog")}

    def _reset(self) -> None:
        if self._result is not None:
            self._result.close()
        self._result, self._info, self._affected = None, None, -1

    def _note_failure(self) -> None:
        """Find the statement in the history: it may have failed before it had a handle."""
        for info in self.connection.lake.queries(50):
            known = self._running.query_id if self._running is not None else None
            if info["query_id"] == known or (known is None and info["text"] == self._text):
                self._info = info
                return

    def _failure(self, error: Exception) -> Exception:
        """A statement that failed is an `OperationalError`, whatever it is besides."""
        is_ours = self._info is not None and self._info.get("state") in ("FAILED", "CANCELLED")
        return failed_query(error) if is_ours else error

    def executemany(self, operation: str, seq_of_parameters: Iterable[Parameters | None], **options: Any) -> None:
        """Run one statement with each set of parameters; there is no result afterwards.

        `rowcount` is the sum of the rows written, and -1 when one of the statements does not tell.
        """
        total = 0
        for parameters in seq_of_parameters:
            self.execute(operation, parameters, **options)
            total = -1 if total < 0 or self.rowcount < 0 else total + self.rowcount
        self.connection  # noqa: B018 - raises when closed
        if self._result is not None:
            self._result.close()
        self._result, self._affected = None, total

    def cancel(self) -> None:
        """Stop the statement that runs: its `execute` raises. May be called from another thread.

        Raises:
            ProgrammingError: No statement was begun.
        """
        if self._text is None:
            raise ProgrammingError("There is no statement to cancel\nhint: call execute() first")
        self._stop()

    def _stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            return
        lake = self.connection.lake
        for info in lake.queries(50):
            if info["state"] == "RUNNING" and info["text"] == self._text:
                lake._core.cancel_query(info["query_id"])
                return

    # -- fetching -----------------------------------------------------------------------------------

    def _fetchable(self) -> ResultSet:
        self.connection  # noqa: B018 - raises when closed
        if self._result is None:
            raise ProgrammingError("There is no result to fetch from\nhint: call execute() first")
        return self._result

    def fetchone(self) -> Any:
        """The next row, or None."""
        return self._fetchable().fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows (`arraysize` when None), fewer at the end."""
        return self._fetchable().fetchmany(self.arraysize if size is None else size)

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return self._fetchable().fetchall()

    def fetch_table(self) -> Table:
        """The whole result as a `bayou.Table`, without making Python objects."""
        return self._fetchable().table

    # -- catalog ------------------------------------------------------------------------------------

    def list_databases(self, catalog_name: str | None = None, max_results: int | None = None) -> list[AthenaDatabase]:
        """The catalog's databases."""
        return databases(self.connection.lake)

    def get_table_metadata(
        self, table_name: str, catalog_name: str | None = None, schema_name: str | None = None, logging_: bool = True
    ) -> AthenaTableMetadata:
        """A table of the catalog.

        Raises:
            OperationalError: There is none.
        """
        return table_metadata(self.connection.lake, schema_name or self._option("schema_name"), table_name)

    def list_table_metadata(
        self,
        catalog_name: str | None = None,
        schema_name: str | None = None,
        expression: str | None = None,
        max_results: int | None = None,
    ) -> list[AthenaTableMetadata]:
        """The tables of a database whose names match a regular expression."""
        return tables_metadata(self.connection.lake, schema_name or self._option("schema_name"), expression)

    # -- PEP 249 ------------------------------------------------------------------------------------

    def setinputsizes(self, sizes: Any) -> None:
        """Does nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing, as PEP 249 allows."""

    def close(self) -> None:
        """Close the cursor and let go of its result."""
        if self._result is not None:
            self._result.close()
        self._connection, self._result = None, None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class DictCursor(Cursor):
    """A cursor whose rows are dicts.

    Args:
        connection: The connection that makes the cursor.
        dict_type: Class of the rows.
        options: As `Cursor`.
    """

    dict_type: type[dict[str, Any]] = dict

    def __init__(
        self, connection: Connection, *, dict_type: type[dict[str, Any]] | None = None, **options: Any
    ) -> None:
        super().__init__(connection, **options)
        self._as_dict = dict_type or self.dict_type
