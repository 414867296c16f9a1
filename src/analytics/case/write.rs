//! Rows as a case writes them: numbers, booleans, `null` and strings.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMillisecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::DateTime;
use serde_json::{Number, Value, json};

use crate::analytics::error::Result;

/// Append the rows of a batch whose first column is ROWTIME.
pub(super) fn rows(batch: &RecordBatch, rows: &mut Vec<Value>) -> Result<()> {
    for row in 0..batch.num_rows() {
        let mut cells = batch.columns().iter().map(|column| cell(column, row));
        let rowtime = cells.next().transpose()?.unwrap_or(Value::Null);
        let values = cells.collect::<Result<Vec<_>>>()?;
        rows.push(json!({"rowtime": rowtime, "values": values}));
    }
    Ok(())
}

fn cell(column: &ArrayRef, row: usize) -> Result<Value> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            cast(&column.slice(row, 1), &DataType::Int64)?.as_primitive::<Int64Type>().value(0).into()
        }
        DataType::Float32 | DataType::Float64 => {
            let value = cast(&column.slice(row, 1), &DataType::Float64)?.as_primitive::<Float64Type>().value(0);
            Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
        }
        DataType::Decimal128(_, scale) => decimal(column.as_primitive::<Decimal128Type>().value(row), *scale),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let millis = column.as_primitive::<TimestampMillisecondType>().value(row);
            match DateTime::from_timestamp_millis(millis) {
                Some(time) => time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string().into(),
                None => millis.into(),
            }
        }
        DataType::Binary => BASE64_STANDARD.encode(column.as_binary::<i32>().value(row)).into(),
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        _ => {
            let options = FormatOptions::new().with_time_format(Some("%H:%M:%S%.3f"));
            ArrayFormatter::try_new(column, &options)?.value(row).to_string().into()
        }
    })
}

fn decimal(digits: i128, scale: i8) -> Value {
    match i64::try_from(digits) {
        Ok(whole) if scale <= 0 => whole.into(),
        #[expect(clippy::cast_precision_loss, reason = "cases compare numbers with a tolerance")]
        _ => json!(digits as f64 / 10f64.powi(i32::from(scale))),
    }
}
