//! Queries that need no tables, for tests: the answer as JSON.

use chrono::Utc;
use pyo3::prelude::*;
use serde_json::json;

use super::error::{DataError, OrRaise as _, SqlError};
use super::wait::wait_for_future;
use crate::sql::caret;
use crate::sql::trino::evaluate::{EvaluateError, evaluate};

/// Run one query without tables; the result as JSON text.
#[pyfunction]
#[pyo3(name = "_evaluate_sql")]
pub(super) fn evaluate_sql(py: Python<'_>, sql: String) -> PyResult<String> {
    let text = sql.clone();
    let result = wait_for_future(py, move || async move { evaluate(&sql, Utc::now()).await })?;
    let found = result.map_err(|error| Failed { text, error }).or_raise()?;
    Ok(json!({"columns": found.types, "names": found.names, "rows": found.rows}).to_string())
}

/// An error with the text that it is in.
struct Failed {
    text: String,
    error: EvaluateError,
}

impl super::error::IntoPyErr for Failed {
    fn into_py_err(self) -> PyErr {
        match self.error {
            EvaluateError::Sql(error) => {
                let (line, column) = (u64::from(error.place.line), u64::from(error.place.column));
                let hint = error.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                SqlError::new_err(format!("{error}\n{}{hint}", caret(&self.text, line, column, 1)))
            }
            EvaluateError::Value(error) => DataError::new_err(error.to_string()),
        }
    }
}
