//! `bayou.CatalogTable`: a table of the catalog, as Glue describes it.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::datatypes::{Field, Schema};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::error::{InternalError, OrRaise, arrow_error};
use super::table::PyTable;
use crate::catalog::{Catalog, ChangeRecord, Column, Table};

/// A table of the catalog, as it was when it was asked for.
#[pyclass(frozen, module = "bayou", name = "CatalogTable")]
pub(super) struct PyCatalogTable {
    catalog: Catalog,
    table: Table,
}

impl PyCatalogTable {
    pub(super) fn new(catalog: Catalog, table: Table) -> Self {
        Self { catalog, table }
    }
}

fn types<'py>(py: Python<'py>, columns: &[Column]) -> PyResult<Bound<'py, PyDict>> {
    let types = PyDict::new(py);
    for column in columns {
        types.set_item(&column.name, column.data_type.to_string())?;
    }
    Ok(types)
}

/// A table of named columns of equal length.
pub(super) fn table_of(columns: Vec<(&str, ArrayRef)>) -> PyResult<PyTable> {
    let fields: Vec<_> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|error| arrow_error(&error))?;
    Ok(PyTable::new(schema, vec![batch]))
}

/// Changes of the catalog, as a table.
pub(super) fn changes(found: &[ChangeRecord]) -> PyResult<PyTable> {
    let ids: Int64Array = found.iter().map(|change| Some(change.id)).collect();
    let at: TimestampMillisecondArray = found.iter().map(|change| Some(change.at.0)).collect();
    let kinds: StringArray = found.iter().map(|change| Some(change.kind.as_str())).collect();
    let summaries: StringArray = found.iter().map(|change| Some(change.summary.as_str())).collect();
    let processes: Int64Array = found.iter().map(|change| Some(i64::from(change.process))).collect();
    table_of(vec![
        ("id", Arc::new(ids)),
        ("at", Arc::new(at.with_timezone("UTC"))),
        ("kind", Arc::new(kinds)),
        ("summary", Arc::new(summaries)),
        ("process", Arc::new(processes)),
    ])
}

#[pymethods]
impl PyCatalogTable {
    #[getter]
    fn database(&self) -> &str {
        &self.table.database
    }

    #[getter]
    fn name(&self) -> &str {
        &self.table.name
    }

    #[getter]
    fn location(&self) -> &str {
        &self.table.storage.location
    }

    #[getter]
    fn format(&self) -> Option<&str> {
        self.table.storage.classification()
    }

    #[getter]
    fn version(&self) -> u64 {
        self.table.version
    }

    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        types(py, &self.table.storage.columns)
    }

    #[getter]
    fn partition_keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        types(py, &self.table.partition_keys)
    }

    #[getter]
    fn parameters(&self, py: Python<'_>) -> PyResult<Py<PyDict>> {
        let parameters = PyDict::new(py);
        for (key, value) in &self.table.parameters {
            parameters.set_item(key, value)?;
        }
        Ok(parameters.unbind())
    }

    fn partitions(&self, py: Python<'_>) -> PyResult<PyTable> {
        let found = py.detach(|| self.catalog.partitions(&self.table.database, &self.table.name)).or_raise()?;
        let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
        for (index, key) in self.table.partition_keys.iter().enumerate() {
            let values: StringArray = found.iter().map(|p| p.values.get(index).and_then(Option::as_deref)).collect();
            columns.push((&key.name, Arc::new(values)));
        }
        let locations: StringArray = found.iter().map(|partition| Some(partition.location.as_str())).collect();
        columns.push(("location", Arc::new(locations)));
        table_of(columns)
    }

    fn files(&self, py: Python<'_>) -> PyResult<PyTable> {
        let found = py.detach(|| self.catalog.files(&self.table.database, &self.table.name, None)).or_raise()?;
        let paths: StringArray = found.iter().map(|file| Some(file.path.as_str())).collect();
        let bytes: UInt64Array = found.iter().map(|file| Some(file.bytes)).collect();
        let rows: UInt64Array = found.iter().map(|file| file.rows).collect();
        let modified = found.iter().map(|file| Some(file.modified.0)).collect::<TimestampMillisecondArray>();
        table_of(vec![
            ("path", Arc::new(paths)),
            ("bytes", Arc::new(bytes)),
            ("rows", Arc::new(rows)),
            ("modified", Arc::new(modified.with_timezone("UTC"))),
        ])
    }

    fn history(&self, py: Python<'_>) -> PyResult<PyTable> {
        let found = py.detach(|| self.catalog.table_history(&self.table.database, &self.table.name)).or_raise()?;
        let versions: UInt64Array = found.iter().map(|version| Some(version.version)).collect();
        let at: TimestampMillisecondArray = found.iter().map(|version| Some(version.change.at.0)).collect();
        let kinds: StringArray = found.iter().map(|version| Some(version.change.kind.as_str())).collect();
        let summaries: StringArray = found.iter().map(|version| Some(version.change.summary.as_str())).collect();
        let processes: Int64Array = found.iter().map(|version| Some(i64::from(version.change.process))).collect();
        table_of(vec![
            ("version", Arc::new(versions)),
            ("at", Arc::new(at.with_timezone("UTC"))),
            ("kind", Arc::new(kinds)),
            ("summary", Arc::new(summaries)),
            ("process", Arc::new(processes)),
        ])
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = serde_json::to_string(&self.table)
            .map_err(|error| InternalError::new_err(format!("The table cannot be described: {error}")))?;
        py.import("json")?.call_method1("loads", (text,))
    }

    fn __repr__(&self) -> String {
        let Table { database, name, storage, partition_keys, .. } = &self.table;
        let list = |columns: &[Column]| {
            columns.iter().map(|c| format!("{} {}", c.name, c.data_type)).collect::<Vec<_>>().join(", ")
        };
        let partitioned = if partition_keys.is_empty() {
            String::new()
        } else {
            format!("\n  partitioned by {}", list(partition_keys))
        };
        format!("{database}.{name} ({}){partitioned}\n  at {}", list(&storage.columns), storage.location)
    }
}
