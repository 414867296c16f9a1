//! A statement on its way, for the clients: its id, columns, rows in batches, and what is known about it.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::error::{InterfaceError, OrRaise, arrow_error};
use super::table::PyTable;
use super::wait::wait_for_future;
use crate::query::{Execution, QuerySummary, ResultColumn, for_clients};

/// A statement that was begun.
#[pyclass(frozen, module = "bayou._bayou", name = "QueryExecution")]
pub(super) struct PyExecution {
    columns: Vec<ResultColumn>,
    /// Taken while a call waits for rows; `None` when a call has taken the last.
    inner: Mutex<Option<Execution>>,
    /// What was known when the rows were taken.
    ended: Mutex<Option<QuerySummary>>,
    session: crate::query::Session,
    id: String,
}

impl PyExecution {
    pub(super) fn new(session: crate::query::Session, execution: Execution) -> Self {
        Self {
            columns: execution.columns().to_vec(),
            id: execution.id().to_owned(),
            inner: Mutex::new(Some(execution)),
            ended: Mutex::new(None),
            session,
        }
    }

    fn taken(&self) -> Option<Execution> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn summary(&self) -> Option<QuerySummary> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ended.or_else(|| self.session.query(&self.id))
    }
}

#[pymethods]
impl PyExecution {
    #[getter]
    fn query_id(&self) -> &str {
        &self.id
    }

    #[getter]
    fn columns(&self) -> Vec<(String, String, u32, u32)> {
        let column = |column: &ResultColumn| {
            let (base, precision, scale) = column.metadata();
            (column.name.clone(), base.to_owned(), precision, scale)
        };
        self.columns.iter().map(column).collect()
    }

    #[getter]
    fn column_types(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.data_type.as_str()).collect()
    }

    #[getter]
    fn info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match self.summary() {
            Some(summary) => summary_dict(py, &summary),
            None => Ok(PyDict::new(py)),
        }
    }

    fn fetch(&self, py: Python<'_>) -> PyResult<PyTable> {
        let Some(mut execution) = self.taken() else {
            return Err(InterfaceError::new_err("The rows of this statement were taken already"));
        };
        let run = async || {
            let mut batches = Vec::new();
            let result = loop {
                match execution.next().await {
                    Ok(Some(batch)) => batches.push(batch),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            (execution.schema(), execution.summary(), result.map(|()| batches))
        };
        let (schema, summary, batches) = wait_for_future(py, run)?;
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(summary.clone());
        let (schema, batches) =
            for_clients(&self.columns, &schema, &batches.or_raise()?).map_err(|error| arrow_error(&error))?;
        Ok(PyTable::new(schema, batches).took(std::time::Duration::from_secs_f64(summary.total_ms / 1000.0)))
    }

    fn fetch_batch(&self, py: Python<'_>) -> PyResult<Option<PyTable>> {
        let Some(mut execution) = self.taken() else { return Ok(None) };
        let run = async || {
            let next = execution.next().await;
            (execution, next)
        };
        let (execution, next) = wait_for_future(py, run)?;
        let schema = execution.schema();
        let batch = next.or_raise()?;
        let Some(batch) = batch else {
            *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(execution.summary());
            return Ok(None);
        };
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = Some(execution);
        let (schema, batches) = for_clients(&self.columns, &schema, &[batch]).map_err(|error| arrow_error(&error))?;
        Ok(Some(PyTable::new(schema, batches)))
    }

    fn cancel(&self) -> bool {
        self.session.cancel(&self.id)
    }

    fn __repr__(&self) -> String {
        let state = self.summary().map_or("UNKNOWN", |summary| summary.state.as_str());
        format!("QueryExecution({:?}, {state})", self.id)
    }
}

/// A statement of the history as a dictionary.
pub(super) fn summary_dict<'py>(py: Python<'py>, summary: &QuerySummary) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("query_id", &summary.id)?;
    dict.set_item("text", &summary.text)?;
    dict.set_item("database", &summary.database)?;
    dict.set_item("statement_type", summary.statement_type.as_str())?;
    dict.set_item("substatement_type", &summary.substatement_type)?;
    dict.set_item("state", summary.state.as_str())?;
    dict.set_item("submitted_ms", summary.submitted.millis())?;
    dict.set_item("completed_ms", summary.completed.map(|at| at.millis()))?;
    dict.set_item("planning_ms", summary.planning_ms)?;
    dict.set_item("total_ms", summary.total_ms)?;
    dict.set_item("rows", summary.rows)?;
    dict.set_item("update_count", summary.update_count)?;
    dict.set_item("bytes_scanned", summary.bytes_scanned)?;
    dict.set_item("files", summary.files)?;
    dict.set_item("partitions", summary.partitions)?;
    dict.set_item("all_partitions", summary.all_partitions)?;
    dict.set_item("manifest", summary.manifest.as_deref())?;
    dict.set_item("error_code", summary.error_code.as_deref())?;
    dict.set_item("error", summary.error.as_deref())?;
    Ok(dict)
}
