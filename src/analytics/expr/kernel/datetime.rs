//! Datetimes moved by intervals, and the distance of two datetimes.

use std::ops::RangeInclusive;

use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};
use chrono::{Datelike as _, Months, NaiveDate};

use super::arithmetic::OVERFLOW;
use super::{Kernel, arguments};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::{Message, Values};
use crate::analytics::syntax::{IntervalQualifier, datetime};

const DAY: i64 = 86_400_000;
/// The milliseconds that the calendar reaches: the years -262143 to 262142.
const CALENDAR: RangeInclusive<i64> = -8_334_601_228_800_000..=8_210_266_876_799_999;

/// Milliseconds since the epoch, of any datetime; a TIME is one on 1970-01-01.
type ByRow<'a> = Box<dyn Fn(usize) -> Option<i64> + 'a>;

pub(crate) fn milliseconds(values: &Values) -> Result<ByRow<'_>> {
    Ok(match values.array.data_type() {
        DataType::Timestamp(..) => {
            let instants = values.primitive::<TimestampMillisecondType>()?;
            Box::new(move |row| instants.get(row))
        }
        DataType::Date32 => {
            let days = values.primitive::<Date32Type>()?;
            Box::new(move |row| days.get(row).map(|days| i64::from(days) * DAY))
        }
        DataType::Time32(_) => {
            let times = values.primitive::<Time32MillisecondType>()?;
            Box::new(move |row| times.get(row).map(i64::from))
        }
        DataType::Int64 => {
            let numbers = values.primitive::<Int64Type>()?;
            Box::new(move |row| numbers.get(row))
        }
        DataType::Int32 => {
            let numbers = values.primitive::<Int32Type>()?;
            Box::new(move |row| numbers.get(row).map(i64::from))
        }
        other => return Err(Error::Internal(format!("{other} is no datetime or interval"))),
    })
}

/// Datetimes out of milliseconds since the epoch: of a DATE the day, of a TIME what is left of the day.
pub(crate) fn collect_datetime(
    rows: usize,
    data_type: &DataType,
    compute: impl Fn(usize) -> Result<Option<i64>, Message>,
) -> Result<Values> {
    Ok(match data_type {
        DataType::Timestamp(..) => Values::collect_primitive::<TimestampMillisecondType>(rows, data_type, |row| {
            let millis = compute(row)?;
            if millis.is_some_and(|millis| !CALENDAR.contains(&millis)) {
                return Err(Message::Borrowed("The time lies outside of the calendar"));
            }
            Ok(millis)
        }),
        DataType::Date32 => Values::collect_primitive::<Date32Type>(rows, data_type, |row| {
            whole(compute(row)?.map(|millis| millis.div_euclid(DAY)))
        }),
        DataType::Time32(_) => Values::collect_primitive::<Time32MillisecondType>(rows, data_type, |row| {
            whole(compute(row)?.map(|millis| millis.rem_euclid(DAY)))
        }),
        DataType::Int64 => Values::collect_primitive::<Int64Type>(rows, data_type, compute),
        DataType::Int32 => Values::collect_primitive::<Int32Type>(rows, data_type, |row| whole(compute(row)?)),
        other => return Err(Error::Internal(format!("{other} is no datetime or interval"))),
    })
}

/// The number in 32 bits.
pub(crate) fn whole(value: Option<i64>) -> Result<Option<i32>, Message> {
    value.map(i32::try_from).transpose().map_err(|_| Message::Borrowed(OVERFLOW))
}

/// A datetime moved by months; the day is cut to the length of the month.
pub(crate) fn add_months(millis: i64, months: i32) -> Option<i64> {
    let day = datetime::date(i32::try_from(millis.div_euclid(DAY)).ok()?)?;
    let distance = Months::new(months.unsigned_abs());
    let moved = if months < 0 { day.checked_sub_months(distance) } else { day.checked_add_months(distance) }?;
    i64::from(datetime::days(moved)?).checked_mul(DAY)?.checked_add(millis.rem_euclid(DAY))
}

/// `datetime ± interval`
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatetimeShift {
    pub(crate) subtract: bool,
    /// Whether the interval counts months.
    pub(crate) months: bool,
}

impl Kernel for DatetimeShift {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [moved, interval] = arguments(values)?;
        let data_type = moved.array.data_type();
        let (start, distance) = (milliseconds(moved)?, milliseconds(interval)?);
        collect_datetime(rows, data_type, |row| {
            let (Some(start), Some(distance)) = (start(row), distance(row)) else {
                return Ok(None);
            };
            let distance = if self.subtract { distance.checked_neg() } else { Some(distance) };
            let end = distance.and_then(|distance| {
                if self.months { add_months(start, i32::try_from(distance).ok()?) } else { start.checked_add(distance) }
            });
            end.map(Some).ok_or(Message::Borrowed(OVERFLOW))
        })
    }
}

/// `(a - b) qualifier`: truncated toward zero to the qualifier's last field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatetimeDifference(pub(crate) IntervalQualifier);

impl Kernel for DatetimeDifference {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        let (left, right) = (milliseconds(left)?, milliseconds(right)?);
        let qualifier = self.0;
        let months = qualifier.is_year_month();
        let data_type = if months { Int32Type::DATA_TYPE } else { Int64Type::DATA_TYPE };
        collect_datetime(rows, &data_type, |row| {
            let (Some(left), Some(right)) = (left(row), right(row)) else {
                return Ok(None);
            };
            let distance = if months { months_between(left, right) } else { left.checked_sub(right) };
            let distance = distance.map(|distance| distance - distance % qualifier.step());
            match distance.filter(|distance| qualifier.holds(*distance)) {
                Some(distance) => Ok(Some(distance)),
                None => Err(Message::Borrowed("The interval does not fit its precision")),
            }
        })
    }
}

/// Whole months from `right` to `left`.
fn months_between(left: i64, right: i64) -> Option<i64> {
    let months = |millis: i64| -> Option<(i64, i64)> {
        let date = datetime::date(i32::try_from(millis.div_euclid(DAY)).ok()?)?;
        let within: NaiveDate = date.with_day(1)?;
        let begin = i64::from(datetime::days(within)?) * DAY;
        Some((i64::from(date.year()) * 12 + i64::from(date.month0()), millis - begin))
    };
    let ((m1, rest1), (m2, rest2)) = (months(left)?, months(right)?);
    let distance = m1 - m2;
    Some(match (distance > 0, distance < 0) {
        (true, _) if rest1 < rest2 => distance - 1,
        (_, true) if rest1 > rest2 => distance + 1,
        _ => distance,
    })
}
