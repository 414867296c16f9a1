//! One JSON value and what each declared type makes of it.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Mapping Streaming Source Elements to SQL Input Columns", the table of coercions.

use std::borrow::Cow;

use super::cursor::{Cursor, Malformed, Text};
use super::datetime;
use crate::analytics::sql_type::SqlType;

/// A JSON value as far as columns care.
#[derive(Debug)]
pub(crate) enum Scalar<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number's own text.
    Number(&'a str),
    /// A string without quotes and escapes.
    Text(Cow<'a, str>),
    /// An array's or object's own text.
    Nested(&'a str),
}

/// Error text; its place is added by the caller.
type Coerced<T> = Result<T, String>;

impl<'a> Scalar<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: usize) -> Result<Self, Malformed> {
        let start = cursor.position();
        let not_utf8 = |_| Malformed::new(start, "a string is not UTF-8");
        Ok(match cursor.peek() {
            Some(b'"') => match cursor.text()? {
                Text::Plain(text) => Self::Text(Cow::Borrowed(std::str::from_utf8(text).map_err(not_utf8)?)),
                Text::Escaped(text) => Self::Text(Cow::Owned(text)),
            },
            Some(b'n') => cursor.name("null").map(|()| Self::Null)?,
            Some(b't') => cursor.name("true").map(|()| Self::Boolean(true))?,
            Some(b'f') => cursor.name("false").map(|()| Self::Boolean(false))?,
            Some(b'{' | b'[') => {
                cursor.skip_value(depth)?;
                Self::Nested(std::str::from_utf8(cursor.slice(start)).map_err(not_utf8)?)
            }
            _ => Self::Number(cursor.number()?),
        })
    }

    fn shown(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Boolean(value) => value.to_string(),
            Self::Number(text) | Self::Nested(text) => (*text).into(),
            Self::Text(text) => format!("\"{text}\""),
        }
    }

    fn refused<T>(&self, sql_type: SqlType) -> Coerced<T> {
        Err(format!("the value {} does not fit {sql_type}", self.shown()))
    }
}

/// An exact number `unscaled · 10^-scale` from decimal text with an optional exponent.
fn exact(text: &str) -> Option<(i128, i32)> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(place) => (&text[..place], text[place + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let (negative, whole) = match whole.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, whole.strip_prefix('+').unwrap_or(whole)),
    };
    if whole.is_empty() && fraction.is_empty()
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let mut unscaled = 0i128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    Some((if negative { -unscaled } else { unscaled }, scale))
}

/// The number brought to `scale`; `None` on overflow. Digits lost are rounded half away from zero, and told.
fn rescale(unscaled: i128, from: i32, to: i32) -> Option<(i128, bool)> {
    if from <= to {
        let factor = 10i128.checked_pow(u32::try_from(to - from).ok()?)?;
        return Some((unscaled.checked_mul(factor)?, false));
    }
    let Some(factor) = 10i128.checked_pow(u32::try_from(from - to).ok()?) else {
        return Some((0, unscaled != 0));
    };
    let (quotient, rest) = (unscaled / factor, unscaled % factor);
    let rounded = if rest.abs() * 2 >= factor { quotient + unscaled.signum() } else { quotient };
    Some((rounded, rest != 0))
}

pub(crate) fn integer<T: TryFrom<i128>>(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<T> {
    let text = match value {
        Scalar::Boolean(value) => return T::try_from(i128::from(*value)).map_err(|_| String::new()),
        Scalar::Number(text) => text,
        Scalar::Text(text) => text.trim(),
        Scalar::Null | Scalar::Nested(_) => return value.refused(sql_type),
    };
    match exact(text).and_then(|(unscaled, scale)| rescale(unscaled, scale, 0)) {
        Some((whole, false)) => T::try_from(whole).or_else(|_| value.refused(sql_type)),
        _ => value.refused(sql_type),
    }
}

pub(crate) fn decimal(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<i128> {
    let SqlType::Decimal(precision, scale) = sql_type else { return value.refused(sql_type) };
    let text = match value {
        Scalar::Boolean(true) => "1",
        Scalar::Boolean(false) => "0",
        Scalar::Number(text) => text,
        Scalar::Text(text) => text.trim(),
        Scalar::Null | Scalar::Nested(_) => return value.refused(sql_type),
    };
    match exact(text).and_then(|(unscaled, from)| rescale(unscaled, from, i32::from(scale))) {
        Some((unscaled, _)) if unscaled.abs() < 10i128.pow(u32::from(precision)) => Ok(unscaled),
        _ => value.refused(sql_type),
    }
}

pub(crate) fn double(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<f64> {
    let parsed = match value {
        Scalar::Boolean(value) => return Ok(f64::from(u8::from(*value))),
        Scalar::Number(text) => text.parse::<f64>().ok(),
        Scalar::Text(text) => exact_or_scientific(text.trim()),
        Scalar::Null | Scalar::Nested(_) => None,
    };
    parsed.filter(|number| number.is_finite()).map_or_else(|| value.refused(sql_type), Ok)
}

pub(crate) fn real(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "REAL keeps seven digits of the number; overflow is caught")]
    let narrow = double(value, sql_type)? as f32;
    if narrow.is_finite() { Ok(narrow) } else { value.refused(sql_type) }
}

/// A float's text, without the words `inf` and `nan` that Rust would take.
fn exact_or_scientific(text: &str) -> Option<f64> {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        .then(|| text.parse().ok())
        .flatten()
}

pub(crate) fn boolean(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<bool> {
    match value {
        Scalar::Boolean(value) => Ok(*value),
        Scalar::Number(text) => Ok(text.parse::<f64>().is_ok_and(|number| number != 0.0)),
        Scalar::Text(text) => Ok(text.eq_ignore_ascii_case("true")),
        Scalar::Null | Scalar::Nested(_) => value.refused(sql_type),
    }
}

/// The text of any value, cut to the declared length and, for CHAR, padded to it.
pub(crate) fn text(value: &Scalar<'_>, sql_type: SqlType) -> String {
    let whole: &str = match value {
        Scalar::Null => "",
        Scalar::Boolean(true) => "true",
        Scalar::Boolean(false) => "false",
        Scalar::Number(text) | Scalar::Nested(text) => text,
        Scalar::Text(text) => text,
    };
    match sql_type {
        SqlType::Char(length) => {
            let mut padded: String = whole.chars().take(length as usize).collect();
            let missing = (length as usize).saturating_sub(padded.chars().count());
            padded.extend(std::iter::repeat_n(' ', missing));
            padded
        }
        SqlType::Varchar(length) => whole.chars().take(length as usize).collect(),
        _ => whole.to_owned(),
    }
}

/// `text`, which is UTF-8, cut to `limit` characters.
#[inline]
pub(crate) fn cut(text: &[u8], limit: u32) -> &[u8] {
    if text.len() <= limit as usize { text } else { cut_characters(text, limit) }
}

#[cold]
fn cut_characters(text: &[u8], limit: u32) -> &[u8] {
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
    match starts.map(|(place, _)| place).nth(limit as usize) {
        Some(end) => &text[..end],
        None => text,
    }
}

pub(crate) fn binary(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<Vec<u8>> {
    let (SqlType::Binary(length) | SqlType::Varbinary(length)) = sql_type else { return value.refused(sql_type) };
    let mut bytes = match value {
        Scalar::Boolean(value) => vec![u8::from(*value)],
        Scalar::Text(text) => match hexadecimal(text) {
            Some(bytes) => bytes,
            None => return value.refused(sql_type),
        },
        Scalar::Null | Scalar::Number(_) | Scalar::Nested(_) => return value.refused(sql_type),
    };
    bytes.truncate(length as usize);
    if matches!(sql_type, SqlType::Binary(_)) {
        bytes.resize(length as usize, 0);
    }
    Ok(bytes)
}

/// The bytes of `X'3F67'`.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().strip_prefix(['X', 'x'])?.strip_prefix('\'')?.strip_suffix('\'')?;
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(&digits[place..place + 2], 16).ok()).collect()
}

fn instant(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<i64> {
    match value {
        Scalar::Text(text) => datetime::timestamp_millis(text.trim()).map_or_else(|| value.refused(sql_type), Ok),
        Scalar::Null | Scalar::Boolean(_) | Scalar::Number(_) | Scalar::Nested(_) => value.refused(sql_type),
    }
}

pub(crate) fn timestamp(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<i64> {
    instant(value, sql_type)
}

pub(crate) fn date(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<i32> {
    let days = instant(value, sql_type)?.div_euclid(datetime::MILLIS_PER_DAY);
    i32::try_from(days).or_else(|_| value.refused(sql_type))
}

pub(crate) fn time(value: &Scalar<'_>, sql_type: SqlType) -> Coerced<i32> {
    let millis = match value {
        Scalar::Text(text) => datetime::time_millis(text.trim()),
        Scalar::Null | Scalar::Boolean(_) | Scalar::Number(_) | Scalar::Nested(_) => None,
    };
    match millis {
        Some(millis) => Ok(millis),
        None => i32::try_from(instant(value, sql_type)?.rem_euclid(datetime::MILLIS_PER_DAY))
            .or_else(|_| value.refused(sql_type)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(text: &str) -> Scalar<'_> {
        Scalar::Text(Cow::Borrowed(text))
    }

    #[test]
    fn integers_take_exact_numbers_only() {
        let small = |value: &Scalar<'_>| integer::<i8>(value, SqlType::TinyInt);
        assert_eq!(small(&Scalar::Number("12.0")), Ok(12));
        assert_eq!(small(&Scalar::Number("1e2")), Ok(100));
        assert_eq!(small(&text_of(" -7 ")), Ok(-7));
        assert_eq!(small(&Scalar::Boolean(true)), Ok(1));
        assert!(small(&Scalar::Number("1.5")).is_err());
        assert!(small(&Scalar::Number("128")).is_err());
        assert!(small(&Scalar::Number("1e400")).is_err());
        assert!(small(&Scalar::Nested("[]")).is_err());
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(decimal(&Scalar::Number("1.5"), SqlType::Decimal(5, 2)), Ok(150));
        assert_eq!(decimal(&Scalar::Number("-0.005"), SqlType::Decimal(5, 2)), Ok(-1));
        assert!(decimal(&Scalar::Number("1000"), SqlType::Decimal(5, 2)).is_err());
    }

    #[test]
    fn text_is_cut_at_characters() {
        assert_eq!(cut("日本語".as_bytes(), 2), "日本".as_bytes());
        assert_eq!(cut(b"abc", 3), b"abc");
        assert_eq!(text(&text_of("ab"), SqlType::Char(4)), "ab  ");
    }

    #[test]
    fn binary_takes_a_literal_and_booleans() {
        assert_eq!(binary(&text_of("X'3F67'"), SqlType::Varbinary(4)), Ok(vec![0x3f, 0x67]));
        assert_eq!(binary(&Scalar::Boolean(true), SqlType::Binary(2)), Ok(vec![1, 0]));
        assert!(binary(&text_of("3F67"), SqlType::Varbinary(4)).is_err());
        assert!(binary(&text_of("X'é1'"), SqlType::Varbinary(4)).is_err());
    }

    #[test]
    fn floats_refuse_words() {
        assert!(double(&text_of("inf"), SqlType::Double).is_err());
        assert!(double(&text_of("NaN"), SqlType::Double).is_err());
        assert!(real(&Scalar::Number("1e300"), SqlType::Real).is_err());
        assert_eq!(double(&text_of("1.5e1"), SqlType::Double), Ok(15.0));
    }
}
