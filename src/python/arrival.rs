//! The ledger of arrived files for Python.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, StringArray, TimestampMillisecondArray, UInt64Array};
use pyo3::prelude::*;
use serde_json::json;

use super::catalog::table_of;
use super::error::OrRaise;
use super::lake::{PyLake, seconds};
use super::table::PyTable;
use super::wait::wait_for_future;
use crate::pipeline::{Arrival, Ledger, Seen};
use crate::storage::{Error, Storage};
use crate::time::{Clock, SystemClock};

/// Which files of a folder were claimed, are done, or failed; `bayou.arrival` puts the trigger on top.
#[pyclass(frozen, module = "bayou._bayou", name = "ArrivalLedger")]
pub(super) struct PyArrivalLedger {
    ledger: Ledger,
    storage: Storage,
}

fn described(file: &Arrival) -> String {
    json!({
        "id": file.id,
        "path": file.path,
        "identity": file.identity,
        "size": file.size,
        "etag": file.etag,
        "state": file.state.as_str(),
        "attempts": file.attempts,
        "error": file.error,
        "seen": file.seen.to_string(),
    })
    .to_string()
}

#[pymethods]
impl PyArrivalLedger {
    #[new]
    fn new(py: Python<'_>, lake: &PyLake, name: &str) -> PyResult<Self> {
        let path = lake.storage.private_dir().join("arrivals.db");
        let ledger = py.detach(|| Ledger::open(&path, name)).or_raise()?;
        Ok(Self { ledger, storage: lake.storage.clone() })
    }

    /// List the folder and take note of what is there.
    fn observe(&self, py: Python<'_>, prefix: &str, suffix: &str) -> PyResult<usize> {
        let folder = self.storage.lake_path(prefix).or_raise()?;
        let listed = wait_for_future(py, async || match self.storage.list(&folder).await {
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            listed => listed,
        })?;
        // Objects appear as a whole; local files may still be written to.
        let is_whole = !self.storage.url().starts_with("file:");
        let files: Vec<Seen> = listed
            .or_raise()?
            .into_iter()
            .filter(|object| object.path.as_str().ends_with(suffix))
            .map(|object| Seen {
                path: object.path.as_str().to_owned(),
                size: object.bytes,
                modified_ms: object.modified.millis(),
                etag: object.etag,
                is_whole,
            })
            .collect();
        py.detach(|| self.ledger.observe(&files, SystemClock.now())).or_raise()?;
        Ok(files.len())
    }

    fn claim(&self, py: Python<'_>, owner: &str, lease_seconds: f64) -> PyResult<Option<String>> {
        let lease = self::lease(lease_seconds)?;
        let claimed = py.detach(|| self.ledger.claim(owner, lease, SystemClock.now())).or_raise()?;
        Ok(claimed.as_ref().map(described))
    }

    fn renew(&self, py: Python<'_>, id: i64, owner: &str, lease_seconds: f64) -> PyResult<bool> {
        let lease = self::lease(lease_seconds)?;
        py.detach(|| self.ledger.renew(id, owner, lease, SystemClock.now())).or_raise()
    }

    fn done(&self, py: Python<'_>, id: i64, owner: &str) -> PyResult<bool> {
        py.detach(|| self.ledger.done(id, owner, SystemClock.now())).or_raise()
    }

    fn failed(&self, py: Python<'_>, id: i64, owner: &str, error: &str, max_attempts: u64) -> PyResult<bool> {
        py.detach(|| self.ledger.failed(id, owner, error, max_attempts, SystemClock.now())).or_raise()
    }

    fn retry_failed(&self, py: Python<'_>) -> PyResult<usize> {
        py.detach(|| self.ledger.retry_failed(SystemClock.now())).or_raise()
    }

    fn files(&self, py: Python<'_>) -> PyResult<PyTable> {
        let files = py.detach(|| self.ledger.files()).or_raise()?;
        let text = |get: fn(&Arrival) -> Option<&str>| -> ArrayRef {
            Arc::new(files.iter().map(get).collect::<StringArray>())
        };
        let number = |get: fn(&Arrival) -> u64| -> ArrayRef {
            Arc::new(files.iter().map(|file| Some(get(file))).collect::<UInt64Array>())
        };
        let seen = TimestampMillisecondArray::from_iter_values(files.iter().map(|file| file.seen.millis()));
        table_of(vec![
            ("path", text(|file| Some(&file.path))),
            ("size", number(|file| file.size)),
            ("state", text(|file| Some(file.state.as_str()))),
            ("attempts", number(|file| file.attempts)),
            ("error", text(|file| file.error.as_deref())),
            ("seen", Arc::new(seen.with_timezone("UTC"))),
        ])
    }
}

fn lease(lease_seconds: f64) -> PyResult<Duration> {
    seconds("lease_seconds", lease_seconds)
}
