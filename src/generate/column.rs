//! Columns without rendering records.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, StructArray, new_null_array};
use arrow::datatypes::{DataType, Field, Fields};
use serde_json::Value;

use super::generator::Generator;
use super::shape::{Source, Unit};

/// The Arrow type of a column.
pub(crate) fn data_type(source: &Source, generator: &Generator) -> DataType {
    match source {
        Source::Tag(tag) => generator.sampler(*tag).data_type(),
        Source::Text { .. } => DataType::Utf8,
        Source::Constant(Value::Bool(_)) => DataType::Boolean,
        Source::Constant(Value::Number(number)) if number.is_i64() => DataType::Int64,
        Source::Constant(Value::Number(_)) => DataType::Float64,
        Source::Constant(Value::Null) => DataType::Null,
        Source::Constant(_) => DataType::Utf8,
        Source::Object(members) => DataType::Struct(fields(members, generator)),
    }
}

/// The fields of some columns.
pub(crate) fn fields(members: &[(String, Source)], generator: &Generator) -> Fields {
    members.iter().map(|(name, source)| Field::new(name, data_type(source, generator), true)).collect()
}

/// The values of a column for a range of records.
pub(crate) fn values(source: &Source, generator: &Generator, range: &Range<u64>) -> ArrayRef {
    let rows = (range.end - range.start) as usize;
    match source {
        Source::Tag(tag) => generator
            .sampler(*tag)
            .column(range.clone().map(|record| (generator.draw(record, *tag), generator.record(record)))),
        Source::Text { units, escaped } => Arc::new(
            range.clone().map(|record| Some(text(units, *escaped, generator, record))).collect::<StringArray>(),
        ),
        Source::Constant(Value::Bool(value)) => Arc::new(BooleanArray::from(vec![*value; rows])),
        Source::Constant(Value::Number(number)) => match number.as_i64() {
            Some(integer) => Arc::new(Int64Array::from(vec![integer; rows])),
            None => Arc::new(Float64Array::from(vec![number.as_f64().unwrap_or(f64::NAN); rows])),
        },
        Source::Constant(Value::Null) => new_null_array(&DataType::Null, rows),
        Source::Constant(Value::String(text)) => Arc::new(StringArray::from(vec![text.as_str(); rows])),
        Source::Constant(other) => Arc::new(StringArray::from(vec![other.to_string(); rows])),
        Source::Object(members) => {
            let columns: Vec<ArrayRef> = members.iter().map(|(_, source)| values(source, generator, range)).collect();
            let fields = fields(members, generator);
            match StructArray::try_new_with_length(fields, columns, None, rows) {
                Ok(object) => Arc::new(object),
                Err(_) => new_null_array(&data_type(source, generator), rows),
            }
        }
    }
}

/// The text of some units in one record.
pub(crate) fn text(units: &[Unit], escaped: bool, generator: &Generator, record: u64) -> String {
    let mut out = Vec::with_capacity(units.len());
    for unit in units {
        match unit {
            Unit::Byte(byte) => out.push(*byte),
            Unit::Tag(tag) => generator.render_tag_in_text(record, *tag, escaped, &mut out),
        }
    }
    let text = String::from_utf8_lossy(&out).into_owned();
    if escaped && text.contains('\\') {
        return serde_json::from_str(&format!("\"{text}\"")).unwrap_or(text);
    }
    text
}
