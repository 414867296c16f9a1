//! Reading maps: subscripts, `element_at`, `map_keys`, `map_values`, `map_entries`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, StructArray};
use arrow::datatypes::DataType;

use super::super::column::{as_type, gather, range};
use super::super::compare::Keys;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::key_type;
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("element_at(map(K, V), K) -> V", element_at, "element_at(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), 'z')", "NULL")
        .infallible(),
    entry(
        "map_entries(map(K, V)) -> array(row(K, V))",
        map_entries,
        "map_entries(MAP(ARRAY[1], ARRAY['x']))",
        r#"[[1,"x"]]"#,
    )
    .infallible(),
    entry("map_keys(map(K, V)) -> array(K)", map_keys, "map_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]))", r#"["a","b"]"#)
        .infallible(),
    entry("map_values(map(K, V)) -> array(V)", map_values, "map_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2]))", "[1,2]")
        .infallible(),
];

/// The value of each row's key.
fn element_at(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let maps = call.map(0)?;
    let data_type = key_type(call.arg_types.first().unwrap_or(&TrinoType::Unknown));
    let (keys, wanted) = (Keys::new(maps.keys(), data_type)?, Keys::of_argument(call, 1)?);
    let place = |row: usize| {
        let mut places = range(maps.value_offsets(), row);
        places.find(|place| keys.get(*place) == wanted.get(row)).map(|place| place as u32)
    };
    gather(maps.values(), (0..call.rows).map(place).collect())
}

/// A list with the shape of the maps over other elements.
fn as_list(call: &Call<'_>, elements: &ArrayRef) -> Result<ArrayRef, TrinoError> {
    let maps = call.map(0)?;
    let DataType::List(field) = call.result_type() else {
        return Err(TrinoError::internal("the result is no array"));
    };
    let elements = as_type(elements, field.data_type())?;
    Ok(Arc::new(ListArray::try_new(field, maps.offsets().clone(), elements, maps.nulls().cloned())?))
}

fn map_keys(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    as_list(call, call.map(0)?.keys())
}

fn map_values(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    as_list(call, call.map(0)?.values())
}

fn map_entries(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let maps = call.map(0)?;
    let DataType::List(field) = call.result_type() else {
        return Err(TrinoError::internal("the result is no array"));
    };
    let DataType::Struct(fields) = field.data_type() else {
        return Err(TrinoError::internal("the elements are no rows"));
    };
    let columns = vec![Arc::clone(maps.keys()), Arc::clone(maps.values())];
    as_list(call, &(Arc::new(StructArray::try_new(fields.clone(), columns, None)?) as ArrayRef))
}
