"""Arrival triggers: run something for every file that arrives, each exactly once.

The ledger of files is SQLite; a file is claimed in one transaction, for a lease that is renewed while it is worked on.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlsplit

from bayou._bayou import ArrivalLedger, Table
from bayou.errors import ExecutionInUseError
from bayou.pipeline import StateMachine
from bayou.tasks import Context, invoke

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from bayou.lake import Lake

__all__ = ["ArrivalTrigger"]

_log = logging.getLogger("bayou.arrival")


class ArrivalTrigger:
    """Runs something for each file that arrives, made by `lake.on_arrival`.

    Attributes:
        name: Name of the ledger; triggers of one name share their work.
    """

    def __init__(
        self,
        lake: Lake,
        prefix: str,
        *,
        run: Callable[..., Any] | StateMachine,
        suffix: str,
        input: Callable[[dict[str, Any]], Any] | None,
        name: str | None,
        poll_seconds: float,
        lease_seconds: float,
        max_attempts: int,
    ) -> None:
        self._lake = lake
        self._prefix = prefix
        self._suffix = suffix
        self._run = run
        self._input = input
        self._poll_seconds = poll_seconds
        self._lease_seconds = lease_seconds
        self._max_attempts = max_attempts
        self.name = name or f"{prefix.strip('/')}/*{suffix}"
        self._ledger = ArrivalLedger(lake._core, self.name)
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def poll(self) -> list[str]:
        """Look at the folder once and work on the files that have arrived.

        Returns:
            Paths that are done now. A local file is taken at the second look that shows it alike.
        """
        self._ledger.observe(self._prefix, self._suffix)
        done = []
        while not self._stop.is_set():
            claimed = self._ledger.claim(self._owner, self._lease_seconds)
            if claimed is None:
                break
            file = json.loads(claimed)
            if self._work_on(file):
                done.append(str(file["path"]))
        return done

    def watch(self, *, seconds: float | None = None) -> None:
        """Look again and again, until Ctrl-C, `stop()`, or for some seconds."""
        deadline = None if seconds is None else time.monotonic() + seconds
        self._stop.clear()
        with _folder_events(self._lake.url, self._prefix) as wait:
            while not self._stop.is_set() and (deadline is None or time.monotonic() < deadline):
                self.poll()
                wait(self._stop, self._poll_seconds)

    def start(self) -> ArrivalTrigger:
        """Watch in the background until `stop()`; also a context manager."""
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self._thread = threading.Thread(target=self._watch_on, name=f"bayou-arrival-{self.name}", daemon=True)
            self._thread.start()
            atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Stop watching, once the file that is worked on is done."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None
            atexit.unregister(self.stop)

    def files(self) -> Table:
        """Files that were seen: path, size (bytes), state (waiting, ready, claimed, done, failed), attempts, error."""
        return self._ledger.files()

    def retry_failed(self) -> int:
        """Let files that stayed failed be taken up again; how many there were."""
        return self._ledger.retry_failed()

    def __enter__(self) -> ArrivalTrigger:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"ArrivalTrigger({self.name!r})"

    def _watch_on(self) -> None:
        while not self._stop.is_set():
            try:
                self.watch()
            except Exception:
                _log.exception("the trigger `%s` could not look at its folder", self.name)
                self._stop.wait(self._poll_seconds)

    def _work_on(self, file: dict[str, Any]) -> bool:
        with self._renewed(file["id"]):
            try:
                self._handle(file)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                _log.warning("`%s` failed: %s", file["path"], said)
                self._ledger.failed(file["id"], self._owner, said, self._max_attempts)
                return False
        return self._ledger.done(file["id"], self._owner)

    @contextmanager
    def _renewed(self, id: int) -> Iterator[None]:
        over = threading.Event()

        def renew() -> None:
            while not over.wait(self._lease_seconds / 3):
                self._ledger.renew(id, self._owner, self._lease_seconds)

        thread = threading.Thread(target=renew, name="bayou-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _handle(self, file: dict[str, Any]) -> None:
        identity = hashlib.sha256(f"{file['path']}\n{file['identity']}".encode()).hexdigest()
        if isinstance(self._run, StateMachine):
            self._execute(self._run, file, identity[:32])
            return
        event = _notification(self._bucket, file) if self._input is None else self._input(_described(file))
        invoke(self._run, event, Context(self.name, self.name, {}, identity, None))

    def _execute(self, machine: StateMachine, file: dict[str, Any], name: str) -> None:
        """One execution per file, found again by its name: a crash resumes it, a failure drives it again."""
        event = _object_created(self._bucket, file) if self._input is None else self._input(_described(file))
        execution = machine.start(event, name=name)
        if execution.status not in ("RUNNING", "SUCCEEDED"):
            execution.redrive()
        if execution._run is None and execution.status == "RUNNING":
            raise ExecutionInUseError(f"The execution `{name}` for `{file['path']}` is run by another process")
        _ = execution.output

    @property
    def _bucket(self) -> str:
        """The bucket's name, or the folder's for a local lake."""
        parts = urlsplit(self._lake.url)
        return parts.netloc or parts.path.rstrip("/").rpartition("/")[2]


def _described(file: dict[str, Any]) -> dict[str, Any]:
    return {name: file[name] for name in ("path", "size", "etag", "seen")}


def _etag(file: dict[str, Any]) -> str:
    return str(file["etag"] or file["identity"]).strip('"')


def _notification(bucket: str, file: dict[str, Any]) -> dict[str, Any]:
    """What S3 sends to a function about a new object."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-east-1",
                "eventTime": file["seen"],
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {
                        "key": quote_plus(file["path"], safe="/"),
                        "size": file["size"],
                        "eTag": _etag(file),
                        "sequencer": f"{file['id']:016X}",
                    },
                },
            }
        ]
    }


def _object_created(bucket: str, file: dict[str, Any]) -> dict[str, Any]:
    """What EventBridge sends to a state machine about a new object."""
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": file["seen"],
        "detail": {
            "bucket": {"name": bucket},
            "object": {
                "key": file["path"],
                "size": file["size"],
                "etag": _etag(file),
                "sequencer": f"{file['id']:016X}",
            },
        },
    }


@contextmanager
def _folder_events(url: str, prefix: str) -> Iterator[Callable[[threading.Event, float], None]]:
    """How to wait for the next look: until a file event or the time is over, where the system tells of events."""
    from bayou.file_events import FileEvents

    folder = os.path.join(url.removeprefix("file://"), prefix) if url.startswith("file://") else None
    events = None if folder is None else FileEvents.open(folder)
    if events is None:
        yield lambda stop, seconds: (stop.wait(seconds), None)[1]
        return
    try:
        yield events.wait
    finally:
        events.close()
