//! Numbers to numbers: rounded half away from zero, overflow fails the row.

use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};

use crate::analytics::error::{Error, Result};
use crate::analytics::expr::kernel::{Kernel, arguments, pow10, rescale};
use crate::analytics::expr::{ExprType, Message, Values};
use crate::analytics::sql_type::SqlType;

/// A number as another type of number.
#[derive(Clone, Debug)]
pub(super) struct NumberCast {
    pub(crate) from: ExprType,
    pub(crate) to: SqlType,
}

impl Kernel for NumberCast {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let target = self.to.to_arrow();
        let integer_source = self.from.is_integer();
        let integer_or_double = matches!(self.to, SqlType::Double) || ExprType::Sql(self.to).is_integer();
        // Arrow agrees with the dialect here, and is fast; a row that overflows is looked for one by one.
        let arrow_does = (integer_source && integer_or_double) || (self.from.is_float() && self.to == SqlType::Double);
        if arrow_does {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            if let Ok(array) = cast_with_options(&value.array, &target, &strict) {
                return Ok(Values::rows(array));
            }
        }
        if self.from.is_float() {
            let read = floats(value)?;
            return self.collect(rows, &target, |row| Ok(read(row).map(Number::Float)));
        }
        let scale = self.from.decimal().map_or(0, |(_, scale)| scale);
        let read = crate::analytics::expr::kernel::exact(value)?;
        self.collect(rows, &target, |row| Ok(read(row).map(|digits| Number::Exact(digits, scale))))
    }
}

impl NumberCast {
    /// Numbers of the target type.
    pub(super) fn collect(
        &self,
        rows: usize,
        target: &DataType,
        read: impl Fn(usize) -> Result<Option<Number>, Message>,
    ) -> Result<Values> {
        Ok(match self.to {
            SqlType::TinyInt => integers::<Int8Type>(rows, read),
            SqlType::SmallInt => integers::<Int16Type>(rows, read),
            SqlType::Integer => integers::<Int32Type>(rows, read),
            SqlType::BigInt => integers::<Int64Type>(rows, read),
            SqlType::Decimal(precision, scale) => {
                let limit = pow10(precision.into());
                Values::collect_primitive::<Decimal128Type>(rows, target, |row| {
                    let Some(number) = read(row)? else { return Ok(None) };
                    let digits = number.digits(scale).filter(|digits| digits.abs() < limit);
                    digits.map(Some).ok_or_else(|| number.overflow(self.to))
                })
            }
            SqlType::Real => Values::collect_primitive::<Float32Type>(rows, target, |row| {
                let Some(number) = read(row)? else { return Ok(None) };
                let value = number.double() as f32;
                if value.is_finite() { Ok(Some(value)) } else { Err(number.overflow(self.to)) }
            }),
            SqlType::Double => Values::collect_primitive::<Float64Type>(rows, target, |row| {
                let Some(number) = read(row)? else { return Ok(None) };
                let value = number.double();
                if value.is_finite() { Ok(Some(value)) } else { Err(number.overflow(self.to)) }
            }),
            other => return Err(Error::Internal(format!("{other} is no type of number"))),
        })
    }
}

fn integers<T: ArrowPrimitiveType>(rows: usize, read: impl Fn(usize) -> Result<Option<Number>, Message>) -> Values
where
    T::Native: TryFrom<i128>,
{
    Values::collect_primitive::<T>(rows, &T::DATA_TYPE, |row| {
        let Some(number) = read(row)? else { return Ok(None) };
        let digits = number.digits(0).and_then(|digits| T::Native::try_from(digits).ok());
        digits.map(Some).ok_or_else(|| Message::Owned(format!("{number} is out of range")))
    })
}

/// A number of any type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    /// Digits and scale.
    Exact(i128, i8),
    Float(f64),
}

impl Number {
    /// The number in units of 10^-`scale`, rounded half away from zero.
    fn digits(self, scale: i8) -> Option<i128> {
        match self {
            Self::Exact(digits, from) => rescale(digits, from, scale),
            Self::Float(value) => {
                // `round` goes half away from zero.
                let scaled = (value * 10_f64.powi(scale.into())).round();
                (scaled.abs() < 1e30).then_some(scaled as i128)
            }
        }
    }

    fn double(self) -> f64 {
        match self {
            Self::Exact(digits, scale) => to_double(digits, scale),
            Self::Float(value) => value,
        }
    }

    fn overflow(self, to: SqlType) -> Message {
        Message::Owned(format!("{self} is out of range of {to}"))
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(digits, scale) => {
                let mut text = String::new();
                super::text::write_decimal(&mut text, *digits, *scale);
                f.write_str(&text)
            }
            Self::Float(value) => value.fmt(f),
        }
    }
}

/// The double nearest to an exact number.
fn to_double(digits: i128, scale: i8) -> f64 {
    const EXACT: u128 = 1 << 53;
    if digits.unsigned_abs() <= EXACT && scale <= 22 {
        // Both are exact doubles, so the one division rounds correctly.
        return digits as f64 / 10_f64.powi(scale.into());
    }
    let mut text = String::new();
    super::text::write_decimal(&mut text, digits, scale);
    text.parse().unwrap_or(f64::NAN)
}

type Floats<'a> = Box<dyn Fn(usize) -> Option<f64> + 'a>;

fn floats(values: &Values) -> Result<Floats<'_>> {
    if *values.array.data_type() == DataType::Float32 {
        let numbers = values.primitive::<Float32Type>()?;
        return Ok(Box::new(move |row| numbers.get(row).map(f64::from)));
    }
    let numbers = values.primitive::<Float64Type>()?;
    Ok(Box::new(move |row| numbers.get(row)))
}
