//! `lpad`, `rpad` of texts and bytes.

use arrow::array::ArrayRef;

use super::super::column::{binary_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{byte_at, count};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("lpad(varchar, bigint, varchar) -> varchar", lpad, "lpad('text', 7, 'x')", "xxxtext"),
    entry(
        "lpad(varbinary, bigint, varbinary) -> varbinary",
        lpad_binary,
        "lpad(X'1234', 7, X'4524')",
        "45244524451234",
    ),
    entry("rpad(varchar, bigint, varchar) -> varchar", rpad, "rpad('text', 8, 'xy')", "textxyxy"),
    entry("rpad(varbinary, bigint, varbinary) -> varbinary", rpad_binary, "rpad(X'1234', 3, X'45')", "123445"),
];

fn lpad(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    pad_text(call, true)
}

fn rpad(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    pad_text(call, false)
}

fn lpad_binary(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    pad_binary(call, true)
}

fn rpad_binary(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    pad_binary(call, false)
}

fn pad_text(call: &Call<'_>, left: bool) -> Result<ArrayRef, TrinoError> {
    let (text, sizes, pads) = (call.text(0)?, call.bigint(1)?, call.text(2)?);
    text_rows(call, |row, out| {
        let (text, pad) = (text.value(row), pads.value(row));
        let size = checked(sizes.value(row), pad.is_empty())?;
        let length = count(text);
        if length >= size {
            out.push_str(&text[..byte_at(text, size)]);
            return Ok(true);
        }
        if !left {
            out.push_str(text);
        }
        out.extend(pad.chars().cycle().take(size - length));
        if left {
            out.push_str(text);
        }
        Ok(true)
    })
}

fn pad_binary(call: &Call<'_>, left: bool) -> Result<ArrayRef, TrinoError> {
    let (bytes, sizes, pads) = (call.binary(0)?, call.bigint(1)?, call.binary(2)?);
    binary_rows(call, |row, out| {
        let (bytes, pad) = (bytes.value(row), pads.value(row));
        let size = checked(sizes.value(row), pad.is_empty())?;
        if bytes.len() >= size {
            out.extend_from_slice(&bytes[..size]);
            return Ok(true);
        }
        if !left {
            out.extend_from_slice(bytes);
        }
        out.extend(pad.iter().cycle().take(size - bytes.len()));
        if left {
            out.extend_from_slice(bytes);
        }
        Ok(true)
    })
}

/// The target length, refused when negative, beyond 32 bits, or when there is nothing to pad with.
fn checked(size: i64, pad_is_empty: bool) -> Result<usize, TrinoError> {
    if !(0..=i64::from(i32::MAX)).contains(&size) {
        return Err(TrinoError::argument(format!("Target length must be in the range [0..{}]", i32::MAX)));
    }
    if pad_is_empty {
        return Err(TrinoError::argument("Padding string must not be empty".to_owned()));
    }
    Ok(size as usize)
}
