//! `bayou.testing.run_streaming_case`: recorded cases through the streaming engine.

use std::path::PathBuf;

use pyo3::prelude::*;

use super::error::{InvalidOptionError, OrRaise};
use crate::analytics::{CaseMode, run_case};

/// Run a case given as JSON; gives the rows of its streams as JSON.
#[pyfunction]
#[pyo3(signature = (case, folder, *, mode="whole", at=None))]
pub(super) fn run_streaming_case(
    py: Python<'_>,
    case: &str,
    folder: PathBuf,
    mode: &str,
    at: Option<usize>,
) -> PyResult<String> {
    let mode = match (mode, at) {
        ("whole", None) => CaseMode::Whole,
        ("row", None) => CaseMode::Row,
        ("restore", None) => CaseMode::Restore,
        ("restore", Some(at)) => CaseMode::RestoreAt(at),
        ("whole" | "row", Some(_)) => {
            return Err(InvalidOptionError::new_err("`at` goes with the mode `restore`\nhint: leave `at` out"));
        }
        (other, _) => {
            let message = format!("`mode` is `{other}`\nhint: one of `whole`, `row`, `restore`");
            return Err(InvalidOptionError::new_err(message));
        }
    };
    let case = serde_json::from_str(case)
        .map_err(|error| InvalidOptionError::new_err(format!("The case is not valid JSON: {error}")))?;
    let rows = py.detach(|| run_case(&case, mode, folder)).or_raise()?;
    Ok(rows.to_string())
}
