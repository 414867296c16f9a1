//! Numbers as the bytes machines hold them in.

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type};

use super::super::column::{binary_rows, primitive_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "from_big_endian_32(varbinary) -> integer",
        |call| read::<Int32Type, 4>(call, i32::from_be_bytes),
        "from_big_endian_32(X'7FFFFFFF')",
        "2147483647",
    ),
    entry(
        "from_big_endian_64(varbinary) -> bigint",
        |call| read::<Int64Type, 8>(call, i64::from_be_bytes),
        "from_big_endian_64(X'0000000000000001')",
        "1",
    ),
    entry(
        "from_ieee754_32(varbinary) -> real",
        |call| read::<Float32Type, 4>(call, f32::from_be_bytes),
        "from_ieee754_32(X'3F800000')",
        "1.0",
    ),
    entry(
        "from_ieee754_64(varbinary) -> double",
        |call| read::<Float64Type, 8>(call, f64::from_be_bytes),
        "from_ieee754_64(X'3FF0000000000000')",
        "1.0",
    ),
    entry(
        "to_big_endian_32(integer) -> varbinary",
        |call| write::<Int32Type, 4>(call, i32::to_be_bytes),
        "to_big_endian_32(-2147483647)",
        "80000001",
    )
    .infallible(),
    entry(
        "to_big_endian_64(bigint) -> varbinary",
        |call| write::<Int64Type, 8>(call, i64::to_be_bytes),
        "to_big_endian_64(1)",
        "0000000000000001",
    )
    .infallible(),
    entry(
        "to_ieee754_32(real) -> varbinary",
        |call| write::<Float32Type, 4>(call, f32::to_be_bytes),
        "to_ieee754_32(REAL '1')",
        "3F800000",
    )
    .infallible(),
    entry(
        "to_ieee754_64(double) -> varbinary",
        |call| write::<Float64Type, 8>(call, f64::to_be_bytes),
        "to_ieee754_64(3.1415926e0)",
        "400921FB4D12D84A",
    )
    .infallible(),
];

fn read<T: ArrowPrimitiveType, const N: usize>(
    call: &Call<'_>,
    value: fn([u8; N]) -> T::Native,
) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    primitive_rows::<T>(call, |row| match <[u8; N]>::try_from(bytes.value(row)) {
        Ok(bytes) => Ok(Some(value(bytes))),
        Err(_) => {
            Err(TrinoError::argument(format!("expected {N}-byte input, but got instead: {}", bytes.value(row).len())))
        }
    })
}

fn write<T: ArrowPrimitiveType, const N: usize>(
    call: &Call<'_>,
    bytes: fn(T::Native) -> [u8; N],
) -> Result<ArrayRef, TrinoError> {
    let numbers = call.column::<PrimitiveArray<T>>(0)?;
    binary_rows(call, |row, out| {
        out.extend_from_slice(&bytes(numbers.value(row)));
        Ok(true)
    })
}
