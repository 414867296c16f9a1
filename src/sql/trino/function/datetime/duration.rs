//! Durations for people: `human_readable_seconds`, `parse_duration`.

use arrow::array::ArrayRef;
use arrow::datatypes::DurationMillisecondType;

use super::super::column::{primitive_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "human_readable_seconds(double) -> varchar",
        human_readable_seconds,
        "human_readable_seconds(3762)",
        "1 hour, 2 minutes, 42 seconds",
    ),
    entry(
        "parse_duration(varchar) -> interval day to second",
        parse_duration,
        "parse_duration('3.81 d')",
        "3 19:26:24.000",
    ),
];

fn human_readable_seconds(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    use std::fmt::Write;
    const UNITS: [(&str, u64); 5] = [("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)];
    let seconds = call.double(0)?;
    text_rows(call, |row, out| {
        let value = seconds.value(row);
        if !value.is_finite() {
            return Err(TrinoError::argument(format!("Invalid argument found: {value}")));
        }
        let mut rest = value.abs().round() as u64;
        let start = out.len();
        for (unit, size) in UNITS {
            let count = rest / size;
            rest %= size;
            // Nothing at all is `0 seconds`.
            if count > 0 || (size == 1 && out.len() == start) {
                let comma = if out.len() > start { ", " } else { "" };
                // Writing to a text cannot fail.
                let _ = write!(out, "{comma}{count} {unit}{}", if count == 1 { "" } else { "s" });
            }
        }
        Ok(true)
    })
}

fn parse_duration(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    primitive_rows::<DurationMillisecondType>(call, |row| {
        let text = texts.value(row);
        match duration_millis(text) {
            Some(millis) => Ok(Some(millis)),
            None => Err(TrinoError::argument(format!("Invalid duration: {text}"))),
        }
    })
}

/// A number and a unit, rounded to milliseconds.
fn duration_millis(text: &str) -> Option<i64> {
    let text = text.trim();
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = (text[..unit_at].trim_end(), &text[unit_at..]);
    let millis = match unit {
        "ns" => 1e-6,
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 60e3,
        "h" => 3600e3,
        "d" => 86_400e3,
        _ => return None,
    };
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.ends_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = number.parse::<f64>().ok().filter(|_| is_number)? * millis;
    (value < 9.0e18).then_some(value.round() as i64)
}
