//! FLOOR, CEIL and STEP: numbers, datetimes and intervals brought to multiples.
//!
//! Multiples count from the epoch, and from 0; YEAR and MONTH go by the calendar.

use arrow::array::{Array, AsArray, TimestampMillisecondArray};
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMillisecondType,
};
use chrono::Datelike as _;
use std::sync::Arc;

use crate::analytics::error::{Error, Result};
use crate::analytics::expr::kernel::{
    DIVISION_BY_ZERO, OVERFLOW, add_months, arguments, collect_datetime, milliseconds, pow10,
};
use crate::analytics::expr::{Kernel, Message, Values};
use crate::analytics::syntax::{Unit, datetime};

const DAY: i64 = 86_400_000;

/// `FLOOR(n)`, `CEIL(n)` of numbers with a fraction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundNumber {
    pub(crate) up: bool,
    /// Scale of a DECIMAL.
    pub(crate) scale: i8,
    /// Precision of the result.
    pub(crate) precision: u8,
}

impl Kernel for RoundNumber {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        match value.array.data_type() {
            DataType::Float64 => {
                let numbers = value.array.as_primitive::<Float64Type>();
                let rounded = numbers.unary::<_, Float64Type>(if self.up { f64::ceil } else { f64::floor });
                Ok(Values::rows(Arc::new(rounded)))
            }
            DataType::Float32 => {
                let numbers = value.array.as_primitive::<Float32Type>();
                let rounded = numbers.unary::<_, Float32Type>(if self.up { f32::ceil } else { f32::floor });
                Ok(Values::rows(Arc::new(rounded)))
            }
            DataType::Decimal128(..) => {
                let numbers = value.primitive::<Decimal128Type>()?;
                let power = pow10(u32::try_from(self.scale).unwrap_or(0));
                let limit = pow10(self.precision.into());
                let data_type = DataType::Decimal128(self.precision, 0);
                Ok(Values::collect_primitive::<Decimal128Type>(rows, &data_type, |row| {
                    let Some(digits) = numbers.get(row) else { return Ok(None) };
                    let down = digits.div_euclid(power);
                    let rounded = if self.up && digits.rem_euclid(power) != 0 { down + 1 } else { down };
                    if rounded.abs() < limit { Ok(Some(rounded)) } else { Err(Message::Borrowed(OVERFLOW)) }
                }))
            }
            other => Err(Error::Internal(format!("FLOOR of {other}"))),
        }
    }
}

/// `FLOOR(dt TO unit)`, `CEIL(dt TO unit)`, of datetimes and intervals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) up: bool,
    pub(crate) unit: Unit,
}

impl Kernel for Round {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let size = self.unit.size();
        if let (DataType::Timestamp(..), false, false) = (value.array.data_type(), self.up, self.unit.is_year_month()) {
            let instants = value.array.as_primitive::<TimestampMillisecondType>();
            return Ok(Values::rows(Arc::new(floor_instants(instants, size))));
        }
        let calendar = self.unit.is_year_month() && value.array.data_type() != &DataType::Int32;
        let read = milliseconds(value)?;
        collect_datetime(rows, value.array.data_type(), |row| {
            let Some(millis) = read(row) else { return Ok(None) };
            let down = if calendar { calendar_floor(millis, size, 1) } else { Some(millis - millis.rem_euclid(size)) };
            let rounded = match down {
                Some(down) if self.up && down < millis => {
                    if calendar {
                        add_months(down, i32::try_from(size).unwrap_or(1))
                    } else {
                        down.checked_add(size)
                    }
                }
                down => down,
            };
            rounded.map(Some).ok_or(Message::Borrowed(OVERFLOW))
        })
    }
}

/// Instants brought down to multiples of `size` milliseconds. They nearly always come in order, so one division serves many.
fn floor_instants(instants: &TimestampMillisecondArray, size: i64) -> TimestampMillisecondArray {
    let mut floor = 0;
    let floored = instants.values().iter().map(|millis| {
        if !millis.checked_sub(floor).is_some_and(|past| (0..size).contains(&past)) {
            floor = millis.saturating_sub(millis.rem_euclid(size));
        }
        floor
    });
    TimestampMillisecondArray::new(floored.collect(), instants.nulls().cloned())
}

/// The first instant of the group of `size` × `count` months that `millis` is in; groups count from January 1970.
fn calendar_floor(millis: i64, size: i64, count: i64) -> Option<i64> {
    let date = datetime::date(i32::try_from(millis.div_euclid(DAY)).ok()?)?;
    let origin = 1970 * 12;
    let month = i64::from(date.year()) * 12 + i64::from(date.month0()) - origin;
    let months = size.checked_mul(count)?;
    let first = month - month.rem_euclid(months) + origin;
    let year = i32::try_from(first.div_euclid(12)).ok()?;
    let month = u32::try_from(first.rem_euclid(12)).ok()? + 1;
    let first = chrono::NaiveDate::from_ymd_opt(year, month, 1)?;
    i64::from(datetime::days(first)?).checked_mul(DAY)
}

/// `STEP(dt BY interval)`
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepTime {
    /// Whether the interval counts months.
    pub(crate) months: bool,
}

impl Kernel for StepTime {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value, by] = arguments(values)?;
        let data_type = value.array.data_type();
        let calendar = self.months && data_type != &DataType::Int32;
        let (read, size) = (milliseconds(value)?, milliseconds(by)?);
        collect_datetime(rows, data_type, |row| {
            let (Some(millis), Some(size)) = (read(row), size(row)) else { return Ok(None) };
            if size <= 0 {
                return Err(Message::Borrowed("The interval of STEP must be longer than 0"));
            }
            let stepped =
                if calendar { calendar_floor(millis, 1, size) } else { Some(millis - millis.rem_euclid(size)) };
            stepped.map(Some).ok_or(Message::Borrowed(OVERFLOW))
        })
    }
}

/// `STEP(n BY k)`: the largest multiple of k that is not above n.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepNumber;

impl Kernel for StepNumber {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value, by] = arguments(values)?;
        macro_rules! whole {
            ($kind:ty) => {{
                let (numbers, sizes) = (value.primitive::<$kind>()?, by.primitive::<$kind>()?);
                Values::collect_primitive::<$kind>(rows, value.array.data_type(), |row| {
                    let (Some(number), Some(size)) = (numbers.get(row), sizes.get(row)) else { return Ok(None) };
                    let Some(rest) = number.checked_rem_euclid(size) else {
                        return Err(Message::Borrowed(if size == 0 { DIVISION_BY_ZERO } else { OVERFLOW }));
                    };
                    number.checked_sub(rest).map(Some).ok_or(Message::Borrowed(OVERFLOW))
                })
            }};
        }
        Ok(match value.array.data_type() {
            DataType::Int8 => whole!(Int8Type),
            DataType::Int16 => whole!(Int16Type),
            DataType::Int32 => whole!(Int32Type),
            DataType::Int64 => whole!(Int64Type),
            DataType::Decimal128(..) => whole!(Decimal128Type),
            DataType::Float64 => {
                let (numbers, sizes) = (value.primitive::<Float64Type>()?, by.primitive::<Float64Type>()?);
                Values::collect_primitive::<Float64Type>(rows, &DataType::Float64, |row| {
                    let (Some(number), Some(size)) = (numbers.get(row), sizes.get(row)) else { return Ok(None) };
                    if size == 0.0 {
                        return Err(Message::Borrowed(DIVISION_BY_ZERO));
                    }
                    Ok(Some((number / size.abs()).floor() * size.abs()))
                })
            }
            other => return Err(Error::Internal(format!("STEP of {other}"))),
        })
    }
}
