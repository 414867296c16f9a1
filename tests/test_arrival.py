"""Every file that arrives is worked on exactly once, whoever dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

import bayou

WORKER = """
import os, sys, time
import bayou
lake = bayou.Lake(sys.argv[1])
log = os.path.join(sys.argv[1], "done.txt")
def handle(event):
    key = event["Records"][0]["s3"]["object"]["key"]
    time.sleep(0.01)
    with open(log, "a") as file: file.write(key + "\\n")
trigger = lake.on_arrival("data/landing/", suffix=".csv", run=handle, poll_seconds=0.05, lease_seconds=1.0)
print("ready", flush=True)
trigger.watch()
"""


def drop(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("a\n1\n")


def poll_until_settled(trigger: Any) -> list[str]:
    """Two looks: a local file has arrived when it is the same in both."""
    return [path for _ in range(2) for path in trigger.poll()]


def test_a_handler_gets_the_notification_of_s3(lake: bayou.Lake, tmp_path: Path) -> None:
    drop(tmp_path / "lake" / "data" / "landing", "customers 20190821.csv", "notes.txt", "_part.csv", "x.csv.tmp")
    events: list[Any] = []

    def lambda_handler(event: Any, context: Any) -> None:
        events.append(event)

    trigger = lake.on_arrival("data/landing/", suffix=".csv", run=lambda_handler)
    assert trigger.poll() == []
    assert trigger.poll() == ["data/landing/customers 20190821.csv"]
    assert trigger.poll() == []
    record = events[0]["Records"][0]["s3"]
    assert record["bucket"]["name"] == "lake"
    assert record["object"]["key"] == "data/landing/customers+20190821.csv"
    assert unquote_plus(record["object"]["key"]) == "data/landing/customers 20190821.csv"
    assert record["object"]["size"] == 4 and record["object"]["eTag"] and record["object"]["sequencer"]


def test_a_machine_runs_once_for_each_file(lake: bayou.Lake, tmp_path: Path) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Pass",
                "Parameters": {"key.$": "$.detail.object.key", "type.$": "$.detail-type"},
                "End": True,
            }
        },
    }
    machine = lake.state_machine(definition, name="arrivals")
    drop(tmp_path / "lake" / "in", "a.csv", "b.csv")
    trigger = lake.on_arrival("in/", run=machine)
    assert poll_until_settled(trigger) == ["in/a.csv", "in/b.csv"]
    outputs = sorted(execution.output["key"] for execution in machine.executions())
    assert outputs == ["in/a.csv", "in/b.csv"]
    assert {execution.output["type"] for execution in machine.executions()} == {"Object Created"}


def test_input_may_be_made_of_the_file(lake: bayou.Lake, tmp_path: Path) -> None:
    drop(tmp_path / "lake" / "in", "a.csv")
    paths: list[str] = []
    trigger = lake.on_arrival("in/", run=paths.append, input=lambda file: file["path"])
    poll_until_settled(trigger)
    assert paths == ["in/a.csv"]


def test_new_content_under_an_old_name_is_another_file(lake: bayou.Lake, tmp_path: Path) -> None:
    folder = tmp_path / "lake" / "in"
    drop(folder, "a.csv")
    seen: list[Any] = []
    trigger = lake.on_arrival("in/", run=seen.append)
    poll_until_settled(trigger)
    (folder / "a.csv").write_text("a\n1\n2\n")
    poll_until_settled(trigger)
    assert len(seen) == 2


def test_failures_come_back_and_then_stay_visible(lake: bayou.Lake, tmp_path: Path) -> None:
    drop(tmp_path / "lake" / "in", "a.csv")

    def broken(event: Any) -> None:
        raise ValueError("no header")

    trigger = lake.on_arrival("in/", run=broken, max_attempts=1)
    assert poll_until_settled(trigger) == []
    (row,) = trigger.files().to_pylist()
    assert (row["state"], row["attempts"], row["error"]) == ("failed", 1, "ValueError: no header")
    assert trigger.retry_failed() == 1


def test_a_trigger_watches_in_the_background(lake: bayou.Lake, tmp_path: Path) -> None:
    seen: list[Any] = []
    with lake.on_arrival("in/", run=seen.append, poll_seconds=0.05):
        drop(tmp_path / "lake" / "in", "a.csv", "b.csv")
        deadline = time.monotonic() + 60
        while len(seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(seen) == 2


@pytest.mark.parametrize("kill", [False, True], ids=["two processes share", "one is killed"])
def test_processes_share_the_work(tmp_path: Path, kill: bool) -> None:
    lake = tmp_path / "lake"
    landing = lake / "data" / "landing"
    names = [f"f{n:03}.csv" for n in range(60)]
    drop(landing, *names)
    command = [sys.executable, "-c", WORKER, str(lake)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    done = lake / "done.txt"
    lines: list[str] = []
    try:
        deadline = time.monotonic() + 120
        killed = not kill
        while len(set(lines)) < len(names) and time.monotonic() < deadline:
            time.sleep(0.05)
            lines = done.read_text().split() if done.exists() else []
            if not killed and len(lines) > 10:
                workers[0].send_signal(signal.SIGKILL)
                killed = True
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert {Path(line).name for line in lines} == set(names)
    # The file that the killed one was at may have been logged by it already: its handler ran, its row was not done.
    assert len(lines) <= len(names) + (1 if kill else 0)


MACHINE_WORKER = """
import os, signal, sys
import bayou
lake = bayou.Lake(sys.argv[1])
log = os.path.join(sys.argv[1], "steps.txt")
def step(event, context):
    name = context.execution["State"]["Name"]
    with open(log, "a") as file: file.write(name + "\\n")
    if name == "B" and sys.argv[2] == "die": os.kill(os.getpid(), signal.SIGKILL)
    return event
task = {"Type": "Task", "Resource": "arn:aws:lambda:r:a:function:step"}
definition = {"StartAt": "A", "States": {"A": {**task, "Next": "B"}, "B": {**task, "End": True}}}
machine = lake.state_machine(definition, {"step": step}, name="arrivals")
trigger = lake.on_arrival("in/", run=machine, poll_seconds=0.05, lease_seconds=0.5)
while not [row for row in trigger.files().to_pylist() if row["state"] == "done"]:
    trigger.watch(seconds=0.2)
print([execution.status for execution in machine.executions()])
"""


def test_a_machine_that_was_killed_goes_on_for_the_same_file(tmp_path: Path) -> None:
    drop(tmp_path / "lake" / "in", "a.csv")

    def run(mode: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", MACHINE_WORKER, str(tmp_path / "lake"), mode]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert run("die").returncode == -signal.SIGKILL
    resumed = run("live")
    assert resumed.stdout.strip() == "['SUCCEEDED']", resumed.stderr
    assert (tmp_path / "lake" / "steps.txt").read_text().split() == ["A", "B", "B"]
