//! Comparing values of any type as bytes.
//!
//! Trino's equality is not the engine's: a negative zero equals zero, moments are equal whatever their zones, maps are
//! equal whatever their order. Values are brought into one form first; Arrow's row format then gives bytes that
//! compare like the values, so that hashing, sorting and searching work on any type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float32Array, Float64Array, ListArray, MapArray, StructArray};
use arrow::datatypes::{Float32Type, Float64Type};
use arrow::row::{RowConverter, Rows, SortField};

use super::column::{is_valid, pick, range, typed};
use super::{Call, TrinoError};
use crate::sql::trino::types::TrinoType;

/// The values of a column as bytes: equal bytes are equal values, smaller bytes smaller ones; NULL is smallest, NaN
/// equals itself and is the largest number.
pub(super) struct Keys(Rows);

impl Keys {
    pub(super) fn new(array: &ArrayRef, data_type: &TrinoType) -> Result<Self, TrinoError> {
        let canonical = canonical(array, data_type)?;
        let converter = RowConverter::new(vec![SortField::new(canonical.data_type().clone())])?;
        Ok(Self(converter.convert_columns(&[canonical])?))
    }

    /// The values of argument `index` of a call.
    pub(super) fn of_argument(call: &Call<'_>, index: usize) -> Result<Self, TrinoError> {
        match (call.args.get(index), call.arg_types.get(index)) {
            (Some(array), Some(data_type)) => Self::new(array, data_type),
            _ => Err(TrinoError::internal("an argument is missing")),
        }
    }

    /// The bytes of row `row`.
    pub(super) fn get(&self, row: usize) -> &[u8] {
        self.0.row(row).data()
    }
}

/// `array` with one form for all values that are equal.
pub(super) fn canonical(array: &ArrayRef, data_type: &TrinoType) -> Result<ArrayRef, TrinoError> {
    Ok(match data_type {
        TrinoType::Double => {
            // Adding zero turns −0 into 0.
            let numbers = typed::<Float64Array>(array)?;
            Arc::new(numbers.unary::<_, Float64Type>(|value| if value.is_nan() { f64::NAN } else { value + 0.0 }))
        }
        TrinoType::Real => {
            let numbers = typed::<Float32Array>(array)?;
            Arc::new(numbers.unary::<_, Float32Type>(|value| if value.is_nan() { f32::NAN } else { value + 0.0 }))
        }
        TrinoType::TimestampWithTimeZone(_) => {
            let zoned = typed::<StructArray>(array)?;
            let instant = zoned.column(0);
            let nulls = arrow::buffer::NullBuffer::union(zoned.nulls(), instant.nulls());
            let data = instant.to_data().into_builder().nulls(nulls).build()?;
            arrow::array::make_array(data)
        }
        TrinoType::TimeWithTimeZone(_) => super::datetime::zoned_time_in_utc(array)?,
        TrinoType::Array(element) => {
            let lists = typed::<ListArray>(array)?;
            let values = canonical(lists.values(), element)?;
            let field = arrow::datatypes::Field::new("item", values.data_type().clone(), true);
            Arc::new(ListArray::try_new(Arc::new(field), lists.offsets().clone(), values, lists.nulls().cloned())?)
        }
        TrinoType::Row(fields) => {
            let rows = typed::<StructArray>(array)?;
            let columns = rows
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| canonical(column, &field.data_type))
                .collect::<Result<Vec<_>, _>>()?;
            let named = rows
                .fields()
                .iter()
                .zip(&columns)
                .map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()))
                .collect::<Vec<_>>();
            Arc::new(StructArray::try_new_with_length(named.into(), columns, rows.nulls().cloned(), rows.len())?)
        }
        TrinoType::Map(key, value) => canonical_map(typed::<MapArray>(array)?, key, value)?,
        _ => Arc::clone(array),
    })
}

/// A map as the list of its entries in the order of their keys.
fn canonical_map(maps: &MapArray, key: &TrinoType, value: &TrinoType) -> Result<ArrayRef, TrinoError> {
    let (keys, values) = (canonical(maps.keys(), key)?, canonical(maps.values(), value)?);
    let bytes = Keys::new(maps.keys(), key)?;
    let mut order = Vec::with_capacity(keys.len());
    let mut offsets = vec![0i32];
    for row in 0..maps.len() {
        let start = order.len();
        order.extend(range(maps.value_offsets(), row).map(|place| place as u32));
        order[start..].sort_by(|left, right| bytes.get(*left as usize).cmp(bytes.get(*right as usize)));
        offsets.push(order.len() as i32);
    }
    let columns = vec![pick(&keys, order.clone())?, pick(&values, order)?];
    let fields: Vec<_> = ["key", "value"]
        .iter()
        .zip(&columns)
        .map(|(name, column)| arrow::datatypes::Field::new(*name, column.data_type().clone(), true))
        .collect();
    let entries: ArrayRef = Arc::new(StructArray::try_new(fields.into(), columns, None)?);
    let field = arrow::datatypes::Field::new("item", entries.data_type().clone(), true);
    let offsets = arrow::buffer::OffsetBuffer::new(offsets.into());
    Ok(Arc::new(ListArray::try_new(Arc::new(field), offsets, entries, maps.nulls().cloned())?))
}

/// Whether values of this type can hold NULLs inside, which make an equality unknown.
pub(super) fn is_nested(data_type: &TrinoType) -> bool {
    matches!(data_type, TrinoType::Array(_) | TrinoType::Map(..) | TrinoType::Row(_))
}

/// For each row, whether the value is NULL or holds a NULL somewhere inside.
pub(super) fn indeterminate(array: &ArrayRef) -> Vec<bool> {
    let nulls = array.logical_nulls();
    let mut found: Vec<bool> = (0..array.len()).map(|row| !is_valid(nulls.as_ref(), row)).collect();
    if let Some(lists) = array.as_any().downcast_ref::<ListArray>() {
        let inner = indeterminate(lists.values());
        for (row, found) in found.iter_mut().enumerate() {
            *found |= range(lists.value_offsets(), row).any(|place| inner[place]);
        }
    } else if let Some(maps) = array.as_any().downcast_ref::<MapArray>() {
        let inner = indeterminate(maps.values());
        for (row, found) in found.iter_mut().enumerate() {
            *found |= range(maps.value_offsets(), row).any(|place| inner[place]);
        }
    } else if let Some(rows) = array.as_any().downcast_ref::<StructArray>() {
        for column in rows.columns() {
            found.iter_mut().zip(indeterminate(column)).for_each(|(found, inner)| *found |= inner);
        }
    }
    found
}
