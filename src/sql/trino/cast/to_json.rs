//! CAST to JSON: compact text; rows become objects, map keys are sorted.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{Float32Type, Float64Type};

use super::text::{java_double, value_text};
use crate::sql::trino::call::SessionInfo;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

pub(super) fn cast(array: &ArrayRef, from: &TrinoType, _: &SessionInfo) -> Result<ArrayRef, TrinoError> {
    let one = |row: usize| {
        if array.is_null(row) {
            return Ok(None);
        }
        let mut text = String::new();
        write(array, row, from, &mut text)?;
        Ok(Some(text))
    };
    let texts: StringArray = (0..array.len()).map(one).collect::<Result<Vec<_>, TrinoError>>()?.into();
    Ok(Arc::new(texts))
}

/// Text as a JSON string with its quotes.
pub(crate) fn quote(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\u{8}' => into.push_str("\\b"),
            '\u{c}' => into.push_str("\\f"),
            c if u32::from(c) < 0x20 => into.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => into.push(c),
        }
    }
    into.push('"');
}

fn write(array: &ArrayRef, row: usize, from: &TrinoType, into: &mut String) -> Result<(), TrinoError> {
    if array.is_null(row) || matches!(from, TrinoType::Unknown) {
        into.push_str("null");
        return Ok(());
    }
    match from {
        TrinoType::Json => into.push_str(array.as_string::<i32>().value(row)),
        TrinoType::Double => number(array.as_primitive::<Float64Type>().value(row), into),
        TrinoType::Real => {
            let text = format!("{}", array.as_primitive::<Float32Type>().value(row));
            number(text.parse().unwrap_or(f64::NAN), into);
        }
        TrinoType::Array(element) => {
            let items = array.as_list::<i32>().value(row);
            into.push('[');
            for place in 0..items.len() {
                if place > 0 {
                    into.push(',');
                }
                write(&items, place, element, into)?;
            }
            into.push(']');
        }
        TrinoType::Map(key, value) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let mut named: Vec<(String, usize)> = (0..entries.len())
                .map(|place| Ok((value_text(keys, place, key)?.unwrap_or_default(), place)))
                .collect::<Result<_, TrinoError>>()?;
            named.sort();
            into.push('{');
            for (nth, (name, place)) in named.iter().enumerate() {
                if nth > 0 {
                    into.push(',');
                }
                quote(name, into);
                into.push(':');
                write(values, *place, value, into)?;
            }
            into.push('}');
        }
        TrinoType::Row(fields) => {
            into.push('{');
            for (place, field) in fields.iter().enumerate() {
                if place > 0 {
                    into.push(',');
                }
                quote(field.name.as_deref().unwrap_or_default(), into);
                into.push(':');
                write(array.as_struct().column(place), row, &field.data_type, into)?;
            }
            into.push('}');
        }
        _ => {
            let text = value_text(array, row, from)?.unwrap_or_default();
            if from.is_numeric() || matches!(from, TrinoType::Boolean) {
                into.push_str(&text);
            } else {
                quote(&text, into);
            }
        }
    }
    Ok(())
}

fn number(value: f64, into: &mut String) {
    if value.is_finite() {
        into.push_str(&java_double(value));
    } else {
        quote(&java_double(value), into);
    }
}
