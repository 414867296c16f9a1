//! `lower`, `upper`: one code point becomes one code point, whatever the language.

use arrow::array::ArrayRef;

use super::super::column::text_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use crate::sql::{simple_lower, simple_upper};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("lower(varchar(x)) -> varchar(x)", lower, "lower('HeLLo')", "hello"),
    entry("upper(varchar(x)) -> varchar(x)", upper, "upper('straße')", "STRAßE"),
];

fn lower(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    text_rows(call, |row, out| {
        let text = text.value(row);
        let start = out.len();
        if text.is_ascii() {
            out.push_str(text);
            out[start..].make_ascii_lowercase();
        } else {
            out.extend(text.chars().map(simple_lower));
        }
        Ok(true)
    })
}

fn upper(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    text_rows(call, |row, out| {
        let text = text.value(row);
        let start = out.len();
        if text.is_ascii() {
            out.push_str(text);
            out[start..].make_ascii_uppercase();
        } else {
            out.extend(text.chars().map(simple_upper));
        }
        Ok(true)
    })
}
