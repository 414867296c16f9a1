//! Subscripts of arrays and maps, and fields of rows.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, make_array};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use super::compare::equal_values;
use crate::sql::trino::call::Call;
use crate::sql::trino::cast::value_text;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// The kernel of `array[index]`: beyond the ends is an error.
pub(crate) fn array_at(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let [lists, indices] = call.args else { return Err(TrinoError::internal("a subscript takes two values")) };
    let (lists, indices) = (lists.as_list::<i32>(), indices.as_primitive::<Int64Type>());
    let place = |row: usize| {
        let (index, length) = (indices.value(row), i64::from(lists.value_length(row)));
        if index == 0 {
            return Err(TrinoError::argument("SQL array indices start at 1"));
        }
        if index < 0 {
            return Err(TrinoError::argument(format!("Array subscript is negative: {index}")));
        }
        if index > length {
            return Err(TrinoError::argument(format!(
                "Array subscript must be less than or equal to array length: {index} > {length}"
            )));
        }
        let start = i64::from(lists.value_offsets()[row]);
        u32::try_from(start + index - 1).map_err(|_| TrinoError::internal("an array of too many elements"))
    };
    let places: UInt32Array = (0..call.rows).map(|row| place(row).map(Some)).collect::<Result<_, _>>()?;
    Ok(take(lists.values().as_ref(), &places, None)?)
}

/// The kernel of `map[key]`: an absent key is an error.
pub(crate) fn map_at(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let ([maps, wanted], [_, key_type]) = (call.args, call.arg_types) else {
        return Err(TrinoError::internal("a subscript takes two values"));
    };
    let maps = maps.as_map();
    let place = |row: usize| {
        let (start, end) = (maps.value_offsets()[row], maps.value_offsets()[row + 1]);
        let found = (start..end).find(|entry| {
            let entry = usize::try_from(*entry).unwrap_or_default();
            equal_values(maps.keys(), entry, wanted, row, key_type) == Some(true)
        });
        match found.and_then(|entry| u32::try_from(entry).ok()) {
            Some(entry) => Ok(entry),
            None => {
                let shown = value_text(wanted, row, key_type).ok().flatten().unwrap_or_else(|| "?".into());
                Err(TrinoError::argument(format!("Key not present in map: {shown}")))
            }
        }
    };
    let places: UInt32Array = (0..call.rows).map(|row| place(row).map(Some)).collect::<Result<_, _>>()?;
    Ok(take(maps.values().as_ref(), &places, None)?)
}

/// The kernel of `row.field`: the second argument is the field's place, from 1. Called with NULLs.
pub(crate) fn field_at(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let [rows, places] = call.args else { return Err(TrinoError::internal("a field takes a row and its place")) };
    if call.rows == 0 {
        return Ok(arrow::array::new_empty_array(&call.return_type.arrow()));
    }
    let rows = rows.as_struct();
    let place = usize::try_from(places.as_primitive::<Int64Type>().value(0)).unwrap_or_default();
    let Some(column) = place.checked_sub(1).and_then(|place| rows.columns().get(place)) else {
        return Err(TrinoError::argument(format!("The row has no field {place}")));
    };
    if matches!(call.return_type, TrinoType::Unknown) {
        return Ok(Arc::clone(column));
    }
    let nulls = NullBuffer::union(column.nulls(), rows.nulls());
    let data = column.to_data().into_builder().nulls(nulls).build()?;
    Ok(make_array(data))
}
