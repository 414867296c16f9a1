"""Splits, merges, retention, iterators, limits and aggregates, as Python sees them."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from pathlib import Path

import pytest

import bayou
from bayou import errors


def texts(table: bayou.Table | None) -> list[str]:
    return [] if table is None else [data.decode() for data in table.to_pydict()["data"]]


def put(stream: bayou.Stream, *records: str) -> bayou.PutSummary:
    return stream.put_records(list(records), partition_keys=list(records))


def test_shards_are_split_and_merged_while_others_have_the_stream_open(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    other = lake.open_stream("s")
    tail = stream.tail("TRIM_HORIZON", timeout=0.05)
    put(stream, "a", "sensor-1")
    stream.split_shard("shardId-000000000000")
    assert other.shards == ["shardId-000000000001", "shardId-000000000002"]
    put(other, "a", "sensor-1")
    other.merge_shards("shardId-000000000002", "shardId-000000000001")
    put(stream, "a", "sensor-1")
    assert texts(stream.read()) == ["a", "sensor-1"] * 3
    assert [text for table in tail for text in texts(table)] == ["a", "sensor-1"] * 3
    shards = {shard["ShardId"][-1]: shard for shard in stream.describe()["Shards"]}
    assert [shards[key]["ShardState"] for key in "0123"] == ["CLOSED", "CLOSED", "CLOSED", "OPEN"]
    assert shards["1"]["ParentShardId"] == "shardId-000000000000"
    assert (shards["3"]["ParentShardId"][-1], shards["3"]["AdjacentParentShardId"][-1]) == ("2", "1")
    assert shards["3"]["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)}
    assert "EndingSequenceNumber" not in shards["3"]["SequenceNumberRange"]
    for shard in shards.values():
        numbers = shard["SequenceNumberRange"]
        assert int(numbers["StartingSequenceNumber"]) < int(numbers.get("EndingSequenceNumber", 10**56))
    with pytest.raises(errors.ShardClosedError, match="its children are open"):
        stream.split_shard("shardId-000000000001")
    with pytest.raises(errors.UnknownShardError) as caught:
        stream.split_shard("shardId-000000000009")
    assert caught.value.code == "ResourceNotFoundException"
    with pytest.raises(errors.InvalidArgumentError, match="does not split"):
        stream.split_shard("shardId-000000000003", 1)
    stream.split_shard("shardId-000000000003", 2**100)
    stream.update_shard_count(3)
    assert len(stream.shards) == 3
    assert lake.stream("s", shards=3).name == "s"
    with pytest.raises(errors.StreamExistsError):
        lake.stream("s", shards=1)


def test_consumers_finish_parents_first(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    put(stream, "1", "2")
    with stream.consumer("c") as consumer:
        stream.update_shard_count(2)
        put(stream, "3", "4", "5")
        assert texts(consumer.poll()) == ["1", "2"]
        assert consumer.poll() is None
        consumer.checkpoint()
        later: list[str] = []
        while (records := consumer.poll()) is not None:
            later += texts(records)
        assert sorted(later) == ["3", "4", "5"]
        consumer.checkpoint()
    parent, *children = stream.leases("c")
    assert parent["checkpoint"] == "SHARD_END"
    assert parent["childShardIds"] == [child["leaseKey"] for child in children]
    assert all(child["parentShardId"] == [parent["leaseKey"]] for child in children)
    assert children[0]["startingHashKey"] == "0"


def test_an_application_follows_its_stream(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    sql = """
        CREATE OR REPLACE STREAM "OUT" ("n" INTEGER);
        CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";
    """
    stream.put_records([{"n": n} for n in range(10)])
    application = lake.application("a", sql, source=stream, schema={"n": "INTEGER"})
    assert sorted(application.run()["OUT"].to_pydict()["n"]) == list(range(10))
    stream.update_shard_count(3)
    stream.put_records([{"n": n} for n in range(10, 30)])
    again = lake.application("a", sql, source=lake.open_stream("s"), schema={"n": "INTEGER"})
    assert sorted(again.run()["OUT"].to_pydict()["n"]) == list(range(10, 30))


def test_an_iterator_reads_a_call_at_a_time(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    shard = stream.shards[0]
    numbers = [result["SequenceNumber"] for result in put(stream, *"abcde").results]
    iterator = stream.iterator(shard)
    assert texts(iterator.get_records(2)) == ["a", "b"]
    assert iterator.millis_behind_latest >= 0
    token = iterator.token
    assert token is not None
    assert texts(iterator.get_records()) == ["c", "d", "e"]
    assert texts(stream.iterator(token).get_records(1)) == ["c"]
    assert (texts(iterator.get_records()), iterator.millis_behind_latest, iterator.is_at_end) == ([], 0, False)
    at = stream.iterator(shard, "AT_SEQUENCE_NUMBER", sequence_number=numbers[3])
    after = stream.iterator(shard, "AFTER_SEQUENCE_NUMBER", sequence_number=numbers[3])
    assert (texts(at.get_records()), texts(after.get_records())) == (["d", "e"], ["e"])
    latest = stream.iterator(shard, "LATEST")
    arrival = stream.read(limit=1).to_pydict()["arrival"][0]
    assert len(texts(stream.iterator(shard, "AT_TIMESTAMP", timestamp=arrival).get_records())) == 5
    put(stream, "f")
    assert texts(latest.get_records()) == ["f"]
    stream.split_shard(shard)
    assert latest.is_at_end and latest.token is None
    assert [child["ParentShards"] for child in latest.child_shards] == [[shard], [shard]]
    end = stream.describe()["Shards"][0]["SequenceNumberRange"]["EndingSequenceNumber"]
    assert stream.iterator(shard, "AFTER_SEQUENCE_NUMBER", sequence_number=end).is_at_end


def test_wrong_iterators_are_refused(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=2)
    number = put(stream, "a").results[0]["SequenceNumber"]
    later = str(int(number) + 5 * 2**80)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    with pytest.raises(errors.InvalidIteratorError, match="in the future") as caught:
        stream.iterator(stream.shards[0], "AT_TIMESTAMP", timestamp=soon)
    assert caught.value.code == "InvalidArgumentException"
    with pytest.raises(errors.InvalidIteratorError, match="has no record"):
        stream.iterator(stream.shards[0], "AT_SEQUENCE_NUMBER", sequence_number=later)
    with pytest.raises(errors.InvalidArgumentError, match="belongs to"):
        stream.iterator(stream.shards[1], "AT_SEQUENCE_NUMBER", sequence_number=number)
    with pytest.raises(errors.UnknownShardError):
        stream.iterator("shardId-000000000007")
    with pytest.raises(errors.InvalidIteratorError, match="neither a shard nor an iterator"):
        stream.iterator("nonsense")
    token = lake.stream("t").iterator("shardId-000000000000").token
    assert token is not None
    with pytest.raises(errors.InvalidIteratorError, match="of the stream `t`"):
        stream.iterator(token)


def test_retention_is_kept_with_the_stream(lake: bayou.Lake) -> None:
    stream = lake.stream("s", retention_hours=24)
    assert lake.open_stream("s").retention_hours == 24
    lake.open_stream("s").set_retention(48)
    assert (stream.retention_hours, stream.describe()["RetentionPeriodHours"]) == (48, 48)
    with pytest.raises(errors.InvalidArgumentError, match="24 to 8760"):
        stream.set_retention(1)
    stream.set_retention(mib=1)
    assert (stream.retention_hours, stream.trim()) == (None, 0)


def test_trimmed_records_are_told_of(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    first = put(stream, "a").results[0]["SequenceNumber"]
    large = b"x" * 1_000_000
    for _ in range(150):
        stream.put_records([large], partition_keys=["k"])
    stream.set_retention(mib=1)
    with pytest.warns(errors.TrimmedRecordsWarning, match="past their retention"):
        kept = stream.read("AT_SEQUENCE_NUMBER", sequence_number=first)
    assert 0 < kept.num_rows < 150


def test_limits_are_those_of_the_service(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=2, limits="aws")
    with pytest.raises(errors.ValidationError, match="1 to 500 records") as caught:
        stream.put_records(["x"] * 501)
    assert caught.value.code == "ValidationException"
    with pytest.raises(errors.InvalidArgumentError, match="at most"):
        stream.put_records([b"x" * 1_000_000] * 11)
    assert stream.read().num_rows == 0
    summary = stream.put_records([b"x" * 400_000] * 4 + [b"small"], partition_keys=["a"] * 4 + ["sensor-1"])
    assert summary.failed_record_count == 2
    codes = [result.get("ErrorCode") for result in summary.results]
    assert codes == [None, None, *["ProvisionedThroughputExceededException"] * 2, None]
    assert "shardId-000000000000" in summary.results[2]["ErrorMessage"]
    assert [result["ShardId"][-1] for result in summary.results if "ShardId" in result] == ["0", "0", "1"]
    assert [failure["index"] for failure in summary.rejected] == [2, 3]
    assert stream.read().num_rows == summary.records == 3
    iterator = stream.iterator(stream.shards[0])
    with pytest.raises(errors.ThroughputExceededError) as throttled:
        for _ in range(20):
            iterator.get_records(1)
    assert throttled.value.code == "ProvisionedThroughputExceededException"
    with pytest.raises(errors.ValidationError):
        iterator.get_records(10_001)
    with pytest.raises(errors.InvalidOptionError, match='"aws" or None'):
        lake.stream("s", limits="gcp")  # type: ignore[arg-type]


def test_results_are_in_the_order_of_the_records(lake: bayou.Lake) -> None:
    stream = lake.stream("s", shards=4)
    records = [str(number) for number in range(1000)]
    results = put(stream, *records).results
    rows = stream.read().to_pydict()
    place = dict(zip(rows["data"], zip(rows["sequence_number"], rows["shard_id"], strict=True), strict=True))
    assert [(result["SequenceNumber"], result["ShardId"]) for result in results] == [
        place[record.encode()] for record in records
    ]


def aggregate(*records: tuple[str, bytes]) -> bytes:
    """As the Kinesis Producer Library writes it; lengths below 128."""

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    message = b"".join(field(1, key.encode()) for key, _ in records)
    for place, (_, data) in enumerate(records):
        message += field(3, bytes([8, place]) + field(3, data))
    return b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message).digest()


def test_aggregates_are_unpacked_wherever_they_are_read(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    packed = aggregate(("a", b"one"), ("b", b"two"))
    stream.put_records([b"plain", packed, packed[:-1]], partition_keys=["x", "y", "z"])
    expected = [b"plain", b"one", b"two", packed[:-1]]

    async def by_tail() -> list[bytes]:
        return [data async for table in stream.tail("TRIM_HORIZON", timeout=0.05) for data in table.to_pydict()["data"]]

    rows = stream.read().to_pydict()
    assert rows["data"] == expected
    assert rows["partition_key"] == ["x", "a", "b", "z"]
    assert rows["subsequence_number"] == [0, 0, 1, 0]
    assert rows["sequence_number"][1] == rows["sequence_number"][2] != rows["sequence_number"][3]
    assert stream.iterator(stream.shards[0]).get_records().to_pydict() == rows
    with stream.consumer("c") as consumer:
        records = consumer.poll()
        assert records is not None and records.to_pydict() == rows
    assert asyncio.run(by_tail()) == expected


def test_applications_and_deliveries_take_the_records_of_aggregates(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    packed = aggregate(("a", b'{"n": 1}'), ("b", b'{"n": 2}'))
    stream.put_records([b'{"n": 0}', packed], partition_keys=["x", "y"])
    sql = """
        CREATE STREAM "OUT" (n INTEGER, k VARCHAR(8));
        CREATE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM "n", PARTITION_KEY FROM "SOURCE_SQL_STREAM_001";
    """
    rows = lake.application("app", sql, source=stream).run()["OUT"].to_pydict()
    assert (list(rows.values())[-2:]) == [[0, 1, 2], ["x", "a", "b"]]
    lake.delivery("d", prefix="data/d/", source=stream, delimiter="\n").run()
    root = Path(lake.url.removeprefix("file://"))
    (file,) = [path for path in (root / "data" / "d").rglob("*") if path.is_file()]
    assert [json.loads(line) for line in file.read_text().splitlines()] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_a_delivery_follows_splits_and_merges(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    delivery = lake.delivery("d", prefix="data/d/", source=stream, delimiter="\n")
    root = Path(lake.url.removeprefix("file://"))

    def delivered() -> list[int]:
        files = [path for path in (root / "data" / "d").rglob("*") if path.is_file()]
        return sorted(int(line) for path in files for line in path.read_text().split())

    put(stream, *map(str, range(10)))
    delivery.run()
    stream.split_shard(stream.shards[0])
    put(stream, *map(str, range(10, 30)))
    stream.merge_shards(*stream.shards)
    put(stream, *map(str, range(30, 40)))
    delivery.run()
    # A handle of an earlier time, and one that is made anew.
    put(stream, *map(str, range(40, 50)))
    lake.delivery("d", prefix="data/d/", source=lake.open_stream("s"), delimiter="\n").run()
    assert delivered() == list(range(50))
