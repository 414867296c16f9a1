"""`bayou.FirehoseDelivery`: a delivery stream of the real service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bayou._bayou import Generator, Table
from bayou.errors import RecordTooLargeError
from bayou.services import BatchLimits, ServiceClient, ServicePut, boto3_client, record_bytes

__all__ = ["FirehoseDelivery"]

# Source: Data Firehose quotas; PutRecordBatch.
_LARGEST_RECORD = 1000 * 1024
_LIMITS = BatchLimits(records=500, bytes=4 * 1024 * 1024)
_GENERATED = 10_000


class FirehoseDelivery:
    """A delivery stream of Amazon Data Firehose, as a place to put records and as an application's destination.

    Args:
        name: The delivery stream's name.
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
        made = client or boto3_client("firehose", "Data Firehose", region_name=region, endpoint_url=endpoint_url)
        self.name = name
        self.__qualname__ = name  # by which an application knows its destination
        self._service = ServiceClient(made, name, retry_seconds=retry_seconds)

    def describe(self) -> dict[str, Any]:
        """The service's description: name, ARN, status, type, destinations.

        Raises:
            UnknownStreamError: There is no such delivery stream.
        """
        described: dict[str, Any] = self._service.call("describe_delivery_stream", DeliveryStreamName=self.name)
        return dict(described["DeliveryStreamDescription"])

    def put_records(self, records: Any, *, delimiter: bytes | None = None) -> ServicePut:
        """Put records; returns when the service has acknowledged all of them.

        Args:
            records: bytes, str (UTF-8), dicts (JSON), or a table whose rows become JSON.
            delimiter: Put behind each record, such as a newline; the service joins records without one.

        Raises:
            RecordTooLargeError: A record is over 1,000 KiB; nothing was sent.
            UndeliveredRecordsError: Records were refused until `retry_seconds` were over; the error names them.
        """
        data = [record + (delimiter or b"") for record in record_bytes(records)]
        summary = ServicePut(requested=len(data))
        self._send(data, summary)
        return summary

    def put(self, generator: Generator, *, count: int, offset: int = 0, delimiter: bytes | None = b"\n") -> ServicePut:
        """Put generated records, `count` of them from the one numbered `offset`; each ends with `delimiter`."""
        summary = ServicePut(requested=count)
        for start in range(0, count, _GENERATED):
            made = generator.records(min(_GENERATED, count - start), offset=offset + start)
            self._send([record + (delimiter or b"") for record in made], summary)
        return summary

    def _send(self, data: list[bytes], summary: ServicePut) -> None:
        for place, record in enumerate(data):
            if len(record) > _LARGEST_RECORD:
                raise RecordTooLargeError(
                    f"Record {place} has {len(record)} bytes, a delivery stream takes {_LARGEST_RECORD}"
                )
        entries: Iterator[dict[str, Any]] = ({"Data": record} for record in data)
        self._service.put_all(entries, _LIMITS, self._put_batch, summary)

    def _put_batch(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = self._service.call("put_record_batch", DeliveryStreamName=self.name, Records=batch)
        return list(answer["RequestResponses"])

    def __call__(self, rows: Table) -> None:
        """Deliver rows of an application, as JSON lines."""
        self.put_records(rows, delimiter=b"\n")

    def __repr__(self) -> str:
        return f"FirehoseDelivery({self.name!r})"
