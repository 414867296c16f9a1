//! Questions about elements: `contains`, `array_position`, `arrays_overlap`, `contains_sequence`.

use arrow::array::ArrayRef;
use hashbrown::HashSet;

use super::super::column::{bigint_rows, boolean_rows};
use super::super::compare::{Keys, indeterminate};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{Lists, argument_type};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("array_position(array(T), T) -> bigint", position, "array_position(ARRAY['a', 'b', 'a'], 'b')", "2")
        .infallible(),
    entry("arrays_overlap(array(T), array(T)) -> boolean", overlap, "arrays_overlap(ARRAY[1, 2], ARRAY[2, 3])", "true")
        .infallible(),
    entry("contains(array(T), T) -> boolean", contains, "contains(ARRAY[1, NULL], 2)", "NULL").infallible(),
    entry(
        "contains_sequence(array(T), array(T)) -> boolean",
        contains_sequence,
        "contains_sequence(ARRAY[1, 2, 3, 4], ARRAY[2, 3])",
        "true",
    )
    .infallible(),
];

fn position(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let (keys, wanted) = (lists.keys(argument_type(call, 0))?, Keys::of_argument(call, 1)?);
    bigint_rows(call, |row| {
        let found = lists.range(row).position(|place| keys.get(place) == wanted.get(row));
        Ok(Some(found.map_or(0, |place| place as i64 + 1)))
    })
}

/// True when an element is equal; unknown when none is but one, or the value, is or holds NULL.
fn contains(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let (keys, wanted) = (lists.keys(argument_type(call, 0))?, Keys::of_argument(call, 1)?);
    let unknown = indeterminate(lists.values());
    let wanted_unknown = call.args.get(1).map(indeterminate).unwrap_or_default();
    boolean_rows(call, |row| {
        let is_unknown = |place: usize| unknown[place] || wanted_unknown[row];
        let mut places = lists.range(row);
        if places.clone().any(|place| !is_unknown(place) && keys.get(place) == wanted.get(row)) {
            return Ok(Some(true));
        }
        Ok(if places.any(is_unknown) { None } else { Some(false) })
    })
}

fn overlap(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (Lists::of(call, 0)?, Lists::of(call, 1)?);
    let (left_keys, right_keys) = (left.keys(argument_type(call, 0))?, right.keys(argument_type(call, 1))?);
    let mut seen = HashSet::new();
    boolean_rows(call, |row| {
        let (one, other) = (left.range(row), right.range(row));
        if one.is_empty() || other.is_empty() {
            return Ok(Some(false));
        }
        seen.clear();
        seen.extend(one.clone().filter(|place| left.has(*place)).map(|place| left_keys.get(place)));
        if other.clone().any(|place| right.has(place) && seen.contains(right_keys.get(place))) {
            return Ok(Some(true));
        }
        let has_null =
            one.into_iter().any(|place| !left.has(place)) || other.into_iter().any(|place| !right.has(place));
        Ok(if has_null { None } else { Some(false) })
    })
}

fn contains_sequence(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (lists, sequences) = (Lists::of(call, 0)?, Lists::of(call, 1)?);
    let (keys, wanted) = (lists.keys(argument_type(call, 0))?, sequences.keys(argument_type(call, 1))?);
    boolean_rows(call, |row| {
        let (places, sequence) = (lists.range(row), sequences.range(row));
        let Some(last) = places.len().checked_sub(sequence.len()) else { return Ok(Some(false)) };
        let starts_at = |start: usize| {
            sequence
                .clone()
                .zip(places.start + start..)
                .all(|(wanted_place, place)| keys.get(place) == wanted.get(wanted_place))
        };
        Ok(Some((0..=last).any(starts_at)))
    })
}
