"""Cursors whose statements run on threads: `execute` gives an id and a future of the result set.

Source: PyAthena 4.2, async_cursor.py (behaviour).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from bayou.dbapi.cursor import Cursor, DictCursor, Parameters
from bayou.dbapi.execution import ExecutionAttributes
from bayou.dbapi.frames import ArrowCursor, PandasCursor, PolarsCursor, S3FSCursor, SparkCursor
from bayou.dbapi.result_set import Column, ResultSet
from bayou.errors import NotSupportedError, ProgrammingError

if TYPE_CHECKING:
    from bayou.dbapi.connection import Connection


class AsyncCursor:
    """Runs statements beside each other.

    Args:
        connection: The connection that makes the cursor.
        max_workers: Statements that run at a time.
        arraysize: Rows of `fetchmany` of the result sets.
        options: As those of the cursor with the same name without `Async`.
    """

    _cursor_class: type[Cursor] = Cursor

    def __init__(
        self,
        connection: Connection,
        *,
        max_workers: int = (os.cpu_count() or 1) * 5,
        arraysize: int = 1000,
        **options: Any,
    ) -> None:
        self.connection = connection
        self._options = options
        self._executor: ThreadPoolExecutor | None = ThreadPoolExecutor(max_workers, thread_name_prefix="bayou-query")
        self._made: dict[str, Future[Any]] = {}
        self.arraysize = arraysize
        self._new()  # an `arraysize` or a closed connection is refused here

    def _new(self) -> Cursor:
        return self._cursor_class(self.connection, arraysize=self.arraysize, **self._options)

    def _pool(self) -> ThreadPoolExecutor:
        if self._executor is None:
            raise ProgrammingError("The cursor is closed")
        return self._executor

    def execute(
        self, operation: str, parameters: Parameters | None = None, **options: Any
    ) -> tuple[str, Future[ResultSet]]:
        """Begin to run one statement.

        Args:
            operation: SQL in Athena's dialect.
            parameters: As `Cursor.execute`.
            options: As `Cursor.execute`.

        Returns:
            The statement's id and the future of its rows; the future raises what `Cursor.execute` would.
        """
        pool = self._pool()
        cursor = self._new()
        begun: Future[str] = Future()
        told = options.pop("on_start_query_execution", None)

        def start(query_id: str) -> None:
            begun.set_result(query_id)
            if told is not None:
                told(query_id)

        def run() -> Any:
            try:
                cursor.execute(operation, parameters, on_start_query_execution=start, **options)
            except BaseException as error:
                if not begun.done():
                    # A statement that the engine refused has an id too; what never reached it is raised at once.
                    begun.set_result(cursor.query_id) if cursor.query_id else begun.set_exception(error)
                raise
            return self._result(cursor)

        future: Future[Any] = pool.submit(run)
        query_id = begun.result()
        self._made[query_id] = future
        return query_id, future

    def _result(self, cursor: Cursor) -> Any:
        return cursor.result_set

    def executemany(self, operation: str, seq_of_parameters: Iterable[Parameters | None], **options: Any) -> None:
        """Not supported, as in PyAthena: there would be many futures."""
        raise NotSupportedError("executemany is not supported by cursors with futures\nhint: call execute() for each")

    def cancel(self, query_id: str) -> Future[None]:
        """Stop a statement."""
        core = self.connection.lake._core

        def run() -> None:
            core.cancel_query(query_id)

        return self._pool().submit(run)

    def description(self, query_id: str) -> Future[list[Column] | None]:
        """The columns of a statement's result, when it has ended."""
        return self._pool().submit(lambda: self._found(query_id).result().description)

    def query_execution(self, query_id: str) -> Future[ExecutionAttributes]:
        """What is known about a statement."""
        return self._pool().submit(lambda: self._known(query_id))

    def poll(self, query_id: str) -> Future[ExecutionAttributes]:
        """What is known about a statement, when it has ended."""

        def run() -> ExecutionAttributes:
            if query_id in self._made:
                self._made[query_id].exception()
            return self._known(query_id)

        return self._pool().submit(run)

    def _found(self, query_id: str) -> Future[Any]:
        if query_id not in self._made:
            raise ProgrammingError(f"This cursor did not run a statement `{query_id}`")
        return self._made[query_id]

    def _known(self, query_id: str) -> ExecutionAttributes:
        found = ExecutionAttributes()
        found._compat = not self.connection.typed
        found._catalog = self.connection.catalog_name
        found._staging = self.connection.staging()
        found._info = next((i for i in self.connection.lake.queries(10_000) if i["query_id"] == query_id), None)
        return found

    @property
    def is_closed(self) -> bool:
        """Whether the cursor was closed."""
        return self._executor is None

    def close(self, wait: bool = False) -> None:
        """Close the cursor; statements that were begun run on."""
        if self._executor is not None:
            self._executor.shutdown(wait=wait)
        self._executor = None

    def __enter__(self) -> AsyncCursor:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class AsyncDictCursor(AsyncCursor):
    """An `AsyncCursor` whose rows are dicts."""

    _cursor_class = DictCursor


class AsyncPandasCursor(AsyncCursor):
    """An `AsyncCursor` whose result sets have `as_pandas()`."""

    _cursor_class = PandasCursor


class AsyncArrowCursor(AsyncCursor):
    """An `AsyncCursor` whose result sets have `as_arrow()` and `as_polars()`."""

    _cursor_class = ArrowCursor


class AsyncPolarsCursor(AsyncCursor):
    """An `AsyncCursor` whose result sets have `as_polars()` and `as_arrow()`."""

    _cursor_class = PolarsCursor


class AsyncS3FSCursor(AsyncCursor):
    """An `AsyncCursor` under the name that PyAthena's code uses."""

    _cursor_class = S3FSCursor


class AsyncSparkCursor(SparkCursor):
    """Cannot be made: there is no Spark behind a lake."""
