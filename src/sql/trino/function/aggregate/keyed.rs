//! Maps of a group: `map_agg`, `multimap_agg`, `map_union`, `histogram`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, MapArray};
use hashbrown::HashMap;

use super::super::TrinoError;
use super::super::column::{ListShape, index, pick, range};
use super::super::compare::Keys;
use super::collect::{Collected, Columns, state};
use super::own;
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[AggregateEntry] = &[
    own(
        "histogram(T) -> map(T, bigint)",
        HISTOGRAM,
        "SELECT histogram(x) FROM (VALUES 'a', 'b', 'a') AS t(x)",
        r#"[["a",2],["b",1]]"#,
    ),
    own(
        "map_agg(K, V) -> map(K, V)",
        MAP,
        "SELECT map_agg(k, v) FROM (VALUES ('a', 1), ('b', NULL)) AS t(k, v)",
        r#"[["a",1],["b",null]]"#,
    )
    .called_on_null(),
    own(
        "map_union(map(K, V)) -> map(K, V)",
        UNION,
        "SELECT map_union(m) FROM (VALUES MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['b'], ARRAY[2])) AS t(m)",
        r#"[["a",1],["b",2]]"#,
    ),
    own(
        "multimap_agg(K, V) -> map(K, array(V))",
        MULTIMAP,
        "SELECT multimap_agg(k, v ORDER BY v) FROM (VALUES ('a', 1), ('b', 2), ('a', 3)) AS t(k, v)",
        r#"[["a",[1,3]],["b",[2]]]"#,
    )
    .called_on_null(),
];

const HISTOGRAM: AggregateBuild = AggregateBuild::Own { state, start: |call| Collected::start(call, histogram) };
const MAP: AggregateBuild = AggregateBuild::Own { state, start: |call| Collected::start(call, map) };
const MULTIMAP: AggregateBuild = AggregateBuild::Own { state, start: |call| Collected::start(call, multimap) };
const UNION: AggregateBuild = AggregateBuild::Own { state, start: |call| Collected::start(call, union) };

/// The distinct keys of a column in the order in which they occur, and the rows of each.
pub(super) fn groups(keys: &Keys, rows: impl Iterator<Item = usize>) -> Vec<Vec<u32>> {
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for row in rows {
        let place = *places.entry(keys.get(row)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(index(row));
    }
    groups
}

/// The groups of the column of keys, without those of NULL.
fn key_groups(columns: &Columns) -> Result<Vec<Vec<u32>>, TrinoError> {
    let array = columns.array(0)?;
    let keys = Keys::new(array, columns.types.first().unwrap_or(&TrinoType::Unknown))?;
    let nulls = array.logical_nulls();
    let rows = (0..array.len()).filter(|row| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row)));
    Ok(groups(&keys, rows))
}

/// One map of `keys` and `values`.
pub(super) fn one_map(columns: &Columns, keys: &ArrayRef, values: &ArrayRef) -> Result<ArrayRef, TrinoError> {
    let mut shape = ListShape::new(1);
    shape.close(keys.len(), true)?;
    shape.into_map(&columns.return_type.arrow(), keys, values)
}

fn firsts(groups: &[Vec<u32>]) -> Vec<u32> {
    groups.iter().filter_map(|rows| rows.first().copied()).collect()
}

fn histogram(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let groups = key_groups(columns)?;
    let counts: ArrayRef = Arc::new(Int64Array::from_iter_values(groups.iter().map(|rows| rows.len() as i64)));
    one_map(columns, &pick(columns.array(0)?, firsts(&groups))?, &counts)
}

/// Of equal keys the first one stays. Without any key there is no map.
fn map(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let groups = key_groups(columns)?;
    if groups.is_empty() {
        return Ok(columns.null());
    }
    let rows = firsts(&groups);
    one_map(columns, &pick(columns.array(0)?, rows.clone())?, &pick(columns.array(1)?, rows)?)
}

fn multimap(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let groups = key_groups(columns)?;
    if groups.is_empty() {
        return Ok(columns.null());
    }
    let TrinoType::Map(_, value_type) = &columns.return_type else {
        return Err(TrinoError::internal("multimap_agg gives no map"));
    };
    let (mut shape, mut places) = (ListShape::new(groups.len()), Vec::new());
    for rows in &groups {
        places.extend(rows);
        shape.close(places.len(), true)?;
    }
    let values = shape.into_list(&value_type.arrow(), pick(columns.array(1)?, places)?)?;
    one_map(columns, &pick(columns.array(0)?, firsts(&groups))?, &values)
}

fn union(columns: &Columns) -> Result<ArrayRef, TrinoError> {
    let maps = columns.column::<MapArray>(0)?;
    let TrinoType::Map(key_type, _) = &columns.return_type else {
        return Err(TrinoError::internal("map_union gives no map"));
    };
    let keys = Keys::new(maps.keys(), key_type)?;
    let entries = (0..maps.len()).filter(|row| maps.is_valid(*row)).flat_map(|row| range(maps.value_offsets(), row));
    let places = firsts(&groups(&keys, entries));
    one_map(columns, &pick(maps.keys(), places.clone())?, &pick(maps.values(), places)?)
}
