//! `bayou.CrawlReport`, and the options of a crawl as Python spells them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Float64Array, StringArray, UInt64Array};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::catalog::table_of;
use super::error::{InternalError, InvalidOptionError, OrRaise};
use super::table::PyTable;
use crate::catalog::{Catalog, HiveType};
use crate::crawl::{CrawlReport, DeleteBehavior, FolderNote, Grouping, LeftOut, PartitionTyping, UpdateBehavior};

/// What a crawl did, and why.
#[pyclass(frozen, module = "bayou", name = "CrawlReport")]
pub(super) struct PyCrawlReport {
    inner: CrawlReport,
    catalog: Catalog,
}

impl PyCrawlReport {
    pub(super) fn new(inner: CrawlReport, catalog: Catalog) -> Self {
        Self { inner, catalog }
    }
}

#[pymethods]
impl PyCrawlReport {
    #[getter]
    fn database(&self) -> &str {
        &self.inner.database
    }

    #[getter]
    fn target(&self) -> &str {
        &self.inner.target
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.inner.seconds
    }

    #[getter]
    fn is_change(&self) -> bool {
        self.inner.is_change()
    }

    #[getter]
    fn change_id(&self) -> Option<u64> {
        self.inner.change_id
    }

    #[getter]
    fn files_listed(&self) -> u64 {
        self.inner.files_listed
    }

    #[getter]
    fn files_skipped(&self) -> u64 {
        self.inner.files_skipped
    }

    #[getter]
    fn files_read(&self) -> u64 {
        self.inner.files_read
    }

    #[getter]
    fn bytes_read(&self) -> u64 {
        self.inner.bytes_read
    }

    #[getter]
    fn unclassified(&self) -> PyResult<PyTable> {
        left_out(&self.inner.unclassified)
    }

    #[getter]
    fn misplaced(&self) -> PyResult<PyTable> {
        left_out(&self.inner.misplaced)
    }

    #[getter]
    fn folders(&self) -> PyResult<PyTable> {
        let folders = &self.inner.folders;
        let text = |get: fn(&FolderNote) -> Option<&str>| -> StringArray { folders.iter().map(get).collect() };
        let similarity: Float64Array = folders.iter().map(|note| note.similarity).collect();
        table_of(vec![
            ("folder", Arc::new(text(|note| Some(&note.folder)))),
            ("format", Arc::new(text(|note| Some(&note.format)))),
            ("schema", Arc::new(text(|note| Some(&note.schema)))),
            ("nearest", Arc::new(text(|note| note.nearest.as_deref()))),
            ("similarity", Arc::new(similarity)),
            ("rule", Arc::new(text(|note| Some(&note.rule)))),
        ])
    }

    fn undo(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let Some(change) = self.inner.change_id else { return Ok(None) };
        py.detach(|| self.catalog.undo(change)).or_raise().map(Some)
    }

    #[getter]
    fn tables(&self) -> PyResult<PyTable> {
        let tables = &self.inner.tables;
        let text = |get: fn(&crate::crawl::TableOutcome) -> &str| -> StringArray {
            tables.iter().map(|table| Some(get(table))).collect()
        };
        let count = |get: fn(&crate::crawl::TableOutcome) -> u64| -> UInt64Array {
            tables.iter().map(|table| Some(get(table))).collect()
        };
        table_of(vec![
            ("name", Arc::new(text(|table| &table.name))),
            ("outcome", Arc::new(text(|table| table.outcome.as_str()))),
            ("format", Arc::new(text(|table| &table.format))),
            ("location", Arc::new(text(|table| &table.location))),
            ("files", Arc::new(count(|table| table.files))),
            ("partitions_added", Arc::new(count(|table| table.partitions_added))),
            ("reason", Arc::new(text(|table| &table.reason))),
        ])
    }

    fn explain(&self) -> String {
        self.inner.explain()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = serde_json::to_string(&self.inner)
            .map_err(|error| InternalError::new_err(format!("The report cannot be written as JSON: {error}")))?;
        py.import("json")?.call_method1("loads", (text,))
    }

    fn __repr__(&self) -> String {
        self.inner.explain().trim_end().to_owned()
    }

    fn _repr_html_(&self) -> String {
        self.inner.to_html()
    }
}

fn left_out(files: &[LeftOut]) -> PyResult<PyTable> {
    let text = |get: fn(&LeftOut) -> Option<&str>| -> StringArray { files.iter().map(get).collect() };
    let count = |get: fn(&LeftOut) -> u64| -> UInt64Array { files.iter().map(|file| Some(get(file))).collect() };
    table_of(vec![
        ("path", Arc::new(text(|file| Some(&file.path)))),
        ("bytes", Arc::new(count(|file| file.bytes))),
        ("bytes_seen", Arc::new(count(|file| file.bytes_seen))),
        ("reason", Arc::new(text(|file| Some(&file.reason)))),
        ("nearest", Arc::new(text(|file| file.nearest.as_deref()))),
    ])
}

fn refuse<T>(option: &str, value: &str, allowed: &str) -> PyResult<T> {
    Err(InvalidOptionError::new_err(format!("`{option}` is `{value}`\nhint: one of {allowed}")))
}

/// The option `group`.
pub(super) fn grouping(text: &str) -> PyResult<Grouping> {
    match text {
        "similar" => Ok(Grouping::Similar),
        "one table" => Ok(Grouping::OneTable),
        other => refuse("group", other, "`similar`, `one table`"),
    }
}

/// The option `on_update`.
pub(super) fn update_behavior(text: &str) -> PyResult<UpdateBehavior> {
    match text {
        "merge new columns" => Ok(UpdateBehavior::MergeNewColumns),
        "replace" => Ok(UpdateBehavior::Replace),
        "log" => Ok(UpdateBehavior::Log),
        other => refuse("on_update", other, "`merge new columns`, `replace`, `log`"),
    }
}

/// The option `on_delete`.
pub(super) fn delete_behavior(text: &str) -> PyResult<DeleteBehavior> {
    match text {
        "deprecate" => Ok(DeleteBehavior::Deprecate),
        "delete" => Ok(DeleteBehavior::Delete),
        "log" => Ok(DeleteBehavior::Log),
        other => refuse("on_delete", other, "`deprecate`, `delete`, `log`"),
    }
}

/// The option `partition_types`: `infer`, `string`, or types by key.
pub(super) fn partition_typing(option: &Bound<'_, PyAny>) -> PyResult<PartitionTyping> {
    if let Ok(text) = option.cast::<PyString>() {
        return match text.to_str()? {
            "infer" => Ok(PartitionTyping::Infer),
            "string" => Ok(PartitionTyping::Strings),
            other => refuse("partition_types", other, "`infer`, `string`, or a dict of keys and Hive types"),
        };
    }
    let mut types = BTreeMap::new();
    for (key, hive_type) in option.cast::<PyDict>()? {
        let text: String = hive_type.extract()?;
        types.insert(key.extract()?, text.parse::<HiveType>().or_raise()?);
    }
    Ok(PartitionTyping::Given(types))
}
