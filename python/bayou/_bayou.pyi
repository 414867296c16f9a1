"""The compiled part of bayou. Import these names from `bayou`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import Any, Literal

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
            `datetime` for timestamps (microseconds; aware with a zone), `date`, `Decimal`, `bytes`, `list`
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

    def _renamed(self, names: list[str]) -> Table:
        """The same rows with other names of columns."""

    def _noted(self, note: str) -> Table:
        """The same rows with another line under them."""

    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def _repr_html_(self) -> str: ...

class Generator:
    """A compiled record template.

    Every value depends on the seed, the index of the record and the place of the tag alone: the same records come out
    as bytes and as columns, whatever the number of threads.

    Args:
        template: Text with tags such as `{{random.number(50)}}`; or several templates by name.
        weights: How often each of several templates is drawn, in order or by name; all alike when None.
        seed: Seed; from the system when None.
        start_time: Instant of the first record, as a datetime or milliseconds since 1970; now when None.
        interval_ms: Milliseconds from one record to the next.
        timezone: Zone of `date.now`.
        keep_newlines: Keep the template's newlines, which are taken out otherwise.
        json_escape: Escape values inside of a JSON template's quotes.
        strict: Errors and nonsense values (`NaN`, `undefined`) as the Kinesis Data Generator has them.
        columns: Names of the columns of a template that is a CSV line; `c0`, `c1` … when None.

    Raises:
        TemplateError: Unknown function, or arguments that do not fit; the message names the tag and its place.

    Source: Amazon Kinesis Data Generator; faker.js 3.1.
    """

    def __init__(
        self,
        template: str | Mapping[str, str],
        *,
        weights: Sequence[float] | Mapping[str, float] | None = None,
        seed: int | None = None,
        start_time: datetime | int | None = None,
        interval_ms: float = 0.0,
        timezone: str = "UTC",
        keep_newlines: bool = False,
        json_escape: bool = False,
        strict: bool = False,
        columns: Sequence[str] | None = None,
    ) -> None: ...
    @staticmethod
    def functions() -> Table:
        """The functions of the language: name, argument, type and an example of each."""

    def preview(self, count: int = 5) -> Preview:
        """The first records, for looking at; shows itself in a notebook.

        Args:
            count: Records, 10,000 at most.

        Raises:
            InvalidOptionError: `count` is less than 0.
        """

    def at(self, instant: datetime | int | None = None) -> Generator:
        """The same records with another instant in their dates, unless `start_time` or `interval_ms` fixed the clock.

        Args:
            instant: A datetime or milliseconds since 1970; now when None.

        Raises:
            InvalidOptionError: It is neither of both, or farther away than dates reach.
        """

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

        Raises:
            InvalidOptionError: `count` or `offset` is less than 0.
        """

    def records(self, count: int, *, offset: int = 0) -> list[bytes]:
        """`count` records as bytes, exactly as the template reads.

        Args:
            count: Records.
            offset: Index of the first one.

        Raises:
            InvalidOptionError: `count` or `offset` is less than 0.
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

        Raises:
            InvalidOptionError: `count` or `offset` is less than 0.
        """

class Preview:
    """A few generated records and what should be said about their template; shows itself in a notebook."""

    @property
    def records(self) -> list[str]:
        """The records as text."""

    @property
    def warnings(self) -> list[str]:
        """What should be said about the template."""

    def __len__(self) -> int: ...
    def _repr_html_(self) -> str: ...

class Schedule:
    """How many records come when, for `stream.put(generator, schedule=...)`."""

    @staticmethod
    def constant(rate: float) -> Schedule:
        """Always `rate` records a second."""

    @staticmethod
    def steps(steps: Sequence[tuple[float, float]]) -> Schedule:
        """For so many seconds so many records a second each, then no more.

        Args:
            steps: Pairs of seconds and records a second.
        """

    @staticmethod
    def ramp(start: float, end: float, seconds: float) -> Schedule:
        """From `start` to `end` records a second in `seconds`, then no more."""

    @staticmethod
    def sine(mean: float, amplitude: float, period: float) -> Schedule:
        """A rate that swings by `amplitude` around `mean` records a second, in `period` seconds."""

    @staticmethod
    def burst(rate: float, burst: float, *, every: float, length: float) -> Schedule:
        """`rate` records a second, and `burst` for `length` seconds at the beginning of each `every` seconds."""

    @staticmethod
    def periodic(
        mu: float | Sequence[Sequence[float]] = 100.0,
        sigma: float | Sequence[Sequence[float]] = 10.0,
        *,
        smoothing: bool = True,
        timezone: str = "UTC",
    ) -> Schedule:
        """A normal distribution of the records of a second, for each hour of the week.

        Args:
            mu: Mean, or means of 7 days, Sunday first, of 24 hours each.
            sigma: Standard deviation, in the same form.
            smoothing: Move both linearly to the next hour's.
            timezone: Zone of the hours.

        Source: Amazon Kinesis Data Generator, periodic records.
        """

    @property
    def duration(self) -> float | None:
        """Seconds after which no more records come; None when there is no end."""

    def counts(self, seconds: int, *, start: datetime | int | None = None, seed: int = 0) -> list[int]:
        """Records of each of the first `seconds` seconds.

        Args:
            seconds: Seconds to look at.
            start: When the first one begins; now when None.
            seed: Seed of the generator, which draws the numbers of a periodic schedule.
        """

class PutSummary:
    """The report of a put. What it counts as accepted was acknowledged."""

    @property
    def requested(self) -> int | None:
        """Records that were asked for."""

    @property
    def generated(self) -> int:
        """Records that were made."""

    @property
    def records(self) -> int:
        """Records written; the same as `accepted`."""

    @property
    def accepted(self) -> int:
        """Records that the stream acknowledged."""

    @property
    def retried(self) -> int:
        """Records that were sent again; a lake's stream never asks for that."""

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """Records that were refused, with `index`, `code` and `message`.

        There are none without `limits="aws"`: a lake's stream raises instead.
        """

    @property
    def failed_record_count(self) -> int:
        """Records that were refused, which is 0 unless the stream has `limits="aws"`."""

    @property
    def results(self) -> list[dict[str, str]]:
        """An entry per record of `put_records`, in their order.

        Each has `SequenceNumber` and `ShardId`, or `ErrorCode` (`ProvisionedThroughputExceededException`,
        `InternalFailure`) and `ErrorMessage`.

        Source: Kinesis API reference, PutRecords.
        """

    @property
    def bytes(self) -> int:
        """Bytes of data and partition keys."""

    @property
    def seconds(self) -> float:
        """Seconds it took, generating or encoding included."""

    @property
    def records_per_second(self) -> float:
        """Records written a second."""

    @property
    def lateness(self) -> float:
        """Most seconds that a record was late, with a rate or a schedule."""

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it; everything counted is in the stream."""

    @property
    def shards(self) -> dict[str, int]:
        """Records by shard id."""

    @property
    def sequence_numbers(self) -> dict[str, tuple[str, str]]:
        """First and last sequence number by shard id."""

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
        """Ids of the shards that take records, the oldest first."""

    @property
    def retention_hours(self) -> int | None:
        """For how many hours records are kept; for ever when None."""

    def set_retention(self, hours: int | None = None, *, mib: int | None = None) -> None:
        """Change what is kept.

        Records past it are not read any more, and files go when all of their records are past it, but for the one
        that each open shard is written to.

        Args:
            hours: Hours after their arrival for which records are kept, 24 to 8760; for ever when None.
            mib: About the most MiB that a shard keeps; any when None.

        Raises:
            InvalidArgumentError: `hours` is outside of the API's bounds.

        Source: Kinesis API reference, IncreaseStreamRetentionPeriod.
        """

    def trim(self) -> int:
        """Remove files whose records are all past the retention, and tell how many; writers do so now and then."""

    def split_shard(self, shard_id: str, new_starting_hash_key: int | None = None) -> None:
        """Split a shard in two, while it is written and read.

        Args:
            shard_id: An open shard.
            new_starting_hash_key: First hash key of the second half; the middle when None.

        Raises:
            UnknownShardError: The stream has no such shard.
            ShardClosedError: The shard was split or merged before.
            InvalidArgumentError: The hash key does not lie inside of the shard.

        Source: Kinesis API reference, SplitShard.
        """

    def merge_shards(self, shard_id: str, adjacent_shard_id: str) -> None:
        """Merge two open shards whose hash keys are adjacent, while they are written and read.

        Raises:
            UnknownShardError: The stream has no such shard.
            ShardClosedError: A shard was split or merged before.
            InvalidArgumentError: The shards are not adjacent.

        Source: Kinesis API reference, MergeShards.
        """

    def update_shard_count(self, count: int) -> None:
        """Split and merge, all at once, until `count` open shards divide the hash keys evenly.

        Raises:
            InvalidArgumentError: `count` is not 1 to 10,000.

        Source: Kinesis API reference, UpdateShardCount.
        """

    def iterator(
        self,
        shard: str,
        type: str | None = None,
        *,
        sequence_number: str | None = None,
        timestamp: datetime | int | None = None,
    ) -> ShardIterator:
        """An iterator of one shard.

        Args:
            shard: Id of the shard, or the `token` of an iterator, which goes on there.
            type: `TRIM_HORIZON`, which None means, `LATEST`, `AT_TIMESTAMP`, `AT_SEQUENCE_NUMBER` or
                `AFTER_SEQUENCE_NUMBER`.
            sequence_number: Of the last two.
            timestamp: Of `AT_TIMESTAMP`: a datetime, or milliseconds since 1970.

        Raises:
            UnknownShardError: The stream has no such shard.
            InvalidIteratorError: The type is none, the timestamp is in the future, or the shard has no such record.
            InvalidArgumentError: The sequence number is of another shard or stream.

        Source: Kinesis API reference, GetShardIterator.
        """

    def put(
        self,
        generator: Generator,
        *,
        count: int | None = None,
        partition_key: str | Callable[[bytes], str] | None = None,
        constant_key: str | None = None,
        offset: int = 0,
        rate: float | None = None,
        seconds: float | None = None,
        schedule: Schedule | Sequence[tuple[float, float]] | None = None,
        realtime: bool = True,
        delimiter: bytes | None = b"\n",
        compress: Literal["gzip"] | None = None,
        threads: int | None = None,
    ) -> PutSummary:
        """Write generated records, as fast as they are made, at a rate, or by a schedule.

        Dates show the time of writing, unless the generator's `start_time` or `interval_ms` says otherwise. Ctrl-C ends
        the put and gives the report of what was written.

        Args:
            generator: Makes the records.
            count: Most records to put. When None, what `seconds` or the schedule give.
            partition_key: Field of the template whose value is the partition key (`device.id` goes into objects), or a
                function of the record's bytes; random keys when None.
            constant_key: The partition key of all records.
            offset: Index of the first record: a put with the same seed and offset writes the same records again.
            rate: Records a second; as fast as possible when None.
            seconds: How long to put.
            schedule: Records a second over time, or pairs of seconds and records a second.
            realtime: False follows the schedule in simulated time from `start_time` on, without waiting.
            delimiter: Written behind each record.
            compress: `"gzip"` compresses each record, which then has no delimiter.
            threads: Threads to make records with; one a core when None.

        Raises:
            InvalidOptionError: The template has no such field, nothing says how many records to put, or `count` or
                `offset` is less than 0.
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
            ValidationError: With `limits="aws"`: there are no or more than 500 records.
            InvalidArgumentError: With `limits="aws"`: they have more than 10 MiB.

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
            Table of at most `limit` records: data (binary), partition_key, sequence_number (string), shard_id,
            arrival (timestamp[ms], UTC), subsequence_number. An aggregate of the Kinesis Producer Library counts as one
            record, and each of those in it has its row and subsequence number.

        Raises:
            InvalidIteratorError: `iterator` is neither a type nor a sequence number of this stream.

        Source: Kinesis API reference, GetShardIterator and GetRecords.
        """

    def consumer(
        self, name: str, *, start: str = "TRIM_HORIZON", timestamp: datetime | int | None = None, limit: int = 10_000
    ) -> Consumer:
        """A worker of the consumer `name`, which goes on behind its checkpoints.

        Args:
            name: Name of the consumer.
            start: Where a shard without a checkpoint begins: `TRIM_HORIZON`, `LATEST` or `AT_TIMESTAMP`.
            timestamp: Of `AT_TIMESTAMP`: a datetime, or milliseconds since 1970.
            limit: Most records at once.
        """

    def consumers(self) -> list[str]:
        """Names of the consumers."""

    def leases(self, consumer: str) -> list[dict[str, Any]]:
        """The leases of a consumer, a shard each.

        Returns:
            Dicts with leaseKey (the shard), leaseOwner (None when nobody holds it), leaseCounter, checkpoint (a
            sequence number, `TRIM_HORIZON`, or `SHARD_END` of a closed shard that is processed),
            checkpointSubSequenceNumber, ownerSwitchesSinceCheckpoint, parentShardId and childShardIds (lists),
            startingHashKey and endingHashKey.

        Source: Kinesis Client Library, the lease table.
        """

    def delete_consumer(self, consumer: str) -> None:
        """Forget a consumer and its checkpoints.

        Raises:
            InvalidOptionError: A worker of it is alive.
        """

    def tail(
        self,
        start: str = "LATEST",
        *,
        timestamp: datetime | int | None = None,
        limit: int = 10_000,
        timeout: float | None = None,
    ) -> Tail:
        """The records of all shards as they come.

        Args:
            start: `LATEST`, `TRIM_HORIZON` or `AT_TIMESTAMP`.
            timestamp: Of `AT_TIMESTAMP`.
            limit: Most records at once.
            timeout: Seconds without a record after which the iteration ends; never when None.
        """

    def describe(self) -> dict[str, Any]:
        """What DescribeStream gives: name, status, retention, and the shards that are kept.

        Each shard has its parents, hash keys, first and (once it is closed) last sequence number, and besides a
        `ShardState`: `OPEN` or `CLOSED`.
        """

class ShardIterator:
    """Reads one shard a call at a time; `stream.iterator` makes it."""

    @property
    def shard_id(self) -> str:
        """The shard."""

    def get_records(self, limit: int = 10_000) -> Table:
        """The next records, none when there are none now; at most 10 MiB and `limit` of them.

        Returns:
            A table as `Stream.read` gives it.

        Raises:
            ExpiredIteratorError: With `limits="aws"`: the last call was more than five minutes ago.
            ThroughputExceededError: With `limits="aws"`: it is the sixth call of a second, or over 2 MiB a second.

        Source: Kinesis API reference, GetRecords.
        """

    @property
    def millis_behind_latest(self) -> int:
        """How long ago the next record arrived, in milliseconds; 0 when there is none."""

    @property
    def is_at_end(self) -> bool:
        """Whether the shard was split or merged and all of its records were given: its children are next."""

    @property
    def child_shards(self) -> list[dict[str, Any]]:
        """The shards that go on where this one ends, once it is at its end: ShardId, ParentShards, HashKeyRange."""

    @property
    def token(self) -> str | None:
        """The iterator as opaque text, for `stream.iterator(token)`; None at the end of a closed shard."""

def unpack_aggregate(record: bytes) -> list[tuple[str, str | None, bytes]] | None:
    """The records of an aggregate of the Kinesis Producer Library as partition key, explicit hash key and data.

    None for a record that is none.
    """

class Application:
    """A streaming application; `lake.application` makes it."""

    @property
    def name(self) -> str:
        """Its name; checkpoints are found by it."""

    @property
    def schema(self) -> dict[str, str | tuple[str, str]] | None:
        """Columns of the input, given or discovered, as `{column: type}` or `{column: (type, JSONPath)}`.

        None while there is nothing to discover them from. Assign a schema to replace it, as `set_schema` does.
        """

    @schema.setter
    def schema(self, schema: Mapping[str, Any] | Discovery) -> None:
        """Replace it, as `set_schema` does."""

    @property
    def input_schema(self) -> dict[str, Any] | None:
        """The schema as an InputSchema of the API."""

    @property
    def warnings(self) -> list[str]:
        """What the planner has to say, for example names that match only when case is ignored."""

    def set_schema(self, schema: Mapping[str, Any] | Discovery, *, input: str | None = None) -> None:
        """Replace the schema of an input.

        Args:
            schema: `{column: type}`, `{column: (type, JSONPath)}`, an InputSchema of the API, or what `discover_schema`
                found.
            input: Name of the in-application stream; all inputs when None.

        Raises:
            SchemaError: The schema is not valid.
            SqlError: The text does not fit it.
            UnknownStreamError: There is no such input.
        """

    def set_reference(self, name: str, source: Any) -> None:
        """Load a reference table again, or add one; the next run joins with it.

        Args:
            name: Name of the table, exactly as the text quotes it.
            source: As a value of `reference` of `Lake.application`.

        Raises:
            SchemaError: A row or a type does not fit.
            SqlError: The text does not fit the table's columns.
        """

    def deliver(self, stream: str, destination: Any, *, name: str | None = None, format: str | None = None) -> None:
        """Send the rows of an in-application stream, or of `error_stream`, to a destination.

        Args:
            stream: Name of the in-application stream.
            destination: A `Delivery` (files, exactly once), another `Stream` (a record per row, at least once), or a
                function (at least once). A function takes a `Table`; with `format` it is a handler of the service's
                contract, which takes `{"records": [{"recordId", "data", …}], …}` and returns each record with `result`
                `Ok` or `DeliveryFailed`; those that failed are sent again, with the same ids.
            name: Name of the destination in checkpoints; its own name when None.
            format: Format of the records, `json` or `csv`; for a stream JSON when None.

        Raises:
            UnknownStreamError: The text declares no such stream.
            InvalidOptionError: The format is unknown, or given for a delivery, which has its own.

        Source: Kinesis Data Analytics Developer Guide, "Using a Lambda Function as Output".
        """

    def run(self, *, collect: str | Sequence[str] | None = None, until: datetime | None = None) -> RunResult:
        """Process what is there, from the last checkpoint on, and deliver open buffers.

        Time comes to now: windows that have ended give their rows, windows that have not stay open in the checkpoint,
        and a later run goes on with them.

        Args:
            collect: Streams to return: `auto` (or None: all but large ones that are delivered), `all`, `nothing`, or
                names.
            until: Let time come to this instant instead; without a zone it is UTC. Only records that arrived before it
                are read. One in the future closes the windows that end before it at once, as a promise that
                nothing else arrives until then: records that do are taken to have arrived at that instant.

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

def run_streaming_case(case: str, folder: str, *, mode: str = "whole", at: int | None = None) -> str:
    """Run a recorded case given as JSON; `bayou.testing.run_streaming_case` says more."""

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

class Discovery:
    """What `discover_schema` found."""

    @property
    def schema(self) -> dict[str, str | tuple[str, str]]:
        """The proposed columns as `{column: type}`, or `{column: (type, JSONPath)}` where the path is not the name."""

    @property
    def input_schema(self) -> dict[str, Any]:
        """The proposal as an InputSchema of the API."""

    @property
    def parsed_records(self) -> list[list[str | None]]:
        """The rows of the sample as text, by column; None where a value is missing or does not fit."""

    @property
    def raw_records(self) -> list[str]:
        """The records of the sample."""

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
        """Counts since the start: records, errors, epochs, checkpoints.

        `state_bytes` is the memory that open windows and table functions took at the last checkpoint, in bytes.
        """

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

class CopyPart:
    """One of the parts into which `bayou.copy.plan` cuts a copy; it can be pickled."""

    def __init__(self, text: str) -> None:
        """The part that `to_json` wrote.

        Raises:
            InvalidOptionError: The text is not the JSON of a part.
        """

    @property
    def number(self) -> int:
        """Number of the part, from 1."""

    @property
    def of(self) -> int:
        """Parts of the copy."""

    @property
    def objects(self) -> int:
        """Objects that were in it when it was planned."""

    @property
    def bytes(self) -> int:
        """Their bytes."""

    def to_json(self) -> str:
        """The part as JSON, without access keys."""

    def __getnewargs__(self) -> tuple[str]:
        """For pickle."""

class CopyReport:
    """What a copy did. In a notebook it shows itself with the throughput over time; it can be pickled."""

    def __init__(self, text: str) -> None:
        """The report that `to_json` wrote.

        Raises:
            InvalidOptionError: The text is not the JSON of a report.
        """

    @property
    def source(self) -> str:
        """Where it came from."""

    @property
    def destination(self) -> str:
        """Where it went."""

    @property
    def objects(self) -> int:
        """Objects copied; with `dry_run` those that would be."""

    @property
    def bytes(self) -> int:
        """Their bytes."""

    @property
    def seconds(self) -> float:
        """Seconds it took."""

    @property
    def objects_per_second(self) -> float:
        """Objects a second."""

    @property
    def bytes_per_second(self) -> float:
        """Bytes a second."""

    @property
    def listed(self) -> int:
        """Objects found at the source."""

    @property
    def skipped(self) -> dict[str, int]:
        """Objects not copied, by reason."""

    @property
    def failed(self) -> dict[str, str]:
        """The first 10,000 objects that failed, with their reasons."""

    @property
    def failed_count(self) -> int:
        """Objects that failed."""

    @property
    def verified(self) -> int:
        """Objects whose copy was checked."""

    @property
    def retried(self) -> int:
        """Requests that were repeated."""

    @property
    def hedged(self) -> int:
        """Requests that were sent a second time because the first answer was late."""

    @property
    def deleted(self) -> int:
        """Extra objects deleted at the destination; with `dry_run` those that would be."""

    @property
    def moved(self) -> int:
        """Objects deleted at the source by a move."""

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing was changed."""

    @property
    def started(self) -> datetime:
        """When it began, in UTC."""

    @property
    def last_modified(self) -> tuple[datetime, datetime] | None:
        """When the oldest and the newest of the copied objects were written, in UTC; None when nothing was copied."""

    @property
    def manifest(self) -> PathLike[str] | None:
        """The SQLite file that remembers what was done."""

    def to_json(self) -> str:
        """The report as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that the report holds."""

    def to_pandas(self) -> pandas.DataFrame:
        """One row for each object: key, size, etag, copied_etag, state, error.

        The rows come from the manifest; without one there are only the objects that failed.
        """

    def _repr_html_(self) -> str:
        """For notebooks."""

    def __getnewargs__(self) -> tuple[str]:
        """For pickle."""

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
    def change_id(self) -> int | None:
        """The catalog's change, for `lake.undo`; None when nothing was written."""

    @property
    def files_listed(self) -> int:
        """Files below the target, data or not."""

    @property
    def files_skipped(self) -> int:
        """Files listed that are no data: empty, hidden or excluded."""

    @property
    def files_read(self) -> int:
        """Files of which at least one byte was read; known files are not read again."""

    @property
    def bytes_read(self) -> int:
        """Bytes read to find out what the files are."""

    @property
    def tables(self) -> Table:
        """The tables: name, outcome, format, location, files, partitions_added, reason."""

    @property
    def unclassified(self) -> Table:
        """Files that nothing recognised: path, bytes, bytes_seen, reason, and the nearest format."""

    @property
    def misplaced(self) -> Table:
        """Data files outside of the table around them: path, bytes, bytes_seen, reason, and their format as nearest."""

    @property
    def folders(self) -> Table:
        """How folders were judged: folder, format, schema, nearest sibling, similarity from 0 to 1, rule."""

    def undo(self) -> int | None:
        """Make the catalog what it was before this crawl, in one transaction; data files stay as they are.

        Returns:
            The number of the change that did it, which `lake.undo` undoes in turn; None when the crawl wrote nothing.

        Raises:
            ProgrammingError: Later changes built upon the crawl; the message names the objects, and nothing is undone.
        """

    def explain(self) -> str:
        """The whole story as text: tables, folders and what was left out, each with its reason."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that the report holds."""

    def _repr_html_(self) -> str: ...

class Delivery:
    """How rows of an in-application stream, records of a stream, or records put into it become files.

    `lake.delivery` makes it. As a context manager it runs in the background: `start()` when entered, then `stop()`.

    Example:
        with lake.delivery("clicks", prefix="data/clicks/", delimiter="\\n") as clicks:
            clicks.put_records([{"page": "/", "user": 7}])
    """

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

    def run(self) -> dict[str, Any]:
        """Deliver what is in the source and was not delivered yet, and finish all files.

        Ctrl-C ends it early; a process that dies loses nothing and delivers nothing twice: the next run goes on.

        Returns:
            stream, records, bytes, objects, failures, pending_records, pending_bytes, oldest_pending_ms of this run.

        Raises:
            InvalidOptionError: The delivery has no source and nothing was put into it, or it runs already, here or in
                another process.
        """

    def put_record(self, record: bytes | str | dict[str, Any]) -> dict[str, Any]:
        """Put one record; see `put_records`.

        Returns:
            `{"RecordId": …, "Encrypted": False}`
        """

    def put_records(self, records: Any) -> dict[str, Any]:
        """Put records into the delivery itself.

        When this returns they survive the end of the process, `kill -9` too, and each gets into one file: of `start()`,
        or of the next `run()` or `flush()`, also by another process. Any number of processes may put.

        Args:
            records: bytes, str (UTF-8), dicts (JSON), or a table whose rows become JSON. Any number of them; with
                `limits="aws"` 500 and 4 MiB at most.

        Returns:
            The answer of PutRecordBatch: `FailedPutCount`, `Encrypted` and `RequestResponses`, which has for each
            record in order its `RecordId`, or `ErrorCode` and `ErrorMessage` when the disk was full before it.
            Put those again.

        Raises:
            RecordTooLargeError: A record is over 1,000 KiB; nothing was put.
            OperationalError: Not one record could be kept.
            InvalidOptionError: The delivery has a stream as its source.

        Source: Firehose API reference, PutRecordBatch.
        """

    def start(self) -> Delivery:
        """Deliver in the background: files appear when their size or interval is reached, until `stop()`.

        What fails is tried again without end, with pauses that grow to 30 seconds; meanwhile nothing more is taken, and
        `metrics()` tells the error.

        Raises:
            InvalidOptionError: Another process runs the delivery.
        """

    def flush(self) -> None:
        """Deliver what was put before this call, finish all files, and publish them; in the background or at once.

        Raises:
            StorageError: They cannot be published now. Nothing is lost, and in the background it goes on trying.
        """

    def stop(self) -> None:
        """Flush, and end the background work; nothing when there is none.

        Raises:
            StorageError: The last files cannot be published now; the next run has them.
        """

    def __enter__(self) -> Delivery:
        """Start."""

    def __exit__(self, *exception: object) -> None:
        """Stop."""

    @property
    def is_running(self) -> bool:
        """Whether it delivers in the background, by this object."""

    def metrics(self) -> dict[str, Any]:
        """What it did since it was first started, over all runs, and what waits.

        Returns:
            records (taken from the source), delivered_records (rows in files), failed_records (documents under the
            error prefix), objects, bytes (as stored), pending_records (taken, in no file yet), backlog_records (not
            taken yet), freshness_seconds (age of the oldest record that is in no file), and of the background work
            failures and last_error.
        """

    def describe(self) -> dict[str, Any]:
        """Its configuration, type (`DirectPut`, `KinesisStreamAsSource`), status (`running`, `stopped`), metrics."""

class Consumer:
    """A worker of a named application that reads a stream; `stream.consumer` makes it.

    Workers of one name share the shards, in one process or in several. A worker that dies frees its shards at once; the
    others go on from its last checkpoint, so that every record is handed out at least once. Iterating waits for
    records, also by `async for`, until `close()`.

    Source: Kinesis Client Library, leases and checkpoints.
    """

    @property
    def name(self) -> str:
        """The consumer's name."""

    @property
    def worker(self) -> str:
        """This worker's name."""

    def poll(self, limit: int | None = None, *, timeout: float | None = 0.0) -> Table | None:
        """The next records of one of the held shards.

        Args:
            limit: Most records.
            timeout: Seconds to wait when there are none now; until Ctrl-C or `close()` when None.

        Returns:
            A table as of `Stream.read`; None when there are none.
        """

    def checkpoint(self, sequence_number: str | None = None) -> None:
        """Say that records are processed: all that were handed out, or those of a shard up to one of them.

        Raises:
            InvalidIteratorError: The record was not handed out, or lies before the checkpoint.
        """

    @property
    def leases(self) -> list[dict[str, Any]]:
        """The leases that this worker holds; see `Stream.leases`."""

    @property
    def millis_behind_latest(self) -> int:
        """How long ago the oldest record arrived that is not handed out, in milliseconds; 0 when there is none."""

    def close(self) -> None:
        """Give the shards back; what is not checkpointed is handed out again."""

    def __iter__(self) -> Iterator[Table]: ...
    def __next__(self) -> Table: ...
    def __aiter__(self) -> AsyncIterator[Table]: ...
    def __anext__(self) -> Awaitable[Table]: ...
    def __enter__(self) -> Consumer: ...
    def __exit__(self, kind: object, error: object, trace: object) -> None: ...
    def _next_or_end(self) -> Table:
        """The next records, for `async for`."""

class Tail:
    """The records of all shards as they come, by `for` and `async for`; `stream.tail` makes it."""

    def close(self) -> None:
        """End the iteration."""

    def __iter__(self) -> Iterator[Table]: ...
    def __next__(self) -> Table: ...
    def __aiter__(self) -> AsyncIterator[Table]: ...
    def __anext__(self) -> Awaitable[Table]: ...
    def _next_or_end(self) -> Table:
        """The next records, for `async for`."""

class QueryExecution:
    """A statement that was begun: queries run while their rows are taken.

    Source: Athena API reference, GetQueryExecution and GetQueryResults.
    """

    @property
    def query_id(self) -> str:
        """The statement's id, a UUID."""

    @property
    def columns(self) -> list[tuple[str, str, int, int]]:
        """Name, type name, precision and scale of each column, as Athena's metadata has them."""

    @property
    def column_types(self) -> list[str]:
        """The columns' types with their parameters, as Trino's `typeof` prints them; `string` for Hive's statements."""

    @property
    def info(self) -> dict[str, Any]:
        """What is known so far.

        Keys: query_id, text, database, statement_type (DDL, DML, UTILITY), substatement_type (SELECT, INSERT,
        CREATE_TABLE_AS_SELECT, …), state (RUNNING, SUCCEEDED, FAILED, CANCELLED), submitted_ms and completed_ms
        (milliseconds since 1970), planning_ms, total_ms, rows, update_count (rows written, or None), bytes_scanned,
        files, partitions, all_partitions, manifest (of UNLOAD), error_code (Trino's name), error.
        """

    def fetch(self) -> Table:
        """All rows that were not taken yet.

        Raises:
            InterfaceError: The rows were taken already.
            OperationalError: The statement was cancelled.
        """

    def fetch_batch(self) -> Table | None:
        """The next rows, some thousands; None behind the last."""

    def cancel(self) -> bool:
        """Stop the statement: taking more rows raises `OperationalError`."""

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
    def private_folder(self, kind: str, name: str) -> str:
        """The folder of the lake's private part for the thing called `name`; it need not exist."""

    @property
    def url(self) -> str:
        """The root as a URL."""

    def location(self, path: str) -> str:
        """The URL of a path of the lake."""

    def databases(self) -> list[str]:
        """Names of the databases."""

    def tables(self, database: str) -> list[str]:
        """Names of a database's tables."""

    def table(self, database: str, name: str) -> CatalogTable:
        """A table."""

    def stream(self, name: str, *, shards: int | None = None, sync: bool = False, is_limited: bool = False) -> Stream:
        """Open or create a stream."""

    def open_stream(self, name: str) -> Stream:
        """Open a stream that exists."""

    def application(
        self,
        name: str,
        sql: str,
        inputs: list[tuple[str, Stream]],
        *,
        schema: Mapping[str, Any] | Discovery | None = None,
        parallelism: int | None = None,
        process: Any = None,
        reference: dict[str, Any] | None = None,
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

    def undo(self, change: int) -> int:
        """Undo a change of the catalog; gives the number of the change that did it."""

    def changes(self, limit: int) -> Table:
        """The last changes of the catalog, newest first."""

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
        source: Stream | None = None,
        transform: Callable[..., Any] | None = None,
        query: str | None = None,
        fields: Sequence[tuple[str, str]] | None = None,
        is_partitioned: bool = False,
        most_active: int = 500,
        is_strict: bool = False,
        split: bytes | None = None,
        delimiter: bytes | None = None,
    ) -> Delivery:
        """A delivery."""

    def sql(
        self,
        statement: str,
        *,
        database: str = "default",
        parameters: list[str] = ...,
        tables: dict[str, Any] | None = None,
    ) -> Table:
        """Run one statement; see `execute`."""

    def execute(
        self,
        statement: str,
        *,
        database: str = "default",
        parameters: list[str] = ...,
        tables: dict[str, Any] | None = None,
    ) -> QueryExecution:
        """Begin to run one statement.

        Args:
            statement: The statement.
            database: Database of tables that are named without one.
            parameters: SQL expressions for its `?`.
            tables: Rows that it may name where the catalog has no such table, by name; anything that speaks the
                Arrow C stream protocol.
        """

    def queries(self, limit: int = 100) -> list[dict[str, Any]]:
        """The last statements, newest first."""

    def cancel_query(self, query_id: str) -> bool:
        """Stop a statement; False when there is none of this id."""

    def streams(self) -> list[str]:
        """Names of the streams."""

    def delete_stream(self, name: str) -> None:
        """Delete a stream."""

def _copy(
    source: str,
    destination: str,
    text: str,
    source_reach: dict[str, Any],
    destination_reach: dict[str, Any],
    state_dir: str | None,
) -> CopyReport:
    """Copy, with options as JSON."""

def _plan_copy(
    source: str,
    destination: str,
    parts: int,
    text: str,
    source_reach: dict[str, Any],
    destination_reach: dict[str, Any],
) -> list[CopyPart]:
    """Plan a copy in parts."""

def _run_copy(
    part: CopyPart, source_reach: dict[str, Any], destination_reach: dict[str, Any], state_dir: str | None
) -> CopyReport:
    """Run a part."""

def _merge_reports(reports: list[CopyReport]) -> CopyReport:
    """Merge reports."""

def _clean_copies(reach: dict[str, Any], state_dir: str | None) -> list[tuple[str, int]]:
    """Abort uploads that were left over."""

def _evaluate_sql(sql: str) -> str:
    """Run one query without tables; the answer as JSON text, see `bayou.testing.evaluate_sql`."""

def evaluate(expr: str) -> str:
    """The value of an expression of the streaming dialect; `bayou.testing.evaluate` says more."""

def _shutdown() -> None:
    """Stop the worker threads; registered with `atexit`."""

class ExecutionStore:
    """Executions of a lake, kept in one file; `bayou.pipeline` puts the public classes on top.

    JSON crosses this border as text.
    """

    def __init__(self, lake: LakeCore | None = None) -> None: ...
    @staticmethod
    def check(definition: str) -> str:
        """Check a definition: JSON with `warnings` and `resources`.

        Raises:
            DefinitionError: It breaks rules; the message lists all problems.
        """

    def start(self, machine: str, definition: str, name: str | None, input: str) -> str:
        """Create an execution, or find the one of that name and input: its description as JSON.

        Raises:
            ExecutionAlreadyExistsError: The execution of that name had other input.
        """

    def run(
        self, id: str, dispatch: Any, *, clock: str = "system", seed: int | None = None, limits: str | None = None
    ) -> ExecutionRun:
        """Run an execution in the background, from where it stands.

        Args:
            id: The execution.
            dispatch: Called as `dispatch(resource, input, context, attempt, heartbeat)` on a thread of its own.
            clock: `system` or `virtual`.
            seed: Makes random numbers repeatable.
            limits: `aws`, or None.

        Raises:
            ExecutionInUseError: Another process runs it.
            ExecutionStatusError: It has ended.
        """

    def execution(self, id: str) -> str:
        """Description of an execution as JSON."""

    def executions(self, *, machine: str | None = None, status: str | None = None) -> list[str]:
        """Descriptions of executions as JSON, the newest first."""

    def machine(self, name: str) -> str | None:
        """The definition kept under a name."""

    def save_machine(self, name: str, definition: str) -> None:
        """Keep a definition under a name."""

    def history(self, id: str) -> Table:
        """The events of an execution: id, previous_event_id, timestamp, type, details (JSON text)."""

    def picture(self, definition: str, id: str | None) -> str:
        """The picture of a definition as SVG, coloured by an execution."""

    def stop(self, id: str, error: str | None, cause: str | None) -> None:
        """Stop an execution, whichever process runs it."""

    def redrive(self, id: str) -> None:
        """Set an ended execution running again."""

    def tokens(self, id: str) -> list[tuple[str, str]]:
        """Task tokens that wait for an answer, and their states."""

    def succeed(self, token: str, output: str) -> None:
        """Answer a token with an output.

        Raises:
            UnknownTokenError: No task waits with it.
        """

    def fail(self, token: str, error: str, cause: str) -> None:
        """Answer a token with a failure."""

    def heartbeat(self, token: str) -> None:
        """Say that the work for a token goes on."""

class ExecutionRun:
    """An execution under way in this process."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, for `timeout` seconds at most; whether it has."""

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""

    @property
    def delays(self) -> list[float]:
        """Seconds of each wait before a retry, in order, once it has ended."""

class ArrivalLedger:
    """Which files of a folder were claimed, are done, or failed; `bayou.arrival` puts the trigger on top."""

    def __init__(self, lake: LakeCore, name: str) -> None: ...
    def observe(self, prefix: str, suffix: str) -> int:
        """List a folder and take note of its files; how many there are."""

    def claim(self, owner: str, lease_seconds: float) -> str | None:
        """Claim the next file that has arrived: its description as JSON."""

    def renew(self, id: int, owner: str, lease_seconds: float) -> bool:
        """Hold a claim for longer; False when it is another's meanwhile."""

    def done(self, id: int, owner: str) -> bool:
        """Say that a claimed file is done; False when the claim is another's meanwhile."""

    def failed(self, id: int, owner: str, error: str, max_attempts: int) -> bool:
        """Say that a claimed file failed; it comes back later, or stays failed after `max_attempts`."""

    def retry_failed(self) -> int:
        """Let files that stayed failed be taken up again; how many there were."""

    def files(self) -> Table:
        """All files that were seen: path, size (bytes), state, attempts, error, seen."""

class LakeFiles:
    """Files of a lake by their paths, for tasks that stand for storage calls."""

    def __init__(self, lake: LakeCore) -> None: ...
    def list(self, prefix: str) -> list[tuple[str, int, int, str | None]]:
        """Files below a folder: path, size in bytes, time of change in milliseconds, ETag."""

    def head(self, path: str) -> tuple[str, int, int, str | None]:
        """One file, as `list` describes it.

        Raises:
            ObjectNotFoundError: It is not there.
        """

    def read(self, path: str) -> bytes:
        """The content of a file."""

    def read_start(self, path: str, bytes: int) -> bytes:
        """The first bytes of a file."""

    def read_parquet(self, path: str) -> Table:
        """The rows of a Parquet file.

        Raises:
            MalformedFileError: It is none.
        """

    def write(self, path: str, content: bytes) -> None:
        """Write a file; readers see the old or the new content, never a mixture."""

    def delete(self, path: str) -> None:
        """Delete a file; one that is not there is no error."""

class FileSet:
    """Chosen files with the description that they are read by."""

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Columns and partition keys with their Hive types."""

    @property
    def partition_keys(self) -> list[str]:
        """Names of the partition keys."""

    @property
    def format(self) -> str:
        """`csv`, `json`, `parquet` and others."""

    @property
    def files(self) -> list[tuple[str, int, int, list[str | None] | None]]:
        """Path, bytes, milliseconds of change and values of the partition of each file."""

    def only(self, paths: list[str]) -> FileSet:
        """The same description with these files only."""

    def __len__(self) -> int: ...

class StagedWrite:
    """Files that are written and not visible yet; without a commit they are deleted."""

    @property
    def rows(self) -> int:
        """Rows that wait to be committed."""

class EtlCore:
    """What a job needs of a lake; `bayou.etl` puts the verbs on top."""

    def __init__(self, lake: LakeCore) -> None: ...
    def choose(self, database: str, table: str, condition: str | None = None) -> tuple[FileSet, list[str], int, int]:
        """Files of a table; columns of the condition that are no partition keys; partitions chosen, of how many."""

    def read_folders(self, paths: list[str], text: str) -> FileSet:
        """Files that no table describes, with options as JSON."""

    def unprocessed(self, job: str, context: str, files: FileSet) -> tuple[FileSet, int]:
        """The files that a job has not processed, and how many it has."""

    def stage(self, text: str, tables: dict[str, Any] | None = None) -> StagedWrite:
        """Run a query and write its rows, with options as JSON."""

    def commit(self, writes: list[StagedWrite], processed: list[tuple[str, str, str, FileSet]]) -> list[dict[str, Any]]:
        """Make writes visible together with what was processed: job, context, run, files."""

    def vacuum(self, seconds: float, is_trial: bool) -> list[tuple[str, int, str]]:
        """Files that dead writers left: path, bytes, reason; deleted unless it is a trial."""

    def bookmarks(self, job: str) -> list[dict[str, Any]]:
        """What a job has processed."""

    def runs(self, job: str) -> int:
        """How many runs of a job were ever committed."""

    def rewind(self, job: str, run: str | None = None) -> int:
        """Take back what a run and all after it have processed."""

def discover_schema(source: Any, *, process: Any = None) -> Discovery:
    """Propose a schema; `bayou.discover_schema` describes it."""

def read_definition(text: str) -> dict[str, Any]:
    """The parts of an application's JSON; `Lake.application_from_json` describes it."""
