//! Columns without rendering records.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, StringArray, StructArray, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, interleave};
use arrow::datatypes::{DataType, Field, Fields};
use arrow::error::ArrowError;
use serde_json::Value;

use super::draw::Slot;
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
        Source::List { items, .. } => {
            common_type(items, generator).map_or(DataType::Utf8, |item| DataType::new_list(item, true))
        }
    }
}

/// The type of a value inside of a list; `None` when it has none that a list could have.
pub(crate) fn item_type(source: &Source, generator: &Generator) -> Option<DataType> {
    let found = data_type(source, generator);
    let fits = match source {
        Source::Tag(_) | Source::List { .. } => found != DataType::Utf8,
        Source::Text { escaped, .. } => *escaped,
        Source::Constant(value) => matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_)),
        Source::Object(_) => true,
    };
    fits.then_some(found)
}

/// The type that all items have; of whole and broken numbers double.
fn common_type(items: &[Source], generator: &Generator) -> Option<DataType> {
    let mut common: Option<DataType> = None;
    for item in items {
        let found = item_type(item, generator)?;
        common = Some(match (common, found) {
            (None, found) => found,
            (Some(before), found) if before == found => found,
            (Some(DataType::Int64 | DataType::Float64), DataType::Int64 | DataType::Float64) => DataType::Float64,
            _ => return None,
        });
    }
    common
}

/// The fields of some columns.
pub(crate) fn fields(members: &[(String, Source)], generator: &Generator) -> Fields {
    members.iter().map(|(name, source)| Field::new(name, data_type(source, generator), true)).collect()
}

/// The values of a column for some records.
pub(crate) fn values<S: Iterator<Item = Slot> + Clone>(source: &Source, generator: &Generator, slots: S) -> ArrayRef {
    match source {
        Source::Tag(tag) => {
            let drawn = slots.map(|slot| (generator.draw(&slot, *tag), slot.record));
            generator.sampler(*tag).column(drawn)
        }
        Source::Text { units, escaped } => texts(units, *escaped, generator, slots),
        Source::Constant(value) => constant(value, slots.count()),
        Source::Object(members) => {
            let rows = slots.clone().count();
            let columns: Vec<ArrayRef> =
                members.iter().map(|(_, source)| values(source, generator, slots.clone())).collect();
            let fields = fields(members, generator);
            match StructArray::try_new_with_length(fields, columns, None, rows) {
                Ok(object) => Arc::new(object),
                Err(_) => new_null_array(&data_type(source, generator), rows),
            }
        }
        Source::List { items, units } => match common_type(items, generator) {
            None => texts(units, false, generator, slots),
            Some(item) => {
                let rows = slots.clone().count();
                let columns = items.iter().map(|item| values(item, generator, slots.clone())).collect();
                match list(columns, &item, rows) {
                    Ok(list) => Arc::new(list),
                    Err(_) => new_null_array(&data_type(source, generator), rows),
                }
            }
        },
    }
}

/// Lists of one value of each column.
fn list(columns: Vec<ArrayRef>, item: &DataType, rows: usize) -> Result<ListArray, ArrowError> {
    let columns = columns.iter().map(|column| cast(column, item)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
    let order: Vec<(usize, usize)> =
        (0..rows).flat_map(|row| (0..parts.len()).map(move |place| (place, row))).collect();
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(parts.len(), rows));
    let field = Arc::new(Field::new_list_field(item.clone(), true));
    ListArray::try_new(field, offsets, interleave(&parts, &order)?, None)
}

fn constant(value: &Value, rows: usize) -> ArrayRef {
    match value {
        Value::Bool(value) => Arc::new(BooleanArray::from(vec![*value; rows])),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Arc::new(Int64Array::from(vec![integer; rows])),
            None => Arc::new(Float64Array::from(vec![number.as_f64().unwrap_or(f64::NAN); rows])),
        },
        Value::Null => new_null_array(&DataType::Null, rows),
        Value::String(text) => Arc::new(StringArray::from(vec![text.as_str(); rows])),
        other => Arc::new(StringArray::from(vec![other.to_string(); rows])),
    }
}

fn texts(units: &[Unit], escaped: bool, generator: &Generator, slots: impl Iterator<Item = Slot>) -> ArrayRef {
    Arc::new(slots.map(|slot| Some(text(units, escaped, generator, &slot))).collect::<StringArray>())
}

/// The text of some units in one record.
pub(crate) fn text(units: &[Unit], escaped: bool, generator: &Generator, slot: &Slot) -> String {
    let mut out = Vec::with_capacity(units.len());
    for unit in units {
        match unit {
            Unit::Byte(byte) => out.push(*byte),
            Unit::Tag(tag) => generator.render_tag(slot, *tag, &mut out),
        }
    }
    let text = String::from_utf8_lossy(&out).into_owned();
    if escaped && text.contains('\\') {
        return serde_json::from_str(&format!("\"{text}\"")).unwrap_or(text);
    }
    text
}
