//! Applications in the service's JSON, read for `Lake.application_from_json`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::error::OrRaise;
use super::json::to_python;
use crate::analytics::{ApplicationDefinition, Resource};

/// Read the JSON text of an application: a dict of its parts.
#[pyfunction]
pub(super) fn read_definition<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyDict>> {
    let ApplicationDefinition { name, code, inputs, outputs, references } =
        ApplicationDefinition::parse(text).or_raise()?;
    let definition = PyDict::new(py);
    definition.set_item("name", name)?;
    definition.set_item("sql", code)?;
    let list = PyList::empty(py);
    for input in &inputs {
        let item = PyDict::new(py);
        item.set_item("streams", &input.streams)?;
        item.set_item("source", resource(py, &input.source)?)?;
        item.set_item("schema", to_python(py, &input.schema.to_api())?)?;
        item.set_item("start", &input.start)?;
        item.set_item("process", input.processor.as_ref().map(|process| resource(py, process)).transpose()?)?;
        list.append(item)?;
    }
    definition.set_item("inputs", list)?;
    let list = PyList::empty(py);
    for output in &outputs {
        let item = PyDict::new(py);
        item.set_item("stream", &output.stream)?;
        item.set_item("destination", resource(py, &output.destination)?)?;
        item.set_item("format", output.format.as_str())?;
        list.append(item)?;
    }
    definition.set_item("outputs", list)?;
    let list = PyList::empty(py);
    for reference in &references {
        let item = PyDict::new(py);
        item.set_item("table", &reference.table)?;
        item.set_item("bucket", &reference.bucket)?;
        item.set_item("key", &reference.key)?;
        item.set_item("schema", to_python(py, &reference.schema.to_api())?)?;
        list.append(item)?;
    }
    definition.set_item("references", list)?;
    Ok(definition)
}

fn resource<'py>(py: Python<'py>, resource: &Resource) -> PyResult<Bound<'py, PyDict>> {
    let item = PyDict::new(py);
    item.set_item("kind", resource.kind.as_str())?;
    item.set_item("arn", &resource.arn)?;
    item.set_item("name", resource.name())?;
    Ok(item)
}
