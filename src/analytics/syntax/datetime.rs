//! The text of dates, times and timestamps, both ways: `2004-09-30`, `13:48:23`, `2004-09-30 13:48:23.337`.
//!
//! Literals and casts share the rule: all parts must be there and nothing else, single digits are fine, the fraction
//! of a second may be missing and is cut to milliseconds.

use chrono::{Datelike as _, NaiveDate};

const DAY: i64 = 86_400_000;

/// Days since 1970-01-01.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let year = field(parts.next()?, 4)?;
    let month = field(parts.next()?, 2)?;
    let day = field(parts.next()?, 2)?;
    if parts.next().is_some() {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    days(date)
}

/// Milliseconds since midnight.
pub(crate) fn parse_time(text: &str) -> Option<i32> {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let hour = field(parts.next()?, 2)?;
    let minute = field(parts.next()?, 2)?;
    let second = field(parts.next()?, 2)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let millis = match fraction {
        None => 0,
        Some(digits) => {
            if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            digits.bytes().chain(*b"00").take(3).fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
        }
    };
    i32::try_from(((hour * 60 + minute) * 60 + second) * 1000 + millis).ok()
}

/// Milliseconds since 1970-01-01 00:00:00.
pub(crate) fn parse_timestamp(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(' ')?;
    Some(i64::from(parse_date(date)?) * DAY + i64::from(parse_time(time)?))
}

fn field(text: &str, most: usize) -> Option<u32> {
    let digits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Days since 1970-01-01 of a calendar day.
pub(crate) fn days(date: NaiveDate) -> Option<i32> {
    date.num_days_from_ce().checked_sub(719_163)
}

/// The calendar day so many days after 1970-01-01.
pub(crate) fn date(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(719_163)?)
}

/// Appends a date.
pub(crate) fn write_date(out: &mut String, days: i32) {
    let Some(date) = date(days) else { return };
    let year = date.year();
    if year < 0 {
        out.push('-');
    }
    let year = year.unsigned_abs();
    if year > 9_999 {
        out.push_str(&(year / 10_000).to_string());
    }
    digits(out, year / 100 % 100);
    digits(out, year % 100);
    out.push('-');
    digits(out, date.month());
    out.push('-');
    digits(out, date.day());
}

/// Appends a time; the fraction only when it is not 0.
pub(crate) fn write_time(out: &mut String, millis: i32) {
    let millis = millis.unsigned_abs();
    digits(out, millis / 3_600_000);
    out.push(':');
    digits(out, millis / 60_000 % 60);
    out.push(':');
    digits(out, millis / 1_000 % 60);
    let fraction = millis % 1_000;
    if fraction != 0 {
        out.push('.');
        out.push(char::from(b'0' + u8::try_from(fraction / 100).unwrap_or_default()));
        digits(out, fraction % 100);
    }
}

/// Appends a timestamp; the fraction only when it is not 0.
pub(crate) fn write_timestamp(out: &mut String, millis: i64) {
    write_date(out, i32::try_from(millis.div_euclid(DAY)).unwrap_or_default());
    out.push(' ');
    write_time(out, i32::try_from(millis.rem_euclid(DAY)).unwrap_or_default());
}

/// Two digits.
fn digits(out: &mut String, value: u32) {
    let digit = |value: u32| char::from(b'0' + u8::try_from(value % 10).unwrap_or_default());
    out.push(digit(value / 10));
    out.push(digit(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_needed_and_single_digits_are_fine() {
        assert_eq!(parse_date("1970-1-2"), Some(1));
        assert_eq!(parse_time("1:03:34.5"), Some(3_814_500));
        assert_eq!(parse_timestamp("1970-01-01 00:00:01.0019"), Some(1_001));
        for wrong in ["2007-02", "2007-02-30", " 2007-02-01", "2007-02-01 ", "2007-02-01-01", "x-1-1", ""] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
        for wrong in ["21:23", "24:00:00", "1:2:3.", "1:2:3:4", "21:23:45 "] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
        assert_eq!(parse_timestamp("2007-02-19"), None);
    }

    #[test]
    fn the_fraction_is_written_only_when_it_is_not_zero() {
        let mut out = String::new();
        write_timestamp(&mut out, -1);
        out.push('|');
        write_timestamp(&mut out, 1_096_551_503_000);
        out.push('|');
        write_date(&mut out, parse_date("16-1-1").unwrap());
        assert_eq!(out, "1969-12-31 23:59:59.999|2004-09-30 13:38:23|0016-01-01");
    }
}
