//! Arrays. Results are built from places of elements: a kernel finds which elements go where, one `take` moves them all.

mod access;
mod combine;
mod comparator;
mod join;
mod lambda;
mod make;
mod order;
mod reduce;
mod search;
mod sets;

use arrow::array::{Array, ArrayRef, ListArray};

use super::column::range;
use super::compare::Keys;
use super::{Call, TrinoError};
use crate::sql::trino::types::TrinoType;

pub(super) use access::ENTRIES as ACCESS;
pub(super) use combine::ENTRIES as COMBINE;
pub(super) use comparator::ENTRIES as COMPARATOR;
pub(super) use join::ENTRIES as JOIN;
pub(super) use lambda::{ENTRIES as LAMBDA, evaluate, predicate};
pub(super) use make::ENTRIES as MAKE;
pub(super) use order::ENTRIES as ORDER;
pub(super) use reduce::ENTRIES as REDUCE;
pub(super) use search::ENTRIES as SEARCH;
pub(super) use sets::ENTRIES as SETS;

/// Arrays of one column, with what is needed to compare their elements.
struct Lists<'a> {
    lists: &'a ListArray,
    nulls: Option<arrow::buffer::NullBuffer>,
}

impl<'a> Lists<'a> {
    fn of(call: &'a Call<'_>, index: usize) -> Result<Self, TrinoError> {
        let lists = call.list(index)?;
        Ok(Self { lists, nulls: lists.values().logical_nulls() })
    }

    fn values(&self) -> &'a ArrayRef {
        self.lists.values()
    }

    /// The places of the elements of row `row`.
    fn range(&self, row: usize) -> std::ops::Range<usize> {
        range(self.lists.value_offsets(), row)
    }

    /// Whether the element at `place` is not NULL.
    fn has(&self, place: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(place))
    }

    fn keys(&self, data_type: &TrinoType) -> Result<Keys, TrinoError> {
        Keys::new(self.values(), element_type(data_type))
    }
}

/// The type of the elements of an array type.
fn element_type(data_type: &TrinoType) -> &TrinoType {
    match data_type {
        TrinoType::Array(element) => element,
        _ => &TrinoType::Unknown,
    }
}

/// The type of argument `index`.
fn argument_type<'a>(call: &'a Call<'_>, index: usize) -> &'a TrinoType {
    call.arg_types.get(index).unwrap_or(&TrinoType::Unknown)
}
