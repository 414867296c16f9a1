//! `stream.put_records`: what Python hands over, as records with partition keys, put in blocks.

use std::time::Instant;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use super::error::{InvalidOptionError, OrRaise};
use super::put_summary::{Failure, PyPutSummary};
use super::table::from_any;
use super::wait::{Label, Work, wait_for_work};
use crate::stream::{Error, PutSummary, RecordBlock, ServiceLimits, Stream};

/// Records that go into one block.
const CHUNK: usize = 65_536;

/// Records that are to be put: their bytes behind one another.
pub(super) struct PendingRecords {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    keys: Keys,
}

/// Where partition keys come from.
enum Keys {
    Given(Vec<String>),
    /// The text of a top-level field.
    Field(String),
    Random,
}

impl PendingRecords {
    pub(super) fn new(
        py: Python<'_>,
        records: &Bound<'_, PyAny>,
        field: Option<&str>,
        keys: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let (bytes, ends) = joined(py, records)?;
        let keys = match (keys, field) {
            (Some(keys), _) if keys.len() != ends.len() => {
                return Err(InvalidOptionError::new_err(format!(
                    "`partition_keys` has {} keys for {} records",
                    keys.len(),
                    ends.len()
                )));
            }
            (Some(keys), _) => Keys::Given(keys),
            (None, Some(field)) => Keys::Field(field.to_owned()),
            (None, None) => Keys::Random,
        };
        Ok(Self { bytes, ends, keys })
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn record(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }

    /// The block of some of the records.
    fn block(&self, range: std::ops::Range<usize>) -> PyResult<RecordBlock> {
        let mut block = RecordBlock::new();
        let mut random = RandomKeys::new();
        for index in range {
            let record = self.record(index);
            match &self.keys {
                Keys::Given(keys) => block.push(record, &keys[index]),
                Keys::Field(field) => block.push(record, &field_of(record, field, index)?),
                Keys::Random => block.push(record, random.next_key()),
            }
            .or_raise()?;
        }
        Ok(block)
    }
}

/// Put all of them; returns when they are acknowledged.
pub(super) fn put_pending(
    py: Python<'_>,
    stream: &Stream,
    limits: Option<&ServiceLimits>,
    records: &PendingRecords,
) -> PyResult<PyPutSummary> {
    let started = Instant::now();
    let total = records.len();
    let label = Label { what: format!("put {}", stream.name()), unit: "records", total: Some(total as u64) };
    let work = Work::default();
    wait_for_work(py, &label, &work, || {
        let mut summary = PyPutSummary::new();
        if let Some(limits) = limits {
            ServiceLimits::check_put(total, records.bytes.len()).or_raise()?;
            put_limited(stream, limits, &records.block(0..total)?, &mut summary)?;
            return Ok(summary.took(started.elapsed(), total as u64));
        }
        let mut start = 0;
        while start < total && !work.is_stopped() {
            let end = total.min(start + CHUNK);
            let put = stream.put_block(&records.block(start..end)?).or_raise()?;
            work.advance(put.records);
            summary.add(&put);
            summary.place(start as u64, (end - start) as u64, put.frames);
            start = end;
        }
        Ok(summary.took(started.elapsed(), total as u64))
    })?
}

/// As the service does: records over the rate of their shard are refused one by one, and those behind them are put.
fn put_limited(
    stream: &Stream,
    limits: &ServiceLimits,
    block: &RecordBlock,
    summary: &mut PyPutSummary,
) -> PyResult<()> {
    let now = stream.now();
    let (mut admitted, mut places) = (RecordBlock::new(), Vec::new());
    for (index, (data, key)) in block.iter().enumerate() {
        let shard = stream.shard_of(key).or_raise()?;
        if limits.admits_write(shard, data.len() + key.len(), now) {
            admitted.push(data, key).or_raise()?;
            places.push(index as u64);
        } else {
            let error = Error::Throughput { name: stream.name().to_owned(), shard };
            summary.refuse(Failure::new(index as u64, &error));
        }
    }
    match stream.put_block(&admitted) {
        Ok(PutSummary { frames, records, bytes, shards }) => {
            summary.add(&PutSummary { frames: Vec::new(), records, bytes, shards });
            summary.place_at(&places, block.len() as u64, frames);
        }
        // What some shards may have got is put twice by who tries again, as with the service.
        Err(error) => places.iter().for_each(|index| summary.refuse(Failure::new(*index, &error))),
    }
    Ok(())
}

/// The bytes of all records behind one another, and where each ends.
fn joined(py: Python<'_>, records: &Bound<'_, PyAny>) -> PyResult<(Vec<u8>, Vec<usize>)> {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    if let Ok(list) = records.cast::<PyList>() {
        ends.reserve(list.len());
        for record in list.iter() {
            match record.cast::<PyBytes>() {
                Ok(data) => bytes.extend_from_slice(data.as_bytes()),
                Err(_) => {
                    // Not bytes alone: the slower way for all of them.
                    return Ok(joined_slowly(&record_bytes(py, records)?));
                }
            }
            ends.push(bytes.len());
        }
        return Ok((bytes, ends));
    }
    Ok(joined_slowly(&record_bytes(py, records)?))
}

fn joined_slowly(records: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for record in records {
        bytes.extend_from_slice(record);
        ends.push(bytes.len());
    }
    (bytes, ends)
}

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

/// Keys that spread records evenly over the shards.
struct RandomKeys {
    state: u64,
    key: [u8; 16],
}

impl RandomKeys {
    fn new() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Self { state: RandomState::new().hash_one(()), key: [b'0'; 16] }
    }

    fn next_key(&mut self) -> &str {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        // SplitMix64: even over all keys, and never the same twice.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.state;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^= value >> 31;
        for digit in &mut self.key {
            *digit = DIGITS[(value & 15) as usize];
            value >>= 4;
        }
        std::str::from_utf8(&self.key).unwrap_or_default()
    }
}
