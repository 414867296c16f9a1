//! CAST from JSON: scalars, arrays, maps by key, rows by name or by place.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, ListArray, MapArray, StringArray, StructArray, new_null_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use serde_json::Value;

use super::{cannot, from_text, java_double, number};
use crate::sql::trino::call::SessionInfo;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

pub(super) fn cast(array: &ArrayRef, to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, TrinoError> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|_| cannot(text, to));
    let values: Vec<Option<Value>> =
        array.as_string::<i32>().iter().map(|text| text.map(parse).transpose()).collect::<Result<_, _>>()?;
    let values: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
    build(&values, to, session)
}

fn build(values: &[Option<&Value>], to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, TrinoError> {
    match to {
        TrinoType::Json => {
            let texts: StringArray = values.iter().map(|value| value.map(Value::to_string)).collect();
            Ok(Arc::new(texts))
        }
        TrinoType::Array(element) => array(values, element, session),
        TrinoType::Map(key, value) => map(values, key, value, to, session),
        TrinoType::Row(fields) => {
            let columns = (0..fields.len()).map(|place| {
                let parts: Vec<Option<&Value>> = values
                    .iter()
                    .map(|value| match value {
                        Some(Value::Object(members)) => {
                            let name = fields[place].name.as_deref().unwrap_or_default();
                            Ok(members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
                        }
                        Some(Value::Array(items)) if items.len() == fields.len() => Ok(items.get(place)),
                        Some(Value::Null) | None => Ok(None),
                        Some(other) => Err(cannot(&other.to_string(), to)),
                    })
                    .collect::<Result<_, _>>()?;
                build(&parts, &fields[place].data_type, session)
            });
            let columns = columns.collect::<Result<Vec<_>, TrinoError>>()?;
            let nulls = valid(values);
            let fields = TrinoType::row_fields(fields);
            Ok(Arc::new(StructArray::try_new_with_length(fields, columns, nulls, values.len())?))
        }
        _ => scalars(values, to, session),
    }
}

fn valid(values: &[Option<&Value>]) -> Option<NullBuffer> {
    let nulls: NullBuffer = values.iter().map(|value| !matches!(value, None | Some(Value::Null))).collect();
    (nulls.null_count() > 0).then_some(nulls)
}

fn array(values: &[Option<&Value>], element: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, TrinoError> {
    let mut items: Vec<Option<&Value>> = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Some(Value::Array(found)) => {
                items.extend(found.iter().map(Some));
                lengths.push(found.len());
            }
            None | Some(Value::Null) => lengths.push(0),
            Some(other) => return Err(cannot(&other.to_string(), &TrinoType::array(element.clone()))),
        }
    }
    let items = build(&items, element, session)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(element.item_field(), offsets, items, valid(values))?))
}

fn map(
    values: &[Option<&Value>],
    key: &TrinoType,
    value: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
) -> Result<ArrayRef, TrinoError> {
    let mut keys: Vec<Option<&str>> = Vec::new();
    let mut items: Vec<Option<&Value>> = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    for found in values {
        match found {
            Some(Value::Object(members)) => {
                keys.extend(members.keys().map(|key| Some(key.as_str())));
                items.extend(members.values().map(Some));
                lengths.push(members.len());
            }
            None | Some(Value::Null) => lengths.push(0),
            Some(other) => return Err(cannot(&other.to_string(), to)),
        }
    }
    let keys: ArrayRef = Arc::new(StringArray::from(keys));
    let keys = if key.is_text() {
        super::cast(&keys, &TrinoType::VARCHAR, key, session)?
    } else {
        from_text::cast(&keys, key, session)?
    };
    let items = build(&items, value, session)?;
    let entries = StructArray::try_new(TrinoType::entry_fields(key, value), vec![keys, items], None)?;
    let field = Arc::new(TrinoType::entries_field(key, value));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, valid(values), false)?))
}

/// The text of a scalar as Trino's casts from JSON read it.
fn scalar_text(value: &Value, to: &TrinoType) -> Result<Option<String>, TrinoError> {
    Ok(match value {
        Value::Null => None,
        Value::Bool(truth) => Some(match to {
            TrinoType::Boolean | TrinoType::Varchar(_) | TrinoType::Char(_) => truth.to_string(),
            _ => u8::from(*truth).to_string(),
        }),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(double)) if to.is_text() => java_double(double),
            _ => number.to_string(),
        }),
        Value::Array(_) | Value::Object(_) => return Err(cannot(&value.to_string(), to)),
    })
}

fn scalars(values: &[Option<&Value>], to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, TrinoError> {
    let texts: Vec<Option<String>> =
        values.iter().map(|value| value.map_or(Ok(None), |value| scalar_text(value, to))).collect::<Result<_, _>>()?;
    if texts.iter().all(Option::is_none) {
        return Ok(new_null_array(&to.arrow(), values.len()));
    }
    let texts: ArrayRef = Arc::new(StringArray::from(texts));
    match to {
        TrinoType::Varchar(_) | TrinoType::Char(_) => super::cast(&texts, &TrinoType::VARCHAR, to, session),
        // `1.9` is a number that rounds to an integer, and 0 and 1 are truths.
        TrinoType::Tinyint | TrinoType::Smallint | TrinoType::Integer | TrinoType::Bigint | TrinoType::Boolean => {
            match from_text::cast(&texts, to, session) {
                Ok(found) => Ok(found),
                Err(_) => {
                    let doubles = from_text::cast(&texts, &TrinoType::Double, session)?;
                    number::cast(&doubles, &TrinoType::Double, to)
                }
            }
        }
        _ => from_text::cast(&texts, to, session),
    }
}
