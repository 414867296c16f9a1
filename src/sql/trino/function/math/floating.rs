//! Functions from doubles to doubles, and the questions that only floating point numbers raise.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow::compute::{binary, unary};
use arrow::datatypes::{Float32Type, Float64Type};

use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("acos(double) -> double", |call| map(call, f64::acos), "acos(1)", "0.0").infallible(),
    entry("asin(double) -> double", |call| map(call, f64::asin), "asin(0)", "0.0").infallible(),
    entry("atan(double) -> double", |call| map(call, f64::atan), "atan(0)", "0.0").infallible(),
    entry("atan2(double, double) -> double", |call| map2(call, f64::atan2), "atan2(0, 1)", "0.0").infallible(),
    entry("cbrt(double) -> double", |call| map(call, f64::cbrt), "cbrt(27)", "3.0").infallible(),
    entry("cos(double) -> double", |call| map(call, f64::cos), "cos(0)", "1.0").infallible(),
    entry("cosh(double) -> double", |call| map(call, f64::cosh), "cosh(0)", "1.0").infallible(),
    entry("degrees(double) -> double", |call| map(call, f64::to_degrees), "degrees(pi())", "180.0").infallible(),
    entry("e() -> double", |call| constant(call, std::f64::consts::E), "e()", "2.718281828459045").infallible(),
    entry("exp(double) -> double", |call| map(call, f64::exp), "exp(0)", "1.0").infallible(),
    entry("infinity() -> double", |call| constant(call, f64::INFINITY), "infinity()", "Infinity").infallible(),
    entry("is_finite(double) -> boolean", |call| ask(call, f64::is_finite), "is_finite(infinity())", "false")
        .infallible(),
    entry("is_infinite(double) -> boolean", |call| ask(call, f64::is_infinite), "is_infinite(-infinity())", "true")
        .infallible(),
    entry("is_nan(double) -> boolean", |call| ask(call, f64::is_nan), "is_nan(nan())", "true").infallible(),
    entry("is_nan(real) -> boolean", is_nan_real, "is_nan(REAL 'NaN')", "true").infallible(),
    entry("ln(double) -> double", |call| map(call, f64::ln), "ln(e())", "1.0").infallible(),
    entry("log(double, double) -> double", |call| map2(call, logarithm), "log(2, 8)", "3.0").infallible(),
    entry("log10(double) -> double", |call| map(call, f64::log10), "log10(1000)", "3.0").infallible(),
    entry("log2(double) -> double", |call| map(call, f64::log2), "log2(8)", "3.0").infallible(),
    entry("nan() -> double", |call| constant(call, f64::NAN), "nan()", "NaN").infallible(),
    entry("pi() -> double", |call| constant(call, std::f64::consts::PI), "pi()", "3.141592653589793").infallible(),
    entry("pow(double, double) -> double", |call| map2(call, power), "pow(2, 10)", "1024.0").infallible(),
    entry("power(double, double) -> double", |call| map2(call, power), "power(2, 0.5)", "1.4142135623730951")
        .infallible(),
    entry("radians(double) -> double", |call| map(call, f64::to_radians), "radians(180)", "3.141592653589793")
        .infallible(),
    entry("sin(double) -> double", |call| map(call, f64::sin), "sin(0)", "0.0").infallible(),
    entry("sinh(double) -> double", |call| map(call, f64::sinh), "sinh(0)", "0.0").infallible(),
    entry("sqrt(double) -> double", |call| map(call, f64::sqrt), "sqrt(16)", "4.0").infallible(),
    entry("tan(double) -> double", |call| map(call, f64::tan), "tan(0)", "0.0").infallible(),
    entry("tanh(double) -> double", |call| map(call, f64::tanh), "tanh(0)", "0.0").infallible(),
];

/// `function` of each row.
fn map(call: &Call<'_>, function: fn(f64) -> f64) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(unary::<_, _, Float64Type>(call.double(0)?, function)))
}

/// `function` of each row of two columns.
fn map2(call: &Call<'_>, function: fn(f64, f64) -> f64) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(binary::<_, _, _, Float64Type>(call.double(0)?, call.double(1)?, function)?))
}

fn ask(call: &Call<'_>, question: fn(f64) -> bool) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(BooleanArray::from_unary(call.double(0)?, question)))
}

fn is_nan_real(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let numbers = call.column::<PrimitiveArray<Float32Type>>(0)?;
    Ok(Arc::new(BooleanArray::from_unary(numbers, f32::is_nan)))
}

fn constant(call: &Call<'_>, value: f64) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(PrimitiveArray::<Float64Type>::from_value(value, call.rows)))
}

/// The logarithm of `x` to `base`, exact for the bases that have an own function.
fn logarithm(base: f64, x: f64) -> f64 {
    if base == 2.0 {
        x.log2()
    } else if base == 10.0 {
        x.log10()
    } else {
        x.ln() / base.ln()
    }
}

/// Java's power: one to the infinity, and anything to NaN, is NaN.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) { f64::NAN } else { base.powf(exponent) }
}
