//! Input schemas as Python writes them, and their discovery.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict};

use super::error::{InvalidOptionError, OrRaise, SchemaError};
use super::function::PyPreprocess;
use super::json::{from_python, to_python};
use super::put_records::record_bytes;
use super::stream::PyStream;
use crate::analytics::{Discovery, InputColumn, InputSchema, RecordFormat, SqlType, discover, discover_from_stream};

/// What discovery found.
#[pyclass(frozen, module = "bayou", name = "Discovery")]
pub(super) struct PyDiscovery {
    found: Discovery,
}

#[pymethods]
impl PyDiscovery {
    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns(py, &self.found.schema)
    }

    #[getter]
    fn input_schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.found.schema.to_api())
    }

    #[getter]
    fn parsed_records(&self) -> Vec<Vec<Option<String>>> {
        self.found.parsed.clone()
    }

    #[getter]
    fn raw_records(&self) -> Vec<String> {
        self.found.raw.clone()
    }

    fn __repr__(&self) -> String {
        let columns = self.found.schema.columns.iter().map(|column| format!("{} {}", column.name, column.sql_type));
        format!("Discovery({})", columns.collect::<Vec<_>>().join(", "))
    }
}

/// Discover the schema of a stream, or of records.
#[pyfunction]
#[pyo3(signature = (source, *, process=None))]
pub(super) fn discover_schema(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    process: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyDiscovery> {
    let found = match source.cast::<PyStream>() {
        Ok(stream) => {
            let stream = stream.get().inner.clone();
            let process = process.map(|function| PyPreprocess::new(function, "discovery", stream.name()));
            py.detach(|| discover_from_stream(stream.name(), &stream, process.as_ref().map(|process| process as _)))
        }
        Err(_) if process.is_some() => {
            return Err(PyTypeError::new_err("`process` works on the records of a stream\nhint: pass the stream"));
        }
        Err(_) => {
            let records = record_bytes(py, source)?;
            py.detach(|| discover("the records", records.iter().map(Vec::as_slice)))
        }
    };
    Ok(PyDiscovery { found: found.or_raise()? })
}

/// The columns of a schema as `{name: type}`, or as `{name: (type, path)}` where the path is not the name.
pub(super) fn columns<'py>(py: Python<'py>, schema: &InputSchema) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    for column in &schema.columns {
        let sql_type = column.sql_type.to_string();
        let own_path = format!("$.{}", column.name);
        match &column.mapping {
            Some(mapping) if *mapping != own_path => columns.set_item(&column.name, (sql_type, mapping))?,
            _ => columns.set_item(&column.name, sql_type)?,
        }
    }
    Ok(columns)
}

/// An input schema from `{column: type}` or `{column: (type, path)}`, an InputSchema of the API, or what discovery found.
pub(super) fn input_schema(schema: &Bound<'_, PyAny>) -> PyResult<InputSchema> {
    if let Ok(discovery) = schema.cast::<PyDiscovery>() {
        return Ok(discovery.get().found.schema.clone());
    }
    let Ok(columns) = schema.cast::<PyDict>() else {
        return Err(PyTypeError::new_err(format!(
            "A schema is a dict or a Discovery, not `{}`\nhint: {{\"name\": \"VARCHAR(16)\", \"value\": \"DOUBLE\"}}",
            schema.get_type().name()?
        )));
    };
    if columns.contains("RecordFormat")? {
        return InputSchema::from_api(&from_python(schema)?)
            .map_err(|message| SchemaError::new_err(format!("The InputSchema is not valid: {message}")));
    }
    Ok(InputSchema { format: RecordFormat::default(), columns: columns.iter().map(column).collect::<PyResult<_>>()? })
}

fn column((name, declared): (Bound<'_, PyAny>, Bound<'_, PyAny>)) -> PyResult<InputColumn> {
    let name: String = name.extract()?;
    let (type_text, mapping): (String, Option<String>) = match declared.extract::<String>() {
        Ok(text) => (text, None),
        Err(_) => declared.extract().map_err(|_| {
            PyTypeError::new_err(format!("The schema's column `{name}` is neither a type nor a pair (type, mapping)"))
        })?,
    };
    match SqlType::parse(&type_text) {
        Some(sql_type) => Ok(InputColumn { name, sql_type, mapping }),
        None => Err(InvalidOptionError::new_err(format!(
            "The column `{name}` has the type `{type_text}`, which the streaming dialect does not have\n\
             hint: INTEGER, BIGINT, DOUBLE, DECIMAL(10,2), VARCHAR(16), BOOLEAN, DATE, TIMESTAMP"
        ))),
    }
}
