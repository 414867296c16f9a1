//! CAST and TRY_CAST between all of Trino's types.
//!
//! [`cast`] converts a whole column and fails at the first value that does not convert; [`try_cast`] makes such values
//! NULL. Source: the cast operators of Trino's types.

mod from_json;
mod from_text;
mod moment;
mod nested;
mod number;
mod text;
mod to_json;
mod zone;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, FixedSizeBinaryArray, StringArray, new_null_array};

pub(crate) use from_text::{parse_decimal, parse_time, parse_timestamp};
pub(crate) use moment::{
    time_array, time_nanos, timestamp_array, timestamp_nanos, zoned, zoned_array, zoned_time_array,
};
pub(crate) use number::{divide_half_up, power_of_ten};
pub(crate) use text::{java_double, value_text};
pub(crate) use zone::{instant_of_local, local_of_instant, offset_at};

use super::call::{Call, SessionInfo};
use super::error::TrinoError;
use super::types::TrinoType;

/// The kernel of CAST: from the argument's type to the call's type.
pub(crate) fn cast_kernel(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    match (call.args, call.arg_types) {
        ([value], [from]) => cast(value, from, call.return_type, call.session),
        _ => Err(TrinoError::internal("CAST takes one value")),
    }
}

/// The kernel of TRY_CAST.
pub(crate) fn try_cast_kernel(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    match (call.args, call.arg_types) {
        ([value], [from]) => try_cast(value, from, call.return_type, call.session),
        _ => Err(TrinoError::internal("TRY_CAST takes one value")),
    }
}

/// Whether Trino has a cast between two types.
pub(crate) fn is_castable(from: &TrinoType, to: &TrinoType) -> bool {
    use TrinoType as T;
    if from == to || matches!(from, T::Unknown) {
        return true;
    }
    let to_number = to.is_numeric();
    match (from, to) {
        (T::Array(from), T::Array(to)) => is_castable(from, to),
        (T::Map(from_key, from), T::Map(to_key, to)) => is_castable(from_key, to_key) && is_castable(from, to),
        (T::Row(from), T::Row(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(from, to)| is_castable(&from.data_type, &to.data_type))
        }
        (T::Array(element), T::Json) => is_castable(element, to),
        (T::Map(key, value), T::Json) => {
            (key.is_text() || key.is_numeric() || matches!(**key, T::Boolean)) && is_castable(value, to)
        }
        (T::Row(fields), T::Json) => fields.iter().all(|field| is_castable(&field.data_type, to)),
        (T::Json, T::Array(element)) => is_castable(from, element),
        (T::Json, T::Map(key, value)) => {
            (key.is_text() || key.is_numeric() || matches!(**key, T::Boolean)) && is_castable(from, value)
        }
        (T::Json, T::Row(fields)) => fields.iter().all(|field| is_castable(from, &field.data_type)),
        (T::Boolean, T::Json) | (T::Json, T::Boolean) => true,
        (T::Boolean, _) => to_number || to.is_text(),
        (T::Varchar(_) | T::Char(_), T::Array(_) | T::Map(..) | T::Row(_)) => false,
        (T::Varchar(_) | T::Char(_), T::IntervalDayToSecond | T::IntervalYearToMonth | T::Unknown) => false,
        (T::Varchar(_) | T::Char(_), _) => true,
        (from, T::Boolean) => from.is_numeric(),
        (from, T::Json) if from.is_numeric() => true,
        (from, to) if from.is_numeric() => to_number || to.is_text(),
        (T::Json, to) => to_number || matches!(to, T::Varchar(_)),
        (T::Date, to) => {
            matches!(to, T::Varchar(_) | T::Char(_) | T::Timestamp(_) | T::TimestampWithTimeZone(_) | T::Json)
        }
        (T::Time(_), to) => matches!(to, T::Varchar(_) | T::Char(_) | T::Time(_) | T::TimeWithTimeZone(_)),
        (T::TimeWithTimeZone(_), to) => matches!(to, T::Varchar(_) | T::Char(_) | T::Time(_) | T::TimeWithTimeZone(_)),
        (T::Timestamp(_) | T::TimestampWithTimeZone(_), to) => matches!(
            to,
            T::Varchar(_)
                | T::Char(_)
                | T::Date
                | T::Time(_)
                | T::TimeWithTimeZone(_)
                | T::Timestamp(_)
                | T::TimestampWithTimeZone(_)
                | T::Json
        ),
        (T::IntervalDayToSecond | T::IntervalYearToMonth, to) => to.is_text(),
        (T::Uuid | T::Ipaddress, T::Varbinary) | (T::Varbinary, T::Uuid | T::Ipaddress) => true,
        (T::Uuid | T::Ipaddress, to) => to.is_text(),
        _ => false,
    }
}

/// A column as another type.
///
/// # Errors
/// `INVALID_CAST_ARGUMENT` and `NUMERIC_VALUE_OUT_OF_RANGE` for the first value that does not convert.
pub(crate) fn cast(
    array: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
) -> Result<ArrayRef, TrinoError> {
    use TrinoType as T;
    if from == to {
        return Ok(Arc::clone(array));
    }
    match (from, to) {
        (T::Unknown, _) => Ok(new_null_array(&to.arrow(), array.len())),
        (T::Array(_), T::Array(_)) | (T::Map(..), T::Map(..)) | (T::Row(_), T::Row(_)) => {
            nested::cast(array, from, to, session)
        }
        (T::Json, T::Varchar(_) | T::Char(_)) => {
            let text = from_json::cast(array, &T::VARCHAR, session)?;
            text::fit(&text, to, false)
        }
        (_, T::Json) => to_json::cast(array, from, session),
        (T::Json, _) => from_json::cast(array, to, session),
        (T::Varchar(_) | T::Char(_), T::Varchar(_) | T::Char(_)) => text::fit(array, to, true),
        (T::Varchar(_) | T::Char(_), T::Varbinary) => {
            let bytes: BinaryArray = array.as_string::<i32>().iter().map(|text| text.map(str::as_bytes)).collect();
            Ok(Arc::new(bytes))
        }
        (T::Varchar(_) | T::Char(_), _) => from_text::cast(array, to, session),
        (_, T::Varchar(_) | T::Char(_)) => {
            let texts: Vec<Option<String>> =
                (0..array.len()).map(|row| value_text(array, row, from)).collect::<Result<_, _>>()?;
            let texts: ArrayRef = Arc::new(StringArray::from(texts));
            text::fit(&texts, to, false)
        }
        (from, to) if is_number_or_boolean(from) && is_number_or_boolean(to) => number::cast(array, from, to),
        (T::Uuid | T::Ipaddress, T::Varbinary) => {
            let bytes: BinaryArray = array.as_fixed_size_binary().iter().collect();
            Ok(Arc::new(bytes))
        }
        (T::Varbinary, T::Uuid | T::Ipaddress) => from_text::sixteen_bytes(array, to),
        _ => moment::cast(array, from, to, session),
    }
}

/// A column as another type, NULL for values that do not convert.
///
/// # Errors
/// Only what is not the value's fault.
pub(crate) fn try_cast(
    array: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
) -> Result<ArrayRef, TrinoError> {
    match cast(array, from, to, session) {
        Ok(converted) => Ok(converted),
        Err(error) if error.name == "GENERIC_INTERNAL_ERROR" => Err(error),
        Err(_) if array.len() <= 1 => Ok(new_null_array(&to.arrow(), array.len())),
        Err(_) => {
            let half = array.len() / 2;
            let first = try_cast(&array.slice(0, half), from, to, session)?;
            let second = try_cast(&array.slice(half, array.len() - half), from, to, session)?;
            Ok(arrow::compute::concat(&[first.as_ref(), second.as_ref()])?)
        }
    }
}

fn is_number_or_boolean(data_type: &TrinoType) -> bool {
    data_type.is_numeric() || matches!(data_type, TrinoType::Boolean)
}

/// The error for a value that does not convert.
fn cannot(value: &str, to: &TrinoType) -> TrinoError {
    TrinoError::cast(format!("Cannot cast '{value}' to {to}"))
}

/// Sixteen bytes a row.
fn sixteen(values: Vec<Option<[u8; 16]>>) -> Result<ArrayRef, TrinoError> {
    let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 16)?;
    Ok(Arc::new(array))
}

#[cfg(test)]
mod tests;
