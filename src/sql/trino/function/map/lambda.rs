//! Maps through lambdas: `map_filter`, `transform_keys`, `transform_values`, `map_zip_with`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, MapArray};
use arrow::compute::interleave;
use hashbrown::HashMap;

use super::super::array::{evaluate, predicate};
use super::super::column::{ListShape, gather, index, pick, range};
use super::super::compare::{Keys, indeterminate};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{Unique, key_text, key_type};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "map_filter(map(K, V), function(K,V,boolean)) -> map(K, V)",
        map_filter,
        "map_filter(MAP(ARRAY['k1', 'k2'], ARRAY[20, 3]), (k, v) -> v > 10)",
        r#"[["k1",20]]"#,
    ),
    entry(
        "map_zip_with(map(K, U), map(K, V), function(K,U,V,W)) -> map(K, W)",
        map_zip_with,
        "map_zip_with(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a'], ARRAY[2]), (k, x, y) -> x + y)",
        r#"[["a",3]]"#,
    ),
    entry(
        "transform_keys(map(K, V), function(K,V,J)) -> map(J, V)",
        transform_keys,
        "transform_keys(MAP(ARRAY[1, 2], ARRAY['a', 'b']), (k, v) -> k + 1)",
        r#"[[2,"a"],[3,"b"]]"#,
    ),
    entry(
        "transform_values(map(K, V), function(K,V,W)) -> map(K, W)",
        transform_values,
        "transform_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v * 10)",
        r#"[["a",10],["b",20]]"#,
    ),
];

/// The entries of all rows, in their order.
struct Entries {
    keys: ArrayRef,
    values: ArrayRef,
    rows: Vec<u32>,
    lengths: Vec<usize>,
}

impl Entries {
    fn of(maps: &MapArray) -> Self {
        let offsets = maps.value_offsets();
        let start = offsets.first().map_or(0, |start| *start as usize);
        let lengths: Vec<usize> = (0..maps.len()).map(|row| range(offsets, row).len()).collect();
        let rows: Vec<u32> =
            lengths.iter().enumerate().flat_map(|(row, length)| std::iter::repeat_n(index(row), *length)).collect();
        let total = rows.len();
        Self { keys: maps.keys().slice(start, total), values: maps.values().slice(start, total), rows, lengths }
    }

    fn parameters(&self) -> [ArrayRef; 2] {
        [Arc::clone(&self.keys), Arc::clone(&self.values)]
    }

    fn shape(&self) -> Result<ListShape, TrinoError> {
        let (mut shape, mut total) = (ListShape::new(self.lengths.len()), 0);
        for length in &self.lengths {
            total += length;
            shape.close(total, true)?;
        }
        Ok(shape)
    }
}

fn map_filter(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let entries = Entries::of(call.map(0)?);
    let answers = predicate(call, &entries.parameters(), &entries.rows)?;
    let (mut shape, mut picked, mut place) = (ListShape::new(call.rows), Vec::new(), 0);
    for length in &entries.lengths {
        let kept = (place..place + length).filter(|place| answers.is_valid(*place) && answers.value(*place));
        picked.extend(kept.map(index));
        place += length;
        shape.close(picked.len(), true)?;
    }
    let (keys, values) = (pick(&entries.keys, picked.clone())?, pick(&entries.values, picked)?);
    shape.into_map(&call.result_type(), &keys, &values)
}

fn transform_values(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let entries = Entries::of(call.map(0)?);
    let values = evaluate(call, 0, &entries.parameters(), &entries.rows)?;
    entries.shape()?.into_map(&call.result_type(), &entries.keys, &values)
}

fn transform_keys(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let entries = Entries::of(call.map(0)?);
    let new_keys = evaluate(call, 0, &entries.parameters(), &entries.rows)?;
    if indeterminate(&new_keys).contains(&true) {
        return Err(TrinoError::argument("map key cannot be null"));
    }
    let data_type = key_type(call.return_type);
    let keys = Keys::new(&new_keys, data_type)?;
    let (mut unique, mut place) = (Unique::default(), 0);
    for length in &entries.lengths {
        unique.clear();
        for place in place..place + length {
            unique.add(&keys, place, |place| key_text(&new_keys, data_type, place))?;
        }
        place += length;
    }
    entries.shape()?.into_map(&call.result_type(), &new_keys, &entries.values)
}

/// Keys of the first map, then those that only the second has.
fn map_zip_with(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (call.map(0)?, call.map(1)?);
    let key = key_type(call.arg_types.first().unwrap_or(&TrinoType::Unknown));
    let (left_keys, right_keys) = (Keys::new(left.keys(), key)?, Keys::new(right.keys(), key)?);
    let (mut shape, mut rows) = (ListShape::new(call.rows), Vec::new());
    let (mut key_picks, mut left_places, mut right_places) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..call.rows {
        let others = range(right.value_offsets(), row);
        let mut rest: HashMap<&[u8], usize> = others.clone().map(|place| (right_keys.get(place), place)).collect();
        for place in range(left.value_offsets(), row) {
            key_picks.push((0, place));
            left_places.push(Some(index(place)));
            right_places.push(rest.remove(left_keys.get(place)).map(index));
        }
        for place in others.filter(|place| rest.contains_key(right_keys.get(*place))) {
            key_picks.push((1, place));
            left_places.push(None);
            right_places.push(Some(index(place)));
        }
        rows.resize(key_picks.len(), index(row));
        shape.close(rows.len(), true)?;
    }
    let keys = interleave(&[left.keys().as_ref(), right.keys().as_ref()], &key_picks)?;
    let parameters = [Arc::clone(&keys), gather(left.values(), left_places)?, gather(right.values(), right_places)?];
    let values = evaluate(call, 0, &parameters, &rows)?;
    shape.into_map(&call.result_type(), &keys, &values)
}
