"""Reading the shards of a Kinesis stream: parents first, in parallel, at the pace that a shard allows.

A reader's position is never a bare iterator: it is what the next iterator is asked by, so that one that expired is
renewed without a gap and without a repeated record.

Source: Kinesis Data Streams API reference, GetShardIterator, GetRecords, ListShards; Developer Guide, resharding.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bayou._bayou import unpack_aggregate
from bayou.errors import ServiceError
from bayou.services import ServiceClient

__all__ = ["SHARD_END", "Position", "ServiceRecord", "ShardReader", "StreamReader"]

SHARD_END = "SHARD_END"
# Calls of GetRecords per second and shard. Source: Kinesis Data Streams quotas.
_CALL_SECONDS = 1 / 5
_MOST_RECORDS = 10_000
_THREADS = 16


@dataclass(frozen=True)
class ServiceRecord:
    """A record as the service has it."""

    data: bytes
    partition_key: str
    sequence_number: str
    shard_id: str
    arrival: datetime
    subsequence_number: int = 0


@dataclass(frozen=True)
class Position:
    """Where a shard is read from: an iterator type and what belongs to it."""

    type: str
    sequence_number: str | None = None
    timestamp: datetime | None = None

    def arguments(self) -> dict[str, Any]:
        """What GetShardIterator takes."""
        arguments: dict[str, Any] = {"ShardIteratorType": self.type}
        if self.sequence_number is not None:
            arguments["StartingSequenceNumber"] = self.sequence_number
        if self.timestamp is not None:
            arguments["Timestamp"] = self.timestamp
        return arguments

    def fixed(self) -> Position:
        """The same place, which stays where it is: LATEST as the present instant."""
        return Position("AT_TIMESTAMP", timestamp=datetime.now(UTC)) if self.type == "LATEST" else self


class ShardReader:
    """Reads one shard from a position on."""

    def __init__(self, service: ServiceClient, shard_id: str, position: Position) -> None:
        self.shard_id = shard_id
        self.position = position
        self.is_ended = False
        self.millis_behind_latest: int | None = None
        self._service = service
        self._iterator: str | None = None
        self._next_call = 0.0

    def open(self) -> None:
        """Take the first iterator, which settles what LATEST means."""
        if self._iterator is None:
            fixed = self.position.fixed()
            self._iterator = self._new_iterator()
            self.position = fixed

    def poll(self, limit: int = _MOST_RECORDS) -> list[ServiceRecord]:
        """The records of one call, none when there are none at present."""
        if self.is_ended:
            return []
        self.open()
        self._wait_for_turn()
        answer = self._get_records(min(limit, _MOST_RECORDS))
        records = [user for record in answer["Records"] for user in _user_records(record, self.shard_id)]
        if answer["Records"]:
            self.position = Position("AFTER_SEQUENCE_NUMBER", answer["Records"][-1]["SequenceNumber"])
        self._iterator = answer.get("NextShardIterator")
        self.millis_behind_latest = answer.get("MillisBehindLatest", 0)
        self.is_ended = self._iterator is None
        return records

    def _get_records(self, limit: int) -> dict[str, Any]:
        try:
            return self._service.call("get_records", ShardIterator=self._iterator, Limit=limit)
        except ServiceError as error:
            if error.service_code != "ExpiredIteratorException":
                raise
        self._iterator = self._new_iterator()
        return self._service.call("get_records", ShardIterator=self._iterator, Limit=limit)

    def _new_iterator(self) -> str:
        answer = self._service.call(
            "get_shard_iterator",
            StreamName=self._service.name,
            ShardId=self.shard_id,
            **self.position.arguments(),
        )
        return str(answer["ShardIterator"])

    def _wait_for_turn(self) -> None:
        now = time.monotonic()
        if now < self._next_call:
            time.sleep(self._next_call - now)
        self._next_call = time.monotonic() + _CALL_SECONDS


def _user_records(record: dict[str, Any], shard_id: str) -> list[ServiceRecord]:
    """The record, or those of an aggregate of the Kinesis Producer Library."""
    data, number, arrival = bytes(record["Data"]), record["SequenceNumber"], record["ApproximateArrivalTimestamp"]
    unpacked = unpack_aggregate(data)
    if unpacked is None:
        return [ServiceRecord(data, record["PartitionKey"], number, shard_id, arrival)]
    return [ServiceRecord(user, key, number, shard_id, arrival, place) for place, (key, _, user) in enumerate(unpacked)]


@dataclass
class StreamReader:
    """Reads all shards of a stream, each after its parents have ended.

    Args:
        service: The stream's service.
        start: Where shards begin that `positions` does not name and that are there already.
        positions: Where to go on, by shard; `SHARD_END` for those that were read to their end.
        only: Read these shards alone, whatever became of their parents.
    """

    service: ServiceClient
    start: Position
    positions: dict[str, Position] = field(default_factory=dict)
    only: set[str] | None = None
    active: dict[str, ShardReader] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ended |= {shard for shard, position in self.positions.items() if position.type == SHARD_END}
        # Shards that a later resharding makes are read from their beginning: they go on where their parents ended.
        self._first = {shard["ShardId"] for shard in list_shards(self.service)} if self.start.type == "LATEST" else None
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="bayou-kinesis")
        self.start_ready()
        for reader in self.active.values():
            reader.open()

    def start_ready(self) -> None:
        """Begin shards whose parents have ended, or are gone."""
        shards = list_shards(self.service)
        known = {shard["ShardId"] for shard in shards}
        for shard in shards:
            id = shard["ShardId"]
            if id in self.active or id in self.ended or (self.only is not None and id not in self.only):
                continue
            if self.only is not None:
                self.active[id] = ShardReader(self.service, id, self._position(id))
                continue
            if self._is_closed_before(shard):
                self.ended.add(id)
                continue
            parents = {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")} - {None}
            if all(parent in self.ended or parent not in known for parent in parents):
                self.active[id] = ShardReader(self.service, id, self._position(id))

    def _is_closed_before(self, shard: dict[str, Any]) -> bool:
        """Whether the shard was closed before a reader of what comes from now on began."""
        closed = shard["SequenceNumberRange"].get("EndingSequenceNumber") is not None
        id = shard["ShardId"]
        return self._first is not None and closed and id in self._first and id not in self.positions

    def _position(self, id: str) -> Position:
        if id in self.positions:
            return self.positions[id]
        if self._first is not None and id not in self._first:
            return Position("TRIM_HORIZON")
        return self.start

    def poll(self, limit: int = _MOST_RECORDS) -> list[ServiceRecord]:
        """What one round over all active shards gives, each shard's records in order, merged by arrival."""
        readers = list(self.active.values())
        parts = list(self.pool.map(lambda reader: reader.poll(limit), readers))
        ended = [reader.shard_id for reader in readers if reader.is_ended]
        for id in ended:
            self.ended.add(id)
            del self.active[id]
        if ended:
            self.start_ready()
        return merged(parts)

    def is_caught_up(self) -> bool:
        """Whether every active shard was read to its present end."""
        return all(reader.millis_behind_latest == 0 for reader in self.active.values())

    def reached(self) -> dict[str, Position]:
        """Where each shard would go on."""
        ended = dict.fromkeys(self.ended, Position(SHARD_END))
        return {**ended, **{id: reader.position for id, reader in self.active.items()}}

    def close(self) -> None:
        """End the threads."""
        self.pool.shutdown(wait=False)


def merged(parts: list[list[ServiceRecord]]) -> list[ServiceRecord]:
    """Records by arrival; those of one shard keep their order, although the service's arrival is approximate."""
    timed = []
    for records in parts:
        latest = datetime.min.replace(tzinfo=UTC)
        for record in records:
            latest = max(latest, record.arrival)
            timed.append((latest, record))
    timed.sort(key=lambda pair: pair[0])
    return [record for _, record in timed]


def list_shards(service: ServiceClient) -> list[dict[str, Any]]:
    """All shards of a stream, closed ones as well."""
    answer = service.call("list_shards", StreamName=service.name)
    shards = list(answer["Shards"])
    while answer.get("NextToken"):
        answer = service.call("list_shards", NextToken=answer["NextToken"])
        shards += answer["Shards"]
    return shards
