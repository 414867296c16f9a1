//! Numbers and booleans to each other: rounded half away from zero, never out of range.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::compute::cast as arrow_cast;
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};

use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// 10 to a power; more than 38 digits do not fit.
pub(crate) fn power_of_ten(power: u8) -> Result<i128, TrinoError> {
    10i128.checked_pow(u32::from(power)).ok_or_else(|| TrinoError::range("Decimal overflow"))
}

pub(super) fn cast(array: &ArrayRef, from: &TrinoType, to: &TrinoType) -> Result<ArrayRef, TrinoError> {
    use TrinoType as T;
    match (from, to) {
        (T::Boolean, _) => cast(&arrow_cast(array, &arrow_schema::DataType::Int8)?, &T::Tinyint, to),
        (_, T::Boolean) => truth(array, from),
        (from, T::Tinyint | T::Smallint | T::Integer | T::Bigint) => match from {
            T::Real | T::Double => {
                let values = doubles(array, from)?;
                integers(&values, to, |value: f64| rounded(value, to))
            }
            T::Decimal(_, scale) => {
                let divisor = power_of_ten(*scale)?;
                integers(array.as_primitive::<Decimal128Type>(), to, |value: i128| Ok(divide_half_up(value, divisor)))
            }
            _ => {
                let wide = arrow_cast(array, &arrow_schema::DataType::Int64)?;
                integers(wide.as_primitive::<Int64Type>(), to, |value: i64| Ok(i128::from(value)))
            }
        },
        (_, T::Real) => {
            let values = doubles(array, from)?;
            #[expect(clippy::cast_possible_truncation, reason = "a real keeps the nearest value it has")]
            let reals: PrimitiveArray<Float32Type> = values.unary(|value| value as f32);
            Ok(Arc::new(reals))
        }
        (_, T::Double) => Ok(Arc::new(doubles(array, from)?)),
        (from, T::Decimal(precision, scale)) => decimals(array, from, *precision, *scale),
        _ => Err(TrinoError::internal(format!("No cast from {from} to {to}"))),
    }
}

fn truth(array: &ArrayRef, from: &TrinoType) -> Result<ArrayRef, TrinoError> {
    let truth: BooleanArray = match from {
        TrinoType::Decimal(..) => array.as_primitive::<Decimal128Type>().iter().map(|v| v.map(|v| v != 0)).collect(),
        TrinoType::Real | TrinoType::Double => doubles(array, from)?.iter().map(|v| v.map(|v| v != 0.0)).collect(),
        _ => {
            let wide = arrow_cast(array, &arrow_schema::DataType::Int64)?;
            wide.as_primitive::<Int64Type>().iter().map(|v| v.map(|v| v != 0)).collect()
        }
    };
    Ok(Arc::new(truth))
}

fn doubles(array: &ArrayRef, from: &TrinoType) -> Result<PrimitiveArray<Float64Type>, TrinoError> {
    match from {
        TrinoType::Double => Ok(array.as_primitive::<Float64Type>().clone()),
        TrinoType::Decimal(_, scale) => {
            // The text of a decimal reads as the nearest double; a division would round twice.
            let parse = |value: i128| decimal_text(value, *scale).parse::<f64>().unwrap_or(f64::NAN);
            Ok(array.as_primitive::<Decimal128Type>().unary(parse))
        }
        _ => Ok(arrow_cast(array, &arrow_schema::DataType::Float64)?.as_primitive::<Float64Type>().clone()),
    }
}

/// The digits of a decimal with its point.
pub(crate) fn decimal_text(value: i128, scale: u8) -> String {
    let digits = value.unsigned_abs().to_string();
    let sign = if value < 0 { "-" } else { "" };
    let scale = usize::from(scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

fn rounded(value: f64, to: &TrinoType) -> Result<i128, TrinoError> {
    if value.is_nan() || value.is_infinite() {
        return Err(TrinoError::cast(format!("Cannot cast {value} to {to}")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is found by the next check")]
    Ok(value.round() as i128)
}

fn integers<S: ArrowPrimitiveType>(
    values: &PrimitiveArray<S>,
    to: &TrinoType,
    whole: impl Fn(S::Native) -> Result<i128, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let is_integer = S::DATA_TYPE.is_integer();
    let out_of_range = |value: i128| {
        if is_integer {
            TrinoError::range(format!("Out of range for {to}: {value}"))
        } else {
            TrinoError::cast(format!("Cannot cast '{value}' to {to}"))
        }
    };
    macro_rules! narrow {
        ($target:ty, $native:ty) => {{
            let narrowed: PrimitiveArray<$target> = values.try_unary(|value| {
                let whole = whole(value)?;
                <$native>::try_from(whole).map_err(|_| out_of_range(whole))
            })?;
            Ok(Arc::new(narrowed) as ArrayRef)
        }};
    }
    match to {
        TrinoType::Tinyint => narrow!(Int8Type, i8),
        TrinoType::Smallint => narrow!(Int16Type, i16),
        TrinoType::Integer => narrow!(Int32Type, i32),
        _ => narrow!(Int64Type, i64),
    }
}

/// Division rounded half away from zero.
pub(crate) fn divide_half_up(value: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    if remainder.unsigned_abs() * 2 >= divisor.unsigned_abs() {
        quotient + if (value < 0) == (divisor < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

fn decimals(array: &ArrayRef, from: &TrinoType, precision: u8, scale: u8) -> Result<ArrayRef, TrinoError> {
    let limit = power_of_ten(precision).unwrap_or(i128::MAX);
    let to = TrinoType::Decimal(precision, scale);
    let fits = |value: i128, shown: &dyn Fn() -> String| {
        if value.unsigned_abs() < limit.unsigned_abs() {
            Ok(value)
        } else {
            Err(TrinoError::cast(format!("Cannot cast {from} '{}' to {to}", shown())))
        }
    };
    let result: PrimitiveArray<Decimal128Type> = match from {
        TrinoType::Real | TrinoType::Double => doubles(array, from)?.try_unary(|value| {
            let text = if matches!(from, TrinoType::Real) {
                #[expect(clippy::cast_possible_truncation, reason = "it was a real")]
                let real = value as f32;
                format!("{real}")
            } else {
                format!("{value}")
            };
            match super::parse_decimal(&text, precision, scale) {
                Some(value) => Ok(value),
                None => Err(TrinoError::cast(format!("Cannot cast {from} '{value}' to {to}"))),
            }
        })?,
        TrinoType::Decimal(_, from_scale) => {
            let values = array.as_primitive::<Decimal128Type>();
            let shown = |value: i128| move || decimal_text(value, *from_scale);
            if scale >= *from_scale {
                let factor = power_of_ten(scale - from_scale)?;
                values.try_unary(|value| match value.checked_mul(factor) {
                    Some(scaled) => fits(scaled, &shown(value)),
                    None => fits(i128::MAX, &shown(value)),
                })?
            } else {
                let divisor = power_of_ten(from_scale - scale)?;
                values.try_unary(|value| fits(divide_half_up(value, divisor), &shown(value)))?
            }
        }
        _ => {
            let factor = power_of_ten(scale)?;
            let wide = arrow_cast(array, &arrow_schema::DataType::Int64)?;
            wide.as_primitive::<Int64Type>().try_unary(|value| {
                let scaled = i128::from(value).checked_mul(factor).unwrap_or(i128::MAX);
                fits(scaled, &|| value.to_string())
            })?
        }
    };
    Ok(Arc::new(result.with_precision_and_scale(precision, scale.cast_signed())?))
}
