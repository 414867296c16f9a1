//! `bayou.PutSummary`: the report of a put, by shard and by record.

use std::ops::Range;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::stream::{FramePlace, SequenceNumber, ShardId};

/// What a put wrote to one shard.
struct Shard {
    id: ShardId,
    records: u64,
    first: SequenceNumber,
    last: SequenceNumber,
}

/// What a put wrote.
#[pyclass(frozen, module = "bayou", name = "PutSummary")]
#[derive(Default)]
pub(super) struct PyPutSummary {
    pub(super) requested: Option<u64>,
    pub(super) generated: u64,
    pub(super) records: u64,
    bytes: u64,
    pub(super) seconds: f64,
    pub(super) lateness: f64,
    pub(super) interrupted: bool,
    shards: Vec<Shard>,
    placed: Vec<Placed>,
    failures: Vec<Failure>,
}

/// Where the records of a frame went: the places in the put of the first records of each.
struct Placed {
    first: SequenceNumber,
    records: PlacedRecords,
}

enum PlacedRecords {
    Run(Range<u64>),
    Each(Vec<u64>),
}

/// A record that was refused.
pub(super) struct Failure {
    index: u64,
    code: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn new(index: u64, error: &crate::stream::Error) -> Self {
        Self { index, code: error.code(), message: error.to_string() }
    }
}

impl PyPutSummary {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn add(&mut self, put: &crate::stream::PutSummary) {
        self.records += put.records;
        self.bytes += put.bytes;
        for shard in &put.shards {
            match self.shards.iter_mut().find(|known| known.id == shard.shard) {
                Some(known) => {
                    known.records += shard.records;
                    known.last = shard.last;
                }
                None => self.shards.push(Shard {
                    id: shard.shard,
                    records: shard.records,
                    first: shard.first,
                    last: shard.last,
                }),
            }
        }
    }

    /// Note where `count` records from the one numbered `start` went.
    pub(super) fn place(&mut self, start: u64, count: u64, frames: Vec<FramePlace>) {
        for FramePlace { first, records } in frames {
            let records = match records {
                None => PlacedRecords::Run(start..start + count),
                Some(each) => PlacedRecords::Each(each.into_iter().map(|index| start + u64::from(index)).collect()),
            };
            self.placed.push(Placed { first, records });
        }
    }

    /// Note where the records numbered `places` went, of `requested` that were asked for.
    pub(super) fn place_at(&mut self, places: &[u64], requested: u64, frames: Vec<FramePlace>) {
        self.generated = requested;
        for FramePlace { first, records } in frames {
            let records = match records {
                None => places.to_vec(),
                Some(each) => each.iter().filter_map(|index| places.get(*index as usize).copied()).collect(),
            };
            self.placed.push(Placed { first, records: PlacedRecords::Each(records) });
        }
    }

    /// Note a record that was refused.
    pub(super) fn refuse(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    pub(super) fn took(mut self, elapsed: Duration, requested: u64) -> Self {
        self.requested = Some(requested);
        self.generated = self.generated.max(self.records);
        self.seconds = elapsed.as_secs_f64();
        self.shards.sort_unstable_by_key(|shard| shard.id);
        self
    }

    fn by_shard<'py, T: IntoPyObject<'py>>(
        &self,
        py: Python<'py>,
        of: impl Fn(&Shard) -> T,
    ) -> PyResult<Bound<'py, PyDict>> {
        let shards = PyDict::new(py);
        for shard in &self.shards {
            shards.set_item(shard.id.to_string(), of(shard))?;
        }
        Ok(shards)
    }
}

#[pymethods]
impl PyPutSummary {
    #[getter]
    fn requested(&self) -> Option<u64> {
        self.requested
    }

    #[getter]
    fn generated(&self) -> u64 {
        self.generated
    }

    #[getter]
    fn records(&self) -> u64 {
        self.records
    }

    #[getter]
    fn accepted(&self) -> u64 {
        self.records
    }

    #[getter]
    fn retried(&self) -> u64 {
        // A lake's stream acknowledges a batch or raises; it asks for nothing to be sent again.
        0
    }

    #[getter]
    fn rejected<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let rejected = |failure: &Failure| {
            let dict = PyDict::new(py);
            dict.set_item("index", failure.index)?;
            dict.set_item("code", failure.code)?;
            dict.set_item("message", &failure.message)?;
            Ok(dict)
        };
        self.failures.iter().map(rejected).collect()
    }

    #[getter]
    fn failed_record_count(&self) -> usize {
        self.failures.len()
    }

    #[getter]
    fn results<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let mut results: Vec<(u64, Bound<'py, PyDict>)> = Vec::new();
        for Placed { first, records } in &self.placed {
            let shard = PyString::new(py, &first.shard.to_string());
            let indices: Box<dyn Iterator<Item = u64>> = match records {
                PlacedRecords::Run(range) => Box::new(range.clone()),
                PlacedRecords::Each(each) => Box::new(each.iter().copied()),
            };
            for (index, offset) in indices.zip(first.offset..) {
                let result = PyDict::new(py);
                result.set_item("SequenceNumber", SequenceNumber { offset, ..*first }.to_string())?;
                result.set_item("ShardId", &shard)?;
                results.push((index, result));
            }
        }
        for failure in &self.failures {
            let result = PyDict::new(py);
            result.set_item("ErrorCode", failure.code)?;
            result.set_item("ErrorMessage", &failure.message)?;
            results.push((failure.index, result));
        }
        results.sort_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    #[getter]
    fn bytes(&self) -> u64 {
        self.bytes
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.seconds
    }

    #[getter]
    fn records_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.records as f64 / self.seconds } else { 0.0 }
    }

    #[getter]
    fn lateness(&self) -> f64 {
        self.lateness
    }

    #[getter]
    fn interrupted(&self) -> bool {
        self.interrupted
    }

    #[getter]
    fn shards<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.by_shard(py, |shard| shard.records)
    }

    #[getter]
    fn sequence_numbers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.by_shard(py, |shard| (shard.first.to_string(), shard.last.to_string()))
    }

    fn __repr__(&self) -> String {
        let shards: Vec<_> = self.shards.iter().map(|shard| format!("{}: {}", shard.id, shard.records)).collect();
        let refused =
            if self.failures.is_empty() { String::new() } else { format!(", {} refused", self.failures.len()) };
        let late = if self.lateness >= 1.0 { format!(", {:.1} s late", self.lateness) } else { String::new() };
        let interrupted = if self.interrupted { ", interrupted" } else { "" };
        format!(
            "PutSummary({} records, {} bytes, {:.3} s{refused}{late}{interrupted}; {})",
            self.records,
            self.bytes,
            self.seconds,
            shards.join(", ")
        )
    }
}
