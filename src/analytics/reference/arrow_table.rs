//! Reference tables out of Arrow data: data frames and query results.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::ReferenceTable;
use crate::analytics::error::{Error, Result};
use crate::analytics::sql_type::SqlType;

/// The digits that a DECIMAL can have.
const DECIMAL_DIGITS: u8 = 18;
const TEXT_LENGTH: u32 = 65_535;

impl ReferenceTable {
    /// The table `name` of the rows of `batches`, all of which have `schema`.
    ///
    /// # Errors
    /// [`Error::ReferenceData`] for a column of a type that the dialect does not have.
    pub fn from_arrow(name: &str, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Self> {
        let invalid = |message: String| Error::ReferenceData { table: name.to_owned(), message };
        let rows = concat_batches(schema, batches)?;
        let mut columns = Vec::with_capacity(rows.num_columns());
        let mut fields = Vec::with_capacity(rows.num_columns());
        let mut values: Vec<ArrayRef> = Vec::with_capacity(rows.num_columns());
        for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
            let Some(sql_type) = sql_type(field.data_type()) else {
                return Err(invalid(format!(
                    "its column `{}` has the type {}, which streaming SQL does not have",
                    field.name(),
                    field.data_type()
                )));
            };
            columns.push((field.name().clone(), sql_type));
            fields.push(Field::new(field.name(), sql_type.to_arrow(), true));
            values.push(cast(column, &sql_type.to_arrow())?);
        }
        let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), values)?;
        Ok(Self { name: name.to_owned(), columns, rows })
    }
}

/// The dialect's type for values of an Arrow type.
fn sql_type(data_type: &DataType) -> Option<SqlType> {
    Some(match data_type {
        DataType::Int8 => SqlType::TinyInt,
        DataType::Int16 | DataType::UInt8 => SqlType::SmallInt,
        DataType::Int32 | DataType::UInt16 => SqlType::Integer,
        DataType::Int64 | DataType::UInt32 => SqlType::BigInt,
        DataType::Float16 | DataType::Float32 => SqlType::Real,
        DataType::Float64 => SqlType::Double,
        DataType::Boolean => SqlType::Boolean,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
            if *scale >= 0 =>
        {
            SqlType::Decimal((*precision).min(DECIMAL_DIGITS), *scale)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => SqlType::Varchar(TEXT_LENGTH),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => SqlType::Varbinary(TEXT_LENGTH),
        DataType::Date32 | DataType::Date64 => SqlType::Date,
        DataType::Time32(_) | DataType::Time64(_) => SqlType::Time,
        DataType::Timestamp(_, _) => SqlType::Timestamp,
        // Columns without a value.
        DataType::Null => SqlType::Varchar(TEXT_LENGTH),
        DataType::Dictionary(_, values) => return sql_type(values),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, ListArray, StringViewArray, UInt8Array};
    use arrow::datatypes::Int32Type;

    use super::*;

    #[test]
    fn columns_take_the_dialects_types() {
        let batch = RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
            ("name", Arc::new(StringViewArray::from(vec!["a", "b"]))),
            ("small", Arc::new(UInt8Array::from(vec![200, 3]))),
        ])
        .unwrap();
        let table = ReferenceTable::from_arrow("T", &batch.schema(), &[batch.clone(), batch.clone()]).unwrap();
        let types: Vec<_> = table.columns.iter().map(|column| column.1).collect();
        assert_eq!(types, [SqlType::BigInt, SqlType::Varchar(TEXT_LENGTH), SqlType::SmallInt]);
        assert_eq!(table.rows.num_rows(), 4);
    }

    #[test]
    fn lists_are_refused_by_name() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]);
        let batch = RecordBatch::try_from_iter([("l", Arc::new(list) as ArrayRef)]).unwrap();
        assert!(
            ReferenceTable::from_arrow("T", &batch.schema(), std::slice::from_ref(&batch))
                .unwrap_err()
                .to_string()
                .contains("`l`")
        );
    }
}
