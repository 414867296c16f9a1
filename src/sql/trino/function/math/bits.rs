//! Bits of integers.
//!
//! Shifts keep the width of their argument: what is shifted out is gone, and the result has the sign its top bit says.

use std::sync::Arc;

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::compute::{binary, unary};
use arrow::datatypes::{ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type};

use super::super::column::bigint_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("bit_count(bigint, bigint) -> bigint", bit_count, "bit_count(-7, 8)", "6"),
    entry("bitwise_and(bigint, bigint) -> bigint", |call| combine(call, |a, b| a & b), "bitwise_and(19, 25)", "17")
        .infallible(),
    entry(
        "bitwise_left_shift(tinyint, bigint) -> tinyint",
        |call| shift::<Int8Type>(call, |v, n| if n < 8 { v << n } else { 0 }),
        "bitwise_left_shift(TINYINT '7', 2)",
        "28",
    )
    .infallible(),
    entry(
        "bitwise_left_shift(smallint, bigint) -> smallint",
        |call| shift::<Int16Type>(call, |v, n| if n < 16 { v << n } else { 0 }),
        "bitwise_left_shift(SMALLINT '7', 2)",
        "28",
    )
    .infallible(),
    entry(
        "bitwise_left_shift(integer, bigint) -> integer",
        |call| shift::<Int32Type>(call, |v, n| if n < 32 { v << n } else { 0 }),
        "bitwise_left_shift(7, 2)",
        "28",
    )
    .infallible(),
    entry(
        "bitwise_left_shift(bigint, bigint) -> bigint",
        |call| shift::<Int64Type>(call, |v, n| if n < 64 { v << n } else { 0 }),
        "bitwise_left_shift(BIGINT '7', 2)",
        "28",
    )
    .infallible(),
    entry("bitwise_not(bigint) -> bigint", bitwise_not, "bitwise_not(-12)", "11").infallible(),
    entry("bitwise_or(bigint, bigint) -> bigint", |call| combine(call, |a, b| a | b), "bitwise_or(19, 25)", "27")
        .infallible(),
    entry(
        "bitwise_right_shift(tinyint, bigint) -> tinyint",
        |call| shift::<Int8Type>(call, |v, n| if n < 8 { (v.cast_unsigned() >> n).cast_signed() } else { 0 }),
        "bitwise_right_shift(TINYINT '-8', 1)",
        "124",
    )
    .infallible(),
    entry(
        "bitwise_right_shift(smallint, bigint) -> smallint",
        |call| shift::<Int16Type>(call, |v, n| if n < 16 { (v.cast_unsigned() >> n).cast_signed() } else { 0 }),
        "bitwise_right_shift(SMALLINT '-8', 1)",
        "32764",
    )
    .infallible(),
    entry(
        "bitwise_right_shift(integer, bigint) -> integer",
        |call| shift::<Int32Type>(call, |v, n| if n < 32 { (v.cast_unsigned() >> n).cast_signed() } else { 0 }),
        "bitwise_right_shift(-45, 64)",
        "0",
    )
    .infallible(),
    entry(
        "bitwise_right_shift(bigint, bigint) -> bigint",
        |call| shift::<Int64Type>(call, |v, n| if n < 64 { (v.cast_unsigned() >> n).cast_signed() } else { 0 }),
        "bitwise_right_shift(BIGINT '-8', 1)",
        "9223372036854775804",
    )
    .infallible(),
    entry(
        "bitwise_right_shift_arithmetic(tinyint, bigint) -> tinyint",
        |call| shift::<Int8Type>(call, |v, n| v >> n.min(7)),
        "bitwise_right_shift_arithmetic(TINYINT '-8', 1)",
        "-4",
    )
    .infallible(),
    entry(
        "bitwise_right_shift_arithmetic(smallint, bigint) -> smallint",
        |call| shift::<Int16Type>(call, |v, n| v >> n.min(15)),
        "bitwise_right_shift_arithmetic(SMALLINT '-8', 1)",
        "-4",
    )
    .infallible(),
    entry(
        "bitwise_right_shift_arithmetic(integer, bigint) -> integer",
        |call| shift::<Int32Type>(call, |v, n| v >> n.min(31)),
        "bitwise_right_shift_arithmetic(-8, 1)",
        "-4",
    )
    .infallible(),
    entry(
        "bitwise_right_shift_arithmetic(bigint, bigint) -> bigint",
        |call| shift::<Int64Type>(call, |v, n| v >> n.min(63)),
        "bitwise_right_shift_arithmetic(BIGINT '-8', 1)",
        "-4",
    )
    .infallible(),
    entry("bitwise_xor(bigint, bigint) -> bigint", |call| combine(call, |a, b| a ^ b), "bitwise_xor(19, 25)", "10")
        .infallible(),
];

fn combine(call: &Call<'_>, operation: fn(i64, i64) -> i64) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(binary::<_, _, _, Int64Type>(call.bigint(0)?, call.bigint(1)?, operation)?))
}

fn bitwise_not(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    Ok(Arc::new(unary::<_, _, Int64Type>(call.bigint(0)?, |value| !value)))
}

/// Shift by the second argument; negative distances are, as in Java, counted modulo the width of a bigint.
fn shift<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    operation: fn(T::Native, u32) -> T::Native,
) -> Result<ArrayRef, TrinoError> {
    let values = call.column::<PrimitiveArray<T>>(0)?;
    let distance =
        |distance: i64| u32::try_from(if distance < 0 { distance & 63 } else { distance }).unwrap_or(u32::MAX);
    Ok(Arc::new(binary::<_, _, _, T>(values, call.bigint(1)?, |value, by| operation(value, distance(by)))?))
}

/// Set bits of `x` as a two's complement number of `bits` bits.
fn bit_count(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (numbers, bits) = (call.bigint(0)?, call.bigint(1)?);
    bigint_rows(call, |row| {
        let (number, bits) = (numbers.value(row), bits.value(row));
        if !(2..=64).contains(&bits) {
            return Err(TrinoError::argument(format!(
                "Bits specified in bit_count must be between 2 and 64, got {bits}"
            )));
        }
        let unused = 64 - bits as u32;
        if (number << unused) >> unused != number {
            return Err(TrinoError::argument(format!(
                "Number must be representable with the bits specified. {number} cannot be represented with {bits} bits"
            )));
        }
        Ok(Some(i64::from((number << unused).count_ones())))
    })
}
