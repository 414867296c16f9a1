//! `trim`, `ltrim`, `rtrim`, of white space or of given characters.

use arrow::array::ArrayRef;

use super::super::column::text_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("ltrim(varchar(x)) -> varchar(x)", ltrim, "ltrim('  a ')", "a "),
    entry("ltrim(varchar(x), varchar) -> varchar(x)", ltrim, "ltrim('xxay', 'xy')", "ay"),
    entry("rtrim(varchar(x)) -> varchar(x)", rtrim, "rtrim('  a ')", "  a"),
    entry("rtrim(varchar(x), varchar) -> varchar(x)", rtrim, "rtrim('xxay', 'xy')", "xxa"),
    entry("trim(varchar(x)) -> varchar(x)", trim, "trim('  a ')", "a"),
    entry("trim(varchar(x), varchar) -> varchar(x)", trim, "trim('xxay', 'xy')", "a"),
];

fn ltrim(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    trimmed(call, true, false)
}

fn rtrim(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    trimmed(call, false, true)
}

fn trim(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    trimmed(call, true, true)
}

fn trimmed(call: &Call<'_>, start: bool, end: bool) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    let sets = if call.args.len() > 1 { Some(call.text(1)?) } else { None };
    text_rows(call, |row, out| {
        let unwanted = |character: char| match sets {
            Some(sets) => sets.value(row).contains(character),
            None => is_white_space(character),
        };
        let mut text = text.value(row);
        if start {
            text = text.trim_start_matches(unwanted);
        }
        if end {
            text = text.trim_end_matches(unwanted);
        }
        out.push_str(text);
        Ok(true)
    })
}

/// Java's white space: Unicode's without the no-break spaces, with the four information separators.
fn is_white_space(character: char) -> bool {
    match character {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        '\u{1c}'..='\u{1f}' => true,
        other => other.is_whitespace(),
    }
}
