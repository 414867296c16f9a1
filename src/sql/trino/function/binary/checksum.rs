//! Checksums and hashes that are not cryptographic.

use arrow::array::ArrayRef;
use twox_hash::XxHash64;

use super::super::column::{bigint_rows, binary_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{murmur3, spooky};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("crc32(varbinary) -> bigint", crc32, "crc32(to_utf8('CRC me!'))", "38028046").infallible(),
    entry(
        "murmur3(varbinary) -> varbinary",
        |call| hash(call, |bytes, out| out.extend_from_slice(&murmur3::hash128(bytes))),
        "murmur3(to_utf8('hashme'))",
        "93192FE805BE23041C8318F67EC4F2BC",
    )
    .infallible(),
    entry(
        "spooky_hash_v2_32(varbinary) -> varbinary",
        |call| hash(call, |bytes, out| out.extend_from_slice(&(spooky::hash64(bytes) as u32).to_be_bytes())),
        "spooky_hash_v2_32(to_utf8('hello'))",
        "D382E6CA",
    )
    .infallible(),
    entry(
        "spooky_hash_v2_64(varbinary) -> varbinary",
        |call| hash(call, |bytes, out| out.extend_from_slice(&spooky::hash64(bytes).to_be_bytes())),
        "spooky_hash_v2_64(to_utf8('hello'))",
        "3768826AD382E6CA",
    )
    .infallible(),
    entry(
        "xxhash64(varbinary) -> varbinary",
        |call| hash(call, |bytes, out| out.extend_from_slice(&XxHash64::oneshot(0, bytes).to_be_bytes())),
        "xxhash64(to_utf8('hashme'))",
        "F9D96E0E1165E892",
    )
    .infallible(),
];

fn crc32(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    bigint_rows(call, |row| Ok(Some(i64::from(crc32fast::hash(bytes.value(row))))))
}

fn hash(call: &Call<'_>, append: fn(&[u8], &mut Vec<u8>)) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    binary_rows(call, |row, out| {
        append(bytes.value(row), out);
        Ok(true)
    })
}
