//! Arrays as sets: `array_distinct`, `_union`, `_intersect`, `_except`, `_remove`, `_histogram`. NULL equals NULL here,
//! and elements keep the order in which they occur first.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use arrow::compute::concat;
use hashbrown::{HashMap, HashSet};

use super::super::column::{ListShape, pick};
use super::super::compare::Keys;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{Lists, argument_type};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("array_distinct(array(T)) -> array(T)", distinct, "array_distinct(ARRAY[2, 3, 4, 3, 1, 2, 3])", "[2,3,4,1]")
        .infallible(),
    entry("array_except(array(T), array(T)) -> array(T)", except, "array_except(ARRAY[1, 5, 3, 1], ARRAY[3])", "[1,5]")
        .infallible(),
    entry(
        "array_histogram(array(T)) -> map(T, bigint)",
        histogram,
        "array_histogram(ARRAY['a', 'a', 'b'])",
        r#"[["a",2],["b",1]]"#,
    )
    .infallible(),
    entry(
        "array_intersect(array(T), array(T)) -> array(T)",
        intersect,
        "array_intersect(ARRAY[5, 3, 8, 3], ARRAY[3, 8, 9])",
        "[3,8]",
    )
    .infallible(),
    entry("array_remove(array(T), T) -> array(T)", remove, "array_remove(ARRAY[1, 2, 1], 1)", "[2]").infallible(),
    entry(
        "array_union(array(T), array(T)) -> array(T)",
        union,
        "array_union(ARRAY[10, 12], ARRAY[12, 13])",
        "[10,12,13]",
    )
    .infallible(),
];

fn distinct(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let keys = lists.keys(argument_type(call, 0))?;
    let (mut shape, mut picked, mut seen) = (ListShape::new(call.rows), Vec::new(), HashSet::new());
    for row in 0..call.rows {
        seen.clear();
        picked.extend(lists.range(row).filter(|place| seen.insert(keys.get(*place))).map(|place| place as u32));
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(lists.values(), picked)?)
}

fn union(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (Lists::of(call, 0)?, Lists::of(call, 1)?);
    let all = concat(&[left.values().as_ref(), right.values().as_ref()])?;
    let keys = Keys::new(&all, super::element_type(argument_type(call, 0)))?;
    let shift = left.values().len();
    let (mut shape, mut picked, mut seen) = (ListShape::new(call.rows), Vec::new(), HashSet::new());
    for row in 0..call.rows {
        seen.clear();
        let places = left.range(row).chain(right.range(row).map(|place| place + shift));
        picked.extend(places.filter(|place| seen.insert(keys.get(*place))).map(|place| place as u32));
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(&all, picked)?)
}

fn intersect(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    by_membership(call, true)
}

fn except(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    by_membership(call, false)
}

/// The distinct elements of the first array that are, or are not, in the second.
fn by_membership(call: &Call<'_>, wanted: bool) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (Lists::of(call, 0)?, Lists::of(call, 1)?);
    let (left_keys, right_keys) = (left.keys(argument_type(call, 0))?, right.keys(argument_type(call, 1))?);
    let (mut shape, mut picked) = (ListShape::new(call.rows), Vec::new());
    let (mut seen, mut others) = (HashSet::new(), HashSet::new());
    for row in 0..call.rows {
        seen.clear();
        others.clear();
        others.extend(right.range(row).map(|place| right_keys.get(place)));
        let places = left.range(row).filter(|place| {
            let key = left_keys.get(*place);
            others.contains(key) == wanted && seen.insert(key)
        });
        picked.extend(places.map(|place| place as u32));
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(left.values(), picked)?)
}

fn remove(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let keys = lists.keys(argument_type(call, 0))?;
    let unwanted = Keys::of_argument(call, 1)?;
    let (mut shape, mut picked) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        let kept = lists.range(row).filter(|place| keys.get(*place) != unwanted.get(row));
        picked.extend(kept.map(|place| place as u32));
        shape.close(picked.len(), true)?;
    }
    shape.into_list(&call.result_type(), pick(lists.values(), picked)?)
}

fn histogram(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = Lists::of(call, 0)?;
    let keys = lists.keys(argument_type(call, 0))?;
    let (mut shape, mut picked, mut counts) = (ListShape::new(call.rows), Vec::new(), Vec::new());
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for row in 0..call.rows {
        places.clear();
        for place in lists.range(row).filter(|place| lists.has(*place)) {
            let entry = *places.entry(keys.get(place)).or_insert_with(|| {
                picked.push(place as u32);
                counts.push(0);
                counts.len() - 1
            });
            counts[entry] += 1;
        }
        shape.close(picked.len(), true)?;
    }
    let counts: ArrayRef = Arc::new(Int64Array::from(counts));
    shape.into_map(&call.result_type(), &pick(lists.values(), picked)?, &counts)
}
