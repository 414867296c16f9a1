"""`bayou.Lake`: one folder or bucket prefix, and everything that can be done with it."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from bayou._bayou import (
    Application,
    CatalogTable,
    CopyReport,
    CrawlReport,
    Delivery,
    Discovery,
    LakeCore,
    Stream,
    Table,
)
from bayou.errors import InvalidOptionError
from bayou.lake_pipelines import Pipelines

if TYPE_CHECKING:
    from bayou.copying import Options
    from bayou.dbapi import Connection


class Lake(Pipelines):
    """A lake: streams, applications, deliveries, catalog and queries below one root.

    Args:
        url: A folder, which is created on first use, or `s3://bucket/prefix`.
        endpoint_url: Address of a service that speaks S3, such as `http://localhost:9000`.
        region: Region of the bucket.
        access_key_id: Access key; the usual places of AWS credentials when None.
        secret_access_key: Secret of `access_key_id`.
        session_token: Session token of temporary credentials.
        profile: Named profile of the shared credentials file.
        cache_dir: Folder for the private files of a lake on `s3://`.

    Raises:
        AccessDeniedError: The folder or bucket may not be used.
        CorruptCatalogError: The catalog file is damaged; the message says what to do.
        NotSupportedError: The URL has another scheme, or the lake was used by a newer bayou.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        profile: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self._core = LakeCore(
            os.fspath(url),
            endpoint_url=endpoint_url,
            region=region,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            session_token=session_token,
            profile=profile,
            cache_dir=None if cache_dir is None else os.fspath(cache_dir),
        )
        # How copies from and to this lake reach it.
        self._reach = {
            "endpoint_url": endpoint_url,
            "region": region,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "session_token": session_token,
            "profile": profile,
        }
        self.known_deliveries: dict[str, Delivery] = {}

    @property
    def url(self) -> str:
        """The lake's root as a URL without a slash at the end."""
        return self._core.url

    def __repr__(self) -> str:
        return f"Lake({self.url!r})"

    # -- streams ------------------------------------------------------------------------------------

    def stream(self, name: str, *, shards: int | None = None, sync: bool = False) -> Stream:
        """Open a stream, creating it when there is none.

        Args:
            name: Letters, digits, `_`, `.` and `-`, 128 at most.
            shards: Shards of a new stream (1 when None); an existing stream must have as many.
            sync: Acknowledge a put only when the disk has it: it then survives a loss of power,
                not just the end of the process.

        Raises:
            AlreadyExistsError: The stream exists with another number of shards.
            InvalidOptionError: The name or the number of shards is outside of the API's rules.
        """
        return self._core.stream(name, shards=shards, sync=sync)

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

    # -- streaming SQL -------------------------------------------------------------------------------

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

    # -- delivery -----------------------------------------------------------------------------------

    def delivery(
        self,
        name: str,
        *,
        prefix: str,
        error_prefix: str | None = None,
        format: Literal["json", "csv", "parquet"] = "json",
        compression: Literal["gzip"] | None = None,
        buffer_mib: int = 5,
        buffer_seconds: int = 300,
        time_zone: str | None = None,
        file_extension: str | None = None,
        table: str | None = None,
    ) -> Delivery:
        """How rows of an in-application stream become files; `Application.deliver` attaches it.

        Each row gets into exactly one file, and a file appears as a whole.

        Args:
            name: 1 to 64 letters, digits, `_`, `.` and `-`; part of every file's name.
            prefix: Prefix of the files inside the lake, with expressions such as `!{timestamp:yyyy}`.
            error_prefix: Prefix of error documents, with `!{firehose:error-output-type}`.
            format: Format of the files.
            compression: Compression of the files as a whole; Parquet has its own.
            buffer_mib: Size before compression at which a file is finished, 1 to 128 MiB.
            buffer_seconds: Seconds from its first row after which a file is finished, 0 to 900.
            time_zone: Zone of the times in prefixes, such as `Asia/Tokyo`; UTC when None.
            file_extension: What names end with in place of the format's own, such as `.jsonl`.
            table: Catalog table `database.table` in which the files are registered, so that no crawl is needed.

        Raises:
            PrefixError: A prefix that cannot be; the message shows the character.
            InvalidOptionError: An option is outside of its range.

        Warns:
            UserWarning: The prefix is probably not meant so, for example `YYYY` for `yyyy`.

        Source: Firehose Developer Guide, custom prefixes for Amazon S3 objects; buffering hints.
        """
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
        )
        for message in delivery.warnings:
            warnings.warn(message, UserWarning, stacklevel=2)
        self.known_deliveries[name] = delivery
        return delivery

    # -- crawl --------------------------------------------------------------------------------------

    def crawl(
        self,
        target: str,
        *,
        database: str = "default",
        table: str | None = None,
        table_prefix: str = "",
        strict_glue: bool = False,
        group: Literal["similar", "one table"] = "similar",
        levels: int | None = None,
        exclude: Sequence[str] = (),
        sample_size: int | None = None,
        partition_types: Literal["infer", "string"] | Mapping[str, str] = "infer",
        on_update: Literal["merge new columns", "replace", "log"] = "merge new columns",
        on_delete: Literal["deprecate", "delete", "log"] = "deprecate",
        table_threshold: int | None = None,
    ) -> CrawlReport:
        """Find out what lies in a folder and register it as tables and partitions, in one transaction.

        Args:
            target: A folder or file of the lake, such as `data/raw/`.
            database: Database of the tables; created when it is not there.
            table: Name of the table, where the crawl yields exactly one.
            table_prefix: Put in front of every table name.
            strict_glue: Decide as Glue's crawler would.
            group: Whether alike folders only, or everything of one format, become one table.
            levels: Tables are the folders this many levels below the target; `group` decides when None.
            exclude: Globs relative to the target.
            sample_size: New files to read per folder; all when None.
            partition_types: `infer`, `string` as Glue does, or Hive types by partition key.
            on_update: What happens to tables whose columns look different now.
            on_delete: What happens to tables and partitions whose data is gone.
            table_threshold: Fail, and write nothing, when there are more tables.

        Returns:
            A report that says for every table, folder and left-out file why.

        Raises:
            ObjectNotFoundError: There is no data at the target.
            InvalidPathError: The target is outside of the lake.

        Source: Glue Developer Guide, crawlers.
        """
        return self._core.crawl(
            target,
            database=database,
            table=table,
            table_prefix=table_prefix,
            strict_glue=strict_glue,
            group=group,
            levels=levels,
            exclude=list(exclude),
            sample_size=sample_size,
            partition_types=partition_types if isinstance(partition_types, str) else dict(partition_types),
            on_update=on_update,
            on_delete=on_delete,
            table_threshold=table_threshold,
        )

    # -- copy ---------------------------------------------------------------------------------------

    def copy(
        self, source: str, destination: str, *, register: bool | str = False, **options: Unpack[Options]
    ) -> CopyReport:
        """Copy a folder or a file within the lake, into it, or out of it: verified and resumable.

        Args:
            source: A path of the lake, `s3://bucket/prefix/`, or an absolute path.
            destination: The same; a file's new name, or a folder with `/` at its end.
            register: Register the files in the tables that are at the destination, in one transaction; or the name of a
                database in which tables are found as by a crawl.
            **options: See `bayou.copying.CopyOptions` and `BucketOptions`.

        Returns:
            What was done; it shows itself in a notebook with the throughput over time.

        Raises:
            ObjectNotFoundError: There is nothing at the source.
            InvalidPathError: A place that cannot be, or places that overlap.
        """
        from bayou.copying import lake_copy

        return lake_copy(self, source, destination, register, self._reach, {**options})

    # -- catalog ------------------------------------------------------------------------------------

    def databases(self) -> list[str]:
        """Names of the catalog's databases, sorted."""
        return self._core.databases()

    def tables(self, database: str = "default") -> list[str]:
        """Names of a database's tables, sorted."""
        return self._core.tables(database)

    def table(self, name: str, *, database: str = "default") -> CatalogTable:
        """A table of the catalog.

        Args:
            name: `table`, or `database.table`.
            database: Database of a name without one.

        Raises:
            UnknownTableError: There is none; the hint names one that looks alike.
        """
        first, dot, second = name.partition(".")
        return self._core.table(first, second) if dot else self._core.table(database, name)

    # -- queries ------------------------------------------------------------------------------------

    def sql(self, statement: str, *, database: str = "default", parameters: Sequence[str] = ()) -> Table:
        """Run one statement in Athena's SQL over the catalog. Ctrl-C stops it.

        Queries are in Trino's language, DDL in Hive's, told apart by the first words as Athena does.

        Args:
            statement: The statement; tables are `table` or `database.table`.
            database: Database of tables that are named without one.
            parameters: SQL expressions for the statement's `?`, by place: a string arrives quoted, `"'x'"`.

        Returns:
            The result, which shows itself in a notebook with types, row count and time.

        Raises:
            SqlError: The text is wrong; the message shows line, column and a caret.
            UnknownTableError: The catalog has no such table.
            MalformedFileError: A file does not hold what its table says.

        Source: Athena User Guide, SQL reference.
        """
        return self._core.sql(statement, database=database, parameters=list(parameters))

    def queries(self, limit: int = 100) -> list[dict[str, Any]]:
        """What the last statements of this process did over this lake, newest first.

        Args:
            limit: Most statements to tell about; 10,000 are kept.

        Returns:
            A dictionary each, see `QueryExecution.info`: text, state, rows, bytes_scanned, total_ms and more.
        """
        return self._core.queries(limit)

    def connect(self, *, schema_name: str = "default") -> Connection:
        """A PEP 249 connection, as `bayou.connect(lake)`."""
        from bayou.dbapi import connect

        return connect(self, schema_name=schema_name)


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
