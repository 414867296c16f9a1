//! `substr`, `translate`, `replace`: texts made of pieces of a text.

use arrow::array::ArrayRef;

use super::super::column::{binary_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::{byte_at, count};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("replace(varchar(x), varchar) -> varchar(x)", replace, "replace('banana', 'a')", "bnn"),
    entry("replace(varchar, varchar, varchar) -> varchar", replace, "replace('banana', 'an', 'AN')", "bANANa"),
    entry("substr(varchar(x), bigint) -> varchar(x)", substr, "substr('hello', -3)", "llo"),
    entry("substr(varchar(x), bigint, bigint) -> varchar(x)", substr, "substr('Quadratically', -5, 4)", "call"),
    entry("substr(varbinary, bigint) -> varbinary", substr_binary, "substr(X'4FE15FF5', 3)", "5FF5"),
    entry("substr(varbinary, bigint, bigint) -> varbinary", substr_binary, "substr(X'4FE15FF5', 2, 2)", "E15F"),
    entry("substring(varchar(x), bigint) -> varchar(x)", substr, "substring('Quadratically' FROM -5)", "cally"),
    entry(
        "substring(varchar(x), bigint, bigint) -> varchar(x)",
        substr,
        "substring('Quadratically' FROM 5 FOR 6)",
        "ratica",
    ),
    entry("substring(varbinary, bigint) -> varbinary", substr_binary, "substring(X'4FE15FF5', 3)", "5FF5"),
    entry("substring(varbinary, bigint, bigint) -> varbinary", substr_binary, "substring(X'4FE15FF5', 2, 2)", "E15F"),
    entry("translate(varchar, varchar, varchar) -> varchar", translate, "translate('abcda', 'ab', 'z')", "zcdz"),
];

/// The part of a sequence of `length` units that SQL's start (from 1, or from the end when negative) and count name.
fn slice(length: usize, start: i64, wanted: Option<i64>) -> std::ops::Range<usize> {
    let length_signed = length as i64;
    let first = if start < 0 { start.saturating_add(length_signed) } else { start - 1 };
    if start == 0 || first < 0 || first >= length_signed || wanted.is_some_and(|wanted| wanted <= 0) {
        return 0..0;
    }
    let end = wanted.map_or(length_signed, |wanted| first.saturating_add(wanted).min(length_signed));
    first as usize..end as usize
}

fn substr(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, start) = (call.text(0)?, call.bigint(1)?);
    let wanted = if call.args.len() > 2 { Some(call.bigint(2)?) } else { None };
    text_rows(call, |row, out| {
        let text = text.value(row);
        let length = if text.is_ascii() { text.len() } else { count(text) };
        let part = slice(length, start.value(row), wanted.map(|wanted| wanted.value(row)));
        if length == text.len() {
            out.push_str(&text[part]);
        } else {
            let from = byte_at(text, part.start);
            let size = byte_at(&text[from..], part.len());
            out.push_str(&text[from..from + size]);
        }
        Ok(true)
    })
}

fn substr_binary(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (bytes, start) = (call.binary(0)?, call.bigint(1)?);
    let wanted = if call.args.len() > 2 { Some(call.bigint(2)?) } else { None };
    binary_rows(call, |row, out| {
        let bytes = bytes.value(row);
        let part = slice(bytes.len(), start.value(row), wanted.map(|wanted| wanted.value(row)));
        out.extend_from_slice(&bytes[part]);
        Ok(true)
    })
}

fn replace(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, search) = (call.text(0)?, call.text(1)?);
    let replacements = if call.args.len() > 2 { Some(call.text(2)?) } else { None };
    text_rows(call, |row, out| {
        let (text, search) = (text.value(row), search.value(row));
        let replacement = replacements.map_or("", |replacements| replacements.value(row));
        let mut from = 0;
        // An empty search text is found before, between and after all characters.
        for (position, found) in text.match_indices(search) {
            out.push_str(&text[from..position]);
            out.push_str(replacement);
            from = position + found.len();
        }
        out.push_str(&text[from..]);
        Ok(true)
    })
}

fn translate(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    text_rows(call, |row, out| {
        let (from, to) = (from.value(row), to.value(row));
        for character in text.value(row).chars() {
            match from.chars().position(|candidate| candidate == character) {
                None => out.push(character),
                Some(position) => out.extend(to.chars().nth(position)),
            }
        }
        Ok(true)
    })
}
