//! Reference tables as Python gives them: paths of objects, data frames, query results.

use std::path::Path;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict};

use super::error::{OrRaise, file_error};
use super::schema::input_schema;
use super::table::from_any;
use super::wait::wait_for_future;
use crate::analytics::{InputSchema, ReferenceTable};
use crate::storage::Storage;

/// The tables of `{name: source}` or `{name: (source, schema)}`.
pub(super) fn reference_tables(
    py: Python<'_>,
    storage: &Storage,
    reference: &Bound<'_, PyDict>,
) -> PyResult<Vec<ReferenceTable>> {
    let table = |(name, source): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        reference_table(py, storage, &name.extract::<String>()?, &source)
    };
    reference.iter().map(table).collect()
}

/// One table.
pub(super) fn reference_table(
    py: Python<'_>,
    storage: &Storage,
    name: &str,
    source: &Bound<'_, PyAny>,
) -> PyResult<ReferenceTable> {
    let (source, schema) = match source.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() {
        Ok((source, schema)) => (source, Some(input_schema(&schema)?)),
        Err(_) => (source.clone(), None),
    };
    let Some(path) = path_of(&source)? else {
        if schema.is_some() {
            return Err(PyTypeError::new_err(format!(
                "The reference table `{name}` has columns of its own\nhint: a schema goes with the path of a CSV or JSON object"
            )));
        }
        let table = from_any(&source)?;
        let (schema, batches) = table.parts();
        return ReferenceTable::from_arrow(name, schema, batches).or_raise();
    };
    read(py, storage, name, &path, schema.as_ref())
}

/// The text of a path; `None` for what is none.
fn path_of(source: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if let Ok(text) = source.extract::<String>() {
        return Ok(Some(text));
    }
    if source.hasattr("__fspath__")? { source.call_method0("__fspath__")?.extract().map(Some) } else { Ok(None) }
}

/// Read an object of the lake, or the file at an absolute path.
fn read(
    py: Python<'_>,
    storage: &Storage,
    name: &str,
    path: &str,
    schema: Option<&InputSchema>,
) -> PyResult<ReferenceTable> {
    let object = match storage.lake_path(path) {
        Ok(inside) => wait_for_future(py, || storage.get(&inside))?.or_raise()?.to_vec(),
        Err(_) if Path::new(path).is_absolute() => {
            py.detach(|| std::fs::read(path)).map_err(|error| file_error(Path::new(path), &error))?
        }
        Err(error) => return Err(error).or_raise(),
    };
    py.detach(|| ReferenceTable::read(name, &object, schema)).or_raise()
}
