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

__all__ = ["evaluate", "evaluate_sql", "run_state_machine", "run_streaming_case", "temporary_lake"]


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


def evaluate(expr: str) -> str:
    """The value of one expression of streaming SQL, as text.

    Nothing is raised for what the dialect refuses or what fails: both have a marker of their own, so that a table of
    expressions and expected texts is a test.

    Args:
        expr: An expression without columns; or a query over `VALUES`, when it begins with `SELECT` or `VALUES`.

    Returns:
        Numbers as they print, decimals with all their digits; `TRUE`, `FALSE`, `UNKNOWN`; text without quotes; dates
        and times as in literals, the milliseconds of a TIMESTAMP only when they are not 0; intervals as literals with a
        sign; `<NULL>`; `NAME,NAME: (value,value),...` for a row value or the rows of a query; `<ERROR>` when the
        text is refused; `<NO ROW>` when it is accepted and fails while it is computed. The clock is the system's, in
        UTC.

    Example:
        >>> evaluate("5.0 / 2")
        '2.500000000000'
        >>> evaluate("INTERVAL '1' DAY - INTERVAL '3 4' DAY TO HOUR")
        "INTERVAL '-2 04' DAY TO HOUR"
        >>> evaluate("MOD(5, 0)")
        '<NO ROW>'

    Source: Kinesis Data Analytics SQL Reference, "SQL Operators", "Functions".
    """
    from bayou import _bayou

    return _bayou.evaluate(expr)


def run_streaming_case(
    case: Mapping[str, Any], *, mode: Literal["whole", "row", "restore"] = "whole", at: int | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Replay recorded rows through a streaming application and return what its streams give.

    Time passes as the recording says: a row and a bound are the time of their stream, and the end is no bound, so
    windows that nothing has closed give nothing.

    Args:
        case: `sql`, the whole application; `streams`, by name either `columns` (pairs of name and type) with typed
            `values` or an `input_schema` of the API with `record` texts, each row with its `rowtime`, and bounds as
            `{"bound": time}`; `tables`, the reference tables, if there are any; `expect`, whose names are the
            streams that are returned.
        mode: `whole`: all in one epoch; `row`: an epoch for each row and bound; `restore`: the application is stopped
            and made again from its checkpoint behind each of them. All give the same rows.
        at: With `restore`: only once, behind so many rows and bounds.

    Returns:
        By stream, and for `error_stream`, a list of `{"rowtime": time, "values": [...]}`; times are texts such as
        `2018-05-09T12:50:41.337`, binary values base64.

    Raises:
        SqlError: The application's text is wrong.
        InvalidOptionError: The case is not one.

    Example:
        >>> rows = [{"rowtime": "2018-11-05T10:00:00.000", "values": [7]}]
        >>> case = {
        ...     "streams": {"S": {"columns": [["N", "INTEGER"]], "rows": rows}},
        ...     "sql": "CREATE STREAM o (n INTEGER); CREATE PUMP p AS INSERT INTO o SELECT STREAM n * 2 FROM s;",
        ...     "expect": {"O": []},
        ... }
        >>> run_streaming_case(case)["O"]
        [{'rowtime': '2018-11-05T10:00:00.000', 'values': [14]}]
    """
    from bayou._bayou import run_streaming_case as run

    with tempfile.TemporaryDirectory(prefix="bayou-case-") as folder:
        rows: dict[str, list[dict[str, Any]]] = json.loads(run(json.dumps(case), folder, mode=mode, at=at))
        return rows
