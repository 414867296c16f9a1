//! `bayou.ShardIterator`: the API's way of reading, a call at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::{Deserialize, Serialize};

use super::error::{InvalidIteratorError, OrRaise};
use super::records::{Records, warn_of_gap};
use super::table::PyTable;
use crate::stream::{SequenceNumber, ServiceLimits, ShardId, ShardInfo, ShardReader, StartPosition, Stream};
use crate::time::Timestamp;

/// The most bytes of one call. Source: Kinesis API reference, GetRecords.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// Reads one shard from a place on.
#[pyclass(frozen, module = "bayou", name = "ShardIterator")]
pub(super) struct PyShardIterator {
    stream: Stream,
    limits: Option<Arc<ServiceLimits>>,
    state: Mutex<State>,
}

struct State {
    reader: ShardReader,
    /// When the last call gave it.
    issued: Timestamp,
}

/// What the opaque text holds.
#[derive(Serialize, Deserialize)]
struct Token {
    stream: String,
    next: SequenceNumber,
    issued: i64,
}

impl PyShardIterator {
    pub(super) fn new(
        stream: &Stream,
        limits: Option<Arc<ServiceLimits>>,
        shard: ShardId,
        position: &StartPosition,
    ) -> PyResult<Self> {
        let now = stream.now();
        match position {
            StartPosition::AtTimestamp(time) if *time > now => {
                return Err(InvalidIteratorError::new_err("The timestamp is in the future\nhint: use `LATEST`"));
            }
            StartPosition::AtSequenceNumber(number) | StartPosition::AfterSequenceNumber(number)
                if number.shard == shard
                    && number.offset >= stream.end(shard).or_raise()?
                    && stream
                        .shard(shard)
                        .or_raise()?
                        .ending_sequence_number()
                        .is_none_or(|end| end.offset != number.offset) =>
            {
                return Err(InvalidIteratorError::new_err(format!("The shard {shard} has no record {number}")));
            }
            _ => {}
        }
        Self::open(stream, limits, shard, position, now)
    }

    fn open(
        stream: &Stream,
        limits: Option<Arc<ServiceLimits>>,
        shard: ShardId,
        position: &StartPosition,
        issued: Timestamp,
    ) -> PyResult<Self> {
        let reader = stream.reader(shard, position).or_raise()?;
        Ok(Self { stream: stream.clone(), limits, state: Mutex::new(State { reader, issued }) })
    }

    /// The iterator of an opaque text.
    pub(super) fn from_token(stream: &Stream, limits: Option<Arc<ServiceLimits>>, text: &str) -> PyResult<Self> {
        let token = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let token = token.and_then(|json| serde_json::from_slice::<Token>(&json).ok());
        match token {
            Some(token) if token.stream == stream.name() => {
                let position = StartPosition::AtSequenceNumber(token.next);
                Self::open(stream, limits, token.next.shard, &position, Timestamp(token.issued))
            }
            Some(token) => Err(InvalidIteratorError::new_err(format!(
                "The iterator is of the stream `{}`, not of `{}`",
                token.stream,
                stream.name()
            ))),
            None => Err(InvalidIteratorError::new_err(format!(
                "`{text}` is neither a shard nor an iterator\nhint: pass an id of `shards`, or a `token`"
            ))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, limit: usize) -> PyResult<Records> {
        let mut state = self.lock();
        let (shard, now) = (state.reader.shard(), self.stream.now());
        if let Some(limits) = &self.limits {
            ServiceLimits::check_get(limit).or_raise()?;
            ServiceLimits::check_iterator(state.issued, now).or_raise()?;
            limits.begin_read(self.stream.name(), shard, now).or_raise()?;
        }
        let mut records = Records::default();
        let info = self.stream.shard(shard).or_raise()?;
        while records.read < limit && records.bytes() < MOST_BYTES && !state.reader.is_at_end(&info) {
            let Some(batch) = state.reader.next_batch(limit - records.read, Timestamp::MAX).or_raise()? else { break };
            records.push(batch);
        }
        records.trimmed = state.reader.take_trimmed();
        state.issued = now;
        if let Some(limits) = &self.limits {
            limits.end_read(shard, records.bytes());
        }
        Ok(records)
    }
}

#[pymethods]
impl PyShardIterator {
    #[getter]
    fn shard_id(&self) -> String {
        self.lock().reader.shard().to_string()
    }

    #[pyo3(signature = (limit=10_000))]
    fn get_records(&self, py: Python<'_>, limit: usize) -> PyResult<PyTable> {
        let (table, trimmed) = py.detach(|| {
            let records = self.read(limit)?;
            PyResult::Ok((records.table(&self.stream)?, records.trimmed))
        })?;
        warn_of_gap(py, self.stream.name(), trimmed)?;
        Ok(table)
    }

    #[getter]
    fn millis_behind_latest(&self, py: Python<'_>) -> PyResult<i64> {
        py.detach(|| {
            let arrival = self.lock().reader.peek_arrival().or_raise()?;
            Ok(arrival.map_or(0, |arrival| (self.stream.now().millis() - arrival.millis()).max(0)))
        })
    }

    #[getter]
    fn is_at_end(&self, py: Python<'_>) -> PyResult<bool> {
        py.detach(|| {
            let mut state = self.lock();
            let info = self.stream.shard(state.reader.shard()).or_raise()?;
            Ok(state.reader.is_at_end(&info))
        })
    }

    #[getter]
    fn child_shards<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        if !self.is_at_end(py)? {
            return Ok(Vec::new());
        }
        let shard = self.lock().reader.shard();
        let all = py.detach(|| self.stream.refresh()).or_raise()?;
        let children = all.iter().filter(|info| info.parents().any(|parent| parent == shard));
        children.map(|child| child_dict(py, child)).collect()
    }

    #[getter]
    fn token(&self, py: Python<'_>) -> PyResult<Option<String>> {
        if self.is_at_end(py)? {
            return Ok(None);
        }
        let state = self.lock();
        let next = self.stream.sequence_number(state.reader.shard(), state.reader.next_offset(), Timestamp(0));
        let token = Token { stream: self.stream.name().to_owned(), next, issued: state.issued.millis() };
        Ok(Some(BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())))
    }

    fn __repr__(&self) -> String {
        format!("ShardIterator({:?}, stream={:?})", self.shard_id(), self.stream.name())
    }
}

fn range_dict<'py>(py: Python<'py>, shard: &ShardInfo) -> PyResult<Bound<'py, PyDict>> {
    let range = PyDict::new(py);
    range.set_item("StartingHashKey", shard.range.start.to_string())?;
    range.set_item("EndingHashKey", shard.range.end.to_string())?;
    Ok(range)
}

/// A shard as `ChildShards` of GetRecords has it.
fn child_dict<'py>(py: Python<'py>, shard: &ShardInfo) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("ShardId", shard.id.to_string())?;
    dict.set_item("ParentShards", shard.parents().map(|parent| parent.to_string()).collect::<Vec<_>>())?;
    dict.set_item("HashKeyRange", range_dict(py, shard)?)?;
    Ok(dict)
}

/// A shard as DescribeStream has it, with its state.
pub(super) fn shard_dict<'py>(py: Python<'py>, stream: &Stream, shard: &ShardInfo) -> PyResult<Bound<'py, PyDict>> {
    let (dict, numbers) = (PyDict::new(py), PyDict::new(py));
    dict.set_item("ShardId", shard.id.to_string())?;
    if let Some(parent) = shard.parent {
        dict.set_item("ParentShardId", parent.to_string())?;
    }
    if let Some(parent) = shard.adjacent_parent {
        dict.set_item("AdjacentParentShardId", parent.to_string())?;
    }
    dict.set_item("HashKeyRange", range_dict(py, shard)?)?;
    numbers.set_item("StartingSequenceNumber", shard.starting_sequence_number().to_string())?;
    if let Some(end) = shard.ending_sequence_number() {
        numbers.set_item("EndingSequenceNumber", end.to_string())?;
    }
    dict.set_item("SequenceNumberRange", numbers)?;
    dict.set_item("ShardState", stream.shard_state(shard).name())?;
    Ok(dict)
}
