"""Consumers of streams: leases, checkpoints, workers that die, and tails."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import bayou
from bayou.errors import InterfaceError, InvalidIteratorError, InvalidOptionError

JOB = Path(__file__).with_name("consumer_job.py")


def numbers(records: bayou.Table | None) -> list[int]:
    return [] if records is None else [int(data) for data in records.to_pydict()["data"]]


def put(stream: bayou.Stream, first: int, count: int) -> None:
    texts = [str(number) for number in range(first, first + count)]
    stream.put_records(texts, partition_keys=texts)


def drain(consumer: bayou.Consumer) -> list[int]:
    found: list[int] = []
    while records := consumer.poll():
        found += numbers(records)
    return sorted(found)


def test_a_consumer_goes_on_where_it_stopped(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=3)
    put(stream, 0, 30)
    with stream.consumer("c") as consumer:
        assert drain(consumer) == list(range(30))
        assert consumer.poll(timeout=0.05) is None
        consumer.checkpoint()
        put(stream, 30, 5)
        assert consumer.millis_behind_latest >= 0
        assert drain(consumer) == list(range(30, 35))
    with stream.consumer("c") as again:
        assert drain(again) == list(range(30, 35))
        assert len(again.leases) == 3
        again.checkpoint()
    assert stream.consumers() == ["c"]
    leases = stream.leases("c")
    assert [lease["leaseKey"] for lease in leases] == stream.shards
    assert all(lease["leaseOwner"] is None and lease["leaseCounter"] == 2 for lease in leases)
    with stream.consumer("other", start="LATEST") as other:
        assert drain(other) == []
    stream.delete_consumer("c")
    with stream.consumer("c") as fresh:
        assert drain(fresh) == list(range(35))
        with pytest.raises(InvalidOptionError, match="has workers"):
            stream.delete_consumer("c")


def test_checkpoints_are_of_records_that_were_handed_out(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=1)
    put(stream, 0, 10)
    consumer = stream.consumer("c")
    first = consumer.poll(5)
    assert first is not None
    places = first.to_pydict()["sequence_number"]
    consumer.checkpoint(places[2])
    assert stream.leases("c")[0]["checkpoint"] == places[2]
    with pytest.raises(InvalidOptionError, match="never goes back"):
        consumer.checkpoint(places[0])
    with pytest.raises((InvalidIteratorError, InvalidOptionError)):
        consumer.checkpoint("nonsense")
    consumer.close()
    with pytest.raises(InterfaceError, match="is closed"):
        consumer.poll()
    with pytest.raises(InvalidOptionError, match="name of a consumer"):
        stream.consumer("../c")
    assert drain(stream.consumer("c")) == list(range(3, 10))


def test_workers_of_several_processes_share_shards_and_take_over_from_the_killed(lake: bayou.Lake) -> None:
    """SIGKILL of workers at random moments: every record is processed at least once."""
    stream = lake.stream("s", shards=4)
    dice = random.Random(3)
    seen: set[int] = set()
    lock = threading.Lock()

    def listen(worker: subprocess.Popen[str]) -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            if line.strip().isdigit():
                with lock:
                    seen.add(int(line))

    def start() -> subprocess.Popen[str]:
        worker = subprocess.Popen([sys.executable, JOB, lake.url, "s", "c"], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=listen, args=(worker,), daemon=True).start()
        return worker

    workers = [start(), start()]
    try:
        for part in range(6):
            put(stream, part * 500, 500)
            time.sleep(dice.uniform(0.1, 0.4))
            victim = dice.randrange(2)
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = start()
        deadline = time.monotonic() + 60
        while len(seen) < 3_000 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert seen == set(range(3_000))
        owners = {lease["leaseOwner"] for lease in stream.leases("c")}
        while len(owners - {None}) < 2 and time.monotonic() < deadline:
            put(stream, 0, 8)
            time.sleep(0.2)
            owners = {lease["leaseOwner"] for lease in stream.leases("c")}
        assert len(owners - {None}) == 2
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def test_a_tail_waits_for_records_and_ends_when_asked(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=2)
    put(stream, 0, 5)
    found: list[int] = []
    for records in stream.tail("TRIM_HORIZON", timeout=0.05):
        found += numbers(records)
    assert sorted(found) == list(range(5))
    tail = stream.tail()
    later = threading.Timer(0.1, put, (stream, 5, 3))
    later.start()
    late: list[int] = []
    while len(late) < 3:
        late += numbers(next(tail))
    assert sorted(late) == [5, 6, 7]
    threading.Timer(0.1, tail.close).start()
    assert next(tail, None) is None


def test_records_come_by_async_for(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=2)
    put(stream, 0, 20)

    async def read() -> list[int]:
        found: list[int] = []
        async for records in stream.consumer("c"):
            found += numbers(records)
            if len(found) == 20:
                break
        async for records in stream.tail("TRIM_HORIZON", timeout=0.05):
            found += numbers(records)
        return found

    assert sorted(asyncio.run(read())) == sorted(list(range(20)) * 2)


def test_a_stream_describes_itself(lake: bayou.Lake) -> None:
    described = lake.stream("s", shards=2).describe()
    assert (described["StreamName"], described["StreamStatus"]) == ("s", "ACTIVE")
    ranges = [shard["HashKeyRange"] for shard in described["Shards"]]
    assert ranges[0]["StartingHashKey"] == "0"
    assert int(ranges[1]["EndingHashKey"]) == 2**128 - 1
    assert int(ranges[0]["EndingHashKey"]) + 1 == int(ranges[1]["StartingHashKey"])
