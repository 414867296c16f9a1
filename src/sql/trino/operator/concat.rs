//! `||`: text, bytes and arrays.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, ListArray, StringArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::interleave;

use super::arithmetic::pair;
use crate::sql::trino::call::{Call, Kernel};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// What `||` does to two types.
#[derive(Debug, Clone)]
pub(crate) struct Concatenation {
    pub(crate) left: TrinoType,
    pub(crate) right: TrinoType,
    pub(crate) result: TrinoType,
    pub(crate) kernel: Kernel,
}

/// How Trino computes `left || right`; `None` when it does not.
pub(crate) fn concatenation(left: &TrinoType, right: &TrinoType) -> Option<Concatenation> {
    use TrinoType as T;
    let made = |left: T, right: T, result: T, kernel: Kernel| Some(Concatenation { left, right, result, kernel });
    match (left, right) {
        (T::Array(a), T::Array(b)) => {
            let array = T::array(a.common(b)?);
            made(array.clone(), array.clone(), array, arrays)
        }
        (T::Array(a), element) => {
            let element = a.common(element)?;
            let array = T::array(element.clone());
            made(array.clone(), element, array, append)
        }
        (element, T::Array(b)) => {
            let element = b.common(element)?;
            let array = T::array(element.clone());
            made(element, array.clone(), array, prepend)
        }
        (T::Char(a), T::Char(b)) => made(left.clone(), right.clone(), T::Char((a + b).min(65_536)), texts),
        (T::Varchar(a), T::Varchar(b)) => {
            let length = a.zip(*b).and_then(|(a, b)| a.checked_add(b));
            made(left.clone(), right.clone(), T::Varchar(length), texts)
        }
        (T::Char(_), T::Varchar(_)) | (T::Varchar(_), T::Char(_)) => {
            made(left.clone(), right.clone(), T::VARCHAR, texts)
        }
        (T::Varbinary, T::Varbinary) => made(T::Varbinary, T::Varbinary, T::Varbinary, bytes),
        (T::Unknown, other) | (other, T::Unknown) if other.is_text() || matches!(other, T::Varbinary) => {
            concatenation(other, other)
        }
        (T::Unknown, T::Unknown) => concatenation(&T::VARCHAR, &T::VARCHAR),
        _ => None,
    }
}

fn texts(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let (left, right) = (left.as_string::<i32>(), right.as_string::<i32>());
    let joined: StringArray = (0..call.rows).map(|row| Some([left.value(row), right.value(row)].concat())).collect();
    Ok(Arc::new(joined))
}

fn bytes(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let (left, right) = (left.as_binary::<i32>(), right.as_binary::<i32>());
    let joined: BinaryArray = (0..call.rows).map(|row| Some([left.value(row), right.value(row)].concat())).collect();
    Ok(Arc::new(joined))
}

/// Items of two columns, put together by `range` of each row.
fn joined(
    call: &Call<'_>,
    left: (&ArrayRef, impl Fn(usize) -> std::ops::Range<usize>),
    right: (&ArrayRef, impl Fn(usize) -> std::ops::Range<usize>),
) -> Result<ArrayRef, TrinoError> {
    let TrinoType::Array(element) = call.return_type else { return Err(TrinoError::internal("|| gives an array")) };
    let mut places = Vec::new();
    let mut lengths = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let (first, second) = ((left.1)(row), (right.1)(row));
        lengths.push(first.len() + second.len());
        places.extend(first.map(|place| (0, place)));
        places.extend(second.map(|place| (1, place)));
    }
    let items = interleave(&[left.0.as_ref(), right.0.as_ref()], &places)?;
    Ok(Arc::new(ListArray::try_new(element.item_field(), OffsetBuffer::from_lengths(lengths), items, None)?))
}

fn range(lists: &ListArray, row: usize) -> std::ops::Range<usize> {
    let place = |at: usize| usize::try_from(lists.value_offsets()[at]).unwrap_or_default();
    place(row)..place(row + 1)
}

fn arrays(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let (left, right) = (left.as_list::<i32>(), right.as_list::<i32>());
    joined(call, (left.values(), |row| range(left, row)), (right.values(), |row| range(right, row)))
}

/// An element that is NULL is appended; a NULL array gives NULL. Called with NULLs.
fn append(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let lists = left.as_list::<i32>();
    with_nulls(joined(call, (lists.values(), |row| range(lists, row)), (right, |row| row..row + 1))?, lists)
}

fn prepend(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let lists = right.as_list::<i32>();
    with_nulls(joined(call, (left, |row| row..row + 1), (lists.values(), |row| range(lists, row)))?, lists)
}

fn with_nulls(array: ArrayRef, lists: &ListArray) -> Result<ArrayRef, TrinoError> {
    let (field, offsets, items, _) = array.as_list::<i32>().clone().into_parts();
    Ok(Arc::new(ListArray::try_new(field, offsets, items, lists.nulls().cloned())?))
}
