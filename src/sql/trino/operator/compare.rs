//! Comparison of values of any type, where the engine's own differs: floating point, zones, nested values.
//!
//! NaN equals nothing and is ordered to nothing; values with zones compare by instant; maps are equal whatever the
//! order of their entries; a NULL inside makes an undecided comparison NULL.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType,
};

use super::arithmetic::pair;
use crate::sql::trino::call::{Call, Kernel};
use crate::sql::trino::cast::{time_nanos, timestamp_nanos, zoned};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::parse::ast::Comparison;
use crate::sql::trino::types::TrinoType;

/// The kernel of a comparison between two values of one type.
pub(crate) fn comparison(operator: Comparison) -> Kernel {
    match operator {
        Comparison::Equal => |call| each(call, equal_values, true),
        Comparison::NotEqual => {
            |call| each(call, |a, i, b, j, of| equal_values(a, i, b, j, of).map(|equal| !equal), false)
        }
        Comparison::Less => |call| ordered(call, Ordering::is_lt),
        Comparison::LessOrEqual => |call| ordered(call, Ordering::is_le),
        Comparison::Greater => |call| ordered(call, Ordering::is_gt),
        Comparison::GreaterOrEqual => |call| ordered(call, Ordering::is_ge),
    }
}

/// The kernel of IS DISTINCT FROM; called with NULLs.
pub(crate) fn distinct(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let Some(of) = call.arg_types.first() else { return Err(TrinoError::internal("two values")) };
    let one = |row: usize| Some(!same_values(left, row, right, row, of));
    Ok(Arc::new((0..call.rows).map(one).collect::<BooleanArray>()))
}

fn each(
    call: &Call<'_>,
    compare: fn(&ArrayRef, usize, &ArrayRef, usize, &TrinoType) -> Option<bool>,
    wants_equal: bool,
) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let Some(of) = call.arg_types.first() else { return Err(TrinoError::internal("two values")) };
    if let Some(floats) = floats(left, right, of, |order| (order == Some(Ordering::Equal)) == wants_equal) {
        return Ok(floats);
    }
    Ok(Arc::new((0..call.rows).map(|row| compare(left, row, right, row, of)).collect::<BooleanArray>()))
}

/// The common case, at the speed of the engine's own comparisons: columns of floating point.
fn floats(
    left: &ArrayRef,
    right: &ArrayRef,
    of: &TrinoType,
    holds: impl Fn(Option<Ordering>) -> bool,
) -> Option<ArrayRef> {
    let result = match of {
        TrinoType::Double => {
            let (left, right) = (left.as_primitive::<Float64Type>(), right.as_primitive::<Float64Type>());
            BooleanArray::from_binary(left, right, |a, b| holds(a.partial_cmp(&b)))
        }
        TrinoType::Real => {
            let (left, right) = (left.as_primitive::<Float32Type>(), right.as_primitive::<Float32Type>());
            BooleanArray::from_binary(left, right, |a, b| holds(a.partial_cmp(&b)))
        }
        _ => return None,
    };
    Some(Arc::new(result))
}

fn ordered(call: &Call<'_>, holds: fn(Ordering) -> bool) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let Some(of) = call.arg_types.first() else { return Err(TrinoError::internal("two values")) };
    if let Some(floats) = floats(left, right, of, |order| order.is_some_and(holds)) {
        return Ok(floats);
    }
    let one = |row: usize| -> Result<Option<bool>, TrinoError> {
        if left.is_null(row) || right.is_null(row) {
            return Ok(None);
        }
        Ok(Some(order_values(left, row, right, row, of)?.is_some_and(holds)))
    };
    Ok(Arc::new((0..call.rows).map(one).collect::<Result<BooleanArray, _>>()?))
}

/// Whether two values are equal; `None` when a NULL leaves it open.
pub(crate) fn equal_values(a: &ArrayRef, i: usize, b: &ArrayRef, j: usize, of: &TrinoType) -> Option<bool> {
    if matches!(of, TrinoType::Unknown) || a.is_null(i) || b.is_null(j) {
        return None;
    }
    match of {
        TrinoType::Array(element) => {
            let (left, right) = (a.as_list::<i32>().value(i), b.as_list::<i32>().value(j));
            if left.len() != right.len() {
                return Some(false);
            }
            all((0..left.len()).map(|place| equal_values(&left, place, &right, place, element)))
        }
        TrinoType::Row(fields) => {
            let (left, right) = (a.as_struct(), b.as_struct());
            all(fields
                .iter()
                .enumerate()
                .map(|(place, field)| equal_values(left.column(place), i, right.column(place), j, &field.data_type)))
        }
        TrinoType::Map(key, value) => {
            let (left, right) = (a.as_map().value(i), b.as_map().value(j));
            if left.len() != right.len() {
                return Some(false);
            }
            all((0..left.len()).map(|place| {
                let partner = (0..right.len())
                    .find(|other| equal_values(left.column(0), place, right.column(0), *other, key) == Some(true));
                match partner {
                    Some(other) => equal_values(left.column(1), place, right.column(1), other, value),
                    None => Some(false),
                }
            }))
        }
        _ => Some(scalar_order(a, i, b, j, of).is_some_and(Ordering::is_eq)),
    }
}

/// AND of three values.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

/// Whether two values are the same, NULL and NaN included.
pub(crate) fn same_values(a: &ArrayRef, i: usize, b: &ArrayRef, j: usize, of: &TrinoType) -> bool {
    let (left_null, right_null) = match of {
        TrinoType::Unknown => (true, true),
        _ => (a.is_null(i), b.is_null(j)),
    };
    if left_null || right_null {
        return left_null && right_null;
    }
    match of {
        TrinoType::Double | TrinoType::Real => {
            let is_nan = |array: &ArrayRef, row: usize| scalar_order(array, row, array, row, of).is_none();
            (is_nan(a, i) && is_nan(b, j)) || equal_values(a, i, b, j, of) == Some(true)
        }
        TrinoType::Array(element) => {
            let (left, right) = (a.as_list::<i32>().value(i), b.as_list::<i32>().value(j));
            left.len() == right.len() && (0..left.len()).all(|place| same_values(&left, place, &right, place, element))
        }
        TrinoType::Row(fields) => fields.iter().enumerate().all(|(place, field)| {
            same_values(a.as_struct().column(place), i, b.as_struct().column(place), j, &field.data_type)
        }),
        _ => equal_values(a, i, b, j, of) == Some(true),
    }
}

/// How two values that are not NULL are ordered; `None` for NaN.
///
/// # Errors
/// `NOT_SUPPORTED` when a NULL inside leaves it open.
pub(crate) fn order_values(
    a: &ArrayRef,
    i: usize,
    b: &ArrayRef,
    j: usize,
    of: &TrinoType,
) -> Result<Option<Ordering>, TrinoError> {
    let no_null = |left: &ArrayRef, i: usize, right: &ArrayRef, j: usize| {
        if left.is_null(i) || right.is_null(j) {
            Err(TrinoError::unsupported(format!("{} comparison not supported for values with NULL", of.base_name())))
        } else {
            Ok(())
        }
    };
    match of {
        TrinoType::Array(element) => {
            let (left, right) = (a.as_list::<i32>().value(i), b.as_list::<i32>().value(j));
            for place in 0..left.len().min(right.len()) {
                no_null(&left, place, &right, place)?;
                match order_values(&left, place, &right, place, element)? {
                    Some(Ordering::Equal) => {}
                    decided => return Ok(decided),
                }
            }
            Ok(Some(left.len().cmp(&right.len())))
        }
        TrinoType::Row(fields) => {
            for (place, field) in fields.iter().enumerate() {
                let (left, right) = (a.as_struct().column(place), b.as_struct().column(place));
                no_null(left, i, right, j)?;
                match order_values(left, i, right, j, &field.data_type)? {
                    Some(Ordering::Equal) => {}
                    decided => return Ok(decided),
                }
            }
            Ok(Some(Ordering::Equal))
        }
        _ => Ok(scalar_order(a, i, b, j, of)),
    }
}

fn scalar_order(a: &ArrayRef, i: usize, b: &ArrayRef, j: usize, of: &TrinoType) -> Option<Ordering> {
    use TrinoType as T;
    macro_rules! primitive {
        ($primitive:ty) => {
            a.as_primitive::<$primitive>().value(i).partial_cmp(&b.as_primitive::<$primitive>().value(j))
        };
    }
    match of {
        T::Boolean => a.as_boolean().value(i).partial_cmp(&b.as_boolean().value(j)),
        T::Tinyint => primitive!(Int8Type),
        T::Smallint => primitive!(Int16Type),
        T::Integer => primitive!(Int32Type),
        T::Bigint => primitive!(Int64Type),
        T::Real => primitive!(Float32Type),
        T::Double => primitive!(Float64Type),
        T::Decimal(..) => primitive!(Decimal128Type),
        T::Date => primitive!(Date32Type),
        T::IntervalDayToSecond => primitive!(DurationMillisecondType),
        T::IntervalYearToMonth => primitive!(IntervalYearMonthType),
        T::Varchar(_) | T::Char(_) | T::Json => Some(a.as_string::<i32>().value(i).cmp(b.as_string::<i32>().value(j))),
        T::Varbinary => Some(a.as_binary::<i32>().value(i).cmp(b.as_binary::<i32>().value(j))),
        T::Uuid | T::Ipaddress => Some(a.as_fixed_size_binary().value(i).cmp(b.as_fixed_size_binary().value(j))),
        T::Time(_) => Some(time_nanos(a, i).cmp(&time_nanos(b, j))),
        T::Timestamp(_) => Some(timestamp_nanos(a, i).cmp(&timestamp_nanos(b, j))),
        T::TimestampWithTimeZone(_) => Some(timestamp_nanos(zoned(a).0, i).cmp(&timestamp_nanos(zoned(b).0, j))),
        T::TimeWithTimeZone(_) => {
            let instant = |array: &ArrayRef, row: usize| {
                let (times, zones) = zoned(array);
                let offset = crate::sql::trino::cast::offset_at(zones.value(row), 0).unwrap_or_default();
                (time_nanos(times, row) - i128::from(offset) * 1_000_000_000).rem_euclid(86_400_000_000_000)
            };
            Some(instant(a, i).cmp(&instant(b, j)))
        }
        T::Unknown | T::Array(_) | T::Map(..) | T::Row(_) => None,
    }
}
