//! `bayou.Stream`: putting records and reading them back.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, BinaryBuilder, StringBuilder, TimestampMillisecondBuilder};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::catalog::table_of;
use super::consumer::{PyConsumer, PyTail, lease_dict};
use super::error::{InvalidIteratorError, InvalidOptionError, OrRaise};
use super::generator::PyGenerator;
use super::put::{Pace, Put, PyPutSummary, RecordForm, RecordKey};
use super::table::{PyTable, from_any};
use super::wait::{Label, Work, wait_for_work};
use crate::stream::{RecordBlock, SequenceNumber, ShardBatch, ShardId, ShardReader, StartPosition, Stream};
use crate::time::Timestamp;

/// A durable sharded stream of the lake.
#[pyclass(frozen, module = "bayou", name = "Stream")]
pub(super) struct PyStream {
    pub(super) inner: Stream,
}

#[pymethods]
impl PyStream {
    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    #[getter]
    fn shards(&self) -> Vec<String> {
        self.inner.shards().iter().map(|shard| shard.id.to_string()).collect()
    }

    #[pyo3(signature = (generator, *, count=None, partition_key=None, constant_key=None, offset=0, rate=None, seconds=None,
                        schedule=None, realtime=true, delimiter=Some(b"\n".to_vec()), compress=None, threads=None))]
    #[expect(clippy::too_many_arguments, reason = "one Python keyword each")]
    fn put(
        &self,
        py: Python<'_>,
        generator: &PyGenerator,
        count: Option<u64>,
        partition_key: Option<&Bound<'_, PyAny>>,
        constant_key: Option<String>,
        offset: u64,
        rate: Option<f64>,
        seconds: Option<f64>,
        schedule: Option<&Bound<'_, PyAny>>,
        realtime: bool,
        delimiter: Option<Vec<u8>>,
        compress: Option<&str>,
        threads: Option<usize>,
    ) -> PyResult<PyPutSummary> {
        let seconds = seconds.map(|seconds| super::lake::seconds("seconds", seconds)).transpose()?;
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
        let started = Instant::now();
        let records = record_bytes(py, records)?;
        if let Some(keys) = &partition_keys
            && keys.len() != records.len()
        {
            return Err(InvalidOptionError::new_err(format!(
                "`partition_keys` has {} keys for {} records",
                keys.len(),
                records.len()
            )));
        }
        let label = Label { what: format!("put {}", self.name()), unit: "records", total: Some(records.len() as u64) };
        let work = Work::default();
        wait_for_work(py, &label, &work, || {
            let mut summary = PyPutSummary::new();
            for (start, chunk) in records.chunks(CHUNK).enumerate().map(|(index, chunk)| (index * CHUNK, chunk)) {
                if work.is_stopped() {
                    break;
                }
                let mut block = RecordBlock::new();
                for (index, record) in chunk.iter().enumerate() {
                    let key = match (&partition_keys, partition_key) {
                        (Some(keys), _) => keys.get(start + index).cloned().unwrap_or_default(),
                        (None, Some(field)) => field_of(record, field, start + index)?,
                        (None, None) => random_key(),
                    };
                    block.push(record, &key).or_raise()?;
                }
                let put = self.inner.put_block(&block).or_raise()?;
                work.advance(put.records);
                summary.add(&put);
            }
            Ok(summary.took(started.elapsed(), records.len() as u64))
        })?
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
        wait_for_work(py, &label, &work, || {
            let batches = read_merged(&self.inner, &position, shard, limit.unwrap_or(usize::MAX), |count| {
                work.advance(count as u64);
                !work.is_stopped()
            })?;
            Ok(records_table(&self.inner, &batches)?.took(started.elapsed()))
        })?
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
        let readers = self.inner.shards().iter().map(|shard| self.inner.reader(shard.id, &position));
        PyTail::new(self.inner.clone(), readers.collect::<Result<Vec<_>, _>>().or_raise()?, limit, timeout)
    }

    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("StreamName", self.inner.name())?;
        dict.set_item("StreamStatus", "ACTIVE")?;
        let mut shards = Vec::new();
        for shard in self.inner.shards() {
            let (range, one) = (PyDict::new(py), PyDict::new(py));
            range.set_item("StartingHashKey", shard.range.start.to_string())?;
            range.set_item("EndingHashKey", shard.range.end.to_string())?;
            one.set_item("ShardId", shard.id.to_string())?;
            one.set_item("HashKeyRange", range)?;
            shards.push(one);
        }
        dict.set_item("Shards", shards)?;
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        format!("Stream({:?}, shards={})", self.inner.name(), self.inner.shards().len())
    }
}

/// Records that go into one block.
const CHUNK: usize = 65_536;

/// The bytes of each record: bytes as they are, text in UTF-8, mappings and rows of a table as JSON.
pub(super) fn record_bytes(py: Python<'_>, records: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<u8>>> {
    if records.is_instance_of::<PyBytes>() || records.is_instance_of::<PyString>() || records.is_instance_of::<PyDict>()
    {
        return Err(PyTypeError::new_err("Pass a list of records, not a single one\nhint: put_records([record])"));
    }
    if records.hasattr("__arrow_c_stream__")? || records.hasattr("__arrow_c_array__")? {
        let rows = Bound::new(py, from_any(records)?)?.call_method0("to_pylist")?;
        return record_bytes(py, &rows);
    }
    let dumps = py.import("json")?.getattr("dumps")?;
    let options = PyDict::new(py);
    options.set_item("default", py.get_type::<PyString>())?;
    records.try_iter()?.map(|record| one_record(&record?, &dumps, &options)).collect()
}

fn one_record(record: &Bound<'_, PyAny>, dumps: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<Vec<u8>> {
    if let Ok(data) = record.cast::<PyBytes>() {
        return Ok(data.as_bytes().to_vec());
    }
    if let Ok(text) = record.cast::<PyString>() {
        return Ok(text.to_str()?.as_bytes().to_vec());
    }
    if record.is_instance_of::<PyDict>() {
        return Ok(dumps.call((record,), Some(options))?.extract::<String>()?.into_bytes());
    }
    Err(PyTypeError::new_err(format!("A record is bytes, str or a dict, not `{}`", record.get_type().name()?)))
}

/// The text of one top-level field of a JSON record.
fn field_of(record: &[u8], field: &str, index: usize) -> PyResult<String> {
    let refuse = |reason: &str| {
        InvalidOptionError::new_err(format!(
            "Record {index} has no partition key: {reason}\n\
             hint: leave `partition_key` out for random keys, or pass one key per record in `partition_keys`"
        ))
    };
    let parsed: serde_json::Value =
        serde_json::from_slice(record).map_err(|error| refuse(&format!("it is not JSON ({error})")))?;
    match parsed.get(field) {
        None | Some(serde_json::Value::Null) => Err(refuse(&format!("the field `{field}` is missing or null"))),
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
    }
}

/// A key that spreads records evenly over the shards.
fn random_key() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(()))
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

/// Records of all shards, or of one, by (arrival, shard), at most `limit`; `go_on` is told of each batch.
fn read_merged(
    stream: &Stream,
    position: &StartPosition,
    shard: Option<ShardId>,
    limit: usize,
    go_on: impl Fn(usize) -> bool,
) -> PyResult<Vec<ShardBatch>> {
    let shard = match position {
        StartPosition::AtSequenceNumber(number) | StartPosition::AfterSequenceNumber(number) => Some(number.shard),
        StartPosition::TrimHorizon | StartPosition::Latest | StartPosition::AtTimestamp(_) => shard,
    };
    let ids = match shard {
        Some(shard) => vec![shard],
        None => stream.shards().iter().map(|shard| shard.id).collect(),
    };
    let mut readers =
        ids.into_iter().map(|id| stream.reader(id, position)).collect::<Result<Vec<_>, _>>().or_raise()?;
    let (mut batches, mut left) = (Vec::new(), limit);
    while left > 0 {
        let Some(reader) = earliest(&mut readers)? else { break };
        let Some(batch) = reader.next_batch(left, Timestamp(i64::MAX)).or_raise()? else { break };
        left -= batch.len();
        let count = batch.len();
        batches.push(batch);
        if !go_on(count) {
            break;
        }
    }
    Ok(batches)
}

/// The reader whose next record arrived first; the lower shard when two arrived together.
pub(super) fn earliest(readers: &mut [ShardReader]) -> PyResult<Option<&mut ShardReader>> {
    let mut first: Option<(Timestamp, usize)> = None;
    for (index, reader) in readers.iter_mut().enumerate() {
        if let Some(arrival) = reader.peek_arrival().or_raise()?
            && first.is_none_or(|(earliest, _)| arrival < earliest)
        {
            first = Some((arrival, index));
        }
    }
    Ok(first.and_then(|(_, index)| readers.get_mut(index)))
}

/// The table that `read` returns.
pub(super) fn records_table(stream: &Stream, batches: &[ShardBatch]) -> PyResult<PyTable> {
    let mut data = BinaryBuilder::new();
    let mut keys = StringBuilder::new();
    let mut numbers = StringBuilder::new();
    let mut shards = StringBuilder::new();
    let mut arrivals = TimestampMillisecondBuilder::new();
    for batch in batches {
        let shard = batch.shard.to_string();
        for (offset, (record, key)) in (batch.first_offset..).zip(batch.data.iter().zip(batch.partition_keys.iter())) {
            data.append_option(record);
            keys.append_option(key);
            numbers.append_value(stream.sequence_number(batch.shard, offset, batch.arrival).to_string());
            shards.append_value(&shard);
            arrivals.append_value(batch.arrival.0);
        }
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("data", Arc::new(data.finish())),
        ("partition_key", Arc::new(keys.finish())),
        ("sequence_number", Arc::new(numbers.finish())),
        ("shard_id", Arc::new(shards.finish())),
        ("arrival", Arc::new(arrivals.finish().with_timezone("UTC"))),
    ];
    table_of(columns)
}
