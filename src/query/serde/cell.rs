//! Single values from their text. `None` is a text that does not hold a value of the type; the SerDes decide what then.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Days from 0001-01-01 to 1970-01-01, as chrono counts.
const EPOCH_DAYS: i32 = 719_163;

/// A whole number: an optional sign and digits.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    // Negative all along: the smallest number has no positive twin.
    let mut value = 0_i64;
    for byte in digits {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_sub(digit)?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A floating-point number as Java reads it.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let first = *text.as_bytes().first()?;
    if first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.') {
        let body = text.strip_prefix(['-', '+']).unwrap_or(text);
        return match body {
            "Infinity" => Some(if first == b'-' { f64::NEG_INFINITY } else { f64::INFINITY }),
            "NaN" => Some(f64::NAN),
            // Rust takes `inf` and `nan` in any case, Java does not.
            body if body.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) => None,
            _ => text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text).parse().ok(),
        };
    }
    match text {
        "Infinity" => Some(f64::INFINITY),
        "NaN" => Some(f64::NAN),
        _ => None,
    }
}

/// `true` or `false` in any case.
pub(super) fn boolean(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if text.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// The unscaled value of a decimal, rounded half up to `scale`; `None` when it needs more than `precision` digits.
pub(super) fn decimal(text: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix('+').unwrap_or(exponent).parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, body) = match mantissa.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // How many of the digits stand in front of the last kept one.
    let kept = i64::try_from(whole.len()).ok()? + i64::from(exponent) + i64::from(scale);
    let limit = 10_i128.checked_pow(u32::from(precision))?;
    let mut value = 0_i128;
    let mut rounds_up = false;
    let total = i64::try_from(whole.len() + fraction.len()).ok()?;
    for (place, digit) in digits().enumerate() {
        let digit = i128::from(digit - b'0');
        match i64::try_from(place).ok()? {
            place if place < kept => value = value.checked_mul(10)?.checked_add(digit)?,
            place if place == kept => rounds_up = digit >= 5,
            _ => break,
        }
    }
    for _ in total..kept {
        if value == 0 {
            break;
        }
        value = value.checked_mul(10)?;
    }
    value += i128::from(rounds_up);
    (value < limit).then_some(if negative { -value } else { value })
}

/// Days since 1970 of `yyyy-MM-dd`; what follows a blank is left out, as Hive does.
pub(super) fn date(text: &[u8]) -> Option<i32> {
    let text = match memchr::memchr(b' ', text) {
        Some(blank) if blank > 0 => text.get(..blank)?,
        _ => text,
    };
    calendar_day(text).map(days)
}

pub(super) fn days(date: NaiveDate) -> i32 {
    chrono::Datelike::num_days_from_ce(&date) - EPOCH_DAYS
}

/// `yyyy-MM-dd`, where month and day may have one digit.
fn calendar_day(text: &[u8]) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, |byte| *byte == b'-');
    let mut part = |least: usize, most: usize| {
        let digits = parts.next().filter(|digits| (least..=most).contains(&digits.len()))?;
        digits.iter().all(u8::is_ascii_digit).then(|| integer(digits)).flatten()
    };
    let (year, month, day) = (part(4, 4)?, part(1, 2)?, part(1, 2)?);
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// Microseconds since 1970 of `yyyy-MM-dd HH:mm:ss[.f…]`, rounded to milliseconds.
pub(super) fn timestamp(text: &[u8]) -> Option<i64> {
    let (day, time) = text.split_at_checked(memchr::memchr(b' ', text)?)?;
    let day = calendar_day(day)?;
    let time = time.get(1..)?;
    let (clock, fraction) = match memchr::memchr(b'.', time) {
        Some(point) => (time.get(..point)?, time.get(point + 1..)?),
        None => (time, [].as_slice()),
    };
    let mut parts = clock.splitn(3, |byte| *byte == b':');
    let mut part = |most: i64| {
        let digits = parts.next().filter(|digits| matches!(digits.len(), 1 | 2))?;
        let value = digits.iter().all(u8::is_ascii_digit).then(|| integer(digits)).flatten()?;
        (value <= most).then_some(value)
    };
    let seconds = part(23)? * 3600 + part(59)? * 60 + part(59)?;
    if fraction.len() > 9 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nanos = fraction.iter().fold(0_i64, |value, byte| value * 10 + i64::from(byte - b'0'))
        * 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?);
    let millis = (i64::from(days(day)) * 86_400 + seconds) * 1000 + (nanos + 500_000).div_euclid(1_000_000);
    Some(millis * 1000)
}

/// Like [`timestamp`], and the ISO forms with `T` and with a zone, as UTC.
pub(super) fn iso_timestamp(text: &[u8]) -> Option<i64> {
    if let Some(plain) = timestamp(text) {
        return Some(plain);
    }
    let text = std::str::from_utf8(text).ok()?;
    let parsed = DateTime::parse_from_rfc3339(text).map(|zoned| zoned.naive_utc());
    let parsed = parsed.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")).ok();
    let parsed = parsed.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    Some(rounded(parsed.and_utc().timestamp_micros()))
}

/// Microseconds rounded to milliseconds: `timestamp(3)`, the type of tables.
pub(super) fn rounded(micros: i64) -> i64 {
    micros.saturating_add(500).div_euclid(1000).saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_blanks_and_no_overflow() {
        for (text, value) in [
            ("0", Some(0)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("", None),
            ("-", None),
            (" 1", None),
            ("1.0", None),
        ] {
            assert_eq!(integer(text.as_bytes()), value, "{text}");
        }
        assert_eq!(float(b"-1.5e3"), Some(-1500.0));
        assert_eq!(float(b"Infinity"), Some(f64::INFINITY));
        assert_eq!(float(b"inf"), None);
        assert_eq!(float(b""), None);
    }

    #[test]
    fn decimals_are_rounded_half_up_to_their_scale() {
        for (text, value) in [
            ("1.25", Some(13)),
            ("-1.25", Some(-13)),
            ("1.24999", Some(12)),
            ("12", Some(120)),
            ("0.05", Some(1)),
            ("1e2", Some(1000)),
            ("12.5e-1", Some(13)),
            ("1000", None),
            ("99.95", None),
            (".5", Some(5)),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(
                decimal(text.as_bytes(), 3, 1).filter(|v| v.abs() < 1000),
                value.filter(|v: &i128| v.abs() < 1000),
                "{text}"
            );
        }
    }

    #[test]
    fn dates_and_times_have_hives_form() {
        assert_eq!(date(b"1970-01-02"), Some(1));
        assert_eq!(date(b"1970-1-2 10:00:00"), Some(1));
        assert_eq!(date(b"2019-02-30"), None);
        assert_eq!(timestamp(b"1970-01-01 00:00:01.0005"), Some(1_001_000));
        assert_eq!(timestamp(b"1970-01-01 00:00:01"), Some(1_000_000));
        assert_eq!(timestamp(b"1969-12-31 23:59:59.999"), Some(-1_000));
        for text in ["1970-01-01T00:00:01", "1970-01-01", "1970-01-01 24:00:00", ""] {
            assert_eq!(timestamp(text.as_bytes()), None, "{text}");
        }
        assert_eq!(iso_timestamp(b"1970-01-01T01:00:01+01:00"), Some(1_000_000));
    }
}
