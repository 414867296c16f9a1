"""State machines: Amazon States Language, run unchanged.

    >>> machine = lake.state_machine(definition, tasks={"generic-file-transfer": transfer})
    >>> execution = machine.start({"year": "2019", "month": "08", "day": "21"})
    >>> execution.output

Every step is written before it is taken, so an execution outlives its process: states that had finished are not
repeated, a task that was running runs again (at least once). See docs/pipelines.md.
"""

from __future__ import annotations

import html
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from bayou._bayou import ExecutionRun, ExecutionStore, Table
from bayou.errors import ExecutionFailedError, ExecutionInUseError, ExecutionStatusError, TaskError
from bayou.tasks import Dispatcher

__all__ = ["Execution", "Picture", "StateMachine", "TaskError"]

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
Definition = Mapping[str, Any] | str | os.PathLike[str]

# How often an execution that another process runs is looked at, in seconds.
_LOOK = 0.2


def _text_of(definition: Definition) -> str:
    """The JSON text of a definition: an object, a text, or a file."""
    if isinstance(definition, Mapping):
        return json.dumps(definition, ensure_ascii=False)
    if isinstance(definition, os.PathLike) or not definition.lstrip().startswith("{"):
        return Path(definition).read_text(encoding="utf-8")
    return definition


class StateMachine:
    """A definition with a name and its tasks, made by `lake.state_machine`.

    A notebook shows its picture.

    Attributes:
        name: Its name.
        warnings: What is legal in the definition and probably not meant.
    """

    def __init__(
        self, store: ExecutionStore, name: str, definition: Definition, dispatcher: Dispatcher, **options: Any
    ) -> None:
        self._store = store
        self._text = _text_of(definition)
        self._dispatcher = dispatcher
        self._options = options
        self._runs: dict[str, ExecutionRun] = {}
        self.name = name
        checked = json.loads(ExecutionStore.check(self._text))
        dispatcher.check(checked["resources"])
        self.warnings: list[str] = checked["warnings"]

    @property
    def definition(self) -> dict[str, Any]:
        """The definition as it was given."""
        return dict(json.loads(self._text))

    def start(self, input: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution in the background.

        Args:
            input: Any JSON value; `{}` when None.
            name: Its name; a random one when None. The same name and input give the same execution again, resumed if
                its process died.

        Raises:
            ExecutionAlreadyExistsError: An execution of that name had other input.

        Source: Step Functions API reference, StartExecution.
        """
        given = json.dumps({} if input is None else input, ensure_ascii=False)
        record = json.loads(self._store.start(self.name, self._text, name, given))
        execution = Execution(self._store, record, self)
        if record["status"] == "RUNNING":
            execution._run_here()
        return execution

    def executions(self, *, status: Status | None = None) -> list[Execution]:
        """Executions of this machine, the newest first."""
        found = self._store.executions(machine=self.name, status=status)
        return [Execution(self._store, json.loads(record), self) for record in found]

    def resume(self) -> list[Execution]:
        """Go on with executions whose process died; those that another process runs are left to it."""
        resumed = []
        for execution in self.executions(status="RUNNING"):
            if execution.id not in self._runs and execution._run_here():
                resumed.append(execution)
        return resumed

    def plot(self) -> Picture:
        """The picture of the machine."""
        return Picture(self._store.picture(self._text, None))

    def _repr_html_(self) -> str:
        return f"<b>{html.escape(self.name)}</b><br>{self.plot().svg}"

    def __repr__(self) -> str:
        return f"StateMachine({self.name!r}, {len(self.definition['States'])} states)"


class Execution:
    """One run of a state machine, under way or ended, in this process or another.

    A notebook shows its picture with the states coloured by outcome.
    """

    def __init__(self, store: ExecutionStore, record: dict[str, Any], machine: StateMachine | None) -> None:
        self._store = store
        self._record = record
        self._machine = machine

    @property
    def id(self) -> str:
        """Identity, in the form of an ARN."""
        return str(self._record["id"])

    @property
    def name(self) -> str:
        """Name, unique among the machine's executions."""
        return str(self._record["name"])

    @property
    def machine_name(self) -> str:
        """Name of the state machine."""
        return str(self._record["machine"])

    @property
    def input(self) -> Any:
        """The input."""
        return self._record["input"]

    @property
    def started(self) -> str:
        """When it was started, ISO 8601 in UTC."""
        return str(self._record["started"])

    @property
    def stopped(self) -> str | None:
        """When it ended; None while it runs."""
        value = self.describe()["stopped"]
        return None if value is None else str(value)

    @property
    def status(self) -> Status:
        """`RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`, now."""
        status: Status = self.describe()["status"]
        return status

    @property
    def output(self) -> Any:
        """The output; waits until the execution has ended.

        Raises:
            ExecutionFailedError: It did not succeed; the exception has `error` and `cause`.
        """
        self.wait()
        record = self.describe()
        if record["status"] == "SUCCEEDED":
            return record["output"]
        said = ": ".join(part for part in (record["error"], record["cause"]) if part)
        message = f"The execution `{self.name}` of `{self.machine_name}` ended as {record['status']}"
        hint = record["hint"] or "`.history()` shows its steps, `.plot()` where it ended"
        raise ExecutionFailedError(
            f"{message}{': ' + said if said else ''}\nhint: {hint}", record["error"], record["cause"]
        )

    @property
    def result(self) -> Any:
        """The output without waiting; None while there is none."""
        return self.describe()["output"]

    @property
    def error(self) -> str | None:
        """Name of the error that ended it."""
        value = self.describe()["error"]
        return None if value is None else str(value)

    @property
    def cause(self) -> str | None:
        """Cause of that error."""
        value = self.describe()["cause"]
        return None if value is None else str(value)

    @property
    def delays(self) -> list[float]:
        """Seconds of each wait before a retry, in order, as far as this process saw them."""
        run = self._run
        return [] if run is None else run.delays

    @property
    def _run(self) -> ExecutionRun | None:
        return None if self._machine is None else self._machine._runs.get(self.id)

    def describe(self) -> dict[str, Any]:
        """All that is kept about the execution, as it is now."""
        if self._record["status"] == "RUNNING":
            self._record = json.loads(self._store.execution(self.id))
        return self._record

    def wait(self, timeout: float | None = None) -> Execution:
        """Wait until the execution has ended. Ctrl-C ends the waiting, not the execution.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: It still runs.
        """
        run = self._run
        if run is not None:
            ended = run.wait(timeout)
        else:
            deadline = None if timeout is None else time.monotonic() + timeout
            ended = self.status != "RUNNING"
            while not ended and (deadline is None or time.monotonic() < deadline):
                time.sleep(_LOOK)
                ended = self.status != "RUNNING"
        if not ended:
            raise TimeoutError(f"The execution `{self.name}` still runs after {timeout} seconds")
        return self

    def history(self) -> Table:
        """The events: id, previous_event_id, timestamp, type, and details as JSON text.

        Source: Step Functions API reference, GetExecutionHistory.
        """
        return self._store.history(self.id)

    def plot(self) -> Picture:
        """The picture of the machine with the states coloured by outcome."""
        return Picture(self._store.picture(self._record["definition"], self.id))

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Stop the execution, whichever process runs it; it ends as `ABORTED`.

        Raises:
            ExecutionStatusError: It has ended.
        """
        self._store.stop(self.id, error, cause)

    def redrive(self) -> Execution:
        """Run an execution that failed, timed out or was stopped again, from the states that it failed in.

        Raises:
            ExecutionStatusError: It runs, or has succeeded; or no machine with its tasks is at hand.

        Source: Step Functions API reference, RedriveExecution.
        """
        self._with_tasks()
        self._store.redrive(self.id)
        self._record = json.loads(self._store.execution(self.id))
        self._run_here()
        return self

    def resume(self) -> Execution:
        """Go on with an execution whose process died.

        Raises:
            ExecutionInUseError: Another process runs it.
            ExecutionStatusError: It has ended, or no machine with its tasks is at hand.
        """
        self._with_tasks()
        if not self._run_here():
            raise ExecutionInUseError(f"The execution `{self.name}` is run by another process")
        return self

    def tokens(self) -> dict[str, str]:
        """Task tokens that wait for an answer, and the state that each is for."""
        return dict(self._store.tokens(self.id))

    def succeed(self, token: str, output: Any = None) -> None:
        """Answer a task token with an output, from any process.

        Raises:
            UnknownTokenError: No task waits with it.
        """
        self._store.succeed(token, json.dumps(output, ensure_ascii=False))

    def fail(self, token: str, error: str, cause: str = "") -> None:
        """Answer a task token with a failure."""
        self._store.fail(token, error, cause)

    def heartbeat(self, token: str) -> None:
        """Say that the work for a task token goes on."""
        self._store.heartbeat(token)

    def _with_tasks(self) -> StateMachine:
        if self._machine is None:
            raise ExecutionStatusError(
                f"The execution `{self.name}` cannot be run without its tasks\n"
                f"hint: make its machine first: lake.state_machine(definition, tasks=…, name={self.machine_name!r})"
            )
        return self._machine

    def _run_here(self) -> bool:
        """Run the execution in this process; False when another process does."""
        machine = self._with_tasks()
        known = machine._runs.get(self.id)
        if known is not None and known.is_running:
            return True
        try:
            machine._runs[self.id] = self._store.run(self.id, machine._dispatcher, **machine._options)
        except ExecutionInUseError:
            return False
        except ExecutionStatusError:
            pass  # it ended in this moment
        return True

    def _repr_html_(self) -> str:
        record = self.describe()
        said = " ".join(str(part) for part in (record["error"], record["cause"]) if part)
        head = f"<b>{html.escape(self.machine_name)}</b> {html.escape(self.name)}: {record['status']}"
        return f"{head} <small>{html.escape(said[:300])}</small><br>{self.plot().svg}"

    def __repr__(self) -> str:
        return f"Execution({self.machine_name!r}, {self.name!r}, {self.status})"


class Picture:
    """A picture as SVG; a notebook shows it.

    Attributes:
        svg: The text of the SVG.
    """

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the SVG to a file."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg
