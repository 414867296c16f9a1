//! Characters, code points and bytes: `chr`, `codepoint`, `to_utf8`, `from_utf8`, `normalize`, `length`, `reverse`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray};
use unicode_normalization::UnicodeNormalization;

use super::super::column::{bigint_rows, binary_rows, primitive_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::count;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("chr(bigint) -> varchar(1)", chr, "chr(9731)", "☃"),
    entry("codepoint(varchar) -> integer", codepoint, "codepoint('é')", "233"),
    entry("from_utf8(varbinary) -> varchar", from_utf8, "from_utf8(X'58BF')", "X\u{fffd}"),
    entry("from_utf8(varbinary, varchar) -> varchar", from_utf8, "from_utf8(X'58BF', '#')", "X#"),
    entry("from_utf8(varbinary, bigint) -> varchar", from_utf8, "from_utf8(X'58BF', 35)", "X#"),
    entry("length(varchar) -> bigint", length, "length('héllo')", "5"),
    entry("length(varbinary) -> bigint", length_binary, "length(X'0102')", "2"),
    entry("normalize(varchar) -> varchar", normalize, "length(normalize('scho' || chr(776) || 'n'))", "5"),
    entry("normalize(varchar, varchar) -> varchar", normalize, "length(normalize('schön', NFD))", "6"),
    entry("reverse(varchar(x)) -> varchar(x)", reverse, "reverse('naïve')", "evïan"),
    entry("reverse(varbinary) -> varbinary", reverse_binary, "reverse(X'0102FF')", "FF0201"),
    entry("to_utf8(varchar) -> varbinary", to_utf8, "to_utf8('é')", "C3A9"),
];

fn chr(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let codes = call.bigint(0)?;
    text_rows(call, |row, out| {
        let code = codes.value(row);
        let character = u32::try_from(code)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| TrinoError::argument(format!("Not a valid Unicode code point: {code}")))?;
        out.push(character);
        Ok(true)
    })
}

fn codepoint(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    primitive_rows::<arrow::datatypes::Int32Type>(call, |row| {
        let mut characters = text.value(row).chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) => Ok(Some(only as i32)),
            _ => Err(TrinoError::argument("Input string must be a single character string".to_owned())),
        }
    })
}

fn length(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    bigint_rows(call, |row| Ok(Some(count(text.value(row)) as i64)))
}

fn length_binary(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    bigint_rows(call, |row| Ok(Some(bytes.value(row).len() as i64)))
}

fn reverse(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    text_rows(call, |row, out| {
        out.extend(text.value(row).chars().rev());
        Ok(true)
    })
}

fn reverse_binary(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    binary_rows(call, |row, out| {
        out.extend(bytes.value(row).iter().rev());
        Ok(true)
    })
}

fn to_utf8(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (offsets, bytes, nulls) = call.text(0)?.clone().into_parts();
    Ok(Arc::new(BinaryArray::try_new(offsets, bytes, nulls)?))
}

fn from_utf8(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let bytes = call.binary(0)?;
    text_rows(call, |row, out| {
        let mut replacement = [0; 4];
        let replacement = replacement_for(call, row, &mut replacement)?;
        for chunk in bytes.value(row).utf8_chunks() {
            out.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                out.push_str(replacement);
            }
        }
        Ok(true)
    })
}

/// What invalid bytes are replaced with: U+FFFD, or one code point, or nothing.
fn replacement_for<'a>(call: &'a Call<'_>, row: usize, buffer: &'a mut [u8; 4]) -> Result<&'a str, TrinoError> {
    let Some(argument) = call.args.get(1) else {
        return Ok("\u{fffd}");
    };
    if let Some(texts) = argument.as_any().downcast_ref::<arrow::array::StringArray>() {
        let text = texts.value(row);
        return if count(text) <= 1 {
            Ok(text)
        } else {
            Err(TrinoError::argument("Replacement character string must empty or a single character".to_owned()))
        };
    }
    let code = call.bigint(1)?.value(row);
    match u32::try_from(code).ok().and_then(char::from_u32) {
        Some(character) => Ok(character.encode_utf8(buffer)),
        None => Err(TrinoError::argument("Invalid replacement character".to_owned())),
    }
}

fn normalize(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    let forms = if call.args.len() > 1 { Some(call.text(1)?) } else { None };
    text_rows(call, |row, out| {
        let text = text.value(row);
        match forms.map_or("NFC", |forms| forms.value(row)) {
            "NFC" => out.extend(text.nfc()),
            "NFD" => out.extend(text.nfd()),
            "NFKC" => out.extend(text.nfkc()),
            "NFKD" => out.extend(text.nfkd()),
            other => {
                return Err(TrinoError::argument(format!(
                    "Normalization form must be one of [NFD, NFC, NFKD, NFKC], not {other}"
                )));
            }
        }
        Ok(true)
    })
}
