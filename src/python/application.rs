//! `bayou.Application` and `bayou.LiveApplication`: streaming SQL.
//!
//! The core's application is a value that a run takes and gives back, and that `start` takes until `stop`. It sits in a
//! slot that both classes share: while it is out, other calls get an error instead of waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyList, PyTuple};

use super::error::{ApplicationError, InvalidOptionError, OrRaise, UnknownStreamError};
use super::json::to_python;
use super::reference::reference_table;
use super::schema::{columns, input_schema};
use super::sink::sink_of;
use super::table::PyTable;
use super::wait::{Label, Watched, Work, wait_for_work};
use crate::analytics::{Application, Collect, Control, Live, StreamResult};
use crate::deliver::SinkMetrics;
use crate::storage::Storage;
use crate::time::Timestamp;

type Slot = Arc<Mutex<Option<Application>>>;

/// A streaming application, made by `lake.application`.
#[pyclass(frozen, module = "bayou", name = "Application")]
pub(super) struct PyApplication {
    name: String,
    slot: Slot,
    storage: Storage,
}

impl Watched for Control {
    fn done(&self) -> u64 {
        self.records()
    }

    fn stop(&self) {
        Self::stop(self);
    }
}

impl PyApplication {
    pub(super) fn new(application: Application, storage: Storage) -> Self {
        Self { name: application.name().to_owned(), slot: Arc::new(Mutex::new(Some(application))), storage }
    }

    /// Work with the application while it is not running.
    fn with<T>(&self, work: impl FnOnce(&mut Application) -> PyResult<T>) -> PyResult<T> {
        work(self.slot()?.as_mut().ok_or_else(|| self.busy())?)
    }

    fn take(&self) -> PyResult<Application> {
        self.slot()?.take().ok_or_else(|| self.busy())
    }

    /// The slot, without waiting for it: a thread that waits here while it holds the interpreter could wait for one that
    /// needs the interpreter.
    fn slot(&self) -> PyResult<MutexGuard<'_, Option<Application>>> {
        match self.slot.try_lock() {
            Ok(slot) => Ok(slot),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(self.busy()),
        }
    }

    fn busy(&self) -> PyErr {
        ApplicationError::new_err(format!(
            "The application `{}` is running, or its start failed\n\
             hint: stop() it first; after a failed start make it again with lake.application()",
            self.name
        ))
    }
}

/// Gives the application back to its slot, however the work ends.
struct Guard<'a> {
    slot: &'a Slot,
    application: Option<Application>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = self.application.take();
    }
}

#[pymethods]
impl PyApplication {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.with(|application| application.schema().map(|schema| columns(py, schema)).transpose())
    }

    #[setter(schema)]
    fn replace_schema(&self, py: Python<'_>, schema: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set_schema(py, schema, None)
    }

    #[getter]
    fn input_schema<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.with(|application| application.schema().map(|schema| to_python(py, &schema.to_api())).transpose())
    }

    #[pyo3(signature = (schema, *, input=None))]
    fn set_schema(&self, py: Python<'_>, schema: &Bound<'_, PyAny>, input: Option<&str>) -> PyResult<()> {
        let schema = input_schema(schema)?;
        py.detach(|| self.with(|application| application.set_schema(input, schema).or_raise()))
    }

    fn set_reference(&self, py: Python<'_>, name: &str, source: &Bound<'_, PyAny>) -> PyResult<()> {
        let table = reference_table(py, &self.storage, name, source)?;
        py.detach(|| self.with(|application| application.set_reference(table).or_raise()))
    }

    #[getter]
    fn warnings(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        py.detach(|| self.with(|application| application.warnings().or_raise()))
    }

    #[pyo3(signature = (stream, destination, *, name=None, format=None))]
    fn deliver(
        &self,
        stream: &str,
        destination: &Bound<'_, PyAny>,
        name: Option<&str>,
        format: Option<&str>,
    ) -> PyResult<()> {
        let (default, sink) = sink_of(destination, &self.name, stream, format)?;
        self.with(|application| application.deliver(stream, name.unwrap_or(&default), sink).or_raise())
    }

    #[pyo3(signature = (*, collect=None, until=None))]
    fn run(
        &self,
        py: Python<'_>,
        collect: Option<&Bound<'_, PyAny>>,
        until: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyRunResult> {
        let collect = collect_option(collect)?;
        let until = until.map(instant).transpose()?;
        let started = Instant::now();
        let control = Control::default();
        let label = Label { what: format!("run {}", self.name), unit: "records", total: None };
        let mut guard = Guard { slot: &self.slot, application: Some(self.take()?) };
        let result = wait_for_work(py, &label, &control, || {
            let application = guard.application.as_mut()?;
            Some(application.run(&control, collect, until))
        })?;
        drop(guard);
        let result = result.ok_or_else(|| self.busy())?.or_raise()?;
        Ok(PyRunResult {
            streams: result.streams,
            records: result.records,
            errors: result.errors,
            elapsed: started.elapsed(),
        })
    }

    fn start(&self, py: Python<'_>) -> PyResult<PyLive> {
        let application = self.take()?;
        let live = Arc::new(py.detach(|| application.start()).or_raise()?);
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|live| live.strong_count() > 0);
        running.push(Arc::downgrade(&live));
        Ok(PyLive { name: self.name.clone(), slot: Arc::clone(&self.slot), live })
    }

    fn errors(&self, py: Python<'_>) -> PyResult<PyTable> {
        let batches = py.detach(|| self.with(|application| application.errors().or_raise()))?;
        Ok(table(None, batches))
    }

    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let metrics = self.with(|application| Ok(application.metrics()))?;
        let by_name = PyDict::new(py);
        for (stream, name, metrics) in metrics {
            by_name.set_item(name, sink_metrics(py, &stream, &metrics)?)?;
        }
        Ok(by_name)
    }

    fn __repr__(&self) -> String {
        format!("Application({:?})", self.name)
    }
}

pub(super) fn sink_metrics<'py>(py: Python<'py>, stream: &str, metrics: &SinkMetrics) -> PyResult<Bound<'py, PyDict>> {
    let SinkMetrics { records, bytes, objects, failures, pending_records, pending_bytes, oldest_pending } = metrics;
    let item = PyDict::new(py);
    item.set_item("stream", stream)?;
    item.set_item("records", records)?;
    item.set_item("bytes", bytes)?;
    item.set_item("objects", objects)?;
    item.set_item("failures", failures)?;
    item.set_item("pending_records", pending_records)?;
    item.set_item("pending_bytes", pending_bytes)?;
    item.set_item("oldest_pending_ms", oldest_pending.map(|at| at.0))?;
    Ok(item)
}

/// An instant given as a datetime; one without a zone is UTC.
fn instant(value: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    if !value.hasattr("tzinfo")? || !value.hasattr("timestamp")? {
        let message = format!("`until` must be a datetime, not `{}`", value.get_type().name()?);
        return Err(PyTypeError::new_err(message));
    }
    let aware = if value.getattr("tzinfo")?.is_none() {
        let utc = value.py().import("datetime")?.getattr("timezone")?.getattr("utc")?;
        let zone = PyDict::new(value.py());
        zone.set_item("tzinfo", utc)?;
        value.call_method("replace", (), Some(&zone))?
    } else {
        value.clone()
    };
    let seconds: f64 = aware.call_method0("timestamp")?.extract()?;
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of any calendar year fit")]
    Ok(Timestamp((seconds * 1000.0).round() as i64))
}

/// The option `collect` of `run`.
fn collect_option(option: Option<&Bound<'_, PyAny>>) -> PyResult<Collect> {
    let Some(option) = option else { return Ok(Collect::Auto) };
    if let Ok(text) = option.extract::<String>() {
        return match text.as_str() {
            "auto" => Ok(Collect::Auto),
            "all" => Ok(Collect::All),
            "nothing" => Ok(Collect::Nothing),
            other => Err(InvalidOptionError::new_err(format!(
                "`collect` is `{other}`\nhint: one of `auto`, `all`, `nothing`, or a list of stream names"
            ))),
        };
    }
    Ok(Collect::Streams(option.extract()?))
}

fn table(schema: Option<SchemaRef>, batches: Vec<RecordBatch>) -> PyTable {
    let schema =
        schema.or_else(|| batches.first().map(RecordBatch::schema)).unwrap_or_else(|| Arc::new(Schema::empty()));
    PyTable::new(schema, batches)
}

/// What a run gave: a mapping of stream names to tables.
#[pyclass(frozen, mapping, module = "bayou", name = "RunResult")]
pub(super) struct PyRunResult {
    streams: BTreeMap<String, StreamResult>,
    records: u64,
    errors: u64,
    elapsed: Duration,
}

impl PyRunResult {
    fn collected(&self) -> impl Iterator<Item = (&String, PyTable)> {
        let table = |result: &StreamResult| {
            let batches = result.batches.clone()?;
            Some(PyTable::new(Arc::clone(&result.schema), batches).took(self.elapsed))
        };
        self.streams.iter().filter_map(move |(name, result)| Some((name, table(result)?)))
    }
}

#[pymethods]
impl PyRunResult {
    #[getter]
    fn records(&self) -> u64 {
        self.records
    }

    #[getter]
    fn errors(&self) -> u64 {
        self.errors
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.elapsed.as_secs_f64()
    }

    #[getter]
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let rows = PyDict::new(py);
        for (name, result) in &self.streams {
            rows.set_item(name, result.rows)?;
        }
        Ok(rows)
    }

    fn keys(&self) -> Vec<String> {
        self.collected().map(|(name, _)| name.clone()).collect()
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let tables = self.collected().map(|(_, table)| Bound::new(py, table)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, tables)
    }

    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let items = self.collected().map(|(name, table)| (name.clone(), table)).collect::<Vec<_>>();
        PyList::new(py, items)
    }

    fn __getitem__(&self, stream: &str) -> PyResult<PyTable> {
        if let Some((_, table)) = self.collected().find(|(name, _)| *name == stream) {
            return Ok(table);
        }
        let message = match self.streams.get(stream) {
            Some(result) => format!(
                "The {} rows of `{stream}` were delivered and not collected\n\
                 hint: query what was delivered, or run(collect=[\"{stream}\"])",
                result.rows
            ),
            None => format!(
                "The run has no stream `{stream}`\nhint: it has {}",
                self.streams.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        Err(UnknownStreamError::new_err(message))
    }

    fn __contains__(&self, stream: &str) -> bool {
        self.streams.get(stream).is_some_and(|result| result.batches.is_some())
    }

    fn __len__(&self) -> usize {
        self.collected().count()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyList::new(py, self.keys())?.try_iter()?.into_any())
    }

    fn __repr__(&self) -> String {
        let rows: Vec<_> = self.streams.iter().map(|(name, result)| format!("{name}: {}", result.rows)).collect();
        format!(
            "RunResult({} records, {} errors, {:.3} s; {})",
            self.records,
            self.errors,
            self.elapsed.as_secs_f64(),
            rows.join(", ")
        )
    }
}

/// Applications that run in the background, to be stopped before the interpreter goes.
static RUNNING: Mutex<Vec<Weak<Live>>> = Mutex::new(Vec::new());

/// Stop every application that still runs: buffers are delivered and a checkpoint is written.
pub(super) fn stop_all(py: Python<'_>) {
    let running = std::mem::take(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
    py.detach(|| {
        for live in running.iter().filter_map(Weak::upgrade) {
            let _ = live.stop(); // the interpreter is going; the checkpoint tells where to go on
        }
    });
}

/// An application that runs in the background.
#[pyclass(frozen, module = "bayou", name = "LiveApplication")]
pub(super) struct PyLive {
    name: String,
    slot: Slot,
    live: Arc<Live>,
}

#[pymethods]
impl PyLive {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn is_running(&self) -> bool {
        self.live.is_running()
    }

    #[getter]
    fn streams(&self) -> Vec<String> {
        self.live.streams().to_vec()
    }

    #[pyo3(signature = (stream, n=20))]
    fn tail(&self, stream: &str, n: usize) -> PyResult<PyTable> {
        if !self.live.streams().iter().any(|name| name == stream) && stream != crate::analytics::ERROR_STREAM {
            let known = self.live.streams().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(UnknownStreamError::new_err(format!(
                "The application `{}` has no stream `{stream}`\nhint: it has {known}",
                self.name
            )));
        }
        Ok(table(None, self.live.tail(stream, n)))
    }

    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let control = self.live.control();
        let metrics = PyDict::new(py);
        metrics.set_item("records", control.records())?;
        metrics.set_item("errors", control.errors())?;
        metrics.set_item("epochs", control.epochs())?;
        metrics.set_item("checkpoints", control.checkpoints())?;
        metrics.set_item("state_bytes", control.state_bytes())?;
        Ok(metrics)
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let label = Label { what: format!("stop {}", self.name), unit: "records", total: None };
        let stopped = wait_for_work(py, &label, &Work::default(), || self.live.stop())?.or_raise()?;
        if let Some(application) = stopped {
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(application);
        }
        Ok(())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.stop(py)
    }

    fn __repr__(&self) -> String {
        let state = if self.is_running() { "running" } else { "stopped" };
        format!("LiveApplication({:?}, {state}, {} records)", self.name, self.live.control().records())
    }
}
