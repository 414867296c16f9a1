//! `+ - * /` over exact numbers with a fraction.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Numeric Types and Precision".

use arrow::datatypes::{DataType, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::arithmetic::{DIVISION_BY_ZERO, OVERFLOW};
use super::{Kernel, arguments};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::{Message, Values};
use crate::analytics::syntax::BinaryOp;

/// The most digits of a result.
const MOST: i16 = 18;

/// Precision and scale of an operation's result.
pub(crate) fn decimal_type(op: BinaryOp, left: (u8, i8), right: (u8, i8)) -> (u8, i8) {
    let ((p1, s1), (p2, s2)) = ((i16::from(left.0), i16::from(left.1)), (i16::from(right.0), i16::from(right.1)));
    let (precision, scale) = match op {
        BinaryOp::Multiply => (p1 + p2, (s1 + s2).min(MOST)),
        BinaryOp::Divide => {
            let whole = p1 - s1 + s2;
            let scale = 6.max(s1 + p2 + 1);
            // Whole digits come first, down to the scale of the dividend.
            let scale = if whole + scale > MOST { (MOST - whole).max(s1) } else { scale };
            (whole + scale, scale)
        }
        _ => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
    };
    (u8::try_from(precision.clamp(1, MOST)).unwrap_or(18), i8::try_from(scale).unwrap_or(18))
}

/// 10 to the power of `exponent`.
pub(crate) fn pow10(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).unwrap_or(i128::MAX)
}

/// `value` with another scale, rounded half away from zero; `None` when it overflows.
pub(crate) fn rescale(value: i128, from: i8, to: i8) -> Option<i128> {
    match u32::try_from(i16::from(to) - i16::from(from)) {
        Ok(more) => value.checked_mul(pow10(more)),
        Err(_) => Some(divide_rounding(value, pow10(u32::try_from(i16::from(from) - i16::from(to)).unwrap_or(0)))),
    }
}

/// The quotient rounded half away from zero.
fn divide_rounding(value: i128, divisor: i128) -> i128 {
    // 128-bit division is slow, and nearly all numbers are short.
    let (quotient, rest) = match (i64::try_from(value), i64::try_from(divisor)) {
        (Ok(value), Ok(divisor)) => (i128::from(value.wrapping_div(divisor)), i128::from(value.wrapping_rem(divisor))),
        _ => (value / divisor, value % divisor),
    };
    let half_or_more = rest.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
    if rest != 0 && half_or_more { quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 } } else { quotient }
}

/// An operation on two exact numbers, at least one of them a DECIMAL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecimalArithmetic {
    pub(crate) op: BinaryOp,
    /// Scales of the operands; 0 for integers.
    pub(crate) scales: (i8, i8),
    /// Precision and scale of the result.
    pub(crate) result: (u8, i8),
}

impl Kernel for DecimalArithmetic {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        let (left, right) = (exact(left)?, exact(right)?);
        let limit = pow10(self.result.0.into());
        let data_type = DataType::Decimal128(self.result.0, self.result.1);
        Ok(Values::collect_primitive::<Decimal128Type>(rows, &data_type, |row| {
            let (Some(a), Some(b)) = (left(row), right(row)) else {
                return Ok(None);
            };
            if self.op == BinaryOp::Divide && b == 0 {
                return Err(Message::Borrowed(DIVISION_BY_ZERO));
            }
            let value = self.compute(a, b).filter(|value| value.abs() < limit);
            value.map(Some).ok_or(Message::Borrowed(OVERFLOW))
        }))
    }
}

impl DecimalArithmetic {
    fn compute(&self, a: i128, b: i128) -> Option<i128> {
        let (s1, s2) = self.scales;
        let scale = self.result.1;
        match self.op {
            BinaryOp::Add => rescale(a, s1, scale)?.checked_add(rescale(b, s2, scale)?),
            BinaryOp::Subtract => rescale(a, s1, scale)?.checked_sub(rescale(b, s2, scale)?),
            BinaryOp::Multiply => rescale(a.checked_mul(b)?, s1.checked_add(s2)?, scale),
            _ => {
                let shift = i16::from(scale) - i16::from(s1) + i16::from(s2);
                Some(divide_rounding(a.checked_mul(pow10(u32::try_from(shift).ok()?))?, b))
            }
        }
    }
}

type ByRow<'a> = Box<dyn Fn(usize) -> Option<i128> + 'a>;

/// The unscaled values of an exact number.
pub(crate) fn exact(values: &Values) -> Result<ByRow<'_>> {
    Ok(match values.array.data_type() {
        DataType::Decimal128(..) => {
            let numbers = values.primitive::<Decimal128Type>()?;
            Box::new(move |row| numbers.get(row))
        }
        DataType::Int64 => {
            let numbers = values.primitive::<Int64Type>()?;
            Box::new(move |row| numbers.get(row).map(i128::from))
        }
        DataType::Int32 => {
            let numbers = values.primitive::<Int32Type>()?;
            Box::new(move |row| numbers.get(row).map(i128::from))
        }
        DataType::Int16 => {
            let numbers = values.primitive::<Int16Type>()?;
            Box::new(move |row| numbers.get(row).map(i128::from))
        }
        DataType::Int8 => {
            let numbers = values.primitive::<Int8Type>()?;
            Box::new(move |row| numbers.get(row).map(i128::from))
        }
        other => return Err(Error::Internal(format!("{other} is no exact number"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_types_follow_the_reference() {
        assert_eq!(decimal_type(BinaryOp::Divide, (2, 1), (10, 0)), (13, 12));
        assert_eq!(decimal_type(BinaryOp::Divide, (18, 4), (10, 2)), (18, 4));
        assert_eq!(decimal_type(BinaryOp::Multiply, (10, 1), (10, 3)), (18, 4));
        assert_eq!(decimal_type(BinaryOp::Add, (10, 1), (10, 3)), (13, 3));
        assert_eq!(decimal_type(BinaryOp::Add, (2, 1), (10, 0)), (12, 1));
    }

    #[test]
    fn quotients_round_half_away_from_zero() {
        for (value, divisor, quotient) in [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (4, 3, 1), (-4, -3, 1), (1, 3, 0)] {
            assert_eq!(divide_rounding(value, divisor), quotient, "{value} / {divisor}");
        }
        assert_eq!(rescale(-25, 1, 0), Some(-3));
        assert_eq!(rescale(7, 0, 3), Some(7000));
        assert_eq!(rescale(i128::MAX, 0, 1), None);
    }
}
