//! Rows of the caller's own, which a statement may name as tables: frames of a notebook.
//!
//! The catalog comes first: what is a table there is that table. A column gets Trino's type nearest to its Arrow type,
//! and its values the form that this type has in plans.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::MemTable;

use super::error::{Error, Result};
use super::relation::{Relation, RelationColumn};
use super::scan::{FileTable, Lake, ScanCounter};
use crate::sql::trino::types::TrinoType;

/// Tables by name, for one statement.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    tables: HashMap<String, Entry>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
enum Entry {
    Rows(SchemaRef, Vec<RecordBatch>),
    Files(Arc<FileTable>),
}

impl Scope {
    /// Add rows under a name; names are found in any case.
    pub fn insert(&mut self, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) {
        self.tables.insert(name.to_lowercase(), Entry::Rows(schema, batches));
    }

    /// Add files under a name, which are read when a statement runs.
    pub fn insert_files(&mut self, name: &str, files: Arc<FileTable>) {
        self.tables.insert(name.to_lowercase(), Entry::Files(files));
    }

    /// The rows of this name as a relation.
    pub(super) fn find(&self, name: &str, lake: &Arc<Lake>, counter: &Arc<ScanCounter>) -> Option<Result<Relation>> {
        Some(match self.tables.get(&name.to_lowercase())? {
            Entry::Rows(schema, batches) => relation(schema, batches),
            Entry::Files(files) => {
                files.snapshot().map(|snapshot| Relation::of_table(Arc::new(snapshot), lake, counter))
            }
        })
    }
}

fn relation(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Relation> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let Some(data_type) = TrinoType::from_arrow(field.data_type()) else {
            let what = format!("The column `{}` of Arrow's type {}", field.name(), field.data_type());
            return Err(Error::Unsupported { what });
        };
        columns.push(RelationColumn::plain(&field.name().to_lowercase(), data_type));
    }
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(&column.name, column.data_type.arrow(), true)).collect();
    let planned = Arc::new(Schema::new(fields));
    let convert = |batch: &RecordBatch| {
        let arrays = batch.columns().iter().zip(planned.fields());
        let arrays = arrays.map(|(array, field)| planned_form(array, field.data_type())).collect::<Result<_>>()?;
        RecordBatch::try_new(Arc::clone(&planned), arrays).map_err(|error| Error::Execution(error.to_string()))
    };
    let batches = batches.iter().map(convert).collect::<Result<Vec<_>>>()?;
    let table = MemTable::try_new(planned, vec![batches]).map_err(|error| Error::Execution(error.strip_backtrace()))?;
    Ok(Relation::Table { provider: Arc::new(table), columns })
}

/// The values in the form that plans have them in.
fn planned_form(array: &ArrayRef, target: &DataType) -> Result<ArrayRef> {
    let converted = match (array.data_type(), target) {
        (DataType::Timestamp(_, Some(zone)), DataType::Struct(fields)) => {
            let instant = fields.first().map_or(&DataType::Null, |field| field.data_type());
            let utc = cast(array, &DataType::Timestamp(unit(instant), Some("UTC".into())))
                .and_then(|moments| cast(&moments, instant));
            utc.and_then(|instants| {
                let zones: ArrayRef =
                    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&**zone, array.len())));
                let zoned = StructArray::try_new(fields.clone(), vec![instants, zones], array.logical_nulls())?;
                Ok(Arc::new(zoned) as ArrayRef)
            })
        }
        (own, target) if own == target => return Ok(Arc::clone(array)),
        _ => cast(array, target),
    };
    converted.map_err(|error| Error::Execution(error.to_string()))
}

fn unit(data_type: &DataType) -> arrow::datatypes::TimeUnit {
    match data_type {
        DataType::Timestamp(unit, _) => *unit,
        _ => arrow::datatypes::TimeUnit::Microsecond,
    }
}
