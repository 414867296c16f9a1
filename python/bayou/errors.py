"""Exceptions: `BayouError` above, PEP 249's tree below it, and one class per kind of failure.

An exception's text is one sentence that names what was wrong, and sometimes a second line `hint: …`; `hint` holds that
line and `code` a short stable word to switch on. Classes also inherit from the built-in exception that fits, so
`except LookupError` and `except OSError` work as expected.
"""

from __future__ import annotations

from typing import ClassVar


class BayouError(Exception):
    """Base class of everything that bayou raises; also PEP 249's `Error`."""

    code: ClassVar[str] = "error"

    @property
    def message(self) -> str:
        """The text without the hint."""
        return self._split()[0]

    @property
    def hint(self) -> str | None:
        """What to do about it, if there is advice."""
        return self._split()[1]

    def _split(self) -> tuple[str, str | None]:
        text = str(self.args[0]) if self.args else ""
        message, found, hint = text.partition("\nhint: ")
        return message, hint if found else None

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


Error = BayouError


class Warning(Exception):
    """Important warnings, PEP 249."""


class InterfaceError(BayouError):
    """The interface was used in a way that it does not work, PEP 249."""

    code = "interface"


class DatabaseError(BayouError):
    """Errors of the lake itself, PEP 249."""

    code = "database"


class DataError(DatabaseError):
    """Values that cannot be processed, PEP 249."""

    code = "data"


class OperationalError(DatabaseError):
    """Errors outside the programmer's control: disks, networks, queries that fail while they run, PEP 249."""

    code = "operational"


class IntegrityError(DatabaseError):
    """Relational integrity, PEP 249."""

    code = "integrity"


class InternalError(DatabaseError):
    """A mistake in bayou; please report it. PEP 249."""

    code = "internal"


class ProgrammingError(DatabaseError):
    """What was asked for does not exist or does not make sense, PEP 249."""

    code = "programming"


class NotSupportedError(DatabaseError):
    """Valid, but not supported, PEP 249."""

    code = "not-supported"


class ForkedProcessError(InterfaceError):
    """bayou was used in a process forked from one that had used it; use `spawn`."""

    code = "forked-process"


class MissingDependencyError(InterfaceError, ImportError):
    """An optional library is needed; the hint names the extra that brings it."""

    code = "missing-dependency"


class InvalidOptionError(ProgrammingError, ValueError):
    """An argument has a value that makes no sense."""

    code = "invalid-option"


class SqlError(ProgrammingError):
    """SQL that cannot be parsed or planned; the message shows line, column and a caret."""

    code = "sql"


class UnsupportedSqlError(SqlError, NotSupportedError):
    """SQL of the dialect that this version does not run; the message shows line, column and a caret."""

    code = "unsupported-sql"


class UnknownDatabaseError(ProgrammingError, LookupError):
    """The catalog has no such database."""

    code = "unknown-database"


class UnknownTableError(ProgrammingError, LookupError):
    """The catalog has no such table."""

    code = "unknown-table"


class UnknownPartitionError(ProgrammingError, LookupError):
    """The table has no such partition."""

    code = "unknown-partition"


class AlreadyExistsError(ProgrammingError):
    """A database, table, stream or object of that name is there already."""

    code = "already-exists"


class UnknownStreamError(ProgrammingError, LookupError):
    """The lake, or the application, has no such stream."""

    code = "ResourceNotFoundException"


class UnknownShardError(UnknownStreamError):
    """The stream has no such shard."""


class StreamExistsError(AlreadyExistsError):
    """A stream of that name is there, maybe with another number of shards."""

    code = "ResourceInUseException"


class InvalidArgumentError(InvalidOptionError):
    """An argument is outside of the rules of the API of streams."""

    code = "InvalidArgumentException"


class ShardClosedError(InvalidArgumentError):
    """The shard was split or merged: its children take records."""


class ValidationError(InvalidOptionError):
    """A call does not have the shape that the API of streams allows."""

    code = "ValidationException"


class ThroughputExceededError(OperationalError):
    """More was asked of a shard than the service gives in a second, with `limits="aws"`; try again after a moment."""

    code = "ProvisionedThroughputExceededException"


class InvalidIteratorError(ProgrammingError, ValueError):
    """Neither a shard iterator type nor a sequence number of this stream."""

    code = "InvalidArgumentException"


class ExpiredIteratorError(ProgrammingError):
    """An iterator was used more than five minutes after it was made, with `limits="aws"`."""

    code = "ExpiredIteratorException"


class TrimmedRecordsWarning(UserWarning):
    """Records that were to be read next are past their retention and gone; reading goes on with the oldest kept."""


class TemplateError(ProgrammingError, ValueError):
    """A record template that cannot be compiled; the message names the tag and its position."""

    code = "template"


class TemplateWarning(UserWarning):
    """A record template that works, but not as it may be meant."""


class PrefixError(ProgrammingError, ValueError):
    """A delivery prefix expression that cannot be compiled."""

    code = "prefix"


class SchemaError(DataError):
    """Data and schema do not fit."""

    code = "schema"


class UnknownCrawlerError(ProgrammingError, LookupError):
    """The lake has no such crawler."""

    code = "unknown-crawler"


class CrawlerRunningError(OperationalError):
    """Another process runs the crawler."""

    code = "crawler-running"


class DataWarning(UserWarning):
    """Data of which a part did not come through as it may be expected."""


class IngestError(OperationalError):
    """A table of a database could not be copied, or the rows of both sides do not agree; nothing of it was kept."""

    code = "ingest"


class GlueScriptError(OperationalError):
    """A Glue script failed or cannot be run; the message names the script's own line."""

    code = "glue-script"


class RecordTooLargeError(DataError, ValueError):
    """A record or a partition key is larger than a stream accepts."""

    code = "record-too-large"


class MalformedFileError(DataError):
    """A file that cannot be read as what it is said to be."""

    code = "malformed-file"


class StorageError(OperationalError, OSError):
    """A file or object could not be read or written."""

    code = "storage"


class ObjectNotFoundError(StorageError, FileNotFoundError):
    """A file or object is not there."""

    code = "not-found"


class AccessDeniedError(StorageError, PermissionError):
    """The folder or bucket may not be read or written."""

    code = "access-denied"


class DiskFullError(StorageError):
    """The disk has no room left; nothing that was acknowledged is lost."""

    code = "disk-full"


class InvalidPathError(ProgrammingError, ValueError):
    """A path that leaves the lake or is not a path."""

    code = "invalid-path"


class CorruptError(OperationalError):
    """A file of the lake is damaged; the message names it and what can be done."""

    code = "corrupt"


class CorruptCatalogError(CorruptError):
    """The catalog file is damaged."""

    code = "corrupt-catalog"


class CorruptStreamError(CorruptError):
    """A stream's files are damaged beyond a torn tail."""

    code = "corrupt-stream"


class CatalogBusyError(OperationalError, TimeoutError):
    """Another process holds the catalog for longer than the wait."""

    code = "catalog-busy"


class OutOfMemoryError(OperationalError, MemoryError):
    """A query needs more memory than it may use."""

    code = "out-of-memory"


class ApplicationError(OperationalError):
    """A streaming application could not go on."""

    code = "application"


class CheckpointError(OperationalError):
    """A checkpoint does not fit the application or cannot be read."""

    code = "checkpoint"


class DefinitionError(ProgrammingError, ValueError):
    """A state machine's definition breaks rules of the language; the message lists all problems with JSON pointers."""

    code = "definition"


class UnknownTaskError(ProgrammingError, LookupError):
    """A definition names a task that was not given; the message names those that were, and the nearest."""

    code = "unknown-task"


class ExecutionAlreadyExistsError(AlreadyExistsError):
    """An execution of that name ran with other input."""

    code = "execution-already-exists"


class UnknownExecutionError(ProgrammingError, LookupError):
    """The lake has no such execution."""

    code = "unknown-execution"


class ExecutionInUseError(OperationalError):
    """Another process runs the execution."""

    code = "execution-in-use"


class ExecutionStatusError(ProgrammingError):
    """The execution's status does not allow what was asked for."""

    code = "execution-status"


class ExecutionFailedError(OperationalError):
    """An execution did not succeed; `error` and `cause` are the state machine's own."""

    code = "execution-failed"

    def __init__(self, message: str, error: str | None = None, cause: str | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.cause = cause


class UnknownTokenError(ProgrammingError, LookupError):
    """No task waits with that token."""

    code = "unknown-token"


class TaskError(OperationalError):
    """Raised by a task to fail with exactly this error name and cause.

    Args:
        error: The error name, which `Retry` and `Catch` compare exactly.
        cause: The cause, free text.
    """

    code = "task"

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}" if cause else error)
        self.error = error
        self.cause = cause


class ServiceError(OperationalError):
    """A call of a real service failed for good; `service_code` is the service's own name of the reason."""

    code = "service"

    def __init__(self, message: str, service_code: str = "") -> None:
        super().__init__(message)
        self.service_code = service_code


class UndeliveredRecordsError(ServiceError):
    """A service kept refusing records; those that are not in `failed` are acknowledged or were not sent yet.

    `failed` has the place of each refused record in its put, with the service's code and message; `summary` tells
    what was acknowledged. Records behind the last place were not sent.
    """

    code = "undelivered-records"

    def __init__(self, stream: str, failed: list[tuple[int, str, str]], summary: object) -> None:
        shown = ", ".join(f"record {place} ({reason}: {message})" for place, reason, message in failed[:3])
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        super().__init__(
            f"The stream `{stream}` refused {len(failed)} records until the time for retries was over: {shown}{more}\n"
            "hint: more shards or a longer `retry_seconds`; put those in `failed` and all behind them again",
            failed[0][1] if failed else "",
        )
        self.failed = failed
        self.summary = summary


def failed_query(error: Exception) -> Exception:
    """The error of a statement that failed, as PEP 249's clients expect it: an `OperationalError` as well.

    The class keeps what the error is besides, so that `except SqlError` and `except OperationalError` both hold.
    """
    if isinstance(error, OperationalError) or not isinstance(error, BayouError):
        return error
    kind = type(error)
    if kind not in _FAILED:
        bases = (OperationalError,) if issubclass(OperationalError, kind) else (kind, OperationalError)
        _FAILED[kind] = type(kind.__name__, bases, {"__doc__": kind.__doc__, "__module__": kind.__module__})
    return _FAILED[kind](*error.args)


_FAILED: dict[type, type[BayouError]] = {}
