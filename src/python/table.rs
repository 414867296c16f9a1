//! `bayou.Table`: what every call that returns rows returns.
//!
//! A frozen handle on a schema and its batches. It speaks the Arrow C stream protocol, so pyarrow, polars, pandas and
//! DuckDB take it without a copy and without pyarrow being installed here; conversions import their library late.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use pyo3::exceptions::{PyImportError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyTuple, PyType};
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use pyo3_arrow::input::AnyRecordBatch;

use super::error::{InterfaceError, MissingDependencyError, arrow_error};
use super::preview::Figures;
use super::{preview, value};
use crate::query::QuerySummary;

/// Rows with a schema, held as Arrow record batches.
#[pyclass(frozen, module = "bayou", name = "Table")]
pub(super) struct PyTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    figures: Figures,
    /// What is told under the rows in place of the figures.
    note: Option<String>,
}

impl PyTable {
    /// A table of `batches`, all of which have `schema`.
    pub(super) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches, figures: Figures::default(), note: None }
    }

    pub(super) fn parts(&self) -> (&SchemaRef, &[RecordBatch]) {
        (&self.schema, &self.batches)
    }

    /// The table with the time it took to make it, shown under its rows.
    pub(super) fn took(mut self, elapsed: std::time::Duration) -> Self {
        self.figures.elapsed_ms = Some(elapsed.as_secs_f64() * 1_000.0);
        self
    }

    /// The table with what its query had to read.
    pub(super) fn of_query(mut self, summary: &QuerySummary) -> Self {
        self.figures.scan = Some(preview::Scan {
            bytes: summary.bytes_scanned,
            partitions: summary.partitions,
            all_partitions: summary.all_partitions,
            files: summary.files,
        });
        self
    }

    /// The line under the rows.
    fn end(&self) -> String {
        let figures = || preview::footer(self.rows(), self.schema.fields().len(), self.figures);
        self.note.clone().unwrap_or_else(figures)
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn window(&self, offset: usize, length: usize) -> Self {
        let (mut skip, mut left) = (offset, length);
        let mut batches = Vec::new();
        for batch in &self.batches {
            if left == 0 {
                break;
            }
            if skip >= batch.num_rows() {
                skip -= batch.num_rows();
                continue;
            }
            let take = left.min(batch.num_rows() - skip);
            batches.push(batch.slice(skip, take));
            (skip, left) = (0, left - take);
        }
        Self { schema: Arc::clone(&self.schema), batches, figures: Figures::default(), note: None }
    }

    /// The same rows without view types, which older pandas and pyarrow cannot compute with.
    fn plain(&self) -> PyResult<Self> {
        let fields: Fields = self.schema.fields().iter().map(|field| Arc::new(plain_field(field))).collect();
        if &fields == self.schema.fields() {
            return Ok(Self::new(Arc::clone(&self.schema), self.batches.clone()));
        }
        let schema = Arc::new(Schema::new_with_metadata(fields, self.schema.metadata().clone()));
        let convert = |batch: &RecordBatch| {
            let columns = batch.columns().iter().zip(schema.fields());
            let columns = columns.map(|(column, field)| cast(column, field.data_type())).collect::<Result<_, _>>()?;
            RecordBatch::try_new(Arc::clone(&schema), columns)
        };
        let batches = self.batches.iter().map(convert).collect::<Result<_, _>>().map_err(|e| arrow_error(&e))?;
        Ok(Self::new(schema, batches))
    }

    fn stream<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let field = Arc::new(Field::new_struct("", self.schema.fields().clone(), false));
        let field = Arc::new(field.as_ref().clone().with_metadata(self.schema.metadata().clone()));
        let batches = self.batches.clone().into_iter();
        let arrays = batches.map(|batch| Ok(Arc::new(StructArray::from(batch)) as ArrayRef));
        Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new(arrays, field)), requested_schema)?)
    }
}

fn plain_field(field: &Field) -> Field {
    let data_type = match field.data_type() {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(item) => DataType::List(Arc::new(plain_field(item))),
        DataType::LargeList(item) => DataType::LargeList(Arc::new(plain_field(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| Arc::new(plain_field(field))).collect()),
        other => other.clone(),
    };
    field.clone().with_data_type(data_type)
}

/// Import a library that `bayou` does not need, or say which extra brings it.
fn import<'py>(py: Python<'py>, module: &str, extra: &str) -> PyResult<Bound<'py, PyModule>> {
    py.import(module).map_err(|error| {
        if !error.is_instance_of::<PyImportError>(py) {
            return error;
        }
        let raised = MissingDependencyError::new_err(format!(
            "This needs `{module}`, which cannot be imported: {}\nhint: pip install 'bayou[{extra}]'",
            error.value(py)
        ));
        raised.set_cause(py, Some(error));
        raised
    })
}

#[pymethods]
impl PyTable {
    #[classmethod]
    fn from_arrow(_class: &Bound<'_, PyType>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
        from_any(data)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        self.stream(py, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }

    #[getter]
    fn num_rows(&self) -> usize {
        self.rows()
    }

    #[getter]
    fn num_columns(&self) -> usize {
        self.schema.fields().len()
    }

    #[getter]
    fn column_names(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    #[getter]
    fn column_types(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| preview::type_name(field.data_type())).collect()
    }

    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let types = PyDict::new(py);
        for field in self.schema.fields() {
            types.set_item(field.name(), preview::type_name(field.data_type()))?;
        }
        Ok(types)
    }

    #[getter]
    fn elapsed_ms(&self) -> Option<f64> {
        self.figures.elapsed_ms
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.batches.iter().map(RecordBatch::get_array_memory_size).sum()
    }

    fn __len__(&self) -> usize {
        self.rows()
    }

    fn __repr__(&self) -> PyResult<String> {
        preview::text(&self.schema, &self.batches, &self.end()).map_err(|error| arrow_error(&error))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        preview::html(&self.schema, &self.batches, &self.end()).map_err(|error| arrow_error(&error))
    }

    fn _renamed(&self, names: Vec<String>) -> PyResult<Self> {
        if names.len() != self.schema.fields().len() {
            return Err(InterfaceError::new_err("A table has as many names as columns"));
        }
        let renamed =
            self.schema.fields().iter().zip(names).map(|(field, name)| field.as_ref().clone().with_name(name));
        let schema = Arc::new(Schema::new(renamed.collect::<Vec<_>>()));
        let batch = |batch: &RecordBatch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(Arc::clone(&schema), batch.columns().to_vec(), &options)
        };
        let batches = self.batches.iter().map(batch).collect::<Result<Vec<_>, _>>();
        let batches = batches.map_err(|error| arrow_error(&error))?;
        Ok(Self { schema: Arc::clone(&schema), batches, figures: self.figures, note: self.note.clone() })
    }

    fn _noted(&self, note: String) -> Self {
        let (schema, batches) = (Arc::clone(&self.schema), self.batches.clone());
        Self { schema, batches, figures: self.figures, note: Some(note) }
    }

    #[pyo3(signature = (n=10))]
    fn head(&self, n: usize) -> Self {
        self.window(0, n)
    }

    #[pyo3(signature = (offset=0, length=None))]
    fn slice(&self, offset: usize, length: Option<usize>) -> Self {
        self.window(offset, length.unwrap_or(usize::MAX))
    }

    fn to_pydict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for (index, field) in self.schema.fields().iter().enumerate() {
            let column = PyList::empty(py);
            for batch in &self.batches {
                for item in value::values(py, batch.column(index))? {
                    column.append(item)?;
                }
            }
            columns.set_item(field.name(), column)?;
        }
        Ok(columns)
    }

    fn to_pylist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        for batch in &self.batches {
            let columns = columns(py, batch)?;
            for row in 0..batch.num_rows() {
                let item = PyDict::new(py);
                for (field, column) in self.schema.fields().iter().zip(&columns) {
                    item.set_item(field.name(), column.get(row))?;
                }
                rows.append(item)?;
            }
        }
        Ok(rows)
    }

    fn to_tuples<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        for batch in &self.batches {
            let columns = columns(py, batch)?;
            for row in 0..batch.num_rows() {
                let cells: Vec<_> = columns.iter().filter_map(|column| column.get(row)).collect();
                rows.append(PyTuple::new(py, cells)?)?;
            }
        }
        Ok(rows)
    }

    fn to_arrow<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let pyarrow = import(py, "pyarrow", "pandas")?;
        pyarrow.call_method1("table", (Py::new(py, self.plain()?)?,))
    }

    fn to_pandas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        import(py, "pandas", "pandas")?;
        let options = PyDict::new(py);
        options.set_item("date_as_object", false)?; // datetime64, so that the column can be grouped and plotted
        self.to_arrow(py)?.call_method("to_pandas", (), Some(&options))
    }

    fn to_polars<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let polars = import(py, "polars", "polars")?;
        polars.call_method1("DataFrame", (Py::new(py, self.plain()?)?,))
    }
}

fn columns<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Vec<Vec<Bound<'py, PyAny>>>> {
    batch.columns().iter().map(|column| value::values(py, column)).collect()
}

/// Rows from anything that speaks Arrow: pandas (2.2 or later, with pyarrow), polars, pyarrow, DuckDB, another `Table`.
pub(super) fn from_any(data: &Bound<'_, PyAny>) -> PyResult<PyTable> {
    let Ok(input) = data.extract::<AnyRecordBatch>() else {
        let class = data.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "`{class}` does not speak the Arrow C stream protocol\n\
             hint: pass a pyarrow table, a polars or pandas frame (pandas needs pyarrow), or a bayou.Table"
        )));
    };
    let reader = input.into_reader()?;
    let schema = reader.schema();
    let read = data.py().detach(move || reader.collect::<Result<Vec<_>, _>>());
    Ok(PyTable::new(schema, read.map_err(|error| arrow_error(&error))?))
}
