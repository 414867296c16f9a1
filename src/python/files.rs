//! Files of the lake for Python: what tasks that stand for storage calls need.

use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::error::{MalformedFileError, OrRaise};
use super::lake::PyLake;
use super::table::PyTable;
use super::wait::wait_for_future;
use crate::storage::{ObjectInfo, Storage};

/// Read, write, list and delete files of a lake by their paths.
#[pyclass(frozen, module = "bayou._bayou", name = "LakeFiles")]
pub(super) struct PyLakeFiles {
    storage: Storage,
}

/// Path, size in bytes, time of change in milliseconds, ETag.
type Described = (String, u64, i64, Option<String>);

fn described(object: &ObjectInfo) -> Described {
    (object.path.as_str().to_owned(), object.bytes, object.modified.millis(), object.etag.clone())
}

#[pymethods]
impl PyLakeFiles {
    #[new]
    fn new(lake: &PyLake) -> Self {
        Self { storage: lake.storage.clone() }
    }

    fn list(&self, py: Python<'_>, prefix: &str) -> PyResult<Vec<Described>> {
        let folder = self.storage.lake_path(prefix).or_raise()?;
        let listed = wait_for_future(py, || self.storage.list(&folder))?.or_raise()?;
        Ok(listed.iter().map(described).collect())
    }

    fn head(&self, py: Python<'_>, path: &str) -> PyResult<Described> {
        let path = self.storage.lake_path(path).or_raise()?;
        Ok(described(&wait_for_future(py, || self.storage.head(&path))?.or_raise()?))
    }

    fn read<'py>(&self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyBytes>> {
        let path = self.storage.lake_path(path).or_raise()?;
        let content = wait_for_future(py, || self.storage.get(&path))?.or_raise()?;
        Ok(PyBytes::new(py, &content))
    }

    /// The first bytes of a file.
    fn read_start<'py>(&self, py: Python<'py>, path: &str, bytes: u64) -> PyResult<Bound<'py, PyBytes>> {
        let path = self.storage.lake_path(path).or_raise()?;
        let start = async {
            let size = self.storage.head(&path).await?.bytes;
            self.storage.get_range(&path, 0..bytes.min(size)).await
        };
        let content = wait_for_future(py, || start)?.or_raise()?;
        Ok(PyBytes::new(py, &content))
    }

    fn read_parquet(&self, py: Python<'_>, path: &str) -> PyResult<PyTable> {
        let path = self.storage.lake_path(path).or_raise()?;
        let content = wait_for_future(py, || self.storage.get(&path))?.or_raise()?;
        let decode = || {
            let reader = ParquetRecordBatchReaderBuilder::try_new(content)?;
            let schema = Arc::clone(reader.schema());
            let batches = reader.build()?.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, ParquetError>(PyTable::new(schema, batches))
        };
        py.detach(decode).map_err(|error| MalformedFileError::new_err(format!("`{path}` is no Parquet file: {error}")))
    }

    fn write(&self, py: Python<'_>, path: &str, content: &[u8]) -> PyResult<()> {
        let path = self.storage.lake_path(path).or_raise()?;
        let content = Bytes::copy_from_slice(content);
        wait_for_future(py, || self.storage.put(&path, content))?.or_raise()
    }

    fn delete(&self, py: Python<'_>, path: &str) -> PyResult<()> {
        let path = self.storage.lake_path(path).or_raise()?;
        wait_for_future(py, || self.storage.delete(&path))?.or_raise()
    }
}
