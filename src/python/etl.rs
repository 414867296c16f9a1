//! Jobs: choosing what they read, writing what they make, and their bookmarks. `bayou.etl` puts the verbs on top.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;

use super::error::{InterfaceError, InvalidOptionError, OrRaise};
use super::lake::{PyLake, scope};
use super::wait::wait_for_future;
use crate::catalog::{Catalog, Column, HiveType};
use crate::crawl::CsvHints;
use crate::etl::{FolderOptions, read_folders, unprocessed};
use crate::query::{
    BookmarkUpdate, CsvStyle, FileLimits, FileTable, Session, StagedWrite, WriteFormat, WriteMode, WriteReport,
    WriteRequest,
};
use crate::storage::Storage;

/// Chosen files with the description that they are read by.
#[pyclass(frozen, module = "bayou._bayou", name = "FileSet")]
pub(super) struct PyFileSet {
    pub(super) inner: Arc<FileTable>,
}

/// Path, bytes, milliseconds of change, values of the partition.
type FileEntry = (String, u64, i64, Option<Vec<Option<String>>>);

#[pymethods]
impl PyFileSet {
    /// Columns and partition keys with their Hive types.
    #[getter]
    fn columns(&self) -> Vec<(String, String)> {
        let table = &self.inner.table;
        let columns = table.storage.columns.iter().chain(&table.partition_keys);
        columns.map(|column| (column.name.clone(), column.data_type.to_string())).collect()
    }

    #[getter]
    fn partition_keys(&self) -> Vec<String> {
        self.inner.table.partition_keys.iter().map(|key| key.name.clone()).collect()
    }

    #[getter]
    fn format(&self) -> String {
        self.inner.table.storage.classification().unwrap_or_default().to_owned()
    }

    /// Path, bytes, milliseconds of change and values of the partition of each file.
    #[getter]
    fn files(&self) -> Vec<FileEntry> {
        let file = |file: &crate::catalog::DataFile| {
            (file.path.as_str().to_owned(), file.bytes, file.modified.millis(), file.partition.clone())
        };
        self.inner.files.iter().map(file).collect()
    }

    /// The same description with these files only.
    fn only(&self, paths: Vec<String>) -> Self {
        let wanted: std::collections::HashSet<String> = paths.into_iter().collect();
        Self { inner: Arc::new(self.inner.filtered(|file| wanted.contains(file.path.as_str()))) }
    }

    fn __len__(&self) -> usize {
        self.inner.files.len()
    }
}

/// Files that are written and not visible yet.
#[pyclass(frozen, module = "bayou._bayou", name = "StagedWrite")]
pub(super) struct PyStagedWrite {
    inner: Mutex<Option<StagedWrite>>,
}

#[pymethods]
impl PyStagedWrite {
    /// Rows that wait to be committed.
    #[getter]
    fn rows(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, StagedWrite::rows)
    }
}

/// What a job needs of a lake.
#[pyclass(frozen, module = "bayou._bayou", name = "EtlCore")]
pub(super) struct PyEtl {
    storage: Storage,
    catalog: Catalog,
    session: Session,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadOptions {
    format: Option<String>,
    delimiter: Option<String>,
    header: Option<bool>,
    quotes: Option<bool>,
    quote: Option<String>,
    escape: Option<String>,
    #[serde(default)]
    multi_line: bool,
    columns: Option<Vec<(String, String)>>,
    #[serde(default)]
    exclusions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteOptions {
    query: String,
    names: Vec<String>,
    counters: usize,
    keys: Vec<String>,
    folder: Option<String>,
    table: Option<(String, String)>,
    format: String,
    separator: Option<String>,
    quote: Option<String>,
    header: Option<bool>,
    compression: Option<String>,
    mode: String,
    string_keys: bool,
    adds_columns: bool,
    write_id: String,
    is_repeatable: bool,
    rows_per_file: Option<u64>,
    bytes_per_file: Option<u64>,
}

fn options<'a, T: Deserialize<'a>>(text: &'a str) -> PyResult<T> {
    serde_json::from_str(text)
        .map_err(|error| InvalidOptionError::new_err(format!("The options are not valid: {error}")))
}

fn byte(option: &str, text: Option<&str>) -> PyResult<Option<u8>> {
    match text.map(str::as_bytes) {
        None | Some([]) => Ok(None),
        Some([byte]) => Ok(Some(*byte)),
        Some(_) => Err(InvalidOptionError::new_err(format!(
            "The option `{option}` is `{}`, which is not one ASCII character",
            text.unwrap_or_default()
        ))),
    }
}

fn columns(given: Vec<(String, String)>) -> PyResult<Vec<Column>> {
    let column = |(name, data_type): (String, String)| {
        let parsed: HiveType = data_type.parse().or_raise()?;
        Ok(Column::new(name, parsed))
    };
    given.into_iter().map(column).collect()
}

impl WriteOptions {
    fn request(self, storage: &Storage, tables: Option<&Bound<'_, PyDict>>) -> PyResult<WriteRequest> {
        let invalid = |option: &str, value: &str, known: &str| {
            InvalidOptionError::new_err(format!("The option `{option}` is `{value}`\nhint: it is one of {known}"))
        };
        let format = match self.format.as_str() {
            "parquet" => WriteFormat::Parquet,
            "orc" => WriteFormat::Orc,
            "avro" => WriteFormat::Avro,
            "json" => WriteFormat::Json,
            "csv" => {
                let usual = CsvStyle::default();
                WriteFormat::Csv(CsvStyle {
                    separator: byte("separator", self.separator.as_deref())?.unwrap_or(usual.separator),
                    quote: match self.quote.as_deref() {
                        None => usual.quote,
                        quote => byte("quote", quote)?,
                    },
                    header: self.header.unwrap_or(usual.header),
                })
            }
            other => return Err(invalid("format", other, "parquet, csv, json, orc, avro")),
        };
        let mode = match self.mode.as_str() {
            "append" => WriteMode::Append,
            "overwrite" => WriteMode::Overwrite,
            "overwrite_partitions" => WriteMode::OverwritePartitions,
            "error" => WriteMode::Error,
            other => return Err(invalid("mode", other, "append, overwrite, overwrite_partitions, error")),
        };
        Ok(WriteRequest {
            query: self.query,
            scope: scope(tables)?,
            names: self.names,
            counters: self.counters,
            keys: self.keys,
            folder: self.folder.map(|folder| storage.lake_path(&folder)).transpose().or_raise()?,
            table: self.table,
            format,
            compression: self.compression,
            mode,
            string_keys: self.string_keys,
            adds_columns: self.adds_columns,
            write_id: self.write_id,
            is_repeatable: self.is_repeatable,
            limits: FileLimits { rows: self.rows_per_file, bytes: self.bytes_per_file },
        })
    }
}

/// A bookmark to write: job, context, run, files.
type Processed<'py> = (String, String, String, PyRef<'py, PyFileSet>);

#[pymethods]
impl PyEtl {
    #[new]
    fn new(py: Python<'_>, lake: &PyLake) -> PyResult<Self> {
        let session = py.detach(|| lake.session("default"))?;
        Ok(Self { storage: lake.storage.clone(), catalog: lake.catalog.clone(), session })
    }

    /// Files of a table; columns of the condition that are no partition keys; partitions chosen, of how many.
    #[pyo3(signature = (database, table, condition=None))]
    fn choose(
        &self,
        py: Python<'_>,
        database: &str,
        table: &str,
        condition: Option<&str>,
    ) -> PyResult<(PyFileSet, Vec<String>, u64, u64)> {
        let chosen = wait_for_future(py, || self.session.choose_files(database, table, condition))?.or_raise()?;
        let files = PyFileSet { inner: Arc::new(chosen.files) };
        Ok((files, chosen.other_columns, chosen.partitions, chosen.all_partitions))
    }

    fn read_folders(&self, py: Python<'_>, paths: Vec<String>, text: &str) -> PyResult<PyFileSet> {
        let given: ReadOptions = options(text)?;
        let targets = paths.iter().map(|path| self.storage.lake_path(path)).collect::<Result<Vec<_>, _>>();
        let targets = targets.or_raise()?;
        let options = FolderOptions {
            format: given.format,
            csv: CsvHints {
                delimiter: byte("separator", given.delimiter.as_deref())?,
                header: given.header,
                quotes: given.quotes,
            },
            escape: byte("escape", given.escape.as_deref())?,
            quote: byte("quote", given.quote.as_deref())?,
            multi_line: given.multi_line,
            columns: given.columns.map(columns).transpose()?,
            exclusions: given.exclusions,
        };
        let read = wait_for_future(py, || read_folders(&self.storage, &targets, &options))?.or_raise()?;
        Ok(PyFileSet { inner: Arc::new(read) })
    }

    /// The files that the job has not processed, and how many it has.
    fn unprocessed(&self, py: Python<'_>, job: &str, context: &str, files: &PyFileSet) -> PyResult<(PyFileSet, usize)> {
        let source = &files.inner;
        let (left, processed) = py.detach(|| unprocessed(&self.catalog, job, context, source)).or_raise()?;
        Ok((PyFileSet { inner: Arc::new(left) }, processed))
    }

    #[pyo3(signature = (text, tables=None))]
    fn stage(&self, py: Python<'_>, text: &str, tables: Option<&Bound<'_, PyDict>>) -> PyResult<PyStagedWrite> {
        let request = options::<WriteOptions>(text)?.request(&self.storage, tables)?;
        let staged = wait_for_future(py, || self.session.stage_write(request))?.or_raise()?;
        Ok(PyStagedWrite { inner: Mutex::new(Some(staged)) })
    }

    /// Make staged writes visible, and note what a job has processed.
    fn commit<'py>(
        &self,
        py: Python<'py>,
        writes: Vec<PyRef<'py, PyStagedWrite>>,
        processed: Vec<Processed<'py>>,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let mut staged = Vec::with_capacity(writes.len());
        for write in &writes {
            let taken = write.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
            staged.push(taken.ok_or_else(|| InterfaceError::new_err("The write was committed already"))?);
        }
        let bookmarks: Vec<BookmarkUpdate> = processed
            .into_iter()
            .map(|(job, context, run, files)| BookmarkUpdate { job, context, run, files: files.inner.files.clone() })
            .collect();
        let reports = wait_for_future(py, || self.session.commit_writes(staged, &bookmarks))?.or_raise()?;
        reports.iter().map(|report| report_dict(py, report)).collect()
    }

    /// Files that dead writers left: path, bytes, reason; deleted unless it is a trial.
    fn vacuum(&self, py: Python<'_>, seconds: f64, is_trial: bool) -> PyResult<Vec<(String, u64, &'static str)>> {
        let age = super::lake::seconds("older_than", seconds)?;
        let orphans = wait_for_future(py, || self.session.vacuum(age, is_trial))?.or_raise()?;
        Ok(orphans.into_iter().map(|orphan| (orphan.path, orphan.bytes, orphan.reason)).collect())
    }

    /// What a job has processed.
    fn bookmarks<'py>(&self, py: Python<'py>, job: &str) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let bookmarks = py.detach(|| self.catalog.bookmarks(job)).or_raise()?;
        let dict = |bookmark: &crate::catalog::Bookmark| {
            let dict = PyDict::new(py);
            dict.set_item("job", &bookmark.job)?;
            dict.set_item("context", &bookmark.context)?;
            dict.set_item("run", &bookmark.run)?;
            dict.set_item("path", bookmark.path.as_str())?;
            dict.set_item("bytes", bookmark.bytes)?;
            dict.set_item("etag", bookmark.etag.as_deref())?;
            dict.set_item("modified_ms", bookmark.modified.millis())?;
            dict.set_item("committed_ms", bookmark.at.millis())?;
            Ok(dict)
        };
        bookmarks.iter().map(dict).collect()
    }

    /// How many runs of a job were ever committed.
    fn runs(&self, py: Python<'_>, job: &str) -> PyResult<u64> {
        py.detach(|| self.catalog.bookmarked_runs(job)).or_raise()
    }

    /// Take back what a run and all after it have processed; everything without a run.
    #[pyo3(signature = (job, run=None))]
    fn rewind(&self, py: Python<'_>, job: &str, run: Option<&str>) -> PyResult<usize> {
        let summary = format!("rewind the job {job}");
        let rewound =
            py.detach(|| self.catalog.transaction("etl", &summary, |change| change.rewind_bookmarks(job, run)));
        rewound.or_raise()
    }
}

fn report_dict<'py>(py: Python<'py>, report: &WriteReport) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("folder", format!("{}/", report.folder))?;
    dict.set_item("table", report.table.as_ref().map(|(database, name)| format!("{database}.{name}")))?;
    dict.set_item("rows", report.rows)?;
    let files: Vec<(&str, u64, Option<u64>)> =
        report.files.iter().map(|file| (file.path.as_str(), file.bytes, file.rows)).collect();
    dict.set_item("files", files)?;
    dict.set_item("partitions", report.partitions.clone())?;
    dict.set_item("replaced", report.replaced)?;
    dict.set_item("counts", report.counts.clone())?;
    dict.set_item("folded_empty", report.folded_empty)?;
    dict.set_item("new_columns", report.new_columns.clone())?;
    Ok(dict)
}
