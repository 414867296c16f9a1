//! JSON lines, as the JSON SerDes read them back.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::util::display::ArrayFormatter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::text::FORMAT;

/// Append one row as an object, without its line break; fields that are NULL are written as `null`.
pub(super) fn append_json(out: &mut Vec<u8>, batch: &RecordBatch, row: usize) -> Result<(), ArrowError> {
    out.push(b'{');
    for (place, (field, column)) in batch.schema_ref().fields().iter().zip(batch.columns()).enumerate() {
        if place > 0 {
            out.push(b',');
        }
        append_string(out, field.name());
        out.push(b':');
        append_json_value(out, column.as_ref(), row)?;
    }
    out.push(b'}');
    Ok(())
}

/// Append one value.
pub(super) fn append_json_value(out: &mut Vec<u8>, array: &dyn Array, row: usize) -> Result<(), ArrowError> {
    if array.is_null(row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push(b'[');
            for item in 0..items.len() {
                if item > 0 {
                    out.push(b',');
                }
                append_json_value(out, items.as_ref(), item)?;
            }
            out.push(b']');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let keys = ArrayFormatter::try_new(entries.column(0).as_ref(), &FORMAT)?;
            out.push(b'{');
            for entry in 0..entries.len() {
                if entry > 0 {
                    out.push(b',');
                }
                append_string(out, &keys.value(entry).try_to_string()?);
                out.push(b':');
                append_json_value(out, entries.column(1).as_ref(), entry)?;
            }
            out.push(b'}');
        }
        DataType::Struct(fields) => {
            out.push(b'{');
            for (place, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                append_string(out, field.name());
                out.push(b':');
                append_json_value(out, column.as_ref(), row)?;
            }
            out.push(b'}');
        }
        DataType::Utf8 => append_string(out, array.as_string::<i32>().value(row)),
        DataType::Binary => append_string(out, &STANDARD.encode(array.as_binary::<i32>().value(row))),
        DataType::Float32 if !array.as_primitive::<Float32Type>().value(row).is_finite() => {
            append_string(out, &special(f64::from(array.as_primitive::<Float32Type>().value(row))));
        }
        DataType::Float64 if !array.as_primitive::<Float64Type>().value(row).is_finite() => {
            append_string(out, &special(array.as_primitive::<Float64Type>().value(row)));
        }
        data_type => {
            let text = ArrayFormatter::try_new(array, &FORMAT)?.value(row).try_to_string()?;
            if data_type.is_numeric() || *data_type == DataType::Boolean {
                out.extend_from_slice(text.as_bytes());
            } else {
                append_string(out, &text);
            }
        }
    }
    Ok(())
}

/// A number that JSON has no form for, as Java writes it.
fn special(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value > 0.0 {
        "Infinity".into()
    } else {
        "-Infinity".into()
    }
}

fn append_string(out: &mut Vec<u8>, text: &str) {
    // Serialising a string into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
