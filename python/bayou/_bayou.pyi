"""The compiled part of bayou. Import these names from `bayou`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Any

import pandas
import polars
import pyarrow

__version__: str

class Table:
    """Rows with a schema, held as Arrow record batches; immutable.

    A table shows its first rows, their types, and the time it took. It speaks the Arrow C stream protocol, so pyarrow,
    polars, pandas and DuckDB take it as it is: `polars.DataFrame(table)`.
    """

    @classmethod
    def from_arrow(cls, data: Any) -> Table:
        """Make a table of anything that speaks the Arrow C stream protocol.

        Args:
            data: A pyarrow table, a polars frame, a pandas frame (2.2 or later, with pyarrow), a DuckDB relation.

        Raises:
            TypeError: `data` does not speak the protocol.

        Source: Apache Arrow, the Arrow PyCapsule interface.
        """

    @property
    def num_rows(self) -> int:
        """Number of rows."""

    @property
    def num_columns(self) -> int:
        """Number of columns."""

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""

    @property
    def column_types(self) -> list[str]:
        """Types of the columns in SQL's words: `integer`, `varchar`, `timestamp(3)`, `array(bigint)`."""

    @property
    def schema(self) -> dict[str, str]:
        """Names and types of the columns."""

    @property
    def elapsed_ms(self) -> float | None:
        """Milliseconds that making the table took, if it was measured."""

    @property
    def nbytes(self) -> int:
        """Bytes that the batches hold in memory."""

    def head(self, n: int = 10) -> Table:
        """The first `n` rows, without copying."""

    def slice(self, offset: int = 0, length: int | None = None) -> Table:
        """`length` rows from `offset` on (all when None), without copying."""

    def to_pydict(self) -> dict[str, list[Any]]:
        """Columns as lists of Python values; needs no other library.

        Returns:
            `datetime` for timestamps (microseconds; in UTC when they have a zone), `date`, `Decimal`, `bytes`, `list`
            for arrays, `dict` for rows and maps, None for NULL.
        """

    def to_pylist(self) -> list[dict[str, Any]]:
        """Rows as dicts of Python values; needs no other library."""

    def to_tuples(self) -> list[tuple[Any, ...]]:
        """Rows as tuples of Python values; needs no other library."""

    def to_arrow(self) -> pyarrow.Table:
        """The rows as a pyarrow table, without copying.

        Raises:
            MissingDependencyError: pyarrow is not installed.
        """

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame; dates become `datetime64`.

        Raises:
            MissingDependencyError: pandas or pyarrow is not installed.
        """

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars frame, without copying.

        Raises:
            MissingDependencyError: polars is not installed.
        """

    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def _repr_html_(self) -> str: ...

class Generator:
    """A compiled record template.

    Every value depends on the seed, the index of the record and the place of the tag alone: the same records come out
    as bytes and as columns, whatever the number of threads.

    Args:
        template: Text with tags such as `{{random.number(50)}}`.
        seed: Seed; from the system when None.
        start_time: Instant of the first record, as a datetime or milliseconds since 1970; now when None.
        interval_ms: Milliseconds from one record to the next.
        timezone: Zone of `date.now`.
        keep_newlines: Keep the template's newlines, which are taken out otherwise.

    Raises:
        TemplateError: Unknown function, or arguments that do not fit; the message names the tag and its place.

    Source: Amazon Kinesis Data Generator; faker.js 3.1.
    """

    def __init__(
        self,
        template: str,
        *,
        seed: int | None = None,
        start_time: datetime | int | None = None,
        interval_ms: float = 0.0,
        timezone: str = "UTC",
        keep_newlines: bool = False,
    ) -> None: ...
    @property
    def seed(self) -> int:
        """The seed, given or taken from the system."""

    @property
    def warnings(self) -> list[str]:
        """What should be said about the template."""

    @property
    def schema(self) -> dict[str, str]:
        """Columns of `table` and their types."""

    def table(self, count: int, *, offset: int = 0, threads: int | None = None) -> Table:
        """`count` records as columns, without making their text.

        Args:
            count: Records.
            offset: Index of the first one.
            threads: Threads to make them with; one a core when None.
        """

    def records(self, count: int, *, offset: int = 0) -> list[bytes]:
        """`count` records as bytes, exactly as the template reads.

        Args:
            count: Records.
            offset: Index of the first one.
        """

    def write(self, path: str | PathLike[str], count: int, *, offset: int = 0, threads: int | None = None) -> int:
        """Write records to a file, one a line.

        Args:
            path: File to write; replaced when it exists.
            count: Records.
            offset: Index of the first one.
            threads: Threads to make them with; one a core when None.

        Returns:
            Bytes written.
        """

class PutSummary:
    """What a put wrote: all of it was acknowledged."""

    @property
    def records(self) -> int:
        """Records written."""

    @property
    def bytes(self) -> int:
        """Bytes of data and partition keys."""

    @property
    def seconds(self) -> float:
        """Seconds it took, generating or encoding included."""

    @property
    def shards(self) -> dict[str, int]:
        """Records by shard id."""

class Stream:
    """A durable sharded stream; `lake.stream(name)` opens it.

    A put returns when its records are in the operating system, so what is acknowledged survives `kill -9`. Any number
    of processes may write and read.
    """

    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def shards(self) -> list[str]:
        """Ids of the shards, `shardId-000000000000` first."""

    def put(
        self,
        generator: Generator,
        *,
        count: int | None = None,
        partition_key: str | None = None,
        offset: int = 0,
        rate: float | None = None,
        seconds: float | None = None,
        threads: int | None = None,
    ) -> PutSummary:
        """Write generated records, as fast as they are made or at a rate.

        Args:
            generator: Makes the records.
            count: Records to put. When None, `rate * seconds`, or what is put within `seconds`.
            partition_key: Field of the template whose value is the partition key; random keys when None.
            offset: Index of the first record: a put with the same seed and offset writes the same records again.
            rate: Records a second; as fast as possible when None.
            seconds: How long to put.
            threads: Threads to make records with; one a core when None.

        Raises:
            InvalidOptionError: The template has no such field, or nothing says how many records to put.
            DiskFullError: What was acknowledged before is kept.

        Source: Amazon Kinesis Data Generator, "Records per second"; Kinesis API reference, PutRecords.
        """

    def put_records(
        self,
        records: Iterable[bytes | str | Mapping[str, Any]] | Any,
        *,
        partition_key: str | None = None,
        partition_keys: Sequence[str] | None = None,
    ) -> PutSummary:
        """Write records, each to the shard of its partition key.

        Args:
            records: Bytes, text or dicts (written as JSON), or a pandas, polars or Arrow table (a JSON object per row).
            partition_key: Top-level field of the JSON records whose text is the partition key.
            partition_keys: One partition key per record, up to 256 characters. Random keys when neither is given.

        Raises:
            InvalidOptionError: A record has no such field or is over 1 MiB, or the numbers of keys and records differ.
            DiskFullError: Nothing of the last block was acknowledged.

        Source: Kinesis API reference, PutRecords.
        """

    def read(
        self,
        iterator: str = "TRIM_HORIZON",
        *,
        limit: int | None = None,
        shard_id: str | None = None,
        sequence_number: str | None = None,
        timestamp: datetime | int | None = None,
    ) -> Table:
        """Read what the shards hold now, merged by arrival time.

        Args:
            iterator: `TRIM_HORIZON`, `LATEST`, `AT_TIMESTAMP`, `AT_SEQUENCE_NUMBER`, `AFTER_SEQUENCE_NUMBER`, or a
                sequence number to read after. A sequence number belongs to one shard, and only that one is read.
            limit: Most records to return; all when None.
            shard_id: Shard to read; all when None.
            sequence_number: For the two iterators that need one.
            timestamp: For `AT_TIMESTAMP`: a datetime, or milliseconds since 1970.

        Returns:
            Table of at most `limit` rows: data (binary), partition_key, sequence_number (string), shard_id,
            arrival (timestamp[ms], UTC).

        Raises:
            InvalidIteratorError: `iterator` is neither a type nor a sequence number of this stream.

        Source: Kinesis API reference, GetShardIterator and GetRecords.
        """

class Application:
    """A streaming application; `lake.application` makes it."""

    @property
    def name(self) -> str:
        """Its name; checkpoints are found by it."""

    @property
    def schema(self) -> dict[str, str] | None:
        """Columns and types of the input, given or discovered; None while there is nothing to discover them from."""

    @property
    def warnings(self) -> list[str]:
        """What the planner has to say, for example names that match only when case is ignored."""

    def set_schema(self, schema: dict[str, str | tuple[str, str]]) -> None:
        """Replace the input schema.

        Args:
            schema: `{column: type}`, or `{column: (type, JSONPath)}`.

        Raises:
            SchemaError: The schema is not valid.
            SqlError: The text does not fit it.
        """

    def deliver(self, stream: str, destination: Any, *, name: str | None = None) -> None:
        """Send the rows of an in-application stream, or of `error_stream`, to a destination.

        Args:
            stream: Name of the in-application stream.
            destination: A `Delivery` (files, exactly once), another `Stream` (a JSON record per row, at least once), or
                a function that takes a `Table` (at least once).
            name: Name of the destination in checkpoints; its own name when None.

        Raises:
            UnknownStreamError: The text declares no such stream.
        """

    def run(self, *, collect: str | Sequence[str] | None = None) -> RunResult:
        """Process what is there, from the last checkpoint on, and deliver open buffers.

        Args:
            collect: Streams to return: `auto` (or None: all but large ones that are delivered), `all`, `nothing`, or
                names.

        Raises:
            CheckpointError: The checkpoint belongs to another text, or names a destination that is not attached.
            ApplicationError: Another process runs the application.
        """

    def start(self) -> LiveApplication:
        """Run on and on in the background, until stopped.

        Example:
            with app.start() as live:
                live.tail("anomaly_data_stream", 20)
        """

    def errors(self) -> Table:
        """All rows of the error stream since the application's first start.

        Source: Kinesis Data Analytics Developer Guide, error handling.
        """

    def metrics(self) -> dict[str, dict[str, Any]]:
        """By destination: stream, records, bytes, objects, failures, and what is pending."""

class RunResult:
    """What a run gave: a mapping of stream names to tables, with ROWTIME as the first column."""

    @property
    def records(self) -> int:
        """Records read by the run."""

    @property
    def errors(self) -> int:
        """Rows that the run put into the error stream."""

    @property
    def seconds(self) -> float:
        """Seconds it took."""

    @property
    def rows(self) -> dict[str, int]:
        """Rows by stream, collected or not."""

    def keys(self) -> list[str]:
        """Names of the streams that were collected."""

    def values(self) -> list[Table]:
        """Their tables."""

    def items(self) -> list[tuple[str, Table]]:
        """Their names and tables."""

    def __getitem__(self, stream: str, /) -> Table: ...
    def __contains__(self, stream: str, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...

class LiveApplication:
    """An application that runs in the background; a context manager that stops it."""

    @property
    def name(self) -> str:
        """The application's name."""

    @property
    def is_running(self) -> bool:
        """Whether it is at work; False after an error, which `stop()` raises."""

    @property
    def streams(self) -> list[str]:
        """The declared streams."""

    def tail(self, stream: str, n: int = 20) -> Table:
        """The last `n` rows of a stream, 1,000 at most, with ROWTIME in front.

        Raises:
            UnknownStreamError: The application has no such stream.
        """

    def metrics(self) -> dict[str, int]:
        """Counts since the start: records, errors, epochs, checkpoints."""

    def stop(self) -> None:
        """Stop behind the epoch at hand: buffers are delivered and a checkpoint is written.

        Raises:
            BayouError: What ended the application before, if something did.
        """

    def __enter__(self) -> LiveApplication: ...
    def __exit__(self, *_exception: object) -> None: ...

class CatalogTable:
    """A table of the catalog, as it was when it was asked for."""

    @property
    def database(self) -> str:
        """Name of the database."""

    @property
    def name(self) -> str:
        """Name of the table."""

    @property
    def location(self) -> str:
        """Folder of the files, as a URL that ends in `/`."""

    @property
    def format(self) -> str | None:
        """`json`, `csv`, `parquet` …, when the table says so."""

    @property
    def version(self) -> int:
        """Version, 0 first; it grows with every change of the table."""

    @property
    def schema(self) -> dict[str, str]:
        """Columns and their Hive types, without partition keys."""

    @property
    def partition_keys(self) -> dict[str, str]:
        """Partition keys and their Hive types."""

    @property
    def parameters(self) -> dict[str, str]:
        """Free properties."""

    def partitions(self) -> Table:
        """The partitions: a column of text per partition key, and `location`."""

    def files(self) -> Table:
        """The files that the catalog knows: path, bytes, rows, modified."""

    def history(self) -> Table:
        """The versions: version, at, kind and summary of the change, process."""

    def to_dict(self) -> dict[str, Any]:
        """The table as the Glue API describes it.

        Source: Glue API reference, Table.
        """

class CrawlReport:
    """What a crawl found and did, and why."""

    @property
    def database(self) -> str:
        """Database of the tables."""

    @property
    def target(self) -> str:
        """What was crawled, inside the lake."""

    @property
    def seconds(self) -> float:
        """Seconds it took."""

    @property
    def is_change(self) -> bool:
        """Whether the crawl wrote anything to the catalog."""

    @property
    def files_read(self) -> int:
        """Files of which at least one byte was read; known files are not read again."""

    @property
    def tables(self) -> Table:
        """The tables: name, outcome, format, location, files, partitions_added, reason."""

    def explain(self) -> str:
        """The whole story as text: tables, folders and what was left out, each with its reason."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that the report holds."""

class Delivery:
    """How rows of an in-application stream become files; `lake.delivery` makes it."""

    @property
    def name(self) -> str:
        """Its name, part of every object's name."""

    @property
    def prefix(self) -> str:
        """Prefix of the objects, with expressions."""

    @property
    def format(self) -> str:
        """`json`, `csv` or `parquet`."""

    @property
    def table(self) -> str | None:
        """Catalog table in which the files are registered."""

    @property
    def warnings(self) -> list[str]:
        """What is probably a mistake, such as `YYYY`, the week's year, for `yyyy`."""

class LakeCore:
    """Storage, catalog and streams of one root; `bayou.Lake` holds one."""

    def __init__(
        self,
        url: str,
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        profile: str | None = None,
        cache_dir: str | None = None,
    ) -> None: ...
    @property
    def url(self) -> str:
        """The root as a URL."""

    def databases(self) -> list[str]:
        """Names of the databases."""

    def tables(self, database: str) -> list[str]:
        """Names of a database's tables."""

    def table(self, database: str, name: str) -> CatalogTable:
        """A table."""

    def stream(self, name: str, *, shards: int | None = None, sync: bool = False) -> Stream:
        """Open or create a stream."""

    def open_stream(self, name: str) -> Stream:
        """Open a stream that exists."""

    def application(
        self,
        name: str,
        sql: str,
        source: Stream,
        *,
        schema: dict[str, str | tuple[str, str]] | None = None,
        input: str = "SOURCE_SQL_STREAM_001",
        start: str = "TRIM_HORIZON",
        reset: bool = False,
        checkpoint_seconds: float = 10.0,
        epoch_records: int = 65_536,
    ) -> Application:
        """A streaming application."""

    def crawl(
        self,
        target: str,
        *,
        database: str = "default",
        table: str | None = None,
        table_prefix: str = "",
        strict_glue: bool = False,
        group: str = "similar",
        levels: int | None = None,
        exclude: list[str] = ...,
        sample_size: int | None = None,
        partition_types: str | dict[str, str] | None = None,
        on_update: str = "merge new columns",
        on_delete: str = "deprecate",
        table_threshold: int | None = None,
    ) -> CrawlReport:
        """Find tables and register them."""

    def delivery(
        self,
        name: str,
        *,
        prefix: str,
        error_prefix: str | None = None,
        format: str = "json",
        compression: str | None = None,
        buffer_mib: int = 5,
        buffer_seconds: int = 300,
        time_zone: str | None = None,
        file_extension: str | None = None,
        table: str | None = None,
    ) -> Delivery:
        """A delivery."""

    def sql(self, statement: str, *, database: str = "default") -> Table:
        """Run one statement."""

    def streams(self) -> list[str]:
        """Names of the streams."""

    def delete_stream(self, name: str) -> None:
        """Delete a stream."""

def _evaluate_sql(sql: str) -> str:
    """Run one query without tables; the answer as JSON text, see `bayou.testing.evaluate_sql`."""

def _shutdown() -> None:
    """Stop the worker threads; registered with `atexit`."""
