"""The verbs of a lake that move records: `stream`, `application`, `delivery`."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from bayou._bayou import Application, Delivery, Discovery, LakeCore, Stream
from bayou.errors import InvalidOptionError
from bayou.generators import Generators

__all__ = ["Streams"]


class Streams:
    """The verbs of a lake that move records."""

    _core: LakeCore
    known_deliveries: dict[str, Delivery]

    def stream(
        self,
        name: str,
        *,
        shards: int | None = None,
        sync: bool = False,
        retention_hours: int | None = None,
        limits: Literal["aws"] | None = None,
    ) -> Stream:
        """Open a stream, creating it when there is none.

        Args:
            name: Letters, digits, `_`, `.` and `-`, 128 at most.
            shards: Shards of a new stream (1 when None); an existing stream must have as many open ones.
            sync: Acknowledge a put only when the disk has it: it then survives a loss of power,
                not just the end of the process.
            retention_hours: Keep records for so many hours, 24 to 8760; as it was, and for ever at first, when None.
            limits: `"aws"` refuses through this handle what the service would: larger calls, more records or bytes a
                second than a shard takes and gives, and iterators older than five minutes.

        Raises:
            StreamExistsError: The stream exists with another number of shards.
            InvalidOptionError: The name or the number of shards is outside of the API's rules.
        """
        if limits not in (None, "aws"):
            raise InvalidOptionError(f'`limits` is `{limits}`\nhint: "aws" or None')
        stream = self._core.stream(name, shards=shards, sync=sync, is_limited=limits == "aws")
        if retention_hours is not None and retention_hours != stream.retention_hours:
            stream.set_retention(retention_hours)
        return stream

    def open_stream(self, name: str) -> Stream:
        """Open a stream that exists.

        Raises:
            UnknownStreamError: There is none; the hint names those that there are.
        """
        return self._core.open_stream(name)

    def streams(self) -> list[str]:
        """Names of the lake's streams, sorted."""
        return self._core.streams()

    def delete_stream(self, name: str) -> None:
        """Delete a stream and all of its records."""
        self._core.delete_stream(name)

    @property
    def generators(self) -> Generators:
        """The named record templates: `save`, `load`, `list`, `delete`."""
        return Generators(self._core)

    def application(
        self,
        name: str,
        sql: str,
        *,
        source: Stream | Sequence[Stream] | Mapping[str, Stream],
        schema: Mapping[str, Any] | Discovery | None = None,
        input: str = "SOURCE_SQL_STREAM_001",
        parallelism: int | None = None,
        process: Callable[..., Mapping[str, Any]] | None = None,
        reference: Mapping[str, Any] | None = None,
        start: str = "TRIM_HORIZON",
        reset: bool = False,
        checkpoint_seconds: float = 10.0,
        epoch_records: int = 65_536,
    ) -> Application:
        """A streaming application: the SQL text of Kinesis Data Analytics, unchanged, over a stream.

        An application that was run before goes on from its last checkpoint, which is found by its name.

        Args:
            name: Letters, digits, `_`, `.` and `-`, 128 at most.
            sql: Statements `CREATE STREAM`, `CREATE PUMP`, `CREATE VIEW`, `CREATE FUNCTION` and others.
            source: The stream to read, of JSON documents or CSV rows; several as a list, which feed `…_001`, `…_002`
                and so on, or by the names of the in-application streams that they feed.
            schema: Columns of each input as `{name: type}` or `{name: (type, JSONPath)}`, an InputSchema of the API,
                which has RecordFormat and RecordColumns, or what `discover_schema` found; discovered by sampling the
                stream when None.
            input: Name of the in-application stream that the source feeds; with several, `_001` and so on are put
                behind it in place of its own number.
            parallelism: Split the shards of each source evenly over as many in-application streams, `…_001` to `…_00N`,
                1 to 64.
            process: A function that gets the records before they are decoded: a handler of the service's contract,
                which takes `{"records": [{"recordId", "data", …}], …}` and returns each record with `result` `Ok`,
                `Dropped` or `ProcessingFailed`, data in base64.
            reference: Reference tables by name: a data frame or `Table`, or the path of a CSV or JSON object of the
                lake (or an absolute one), alone or as `(path, schema)`. A table is loaded now and not followed;
                `Application.set_reference` loads it again.
            start: Where to begin without a checkpoint: `TRIM_HORIZON` or `LATEST`.
            reset: Forget the checkpoint and begin again.
            checkpoint_seconds: Time between checkpoints while records keep coming.
            epoch_records: Most records of one epoch, those that came in the same millisecond as its last aside.

        Raises:
            SqlError: The text is wrong; the message shows line, column and a caret.
            SchemaError: The schema does not fit.
            InvalidOptionError: `parallelism` is outside of 1 to 64, or there is no source.

        Source: Kinesis Data Analytics SQL Reference and Developer Guide.
        """
        return self._core.application(
            name,
            sql,
            _inputs(source, input, parallelism),
            schema=dict(schema) if isinstance(schema, Mapping) else schema,
            parallelism=parallelism,
            process=process,
            reference=None if reference is None else dict(reference),
            start=start,
            reset=reset,
            checkpoint_seconds=checkpoint_seconds,
            epoch_records=epoch_records,
        )

    def application_from_json(
        self,
        definition: str | os.PathLike[str] | Mapping[str, Any],
        *,
        resources: Mapping[str, Any] | None = None,
        name: str | None = None,
        reset: bool = False,
    ) -> Application:
        """The application that the JSON of the service's API defines, with its input, schema and outputs.

        Args:
            definition: What create-application takes or describe-application gives, of version 1 or 2: its text, a
                dict, or the path of a file.
            resources: Streams, deliveries and functions by ARN or by the last part of it, reference tables by name.
                What is left out is the lake's stream of that name, or the delivery that `lake.delivery` made under it,
                or the lake's object of the reference table's key; functions must be given.
            name: Name of the application; the one in the document when None.
            reset: Forget the checkpoint and begin again.

        Raises:
            InvalidOptionError: The document is not valid; the message names the member, or the placeholders `${…}` that
                CloudFormation should have replaced. Or a function is not given.
            UnknownStreamError: The lake has no stream or delivery of that name.

        Source: Kinesis Data Analytics API reference, CreateApplication and DescribeApplication.
        """
        from bayou.definitions import application_from_json

        return application_from_json(self, definition, resources=resources, name=name, reset=reset)

    def delivery(
        self,
        name: str,
        *,
        prefix: str,
        error_prefix: str | None = None,
        format: Literal["json", "csv", "parquet"] = "json",
        compression: Literal["gzip", "zip", "snappy", "hadoop_snappy"] | None = None,
        buffer_mib: int = 5,
        buffer_seconds: int = 300,
        time_zone: str | None = None,
        file_extension: str | None = None,
        table: str | None = None,
        source: Stream | None = None,
        transform: Callable[..., Any] | None = None,
        partition_by: str | Sequence[str] | Mapping[str, str] | None = None,
        most_active_partitions: int = 500,
        limits: Literal["aws"] | None = None,
        split: Literal["json"] | bytes | None = None,
        delimiter: str | bytes | None = None,
    ) -> Delivery:
        """How rows of an in-application stream, records of a stream, or records put into it become files.

        `Application.deliver` attaches one without a source to an application, or `put_records` puts records into it.
        With records it runs by itself, with `Delivery.run` or in the background with `Delivery.start`. Each row or
        record gets into exactly one file, and a file appears as a whole.

        Args:
            name: 1 to 64 letters, digits, `_`, `.` and `-`; part of every file's name.
            prefix: Prefix of the files inside the lake, with expressions such as `!{timestamp:yyyy}`.
            error_prefix: Prefix of error documents, with `!{firehose:error-output-type}`.
            format: Format of the files.
            compression: Compression of the files as a whole; Parquet has its own. `hadoop_snappy` is the one that
                Athena and Spark read.
            buffer_mib: Size before compression at which a file is finished, 1 to 128 MiB.
            buffer_seconds: Seconds from its first row after which a file is finished, 0 to 900.
            time_zone: Zone of the times in prefixes, such as `Asia/Tokyo`; UTC when None.
            file_extension: What names end with in place of the format's own, such as `.jsonl`.
            table: Catalog table `database.table` in which the files are registered, so that no crawl is needed.
            source: Stream whose records are delivered as they are; `format` is then what they are in. The same goes for
                records that are put into it.
            transform: Handler of the service's contract, `handler(event)` or `handler(event, context)`: what it gives
                back for a record is delivered in its place. Records that fail go under the error prefix.
            partition_by: Keys of `!{partitionKeyFromQuery:key}` in the prefix: a jq query that makes an object, fields
                by their names, or keys with the dotted paths of their fields. `transform` may tell others, which are
                `!{partitionKeyFromLambda:key}`; with those alone it is an empty sequence.
            most_active_partitions: Partitions with an open file; beyond, the file that was idle for longest is finished
                early, or with `limits="aws"` the records are errors, as they are in the service.
            limits: `"aws"` is as strict as the service, also with the size of a put.
            split: How records that hold several are taken apart first: JSON values, or at these bytes.
            delimiter: What is written behind each record; nothing, as in the service, when None.

        Raises:
            PrefixError: A prefix that cannot be; the message shows the character.
            InvalidOptionError: An option is outside of its range.

        Warns:
            UserWarning: The prefix is probably not meant so, for example `YYYY` for `yyyy`.

        Source: Firehose Developer Guide, custom prefixes for Amazon S3 objects; buffering hints; transform source data;
            dynamic partitioning.
        """
        query, fields = _partition_keys(partition_by)
        delivery = self._core.delivery(
            name,
            prefix=prefix,
            error_prefix=error_prefix,
            format=format,
            compression=compression,
            buffer_mib=buffer_mib,
            buffer_seconds=buffer_seconds,
            time_zone=time_zone,
            file_extension=file_extension,
            table=table,
            source=source,
            transform=transform,
            query=query,
            fields=fields,
            is_partitioned=partition_by is not None,
            most_active=most_active_partitions,
            is_strict=limits == "aws",
            split=b"" if split == "json" else split,
            delimiter=delimiter.encode() if isinstance(delimiter, str) else delimiter,
        )
        for message in delivery.warnings:
            warnings.warn(message, UserWarning, stacklevel=2)
        self.known_deliveries[name] = delivery
        return delivery


def _partition_keys(
    partition_by: str | Sequence[str] | Mapping[str, str] | None,
) -> tuple[str | None, list[tuple[str, str]]]:
    """The jq query, and the keys with the paths of their fields."""
    if partition_by is None or isinstance(partition_by, str):
        return partition_by, []
    if isinstance(partition_by, Mapping):
        return None, list(partition_by.items())
    return None, [(field, field) for field in partition_by]


def _inputs(
    source: Stream | Sequence[Stream] | Mapping[str, Stream], name: str, parallelism: int | None
) -> list[tuple[str, Stream]]:
    """The in-application streams, or with parallelism their prefixes, and what feeds each."""
    if parallelism is not None and not 1 <= parallelism <= 64:
        raise InvalidOptionError(f"`parallelism` is {parallelism}\nhint: 1 to 64")
    prefix = re.sub(r"_\d{3}$", "", name)
    if isinstance(source, Mapping):
        inputs = list(source.items())
    elif isinstance(source, Sequence):
        inputs = [(f"{prefix}_{place:03}", stream) for place, stream in enumerate(source, 1)]
    else:
        inputs = [(name if parallelism is None else prefix, source)]
    if not inputs:
        raise InvalidOptionError("`source` names no stream\nhint: lake.stream(name) opens or creates one")
    return inputs
