"""Streams and deliveries of the real services; the services are moto's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import bayou
from bayou.errors import (
    InvalidIteratorError,
    RecordTooLargeError,
    ServiceError,
    UndeliveredRecordsError,
    UnknownStreamError,
)

boto3 = pytest.importorskip("boto3")
server = pytest.importorskip("moto.server")


class Faulty:
    """A client of which some calls fail; the others are the real client's."""

    def __init__(self, client: Any, **faults: Any) -> None:
        self._client, self._faults = client, faults

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        return (lambda **arguments: self._faults[name](real, arguments)) if name in self._faults else real


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def kinesis(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    return boto3.client("kinesis", region_name="us-east-1", endpoint_url=endpoint)


@pytest.fixture
def stream(kinesis: Any, endpoint: str, request: pytest.FixtureRequest) -> bayou.KinesisStream:
    name = request.node.name[:100]
    kinesis.create_stream(StreamName=name, ShardCount=2)
    return bayou.KinesisStream(name, region="us-east-1", endpoint_url=endpoint)


def coded(code: str, operation: str) -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code, "Message": "injected"}}, operation)


def numbers(table: bayou.Table) -> list[int]:
    return sorted(int(data) for data in table.to_pydict()["data"])


def test_records_come_back_with_the_services_own_places(stream: bayou.KinesisStream) -> None:
    put = stream.put_records([str(number) for number in range(1200)])
    rows = stream.read().to_pylist()
    assert put.accepted == 1200 and sum(put.shards.values()) == 1200
    assert sorted(int(row["data"]) for row in rows) == list(range(1200))
    last = {row["shard_id"]: row["sequence_number"] for row in rows}
    assert last == {shard: numbers[1] for shard, numbers in put.sequence_numbers.items()}


def test_reading_goes_on_after_a_sequence_number(stream: bayou.KinesisStream) -> None:
    stream.put_records(["1", "2", "3"], partition_key="k")
    first = stream.read(limit=1).to_pylist()[0]
    rest = stream.read(first["sequence_number"], shard_id=first["shard_id"])
    assert rest.to_pydict()["data"] == [b"2", b"3"]


def test_a_shard_is_read_after_its_parents(stream: bayou.KinesisStream) -> None:
    stream.put_records(["1"] * 20)
    stream.split_shard(stream.shards[0])
    assert len(stream.shards) == 3
    stream.put_records(["2"] * 20)
    assert numbers(stream.read()) == [1] * 20 + [2] * 20


def test_refused_records_are_sent_again_by_themselves(stream: bayou.KinesisStream, kinesis: Any) -> None:
    sizes = []

    def put_records(real: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        records = arguments["Records"]
        sizes.append(len(records))
        if len(sizes) > 1:
            return real(**arguments)
        answer = real(**{**arguments, "Records": records[::2]})
        refused = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow"}
        kept = iter(answer["Records"])
        return {"Records": [refused if place % 2 else next(kept) for place in range(len(records))]}

    faulty = bayou.KinesisStream(stream.name, client=Faulty(kinesis, put_records=put_records))
    put = faulty.put_records([str(number) for number in range(10)])
    assert sizes == [10, 5] and put.retried == 5 and put.accepted == 10
    assert numbers(stream.read()) == list(range(10))


def test_records_that_stay_refused_are_named(stream: bayou.KinesisStream, kinesis: Any) -> None:
    def put_records(real: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"Records": [{"ErrorCode": "InternalFailure", "ErrorMessage": "x"} for _ in arguments["Records"]]}

    client = Faulty(kinesis, put_records=put_records)
    with pytest.raises(UndeliveredRecordsError) as raised:
        bayou.KinesisStream(stream.name, client=client, retry_seconds=0).put_records(["a", "b"])
    assert [place for place, _, _ in raised.value.failed] == [0, 1]
    assert raised.value.service_code == "InternalFailure"


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "ProvisionedThroughputExceededException"])
def test_reading_survives(code: str, stream: bayou.KinesisStream, kinesis: Any) -> None:
    calls = []

    def get_records(real: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        calls.append(arguments)
        if len(calls) == 1:
            raise coded(code, "GetRecords")
        return dict(real(**arguments))

    stream.put_records(["1", "2", "3"])
    assert numbers(bayou.KinesisStream(stream.name, client=Faulty(kinesis, get_records=get_records)).read()) == [
        1,
        2,
        3,
    ]
    assert len(calls) >= 3


def test_what_cannot_be_is_refused(stream: bayou.KinesisStream, kinesis: Any) -> None:
    with pytest.raises(RecordTooLargeError, match="Record 1 "):
        stream.put_records([b"a", bytes(1024 * 1024)], partition_key="k")
    with pytest.raises(InvalidIteratorError, match="shard_id"):
        stream.read("AFTER_SEQUENCE_NUMBER")
    with pytest.raises(UnknownStreamError):
        bayou.KinesisStream("absent", client=kinesis).describe()
    with pytest.raises(ServiceError):
        stream.merge_shards(stream.shards[0], stream.shards[0])
    assert numbers(stream.read()) == []


def test_an_application_delivers_to_services(lake: bayou.Lake, stream: bayou.KinesisStream, endpoint: str) -> None:
    firehose = boto3.client("firehose", region_name="us-east-1", endpoint_url=endpoint)
    boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint).create_bucket(Bucket="landed")
    target = {"RoleARN": "arn:aws:iam::123456789012:role/x", "BucketARN": "arn:aws:s3:::landed"}
    firehose.create_delivery_stream(DeliveryStreamName="files", ExtendedS3DestinationConfiguration=target)
    delivery = bayou.FirehoseDelivery("files", client=firehose)
    assert delivery.describe()["DeliveryStreamName"] == "files"
    source = lake.stream("in")
    source.put_records([{"a": number} for number in range(5)])
    sql = """CREATE STREAM big (a INTEGER);
             CREATE PUMP p AS INSERT INTO big SELECT STREAM "a" FROM SOURCE_SQL_STREAM_001 WHERE "a" > 2;"""
    app = lake.application("app", sql, source=source, schema={"a": "INTEGER"})
    app.deliver("big", stream)
    app.deliver("big", delivery)
    app.run()
    assert len(stream.read()) == 2
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint)
    objects = s3.list_objects_v2(Bucket="landed")["Contents"]
    lines = b"".join(s3.get_object(Bucket="landed", Key=item["Key"])["Body"].read() for item in objects)
    assert lines.count(b"\n") == 2
