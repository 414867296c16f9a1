//! Intervals added to each other and multiplied by numbers.

use arrow::datatypes::{DataType, Float64Type};

use super::arithmetic::{DIVISION_BY_ZERO, OVERFLOW};
use super::datetime::{collect_datetime, milliseconds};
use super::decimal::{exact, pow10};
use super::{Kernel, arguments};
use crate::analytics::error::Result;
use crate::analytics::expr::{Message, Values};

/// `interval ± interval`
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntervalAdd {
    pub(crate) subtract: bool,
}

impl Kernel for IntervalAdd {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        let data_type = left.array.data_type();
        let (left, right) = (milliseconds(left)?, milliseconds(right)?);
        collect_datetime(rows, data_type, |row| {
            let (Some(left), Some(right)) = (left(row), right(row)) else {
                return Ok(None);
            };
            let sum = if self.subtract { left.checked_sub(right) } else { left.checked_add(right) };
            sum.map(Some).ok_or(Message::Borrowed(OVERFLOW))
        })
    }
}

/// `interval × number`, `interval ÷ number`: cut to whole milliseconds or months.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntervalScale {
    pub(crate) divide: bool,
    /// Scale of an exact number.
    pub(crate) scale: i8,
}

impl Kernel for IntervalScale {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [interval, number] = arguments(values)?;
        let data_type = interval.array.data_type();
        let interval = milliseconds(interval)?;
        if *number.array.data_type() == DataType::Float64 {
            let number = number.primitive::<Float64Type>()?;
            return collect_datetime(rows, data_type, |row| {
                let (Some(interval), Some(number)) = (interval(row), number.get(row)) else {
                    return Ok(None);
                };
                if self.divide && number == 0.0 {
                    return Err(Message::Borrowed(DIVISION_BY_ZERO));
                }
                let value = if self.divide { interval as f64 / number } else { interval as f64 * number };
                let fits = value.is_finite() && value.abs() < i64::MAX as f64;
                if fits { Ok(Some(value as i64)) } else { Err(Message::Borrowed(OVERFLOW)) }
            });
        }
        let number = exact(number)?;
        let power = pow10(u32::try_from(self.scale).unwrap_or(0));
        collect_datetime(rows, data_type, |row| {
            let (Some(interval), Some(number)) = (interval(row), number(row)) else {
                return Ok(None);
            };
            let interval = i128::from(interval);
            let value = if !self.divide {
                interval.checked_mul(number).map(|value| value / power)
            } else if number == 0 {
                return Err(Message::Borrowed(DIVISION_BY_ZERO));
            } else {
                interval.checked_mul(power).map(|value| value / number)
            };
            value.and_then(|value| i64::try_from(value).ok()).map(Some).ok_or(Message::Borrowed(OVERFLOW))
        })
    }
}
