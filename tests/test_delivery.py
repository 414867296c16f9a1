"""Deliveries from Python: files by hour, each row once, and refusals that show the place."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import bayou
from bayou.demo import TEMPERATURE_SQL

SCHEMA = {"sensor_id": "INTEGER", "current_temperature": "INTEGER", "location": "VARCHAR(16)"}


def deliver(lake: bayou.Lake, **options: object) -> list[Path]:
    sensors = lake.stream("sensors", shards=2)
    sensors.put_records([{"sensor_id": n, "current_temperature": n, "location": "UK"} for n in range(200)])
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors, schema=SCHEMA)
    app.deliver("anomaly_data_stream", lake.delivery("hot", **options))  # type: ignore[arg-type]
    app.run()
    assert app.metrics()["hot"]["records"] == 99
    root = Path(lake.url.removeprefix("file://"))
    return [path for path in sorted(root.rglob("*")) if path.is_file() and ".bayou" not in path.parts]


def test_json_files_hold_each_row_once(lake: bayou.Lake) -> None:
    files = deliver(lake, prefix="data/hot/")
    rows = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    assert sorted(row["sensor_id"] for row in rows) == list(range(101, 200))


def test_gzip_and_parquet(lake: bayou.Lake, tmp_path: Path) -> None:
    (path,) = deliver(lake, prefix="data/hot/", compression="gzip")
    assert path.suffix == ".gz" and len(gzip.decompress(path.read_bytes()).splitlines()) == 99
    (path,) = deliver(bayou.Lake(tmp_path / "other"), prefix="data/hot/", format="parquet")
    import pyarrow.parquet

    assert pyarrow.parquet.read_table(path).num_rows == 99


def test_a_table_needs_no_crawl(lake: bayou.Lake) -> None:
    prefix = "data/hot/year=!{timestamp:yyyy}/"
    deliver(lake, prefix=prefix, error_prefix="errors/", table="iot.hot", format="parquet")
    assert lake.sql("SELECT count(*) AS n FROM iot.hot").to_pydict() == {"n": [99]}
    assert lake.table("iot.hot").partitions().num_rows == 1


def test_a_stream_can_be_a_destination(lake: bayou.Lake) -> None:
    sensors, hot = lake.stream("sensors"), lake.stream("hot")
    sensors.put_records([{"sensor_id": 1, "current_temperature": 120, "location": "UK"}])
    app = lake.application("temperature", TEMPERATURE_SQL, source=sensors)
    app.deliver("anomaly_data_stream", hot)
    app.run()
    assert json.loads(hot.read().to_pydict()["data"][0]) == {
        "sensor_id": 1,
        "current_temperature": 120,
        "location": "UK",
    }


def test_the_year_of_weeks_is_warned_about(lake: bayou.Lake) -> None:
    with pytest.warns(UserWarning, match="YYYY"):
        lake.delivery("weeks", prefix="data/!{timestamp:YYYY}/", error_prefix="errors/")


def test_wrong_prefixes_and_options_are_named(lake: bayou.Lake) -> None:
    with pytest.raises(bayou.errors.PrefixError, match="character") as caught:
        lake.delivery("d", prefix="data/!{timestamp:}/", error_prefix="errors/")
    assert "^" in str(caught.value)
    for options, words in (
        ({"format": "orc"}, "`orc`"),
        ({"compression": "lzo"}, "`lzo`"),
        ({"compression": "zip", "table": "iot.hot"}, "zip archives"),
        ({"buffer_mib": 0}, "buffer_mib"),
        ({"time_zone": "Mars"}, "Mars"),
    ):
        with pytest.raises(bayou.errors.InvalidOptionError, match=words):
            lake.delivery("d", prefix="data/", **options)  # type: ignore[arg-type]


# -- records of a stream ----------------------------------------------------------------------------


def contents(lake: bayou.Lake, folder: str) -> dict[str, str]:
    """The text of the files below a folder, by the folder that they are in."""
    root = Path(lake.url.removeprefix("file://")) / folder
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            place = str(path.parent.relative_to(root))
            found[place] = found.get(place, "") + path.read_text()
    return found


def test_records_of_a_stream_are_partitioned_by_a_query(lake: bayou.Lake) -> None:
    stream = lake.stream("orders")
    stream.put_records([{"customer": n % 2, "at": 1_535_365_800 + n} for n in range(10)] + ["no json"])
    delivery = lake.delivery(
        "orders",
        source=stream,
        prefix="data/customer=!{partitionKeyFromQuery:customer}/year=!{partitionKeyFromQuery:year}/",
        error_prefix="errors/!{firehose:error-output-type}/",
        partition_by='{customer: .customer, year: .at | strftime("%Y")}',
        delimiter="\n",
    )
    metrics = delivery.run()
    assert (metrics["records"], metrics["objects"], metrics["pending_records"]) == (11, 3, 0)
    found = {path.rsplit("/", 4)[0]: text for path, text in contents(lake, "data").items()}
    assert set(found) == {"customer=0/year=2018", "customer=1/year=2018"}
    assert [json.loads(line)["customer"] for line in found["customer=1/year=2018"].splitlines()] == [1] * 5
    (error,) = (json.loads(text) for text in contents(lake, "errors").values())
    assert base64.b64decode(error["rawData"]) == b"no json"
    assert delivery.run()["records"] == 0, "all was delivered"


def test_a_handler_of_the_service_transforms_records(lake: bayou.Lake) -> None:
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        output = []
        for record in event["records"]:
            text = base64.b64decode(record["data"]).decode()
            reply = {
                "recordId": record["recordId"],
                "result": "Ok",
                "data": base64.b64encode(text.upper().encode()).decode(),
            }
            reply["metadata"] = {"partitionKeys": {"first": text[0]}}
            output.append({**reply, "result": "Dropped"} if text == "drop" else reply)
        return {"records": output}

    stream = lake.stream("words")
    stream.put_records(["a1|drop|b1", "a2"])
    options: dict[str, Any] = {
        "source": stream,
        "error_prefix": "errors/!{firehose:error-output-type}/",
        "delimiter": "\n",
    }
    lake.delivery(
        "words",
        prefix="data/!{partitionKeyFromLambda:first}/",
        transform=handler,
        partition_by=(),
        split=b"|",
        **options,
    ).run()
    assert {path[0]: sorted(text.split()) for path, text in contents(lake, "data").items()} == {
        "a": ["A1", "A2"],
        "b": ["B1"],
    }

    def broken(event: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("out of order")

    lake.delivery("broken", prefix="broken/", transform=broken, **options).run()
    (text,) = contents(lake, "errors").values()
    errors = [json.loads(line) for line in text.splitlines()]
    assert [error["attemptsMade"] for error in errors] == [4, 4]
    assert "out of order" in errors[0]["errorMessage"] and errors[0]["errorCode"] == "Lambda.FunctionError"


def test_options_of_records_need_a_stream_and_fit_together(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    options: dict[str, Any] = {
        "prefix": "data/!{partitionKeyFromQuery:k}/",
        "error_prefix": "e/!{firehose:error-output-type}/",
    }
    for wrong, message in [
        ({"source": stream}, "needs dynamic partitioning"),
        ({"source": stream, "partition_by": ["other"]}, "names the key `k`, and there is `other`"),
        ({"source": stream, "partition_by": "{k: .k"}, "no jq"),
        ({"source": stream, "partition_by": ["k"], "buffer_seconds": 0}, "does not go with dynamic"),
        ({"source": stream, "partition_by": ["k"], "format": "parquet"}, "as they are"),
    ]:
        with pytest.raises(bayou.errors.InvalidOptionError, match=message):
            lake.delivery("d", **options, **wrong)
    with pytest.raises(bayou.errors.InvalidOptionError, match="has no stream to deliver from"):
        lake.delivery("d", prefix="data/").run()


KILLED_DELIVERY = """
import sys, bayou
lake = bayou.Lake(sys.argv[1])
delivery = lake.delivery("d", source=lake.stream("s"), prefix="data/k=!{partitionKeyFromQuery:k}/", partition_by=["k"],
                         error_prefix="e/!{firehose:error-output-type}/", delimiter="\\n", buffer_mib=1)
print("begin", flush=True)
delivery.run()
print("end", flush=True)
"""


def test_a_killed_delivery_delivers_each_record_once(tmp_path: Path) -> None:
    lake = bayou.Lake(tmp_path / "lake")
    stream = lake.stream("s", shards=2)
    count = 60_000
    stream.put_records([{"k": n % 3, "n": n, "text": "x" * 200} for n in range(count)])
    command = [sys.executable, "-c", KILLED_DELIVERY, lake.url]
    kills, pause = 0, 0.005
    while True:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "begin\n"
        time.sleep(pause)
        process.kill()
        kills += 1
        if "end" in process.communicate()[0]:
            break
        pause *= 1.5
    assert kills > 2
    numbers = [json.loads(line)["n"] for text in contents(lake, "data").values() for line in text.splitlines()]
    assert sorted(numbers) == list(range(count))
    assert contents(lake, "e") == {}


@pytest.mark.parametrize("compression", ["gzip", "snappy", "hadoop_snappy"])
def test_compressed_files_of_a_table_are_queried(lake: bayou.Lake, compression: str) -> None:
    deliver(lake, prefix="data/hot/", table="iot.hot", compression=compression)
    assert lake.sql("SELECT count(*), min(current_temperature) FROM iot.hot").to_tuples() == [(99, 101)]


# -- direct put -------------------------------------------------------------------------------------


def test_records_are_put_into_a_delivery_itself(lake: bayou.Lake) -> None:
    delivery = lake.delivery("clicks", prefix="data/", delimiter="\n")
    assert delivery.put_record({"n": 0})["RecordId"]
    answer = delivery.put_records([b'{"n": 1}', '{"n": 2}', {"n": 3}])
    assert (answer["FailedPutCount"], answer["Encrypted"]) == (0, False)
    assert len({response["RecordId"] for response in answer["RequestResponses"]}) == 3
    assert contents(lake, "data") == {} and delivery.metrics()["backlog_records"] == 4
    metrics = delivery.run()
    assert (metrics["records"], metrics["objects"]) == (4, 1)
    (text,) = contents(lake, "data").values()
    assert [json.loads(line)["n"] for line in text.splitlines()] == [0, 1, 2, 3]
    # Another object of the same name goes on, and knows what was done.
    again = lake.delivery("clicks", prefix="data/", delimiter="\n")
    described = again.describe()
    assert (described["type"], described["status"]) == ("DirectPut", "stopped")
    metrics = described["metrics"]
    assert (metrics["records"], metrics["delivered_records"], metrics["objects"]) == (4, 4, 1)
    assert metrics["bytes"] == len(text) and metrics["backlog_records"] == metrics["pending_records"] == 0
    assert again.run()["records"] == 0


def test_a_delivery_in_the_background_publishes_at_a_flush_and_at_the_end(lake: bayou.Lake) -> None:
    with lake.delivery("clicks", prefix="data/", delimiter="\n") as delivery:
        assert delivery.is_running and delivery.start() is delivery
        delivery.put_records([{"n": n} for n in range(10)])
        delivery.flush()
        assert sum(len(text.splitlines()) for text in contents(lake, "data").values()) == 10
        with pytest.raises(bayou.errors.InvalidOptionError, match="in the background"):
            delivery.run()
        delivery.put_records([{"n": n} for n in range(10, 15)])
        metrics = delivery.metrics()
        assert metrics["delivered_records"] + metrics["pending_records"] + metrics["backlog_records"] == 15
    assert not delivery.is_running
    assert sum(len(text.splitlines()) for text in contents(lake, "data").values()) == 15
    assert delivery.describe()["metrics"]["delivered_records"] == 15


def test_a_stream_is_delivered_in_the_background_with_its_errors_counted(lake: bayou.Lake) -> None:
    stream = lake.stream("s")
    options: dict[str, Any] = {"prefix": "data/k=!{partitionKeyFromQuery:k}/", "partition_by": ["k"], "delimiter": "\n"}
    delivery = lake.delivery("d", source=stream, error_prefix="e/!{firehose:error-output-type}/", **options)
    with delivery:
        stream.put_records([{"k": 1}, {"k": 2}, {"other": 3}])
        delivery.flush()
        metrics = delivery.describe()["metrics"]
    assert (metrics["records"], metrics["delivered_records"], metrics["failed_records"]) == (3, 2, 1)
    assert (metrics["backlog_records"], metrics["freshness_seconds"], metrics["last_error"]) == (0, 0.0, None)
    with pytest.raises(bayou.errors.InvalidOptionError, match="takes the records of the stream `s`"):
        delivery.put_record(b"x")


def test_a_lake_that_fails_keeps_what_was_put(lake: bayou.Lake) -> None:
    root = Path(lake.url.removeprefix("file://"))
    delivery = lake.delivery("d", prefix="data/", delimiter="\n").start()
    (root / "data").write_text("a file where the folder should be")
    delivery.put_records([{"n": 1}])
    with pytest.raises(bayou.errors.BayouError, match="nothing is lost"):
        delivery.flush()
    assert delivery.metrics()["failures"] > 0 and "could not publish" in delivery.metrics()["last_error"]
    (root / "data").unlink()
    delivery.stop()
    assert [text for text in contents(lake, "data").values()] == ['{"n": 1}\n']


def test_what_cannot_be_put_is_named(lake: bayou.Lake) -> None:
    delivery = lake.delivery("d", prefix="data/", limits="aws")
    with pytest.raises(bayou.errors.RecordTooLargeError, match="Record 1 has 1024001 bytes"):
        delivery.put_records([b"x", b"x" * (1000 * 1024 + 1)])
    with pytest.raises(bayou.errors.InvalidOptionError, match="501 records"):
        delivery.put_records([b"x"] * 501)
    with pytest.raises(TypeError, match="list of records"):
        delivery.put_records(b"x")
    assert delivery.metrics()["backlog_records"] == 0
    app = lake.application("a", TEMPERATURE_SQL, source=lake.stream("sensors"), schema=SCHEMA)
    with pytest.raises(bayou.errors.InvalidOptionError, match="records were put into it"):
        app.deliver("anomaly_data_stream", delivery)


KILLED_PRODUCER = """
import sys, bayou
lake = bayou.Lake(sys.argv[1])
delivery = lake.delivery("d", prefix="data/", delimiter="\\n", buffer_mib=1).start()
number = int(sys.argv[2])
print("begin", flush=True)
while True:
    delivery.put_records([{"n": n, "text": "x" * 1000} for n in range(number, number + 50)])
    number += 50
    print(number, flush=True)
"""


def test_a_killed_producer_has_lost_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    lake = bayou.Lake(tmp_path / "lake")
    acknowledged: list[tuple[int, int]] = []
    for life in range(6):
        first = life * 1_000_000
        command = [sys.executable, "-c", KILLED_PRODUCER, lake.url, str(first)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "begin\n"
        time.sleep(0.02 * 2**life)
        process.kill()
        lines = process.communicate()[0].splitlines()
        acknowledged.append((first, int(lines[-1]) if lines else first))
    assert acknowledged[-1][1] > acknowledged[-1][0], "it put something before it was killed"
    lake.delivery("d", prefix="data/", delimiter="\n", buffer_mib=1).run()
    numbers = [json.loads(line)["n"] for text in contents(lake, "data").values() for line in text.splitlines()]
    assert len(set(numbers)) == len(numbers), "none is there twice"
    delivered = set(numbers)
    for first, end in acknowledged:
        assert delivered.issuperset(range(first, end))
        # A call that was not acknowledged any more is there as a whole or not at all.
        assert len([n for n in delivered if end <= n < first + 1_000_000]) in (0, 50)
