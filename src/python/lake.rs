//! The lake behind `bayou.Lake`: storage, catalog and streams of one root, opened together.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::application::PyApplication;
use super::catalog::{PyCatalogTable, changes};
use super::crawl::{PyCrawlReport, delete_behavior, grouping, partition_typing, update_behavior};
use super::delivery::PyDelivery;
use super::error::{InvalidOptionError, OrRaise};
use super::etl::PyFileSet;
use super::execution::{PyExecution, summary_dict};
use super::function::PyPreprocess;
use super::reference::reference_tables;
use super::schema::input_schema;
use super::stream::{PyStream, start_position};
use super::table::{PyTable, from_any};
use super::wait::wait_for_future;
use crate::analytics::{Application, ApplicationConfig, ApplicationInput, Preprocess};
use crate::catalog::Catalog;
use crate::crawl::CrawlOptions;
use crate::deliver::{DeliveryConfig, Partitioning, Split};
use crate::query::{Scope, Session, SessionOptions};
use crate::storage::{Storage, StorageOptions};
use crate::stream::{Durability, StreamStore};
use crate::time::SystemClock;

/// One lake; `bayou.Lake` holds it and adds the verbs.
#[pyclass(frozen, module = "bayou._bayou", name = "LakeCore")]
pub(super) struct PyLake {
    pub(super) storage: Storage,
    pub(super) catalog: Catalog,
    streams: StreamStore,
    session: Mutex<Option<Session>>,
}

impl PyLake {
    /// A folder of the lake's private part for the thing called `name`.
    pub(super) fn private_folder(&self, kind: &str, name: &str) -> PyResult<PathBuf> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || name.len() > 128 || !name.chars().all(allowed) || name.starts_with('.') {
            return Err(InvalidOptionError::new_err(format!(
                "`{name}` cannot be a name in `{kind}`\n\
                 hint: letters, digits, `_`, `.` and `-`, 128 at most, no `.` in front"
            )));
        }
        Ok(self.storage.private_dir().join(kind).join(name))
    }

    /// The session of this lake; one engine and one history for all databases.
    pub(super) fn session(&self, database: &str) -> PyResult<Session> {
        let mut kept = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match &*kept {
            Some(session) => session,
            None => kept.insert(Session::new(&self.storage, &self.catalog, &SessionOptions::default()).or_raise()?),
        };
        Ok(session.with_database(database))
    }
}

/// Rows that a statement may name, by name.
pub(super) fn scope(tables: Option<&Bound<'_, PyDict>>) -> PyResult<Arc<Scope>> {
    let mut scope = Scope::default();
    for (name, rows) in tables.into_iter().flatten() {
        let name: String = name.extract()?;
        if let Ok(files) = rows.cast::<PyFileSet>() {
            scope.insert_files(&name, Arc::clone(&files.get().inner));
            continue;
        }
        let table = from_any(&rows)?;
        let (schema, batches) = table.parts();
        scope.insert(&name, Arc::clone(schema), batches.to_vec());
    }
    Ok(Arc::new(scope))
}

/// A length of time that an option gives in seconds.
pub(super) fn seconds(option: &str, value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| InvalidOptionError::new_err(format!("`{option}` is `{value}`, which is not a length of time")))
}

#[pymethods]
impl PyLake {
    #[new]
    #[pyo3(signature = (url, *, endpoint_url=None, region=None, access_key_id=None, secret_access_key=None,
                        session_token=None, profile=None, cache_dir=None))]
    #[expect(clippy::too_many_arguments, reason = "one Python keyword each")]
    fn new(
        py: Python<'_>,
        url: &str,
        endpoint_url: Option<String>,
        region: Option<String>,
        access_key_id: Option<String>,
        secret_access_key: Option<String>,
        session_token: Option<String>,
        profile: Option<String>,
        cache_dir: Option<PathBuf>,
    ) -> PyResult<Self> {
        let options = StorageOptions {
            endpoint_url,
            region,
            access_key_id,
            secret_access_key,
            session_token,
            profile,
            cache_dir,
        };
        py.detach(|| {
            let storage = Storage::open(url, &options).or_raise()?;
            let catalog = Catalog::open(&storage).or_raise()?;
            let streams = StreamStore::new(storage.private_dir().join("streams"), Arc::new(SystemClock));
            Ok(Self { storage, catalog, streams, session: Mutex::default() })
        })
    }

    /// A folder of the lake's private part.
    #[pyo3(name = "private_folder")]
    fn folder(&self, kind: &str, name: &str) -> PyResult<PathBuf> {
        self.private_folder(kind, name)
    }

    #[getter]
    fn url(&self) -> &str {
        self.storage.url()
    }

    /// The URL of a path of the lake; a slash at its end stays.
    fn location(&self, path: &str) -> PyResult<String> {
        let location = self.storage.location(&self.storage.lake_path(path).or_raise()?);
        Ok(if path.ends_with('/') { format!("{location}/") } else { location })
    }

    fn databases(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let databases = py.detach(|| self.catalog.databases()).or_raise()?;
        Ok(databases.into_iter().map(|database| database.name).collect())
    }

    fn tables(&self, py: Python<'_>, database: &str) -> PyResult<Vec<String>> {
        let tables = py.detach(|| self.catalog.tables(database)).or_raise()?;
        Ok(tables.into_iter().map(|table| table.name).collect())
    }

    fn table(&self, py: Python<'_>, database: &str, name: &str) -> PyResult<PyCatalogTable> {
        let table = py.detach(|| self.catalog.table(database, name)).or_raise()?;
        Ok(PyCatalogTable::new(self.catalog.clone(), table))
    }

    #[pyo3(signature = (name, *, shards=None, sync=false, is_limited=false))]
    fn stream(
        &self,
        py: Python<'_>,
        name: &str,
        shards: Option<u32>,
        sync: bool,
        is_limited: bool,
    ) -> PyResult<PyStream> {
        let durability = if sync { Durability::Sync } else { Durability::Os };
        let inner = py.detach(|| self.streams.open_or_create(name, shards, durability)).or_raise()?;
        Ok(PyStream { inner, limits: is_limited.then(Arc::default) })
    }

    fn open_stream(&self, py: Python<'_>, name: &str) -> PyResult<PyStream> {
        let inner = py.detach(|| self.streams.open(name, Durability::Os)).or_raise()?;
        Ok(PyStream { inner, limits: None })
    }

    fn streams(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        py.detach(|| self.streams.list()).or_raise()
    }

    fn delete_stream(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        py.detach(|| self.streams.delete(name)).or_raise()
    }

    #[pyo3(signature = (name, sql, inputs, *, schema=None, parallelism=None, process=None, reference=None,
                        start="TRIM_HORIZON", reset=false, checkpoint_seconds=10.0, epoch_records=65_536))]
    #[expect(clippy::too_many_arguments, reason = "one Python keyword each")]
    fn application(
        &self,
        py: Python<'_>,
        name: &str,
        sql: String,
        inputs: Vec<(String, PyRef<'_, PyStream>)>,
        schema: Option<&Bound<'_, PyAny>>,
        parallelism: Option<usize>,
        process: Option<&Bound<'_, PyAny>>,
        reference: Option<&Bound<'_, PyDict>>,
        start: &str,
        reset: bool,
        checkpoint_seconds: f64,
        epoch_records: usize,
    ) -> PyResult<PyApplication> {
        let schema = schema.map(input_schema).transpose()?;
        let start = start_position(start, None, None)?;
        let mut all = Vec::new();
        for (input, stream) in inputs {
            let stream = &stream.inner;
            let preprocess: Option<Arc<dyn Preprocess>> =
                process.map(|function| Arc::new(PyPreprocess::new(function, name, stream.name())) as _);
            match parallelism {
                Some(parallelism) => all.extend(ApplicationInput::parallel(
                    &input,
                    stream,
                    parallelism,
                    schema.as_ref(),
                    preprocess.as_ref(),
                    start,
                )),
                None => all.push(ApplicationInput {
                    name: input,
                    stream: stream.clone(),
                    shards: None,
                    schema: schema.clone(),
                    preprocess,
                    start,
                }),
            }
        }
        let config = ApplicationConfig {
            name: name.to_owned(),
            sql,
            folder: self.private_folder("applications", name)?,
            inputs: all,
            tables: match reference {
                Some(reference) => reference_tables(py, &self.storage, reference)?,
                None => Vec::new(),
            },
            reset,
            epoch_records,
            checkpoint_every: seconds("checkpoint_seconds", checkpoint_seconds)?,
            clock: Arc::new(SystemClock),
        };
        let application = py.detach(|| Application::new(config)).or_raise()?;
        Ok(PyApplication::new(application, self.storage.clone()))
    }

    #[pyo3(signature = (target, *, database="default", table=None, table_prefix="", strict_glue=false, group="similar",
                        levels=None, exclude=Vec::new(), sample_size=None, partition_types=None,
                        on_update="merge new columns", on_delete="deprecate", table_threshold=None))]
    #[expect(clippy::too_many_arguments, reason = "one Python keyword each")]
    fn crawl(
        &self,
        py: Python<'_>,
        target: &str,
        database: &str,
        table: Option<String>,
        table_prefix: &str,
        strict_glue: bool,
        group: &str,
        levels: Option<usize>,
        exclude: Vec<String>,
        sample_size: Option<usize>,
        partition_types: Option<&Bound<'_, PyAny>>,
        on_update: &str,
        on_delete: &str,
        table_threshold: Option<usize>,
    ) -> PyResult<PyCrawlReport> {
        let options = CrawlOptions {
            database: database.to_owned(),
            table_prefix: table_prefix.to_owned(),
            table_name: table,
            strict_glue,
            group: grouping(group)?,
            levels,
            exclusions: exclude,
            sample_size,
            partition_types: partition_types.map(partition_typing).transpose()?.unwrap_or_default(),
            on_update: update_behavior(on_update)?,
            on_delete: delete_behavior(on_delete)?,
            table_threshold,
            ..CrawlOptions::default()
        };
        let target = self.storage.lake_path(target).or_raise()?;
        let crawled = wait_for_future(py, || crate::crawl::crawl(&self.storage, &self.catalog, &target, &options))?;
        Ok(PyCrawlReport::new(crawled.or_raise()?, self.catalog.clone()))
    }

    fn undo(&self, py: Python<'_>, change: u64) -> PyResult<u64> {
        py.detach(|| self.catalog.undo(change)).or_raise()
    }

    fn changes(&self, py: Python<'_>, limit: usize) -> PyResult<PyTable> {
        changes(&py.detach(|| self.catalog.changes(limit)).or_raise()?)
    }

    #[pyo3(signature = (statement, *, database="default", parameters=Vec::new(), tables=None))]
    fn execute(
        &self,
        py: Python<'_>,
        statement: &str,
        database: &str,
        parameters: Vec<String>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyExecution> {
        let session = py.detach(|| self.session(database))?;
        let scope = scope(tables)?;
        let execution = wait_for_future(py, || session.execute_over(statement, &parameters, &scope))?.or_raise()?;
        Ok(PyExecution::new(session.clone(), execution))
    }

    #[pyo3(signature = (statement, *, database="default", parameters=Vec::new(), tables=None))]
    fn sql(
        &self,
        py: Python<'_>,
        statement: &str,
        database: &str,
        parameters: Vec<String>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyTable> {
        self.execute(py, statement, database, parameters, tables)?.fetch(py)
    }

    #[pyo3(signature = (limit=100))]
    fn queries<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let session = py.detach(|| self.session("default"))?;
        session.queries(limit).iter().map(|summary| summary_dict(py, summary)).collect()
    }

    fn cancel_query(&self, py: Python<'_>, query_id: &str) -> PyResult<bool> {
        Ok(py.detach(|| self.session("default"))?.cancel(query_id))
    }

    #[pyo3(signature = (name, *, prefix, error_prefix=None, format="json", compression=None, buffer_mib=5,
                        buffer_seconds=300, time_zone=None, file_extension=None, table=None, source=None, transform=None,
                        query=None, fields=None, is_partitioned=false, most_active=500, is_strict=false, split=None,
                        delimiter=None))]
    #[expect(clippy::too_many_arguments, reason = "one Python keyword each")]
    fn delivery(
        &self,
        py: Python<'_>,
        name: &str,
        prefix: &str,
        error_prefix: Option<String>,
        format: &str,
        compression: Option<&str>,
        buffer_mib: u32,
        buffer_seconds: u32,
        time_zone: Option<String>,
        file_extension: Option<String>,
        table: Option<String>,
        source: Option<&PyStream>,
        transform: Option<Py<PyAny>>,
        query: Option<String>,
        fields: Option<Vec<(String, String)>>,
        is_partitioned: bool,
        most_active: u32,
        is_strict: bool,
        split: Option<Vec<u8>>,
        delimiter: Option<Vec<u8>>,
    ) -> PyResult<PyDelivery> {
        let invalid = |option: &'static str| {
            move |reason: String| InvalidOptionError::new_err(format!("The option `{option}` is not valid: {reason}"))
        };
        let config = DeliveryConfig {
            error_prefix,
            format: format.parse().map_err(invalid("format"))?,
            compression: compression.map(str::parse).transpose().map_err(invalid("compression"))?.unwrap_or_default(),
            buffer_mib,
            buffer_seconds,
            custom_time_zone: time_zone,
            file_extension,
            table,
            delimiter: delimiter.unwrap_or_default(),
            // No bytes stand for JSON, whose values need nothing between them.
            split: split.map(|delimiter| if delimiter.is_empty() { Split::Json } else { Split::Delimiter(delimiter) }),
            partitioning: is_partitioned.then(|| Partitioning {
                query,
                fields: fields.unwrap_or_default(),
                most_active,
                is_strict,
            }),
            ..DeliveryConfig::new(name, prefix)
        };
        let source = source.map(|stream| stream.inner.clone());
        let (storage, catalog) = (self.storage.clone(), self.catalog.clone());
        py.detach(|| PyDelivery::new(config, storage, catalog, source, transform, is_strict))
    }

    fn __repr__(&self) -> String {
        format!("LakeCore({:?})", self.storage.url())
    }
}
