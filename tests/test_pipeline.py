"""State machines as a user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou import errors
from bayou.testing import run_state_machine

CASES = json.loads((Path(__file__).parent / "conformance" / "asl" / "cases.json").read_text(encoding="utf-8"))
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:"


def flaky() -> tuple[Any, dict[str, int]]:
    """The stub of conformance/asl/README.md, and its counters."""
    calls: dict[str, int] = {}

    def run(event: Any) -> Any:
        event = event if isinstance(event, dict) else {}
        key = event.get("key", "")
        calls[key] = n = calls.get(key, 0) + 1
        time.sleep(event.get("sleep_seconds", 0))
        failures = event.get("errors", [event.get("error", "FlakyError")] * event.get("fail_times", 0))
        if n <= len(failures):
            raise bayou.TaskError(failures[n - 1], event.get("cause", "flaky"))
        return event.get("result", {"calls": n})

    return run, calls


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_conformance(case: dict[str, Any]) -> None:
    task, calls = flaky()
    found = run_state_machine(case["definition"], case["input"], tasks={"flaky": task})
    expected = case["expect"]
    assert found["status"] == expected["status"], found
    for field in {"output", "error"} & set(expected):
        assert found[field] == expected[field]
    assert expected.get("cause_contains", "") in (found["cause"] or "")
    assert expected.get("calls", sum(calls.values())) == sum(calls.values())
    assert expected.get("delays", found["delays"]) == found["delays"]


def task(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION + name, **({} if "Next" in more else {"End": True}), **more}


def machine_of(*states: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"StartAt": states[0][0], "States": dict(states)}


def test_tasks_have_every_signature_of_a_handler(lake: bayou.Lake) -> None:
    async def later(event: Any) -> Any:
        return {**event, "later": True}

    def handler(event: Any, context: Any) -> Any:
        assert context.function_name == "handler" and context.aws_request_id
        return {**event, "name": context.execution["State"]["Name"]}

    definition = machine_of(("A", task("plain", Next="B")), ("B", task("handler", Next="C")), ("C", task("later")))
    machine = lake.state_machine(definition, {"plain": lambda event: event, "handler": handler, "later": later})
    assert machine.start({"n": 1}).output == {"n": 1, "name": "B", "later": True}


def test_an_exception_is_named_by_its_class_as_in_lambda(lake: bayou.Lake) -> None:
    class LandingIncompleteException(Exception):
        pass

    def failing(event: Any) -> Any:
        raise LandingIncompleteException("two files are missing")

    execution = lake.state_machine(machine_of(("A", task("failing"))), {"failing": failing}).start()
    with pytest.raises(errors.ExecutionFailedError, match="LandingIncompleteException") as caught:
        _ = execution.output
    assert caught.value.error == execution.error == "LandingIncompleteException"
    cause = json.loads(execution.cause or "")
    assert cause["errorMessage"] == "two files are missing"
    assert cause["errorType"] == "LandingIncompleteException" and cause["requestId"] and cause["stackTrace"]


def test_a_result_must_be_json() -> None:
    found = run_state_machine(machine_of(("A", task("odd"))), {}, {"odd": lambda event: object()})
    assert (found["status"], found["error"]) == ("FAILED", "Runtime.MarshalError")


def test_an_unknown_task_is_refused_with_the_nearest(lake: bayou.Lake) -> None:
    definition = machine_of(("A", task("generic-file-transfer")))
    with pytest.raises(errors.UnknownTaskError, match="did you mean `generic-file-transfr`"):
        lake.state_machine(definition, {"generic-file-transfr": print, "other": print})
    with pytest.raises(errors.UnknownTaskError, match="glue:startJobRun"):
        sdk = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRum", "End": True}
        lake.state_machine(machine_of(("A", sdk)))


def test_all_problems_of_a_definition_come_at_once(lake: bayou.Lake) -> None:
    definition = {"StartAt": "Nope", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}
    with pytest.raises(errors.DefinitionError) as caught:
        lake.state_machine(definition)
    assert "/StartAt: " in str(caught.value) and "/States/A: " in str(caught.value)


def test_almost_right_wildcards_warn_and_run(lake: bayou.Lake) -> None:
    state = task("f", Retry=[{"ErrorEquals": ["States.All"]}])
    with pytest.warns(UserWarning, match="did you mean `States.ALL`"):
        machine = lake.state_machine(machine_of(("A", state)), {"f": lambda event: 1})
    assert machine.start().output == 1


def test_branches_run_at_once(lake: bayou.Lake) -> None:
    meeting = threading.Barrier(3)
    branches = [machine_of((f"B{n}", task("meet"))) for n in range(3)]
    definition = machine_of(("P", {"Type": "Parallel", "Branches": branches, "End": True}))
    machine = lake.state_machine(definition, {"meet": lambda event: meeting.wait(timeout=60) >= 0})
    assert machine.start().output == [True, True, True]


def test_history_is_a_table_and_the_picture_is_coloured(lake: bayou.Lake) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    definition = machine_of(
        ("A", task("bad", Catch=catch, Next="B")), ("B", {"Type": "Pass", "End": True}), ("C", {"Type": "Succeed"})
    )
    execution = lake.state_machine(definition, {"bad": lambda event: 1 / 0}).start().wait()
    types = [row["type"] for row in execution.history().to_pylist()]
    assert types[0] == "ExecutionStarted" and types[-1] == "ExecutionSucceeded"
    assert "LambdaFunctionFailed" in types
    details = json.loads(execution.history().to_pylist()[-1]["details"])
    assert json.loads(details["output"])["Error"] == "ZeroDivisionError"
    svg = execution.plot().svg
    assert svg.startswith("<svg") and "caught error" in svg and "succeeded" in svg
    html = execution._repr_html_()
    assert "SUCCEEDED" in html and svg in html
    assert "<svg" in lake.state_machine(definition, {"bad": print})._repr_html_()


def test_names_are_idempotent_and_executions_are_listed(lake: bayou.Lake) -> None:
    calls = []
    machine = lake.state_machine(machine_of(("A", task("f"))), {"f": calls.append}, name="nightly")
    first = machine.start({"day": 1}, name="monday").wait()
    again = machine.start({"day": 1}, name="monday")
    assert again.id == first.id and again.output is None and len(calls) == 1
    with pytest.raises(errors.ExecutionAlreadyExistsError):
        machine.start({"day": 2}, name="monday")
    machine.start({"day": 2}, name="tuesday").wait()
    assert [execution.name for execution in lake.executions(machine="nightly")] == ["tuesday", "monday"]
    assert lake.executions(status="FAILED") == []


def test_a_stopped_execution_can_be_redriven(lake: bayou.Lake) -> None:
    allowed = threading.Event()
    reached = threading.Event()
    calls: list[str] = []

    def first(event: Any) -> None:
        calls.append("first")

    def second(event: Any) -> str:
        calls.append("second")
        reached.set()
        allowed.wait(timeout=60)
        return "done"

    definition = machine_of(("A", task("first", Next="B")), ("B", task("second")))
    execution = lake.state_machine(definition, {"first": first, "second": second}).start()
    assert reached.wait(timeout=60)
    execution.stop("Stopped", "by hand")
    assert execution.wait().status == "ABORTED" and execution.error == "Stopped"
    allowed.set()
    assert execution.redrive().output == "done"
    assert calls == ["first", "second", "second"]
    with pytest.raises(errors.ExecutionStatusError):
        execution.stop()


def test_task_tokens_are_answered_from_anywhere(lake: bayou.Lake) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    sent: list[str] = []
    machine = lake.state_machine(
        machine_of(("Ask", state)), {"sqs:sendMessage": lambda event: sent.append(event["MessageBody"]["token"])}
    )
    execution = machine.start()
    while not execution.tokens() or not sent:
        time.sleep(0.01)
    assert execution.tokens() == {sent[0]: "Ask"}
    execution.heartbeat(sent[0])
    execution.succeed(sent[0], {"answer": 42})
    assert execution.output == {"answer": 42}
    with pytest.raises(errors.UnknownTokenError):
        execution.succeed(sent[0], {})


def test_virtual_time_jumps_over_waits_and_timeouts_still_end_tasks() -> None:
    definition = machine_of(
        ("W", {"Type": "Wait", "Seconds": 86_400, "Next": "T"}),
        ("T", task("slow", TimeoutSeconds=1, Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "E"}])),
        ("E", {"Type": "Pass", "End": True}),
    )
    never = threading.Event()
    found = run_state_machine(definition, {}, {"slow": lambda event: never.wait(timeout=30)})
    never.set()
    assert found["output"] == {"Error": "States.Timeout", "Cause": ""}


def test_context_heartbeats_keep_a_task_alive() -> None:
    def beating(event: Any, context: Any) -> str:
        for _ in range(30):
            time.sleep(0.1)
            context.heartbeat()
        return "alive"

    state = task("beating", HeartbeatSeconds=2)
    assert run_state_machine(machine_of(("A", state)), {}, {"beating": beating}, clock="system")["output"] == "alive"


def process_of(event: Any, context: Any) -> dict[str, Any]:
    return {"pid": os.getpid(), "name": context.execution["State"]["Name"]}


def test_tasks_run_in_processes_on_request(lake: bayou.Lake) -> None:
    machine = lake.state_machine(machine_of(("A", task("where"))), {"where": process_of}, processes=1)
    found = machine.start().output
    assert found["name"] == "A" and found["pid"] != os.getpid()


def test_lambda_invoke_wraps_the_result(lake: bayou.Lake) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": FUNCTION + "double:live", "Payload": {"n.$": "$.n"}},
        "End": True,
    }
    machine = lake.state_machine(machine_of(("A", state)), {"double": lambda event: event["n"] * 2})
    assert machine.start({"n": 4}).output == {"ExecutedVersion": "$LATEST", "Payload": 8, "StatusCode": 200}


def test_machines_start_machines(lake: bayou.Lake) -> None:
    inner = lake.state_machine(machine_of(("I", task("add"))), {"add": lambda event: event["n"] + 1}, name="inner")
    assert inner.name == "inner"
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:0:stateMachine:inner", "Input": {"n": 1}},
        "ResultSelector": {"out.$": "$.Output"},
        "End": True,
    }
    assert lake.state_machine(machine_of(("A", state)), name="outer").start().output == {"out": 2}


def test_the_lakes_own_tasks_move_files_crawl_and_query(lake: bayou.Lake, tmp_path: Path) -> None:
    landing = tmp_path / "lake" / "data" / "landing"
    landing.mkdir(parents=True)
    (landing / "customers.csv").write_text("name,city\nAda,London\nGrace,New York\n")
    places = {"source": "data/landing/", "destination": "data/raw/customers/"}
    definition = machine_of(
        ("Copy", {"Type": "Task", "Resource": "bayou:transfer", "Parameters": places, "Next": "Verify"}),
        ("Verify", {"Type": "Task", "Resource": "bayou:verify", "Parameters": places, "Next": "Crawl"}),
        (
            "Crawl",
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:glue:startCrawler",
                "Parameters": {"Name": "raw"},
                "Next": "Query",
            },
        ),
        (
            "Query",
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
                "Parameters": {
                    "QueryString": "SELECT count(*) AS n FROM customers",
                    "QueryExecutionContext": {"Database": "raw"},
                },
                "Next": "Results",
            },
        ),
        (
            "Results",
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::athena:getQueryResults",
                "Parameters": {"QueryExecutionId.$": "$.QueryExecution.QueryExecutionId"},
                "ResultSelector": {"n.$": "$.ResultSet.Rows[1].Data[0].VarCharValue"},
                "ResultPath": "$.result",
                "OutputPath": "$.result",
                "Next": "Delete",
            },
        ),
        (
            "Delete",
            {
                "Type": "Task",
                "Resource": "bayou:delete",
                "Parameters": {"prefix": "data/landing/"},
                "ResultPath": None,
                "End": True,
            },
        ),
    )
    machine = lake.state_machine(definition, {"raw": {"target": "data/raw/", "database": "raw"}})
    assert machine.start().output == {"n": "2"}
    assert not list(landing.iterdir())


def test_items_are_read_from_files_and_results_written(lake: bayou.Lake, tmp_path: Path) -> None:
    folder = tmp_path / "lake" / "in"
    folder.mkdir(parents=True)
    (folder / "days.csv").write_text("day,n\nmonday,1\ntuesday,2\n")
    definition = machine_of(
        (
            "M",
            {
                "Type": "Map",
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "Parameters": {"Bucket": "b", "Key": "days.csv"},
                    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
                },
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    **machine_of(("I", task("read"))),
                },
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Parameters": {"Bucket": "b", "Prefix": "out"},
                },
                "End": True,
            },
        )
    )
    machine = lake.state_machine(definition, {"read": lambda event: event["day"]}, buckets={"b": "in"})
    written = machine.start().output["ResultWriterDetails"]
    manifest = json.loads((folder / written["Key"]).read_text())
    results = json.loads((folder / manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]).read_text())
    assert [json.loads(result["Output"]) for result in results] == ["monday", "tuesday"]


def test_a_missing_object_has_the_name_of_the_services_error(lake: bayou.Lake) -> None:
    get = "arn:aws:states:::aws-sdk:s3:getObject"
    state = {"Type": "Task", "Resource": get, "Parameters": {"Bucket": "b", "Key": "no"}, "End": True}
    assert lake.state_machine(machine_of(("A", state))).start().wait().error == "S3.NoSuchKeyException"
    other = lake.state_machine(machine_of(("A", state)), buckets={"mine": ""}, name="other")
    assert other.start().wait().error == "S3.NoSuchBucketException"


JOB = """
import os, sys, signal
import bayou
lake = bayou.Lake(sys.argv[1])
log = os.path.join(sys.argv[1], "calls.txt")
def step(event, context):
    name = context.execution["State"]["Name"]
    with open(log, "a") as file: file.write(name + " " + context.aws_request_id + "\\n")
    if name == sys.argv[2]: os.kill(os.getpid(), signal.SIGKILL)
    return event
function = "arn:aws:lambda:r:a:function:step"
names = ["A", "B", "C"]
states = {name: {"Type": "Task", "Resource": function, **({"Next": names[at + 1]} if at < 2 else {"End": True})}
          for at, name in enumerate(names)}
machine = lake.state_machine({"StartAt": "A", "States": states}, {"step": step}, name="job")
if sys.argv[2] == "-":
    (execution,) = lake.executions()
else:
    execution = machine.start({"n": 1}, name="run")
print(execution.output)
"""


def test_a_killed_execution_goes_on_and_repeats_only_the_task_in_flight(tmp_path: Path) -> None:
    def run(die_in: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", JOB, str(tmp_path / "lake"), die_in]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert run("B").returncode == -9
    resumed = run("-")
    assert resumed.stdout == "{'n': 1}\n", resumed.stderr
    calls = [line.split() for line in (tmp_path / "lake" / "calls.txt").read_text().splitlines()]
    assert [name for name, _ in calls] == ["A", "B", "B", "C"]
    assert calls[1] == calls[2], "the attempt is the same"


def test_the_command_line_runs_and_lists(tmp_path: Path) -> None:
    definition = tmp_path / "m.asl.json"
    definition.write_text(json.dumps(machine_of(("A", task("double")))))
    (tmp_path / "tasks.py").write_text("def double(event):\n    return event['n'] * 2\n")

    def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bayou", "state-machine", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    lake, svg = str(tmp_path / "lake"), tmp_path / "m.svg"
    ran = cli(
        "run",
        str(definition),
        "--lake",
        lake,
        "--tasks",
        str(tmp_path / "tasks.py"),
        "--input",
        '{"n": 4}',
        "--name",
        "one",
        "--plot",
        str(svg),
    )
    assert ran.stdout.strip() == "8", ran.stderr
    assert svg.read_text().startswith("<svg")
    assert re.search(r"one\s+SUCCEEDED", cli("list", "--lake", lake).stdout)
    assert cli("check", str(definition)).returncode == 0
    definition.write_text('{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}')
    refused = cli("check", str(definition))
    assert refused.returncode == 1 and "/StartAt" in refused.stderr
