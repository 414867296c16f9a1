"""Tasks of state machines: which callable or lake verb a `Resource` stands for, and how it is called.

A name is looked up in this order: the whole resource, the function's name, `service:action`; then the lake's own tasks
(`bayou.lake_tasks`). What a callable raises becomes the error name that its class has, with Lambda's JSON as the cause.
"""

from __future__ import annotations

import difflib
import inspect
import json
import logging
import time
import traceback
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bayou.errors import TaskError, UnknownTaskError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from bayou.lake import Lake
    from bayou.pipeline import StateMachine

__all__ = ["Context", "Dispatcher"]

_log = logging.getLogger("bayou.pipeline")

# Services that only tell somebody something: without a callable they write a log line.
_NOTIFICATIONS = ("sns:publish", "sqs:sendMessage", "events:putEvents")


class Context:
    """The second argument of a Lambda handler, as far as it makes sense outside of Lambda.

    Attributes:
        function_name: Name of the function.
        invoked_function_arn: The resource as written in the definition.
        aws_request_id: Names the attempt; the same when a crash makes a task run again.
        execution: The state machine's context object.
    """

    function_version = "$LATEST"
    memory_limit_in_mb = "0"
    log_group_name = "bayou"
    log_stream_name = "bayou"

    def __init__(
        self, name: str, resource: str, execution: Mapping[str, Any], attempt: str, beat: Callable[[], Any] | None
    ) -> None:
        self.function_name = name
        self.invoked_function_arn = resource
        self.aws_request_id = attempt
        self.execution = execution
        self._beat = beat
        self._began = time.monotonic()

    def heartbeat(self) -> None:
        """Say that the work goes on; for states with `HeartbeatSeconds`."""
        if self._beat is not None:
            self._beat()

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda's longest timeout, counted from the call."""
        return max(0, 900_000 - int((time.monotonic() - self._began) * 1000))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_beat": None}  # a worker process cannot reach the heartbeat


class Dispatcher:
    """Calls tasks by resource. One per state machine; called on the runtime's threads."""

    def __init__(
        self,
        tasks: Mapping[str, Any],
        *,
        lake: Lake | None = None,
        buckets: Mapping[str, str] | None = None,
        processes: int | None = None,
        clock: str = "system",
    ) -> None:
        from bayou.lake_tasks import LakeTasks

        self.tasks = {name: _callable_of(name, task) for name, task in tasks.items()}
        self.lake_tasks = LakeTasks(lake, self.tasks, buckets)
        self.clock = clock
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def check(self, used: list[dict[str, Any]]) -> None:
        """Raise UnknownTaskError for the first resource that nothing stands for."""
        for use in used:
            resource, function = use["resource"], use["function"]
            if resource in self.tasks or ":activity:" in resource:
                continue
            if function is not None:
                if function not in self.tasks:
                    raise _unknown(f"`{function}` at {use['pointer']}", function, list(self.tasks))
                continue
            key = _key(resource)
            if key in self.tasks or key in _NOTIFICATIONS or key in ("lambda:invoke", "states:startExecution"):
                continue
            if not self.lake_tasks.has(key):
                raise _unknown(f"`{key}` at {use['pointer']}", key, [*self.tasks, *self.lake_tasks.names()])

    def __call__(self, resource: str, event: str, context: str, attempt: str, beat: Callable[[], Any]) -> str:
        """Run a task; both sides of the border speak JSON text."""
        result = self._run(resource, json.loads(event), json.loads(context), attempt, beat)
        try:
            return json.dumps(result, allow_nan=False, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise TaskError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error

    def _run(self, resource: str, event: Any, execution: Any, attempt: str, beat: Callable[[], Any]) -> Any:
        parts = resource.split(":")
        if resource in self.tasks:
            return self._call(resource, event, Context(resource, resource, execution, attempt, beat))
        if "function" in parts[:-1] and parts[2] == "lambda":
            name = parts[parts.index("function") + 1]
            return self._call(name, event, Context(name, resource, execution, attempt, beat))
        if ":activity:" in resource:
            name = parts[-1]
            return (
                self._call(name, event, Context(name, resource, execution, attempt, beat)) if name in self.tasks else {}
            )
        key = _key(resource)
        if key in self.tasks:
            return self._call(key, event, Context(key, resource, execution, attempt, beat))
        if key == "lambda:invoke":
            return self._invoke(event, Context("", resource, execution, attempt, beat))
        if key == "states:startExecution":
            return self._start_execution(event, resource, attempt)
        if key in _NOTIFICATIONS:
            _log.info("%s %s", key, event)
            return {"MessageId": attempt[:32]}
        return self._guarded(lambda: self.lake_tasks.call(key, resource, event, attempt), attempt)

    def _invoke(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        name = str(event.get("FunctionName", ""))
        parts = name.split(":")
        if "function" in parts[:-1]:
            name = parts[parts.index("function") + 1]
        context.function_name = name = name.split(":")[0]
        if name not in self.tasks:
            raise TaskError("Lambda.ResourceNotFoundException", str(_unknown(f"`{name}`", name, list(self.tasks))))
        payload = self._call(name, event.get("Payload", {}), context)
        return {"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200}

    def _start_execution(self, event: Mapping[str, Any], resource: str, attempt: str) -> dict[str, Any]:
        name = str(event.get("StateMachineArn", "")).rsplit(":", 1)[-1]
        machine: StateMachine | None = self.lake_tasks.machine(name)
        if machine is None:
            raise TaskError("StepFunctions.StateMachineDoesNotExistException", f"There is no state machine `{name}`")
        execution = machine.start(event.get("Input", {}), name=str(event.get("Name") or attempt[:32]))
        started = {"ExecutionArn": execution.id, "StartDate": execution.started}
        if ".sync" not in resource:
            return started
        execution.wait()
        as_json = resource.endswith(".sync:2")
        output = execution.result if as_json else json.dumps(execution.result)
        answer = {
            **started,
            "Name": execution.name,
            "StateMachineArn": event.get("StateMachineArn"),
            "Status": execution.status,
            "StopDate": execution.stopped,
            "Input": execution.input if as_json else json.dumps(execution.input),
        }
        if execution.status != "SUCCEEDED":
            answer |= {"Error": execution.error, "Cause": execution.cause}
            raise TaskError("States.TaskFailed", json.dumps(answer))
        return {**answer, "Output": output}

    def _call(self, name: str, event: Any, context: Context) -> Any:
        function = self.tasks.get(name)
        if not callable(function):
            raise TaskError("Lambda.ResourceNotFoundException", f"Function not found: {name}")
        if self._processes:
            if self._pool is None:
                import multiprocessing
                from concurrent.futures import ProcessPoolExecutor

                self._pool = ProcessPoolExecutor(self._processes, multiprocessing.get_context("spawn"))
            pool = self._pool
            return self._guarded(lambda: pool.submit(invoke, function, event, context).result(), context.aws_request_id)
        return self._guarded(lambda: invoke(function, event, context), context.aws_request_id)

    def _guarded(self, work: Callable[[], Any], attempt: str) -> Any:
        """Turn an exception into an error name and Lambda's JSON."""
        try:
            return work()
        except TaskError:
            raise
        except BaseException as error:
            name = type(error).__name__
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
            cause = {
                "errorMessage": str(error),
                "errorType": name,
                "requestId": attempt[:32],
                "stackTrace": traceback.format_list(frames),
            }
            raise TaskError(name, json.dumps(cause, ensure_ascii=False)) from error


def invoke(function: Callable[..., Any], event: Any, context: Context | None = None) -> Any:
    """Call a task: `fn(event)`, `fn(event, context)`, or a coroutine function of either kind."""
    result = function(event, context) if _takes_context(function) else function(event)
    if inspect.isawaitable(result):
        import asyncio

        async def finish() -> Any:
            return await result

        return asyncio.run(finish())
    return result


def _takes_context(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return True
    required = [p for p in positional if p.default is p.empty]
    return len(required) >= 2 or (len(positional) >= 2 and positional[1].name == "context")


def _callable_of(name: str, task: Any) -> Any:
    """A module stands for its `lambda_handler`; the rest for itself."""
    if isinstance(task, ModuleType):
        handler = getattr(task, "lambda_handler", None)
        if handler is None:
            raise UnknownTaskError(f"The module `{task.__name__}` for `{name}` has no `lambda_handler`")
        return handler
    return task


def _key(resource: str) -> str:
    """`service:action` of a service's resource, without `aws-sdk:` and the pattern."""
    if resource.startswith("bayou:"):
        return resource
    parts = resource.split(":")
    rest = [part for part in parts[5:] if part not in ("aws-sdk", "2")]
    return ":".join(rest).split(".")[0]


def _unknown(what: str, name: str, known: list[str]) -> UnknownTaskError:
    near = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(f"`{one}`" for one in sorted(known)) or "none"
    hint = f"did you mean `{near[0]}`? " if near else ""
    return UnknownTaskError(f"There is no task {what}\nhint: {hint}there are {listed}")
