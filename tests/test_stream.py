"""Streams from Python: what goes in comes out, once, in order."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pytest

import bayou


def payloads(table: bayou.Table) -> list[object]:
    return [json.loads(data) for data in table.to_pydict()["data"]]


def test_records_of_every_kind_come_back_as_bytes(lake: bayou.Lake) -> None:
    stream = lake.stream("mixed")
    put = stream.put_records([b'{"a":1}', '{"a":2}', {"a": 3, "b": "ü"}])
    assert put.records == 3
    table = stream.read()
    assert table.column_names == [
        "data",
        "partition_key",
        "sequence_number",
        "shard_id",
        "arrival",
        "subsequence_number",
    ]
    assert payloads(table) == [{"a": 1}, {"a": 2}, {"a": 3, "b": "ü"}]


def test_frames_become_one_json_record_per_row(lake: bayou.Lake) -> None:
    stream = lake.stream("frames")
    stream.put_records(pd.DataFrame({"a": [1, 2], "b": ["x", None]}))
    assert [record["a"] for record in payloads(stream.read())] == [1, 2]


def test_one_partition_key_goes_to_one_shard_in_order(lake: bayou.Lake) -> None:
    stream = lake.stream("keyed", shards=4)
    stream.put_records([{"k": i % 3, "n": i} for i in range(300)], partition_key="k")
    rows = stream.read().to_pylist()
    for key in "012":
        mine = [row for row in rows if row["partition_key"] == key]
        assert len({row["shard_id"] for row in mine}) == 1
        numbers = [json.loads(row["data"])["n"] for row in mine]
        assert numbers == sorted(numbers) and len(numbers) == 100
        sequence = [int(row["sequence_number"]) for row in mine]
        assert sequence == sorted(set(sequence))


def test_reading_goes_on_after_a_sequence_number(lake: bayou.Lake) -> None:
    stream = lake.stream("resume")
    stream.put_records([str(i) for i in range(10)])
    first = stream.read(limit=4).to_pydict()
    rest = stream.read(first["sequence_number"][-1]).to_pydict()
    assert first["data"] + rest["data"] == [str(i).encode() for i in range(10)]
    at = stream.read("AT_SEQUENCE_NUMBER", sequence_number=first["sequence_number"][-1], limit=1)
    assert at.to_pydict()["data"] == [b"3"]


def test_latest_is_behind_what_is_there(lake: bayou.Lake) -> None:
    stream = lake.stream("latest")
    stream.put_records(["old"])
    assert stream.read("LATEST").num_rows == 0


def test_timestamps_are_datetimes_or_milliseconds(lake: bayou.Lake) -> None:
    stream = lake.stream("times")
    stream.put_records(["a", "b"])
    arrival = stream.read().to_pydict()["arrival"][0]
    assert stream.read("AT_TIMESTAMP", timestamp=arrival).num_rows == 2
    later = int((arrival + dt.timedelta(hours=1)).timestamp() * 1000)
    assert stream.read("AT_TIMESTAMP", timestamp=later).num_rows == 0


def test_streams_are_listed_and_deleted(lake: bayou.Lake) -> None:
    lake.stream("b")
    lake.stream("a", shards=2)
    assert lake.streams() == ["a", "b"]
    lake.delete_stream("a")
    assert lake.streams() == ["b"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("x",), bayou.errors.InvalidIteratorError, "neither a shard iterator type"),
        (("AT_TIMESTAMP",), bayou.errors.InvalidIteratorError, "needs `timestamp`"),
        (("AT_SEQUENCE_NUMBER",), bayou.errors.InvalidIteratorError, "needs `sequence_number`"),
    ],
)
def test_wrong_iterators_are_named(
    lake: bayou.Lake, arguments: tuple[str, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lake.stream("s").read(*arguments)


def test_wrong_records_are_named(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    with pytest.raises(bayou.errors.InvalidOptionError, match="Record 1 has no partition key"):
        stream.put_records([{"k": 1}, {"n": 1}], partition_key="k")
    with pytest.raises(TypeError, match="not `int`"):
        stream.put_records([1])
    with pytest.raises(TypeError, match="list of records"):
        stream.put_records(b"one")
    with pytest.raises(bayou.errors.InvalidOptionError, match="1 keys for 2 records"):
        stream.put_records(["a", "b"], partition_keys=["k"])
    assert stream.read().num_rows == 0
