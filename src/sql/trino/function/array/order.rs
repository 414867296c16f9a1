//! `array_sort`, `array_max`, `array_min`, `shuffle`.

use arrow::array::ArrayRef;

use super::super::column::{ListShape, gather, pick};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{Lists, argument_type};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("array_max(array(T)) -> T", |call| extreme(call, |key, best| key > best), "array_max(ARRAY[3, 9, 4])", "9")
        .infallible(),
    entry(
        "array_min(array(T)) -> T",
        |call| extreme(call, |key, best| key < best),
        "array_min(ARRAY[3, NULL, 4])",
        "NULL",
    )
    .infallible(),
    entry("array_sort(array(T)) -> array(T)", sort, "array_sort(ARRAY[3, NULL, 1])", "[1,3,null]").infallible(),
    entry("shuffle(array(T)) -> array(T)", shuffle, "array_sort(shuffle(ARRAY[1, 2, 3]))", "[1,2,3]").volatile(),
];

/// NULL for an empty array and for one that holds NULL.
fn extreme(call: &Call<'_>, beats: fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let keys = lists.keys(argument_type(call, 0))?;
    let mut picked = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let mut places = lists.range(row);
        let has_null = places.clone().any(|place| !lists.has(place));
        let best = places.next().filter(|_| !has_null).map(|first| {
            places.fold(first, |best, place| if beats(keys.get(place), keys.get(best)) { place } else { best })
        });
        picked.push(best.map(|place| place as u32));
    }
    gather(lists.values(), picked)
}

fn sort(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let keys = lists.keys(argument_type(call, 0))?;
    let (mut shape, mut picked) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        let start = picked.len();
        picked.extend(lists.range(row).map(|place| place as u32));
        picked[start..].sort_by(|left, right| {
            let (left, right) = (*left as usize, *right as usize);
            // NULLs go last.
            lists.has(right).cmp(&lists.has(left)).then_with(|| keys.get(left).cmp(keys.get(right)))
        });
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(lists.values(), picked)?)
}

fn shuffle(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let mut generator = super::super::math::Generator::new();
    let (mut shape, mut picked) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        let start = picked.len();
        picked.extend(lists.range(row).map(|place| place as u32));
        for place in (start + 1..picked.len()).rev() {
            picked.swap(place, generator.between(start as i64, place as i64 + 1) as usize);
        }
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(lists.values(), picked)?)
}
