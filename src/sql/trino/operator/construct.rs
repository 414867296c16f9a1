//! Constructors of arrays and rows, and what UNNEST needs of arrays and maps. All are called with NULLs.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, StructArray, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::interleave;
use arrow::datatypes::Int64Type;

use crate::sql::trino::call::Call;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// The kernel of `ARRAY[…]`.
pub(crate) fn array_of(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let TrinoType::Array(element) = call.return_type else { return Err(TrinoError::internal("an array")) };
    let width = call.args.len();
    let items = if width == 0 {
        new_empty_array(&element.arrow())
    } else {
        let columns: Vec<&dyn Array> = call.args.iter().map(AsRef::as_ref).collect();
        let places: Vec<(usize, usize)> =
            (0..call.rows).flat_map(|row| (0..width).map(move |column| (column, row))).collect();
        interleave(&columns, &places)?
    };
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(width, call.rows));
    Ok(Arc::new(ListArray::try_new(element.item_field(), offsets, items, None)?))
}

/// The kernel of `ROW(…)`.
pub(crate) fn row_of(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let TrinoType::Row(fields) = call.return_type else { return Err(TrinoError::internal("a row")) };
    let fields = TrinoType::row_fields(fields);
    Ok(Arc::new(StructArray::try_new_with_length(fields, call.args.to_vec(), None, call.rows)?))
}

/// A map as the array of its entries, as rows of key and value.
pub(crate) fn entries_of(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let ([maps], TrinoType::Array(entry)) = (call.args, call.return_type) else {
        return Err(TrinoError::internal("the entries of a map"));
    };
    let TrinoType::Row(fields) = entry.as_ref() else { return Err(TrinoError::internal("entries are rows")) };
    let maps = maps.as_map();
    let columns = vec![Arc::clone(maps.keys()), Arc::clone(maps.values())];
    let rows = StructArray::try_new(TrinoType::row_fields(fields), columns, None)?;
    Ok(Arc::new(ListArray::try_new(entry.item_field(), maps.offsets().clone(), Arc::new(rows), maps.nulls().cloned())?))
}

/// Numbers from 1 to the length of the longest of some arrays. The last argument is 1 when a row without any element
/// is to stand once, with a NULL number.
pub(crate) fn ordinals(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let Some((keeps, lists)) = call.args.split_last() else { return Err(TrinoError::internal("arrays")) };
    let keeps = keeps.as_primitive::<Int64Type>();
    let mut numbers: Vec<Option<i64>> = Vec::new();
    let mut lengths = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let length = |array: &ArrayRef| {
            let lists = array.as_list::<i32>();
            if lists.is_valid(row) { i64::from(lists.value_length(row)) } else { 0 }
        };
        let longest = lists.iter().map(length).max().unwrap_or_default();
        if longest == 0 && keeps.value(row) == 1 {
            numbers.push(None);
            lengths.push(1);
        } else {
            numbers.extend((1..=longest).map(Some));
            lengths.push(usize::try_from(longest).unwrap_or_default());
        }
    }
    let numbers = Arc::new(Int64Array::from(numbers));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(TrinoType::Bigint.item_field(), offsets, numbers, None)?))
}
