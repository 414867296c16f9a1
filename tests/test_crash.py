"""The streaming job is killed at random moments; every acknowledged record is delivered exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import bayou

from . import crash_job

KILLS = 20
PROGRAM = Path(crash_job.__file__)


def delivered(root: Path) -> Counter[int]:
    """How often each number is in a delivered file."""
    found: Counter[int] = Counter()
    for path in (root / "data").rglob("*"):
        if path.is_file():
            half = 0 if "even" in path.parts else 1
            for line in path.read_text().splitlines():
                row = json.loads(line)
                assert row["n"] % 2 == half and row["text"] == f"record {row['n']}"
                found[row["n"]] += 1
    return found


def test_every_acknowledged_record_is_delivered_exactly_once(tmp_path: Path) -> None:
    chance = random.Random(int(os.environ.get("BAYOU_CRASH_SEED", "1")))
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, str(PROGRAM), str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "running\n"
        time.sleep(chance.uniform(0.0, 0.4))  # the moment of the kill, not something to wait for
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
        process.stdout.close()

    acknowledged: set[int] = set()
    for line in (tmp_path / "acknowledged").read_text().splitlines():
        first, count = map(int, line.split())
        acknowledged.update(range(first, first + count))
    assert len(acknowledged) > KILLS * crash_job.BATCH

    lake = bayou.Lake(tmp_path / "lake")
    crash_job.application(lake).run()
    found = delivered(tmp_path / "lake")
    in_stream = Counter(json.loads(data)["n"] for data in lake.open_stream("numbers").read().to_pydict()["data"])

    doubled = [number for number, times in found.items() if times > 1]
    assert not doubled, f"{len(doubled)} records were delivered more than once, such as {doubled[:5]}"
    lost = acknowledged - found.keys()
    assert not lost, f"{len(lost)} acknowledged records were lost, such as {sorted(lost)[:5]}"
    # What was written and not acknowledged may be there, but only as a whole: once in the stream, once in a file.
    assert found == in_stream
