"""`bayou.KinesisStream`: a stream of the real service, with the verbs of a lake's streams."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bayou._bayou import Generator, Table
from bayou.errors import InvalidIteratorError, InvalidOptionError, MissingDependencyError, RecordTooLargeError
from bayou.kinesis_reader import Position, ServiceRecord, StreamReader, list_shards, merged
from bayou.services import BatchLimits, ServiceClient, ServicePut, boto3_client, record_bytes

__all__ = ["KinesisStream"]

# Source: Kinesis Data Streams quotas; PutRecords.
_LARGEST_RECORD = 1024 * 1024
_LONGEST_KEY = 256
_LIMITS = BatchLimits(records=500, bytes=5 * 1024 * 1024)
_GENERATED = 10_000
_ITERATORS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


class KinesisStream:
    """A stream of Amazon Kinesis Data Streams.

    Args:
        name: The stream's name.
        region: Such as `eu-west-1`; boto3's own default when None.
        endpoint_url: Another address of the service, for tests and private endpoints.
        retry_seconds: How long refused records and throttled calls are tried again.
        client: A boto3 client to use in place of a new one.
    """

    def __init__(
        self,
        name: str,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        retry_seconds: float = 300.0,
        client: Any = None,
    ) -> None:
        made = client or boto3_client("kinesis", "Kinesis", region_name=region, endpoint_url=endpoint_url)
        self.name = name
        self.__qualname__ = name  # by which an application knows its destination
        self._service = ServiceClient(made, name, retry_seconds=retry_seconds)

    @property
    def shards(self) -> list[str]:
        """Ids of the shards that take records."""
        shards = list_shards(self._service)
        return [shard["ShardId"] for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]

    def describe(self) -> dict[str, Any]:
        """The service's summary of the stream, and under `Shards` all of its shards, closed ones as well.

        Raises:
            UnknownStreamError: There is no such stream.
        """
        answer = self._service.call("describe_stream_summary", StreamName=self.name)
        return {**answer["StreamDescriptionSummary"], "Shards": list_shards(self._service)}

    def split_shard(self, shard_id: str, new_starting_hash_key: int | None = None) -> None:
        """Split a shard, in the middle unless the second half's first hash key is given; returns when it is done."""
        if new_starting_hash_key is None:
            shard = next((shard for shard in list_shards(self._service) if shard["ShardId"] == shard_id), None)
            if shard is None:
                raise InvalidOptionError(f"The stream `{self.name}` has no shard `{shard_id}`")
            bounds = shard["HashKeyRange"]
            new_starting_hash_key = (int(bounds["StartingHashKey"]) + int(bounds["EndingHashKey"])) // 2 + 1
        self._service.call(
            "split_shard", StreamName=self.name, ShardToSplit=shard_id, NewStartingHashKey=str(new_starting_hash_key)
        )
        self._wait_until_active()

    def merge_shards(self, shard_id: str, adjacent_shard_id: str) -> None:
        """Merge two shards whose hash keys are adjacent; returns when it is done."""
        self._service.call(
            "merge_shards", StreamName=self.name, ShardToMerge=shard_id, AdjacentShardToMerge=adjacent_shard_id
        )
        self._wait_until_active()

    def _wait_until_active(self) -> None:
        self._service.client.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig={"Delay": 1})

    def put_records(
        self, records: Any, *, partition_key: str | None = None, partition_keys: Sequence[str] | None = None
    ) -> ServicePut:
        """Put records; returns when the service has acknowledged all of them.

        Args:
            records: bytes, str (UTF-8), dicts (JSON), or a table whose rows become JSON.
            partition_key: One key for all records. A random key for each when neither is given.
            partition_keys: One key per record.

        Raises:
            RecordTooLargeError: A record with its key is over 1 MiB; nothing was sent.
            UndeliveredRecordsError: Records were refused until `retry_seconds` were over; the error names them.
        """
        data = record_bytes(records)
        if partition_keys is not None and len(partition_keys) != len(data):
            raise InvalidOptionError(f"`partition_keys` has {len(partition_keys)} keys for {len(data)} records")
        keys = partition_keys or ([partition_key] * len(data) if partition_key is not None else _random_keys(len(data)))
        summary = ServicePut(requested=len(data))
        self._send(data, keys, summary)
        return summary

    def put(self, generator: Generator, *, count: int, offset: int = 0, delimiter: bytes | None = b"\n") -> ServicePut:
        """Put generated records under random keys, `count` of them from the one numbered `offset`."""
        summary = ServicePut(requested=count)
        for start in range(0, count, _GENERATED):
            made = generator.records(min(_GENERATED, count - start), offset=offset + start)
            self._send([record + (delimiter or b"") for record in made], _random_keys(len(made)), summary)
        return summary

    def _send(self, data: list[bytes], keys: Sequence[str], summary: ServicePut) -> None:
        for place, (record, key) in enumerate(zip(data, keys, strict=True)):
            if not 1 <= len(key) <= _LONGEST_KEY:
                raise InvalidOptionError(
                    f"The partition key of record {place} has {len(key)} characters\nhint: 1 to {_LONGEST_KEY}"
                )
            size = len(record) + len(key.encode())
            if size > _LARGEST_RECORD:
                raise RecordTooLargeError(
                    f"Record {place} and its key have {size} bytes, a stream takes {_LARGEST_RECORD}"
                )
        entries: Iterator[dict[str, Any]] = (
            {"Data": record, "PartitionKey": key} for record, key in zip(data, keys, strict=True)
        )
        self._service.put_all(entries, _LIMITS, self._put_batch, summary)

    def _put_batch(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return list(self._service.call("put_records", StreamName=self.name, Records=batch)["Records"])

    def read(
        self,
        iterator: str = "TRIM_HORIZON",
        *,
        limit: int | None = None,
        shard_id: str | None = None,
        sequence_number: str | None = None,
        timestamp: datetime | None = None,
    ) -> Table:
        """Read what there is, all shards in parallel, merged by arrival; a shard's parents come before it.

        Args:
            iterator: A shard iterator type, or a sequence number to read after; those need `shard_id`.
            limit: Most records to return; all when None.
            shard_id: Only this shard.
            sequence_number: For `AT_SEQUENCE_NUMBER` and `AFTER_SEQUENCE_NUMBER`.
            timestamp: For `AT_TIMESTAMP`.

        Returns:
            Table of data (binary), partition_key, sequence_number, shard_id, arrival (timestamp[ms], UTC), which are
            the service's own, and subsequence_number: aggregates of the Kinesis Producer Library are unpacked.

        Raises:
            InvalidIteratorError: `iterator` is not a type, or misses what belongs to it.
        """
        position = _position(iterator, shard_id, sequence_number, timestamp)
        only = None if shard_id is None else {shard_id}
        reader = StreamReader(self._service, position, only=only)
        parts = []
        count = 0
        try:
            while reader.active and (limit is None or count < limit):
                parts.append(reader.poll())
                count += len(parts[-1])
                if reader.is_caught_up():
                    break
        finally:
            reader.close()
        records = merged([[record for part in parts for record in part]])
        return _table(records if limit is None else records[:limit])

    def __call__(self, rows: Table) -> None:
        """Deliver rows of an application, as JSON records."""
        self.put_records(rows)

    def __repr__(self) -> str:
        return f"KinesisStream({self.name!r})"


def _random_keys(count: int) -> list[str]:
    return [str(random.randrange(10**10)) for _ in range(count)]


def _position(iterator: str, shard: str | None, number: str | None, timestamp: datetime | None) -> Position:
    if iterator.isdecimal():
        iterator, number = "AFTER_SEQUENCE_NUMBER", iterator
    if iterator not in _ITERATORS:
        raise InvalidIteratorError(
            f"`{iterator}` is neither a shard iterator type nor a sequence number\nhint: {', '.join(_ITERATORS)}"
        )
    if iterator.endswith("SEQUENCE_NUMBER") and (number is None or shard is None):
        raise InvalidIteratorError(f"`{iterator}` needs `sequence_number` and `shard_id`")
    if iterator == "AT_TIMESTAMP" and timestamp is None:
        raise InvalidIteratorError("`AT_TIMESTAMP` needs `timestamp`")
    wants_number, wants_time = iterator.endswith("SEQUENCE_NUMBER"), iterator == "AT_TIMESTAMP"
    return Position(iterator, number if wants_number else None, timestamp if wants_time else None)


def _table(records: list[ServiceRecord]) -> Table:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingDependencyError('Reading needs pyarrow\nhint: python -m pip install "bayou[aws]"') from error
    columns = {
        "data": pa.array([record.data for record in records], pa.binary()),
        "partition_key": pa.array([record.partition_key for record in records], pa.string()),
        "sequence_number": pa.array([record.sequence_number for record in records], pa.string()),
        "shard_id": pa.array([record.shard_id for record in records], pa.string()),
        "arrival": pa.array([record.arrival for record in records], pa.timestamp("ms", "UTC")),
        "subsequence_number": pa.array([record.subsequence_number for record in records], pa.int64()),
    }
    return Table.from_arrow(pa.table(columns))
