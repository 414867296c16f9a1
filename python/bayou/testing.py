"""Help for tests of code that uses bayou."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from bayou import _bayou

if TYPE_CHECKING:
    from bayou.lake import Lake
    from bayou.pipeline import Definition

__all__ = ["evaluate_sql", "run_state_machine", "temporary_lake"]


@contextmanager
def temporary_lake() -> Iterator[Lake]:
    """A lake in a temporary folder that goes away with it."""
    from bayou.lake import Lake

    with tempfile.TemporaryDirectory(prefix="bayou-") as folder:
        yield Lake(folder)


def run_state_machine(
    definition: Definition,
    input: Any,
    tasks: Mapping[str, Any] | None = None,
    clock: Literal["virtual", "system"] = "virtual",
) -> dict[str, Any]:
    """Run a state machine to its end, outside of any lake.

    Args:
        definition: The definition as a dict, as JSON text, or the path of a file.
        input: Any JSON value.
        tasks: What resources stand for, as for `lake.state_machine`.
        clock: `virtual` jumps over waits and delays; while a task works, time goes on as it really does.

    Returns:
        `status`, `output`, `error` and `cause` of the execution, and `delays`: the seconds of each wait before a retry.
    """
    from bayou._bayou import ExecutionStore
    from bayou.pipeline import StateMachine
    from bayou.tasks import Dispatcher

    machine = StateMachine(
        ExecutionStore(), "test", definition, Dispatcher(tasks or {}, clock=clock), clock=clock, limits="aws"
    )
    execution = machine.start(input)
    record = execution.wait().describe()
    answer = {name: record[name] for name in ("status", "output", "error", "cause")}
    return {**answer, "delays": execution.delays}


def evaluate_sql(sql: str) -> dict[str, Any]:
    """Run one query of Athena's SQL that names no table, and give its answer as plain values.

    Args:
        sql: A query, as `SELECT 1 + 1`. The session's time zone is UTC.

    Returns:
        `columns`, the types as Trino's `typeof` prints them but without varchar lengths; `names`, the columns' names;
        `rows`, a list of lists: numbers and booleans as they are, decimals, text, moments, intervals and JSON as text,
        varbinary as hexadecimal text, arrays and rows as lists, maps as lists of pairs, NaN and infinities as text.

    Raises:
        SqlError: The query cannot be planned; the text names Trino's error, line and column.
        DataError: It failed while running; the text begins with Trino's name of the error.

    Source: Trino's documentation, functions and operators.
    """
    answer: dict[str, Any] = json.loads(_bayou._evaluate_sql(sql))
    return answer
