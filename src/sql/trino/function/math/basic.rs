//! `abs`, `sign`, `mod`, `greatest`, `least`: functions that keep the type of their arguments.

use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::compute::interleave;
use arrow::datatypes::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};

use super::super::column::primitive_rows;
use super::super::compare::Keys;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use crate::sql::trino::types::{MAX_PRECISION, TrinoType};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("abs(tinyint) -> tinyint", |call| checked::<Int8Type>(call, i8::checked_abs), "abs(TINYINT '-7')", "7"),
    entry("abs(smallint) -> smallint", |call| checked::<Int16Type>(call, i16::checked_abs), "abs(SMALLINT '-7')", "7"),
    entry("abs(integer) -> integer", |call| checked::<Int32Type>(call, i32::checked_abs), "abs(-5)", "5"),
    entry("abs(bigint) -> bigint", |call| checked::<Int64Type>(call, i64::checked_abs), "abs(BIGINT '-5')", "5"),
    entry("abs(real) -> real", |call| map::<Float32Type>(call, f32::abs), "abs(REAL '-1.5')", "1.5").infallible(),
    entry("abs(double) -> double", |call| map::<Float64Type>(call, f64::abs), "abs(-1.5e0)", "1.5").infallible(),
    entry(
        "abs(decimal(p,s)) -> decimal(p,s)",
        |call| map::<Decimal128Type>(call, i128::abs),
        "abs(DECIMAL '-1.50')",
        "1.50",
    )
    .infallible(),
    entry("greatest(T, T...) -> T", greatest, "greatest(1, 3, 2)", "3"),
    entry("least(T, T...) -> T", least, "least('b', 'a', 'c')", "a"),
    entry(
        "mod(tinyint, tinyint) -> tinyint",
        |call| remainder::<Int8Type>(call, i8::checked_rem),
        "mod(TINYINT '7', TINYINT '3')",
        "1",
    ),
    entry(
        "mod(smallint, smallint) -> smallint",
        |call| remainder::<Int16Type>(call, i16::checked_rem),
        "mod(SMALLINT '7', SMALLINT '3')",
        "1",
    ),
    entry("mod(integer, integer) -> integer", |call| remainder::<Int32Type>(call, i32::checked_rem), "mod(7, 3)", "1"),
    entry(
        "mod(bigint, bigint) -> bigint",
        |call| remainder::<Int64Type>(call, i64::checked_rem),
        "mod(BIGINT '-7', 3)",
        "-1",
    ),
    entry(
        "mod(real, real) -> real",
        |call| remainder::<Float32Type>(call, |a, b| Some(a % b)),
        "mod(REAL '5.5', REAL '2')",
        "1.5",
    ),
    entry(
        "mod(double, double) -> double",
        |call| remainder::<Float64Type>(call, |a, b| Some(a % b)),
        "mod(5.5e0, 2e0)",
        "1.5",
    ),
    entry("mod(decimal(p,s), decimal(q,t)) -> decimal(p,s)", mod_decimal, "mod(5.5, 2.25)", "1.00").derived(mod_type),
    entry("sign(tinyint) -> tinyint", |call| map::<Int8Type>(call, i8::signum), "sign(TINYINT '-3')", "-1")
        .infallible(),
    entry("sign(smallint) -> smallint", |call| map::<Int16Type>(call, i16::signum), "sign(SMALLINT '-3')", "-1")
        .infallible(),
    entry("sign(integer) -> integer", |call| map::<Int32Type>(call, i32::signum), "sign(-3)", "-1").infallible(),
    entry("sign(bigint) -> bigint", |call| map::<Int64Type>(call, i64::signum), "sign(BIGINT '0')", "0").infallible(),
    entry(
        "sign(real) -> real",
        |call| map::<Float32Type>(call, |x| if x == 0.0 { x } else { x.signum() }),
        "sign(REAL '-2.5')",
        "-1.0",
    )
    .infallible(),
    entry(
        "sign(double) -> double",
        |call| map::<Float64Type>(call, |x| if x == 0.0 { x } else { x.signum() }),
        "sign(-2.5e0)",
        "-1.0",
    )
    .infallible(),
    entry(
        "sign(decimal(p,s)) -> decimal(1,0)",
        |call| map::<Decimal128Type>(call, i128::signum),
        "sign(DECIMAL '-2.5')",
        "-1",
    )
    .infallible(),
];

fn map<T: ArrowPrimitiveType>(call: &Call<'_>, function: fn(T::Native) -> T::Native) -> Result<ArrayRef, TrinoError> {
    let numbers = call.column::<PrimitiveArray<T>>(0)?;
    Ok(Arc::new(numbers.unary::<_, T>(function).with_data_type(call.result_type())))
}

fn checked<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    function: fn(T::Native) -> Option<T::Native>,
) -> Result<ArrayRef, TrinoError> {
    let numbers = call.column::<PrimitiveArray<T>>(0)?;
    primitive_rows::<T>(call, |row| match function(numbers.value(row)) {
        Some(value) => Ok(Some(value)),
        None => Err(TrinoError::range(format!(
            "Value {:?} is out of range for abs({})",
            numbers.value(row),
            call.return_type
        ))),
    })
}

fn remainder<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    function: fn(T::Native, T::Native) -> Option<T::Native>,
) -> Result<ArrayRef, TrinoError> {
    let (left, right) = (call.column::<PrimitiveArray<T>>(0)?, call.column::<PrimitiveArray<T>>(1)?);
    let is_integer = call.return_type.is_integer();
    primitive_rows::<T>(call, |row| {
        let (left, right) = (left.value(row), right.value(row));
        match function(left, right) {
            Some(value) => Ok(Some(value)),
            // Only the smallest number by −1 has no quotient, and its remainder is 0.
            None if is_integer && right != T::Native::default() => Ok(Some(T::Native::default())),
            None => Err(TrinoError::division_by_zero()),
        }
    })
}

/// `decimal(min(p₂−s₂, p₁−s₁) + max(s₁, s₂), max(s₁, s₂))`.
fn mod_type(arguments: &[TrinoType]) -> TrinoType {
    let (Some(TrinoType::Decimal(p, s)), Some(TrinoType::Decimal(q, t))) = (arguments.first(), arguments.get(1)) else {
        return TrinoType::Unknown;
    };
    let scale = *s.max(t);
    TrinoType::Decimal(((p - s).min(q - t) + scale).clamp(1, MAX_PRECISION), scale)
}

fn mod_decimal(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (left, right) =
        (call.column::<PrimitiveArray<Decimal128Type>>(0)?, call.column::<PrimitiveArray<Decimal128Type>>(1)?);
    let scale = left.scale().max(right.scale());
    let (raise_left, raise_right) = (
        10i128.pow(u32::from((scale - left.scale()).unsigned_abs())),
        10i128.pow(u32::from((scale - right.scale()).unsigned_abs())),
    );
    primitive_rows::<Decimal128Type>(call, |row| {
        let scaled = left.value(row).checked_mul(raise_left).zip(right.value(row).checked_mul(raise_right));
        let (left, right) = scaled.ok_or_else(|| TrinoError::range("Decimal overflow"))?;
        if right == 0 { Err(TrinoError::division_by_zero()) } else { Ok(Some(left % right)) }
    })
}

fn greatest(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    extreme(call, |candidate, best| candidate > best)
}

fn least(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    extreme(call, |candidate, best| candidate < best)
}

/// The first argument of each row that no other one `beats`.
fn extreme(call: &Call<'_>, beats: fn(&[u8], &[u8]) -> bool) -> Result<ArrayRef, TrinoError> {
    let columns: Vec<&dyn arrow::array::Array> = call.args.iter().map(AsRef::as_ref).collect();
    let all = arrow::compute::concat(&columns)?;
    let keys = Keys::new(&all, call.return_type)?;
    let key = |column: usize, row: usize| keys.get(column * call.rows + row);
    let mut picks = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let best = (1..columns.len())
            .fold(0, |best, column| if beats(key(column, row), key(best, row)) { column } else { best });
        picks.push((best, row));
    }
    Ok(interleave(&columns, &picks)?)
}
