//! Arrays through lambdas: `transform`, `filter`, `any_match` and its kin, `zip_with`.
//!
//! The elements of all rows go through the lambda in one evaluation.

use arrow::array::{Array, ArrayRef, BooleanArray, ListArray};

use super::super::column::{ListShape, as_type, boolean_rows, gather, index, pick, range, typed};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "all_match(array(T), function(T,boolean)) -> boolean",
        |call| matches(call, false, false),
        "all_match(ARRAY[2, 4], x -> x % 2 = 0)",
        "true",
    ),
    entry(
        "any_match(array(T), function(T,boolean)) -> boolean",
        |call| matches(call, true, true),
        "any_match(ARRAY[1, NULL], x -> x > 5)",
        "NULL",
    ),
    entry(
        "filter(array(T), function(T,boolean)) -> array(T)",
        filter,
        "filter(ARRAY[5, -6, NULL, 7], x -> x > 0)",
        "[5,7]",
    ),
    entry(
        "none_match(array(T), function(T,boolean)) -> boolean",
        |call| matches(call, true, false),
        "none_match(ARRAY[1, 3], x -> x % 2 = 0)",
        "true",
    ),
    entry("transform(array(T), function(T,U)) -> array(U)", transform, "transform(ARRAY[1, 2], x -> x + 1)", "[2,3]"),
    entry(
        "zip_with(array(T), array(U), function(T,U,R)) -> array(R)",
        zip_with,
        "zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x + y)",
        "[4,6]",
    ),
];

/// The elements of all rows, in their order.
pub(in super::super) struct Elements {
    pub(in super::super) values: ArrayRef,
    /// The row each belongs to.
    pub(in super::super) rows: Vec<u32>,
    /// How many each row has.
    pub(in super::super) lengths: Vec<usize>,
}

impl Elements {
    pub(in super::super) fn of(lists: &ListArray) -> Result<Self, TrinoError> {
        let offsets = lists.value_offsets();
        let (mut rows, mut lengths, mut is_dense) = (Vec::new(), Vec::with_capacity(lists.len()), true);
        for row in 0..lists.len() {
            let length = range(offsets, row).len();
            // A NULL row may still have elements behind it.
            let used = if lists.is_valid(row) { length } else { 0 };
            is_dense &= used == length;
            rows.extend(std::iter::repeat_n(index(row), used));
            lengths.push(used);
        }
        let start = offsets.first().map_or(0, |start| *start as usize);
        let values = if is_dense {
            lists.values().slice(start, rows.len())
        } else {
            let places = (0..lists.len()).filter(|row| lists.is_valid(*row)).flat_map(|row| range(offsets, row));
            pick(lists.values(), places.map(index).collect())?
        };
        Ok(Self { values, rows, lengths })
    }
}

/// What the first lambda of a call makes of `parameters`; nothing is evaluated for no elements.
pub(in super::super) fn evaluate(
    call: &Call<'_>,
    place: usize,
    parameters: &[ArrayRef],
    rows: &[u32],
) -> Result<ArrayRef, TrinoError> {
    let lambda = call.lambdas.get(place).ok_or_else(|| TrinoError::internal("a lambda is missing"))?;
    if rows.is_empty() {
        return Ok(arrow::array::new_empty_array(&lambda.return_type().arrow()));
    }
    lambda.evaluate(parameters, rows)
}

/// What a lambda says about each element.
pub(in super::super) fn predicate(
    call: &Call<'_>,
    parameters: &[ArrayRef],
    rows: &[u32],
) -> Result<BooleanArray, TrinoError> {
    let answers = as_type(&evaluate(call, 0, parameters, rows)?, &arrow::datatypes::DataType::Boolean)?;
    Ok(typed::<BooleanArray>(&answers)?.clone())
}

fn transform(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let elements = Elements::of(call.list(0)?)?;
    let values = evaluate(call, 0, &[elements.values], &elements.rows)?;
    shape_of(&elements.lengths)?.into_list(&call.result_type(), values)
}

fn shape_of(lengths: &[usize]) -> Result<ListShape, TrinoError> {
    let (mut shape, mut total) = (ListShape::new(lengths.len()), 0);
    for length in lengths {
        total += length;
        shape.close(total, true)?;
    }
    Ok(shape)
}

/// A NULL answer does not keep the element.
fn filter(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let elements = Elements::of(call.list(0)?)?;
    let answers = predicate(call, &[ArrayRef::clone(&elements.values)], &elements.rows)?;
    let (mut shape, mut picked, mut place) = (ListShape::new(call.rows), Vec::new(), 0);
    for length in &elements.lengths {
        let kept = (place..place + length).filter(|place| answers.is_valid(*place) && answers.value(*place));
        picked.extend(kept.map(index));
        place += length;
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(&elements.values, picked)?)
}

/// Whether an answer is `wanted`: then the result is `found`; without one, but with an unknown answer, it is NULL.
fn matches(call: &Call<'_>, wanted: bool, found: bool) -> Result<ArrayRef, TrinoError> {
    let elements = Elements::of(call.list(0)?)?;
    let answers = predicate(call, &[elements.values], &elements.rows)?;
    let mut place = 0;
    let mut lengths = elements.lengths.into_iter();
    boolean_rows(call, |_| {
        let end = place + lengths.next().unwrap_or(0);
        let mut range = place..end;
        place = end;
        if range.clone().any(|place| answers.is_valid(place) && answers.value(place) == wanted) {
            return Ok(Some(found));
        }
        Ok(if range.any(|place| answers.is_null(place)) { None } else { Some(!found) })
    })
}

fn zip_with(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (call.list(0)?, call.list(1)?);
    let (mut shape, mut rows) = (ListShape::new(call.rows), Vec::new());
    let (mut left_places, mut right_places) = (Vec::new(), Vec::new());
    for row in 0..call.rows {
        let (one, other) = (range(left.value_offsets(), row), range(right.value_offsets(), row));
        let longest = one.len().max(other.len());
        let padded =
            |range: &std::ops::Range<usize>, step: usize| (step < range.len()).then(|| index(range.start + step));
        left_places.extend((0..longest).map(|step| padded(&one, step)));
        right_places.extend((0..longest).map(|step| padded(&other, step)));
        rows.extend(std::iter::repeat_n(index(row), longest));
        shape.close(rows.len(), true)?;
    }
    let parameters = [gather(left.values(), left_places)?, gather(right.values(), right_places)?];
    shape.into_list(&call.result_type(), evaluate(call, 0, &parameters, &rows)?)
}
