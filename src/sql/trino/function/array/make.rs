//! Arrays from bounds and counts: `sequence`, `repeat`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Int64Array, PrimitiveArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType};

use super::super::column::{ListShape, index, pick};
use super::super::datetime::{Day, Local, Moments};
use super::super::{Call, FunctionEntry, TrinoError, called, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    called("repeat(T, bigint) -> array(T)", repeat, "repeat(7, 3)", "[7,7,7]"),
    entry("sequence(bigint, bigint) -> array(bigint)", integers, "sequence(3, 1)", "[3,2,1]"),
    entry("sequence(bigint, bigint, bigint) -> array(bigint)", integers, "sequence(1, 10, 3)", "[1,4,7,10]"),
    entry(
        "sequence(date, date) -> array(date)",
        days,
        "sequence(DATE '2020-01-01', DATE '2020-01-02')",
        r#"["2020-01-01","2020-01-02"]"#,
    ),
    entry(
        "sequence(date, date, interval day to second) -> array(date)",
        days,
        "sequence(DATE '2020-01-01', DATE '2020-01-05', INTERVAL '2' DAY)",
        r#"["2020-01-01","2020-01-03","2020-01-05"]"#,
    ),
    entry(
        "sequence(date, date, interval year to month) -> array(date)",
        by_months,
        "sequence(DATE '2020-01-31', DATE '2020-03-31', INTERVAL '1' MONTH)",
        r#"["2020-01-31","2020-02-29","2020-03-31"]"#,
    ),
    entry(
        "sequence(timestamp(p), timestamp(p), interval day to second) -> array(timestamp(p))",
        timestamps,
        "sequence(TIMESTAMP '2020-01-01 00:00:00.000', TIMESTAMP '2020-01-01 02:00:00.000', INTERVAL '1' HOUR)",
        r#"["2020-01-01 00:00:00.000","2020-01-01 01:00:00.000","2020-01-01 02:00:00.000"]"#,
    ),
    entry(
        "sequence(timestamp(p), timestamp(p), interval year to month) -> array(timestamp(p))",
        by_months,
        "sequence(TIMESTAMP '2020-01-31 01:00:00.000', TIMESTAMP '2020-02-29 01:00:00.000', INTERVAL '1' MONTH)",
        r#"["2020-01-31 01:00:00.000","2020-02-29 01:00:00.000"]"#,
    ),
];

const MOST_ENTRIES: i128 = 10_000;
const MOST_REPETITIONS: i64 = 10_000;

fn repeat(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let counts = call.bigint(1)?;
    let Some(elements) = call.args.first() else {
        return Err(TrinoError::internal("an argument is missing"));
    };
    let (mut shape, mut picked) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        let valid = counts.is_valid(row);
        if valid {
            let count = counts.value(row);
            if count < 0 {
                return Err(TrinoError::argument(
                    "count argument of repeat function must be greater than or equal to 0",
                ));
            }
            if count > MOST_REPETITIONS {
                return Err(TrinoError::argument(format!(
                    "count argument of repeat function must be less than or equal to {MOST_REPETITIONS}"
                )));
            }
            picked.extend(std::iter::repeat_n(index(row), count as usize));
        }
        shape.close(picked.len(), valid)?;
    }
    shape.into_list(&call.result_type(), pick(elements, picked)?)
}

/// How many entries a sequence has.
fn length(start: i64, stop: i64, step: i64) -> Result<i64, TrinoError> {
    if step == 0 {
        return Err(TrinoError::argument("step must not be zero"));
    }
    check_direction(if step > 0 { start <= stop } else { start >= stop })?;
    check_count((i128::from(stop) - i128::from(start)) / i128::from(step) + 1)
}

fn check_direction(is_right: bool) -> Result<(), TrinoError> {
    if is_right {
        return Ok(());
    }
    Err(TrinoError::argument(
        "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start",
    ))
}

fn check_count(count: i128) -> Result<i64, TrinoError> {
    if count > MOST_ENTRIES {
        return Err(TrinoError::argument(format!(
            "result of sequence function must not have more than {MOST_ENTRIES} entries"
        )));
    }
    Ok(count as i64)
}

/// All sequences as numbers: `bounds` gives start, stop and step of a row.
fn numbers(
    call: &Call<'_>,
    bounds: impl Fn(usize) -> Result<(i64, i64, i64), TrinoError>,
) -> Result<(ListShape, Vec<i64>), TrinoError> {
    let (mut shape, mut values) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        let (start, stop, step) = bounds(row)?;
        let count = length(start, stop, step)?;
        values.extend((0..count).map(|place| start + place * step));
        shape.close(values.len(), true)?;
    }
    Ok((shape, values))
}

/// The step of a sequence that names none.
fn towards(start: i64, stop: i64) -> i64 {
    if start <= stop { 1 } else { -1 }
}

fn integers(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (starts, stops) = (call.bigint(0)?, call.bigint(1)?);
    let steps = if call.args.len() > 2 { Some(call.bigint(2)?) } else { None };
    let (shape, values) = numbers(call, |row| {
        let (start, stop) = (starts.value(row), stops.value(row));
        Ok((start, stop, steps.map_or(towards(start, stop), |steps| steps.value(row))))
    })?;
    shape.into_list(&call.result_type(), Arc::new(Int64Array::from(values)))
}

fn days(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    const DAY: i64 = 86_400_000;
    let (starts, stops) = (call.column::<Date32Array>(0)?, call.column::<Date32Array>(1)?);
    let steps =
        if call.args.len() > 2 { Some(call.column::<arrow::array::DurationMillisecondArray>(2)?) } else { None };
    let (shape, values) = numbers(call, |row| {
        let (start, stop) = (i64::from(starts.value(row)), i64::from(stops.value(row)));
        let step = match steps.map(|steps| steps.value(row)) {
            None => towards(start, stop),
            Some(millis) if millis % DAY != 0 => {
                return Err(TrinoError::argument(
                    "sequence step must be a day interval if start and end values are dates",
                ));
            }
            Some(millis) => millis / DAY,
        };
        Ok((start, stop, step))
    })?;
    let days: Vec<i32> = values.into_iter().map(|day| day as i32).collect();
    shape.into_list(&call.result_type(), Arc::new(Date32Array::from(days)))
}

/// The elements of an array type as an array of it, from units since 1970.
fn timestamps_of(result_type: &DataType, values: Vec<i64>) -> Result<ArrayRef, TrinoError> {
    let DataType::List(item) = result_type else {
        return Err(TrinoError::internal("a sequence is no array"));
    };
    Ok(match item.data_type() {
        DataType::Date32 => Arc::new(Date32Array::from_iter_values(values.into_iter().map(|day| day as i32))),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Arc::new(PrimitiveArray::<TimestampNanosecondType>::from(values))
        }
        _ => Arc::new(PrimitiveArray::<TimestampMicrosecondType>::from(values)),
    })
}

/// Units of a second of the elements of an array type; of dates, there is one unit a day.
fn unit_of(result_type: &DataType) -> i64 {
    match result_type {
        DataType::List(item) if matches!(item.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _)) => {
            1_000_000_000
        }
        _ => 1_000_000,
    }
}

fn timestamps(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (starts, stops) = (Moments::of(call, 0)?, Moments::of(call, 1)?);
    let steps = call.column::<arrow::array::DurationMillisecondArray>(2)?;
    let result_type = call.result_type();
    let per_second = unit_of(&result_type);
    let units = |local: Local| local.to_units(per_second).ok_or_else(|| TrinoError::range("Timestamp is out of range"));
    let (shape, values) = numbers(call, |row| {
        Ok((units(starts.stored(row))?, units(stops.stored(row))?, steps.value(row).saturating_mul(per_second / 1000)))
    })?;
    let values = timestamps_of(&result_type, values)?;
    shape.into_list(&result_type, values)
}

fn by_months(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (starts, stops) = (Moments::of(call, 0)?, Moments::of(call, 1)?);
    let steps = call.column::<arrow::array::IntervalYearMonthArray>(2)?;
    let result_type = call.result_type();
    let per_second = unit_of(&result_type);
    let is_date = matches!(&result_type, DataType::List(item) if item.data_type() == &DataType::Date32);
    let (mut shape, mut values) = (ListShape::new(call.rows), Vec::new());
    for row in 0..call.rows {
        let (start, stop, step) = (starts.stored(row), stops.stored(row), i64::from(steps.value(row)));
        if step == 0 {
            return Err(TrinoError::argument("step must not be zero"));
        }
        check_direction(if step > 0 { start <= stop } else { start >= stop })?;
        let first = Day::from_days(start.days);
        for place in 0i64.. {
            let moment = Local { days: first.plus_months(place * step).days(), ..start };
            if if step > 0 { moment > stop } else { moment < stop } {
                break;
            }
            check_count(i128::from(place) + 1)?;
            let units = if is_date { Some(moment.days) } else { moment.to_units(per_second) };
            values.push(units.ok_or_else(|| TrinoError::range("Timestamp is out of range"))?);
        }
        shape.close(values.len(), true)?;
    }
    let values = timestamps_of(&result_type, values)?;
    shape.into_list(&result_type, values)
}
