//! `ceil`, `floor`, `round`, `truncate`: halves go away from zero; integers stay, decimals lose their fraction digits.

use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};

use super::super::column::primitive_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use crate::sql::trino::types::{MAX_PRECISION, TrinoType};

/// The three names of rounding to an integer differ only in the direction.
macro_rules! to_whole {
    ($name:literal, $float:ident, $direction:expr, $of_double:literal, $of_decimal:literal) => {
        &[
            entry(concat!($name, "(tinyint) -> tinyint"), same, concat!($name, "(TINYINT '3')"), "3").infallible(),
            entry(concat!($name, "(smallint) -> smallint"), same, concat!($name, "(SMALLINT '3')"), "3").infallible(),
            entry(concat!($name, "(integer) -> integer"), same, concat!($name, "(3)"), "3").infallible(),
            entry(concat!($name, "(bigint) -> bigint"), same, concat!($name, "(BIGINT '3')"), "3").infallible(),
            entry(
                concat!($name, "(real) -> real"),
                |call| map::<Float32Type>(call, f32::$float),
                concat!($name, "(REAL '2.5')"),
                $of_double,
            )
            .infallible(),
            entry(
                concat!($name, "(double) -> double"),
                |call| map::<Float64Type>(call, f64::$float),
                concat!($name, "(2.5e0)"),
                $of_double,
            )
            .infallible(),
            entry(
                concat!($name, "(decimal(p,s)) -> decimal(p,s)"),
                |call| decimal_to_whole(call, $direction),
                concat!($name, "(DECIMAL '2.5')"),
                $of_decimal,
            )
            .derived(whole_type),
        ]
    };
}

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "round(tinyint, bigint) -> tinyint",
        |call| integers::<Int8Type>(call, i64::from),
        "round(TINYINT '55', -1)",
        "60",
    ),
    entry(
        "round(smallint, bigint) -> smallint",
        |call| integers::<Int16Type>(call, i64::from),
        "round(SMALLINT '55', -1)",
        "60",
    ),
    entry(
        "round(integer, bigint) -> integer",
        |call| integers::<Int32Type>(call, i64::from),
        "round(1255, -2)",
        "1300",
    ),
    entry(
        "round(bigint, bigint) -> bigint",
        |call| integers::<Int64Type>(call, |value| value),
        "round(BIGINT '55', -1)",
        "60",
    ),
    entry("round(real, bigint) -> real", round_real, "round(REAL '2.345', 1)", "2.3"),
    entry("round(double, bigint) -> double", round_double, "round(1234.567e0, 2)", "1234.57"),
    entry("round(decimal(p,s), bigint) -> decimal(p,s)", round_decimal, "round(DECIMAL '2.345', 2)", "2.350")
        .derived(rounded_type),
    entry("truncate(real) -> real", |call| map::<Float32Type>(call, f32::trunc), "truncate(REAL '-12.345')", "-12.0")
        .infallible(),
    entry("truncate(double) -> double", |call| map::<Float64Type>(call, f64::trunc), "truncate(-12.345e0)", "-12.0")
        .infallible(),
    entry("truncate(double, bigint) -> double", truncate_double, "truncate(-12.345e0, 1)", "-12.3"),
    entry(
        "truncate(decimal(p,s)) -> decimal(p,s)",
        |call| decimal_to_whole(call, Direction::Down),
        "truncate(DECIMAL '-1234.56')",
        "-1234",
    )
    .derived(truncated_type),
    entry(
        "truncate(decimal(p,s), bigint) -> decimal(p,s)",
        truncate_decimal,
        "truncate(DECIMAL '12.345', 1)",
        "12.300",
    ),
];

pub(in super::super) const CEIL: &[FunctionEntry] = to_whole!("ceil", ceil, Direction::Ceiling, "3.0", "3");
pub(in super::super) const CEILING: &[FunctionEntry] = to_whole!("ceiling", ceil, Direction::Ceiling, "3.0", "3");
pub(in super::super) const FLOOR: &[FunctionEntry] = to_whole!("floor", floor, Direction::Floor, "2.0", "2");
pub(in super::super) const ROUND: &[FunctionEntry] = to_whole!("round", round, Direction::Half, "3.0", "3");

/// Where a number between two multiples goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ceiling,
    Floor,
    /// To the nearer one, away from zero from the middle.
    Half,
    /// Towards zero.
    Down,
}

impl Direction {
    /// `value / unit`, rounded.
    fn divide(self, value: i128, unit: i128) -> i128 {
        match self {
            Self::Ceiling => -(-value).div_euclid(unit),
            Self::Floor => value.div_euclid(unit),
            Self::Half => {
                let (quotient, rest) = (value / unit, value % unit);
                quotient + if rest.unsigned_abs() >= (unit - unit / 2).unsigned_abs() { value.signum() } else { 0 }
            }
            Self::Down => value / unit,
        }
    }
}

fn same(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    call.args.first().map(Arc::clone).ok_or_else(|| TrinoError::internal("an argument is missing"))
}

fn map<T: ArrowPrimitiveType>(call: &Call<'_>, function: fn(T::Native) -> T::Native) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(call.column::<PrimitiveArray<T>>(0)?.unary::<_, T>(function)))
}

/// One more digit before the point for the carry, no fraction digits.
fn whole_type(arguments: &[TrinoType]) -> TrinoType {
    match arguments.first() {
        Some(TrinoType::Decimal(precision, scale)) => TrinoType::Decimal((precision - scale + scale.min(&1)).max(1), 0),
        _ => TrinoType::Unknown,
    }
}

fn truncated_type(arguments: &[TrinoType]) -> TrinoType {
    match arguments.first() {
        Some(TrinoType::Decimal(precision, scale)) => TrinoType::Decimal((precision - scale).max(1), 0),
        _ => TrinoType::Unknown,
    }
}

fn rounded_type(arguments: &[TrinoType]) -> TrinoType {
    match arguments.first() {
        Some(TrinoType::Decimal(precision, scale)) => TrinoType::Decimal((precision + 1).min(MAX_PRECISION), *scale),
        _ => TrinoType::Unknown,
    }
}

fn decimal_to_whole(call: &Call<'_>, direction: Direction) -> Result<ArrayRef, TrinoError> {
    let numbers = call.column::<PrimitiveArray<Decimal128Type>>(0)?;
    let unit = 10i128.pow(u32::from(numbers.scale().unsigned_abs()));
    let whole = numbers.unary::<_, Decimal128Type>(|value| direction.divide(value, unit));
    Ok(Arc::new(whole.with_data_type(call.result_type())))
}

/// `value` rounded to a multiple of ten to the `digits`.
fn to_multiple(value: i128, digits: i64, direction: Direction) -> Option<i128> {
    match u32::try_from(digits) {
        Err(_) | Ok(0) => Some(value),
        Ok(digits) => match 10i128.checked_pow(digits) {
            Some(unit) => direction.divide(value, unit).checked_mul(unit),
            None => Some(0),
        },
    }
}

fn integers<T: ArrowPrimitiveType>(call: &Call<'_>, widen: fn(T::Native) -> i64) -> Result<ArrayRef, TrinoError>
where
    T::Native: TryFrom<i128>,
{
    let (numbers, digits) = (call.column::<PrimitiveArray<T>>(0)?, call.bigint(1)?);
    primitive_rows::<T>(call, |row| {
        let value = widen(numbers.value(row));
        to_multiple(i128::from(value), digits.value(row).saturating_neg(), Direction::Half)
            .and_then(|rounded| T::Native::try_from(rounded).ok())
            .map(Some)
            .ok_or_else(|| TrinoError::range(format!("{} overflow: {value}", call.return_type)))
    })
}

/// Java's way: multiply, round, divide; what overflows on the way stays as it is.
fn rounded(value: f64, digits: i64, round: fn(f64) -> f64) -> f64 {
    let factor = 10f64.powi(digits.clamp(-400, 400) as i32);
    if !value.is_finite() || factor == 0.0 {
        return if value.is_finite() { 0.0 } else { value };
    }
    let scaled = value * factor;
    if scaled.is_finite() { round(scaled) / factor } else { value }
}

fn round_double(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (numbers, digits) = (call.double(0)?, call.bigint(1)?);
    primitive_rows::<Float64Type>(call, |row| Ok(Some(rounded(numbers.value(row), digits.value(row), f64::round))))
}

fn truncate_double(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (numbers, digits) = (call.double(0)?, call.bigint(1)?);
    primitive_rows::<Float64Type>(call, |row| Ok(Some(rounded(numbers.value(row), digits.value(row), f64::trunc))))
}

fn round_real(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (numbers, digits) = (call.column::<PrimitiveArray<Float32Type>>(0)?, call.bigint(1)?);
    primitive_rows::<Float32Type>(call, |row| {
        Ok(Some(rounded(f64::from(numbers.value(row)), digits.value(row), f64::round) as f32))
    })
}

fn round_decimal(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    decimals(call, Direction::Half)
}

fn truncate_decimal(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    decimals(call, Direction::Down)
}

fn decimals(call: &Call<'_>, direction: Direction) -> Result<ArrayRef, TrinoError> {
    let (numbers, digits) = (call.column::<PrimitiveArray<Decimal128Type>>(0)?, call.bigint(1)?);
    let scale = i64::from(numbers.scale());
    let TrinoType::Decimal(precision, _) = call.return_type else {
        return Err(TrinoError::internal("rounding a decimal gives no decimal"));
    };
    let limit = 10i128.pow(u32::from(*precision));
    primitive_rows::<Decimal128Type>(call, |row| {
        to_multiple(numbers.value(row), scale.saturating_sub(digits.value(row)), direction)
            .filter(|rounded| -limit < *rounded && *rounded < limit)
            .map(Some)
            .ok_or_else(|| TrinoError::range("Decimal overflow"))
    })
}
