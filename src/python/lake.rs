//! The lake behind `bayou.Lake`: storage, catalog and streams of one root, opened together.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;

use super::catalog::PyCatalogTable;
use super::error::OrRaise;
use super::stream::PyStream;
use crate::catalog::Catalog;
use crate::storage::{Storage, StorageOptions};
use crate::stream::{Durability, StreamStore};
use crate::time::SystemClock;

/// One lake; `bayou.Lake` holds it and adds the verbs.
#[pyclass(frozen, module = "bayou._bayou", name = "LakeCore")]
pub(super) struct PyLake {
    pub(super) storage: Storage,
    pub(super) catalog: Catalog,
    streams: StreamStore,
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
            Ok(Self { storage, catalog, streams })
        })
    }

    #[getter]
    fn url(&self) -> &str {
        self.storage.url()
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

    #[pyo3(signature = (name, *, shards=None, sync=false))]
    fn stream(&self, py: Python<'_>, name: &str, shards: Option<u32>, sync: bool) -> PyResult<PyStream> {
        let durability = if sync { Durability::Sync } else { Durability::Os };
        let inner = py.detach(|| self.streams.open_or_create(name, shards, durability)).or_raise()?;
        Ok(PyStream { inner })
    }

    fn open_stream(&self, py: Python<'_>, name: &str) -> PyResult<PyStream> {
        let inner = py.detach(|| self.streams.open(name, Durability::Os)).or_raise()?;
        Ok(PyStream { inner })
    }

    fn streams(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        py.detach(|| self.streams.list()).or_raise()
    }

    fn delete_stream(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        py.detach(|| self.streams.delete(name)).or_raise()
    }

    fn __repr__(&self) -> String {
        format!("LakeCore({:?})", self.storage.url())
    }
}
