//! `width_bucket`: which bar of a histogram a number falls in.

use arrow::array::{Array, ArrayRef, PrimitiveArray};
use arrow::datatypes::Float64Type;

use super::super::column::{bigint_rows, range, typed};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("width_bucket(double, double, double, bigint) -> bigint", equal, "width_bucket(5e0, 0, 4, 3)", "4"),
    entry("width_bucket(double, array(double)) -> bigint", by_bins, "width_bucket(3.14e0, ARRAY[0e0, 2e0, 4e0])", "2"),
];

fn equal(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (operands, firsts, seconds, counts) = (call.double(0)?, call.double(1)?, call.double(2)?, call.bigint(3)?);
    bigint_rows(call, |row| {
        let (operand, first, second) = (operands.value(row), firsts.value(row), seconds.value(row));
        bucket(operand, first, second, counts.value(row)).map(Some)
    })
}

fn bucket(operand: f64, first: f64, second: f64, count: i64) -> Result<i64, TrinoError> {
    let refuse = |message: &str| Err(TrinoError::argument(message));
    if count <= 0 {
        return refuse("bucketCount must be greater than 0");
    }
    if operand.is_nan() {
        return refuse("operand must not be NaN");
    }
    if !first.is_finite() {
        return refuse("first bound must be finite");
    }
    if !second.is_finite() {
        return refuse("second bound must be finite");
    }
    if first == second {
        return refuse("bounds cannot equal each other");
    }
    let (lower, upper) = (first.min(second), first.max(second));
    let place = if operand < lower {
        0
    } else if operand >= upper {
        count.checked_add(1).ok_or_else(|| TrinoError::range(format!("Bucket for value {operand} is out of range")))?
    } else {
        (count as f64 * (operand - lower) / (upper - lower) + 1.0) as i64
    };
    Ok(if first > second { count - place + 1 } else { place })
}

fn by_bins(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (operands, lists) = (call.double(0)?, call.list(1)?);
    let bins = typed::<PrimitiveArray<Float64Type>>(lists.values())?;
    bigint_rows(call, |row| {
        let operand = operands.value(row);
        let places = range(lists.value_offsets(), row);
        if places.is_empty() {
            return Err(TrinoError::argument("Bins cannot be an empty array"));
        }
        if operand.is_nan() {
            return Err(TrinoError::argument("Operand cannot be NaN"));
        }
        if bins.slice(places.start, places.len()).null_count() > 0 {
            return Err(TrinoError::argument("Bin values must not be NULL"));
        }
        let bins = &bins.values()[places];
        if bins.iter().any(|bin| !bin.is_finite()) {
            return Err(TrinoError::argument("Bin values must be finite"));
        }
        if !bins.is_sorted() {
            return Err(TrinoError::argument("Bin values are not sorted in ascending order"));
        }
        Ok(Some(bins.partition_point(|bin| *bin <= operand) as i64))
    })
}
