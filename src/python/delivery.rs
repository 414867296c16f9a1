//! `bayou.Delivery`: how rows of an in-application stream, records of a stream, or records put into it become files.
//!
//! It holds the checked configuration. Each attachment to an application makes a delivery of the core from it, since that
//! one is part of the application's checkpoints. With a stream as its source, or with what is put into it, it runs by
//! itself, at once or in the background.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::Value;

use super::application::sink_metrics;
use super::error::{InvalidOptionError, OrRaise};
use super::function::PyHandler;
use super::put_records::record_bytes;
use super::runtime;
use super::wait::{Label, Work, wait_for_work};
use crate::catalog::Catalog;
use crate::deliver::{
    Backlog, Delivery, DeliveryConfig, DeliveryTotals, DirectPut, DirectPutReport, LivePump, Pump, RetryPolicy, Steps,
    Transform,
};
use crate::storage::Storage;
use crate::stream::{StartPosition, Stream};
use crate::time::{Clock as _, SystemClock};

/// The most records and bytes of one call of the service.
const LIMITS: (usize, usize) = (500, 4 << 20);

/// Deliveries that run in the background, to be stopped before the interpreter goes.
static RUNNING: Mutex<Vec<Weak<LivePump>>> = Mutex::new(Vec::new());

/// Stop every delivery that still runs: what was put is published.
pub(super) fn stop_all(py: Python<'_>) {
    let running = std::mem::take(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
    py.detach(|| {
        for live in running.iter().filter_map(Weak::upgrade) {
            let _ = live.stop(); // the interpreter is going; what is left is kept for the next run
        }
    });
}

impl Transform for PyHandler {
    fn invoke(&mut self, event: &Value) -> Result<Value, String> {
        self.call(event).map_err(|error| error.to_string())
    }
}

/// Files from a stream: prefix expressions, buffer hints, format.
#[pyclass(frozen, module = "bayou", name = "Delivery")]
pub(super) struct PyDelivery {
    config: DeliveryConfig,
    storage: Storage,
    catalog: Catalog,
    warnings: Vec<String>,
    source: Option<Stream>,
    transform: Option<Py<PyAny>>,
    has_service_limits: bool,
    direct: OnceLock<DirectPut>,
    live: Mutex<Option<Arc<LivePump>>>,
}

impl PyDelivery {
    /// A delivery whose configuration was checked.
    pub(super) fn new(
        config: DeliveryConfig,
        storage: Storage,
        catalog: Catalog,
        source: Option<Stream>,
        transform: Option<Py<PyAny>>,
        has_service_limits: bool,
    ) -> PyResult<Self> {
        let (warnings, direct, live) = (Vec::new(), OnceLock::new(), Mutex::new(None));
        let mut delivery =
            Self { config, storage, catalog, warnings, source, transform, has_service_limits, direct, live };
        delivery.warnings = if delivery.has_steps() || delivery.source.is_some() {
            delivery.of_records()?.warnings().to_vec()
        } else {
            delivery.delivery()?.warnings().to_vec()
        };
        Ok(delivery)
    }

    /// Whether options are given that only records have.
    fn has_steps(&self) -> bool {
        let DeliveryConfig { partitioning, split, delimiter, .. } = &self.config;
        self.transform.is_some() || partitioning.is_some() || split.is_some() || !delimiter.is_empty()
    }

    /// The delivery of the core, for the rows of an application.
    pub(super) fn sink(&self) -> PyResult<Delivery> {
        let refuse = |reason: &str| {
            let name = &self.config.name;
            Err(InvalidOptionError::new_err(format!(
                "The delivery `{name}` cannot take an application's rows: {reason}\nhint: make another one for it"
            )))
        };
        if self.source.is_some() {
            return refuse("it has a stream as its source");
        }
        if self.has_steps() {
            return refuse("`transform`, `partition_by`, `split` and `delimiter` are for records");
        }
        if self.direct.get().is_some() {
            return refuse("records were put into it");
        }
        self.delivery()
    }

    fn delivery(&self) -> PyResult<Delivery> {
        let catalog = Some(self.catalog.clone());
        let (storage, runtime) = (self.storage.clone(), runtime::handle()?);
        Delivery::new(&self.config, storage, catalog, runtime, &SystemClock).or_raise()
    }

    /// The delivery of the core, for records.
    fn of_records(&self) -> PyResult<Delivery> {
        let transform = Python::attach(|py| {
            let function = self.transform.as_ref().map(|function| PyHandler::new(function.bind(py)));
            function.map(|function| Box::new(function) as Box<dyn Transform>)
        });
        let stream = self.source.as_ref().map(|stream| stream.name().to_owned());
        self.delivery()?.with_steps(Steps { transform, stream }).or_raise()
    }

    /// The way in for records, made on first use.
    fn direct(&self) -> PyResult<&DirectPut> {
        if let Some(direct) = self.direct.get() {
            return Ok(direct);
        }
        if let Some(source) = &self.source {
            return Err(InvalidOptionError::new_err(format!(
                "The delivery `{}` takes the records of the stream `{}`\nhint: put them into that, or make a delivery \
                 without `source`",
                self.config.name,
                source.name()
            )));
        }
        let direct = DirectPut::open(&self.of_records()?, Arc::new(SystemClock)).or_raise()?;
        Ok(self.direct.get_or_init(|| direct))
    }

    /// The stream that records come from: the source, or what was put; `None` when there is neither.
    fn records(&self) -> PyResult<Option<Stream>> {
        if let Some(source) = &self.source {
            return Ok(Some(source.clone()));
        }
        if self.direct.get().is_none() && !DirectPut::exists(&self.delivery()?) {
            return Ok(None);
        }
        Ok(Some(self.direct()?.log().clone()))
    }

    fn pump(&self) -> PyResult<Pump> {
        let clock = Arc::new(SystemClock);
        match &self.source {
            Some(stream) => {
                Pump::open(self.of_records()?, stream.clone(), StartPosition::TrimHorizon, clock).or_raise()
            }
            None => self.direct()?.pump(self.of_records()?, clock).or_raise(),
        }
    }

    fn live(&self) -> MutexGuard<'_, Option<Arc<LivePump>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Option<Arc<LivePump>> {
        self.live().as_ref().filter(|live| live.is_running()).map(Arc::clone)
    }

    fn label(&self, what: &str) -> Label {
        Label { what: format!("{what} {}", self.config.name), unit: "records", total: None }
    }

    /// Put records; refuses more than a call of the service may have when its limits are asked for.
    fn put(&self, py: Python<'_>, records: &[Vec<u8>]) -> PyResult<DirectPutReport> {
        let bytes: usize = records.iter().map(Vec::len).sum();
        if self.has_service_limits && (records.len() > LIMITS.0 || bytes > LIMITS.1) {
            return Err(InvalidOptionError::new_err(format!(
                "A call has {} records and {bytes} bytes, the service takes {} and {} at most\nhint: put them in parts, \
                 or leave out `limits`",
                records.len(),
                LIMITS.0,
                LIMITS.1
            )));
        }
        py.detach(|| self.direct()?.put(records).or_raise())
    }
}

#[pymethods]
impl PyDelivery {
    #[getter]
    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    #[getter]
    fn prefix(&self) -> &str {
        &self.config.prefix
    }

    #[getter]
    fn format(&self) -> &str {
        self.config.format.as_str()
    }

    #[getter]
    fn table(&self) -> Option<&str> {
        self.config.table.as_deref()
    }

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    #[getter]
    fn is_running(&self) -> bool {
        self.running().is_some()
    }

    fn put_record<'py>(&self, py: Python<'py>, record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let records = record_bytes(py, PyList::new(py, [record])?.as_any())?;
        let report = self.put(py, &records)?;
        let answer = PyDict::new(py);
        answer.set_item("RecordId", report.record_ids.first())?;
        answer.set_item("Encrypted", false)?;
        Ok(answer)
    }

    fn put_records<'py>(&self, py: Python<'py>, records: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let records = record_bytes(py, records)?;
        let report = self.put(py, &records)?;
        let failed = records.len() - report.record_ids.len();
        let reason = report.failure.as_ref().map(ToString::to_string);
        let responses = PyList::empty(py);
        for id in &report.record_ids {
            let response = PyDict::new(py);
            response.set_item("RecordId", id)?;
            responses.append(response)?;
        }
        for _ in 0..failed {
            let response = PyDict::new(py);
            response.set_item("ErrorCode", "ServiceUnavailableException")?;
            response.set_item("ErrorMessage", &reason)?;
            responses.append(response)?;
        }
        let answer = PyDict::new(py);
        answer.set_item("FailedPutCount", failed)?;
        answer.set_item("Encrypted", false)?;
        answer.set_item("RequestResponses", responses)?;
        Ok(answer)
    }

    fn run<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        if self.running().is_some() {
            return Err(InvalidOptionError::new_err(format!(
                "The delivery `{}` runs in the background\nhint: flush() finishes its files, stop() ends it",
                self.config.name
            )));
        }
        let Some(stream) = py.detach(|| self.records())? else {
            return Err(InvalidOptionError::new_err(format!(
                "The delivery `{}` has no stream to deliver from, and nothing was put into it\n\
                 hint: lake.delivery(…, source=stream), or put_records() first",
                self.config.name
            )));
        };
        let work = Work::default();
        let metrics = wait_for_work(py, &self.label("deliver"), &work, || -> PyResult<_> {
            let mut pump = self.pump()?;
            pump.drain(|| work.is_stopped(), |count| work.advance(count as u64)).or_raise()?;
            Ok(pump.metrics())
        })??;
        let name = self.source.as_ref().map(|_| stream.name());
        sink_metrics(py, name.unwrap_or_default(), &metrics)
    }

    fn start(slf: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        let (py, delivery) = (slf.py(), &*slf);
        if delivery.running().is_some() {
            return Ok(slf);
        }
        let live = py.detach(|| -> PyResult<Arc<LivePump>> {
            Ok(Arc::new(LivePump::start(delivery.pump()?, RetryPolicy::default()).or_raise()?))
        })?;
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|other| other.strong_count() > 0);
        running.push(Arc::downgrade(&live));
        drop(running);
        *delivery.live() = Some(live);
        Ok(slf)
    }

    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        match self.running() {
            Some(live) => wait_for_work(py, &self.label("flush"), &Work::default(), || live.flush())?.or_raise(),
            None => self.run(py).map(|_| ()),
        }
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let live = self.live().take();
        match live {
            Some(live) => wait_for_work(py, &self.label("stop"), &Work::default(), || live.stop())?.or_raise(),
            None => Ok(()),
        }
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        Self::start(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        self.stop(py)
    }

    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let live = self.running();
        let (mut totals, backlog) = py.detach(|| -> PyResult<(DeliveryTotals, Backlog)> {
            match self.records()? {
                Some(stream) => self.delivery()?.progress(&stream).or_raise(),
                None => Ok(Default::default()),
            }
        })?;
        let (mut failures, mut last_error) = (0, None);
        let mut waiting = backlog.records;
        if let Some(live) = live {
            let now = live.totals();
            // The checkpoint is behind what the thread has taken since.
            waiting = waiting.saturating_sub(now.records.saturating_sub(totals.records));
            (totals, (failures, last_error)) = (now, live.failures());
        }
        let oldest = [totals.oldest_pending, backlog.oldest.filter(|_| waiting > 0)].into_iter().flatten().min();
        let freshness = oldest.map_or(0, |oldest| (SystemClock.now().millis() - oldest.millis()).max(0));
        let item = PyDict::new(py);
        item.set_item("records", totals.records)?;
        item.set_item("delivered_records", totals.delivered)?;
        item.set_item("failed_records", totals.failed)?;
        item.set_item("objects", totals.objects)?;
        item.set_item("bytes", totals.bytes)?;
        item.set_item("pending_records", totals.pending)?;
        item.set_item("backlog_records", waiting)?;
        item.set_item("freshness_seconds", freshness as f64 / 1000.0)?;
        item.set_item("failures", failures)?;
        item.set_item("last_error", last_error)?;
        Ok(item)
    }

    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let config = &self.config;
        let item = PyDict::new(py);
        item.set_item("name", &config.name)?;
        item.set_item("type", if self.source.is_some() { "KinesisStreamAsSource" } else { "DirectPut" })?;
        item.set_item("source", self.source.as_ref().map(Stream::name))?;
        item.set_item("status", if self.running().is_some() { "running" } else { "stopped" })?;
        item.set_item("version", config.version)?;
        item.set_item("prefix", &config.prefix)?;
        item.set_item("error_prefix", &config.error_prefix)?;
        item.set_item("format", config.format.as_str())?;
        item.set_item("compression", config.compression.as_str())?;
        item.set_item("buffer_mib", config.buffer_mib)?;
        item.set_item("buffer_seconds", config.buffer_seconds)?;
        item.set_item("time_zone", config.custom_time_zone.as_deref().unwrap_or("UTC"))?;
        item.set_item("table", &config.table)?;
        item.set_item("metrics", self.metrics(py)?)?;
        Ok(item)
    }

    fn __repr__(&self) -> String {
        let DeliveryConfig { name, prefix, format, buffer_mib, buffer_seconds, .. } = &self.config;
        format!(
            "Delivery({name:?}, prefix={prefix:?}, format={:?}, buffer_mib={buffer_mib}, buffer_seconds={buffer_seconds})",
            format.as_str()
        )
    }
}
