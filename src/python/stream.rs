//! `bayou.Stream`: putting records and reading them back.

use std::sync::Arc;
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::consumer::{PyConsumer, PyTail, lease_dict};
use super::error::{InvalidIteratorError, InvalidOptionError, OrRaise};
use super::generator::{PyGenerator, number};
use super::iterator::{PyShardIterator, shard_dict};
use super::put::{Pace, Put, RecordForm, RecordKey};
use super::put_records::{PendingRecords, put_pending};
use super::put_summary::PyPutSummary;
use super::records::{Records, warn_of_gap};
use super::table::PyTable;
use super::wait::{Label, Work, wait_for_work};
use crate::stream::{
    MergedReader, Retention, SequenceNumber, ServiceLimits, ShardBatch, ShardId, ShardReader, StartPosition, Stream,
};
use crate::time::Timestamp;

/// A durable sharded stream of the lake.
#[pyclass(frozen, module = "bayou", name = "Stream")]
pub(super) struct PyStream {
    pub(super) inner: Stream,
    /// The service's limits, when they are asked for.
    pub(super) limits: Option<Arc<ServiceLimits>>,
}

#[pymethods]
impl PyStream {
    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    #[getter]
    fn shards(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        py.detach(|| self.inner.refresh()).or_raise()?;
        let mut open = self.inner.open_shards();
        open.sort_unstable_by_key(|shard| shard.id);
        Ok(open.iter().map(|shard| shard.id.to_string()).collect())
    }

    #[pyo3(signature = (generator, *, count=None, partition_key=None, constant_key=None, offset=0, rate=None, seconds=None,
                        schedule=None, realtime=true, delimiter=Some(b"\n".to_vec()), compress=None, threads=None))]
    #[expect(clippy::too_many_arguments, reason = "one Python keyword each")]
    fn put(
        &self,
        py: Python<'_>,
        generator: &PyGenerator,
        count: Option<i64>,
        partition_key: Option<&Bound<'_, PyAny>>,
        constant_key: Option<String>,
        offset: i64,
        rate: Option<f64>,
        seconds: Option<f64>,
        schedule: Option<&Bound<'_, PyAny>>,
        realtime: bool,
        delimiter: Option<Vec<u8>>,
        compress: Option<&str>,
        threads: Option<usize>,
    ) -> PyResult<PyPutSummary> {
        let seconds = seconds.map(|seconds| super::lake::seconds("seconds", seconds)).transpose()?;
        let count = count.map(|count| number("count", count)).transpose()?;
        let offset = number("offset", offset)?;
        let pace = Pace::new(count, rate, seconds, schedule, realtime)?;
        let form = RecordForm::new(delimiter, compress)?;
        let key = RecordKey::new(partition_key, constant_key)?;
        Put {
            stream: &self.inner,
            generator: &generator.inner,
            key,
            form,
            pace,
            threads: super::generator::threads(threads),
        }
        .run(py, offset)
    }

    #[pyo3(signature = (records, *, partition_key=None, partition_keys=None))]
    fn put_records(
        &self,
        py: Python<'_>,
        records: &Bound<'_, PyAny>,
        partition_key: Option<&str>,
        partition_keys: Option<Vec<String>>,
    ) -> PyResult<PyPutSummary> {
        let records = PendingRecords::new(py, records, partition_key, partition_keys)?;
        put_pending(py, &self.inner, self.limits.as_deref(), &records)
    }

    #[pyo3(signature = (iterator="TRIM_HORIZON", *, limit=None, shard_id=None, sequence_number=None, timestamp=None))]
    fn read(
        &self,
        py: Python<'_>,
        iterator: &str,
        limit: Option<usize>,
        shard_id: Option<&str>,
        sequence_number: Option<&str>,
        timestamp: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyTable> {
        let started = Instant::now();
        let timestamp = timestamp.map(instant).transpose()?;
        let position = start_position(iterator, sequence_number, timestamp)?;
        let shard = shard_id.map(str::parse::<ShardId>).transpose().or_raise()?;
        let label = Label { what: format!("read {}", self.name()), unit: "records", total: None };
        let work = Work::default();
        let (table, trimmed) = wait_for_work(py, &label, &work, || -> PyResult<_> {
            let records = read_records(&self.inner, &position, shard, limit.unwrap_or(usize::MAX), |count| {
                work.advance(count as u64);
                !work.is_stopped()
            })?;
            Ok((records.table(&self.inner)?.took(started.elapsed()), records.trimmed))
        })??;
        warn_of_gap(py, self.name(), trimmed)?;
        Ok(table)
    }

    #[pyo3(signature = (shard, r#type=None, *, sequence_number=None, timestamp=None))]
    fn iterator(
        &self,
        py: Python<'_>,
        shard: &str,
        r#type: Option<&str>,
        sequence_number: Option<&str>,
        timestamp: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyShardIterator> {
        let timestamp = timestamp.map(instant).transpose()?;
        py.detach(|| {
            let limits = self.limits.clone();
            if r#type.is_none() && !shard.starts_with("shardId-") {
                return PyShardIterator::from_token(&self.inner, limits, shard);
            }
            let position = start_position(r#type.unwrap_or("TRIM_HORIZON"), sequence_number, timestamp)?;
            PyShardIterator::new(&self.inner, limits, shard.parse().or_raise()?, &position)
        })
    }

    #[pyo3(signature = (shard_id, new_starting_hash_key=None))]
    fn split_shard(&self, py: Python<'_>, shard_id: &str, new_starting_hash_key: Option<u128>) -> PyResult<()> {
        let shard = shard_id.parse().or_raise()?;
        py.detach(|| self.inner.split_shard(shard, new_starting_hash_key)).or_raise()
    }

    fn merge_shards(&self, py: Python<'_>, shard_id: &str, adjacent_shard_id: &str) -> PyResult<()> {
        let (shard, adjacent) = (shard_id.parse().or_raise()?, adjacent_shard_id.parse().or_raise()?);
        py.detach(|| self.inner.merge_shards(shard, adjacent)).or_raise()
    }

    fn update_shard_count(&self, py: Python<'_>, count: u32) -> PyResult<()> {
        py.detach(|| self.inner.update_shard_count(count)).or_raise()
    }

    #[getter]
    fn retention_hours(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        py.detach(|| self.inner.refresh()).or_raise()?;
        Ok(self.inner.retention().hours)
    }

    #[pyo3(signature = (hours=None, *, mib=None))]
    fn set_retention(&self, py: Python<'_>, hours: Option<u32>, mib: Option<u64>) -> PyResult<()> {
        let retention = Retention { hours, bytes: mib.map(|mib| mib.saturating_mul(1024 * 1024)) };
        py.detach(|| self.inner.set_retention(retention)).or_raise()
    }

    fn trim(&self, py: Python<'_>) -> PyResult<u64> {
        py.detach(|| self.inner.trim_expired()).or_raise()
    }

    #[pyo3(signature = (name, *, start="TRIM_HORIZON", timestamp=None, limit=10_000))]
    fn consumer(
        &self,
        py: Python<'_>,
        name: &str,
        start: &str,
        timestamp: Option<&Bound<'_, PyAny>>,
        limit: usize,
    ) -> PyResult<PyConsumer> {
        let position = start_position(start, None, timestamp.map(instant).transpose()?)?;
        let consumer = py.detach(|| self.inner.consumer(name, position)).or_raise()?;
        Ok(PyConsumer::new(consumer, limit))
    }

    fn consumers(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        py.detach(|| self.inner.consumers()).or_raise()
    }

    fn leases<'py>(&self, py: Python<'py>, consumer: &str) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let leases = py.detach(|| self.inner.leases(consumer)).or_raise()?;
        leases.iter().map(|lease| lease_dict(py, &self.inner, lease)).collect()
    }

    fn delete_consumer(&self, py: Python<'_>, consumer: &str) -> PyResult<()> {
        py.detach(|| self.inner.delete_consumer(consumer)).or_raise()
    }

    #[pyo3(signature = (start="LATEST", *, timestamp=None, limit=10_000, timeout=None))]
    fn tail(
        &self,
        start: &str,
        timestamp: Option<&Bound<'_, PyAny>>,
        limit: usize,
        timeout: Option<f64>,
    ) -> PyResult<PyTail> {
        let position = start_position(start, None, timestamp.map(instant).transpose()?)?;
        let reader = self.inner.merged_reader(&position).or_raise()?;
        PyTail::new(self.inner.clone(), reader, limit, timeout)
    }

    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let shards = py.detach(|| self.inner.refresh()).or_raise()?;
        let dict = PyDict::new(py);
        dict.set_item("StreamName", self.inner.name())?;
        dict.set_item("StreamStatus", "ACTIVE")?;
        dict.set_item("RetentionPeriodHours", self.inner.retention().hours)?;
        dict.set_item("OpenShardCount", shards.iter().filter(|shard| shard.is_open()).count())?;
        let shards = shards.iter().map(|shard| shard_dict(py, &self.inner, shard)).collect::<PyResult<Vec<_>>>()?;
        dict.set_item("Shards", shards)?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        format!("Stream({:?}, shards={})", self.inner.name(), self.inner.open_shards().len())
    }
}

/// Milliseconds since 1970 from a number, or from what has `timestamp()`, as `datetime` does.
pub(super) fn instant(value: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    /// Milliseconds from 1970 to the last date that JavaScript has.
    const FARTHEST: i64 = 8_640_000_000_000_000;
    let millis = match value.extract::<i64>() {
        Ok(millis) => Some(millis),
        Err(_) => value
            .call_method0("timestamp")
            .and_then(|seconds| seconds.extract::<f64>())
            .ok()
            .map(|seconds| (seconds * 1_000.0).round() as i64),
    };
    match millis.filter(|millis| (-FARTHEST..=FARTHEST).contains(millis)) {
        Some(millis) => Ok(Timestamp(millis)),
        None => Err(InvalidOptionError::new_err(format!(
            "`{value}` is not an instant\nhint: a datetime, or milliseconds since 1970"
        ))),
    }
}

/// What `iterator` and its companions name.
pub(super) fn start_position(
    iterator: &str,
    sequence_number: Option<&str>,
    timestamp: Option<Timestamp>,
) -> PyResult<StartPosition> {
    let number = || -> PyResult<SequenceNumber> {
        let text = sequence_number
            .ok_or_else(|| InvalidIteratorError::new_err(format!("`{iterator}` needs `sequence_number`")))?;
        text.parse().map_err(|error: crate::stream::Error| InvalidIteratorError::new_err(error.to_string()))
    };
    match iterator {
        "TRIM_HORIZON" => Ok(StartPosition::TrimHorizon),
        "LATEST" => Ok(StartPosition::Latest),
        "AT_SEQUENCE_NUMBER" => Ok(StartPosition::AtSequenceNumber(number()?)),
        "AFTER_SEQUENCE_NUMBER" => Ok(StartPosition::AfterSequenceNumber(number()?)),
        "AT_TIMESTAMP" => timestamp
            .map(StartPosition::AtTimestamp)
            .ok_or_else(|| InvalidIteratorError::new_err("`AT_TIMESTAMP` needs `timestamp`")),
        other => other.parse().map(StartPosition::AfterSequenceNumber).map_err(|_| {
            InvalidIteratorError::new_err(format!(
                "`{other}` is neither a shard iterator type nor a sequence number\n\
                 hint: TRIM_HORIZON, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER"
            ))
        }),
    }
}

/// Records of all shards, or of one, in order of arrival, at most `limit`; `go_on` is told of each batch.
fn read_records(
    stream: &Stream,
    position: &StartPosition,
    shard: Option<ShardId>,
    limit: usize,
    go_on: impl Fn(usize) -> bool,
) -> PyResult<Records> {
    let shard = match position {
        StartPosition::AtSequenceNumber(number) | StartPosition::AfterSequenceNumber(number) => Some(number.shard),
        StartPosition::TrimHorizon | StartPosition::Latest | StartPosition::AtTimestamp(_) => shard,
    };
    let mut records = Records::default();
    let mut source = match shard {
        Some(shard) => Source::One(Box::new(stream.reader(shard, position).or_raise()?)),
        None => Source::All(stream.merged_reader(position).or_raise()?),
    };
    while records.read < limit {
        let Some(batch) = source.next_batch(limit - records.read).or_raise()? else { break };
        let count = batch.len();
        records.push(batch);
        if !go_on(count) {
            break;
        }
    }
    records.trimmed = source.take_trimmed();
    Ok(records)
}

/// One shard, or all of them.
enum Source {
    One(Box<ShardReader>),
    All(MergedReader),
}

impl Source {
    fn next_batch(&mut self, limit: usize) -> Result<Option<ShardBatch>, crate::stream::Error> {
        match self {
            Self::One(reader) => reader.next_batch(limit, Timestamp::MAX),
            Self::All(reader) => reader.next_batch(limit),
        }
    }

    fn take_trimmed(&mut self) -> u64 {
        match self {
            Self::One(reader) => reader.take_trimmed(),
            Self::All(reader) => reader.take_trimmed(),
        }
    }
}
