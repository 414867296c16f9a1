//! Values as JSON, as the conformance cases write them.
//!
//! Numbers stay numbers, what JSON has no form for becomes Trino's text, maps become arrays of pairs, rows arrays.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float32Type, Float64Type};
use serde_json::{Number, Value};

use super::cast::value_text;
use super::error::TrinoError;
use super::types::TrinoType;

/// One value as JSON.
///
/// # Errors
/// `GENERIC_INTERNAL_ERROR` when the array does not hold the type.
pub(crate) fn json_value(array: &ArrayRef, row: usize, of: &TrinoType) -> Result<Value, TrinoError> {
    if matches!(of, TrinoType::Unknown) || array.is_null(row) {
        return Ok(Value::Null);
    }
    let items = |items: &ArrayRef, element: &TrinoType| {
        (0..items.len()).map(|place| json_value(items, place, element)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match of {
        TrinoType::Boolean => Value::Bool(array.as_boolean().value(row)),
        TrinoType::Real => {
            // The shortest digits of the real, not those of the nearest double.
            let text = array.as_primitive::<Float32Type>().value(row).to_string();
            double(text.parse().unwrap_or(f64::NAN))
        }
        TrinoType::Double => double(array.as_primitive::<Float64Type>().value(row)),
        integer if integer.is_integer() => {
            let text = value_text(array, row, of)?.unwrap_or_default();
            Value::Number(text.parse::<i64>().unwrap_or_default().into())
        }
        TrinoType::Varbinary => {
            let bytes = array.as_binary::<i32>().value(row);
            Value::String(bytes.iter().map(|byte| format!("{byte:02X}")).collect())
        }
        TrinoType::Array(element) => Value::Array(items(&array.as_list::<i32>().value(row), element)?),
        TrinoType::Map(key, value) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (items(entries.column(0), key)?, items(entries.column(1), value)?);
            Value::Array(keys.into_iter().zip(values).map(|(key, value)| Value::Array(vec![key, value])).collect())
        }
        TrinoType::Row(fields) => {
            let columns = array.as_struct().columns();
            let values = columns.iter().zip(fields).map(|(column, field)| json_value(column, row, &field.data_type));
            Value::Array(values.collect::<Result<_, _>>()?)
        }
        _ => value_text(array, row, of)?.map_or(Value::Null, Value::String),
    })
}

fn double(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None => Value::String(super::cast::java_double(value)),
    }
}
