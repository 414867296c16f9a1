//! Numbers as texts in other bases, and as texts for people.

use arrow::array::ArrayRef;

use super::super::column::{bigint_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("format_number(bigint) -> varchar", format_bigint, "format_number(123456)", "123K"),
    entry("format_number(double) -> varchar", format_double, "format_number(1234567.5e0)", "1.23M"),
    entry("from_base(varchar, bigint) -> bigint", from_base, "from_base('ff', 16)", "255"),
    entry("parse_data_size(varchar) -> decimal(38,0)", parse_data_size, "parse_data_size('2.3MB')", "2411724"),
    entry("to_base(bigint, bigint) -> varchar", to_base, "to_base(5, 2)", "101"),
];

fn radix(radix: i64) -> Result<u32, TrinoError> {
    match u32::try_from(radix) {
        Ok(radix @ 2..=36) => Ok(radix),
        _ => Err(TrinoError::argument("Radix must be between 2 and 36")),
    }
}

fn from_base(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, bases) = (call.text(0)?, call.bigint(1)?);
    bigint_rows(call, |row| {
        let (text, base) = (texts.value(row), radix(bases.value(row))?);
        i64::from_str_radix(text, base)
            .map(Some)
            .map_err(|_| TrinoError::argument(format!("Not a valid base-{base} number: {text}")))
    })
}

fn to_base(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (numbers, bases) = (call.bigint(0)?, call.bigint(1)?);
    text_rows(call, |row, out| {
        let base = u64::from(radix(bases.value(row))?);
        let number = numbers.value(row);
        let (mut rest, mut digits, mut length) = (number.unsigned_abs(), [0u8; 64], 0);
        while rest > 0 || length == 0 {
            digits[length] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % base) as usize];
            rest /= base;
            length += 1;
        }
        if number < 0 {
            out.push('-');
        }
        out.extend(digits[..length].iter().rev().map(|digit| char::from(*digit)));
        Ok(true)
    })
}

fn format_bigint(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let numbers = call.bigint(0)?;
    text_rows(call, |row, out| {
        write_short(numbers.value(row) as f64, out);
        Ok(true)
    })
}

fn format_double(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let numbers = call.double(0)?;
    text_rows(call, |row, out| {
        write_short(numbers.value(row), out);
        Ok(true)
    })
}

/// Three significant digits and a unit: `1.23M`.
fn write_short(number: f64, out: &mut String) {
    use std::fmt::Write;
    const UNITS: [&str; 6] = ["", "K", "M", "B", "T", "Q"];
    let (mut rest, mut unit) = (number.abs(), 0);
    while rest >= 1000.0 && unit + 1 < UNITS.len() {
        rest /= 1000.0;
        unit += 1;
    }
    let digits = if rest < 10.0 { 2 } else { usize::from(rest < 100.0) };
    let factor = 10f64.powi(digits as i32);
    let rounded = (rest * factor).round() / factor;
    if number < 0.0 {
        out.push('-');
    }
    // Writing to a text cannot fail; fraction zeros are not shown, which is how doubles print.
    let _ = write!(out, "{rounded}{}", UNITS[unit]);
}

/// Bytes from a number and a unit of powers of 1024.
fn parse_data_size(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    super::super::column::primitive_rows::<arrow::datatypes::Decimal128Type>(call, |row| {
        let text = texts.value(row);
        let bytes = data_size(text).ok_or_else(|| TrinoError::argument(format!("Invalid data size: '{text}'")))?;
        if bytes >= 10i128.pow(38) {
            return Err(TrinoError::range(format!("Value out of range: '{text}' ('{bytes}B')")));
        }
        Ok(Some(bytes))
    })
}

fn data_size(text: &str) -> Option<i128> {
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let power = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"].iter().position(|known| *known == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let is_number = !whole.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) && !number.ends_with('.');
    if !is_number {
        return None;
    }
    let unscaled: i128 = digits.parse().ok()?;
    let scaled = unscaled.checked_mul(1i128 << (10 * power))?;
    Some(scaled / 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)
}
