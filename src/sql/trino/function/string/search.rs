//! `strpos`, `position`, `starts_with`, `ends_with`, `luhn_check`.

use arrow::array::ArrayRef;
use memchr::memmem;

use super::super::column::{bigint_rows, boolean_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::count;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("ends_with(varchar, varchar) -> boolean", ends_with, "ends_with('foo_bar', 'bar')", "true"),
    entry("luhn_check(varchar) -> boolean", luhn_check, "luhn_check('79927398713')", "true"),
    entry("starts_with(varchar, varchar) -> boolean", starts_with, "starts_with('foo_bar', 'foo')", "true"),
    entry("strpos(varchar, varchar) -> bigint", strpos, "strpos('banana', 'na')", "3"),
    entry("strpos(varchar, varchar, bigint) -> bigint", strpos, "strpos('highhigh', 'ig', -2)", "2"),
];

fn starts_with(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, prefix) = (call.text(0)?, call.text(1)?);
    boolean_rows(call, |row| Ok(Some(text.value(row).starts_with(prefix.value(row)))))
}

fn ends_with(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, suffix) = (call.text(0)?, call.text(1)?);
    boolean_rows(call, |row| Ok(Some(text.value(row).ends_with(suffix.value(row)))))
}

fn strpos(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (text, search) = (call.text(0)?, call.text(1)?);
    let instances = if call.args.len() > 2 { Some(call.bigint(2)?) } else { None };
    bigint_rows(call, |row| {
        let instance = instances.map_or(1, |instances| instances.value(row));
        position(text.value(row), search.value(row), instance).map(Some)
    })
}

/// The place (from 1, in code points) of the n-th occurrence, counted from the end when negative; 0 when there is none.
/// Occurrences may overlap.
fn position(text: &str, search: &str, instance: i64) -> Result<i64, TrinoError> {
    if instance == 0 {
        return Err(TrinoError::argument("'instance' must be a positive or negative number.".to_owned()));
    }
    if search.is_empty() {
        return Ok(1);
    }
    let (bytes, search) = (text.as_bytes(), search.as_bytes());
    let mut found = None;
    for _ in 0..instance.unsigned_abs() {
        found = match (instance > 0, found) {
            (true, None) => memmem::find(bytes, search),
            (true, Some(last)) => memmem::find(&bytes[last + 1..], search).map(|next| last + 1 + next),
            (false, None) => memmem::rfind(bytes, search),
            (false, Some(last)) => memmem::rfind(&bytes[..last + search.len() - 1], search),
        };
        if found.is_none() {
            return Ok(0);
        }
    }
    Ok(found.map_or(0, |position| count(&text[..position]) as i64 + 1))
}

fn luhn_check(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let text = call.text(0)?;
    boolean_rows(call, |row| {
        let digits = text.value(row);
        if digits.is_empty() {
            return Ok(Some(false));
        }
        let mut sum = 0;
        for (place, digit) in digits.bytes().rev().enumerate() {
            if !digit.is_ascii_digit() {
                return Err(TrinoError::argument(format!("Input is not a valid number: {digits}")));
            }
            let value = u32::from(digit - b'0') << (place % 2);
            sum = (sum + value / 10 + value % 10) % 10;
        }
        Ok(Some(sum == 0))
    })
}
