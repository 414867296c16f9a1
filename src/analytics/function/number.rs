//! Functions of numbers: ABS, CEIL, FLOOR, EXP, LN, LOG10, POWER, MOD.

use arrow::array::{ArrowNativeTypeOp, ArrowPrimitiveType};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use super::Arguments;
use super::rounding::RoundNumber;
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::kernel::{DIVISION_BY_ZERO, OVERFLOW, arguments};
use crate::analytics::expr::{Expr, ExprType, Kernel, Message, Values, cast::cast, common_type};
use crate::analytics::sql_type::SqlType;

/// `ABS(n)`, of numbers and intervals.
pub(super) fn abs(call: Arguments<'_>) -> Result<Expr> {
    let forms = "ABS(number), ABS(interval)";
    let value = call.one(forms)?;
    let sql_type = value.sql_type().clone();
    if sql_type.is_null() {
        return Ok(Expr::null(ExprType::INTEGER));
    }
    if !sql_type.is_numeric() && sql_type.interval().is_none() {
        return Err(call.wrong(forms));
    }
    Expr::call(Absolute, vec![value], sql_type)
}

/// `CEIL(n)`, `FLOOR(n)`: the fraction goes, and a DECIMAL's scale with it.
pub(super) fn round(call: Arguments<'_>, up: bool) -> Result<Expr> {
    let forms = format!("{0}(number), {0}(datetime TO unit)", call.name);
    let value = call.one(&forms)?;
    let sql_type = value.sql_type().clone();
    match sql_type {
        ExprType::Null => Ok(Expr::null(ExprType::INTEGER)),
        _ if sql_type.is_integer() => Ok(value),
        ExprType::Sql(SqlType::Decimal(precision, scale)) => {
            // 9.9 becomes 10: one more whole digit.
            let whole = i16::from(precision) - i16::from(scale) + i16::from(scale > 0);
            let precision = u8::try_from(whole.clamp(1, 18)).unwrap_or(18);
            let kernel = RoundNumber { up, scale, precision };
            Expr::call(kernel, vec![value], SqlType::Decimal(precision, 0).into())
        }
        _ if sql_type.is_float() => Expr::call(RoundNumber { up, scale: 0, precision: 0 }, vec![value], sql_type),
        _ => Err(call.wrong(&forms)),
    }
}

/// `EXP(x)`, `LN(x)`, `LOG10(x)`
pub(super) fn logarithm(call: Arguments<'_>) -> Result<Expr> {
    let forms = format!("{}(number)", call.name);
    let value = call.as_double(call.one(&forms)?, &forms)?;
    let function = match call.name {
        "EXP" => Real::Exp,
        "LN" => Real::Ln,
        _ => Real::Log10,
    };
    Expr::call(function, vec![value], ExprType::DOUBLE)
}

/// `POWER(b, e)`
pub(super) fn power(call: Arguments<'_>) -> Result<Expr> {
    let forms = "POWER(base, exponent)";
    let (base, exponent) = call.two(forms)?;
    let arguments = vec![call.as_double(base, forms)?, call.as_double(exponent, forms)?];
    Expr::call(Power, arguments, ExprType::DOUBLE)
}

/// `MOD(a, b)` of integers.
pub(super) fn modulo(call: Arguments<'_>) -> Result<Expr> {
    let forms = "MOD(integer, integer)";
    let (value, divisor) = call.two(forms)?;
    let whole =
        |value: &Expr| value.sql_type().is_null() || value.sql_type().decimal().is_some_and(|(_, scale)| scale == 0);
    let common = common_type(value.sql_type(), divisor.sql_type()).filter(|_| whole(&value) && whole(&divisor));
    let common = match common.ok_or_else(|| call.wrong(forms))? {
        ExprType::Null => ExprType::INTEGER,
        decimal if decimal.is_decimal() => ExprType::BIGINT,
        common => common,
    };
    let convert = |value: Expr| cast(value, &common)?.ok_or_else(|| call.wrong(forms));
    Expr::call(Modulo, vec![convert(value)?, convert(divisor)?], common.clone())
}

#[derive(Clone, Copy, Debug)]
struct Absolute;

impl Kernel for Absolute {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        match value.array.data_type() {
            DataType::Int8 => absolute::<Int8Type>(value, rows),
            DataType::Int16 => absolute::<Int16Type>(value, rows),
            DataType::Int32 => absolute::<Int32Type>(value, rows),
            DataType::Int64 => absolute::<Int64Type>(value, rows),
            DataType::Decimal128(..) => absolute::<Decimal128Type>(value, rows),
            DataType::Float32 => absolute::<Float32Type>(value, rows),
            DataType::Float64 => absolute::<Float64Type>(value, rows),
            other => Err(Error::Internal(format!("ABS of {other}"))),
        }
    }
}

fn absolute<T: ArrowPrimitiveType>(value: &Values, rows: usize) -> Result<Values> {
    let numbers = value.primitive::<T>()?;
    Ok(Values::collect_primitive::<T>(rows, value.array.data_type(), |row| {
        let Some(number) = numbers.get(row) else { return Ok(None) };
        if number.is_ge(T::Native::ZERO) {
            return Ok(Some(number));
        }
        number.neg_checked().map(Some).map_err(|_| Message::Borrowed(OVERFLOW))
    }))
}

/// Functions of one DOUBLE.
#[derive(Clone, Copy, Debug)]
enum Real {
    Exp,
    Ln,
    Log10,
}

impl Kernel for Real {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let numbers = value.primitive::<Float64Type>()?;
        Ok(Values::collect_primitive::<Float64Type>(rows, &DataType::Float64, |row| {
            let Some(number) = numbers.get(row) else { return Ok(None) };
            let result = match self {
                Self::Exp => number.exp(),
                Self::Ln | Self::Log10 if number <= 0.0 => {
                    return Err(Message::Owned(format!("{number} has no logarithm")));
                }
                Self::Ln => number.ln(),
                Self::Log10 => number.log10(),
            };
            if result.is_finite() { Ok(Some(result)) } else { Err(Message::Borrowed(OVERFLOW)) }
        }))
    }
}

#[derive(Clone, Copy, Debug)]
struct Power;

impl Kernel for Power {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [base, exponent] = arguments(values)?;
        let (bases, exponents) = (base.primitive::<Float64Type>()?, exponent.primitive::<Float64Type>()?);
        Ok(Values::collect_primitive::<Float64Type>(rows, &DataType::Float64, |row| {
            let (Some(base), Some(exponent)) = (bases.get(row), exponents.get(row)) else { return Ok(None) };
            let result = base.powf(exponent);
            // 0 to a negative power and a negative number to a fraction have no result.
            if result.is_finite() {
                Ok(Some(result))
            } else {
                Err(Message::Owned(format!("{base} to the power of {exponent} is no number")))
            }
        }))
    }
}

#[derive(Clone, Copy, Debug)]
struct Modulo;

impl Kernel for Modulo {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value, divisor] = arguments(values)?;
        match value.array.data_type() {
            DataType::Int8 => remainder::<Int8Type>(value, divisor, rows),
            DataType::Int16 => remainder::<Int16Type>(value, divisor, rows),
            DataType::Int32 => remainder::<Int32Type>(value, divisor, rows),
            DataType::Int64 => remainder::<Int64Type>(value, divisor, rows),
            other => Err(Error::Internal(format!("MOD of {other}"))),
        }
    }
}

/// The remainder has the sign of the dividend.
fn remainder<T: ArrowPrimitiveType>(value: &Values, divisor: &Values, rows: usize) -> Result<Values> {
    let (numbers, divisors) = (value.primitive::<T>()?, divisor.primitive::<T>()?);
    Ok(Values::collect_primitive::<T>(rows, value.array.data_type(), |row| {
        let (Some(number), Some(divisor)) = (numbers.get(row), divisors.get(row)) else { return Ok(None) };
        if divisor.is_zero() {
            return Err(Message::Borrowed(DIVISION_BY_ZERO));
        }
        // The smallest number by -1 has no quotient, but the remainder 0.
        Ok(Some(number.mod_wrapping(divisor)))
    }))
}
