"""The verbs of a lake that run state machines: `state_machine`, `executions`, `on_arrival`."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bayou._bayou import ExecutionStore, LakeCore
from bayou.pipeline import Definition, Execution, StateMachine, Status
from bayou.tasks import Dispatcher

if TYPE_CHECKING:
    from bayou.arrival import ArrivalTrigger

__all__ = ["Pipelines"]


class Pipelines:
    """The verbs of a lake that run state machines."""

    _core: LakeCore
    _store_cache: ExecutionStore | None = None

    @property
    def _executions(self) -> ExecutionStore:
        if self._store_cache is None:
            self._store_cache = ExecutionStore(self._core)
        return self._store_cache

    @property
    def _machines(self) -> dict[str, StateMachine]:
        machines: dict[str, StateMachine] = self.__dict__.setdefault("_machines_by_name", {})
        return machines

    def state_machine(
        self,
        definition: Definition,
        tasks: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        buckets: Mapping[str, str] | None = None,
        processes: int | None = None,
        clock: Literal["system", "virtual"] = "system",
        limits: Literal["aws"] | None = None,
        seed: int | None = None,
    ) -> StateMachine:
        """A state machine: the Amazon States Language of Step Functions, unchanged.

        Args:
            definition: The definition as a dict, as JSON text, or the path of a file.
            tasks: What resources stand for, by function name, by `service:action`, or by whole ARN: callables
                `fn(event)` or `fn(event, context)`, coroutine functions, modules with a `lambda_handler`; state
                machines by name; Glue jobs and crawlers by name. The lake's own tasks are there already.
            name: Its name; the file's, or `state-machine`, when None.
            buckets: Folders of the lake by bucket name, for tasks that name buckets; every bucket is the lake's root
                when None.
            processes: Run tasks in this many worker processes in place of threads; they must be importable.
            clock: `virtual` jumps over waits and delays, for tests.
            limits: `aws` refuses payloads above 256 KiB, as the service does; None warns.
            seed: Makes jitter and random numbers repeatable.

        Raises:
            DefinitionError: The definition breaks rules; the message lists all problems with JSON pointers.
            UnknownTaskError: A resource stands for nothing; the message names what there is.

        Warns:
            UserWarning: Something is legal and probably not meant, such as `States.All`.

        Source: Amazon States Language; Step Functions Developer Guide.
        """
        if name is None:
            is_file = isinstance(definition, os.PathLike) or (
                isinstance(definition, str) and not definition.lstrip().startswith("{")
            )
            name = Path(str(definition)).name.split(".")[0] if is_file else "state-machine"
        dispatcher = Dispatcher(
            tasks or {},
            lake=self,  # type: ignore[arg-type]
            buckets=buckets,
            processes=processes,
            clock=clock,
        )
        machine = StateMachine(self._executions, name, definition, dispatcher, clock=clock, limits=limits, seed=seed)
        self._executions.save_machine(name, machine._text)
        self._machines[name] = machine
        for message in machine.warnings:
            warnings.warn(message, UserWarning, stacklevel=2)
        return machine

    def executions(
        self, *, machine: str | None = None, status: Status | None = None, resume: bool = True
    ) -> list[Execution]:
        """Executions of the lake, the newest first, including those of other processes.

        Args:
            machine: Of this machine only.
            status: With this status only.
            resume: Go on with executions whose process died, where this lake has made a machine of their name.

        Returns:
            Executions; each can be waited for, stopped, plotted, and with its machine at hand redriven.
        """
        found = []
        for text in self._executions.executions(machine=machine, status=status):
            record = json.loads(text)
            execution = Execution(self._executions, record, self._machines.get(record["machine"]))
            if resume and record["status"] == "RUNNING" and execution._machine is not None:
                execution._run_here()
            found.append(execution)
        return found

    def on_arrival(
        self,
        prefix: str,
        *,
        run: Callable[..., Any] | StateMachine,
        suffix: str = "",
        input: Callable[[dict[str, Any]], Any] | None = None,
        name: str | None = None,
        poll_seconds: float = 1.0,
        lease_seconds: float = 60.0,
        max_attempts: int = 5,
    ) -> ArrivalTrigger:
        """Run something for every file that arrives in a folder, each exactly once, also when processes die.

        Several processes may have the same trigger; they share the work. A local file has arrived when two polls show
        it alike; names that begin with `_` or `.` or end with `.tmp` wait. A handler that dies with its process is run
        again for the same file; a state machine is resumed.

        Args:
            prefix: Folder of the lake, such as `data/landing/`.
            run: A state machine, or a callable: `fn(event)` or `fn(event, context)` gets an S3 notification.
            suffix: What names end with, such as `.csv`.
            input: What the machine or callable gets, made of `{"path", "size", "etag", "seen"}`, in place of the event.
            name: Name of the ledger that remembers files; made of prefix and suffix when None.
            poll_seconds: Seconds between two looks at the folder.
            lease_seconds: Seconds after which a file that a dead process held is taken up by another.
            max_attempts: Attempts before a file stays failed.

        Returns:
            A trigger: `poll()` once, `watch()` on and on, or `start()` and `stop()` in the background.

        Source: S3 User Guide, event notifications; EventBridge, Object Created events.
        """
        from bayou.arrival import ArrivalTrigger

        return ArrivalTrigger(
            self,  # type: ignore[arg-type]
            prefix,
            run=run,
            suffix=suffix,
            input=input,
            name=name,
            poll_seconds=poll_seconds,
            lease_seconds=lease_seconds,
            max_attempts=max_attempts,
        )

    def _kept_machine(self, name: str, tasks: Mapping[str, Any]) -> StateMachine | None:
        """The machine made under this name, or made again of the definition that is kept."""
        if name not in self._machines:
            text = self._executions.machine(name)
            if text is None:
                return None
            self.state_machine(text, tasks, name=name)
        return self._machines[name]
