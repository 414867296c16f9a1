"""What clients of AWS' streaming services share: calls that are tried again, batches of records, one report of a put.

A call that was throttled, or that the network lost, is made again after a pause that doubles and is drawn at random, so
that many clients do not come back together. Records of a batch that the service refused are sent again by themselves,
before any later batch: what is not acknowledged in the end is named by an error and never dropped.

Source: Kinesis Data Streams API reference, PutRecords; Data Firehose API reference, PutRecordBatch; AWS
Architecture Blog, "Exponential Backoff And Jitter".
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bayou._bayou import Table
from bayou.errors import MissingDependencyError, ServiceError, UndeliveredRecordsError, UnknownStreamError

__all__ = ["BatchLimits", "ServiceClient", "ServicePut", "boto3_client", "error_code", "record_bytes"]

# The service asks to slow down, or failed without a fault of the caller's.
_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalFailureException",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
        "Throttling",
    }
)
# Names of botocore's errors of a connection; it is not imported here.
_NETWORK = frozenset(
    {"ConnectionClosedError", "ConnectTimeoutError", "EndpointConnectionError", "HTTPClientError", "ReadTimeoutError"}
)
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class BatchLimits:
    """What one call may carry."""

    records: int
    bytes: int


@dataclass
class ServicePut:
    """What a put to a service did."""

    requested: int | None = None
    """Records that were asked for; None when the time was given instead."""
    accepted: int = 0
    """Records that the service acknowledged."""
    retried: int = 0
    """Times that a record was sent again."""
    bytes: int = 0
    """Bytes of the acknowledged records' data."""
    seconds: float = 0.0
    """Seconds from the first call to the last answer."""
    shards: dict[str, int] = field(default_factory=dict)
    """Records by shard; empty when the service has none."""
    sequence_numbers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The first and the last sequence number by shard."""

    @property
    def records(self) -> int:
        """Records that the service acknowledged."""
        return self.accepted

    @property
    def records_per_second(self) -> float:
        """Acknowledged records per second."""
        return self.accepted / self.seconds if self.seconds else 0.0

    def count(self, entry: dict[str, Any], answer: dict[str, Any]) -> None:
        """Count a record that was acknowledged."""
        self.accepted += 1
        self.bytes += len(entry["Data"])
        shard, number = answer.get("ShardId"), answer.get("SequenceNumber")
        if shard is None or number is None:
            return
        self.shards[shard] = self.shards.get(shard, 0) + 1
        first, last = self.sequence_numbers.get(shard, (number, number))
        self.sequence_numbers[shard] = (min(first, number, key=int), max(last, number, key=int))


def boto3_client(service: str, label: str, **options: Any) -> Any:
    """A client of boto3.

    Raises:
        MissingDependencyError: boto3 is not installed.
    """
    try:
        import boto3
    except ImportError as error:
        raise MissingDependencyError(
            f'{label} is reached by boto3\nhint: python -m pip install "bayou[aws]", or pass `client`'
        ) from error
    return boto3.client(service, **{key: value for key, value in options.items() if value is not None})


def error_code(error: BaseException) -> str:
    """The service's name of an error; empty for what is none of the service's."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


class ServiceClient:
    """Calls of one stream's service, made until they succeed or `retry_seconds` are over."""

    def __init__(self, client: Any, name: str, *, retry_seconds: float) -> None:
        self.client = client
        self.name = name
        self.retry_seconds = retry_seconds

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """The answer of an operation.

        Raises:
            UnknownStreamError: The service has no stream of that name.
            ServiceError: The service refuses, or kept failing; `service_code` is its own name of the reason.
        """
        pauses = self.pauses()
        while True:
            try:
                answer: dict[str, Any] = getattr(self.client, operation)(**arguments)
                return answer
            except Exception as error:
                code = error_code(error)
                if code not in _PASSING and type(error).__name__ not in _NETWORK:
                    raise self._typed(operation, code, error) from error
                pause = next(pauses, None)
                if pause is None:
                    raise self._typed(operation, code, error) from error
            time.sleep(pause)

    def _typed(self, operation: str, code: str, error: Exception) -> Exception:
        if code == "ResourceNotFoundException":
            return UnknownStreamError(f"The service has no stream `{self.name}`, or not that shard: {error}")
        if not code and type(error).__name__ not in _NETWORK:
            return error
        return ServiceError(f"`{operation}` of the stream `{self.name}` failed: {error}", code)

    def pauses(self) -> Iterator[float]:
        """Pauses between attempts, until the time for them is over."""
        deadline = time.monotonic() + self.retry_seconds
        longest = _FIRST_PAUSE
        while time.monotonic() < deadline:
            yield random.uniform(longest / 2, longest)
            longest = min(longest * 2, _LONGEST_PAUSE)

    def put_all(
        self,
        entries: Iterable[dict[str, Any]],
        limits: BatchLimits,
        send: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
        summary: ServicePut,
    ) -> None:
        """Send all entries in batches; `send` gives the answer to each entry, in their order.

        Raises:
            UndeliveredRecordsError: Records were refused until the time was over; it names them by their places.
        """
        started = time.monotonic()
        try:
            for start, batch in _batches(entries, limits):
                self._put_batch(start, batch, send, summary)
        finally:
            summary.seconds += time.monotonic() - started

    def _put_batch(
        self,
        start: int,
        batch: list[dict[str, Any]],
        send: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
        summary: ServicePut,
    ) -> None:
        left = list(enumerate(batch, start))
        pauses = self.pauses()
        while True:
            answers = send([entry for _, entry in left])
            refused = []
            for (place, entry), answer in zip(left, answers, strict=True):
                if answer.get("ErrorCode"):
                    refused.append((place, entry, answer))
                else:
                    summary.count(entry, answer)
            if not refused:
                return
            pause = next(pauses, None)
            if pause is None:
                failed = [(place, answer["ErrorCode"], answer.get("ErrorMessage", "")) for place, _, answer in refused]
                raise UndeliveredRecordsError(self.name, failed, summary)
            summary.retried += len(refused)
            left = [(place, entry) for place, entry, _ in refused]
            time.sleep(pause)


def _batches(entries: Iterable[dict[str, Any]], limits: BatchLimits) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Entries as calls take them, each batch with the place of its first."""
    batch: list[dict[str, Any]] = []
    size = start = 0
    for entry in entries:
        bytes = len(entry["Data"]) + len(entry.get("PartitionKey", "").encode())
        if batch and (len(batch) == limits.records or size + bytes > limits.bytes):
            yield start, batch
            start, batch, size = start + len(batch), [], 0
        batch.append(entry)
        size += bytes
    if batch:
        yield start, batch


def record_bytes(records: Any) -> list[bytes]:
    """The bytes of each record: bytes as they are, text in UTF-8, mappings and rows of a table as JSON."""
    if isinstance(records, (bytes, str, dict)):
        raise TypeError("Pass a list of records, not a single one\nhint: put_records([record])")
    if hasattr(records, "__arrow_c_stream__") or hasattr(records, "__arrow_c_array__"):
        table = records if isinstance(records, Table) else Table.from_arrow(records)
        return record_bytes(table.to_pylist())
    return [_one_record(record) for record in records]


def _one_record(record: Any) -> bytes:
    if isinstance(record, bytes):
        return record
    if isinstance(record, str):
        return record.encode()
    if isinstance(record, dict):
        return json.dumps(record, default=str).encode()
    raise TypeError(f"A record is bytes, str or a dict, not `{type(record).__name__}`")
