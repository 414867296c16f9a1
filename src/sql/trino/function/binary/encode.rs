//! Bytes as text: hexadecimal, base 32, base 64.

use arrow::array::ArrayRef;
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::super::column::{binary_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("from_base32(varchar) -> varbinary", from_base32, "from_utf8(from_base32('NBSWY3DP'))", "hello"),
    entry(
        "from_base64(varchar) -> varbinary",
        |call| from_base64(call, &PLAIN),
        "from_utf8(from_base64('aGVsbG8gd29ybGQ='))",
        "hello world",
    ),
    entry("from_base64url(varchar) -> varbinary", |call| from_base64(call, &URL), "from_base64url('-_8=')", "FBFF"),
    entry("from_hex(varchar) -> varbinary", from_hex, "from_hex('617a6f')", "617A6F"),
    entry(
        "to_base32(varbinary) -> varchar",
        to_base32,
        "to_base32(to_utf8('hello world'))",
        "NBSWY3DPEB3W64TMMQ======",
    )
    .infallible(),
    entry("to_base64(varbinary) -> varchar", |call| to_base64(call, &PLAIN), "to_base64(to_utf8('hello'))", "aGVsbG8=")
        .infallible(),
    entry("to_base64url(varbinary) -> varchar", |call| to_base64(call, &URL), "to_base64url(X'FBFF')", "-_8=")
        .infallible(),
    entry("to_hex(varbinary) -> varchar", to_hex, "to_hex(X'0aff')", "0AFF").infallible(),
];

/// Padding is written, and need not be there to be read.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
static PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
static URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn to_base64(call: &Call<'_>, engine: &GeneralPurpose) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    text_rows(call, |row, out| {
        engine.encode_string(bytes.value(row), out);
        Ok(true)
    })
}

fn from_base64(call: &Call<'_>, engine: &GeneralPurpose) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    binary_rows(call, |row, out| match engine.decode_vec(texts.value(row), out) {
        Ok(()) => Ok(true),
        Err(error) => Err(TrinoError::argument(format!("`{}` is not base 64: {error}", texts.value(row)))),
    })
}

fn to_hex(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = call.binary(0)?;
    text_rows(call, |row, out| {
        for byte in bytes.value(row) {
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Ok(true)
    })
}

fn from_hex(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    binary_rows(call, |row, out| {
        let text = texts.value(row).as_bytes();
        if text.len() % 2 != 0 {
            return Err(TrinoError::argument("expected an even number of hexadecimal digits"));
        }
        for pair in text.chunks_exact(2) {
            let digit = |byte: u8| {
                char::from(byte)
                    .to_digit(16)
                    .ok_or_else(|| TrinoError::argument(format!("invalid hexadecimal digit in `{}`", texts.value(row))))
            };
            out.push((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
        }
        Ok(true)
    })
}

fn to_base32(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    text_rows(call, |row, out| {
        for chunk in bytes.value(row).chunks(5) {
            let bits = (0..5).fold(0u64, |bits, index| bits << 8 | u64::from(chunk.get(index).copied().unwrap_or(0)));
            let letters = (chunk.len() * 8).div_ceil(5);
            for place in 0..8 {
                let letter = BASE32[(bits >> (35 - 5 * place)) as usize & 31];
                out.push(if place < letters { char::from(letter) } else { '=' });
            }
        }
        Ok(true)
    })
}

fn from_base32(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    binary_rows(call, |row, out| {
        let text = texts.value(row);
        let invalid = || TrinoError::argument(format!("`{text}` is not base 32"));
        for chunk in text.trim_end_matches('=').as_bytes().chunks(8) {
            let mut bits = 0u64;
            for letter in chunk {
                let value = BASE32.iter().position(|known| known == letter).ok_or_else(invalid)?;
                bits = bits << 5 | value as u64;
            }
            if matches!(chunk.len(), 1 | 3 | 6) {
                return Err(invalid());
            }
            let aligned = bits << (64 - 5 * chunk.len());
            out.extend_from_slice(&aligned.to_be_bytes()[..chunk.len() * 5 / 8]);
        }
        Ok(true)
    })
}
