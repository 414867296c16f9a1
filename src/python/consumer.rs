//! Reading a stream on and on: `bayou.Consumer` with leases and checkpoints, `bayou.Tail` without.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyStopAsyncIteration, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use super::error::{InterfaceError, OrRaise};
use super::records::{Records, warn_of_gap};
use super::table::PyTable;
use super::wait::{Label, Watched, wait_for_work};
use crate::stream::{Consumer, LeaseInfo, MergedReader, ShardId, Stream};
use crate::time::Timestamp;

/// How long a wait for data lasts before it looks whether somebody stopped it.
const LOOK: Duration = Duration::from_millis(50);

/// Asked to stop by a signal or by `close`.
#[derive(Default)]
struct Stop {
    signalled: AtomicBool,
    closed: Arc<AtomicBool>,
}

impl Stop {
    fn is_asked(&self) -> bool {
        self.signalled.load(Ordering::Relaxed) || self.closed.load(Ordering::Relaxed)
    }
}

impl Watched for Stop {
    fn done(&self) -> u64 {
        0
    }

    fn stop(&self) {
        self.signalled.store(true, Ordering::Relaxed);
    }
}

/// Ask `next` for records again and again, until there are some, the time is over, or somebody stops it.
fn wait_for_records(
    py: Python<'_>,
    stream: &Stream,
    closed: &Arc<AtomicBool>,
    timeout: Option<Duration>,
    mut next: impl FnMut() -> PyResult<Records> + Send,
) -> PyResult<Option<PyTable>> {
    let stop = Stop { signalled: AtomicBool::new(false), closed: Arc::clone(closed) };
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    // Waiting is no work, so that no bar tells of it.
    let label = Label { what: String::new(), unit: "", total: None };
    let found = wait_for_work(py, &label, &stop, || -> PyResult<Option<(PyTable, u64)>> {
        loop {
            let seen = stream.written_bytes().or_raise()?;
            let records = next()?;
            if records.read > 0 {
                return Ok(Some((records.table(stream)?, records.trimmed)));
            }
            if stop.is_asked() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(None);
            }
            let left = deadline.map_or(LOOK, |deadline| deadline.saturating_duration_since(Instant::now()).min(LOOK));
            stream.wait_for_data(seen, left).or_raise()?;
        }
    })?;
    let Some((table, trimmed)) = found? else { return Ok(None) };
    warn_of_gap(py, stream.name(), trimmed)?;
    Ok(Some(table))
}

fn seconds(timeout: Option<f64>) -> PyResult<Option<Duration>> {
    timeout.map(|timeout| super::lake::seconds("timeout", timeout)).transpose()
}

/// A worker of a consumer; `stream.consumer` makes it.
#[pyclass(frozen, module = "bayou", name = "Consumer")]
pub(super) struct PyConsumer {
    stream: Stream,
    name: String,
    worker: String,
    inner: Mutex<Option<Consumer>>,
    closed: Arc<AtomicBool>,
    limit: usize,
}

impl PyConsumer {
    pub(super) fn new(consumer: Consumer, limit: usize) -> Self {
        Self {
            stream: consumer.stream().clone(),
            name: consumer.name().to_owned(),
            worker: consumer.worker().to_owned(),
            inner: Mutex::new(Some(consumer)),
            closed: Arc::default(),
            limit,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Consumer>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Consumer) -> PyResult<T>) -> PyResult<T> {
        match self.lock().as_mut() {
            Some(consumer) => work(consumer),
            None => Err(InterfaceError::new_err(format!("The consumer `{}` is closed", self.name))),
        }
    }

    fn next(&self, py: Python<'_>, limit: usize, timeout: Option<Duration>) -> PyResult<Option<PyTable>> {
        wait_for_records(py, &self.stream, &self.closed, timeout, || {
            let mut records = Records::default();
            if self.closed.load(Ordering::Relaxed) {
                return Ok(records);
            }
            self.with(|consumer| {
                if let Some(batch) = consumer.poll(limit).or_raise()? {
                    records.push(batch);
                    records.trimmed = consumer.take_trimmed();
                }
                Ok(())
            })?;
            Ok(records)
        })
    }
}

#[pymethods]
impl PyConsumer {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn worker(&self) -> &str {
        &self.worker
    }

    #[pyo3(signature = (limit=None, *, timeout=Some(0.0)))]
    fn poll(&self, py: Python<'_>, limit: Option<usize>, timeout: Option<f64>) -> PyResult<Option<PyTable>> {
        self.with(|_| Ok(()))?;
        self.next(py, limit.unwrap_or(self.limit), seconds(timeout)?)
    }

    #[pyo3(signature = (sequence_number=None))]
    fn checkpoint(&self, py: Python<'_>, sequence_number: Option<&str>) -> PyResult<()> {
        let number = sequence_number.map(str::parse).transpose().or_raise()?;
        py.detach(|| self.with(|consumer| consumer.checkpoint(number).or_raise()))
    }

    #[getter]
    fn leases<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let held = py.detach(|| {
            self.with(|consumer| {
                consumer.balance().or_raise()?;
                Ok(consumer.held())
            })
        })?;
        held.iter().map(|lease| lease_dict(py, &self.stream, &LeaseInfo { is_held: true, ..lease.clone() })).collect()
    }

    #[getter]
    fn millis_behind_latest(&self, py: Python<'_>) -> PyResult<i64> {
        py.detach(|| self.with(|consumer| consumer.millis_behind_latest().or_raise()))
    }

    fn close(&self, py: Python<'_>) {
        self.closed.store(true, Ordering::Relaxed);
        py.detach(|| drop(self.lock().take()));
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<PyTable> {
        self.next(py, self.limit, None)?.ok_or_else(|| PyStopIteration::new_err(()))
    }

    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        py.import("asyncio")?.call_method1("to_thread", (slf.getattr("_next_or_end")?,))
    }

    fn _next_or_end(&self, py: Python<'_>) -> PyResult<PyTable> {
        self.next(py, self.limit, None)?.ok_or_else(|| PyStopAsyncIteration::new_err(()))
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        _kind: Option<Bound<'_, PyType>>,
        _error: Option<Bound<'_, PyAny>>,
        _trace: Option<Bound<'_, PyAny>>,
    ) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        format!("Consumer({:?}, stream={:?}, worker={:?})", self.name, self.stream.name(), self.worker)
    }
}

/// A lease by the Kinesis Client Library's names.
pub(super) fn lease_dict<'py>(py: Python<'py>, stream: &Stream, lease: &LeaseInfo) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("leaseKey", lease.lease_key.to_string())?;
    dict.set_item("leaseOwner", lease.lease_owner.as_ref().filter(|_| lease.is_held))?;
    dict.set_item("leaseCounter", lease.lease_counter)?;
    let last = lease.checkpoint.and_then(|offset| offset.checked_sub(1));
    let arrival = Timestamp(i64::try_from(lease.checkpoint_second).unwrap_or_default() * 1000);
    let number = last.map(|offset| stream.sequence_number(lease.lease_key, offset, arrival).to_string());
    let checkpoint = if lease.is_ended { Some("SHARD_END".to_owned()) } else { number };
    dict.set_item("checkpoint", checkpoint.unwrap_or_else(|| "TRIM_HORIZON".into()))?;
    dict.set_item("checkpointSubSequenceNumber", lease.checkpoint_sub_sequence_number)?;
    let shards = stream.refresh().or_raise()?;
    let shard = shards.iter().find(|shard| shard.id == lease.lease_key);
    let ids = |ids: Vec<ShardId>| ids.iter().map(ShardId::to_string).collect::<Vec<_>>();
    let children = shards.iter().filter(|shard| shard.parents().any(|parent| parent == lease.lease_key));
    dict.set_item("parentShardId", ids(shard.map(|shard| shard.parents().collect()).unwrap_or_default()))?;
    dict.set_item("childShardIds", ids(children.map(|child| child.id).collect()))?;
    dict.set_item("startingHashKey", shard.map(|shard| shard.range.start.to_string()))?;
    dict.set_item("endingHashKey", shard.map(|shard| shard.range.end.to_string()))?;
    dict.set_item("ownerSwitchesSinceCheckpoint", lease.owner_switches_since_checkpoint)?;
    Ok(dict)
}

/// The records of all shards as they come; `stream.tail` makes it.
#[pyclass(frozen, module = "bayou", name = "Tail")]
pub(super) struct PyTail {
    stream: Stream,
    reader: Mutex<MergedReader>,
    closed: Arc<AtomicBool>,
    limit: usize,
    timeout: Option<Duration>,
}

impl PyTail {
    pub(super) fn new(stream: Stream, reader: MergedReader, limit: usize, timeout: Option<f64>) -> PyResult<Self> {
        let timeout = seconds(timeout)?;
        Ok(Self { stream, reader: Mutex::new(reader), closed: Arc::default(), limit, timeout })
    }

    fn next(&self, py: Python<'_>) -> PyResult<Option<PyTable>> {
        wait_for_records(py, &self.stream, &self.closed, self.timeout, || {
            let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let mut records = Records::default();
            while records.read < self.limit && !self.closed.load(Ordering::Relaxed) {
                let Some(batch) = reader.next_batch(self.limit - records.read).or_raise()? else { break };
                records.push(batch);
            }
            records.trimmed = reader.take_trimmed();
            Ok(records)
        })
    }
}

#[pymethods]
impl PyTail {
    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<PyTable> {
        self.next(py)?.ok_or_else(|| PyStopIteration::new_err(()))
    }

    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        py.import("asyncio")?.call_method1("to_thread", (slf.getattr("_next_or_end")?,))
    }

    fn _next_or_end(&self, py: Python<'_>) -> PyResult<PyTable> {
        self.next(py)?.ok_or_else(|| PyStopAsyncIteration::new_err(()))
    }

    fn __repr__(&self) -> String {
        format!("Tail(stream={:?})", self.stream.name())
    }
}
