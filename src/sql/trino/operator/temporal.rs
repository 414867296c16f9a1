//! Arithmetic of dates, times, timestamps and intervals.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, DurationMillisecondArray, Int64Array, IntervalYearMonthArray,
};
use arrow::datatypes::{Date32Type, DurationMillisecondType, Float64Type, Int64Type, IntervalYearMonthType};
use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta};

use super::arithmetic::{Operation, pair};
use crate::sql::trino::call::{Call, Kernel};
use crate::sql::trino::cast::{
    instant_of_local, local_of_instant, time_array, time_nanos, timestamp_array, timestamp_nanos, zoned, zoned_array,
};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::parse::ast::Arithmetic;
use crate::sql::trino::types::TrinoType;

const MILLI: i128 = 1_000_000;

/// The operation on two types of which at least one is no number.
pub(super) fn operation(operator: Arithmetic, left: &TrinoType, right: &TrinoType) -> Option<Operation> {
    use TrinoType as T;
    let given = |result: &T, kernel: Kernel| {
        Some(Operation { left: left.clone(), right: right.clone(), result: result.clone(), kernel: Some(kernel) })
    };
    let is_interval = |of: &T| matches!(of, T::IntervalDayToSecond | T::IntervalYearToMonth);
    let is_moment = |of: &T| {
        matches!(of, T::Date | T::Time(_) | T::TimeWithTimeZone(_) | T::Timestamp(_) | T::TimestampWithTimeZone(_))
    };
    match (operator, left, right) {
        (Arithmetic::Add | Arithmetic::Subtract, left, right) if is_interval(left) && left == right => {
            given(left, if operator == Arithmetic::Add { add_intervals } else { subtract_intervals })
        }
        (Arithmetic::Add | Arithmetic::Subtract, left, right) if is_moment(left) && is_interval(right) => {
            if matches!(left, T::Time(_) | T::TimeWithTimeZone(_)) && matches!(right, T::IntervalYearToMonth) {
                return None;
            }
            given(left, if operator == Arithmetic::Add { |call| moved(call, 1) } else { |call| moved(call, -1) })
        }
        (Arithmetic::Add, left, right) if is_interval(left) && is_moment(right) => {
            if matches!(right, T::Time(_) | T::TimeWithTimeZone(_)) && matches!(left, T::IntervalYearToMonth) {
                return None;
            }
            given(right, |call| {
                let (interval, moment) = pair(call)?;
                let (args, types) = ([Arc::clone(moment), Arc::clone(interval)], call.arg_types);
                let types: Vec<T> = types.iter().rev().cloned().collect();
                moved(&Call { args: &args, arg_types: &types, ..*call }, 1)
            })
        }
        (Arithmetic::Subtract, left, right) if is_moment(left) && is_moment(right) => {
            let common = left.common(right)?;
            let result = T::IntervalDayToSecond;
            Some(Operation { left: common.clone(), right: common, result, kernel: Some(difference) })
        }
        (Arithmetic::Multiply, interval, number) if is_interval(interval) && number.is_numeric() => {
            let (left, result) = (interval.clone(), interval.clone());
            Some(Operation { left, right: T::Double, result, kernel: Some(|call| scaled(call, |a, b| a * b, 0)) })
        }
        (Arithmetic::Multiply, number, interval) if is_interval(interval) && number.is_numeric() => {
            let (right, result) = (interval.clone(), interval.clone());
            Some(Operation { left: T::Double, right, result, kernel: Some(|call| scaled(call, |a, b| a * b, 1)) })
        }
        (Arithmetic::Divide, interval, number) if is_interval(interval) && number.is_numeric() => {
            let (left, result) = (interval.clone(), interval.clone());
            Some(Operation { left, right: T::Double, result, kernel: Some(|call| scaled(call, |a, b| a / b, 0)) })
        }
        _ => None,
    }
}

/// Days or months of an interval column, in its own unit.
fn units(array: &ArrayRef, row: usize, of: &TrinoType) -> i64 {
    match of {
        TrinoType::IntervalYearToMonth => i64::from(array.as_primitive::<IntervalYearMonthType>().value(row)),
        _ => array.as_primitive::<DurationMillisecondType>().value(row),
    }
}

fn intervals(values: Vec<Option<i64>>, of: &TrinoType) -> Result<ArrayRef, TrinoError> {
    if !matches!(of, TrinoType::IntervalYearToMonth) {
        return Ok(Arc::new(DurationMillisecondArray::from(values)));
    }
    let narrow = |value: i64| i32::try_from(value).map_err(|_| TrinoError::range("Interval out of range"));
    let months: Vec<Option<i32>> =
        values.into_iter().map(|value| value.map(narrow).transpose()).collect::<Result<_, _>>()?;
    Ok(Arc::new(IntervalYearMonthArray::from(months)))
}

/// The kernel of an interval as a number of its units, as which intervals are summed.
pub(crate) fn interval_units(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let ([interval], [of]) = (call.args, call.arg_types) else { return Err(TrinoError::internal("an interval")) };
    let one = |row: usize| interval.is_valid(row).then(|| units(interval, row, of));
    Ok(Arc::new((0..call.rows).map(one).collect::<Int64Array>()))
}

/// The kernel of a number of units as an interval.
pub(crate) fn interval_of(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let [numbers] = call.args else { return Err(TrinoError::internal("a number")) };
    intervals(numbers.as_primitive::<Int64Type>().iter().collect(), call.return_type)
}

fn combined(call: &Call<'_>, combine: fn(i64, i64) -> Option<i64>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let of = call.return_type;
    let one = |row: usize| {
        (left.is_valid(row) && right.is_valid(row))
            .then(|| {
                combine(units(left, row, of), units(right, row, of))
                    .ok_or_else(|| TrinoError::range(format!("{of} overflow")))
            })
            .transpose()
    };
    intervals((0..call.rows).map(one).collect::<Result<_, _>>()?, of)
}

fn add_intervals(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    combined(call, i64::checked_add)
}

fn subtract_intervals(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    combined(call, i64::checked_sub)
}

fn scaled(call: &Call<'_>, compute: fn(f64, f64) -> f64, interval_place: usize) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let (interval, number) = if interval_place == 0 { (left, right) } else { (right, left) };
    let numbers = number.as_primitive::<Float64Type>();
    let of = call.return_type;
    let one = |row: usize| {
        if interval.is_null(row) || numbers.is_null(row) {
            return Ok(None);
        }
        #[expect(clippy::cast_precision_loss, reason = "Trino multiplies intervals by doubles too")]
        let result = compute(units(interval, row, of) as f64, numbers.value(row));
        if !result.is_finite() {
            return Err(TrinoError::division_by_zero());
        }
        #[expect(clippy::cast_possible_truncation, reason = "fractions of a millisecond are dropped")]
        Ok(Some(result as i64))
    };
    intervals((0..call.rows).map(one).collect::<Result<_, _>>()?, of)
}

/// A date so many months later; the last day of the month where there is no such day.
pub(crate) fn add_months(date: NaiveDate, months: i64) -> Option<NaiveDate> {
    let size = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { date.checked_sub_months(size) } else { date.checked_add_months(size) }
}

/// Local nanoseconds since 1970, so many months later.
fn local_months_later(nanos: i128, months: i64) -> Option<i128> {
    let day = 86_400_000_000_000i128;
    let date = DateTime::from_timestamp(i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?, 0)?.date_naive();
    let moved = add_months(date, months)?;
    Some(nanos + i128::from((moved - date).num_days()) * day)
}

/// A moment moved by an interval.
fn moved(call: &Call<'_>, sign: i64) -> Result<ArrayRef, TrinoError> {
    let (moment, interval) = pair(call)?;
    let Some(interval_type) = call.arg_types.get(1) else { return Err(TrinoError::internal("an interval")) };
    let is_months = matches!(interval_type, TrinoType::IntervalYearToMonth);
    let out = || TrinoError::range(format!("{} out of range", call.return_type.base_name()));
    let rows = 0..call.rows;
    let valid = |row: &usize| moment.is_valid(*row) && interval.is_valid(*row);
    let later = |nanos: i128, row: usize| {
        let units = units(interval, row, interval_type) * sign;
        if is_months { local_months_later(nanos, units).ok_or_else(out) } else { Ok(nanos + i128::from(units) * MILLI) }
    };
    match call.return_type {
        TrinoType::Date => {
            let one = |row: usize| {
                let date = NaiveDate::default()
                    .checked_add_signed(TimeDelta::days(i64::from(moment.as_primitive::<Date32Type>().value(row))))
                    .ok_or_else(out)?;
                let units = units(interval, row, interval_type) * sign;
                let later = if is_months {
                    add_months(date, units).ok_or_else(out)?
                } else if units % 86_400_000 == 0 {
                    date.checked_add_signed(TimeDelta::days(units / 86_400_000)).ok_or_else(out)?
                } else {
                    return Err(TrinoError::argument("Cannot add hour, minutes or seconds to a date"));
                };
                Ok(later.num_days_from_ce() - NaiveDate::default().num_days_from_ce())
            };
            let days: Vec<Option<i32>> =
                rows.map(|row| valid(&row).then(|| one(row)).transpose()).collect::<Result<_, _>>()?;
            Ok(Arc::new(Date32Array::from(days)))
        }
        TrinoType::Time(precision) => {
            let one = |row: usize| later(time_nanos(moment, row), row);
            let nanos = rows.map(|row| valid(&row).then(|| one(row)).transpose()).collect::<Result<_, _>>()?;
            time_array(nanos, *precision)
        }
        TrinoType::Timestamp(precision) => {
            let one = |row: usize| later(timestamp_nanos(moment, row), row);
            let nanos = rows.map(|row| valid(&row).then(|| one(row)).transpose()).collect::<Result<_, _>>()?;
            timestamp_array(nanos, *precision)
        }
        TrinoType::TimestampWithTimeZone(precision) => {
            let (instants, zones) = zoned(moment);
            let one = |row: usize| {
                let (instant, zone) = (timestamp_nanos(instants, row), zones.value(row));
                // Months are counted in local time, seconds are not.
                let moved = if is_months {
                    instant_of_local(zone, later(local_of_instant(zone, instant)?, row)?)?
                } else {
                    later(instant, row)?
                };
                Ok((moved, zone.to_owned()))
            };
            let zoned = rows.map(|row| valid(&row).then(|| one(row)).transpose());
            zoned_array(zoned.collect::<Result<_, TrinoError>>()?, *precision)
        }
        other => Err(TrinoError::unsupported(format!("Adding an interval to {other} is not supported"))),
    }
}

/// The time between two moments.
fn difference(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let Some(of) = call.arg_types.first() else { return Err(TrinoError::internal("two moments")) };
    let nanos = |array: &ArrayRef, row: usize| match of {
        TrinoType::Date => i128::from(array.as_primitive::<Date32Type>().value(row)) * 86_400_000 * MILLI,
        TrinoType::Time(_) => time_nanos(array, row),
        TrinoType::TimeWithTimeZone(_) => time_nanos(zoned(array).0, row),
        TrinoType::TimestampWithTimeZone(_) => timestamp_nanos(zoned(array).0, row),
        _ => timestamp_nanos(array, row),
    };
    let one = |row: usize| {
        let both = left.is_valid(row) && right.is_valid(row);
        both.then(|| i64::try_from((nanos(left, row) - nanos(right, row)).div_euclid(MILLI)).ok()).flatten()
    };
    Ok(Arc::new((0..call.rows).map(one).collect::<DurationMillisecondArray>()))
}
