"""SIGKILL of producers, consumers and who reshards, at random moments: nothing acknowledged is lost, torn or twice."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest

import bayou

TESTS = Path(__file__).parent


class Worker:
    """A process of `stream_job.py` or `consumer_job.py`, and the lines that it has printed."""

    def __init__(self, job: str, *arguments: str) -> None:
        command = [sys.executable, str(TESTS / job), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._listen, daemon=True)
        self.reader.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # A line that the kill cut short has no end.
            if line.endswith("\n"):
                self.lines.append(line.strip())

    def kill(self) -> list[str]:
        self.process.kill()
        self.process.wait()
        self.reader.join(timeout=10)
        return self.lines

    def wait_for_lines(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while len(self.lines) < count and time.monotonic() < deadline and self.process.poll() is None:
            time.sleep(0.005)
        assert len(self.lines) >= count


def check_records(stream: bayou.Stream, acknowledged: dict[str, int]) -> dict[str, int]:
    """Each producer's records are there once and in order, all that were acknowledged; gives how many there are."""
    found: dict[str, list[int]] = defaultdict(list)
    for data in stream.read().to_pydict()["data"]:
        prefix, number = data.decode().rsplit("-", 1)
        found[prefix].append(int(number))
    for prefix, numbers in found.items():
        assert numbers == list(range(len(numbers))), prefix
        assert len(numbers) >= acknowledged.get(prefix, 0), prefix
    assert set(acknowledged) <= set(found)
    return {prefix: len(numbers) for prefix, numbers in found.items()}


def test_producers_and_who_reshards_are_killed(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=2)
    dice = random.Random(11)
    written: dict[str, int] = {}
    for round in range(6):
        prefixes = ["a", "b"]
        producers = {
            prefix: Worker("stream_job.py", lake.url, "s", "produce", prefix, str(written.get(prefix, 0)))
            for prefix in prefixes
        }
        resharder = Worker("stream_job.py", lake.url, "s", "reshard", str(round))
        for worker in [*producers.values(), resharder]:
            worker.wait_for_lines(2)
        time.sleep(dice.uniform(0.0, 0.3))
        order = [*producers.values(), resharder]
        dice.shuffle(order)
        for worker in order:
            worker.kill()
            time.sleep(dice.uniform(0.0, 0.02))
        acknowledged = {prefix: int(worker.lines[-1]) for prefix, worker in producers.items()}
        written = check_records(lake.open_stream("s"), acknowledged)
        open = [shard["HashKeyRange"] for shard in stream.describe()["Shards"] if shard["ShardState"] == "OPEN"]
        ends = sorted((int(keys["StartingHashKey"]), int(keys["EndingHashKey"])) for keys in open)
        assert (ends[0][0], ends[-1][1]) == (0, 2**128 - 1)
        assert all(one[1] + 1 == two[0] for one, two in itertools.pairwise(ends))
        stream.put_records([f"own-{round}"], partition_keys=["own"])


def test_producers_and_consumers_are_killed_while_shards_change(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=3)
    dice = random.Random(5)
    seen: list[str] = []
    acknowledged: dict[str, int] = {}
    consumers = [Worker("consumer_job.py", lake.url, "s", "c") for _ in range(2)]
    for round in range(4):
        prefix = f"p{round}"
        producer = Worker("stream_job.py", lake.url, "s", "produce", prefix, "0")
        producer.wait_for_lines(3)
        stream.update_shard_count(dice.randint(1, 4))
        victim = dice.randrange(2)
        time.sleep(dice.uniform(0.0, 0.2))
        seen += consumers[victim].kill()
        acknowledged[prefix] = int(producer.kill()[-1])
        consumers[victim] = Worker("consumer_job.py", lake.url, "s", "c")
    everything = {data.decode() for data in stream.read().to_pydict()["data"]}
    assert {prefix: count for prefix, count in check_records(stream, acknowledged).items() if count} == {
        prefix: sum(text.startswith(f"{prefix}-") for text in everything) for prefix in acknowledged
    }
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        missing = everything.difference(seen, *(worker.lines for worker in consumers))
        if not missing:
            break
        time.sleep(0.1)
    for worker in consumers:
        worker.kill()
    assert not missing


def test_every_damaged_byte_of_a_log_is_found(tmp_path: Path) -> None:
    lake = bayou.Lake(tmp_path / "lake")
    stream = lake.stream("s")
    for number in range(3):
        stream.put_records([f"record {number}"], partition_keys=["k"])
    segment = next(path for path in tmp_path.rglob("*.log") if "shardId" in str(path))
    whole = segment.read_bytes()
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        with segment.open("r+b") as file:
            file.write(damaged)
        found = lake.open_stream("s")
        with pytest.raises(bayou.errors.CorruptStreamError, match=segment.name):
            found.read()
        with pytest.raises(bayou.errors.CorruptStreamError, match=segment.name):
            found.put_records(["x"])
        assert segment.read_bytes() == bytes(damaged)
    with segment.open("r+b") as file:
        file.write(whole)
    assert lake.open_stream("s").read().num_rows == 3
