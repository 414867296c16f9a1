//! Making maps: `map`, `map_from_entries`, `multimap_from_entries`, `map_concat`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, StructArray, new_empty_array};
use arrow::compute::{concat, interleave};
use hashbrown::HashMap;

use super::super::column::{ListShape, as_type, index, pick, range, typed};
use super::super::compare::{Keys, indeterminate};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{Unique, entry_types, key_text, key_type};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("map() -> map(unknown, unknown)", empty, "cardinality(map())", "0").infallible(),
    entry("map(array(K), array(V)) -> map(K, V)", map, "map(ARRAY['a', 'b'], ARRAY[1, 2])", r#"[["a",1],["b",2]]"#),
    entry(
        "map_concat(map(K, V), map(K, V), map(K, V)...) -> map(K, V)",
        map_concat,
        "map_concat(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(ARRAY['b'], ARRAY[20]))",
        r#"[["a",1],["b",20]]"#,
    )
    .infallible(),
    entry(
        "map_from_entries(array(row(K, V))) -> map(K, V)",
        map_from_entries,
        "map_from_entries(ARRAY[(1, 'x'), (2, 'y')])",
        r#"[[1,"x"],[2,"y"]]"#,
    ),
    entry(
        "multimap_from_entries(array(row(K, V))) -> map(K, array(V))",
        multimap_from_entries,
        "multimap_from_entries(ARRAY[(1, 'x'), (2, 'y'), (1, 'z')])",
        r#"[[1,["x","z"]],[2,["y"]]]"#,
    ),
];

fn empty(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (key, value) = entry_types(call.return_type)?;
    let mut shape = ListShape::new(call.rows);
    for _ in 0..call.rows {
        shape.close(0, true)?;
    }
    shape.into_map(&call.result_type(), &new_empty_array(&key), &new_empty_array(&value))
}

/// The place of a key, refused when it is NULL or holds one.
fn checked(unknown: &[bool], keys: &ArrayRef, place: usize) -> Result<u32, TrinoError> {
    if unknown.get(place).copied().unwrap_or(false) {
        return Err(TrinoError::argument(if keys.is_null(place) || keys.data_type().is_null() {
            "map key cannot be null"
        } else {
            "map key cannot be indeterminate"
        }));
    }
    Ok(index(place))
}

fn map(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (key_lists, value_lists) = (call.list(0)?, call.list(1)?);
    let data_type = key_type(call.return_type);
    let keys = Keys::new(key_lists.values(), data_type)?;
    let unknown = indeterminate(key_lists.values());
    let mut unique = Unique::default();
    let (mut shape, mut key_places, mut value_places) = (ListShape::new(call.rows), Vec::new(), Vec::new());
    for row in 0..call.rows {
        let (key_range, value_range) = (range(key_lists.value_offsets(), row), range(value_lists.value_offsets(), row));
        if key_range.len() != value_range.len() {
            return Err(TrinoError::argument("Key and value arrays must be the same length"));
        }
        unique.clear();
        for place in key_range {
            key_places.push(checked(&unknown, key_lists.values(), place)?);
            unique.add(&keys, place, |place| key_text(key_lists.values(), data_type, place))?;
        }
        value_places.extend(value_range.map(index));
        shape.close(key_places.len(), true)?;
    }
    let (keys, values) = (pick(key_lists.values(), key_places)?, pick(value_lists.values(), value_places)?);
    shape.into_map(&call.result_type(), &keys, &values)
}

/// Keys and values of an array of rows, and the rows that are NULL.
fn entries(lists: &ListArray) -> Result<(ArrayRef, ArrayRef, &StructArray), TrinoError> {
    let rows = typed::<StructArray>(lists.values())?;
    match rows.columns() {
        [keys, values] => Ok((Arc::clone(keys), Arc::clone(values), rows)),
        _ => Err(TrinoError::internal("an entry has not two fields")),
    }
}

fn map_from_entries(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = call.list(0)?;
    let (key_column, value_column, entries) = entries(lists)?;
    let data_type = key_type(call.return_type);
    let (keys, unknown) = (Keys::new(&key_column, data_type)?, indeterminate(&key_column));
    let mut unique = Unique::default();
    let (mut shape, mut places) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        unique.clear();
        for place in range(lists.value_offsets(), row) {
            if entries.is_null(place) {
                return Err(TrinoError::argument("map entry cannot be null"));
            }
            places.push(checked(&unknown, &key_column, place)?);
            unique.add(&keys, place, |place| key_text(&key_column, data_type, place))?;
        }
        shape.close(places.len(), true)?;
    }
    let (keys, values) = (pick(&key_column, places.clone())?, pick(&value_column, places)?);
    shape.into_map(&call.result_type(), &keys, &values)
}

fn multimap_from_entries(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let lists = call.list(0)?;
    let (key_column, value_column, entries) = entries(lists)?;
    let (keys, unknown) = (Keys::new(&key_column, key_type(call.return_type))?, indeterminate(&key_column));
    let (mut shape, mut inner) = (ListShape::new(call.rows), ListShape::new(call.rows));
    let (mut key_places, mut value_places) = (Vec::new(), Vec::new());
    for row in 0..call.rows {
        let mut groups: Vec<Vec<u32>> = Vec::new();
        let mut places: HashMap<&[u8], usize> = HashMap::new();
        for place in range(lists.value_offsets(), row) {
            if entries.is_null(place) {
                return Err(TrinoError::argument("map entry cannot be null"));
            }
            let key = checked(&unknown, &key_column, place)?;
            let group = *places.entry(keys.get(place)).or_insert_with(|| {
                key_places.push(key);
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(index(place));
        }
        for group in groups {
            value_places.extend(group);
            inner.close(value_places.len(), true)?;
        }
        shape.close(key_places.len(), true)?;
    }
    let (_, value_type) = entry_types(call.return_type)?;
    let values = inner.into_list(&value_type, pick(&value_column, value_places)?)?;
    shape.into_map(&call.result_type(), &pick(&key_column, key_places)?, &values)
}

/// Of entries with the same key the last one stays, at the place of the first.
fn map_concat(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let maps = (0..call.args.len()).map(|index| call.map(index)).collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<&dyn Array> = maps.iter().map(|map| map.keys().as_ref()).collect();
    let keys = Keys::new(&concat(&columns)?, key_type(call.return_type))?;
    let shifts: Vec<usize> = maps
        .iter()
        .scan(0, |total, map| {
            let shift = *total;
            *total += map.keys().len();
            Some(shift)
        })
        .collect();
    let (mut shape, mut picks): (_, Vec<(usize, usize)>) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        let mut places: HashMap<&[u8], usize> = HashMap::new();
        for (column, map) in maps.iter().enumerate() {
            for place in range(map.value_offsets(), row) {
                let at = *places.entry(keys.get(shifts[column] + place)).or_insert_with(|| {
                    picks.push((column, place));
                    picks.len() - 1
                });
                picks[at] = (column, place);
            }
        }
        shape.close(picks.len(), true)?;
    }
    let values: Vec<&dyn Array> = maps.iter().map(|map| map.values().as_ref()).collect();
    let (key_type, value_type) = entry_types(call.return_type)?;
    let keys = as_type(&interleave(&columns, &picks)?, &key_type)?;
    let values = as_type(&interleave(&values, &picks)?, &value_type)?;
    shape.into_map(&call.result_type(), &keys, &values)
}
