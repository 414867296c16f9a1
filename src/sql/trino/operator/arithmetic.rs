//! `+ - * / %` and the sign: Trino's result types, and overflow as an error.

use std::fmt::Display;
use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute::kernels::arity::try_binary;
use arrow::datatypes::{
    ArrowNativeTypeOp, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalYearMonthType, i256,
};
use arrow::error::ArrowError;

use super::temporal;
use crate::sql::trino::call::{Call, Kernel};
use crate::sql::trino::cast::{divide_half_up, power_of_ten};
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::parse::ast::Arithmetic;
use crate::sql::trino::types::TrinoType;

/// What an operator does to two types.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) left: TrinoType,
    pub(crate) right: TrinoType,
    pub(crate) result: TrinoType,
    /// `None` for floating point, which is the engine's.
    pub(crate) kernel: Option<Kernel>,
}

/// How Trino computes `left operator right`; `None` when it does not.
pub(crate) fn arithmetic(operator: Arithmetic, left: &TrinoType, right: &TrinoType) -> Option<Operation> {
    let (left, right) = match (left, right) {
        (TrinoType::Unknown, TrinoType::Unknown) => (&TrinoType::Bigint, &TrinoType::Bigint),
        (TrinoType::Unknown, other) if other.is_numeric() => (other, other),
        (other, TrinoType::Unknown) if other.is_numeric() => (other, other),
        other => other,
    };
    if !left.is_numeric() || !right.is_numeric() {
        return temporal::operation(operator, left, right);
    }
    let common = left.common(right)?;
    match common {
        TrinoType::Real | TrinoType::Double => {
            let kernel = matches!(operator, Arithmetic::Modulus).then_some(float_modulus as Kernel);
            Some(Operation { left: common.clone(), right: common.clone(), result: common, kernel })
        }
        TrinoType::Decimal(..) => decimal(operator, left.as_decimal()?, right.as_decimal()?),
        _ => {
            let kernel: Kernel = match operator {
                Arithmetic::Add => |call| integer(call, Arithmetic::Add),
                Arithmetic::Subtract => |call| integer(call, Arithmetic::Subtract),
                Arithmetic::Multiply => |call| integer(call, Arithmetic::Multiply),
                Arithmetic::Divide => |call| integer(call, Arithmetic::Divide),
                Arithmetic::Modulus => |call| integer(call, Arithmetic::Modulus),
            };
            Some(Operation { left: common.clone(), right: common.clone(), result: common, kernel: Some(kernel) })
        }
    }
}

fn decimal(operator: Arithmetic, (p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> Option<Operation> {
    let scale = s1.max(s2);
    let (precision, scale): (u16, u8) = match operator {
        Arithmetic::Add | Arithmetic::Subtract => (u16::from((p1 - s1).max(p2 - s2)) + u16::from(scale) + 1, scale),
        Arithmetic::Multiply => (u16::from(p1) + u16::from(p2), s1.checked_add(s2).filter(|scale| *scale <= 38)?),
        Arithmetic::Divide => (u16::from(p1) + u16::from(s2) + u16::from(s2.saturating_sub(s1)), scale),
        Arithmetic::Modulus => (u16::from((p1 - s1).min(p2 - s2)) + u16::from(scale), scale),
    };
    let kernel: Kernel = match operator {
        Arithmetic::Add => |call| decimals(call, Arithmetic::Add),
        Arithmetic::Subtract => |call| decimals(call, Arithmetic::Subtract),
        Arithmetic::Multiply => |call| decimals(call, Arithmetic::Multiply),
        Arithmetic::Divide => |call| decimals(call, Arithmetic::Divide),
        Arithmetic::Modulus => |call| decimals(call, Arithmetic::Modulus),
    };
    Some(Operation {
        left: TrinoType::Decimal(p1, s1),
        right: TrinoType::Decimal(p2, s2),
        result: TrinoType::Decimal(u8::try_from(precision.clamp(1, 38)).ok()?, scale),
        kernel: Some(kernel),
    })
}

pub(super) fn pair<'a>(call: &Call<'a>) -> Result<(&'a ArrayRef, &'a ArrayRef), TrinoError> {
    match call.args {
        [left, right] => Ok((left, right)),
        _ => Err(TrinoError::internal("An operator takes two values")),
    }
}

pub(super) fn external(error: TrinoError) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

fn checked<T: ArrowPrimitiveType>(call: &Call<'_>, operator: Arithmetic) -> Result<ArrayRef, TrinoError>
where
    T::Native: ArrowNativeTypeOp + Display,
{
    let (left, right) = pair(call)?;
    let (left, right) = (left.as_primitive::<T>(), right.as_primitive::<T>());
    let noun = match operator {
        Arithmetic::Add => "addition",
        Arithmetic::Subtract => "subtraction",
        Arithmetic::Multiply => "multiplication",
        Arithmetic::Divide | Arithmetic::Modulus => "division",
    };
    let result: PrimitiveArray<T> = try_binary(left, right, |a, b| {
        let result = match operator {
            Arithmetic::Add => a.add_checked(b),
            Arithmetic::Subtract => a.sub_checked(b),
            Arithmetic::Multiply => a.mul_checked(b),
            Arithmetic::Divide => a.div_checked(b),
            Arithmetic::Modulus if !b.is_zero() => Ok(a.mod_wrapping(b)),
            Arithmetic::Modulus => Err(ArrowError::DivideByZero),
        };
        result.map_err(|error| match error {
            ArrowError::DivideByZero => external(TrinoError::division_by_zero()),
            _ => external(TrinoError::range(format!(
                "{} {noun} overflow: {a} {} {b}",
                call.return_type,
                operator.symbol()
            ))),
        })
    })?;
    Ok(Arc::new(result))
}

fn integer(call: &Call<'_>, operator: Arithmetic) -> Result<ArrayRef, TrinoError> {
    match call.return_type {
        TrinoType::Tinyint => checked::<Int8Type>(call, operator),
        TrinoType::Smallint => checked::<Int16Type>(call, operator),
        TrinoType::Integer => checked::<Int32Type>(call, operator),
        _ => checked::<Int64Type>(call, operator),
    }
}

fn float_modulus(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    if matches!(call.return_type, TrinoType::Real) {
        let (left, right) = (left.as_primitive::<Float32Type>(), right.as_primitive::<Float32Type>());
        return Ok(Arc::new(arrow::compute::binary::<_, _, _, Float32Type>(left, right, |a, b| a % b)?));
    }
    let (left, right) = (left.as_primitive::<Float64Type>(), right.as_primitive::<Float64Type>());
    Ok(Arc::new(arrow::compute::binary::<_, _, _, Float64Type>(left, right, |a, b| a % b)?))
}

fn scale_of(data_type: &TrinoType) -> u8 {
    match data_type {
        TrinoType::Decimal(_, scale) => *scale,
        _ => 0,
    }
}

fn decimals(call: &Call<'_>, operator: Arithmetic) -> Result<ArrayRef, TrinoError> {
    let (left, right) = pair(call)?;
    let (left, right) = (left.as_primitive::<Decimal128Type>(), right.as_primitive::<Decimal128Type>());
    let (TrinoType::Decimal(precision, scale), [left_type, right_type]) = (call.return_type, call.arg_types) else {
        return Err(TrinoError::internal("Decimal arithmetic gives a decimal"));
    };
    let (s1, s2) = (scale_of(left_type), scale_of(right_type));
    let overflow = || TrinoError::range("Decimal overflow");
    let limit = power_of_ten(*precision).unwrap_or(i128::MAX).unsigned_abs();
    let (up_left, up_right) = (power_of_ten(scale.saturating_sub(s1))?, power_of_ten(scale.saturating_sub(s2))?);
    let up_dividend = power_of_ten(scale + s2 - s1.min(scale + s2))?;
    let one = |a: i128, b: i128| -> Result<i128, TrinoError> {
        let raise = |value: i128, factor: i128| value.checked_mul(factor).ok_or_else(overflow);
        let result = match operator {
            Arithmetic::Add => raise(a, up_left)?.checked_add(raise(b, up_right)?).ok_or_else(overflow)?,
            Arithmetic::Subtract => raise(a, up_left)?.checked_sub(raise(b, up_right)?).ok_or_else(overflow)?,
            Arithmetic::Multiply => a.checked_mul(b).ok_or_else(overflow)?,
            Arithmetic::Divide | Arithmetic::Modulus if b == 0 => return Err(TrinoError::division_by_zero()),
            Arithmetic::Divide => match a.checked_mul(up_dividend) {
                Some(dividend) => divide_half_up(dividend, b),
                None => wide_division(a, up_dividend, b).ok_or_else(overflow)?,
            },
            Arithmetic::Modulus => raise(a, up_left)? % raise(b, up_right)?,
        };
        if result.unsigned_abs() < limit { Ok(result) } else { Err(overflow()) }
    };
    let result: PrimitiveArray<Decimal128Type> = try_binary(left, right, |a, b| one(a, b).map_err(external))?;
    Ok(Arc::new(result.with_precision_and_scale(*precision, scale.cast_signed())?))
}

/// `a * factor / b` rounded half up, through 256 bits.
fn wide_division(a: i128, factor: i128, b: i128) -> Option<i128> {
    let dividend = i256::from_i128(a).checked_mul(i256::from_i128(factor))?;
    let divisor = i256::from_i128(b);
    let (quotient, remainder) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let is_half = remainder.wrapping_abs().checked_mul(i256::from_i128(2))? >= divisor.wrapping_abs();
    let away = if (a < 0) == (b < 0) { i256::ONE } else { i256::MINUS_ONE };
    let rounded = if is_half { quotient.checked_add(away)? } else { quotient };
    rounded.to_i128()
}

/// The kernel of the sign.
pub(crate) fn negative(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let Some(value) = call.args.first() else { return Err(TrinoError::internal("A sign takes one value")) };
    let overflow = || external(TrinoError::range(format!("{} negation overflow", call.return_type)));
    macro_rules! negate {
        ($primitive:ty) => {{
            let values = value.as_primitive::<$primitive>();
            let negated: PrimitiveArray<$primitive> =
                values.try_unary(|value| value.neg_checked().map_err(|_| overflow()))?;
            Ok(Arc::new(negated) as ArrayRef)
        }};
    }
    match call.return_type {
        TrinoType::Tinyint => negate!(Int8Type),
        TrinoType::Smallint => negate!(Int16Type),
        TrinoType::Integer => negate!(Int32Type),
        TrinoType::Bigint => negate!(Int64Type),
        TrinoType::Real => negate!(Float32Type),
        TrinoType::Double => negate!(Float64Type),
        TrinoType::IntervalDayToSecond => negate!(DurationMillisecondType),
        TrinoType::IntervalYearToMonth => negate!(IntervalYearMonthType),
        TrinoType::Decimal(precision, scale) => {
            let values: PrimitiveArray<Decimal128Type> =
                value.as_primitive::<Decimal128Type>().unary(|value: i128| -value);
            Ok(Arc::new(values.with_precision_and_scale(*precision, scale.cast_signed())?))
        }
        other => Err(TrinoError::internal(format!("No sign for {other}"))),
    }
}
