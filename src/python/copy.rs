//! Copies: `bayou.CopyReport`, `bayou.CopyPart`, and the functions that `bayou.copy` calls.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDateTime, PyDict, PyTzInfo};

use super::error::{InvalidOptionError, OrRaise};
use super::runtime;
use super::wait::{Label, Watched, wait_for_work};
use crate::copy::{self, CopyOptions, CopyPart, CopyReport, Tally};
use crate::storage::StorageOptions;
use crate::time::Timestamp;

/// The functions of this part.
pub(super) fn functions<'py>(module: &Bound<'py, PyModule>) -> PyResult<Vec<Bound<'py, PyCFunction>>> {
    Ok(vec![
        wrap_pyfunction!(copy_objects, module)?,
        wrap_pyfunction!(plan_copy, module)?,
        wrap_pyfunction!(run_copy, module)?,
        wrap_pyfunction!(merge_reports, module)?,
        wrap_pyfunction!(clean_copies, module)?,
    ])
}

/// The first and the last of some moments.
type Span<'py> = (Bound<'py, PyDateTime>, Bound<'py, PyDateTime>);

/// A moment as Python's, in UTC.
fn moment(py: Python<'_>, at: Timestamp) -> PyResult<Bound<'_, PyDateTime>> {
    let zone = PyTzInfo::utc(py)?;
    PyDateTime::from_timestamp(py, at.millis() as f64 / 1_000.0, Some(&zone.to_owned()))
}

/// What a copy did.
#[pyclass(frozen, module = "bayou", name = "CopyReport")]
pub(super) struct PyCopyReport {
    inner: CopyReport,
}

#[pymethods]
impl PyCopyReport {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        let inner = serde_json::from_str(text).map_err(|error| unreadable("report", &error))?;
        Ok(Self { inner })
    }

    #[getter]
    fn source(&self) -> &str {
        &self.inner.source
    }

    #[getter]
    fn destination(&self) -> &str {
        &self.inner.destination
    }

    #[getter]
    fn objects(&self) -> u64 {
        self.inner.objects
    }

    #[getter]
    fn bytes(&self) -> u64 {
        self.inner.bytes
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.inner.seconds
    }

    #[getter]
    fn objects_per_second(&self) -> f64 {
        self.inner.objects_per_second()
    }

    #[getter]
    fn bytes_per_second(&self) -> f64 {
        self.inner.bytes_per_second()
    }

    #[getter]
    fn listed(&self) -> u64 {
        self.inner.listed
    }

    #[getter]
    fn skipped<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let skipped = PyDict::new(py);
        for (reason, count) in &self.inner.skipped {
            skipped.set_item(reason, count)?;
        }
        Ok(skipped)
    }

    #[getter]
    fn failed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let failed = PyDict::new(py);
        for failure in &self.inner.failed {
            failed.set_item(&failure.key, &failure.error)?;
        }
        Ok(failed)
    }

    #[getter]
    fn failed_count(&self) -> u64 {
        self.inner.failed_count
    }

    #[getter]
    fn verified(&self) -> u64 {
        self.inner.verified
    }

    #[getter]
    fn retried(&self) -> u64 {
        self.inner.retried
    }

    #[getter]
    fn hedged(&self) -> u64 {
        self.inner.hedged
    }

    #[getter]
    fn deleted(&self) -> u64 {
        self.inner.deleted
    }

    #[getter]
    fn moved(&self) -> u64 {
        self.inner.moved
    }

    #[getter]
    fn is_dry_run(&self) -> bool {
        self.inner.is_dry_run
    }

    #[getter]
    fn started<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        moment(py, self.inner.started)
    }

    #[getter]
    fn last_modified<'py>(&self, py: Python<'py>) -> PyResult<Option<Span<'py>>> {
        let span = self.inner.modified.map(|(oldest, newest)| Ok((moment(py, oldest)?, moment(py, newest)?)));
        span.transpose()
    }

    #[getter]
    fn manifest(&self) -> Option<PathBuf> {
        self.inner.manifest.clone()
    }

    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.inner).map_err(|error| unreadable("report", &error))
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("json")?.call_method1("loads", (self.to_json()?,))
    }

    fn to_pandas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("bayou.copying")?.call_method1("objects_frame", (self.to_dict(py)?,))
    }

    fn _repr_html_(&self) -> String {
        self.inner.to_html()
    }

    fn __repr__(&self) -> String {
        self.inner.to_string().trim_end().to_owned()
    }

    fn __getnewargs__(&self) -> PyResult<(String,)> {
        Ok((self.to_json()?,))
    }
}

/// One part of a copy that was planned.
#[pyclass(frozen, module = "bayou", name = "CopyPart")]
pub(super) struct PyCopyPart {
    inner: CopyPart,
}

#[pymethods]
impl PyCopyPart {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        let inner = serde_json::from_str(text).map_err(|error| unreadable("part", &error))?;
        Ok(Self { inner })
    }

    #[getter]
    fn number(&self) -> usize {
        self.inner.number
    }

    #[getter]
    fn of(&self) -> usize {
        self.inner.of
    }

    #[getter]
    fn objects(&self) -> u64 {
        self.inner.objects
    }

    #[getter]
    fn bytes(&self) -> u64 {
        self.inner.bytes
    }

    fn to_json(&self) -> PyResult<String> {
        serde_json::to_string(&self.inner).map_err(|error| unreadable("part", &error))
    }

    fn __repr__(&self) -> String {
        let CopyPart { number, of, objects, bytes, source, destination, .. } = &self.inner;
        format!("CopyPart({number} of {of}: {objects} objects, {bytes} bytes, {source} to {destination})")
    }

    fn __getnewargs__(&self) -> PyResult<(String,)> {
        Ok((self.to_json()?,))
    }
}

fn unreadable(what: &str, error: &serde_json::Error) -> PyErr {
    InvalidOptionError::new_err(format!("This is not the JSON of a {what}: {error}"))
}

/// Options as JSON, how to reach both sides, and the folder of manifests.
fn options(text: &str, reach: [&Bound<'_, PyDict>; 2], state_dir: Option<PathBuf>) -> PyResult<CopyOptions> {
    let refuse = |error| InvalidOptionError::new_err(format!("An option of the copy is not valid: {error}"));
    let parsed: CopyOptions = serde_json::from_str(text).map_err(refuse)?;
    let [source, destination] = reach;
    Ok(CopyOptions {
        source: storage_options(source)?,
        destination: storage_options(destination)?,
        state_dir,
        ..parsed
    })
}

fn storage_options(reach: &Bound<'_, PyDict>) -> PyResult<StorageOptions> {
    let mut options = StorageOptions::default();
    for (name, value) in reach {
        let (name, value): (String, Option<String>) = (name.extract()?, value.extract()?);
        match name.as_str() {
            "endpoint_url" => options.endpoint_url = value,
            "region" => options.region = value,
            "access_key_id" => options.access_key_id = value,
            "secret_access_key" => options.secret_access_key = value,
            "session_token" => options.session_token = value,
            "profile" => options.profile = value,
            _ => return Err(InvalidOptionError::new_err(format!("There is no option `{name}` of a bucket"))),
        }
    }
    Ok(options)
}

/// A running copy, as a progress bar sees it.
struct Running {
    tally: Arc<Tally>,
    began: Instant,
    shown: Mutex<Option<(f64, u64, f64)>>,
}

impl Running {
    fn new() -> Self {
        Self { tally: Arc::default(), began: Instant::now(), shown: Mutex::default() }
    }
}

impl Watched for Running {
    fn done(&self) -> u64 {
        self.tally.progress().objects
    }

    fn stop(&self) {
        self.tally.stop();
    }

    fn note(&self) -> Option<String> {
        let progress = self.tally.progress();
        let now = self.began.elapsed().as_secs_f64();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        // The rate of the last second or so.
        let rate = match *shown {
            Some((at, _, rate)) if now - at < 1.0 => rate,
            before => {
                let (at, bytes, _) = before.unwrap_or((0.0, 0, 0.0));
                let rate = progress.bytes.saturating_sub(bytes) as f64 / (now - at).max(1e-3);
                *shown = Some((now, progress.bytes, rate));
                rate
            }
        };
        let so_far = if progress.is_listed { "" } else { " so far" };
        let rest = progress.listed_bytes.saturating_sub(progress.bytes) as f64 / rate.max(1.0);
        let left = if progress.is_listed && rate > 0.0 { format!(", {rest:.0} s left") } else { String::new() };
        Some(format!("of {}{so_far}, {:.1} MB/s{left}", progress.listed, rate / 1e6))
    }
}

/// Run a copy with a progress bar; Ctrl-C lets it end in an orderly way.
fn watch<T: Send>(
    py: Python<'_>,
    what: &str,
    work: impl AsyncFnOnce(&Arc<Tally>) -> copy::Result<T> + Send,
) -> PyResult<T> {
    let handle = runtime::handle()?;
    let running = Running::new();
    let label = Label { what: what.to_owned(), unit: "objects", total: None };
    let tally = Arc::clone(&running.tally);
    wait_for_work(py, &label, &running, move || handle.block_on(async move { work(&tally).await }))?.or_raise()
}

#[pyfunction]
#[pyo3(name = "_copy")]
fn copy_objects(
    py: Python<'_>,
    source: &str,
    destination: &str,
    text: &str,
    source_reach: &Bound<'_, PyDict>,
    destination_reach: &Bound<'_, PyDict>,
    state_dir: Option<PathBuf>,
) -> PyResult<PyCopyReport> {
    let options = options(text, [source_reach, destination_reach], state_dir)?;
    let inner = watch(py, "copy", async |tally| copy::copy(source, destination, &options, tally).await)?;
    Ok(PyCopyReport { inner })
}

#[pyfunction]
#[pyo3(name = "_plan_copy")]
fn plan_copy(
    py: Python<'_>,
    source: &str,
    destination: &str,
    parts: usize,
    text: &str,
    source_reach: &Bound<'_, PyDict>,
    destination_reach: &Bound<'_, PyDict>,
) -> PyResult<Vec<PyCopyPart>> {
    let options = options(text, [source_reach, destination_reach], None)?;
    let planned = watch(py, "plan", async |_| copy::plan(source, destination, parts, &options).await)?;
    Ok(planned.into_iter().map(|inner| PyCopyPart { inner }).collect())
}

#[pyfunction]
#[pyo3(name = "_run_copy")]
fn run_copy(
    py: Python<'_>,
    part: &PyCopyPart,
    source_reach: &Bound<'_, PyDict>,
    destination_reach: &Bound<'_, PyDict>,
    state_dir: Option<PathBuf>,
) -> PyResult<PyCopyReport> {
    let mut part = part.inner.clone();
    for (planned, given) in
        [(&mut part.options.source, source_reach), (&mut part.options.destination, destination_reach)]
    {
        let given = storage_options(given)?;
        planned.endpoint_url = given.endpoint_url.or(planned.endpoint_url.take());
        planned.region = given.region.or(planned.region.take());
        planned.profile = given.profile.or(planned.profile.take());
        planned.access_key_id = given.access_key_id;
        planned.secret_access_key = given.secret_access_key;
        planned.session_token = given.session_token;
    }
    part.options.state_dir = state_dir;
    let inner = watch(py, "copy", async |tally| copy::run(&part, tally).await)?;
    Ok(PyCopyReport { inner })
}

#[pyfunction]
#[pyo3(name = "_merge_reports")]
fn merge_reports(reports: Vec<PyRef<'_, PyCopyReport>>) -> PyResult<PyCopyReport> {
    let inner: Vec<CopyReport> = reports.iter().map(|report| report.inner.clone()).collect();
    let none = || InvalidOptionError::new_err("There are no reports to merge");
    Ok(PyCopyReport { inner: CopyReport::merge(&inner).ok_or_else(none)? })
}

#[pyfunction]
#[pyo3(name = "_clean_copies")]
fn clean_copies(py: Python<'_>, reach: &Bound<'_, PyDict>, state_dir: Option<PathBuf>) -> PyResult<Vec<(String, u64)>> {
    let options = CopyOptions { destination: storage_options(reach)?, state_dir, ..CopyOptions::default() };
    let cleaned = watch(py, "clean", async |_| copy::clean(&options).await)?;
    Ok(cleaned.into_iter().map(|one| (one.destination, one.aborted + one.deleted)).collect())
}
