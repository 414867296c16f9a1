//! Text to everything else: blanks around it do not count, the rest must be exactly a value's text.

use arrow::array::{ArrayRef, BinaryBuilder};
use arrow::datatypes::{DataType, Date32Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType};
use std::sync::Arc;

use super::number::{Number, NumberCast};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::kernel::{Kernel, arguments};
use crate::analytics::expr::{ExprType, Message, RowFailures, Texts, Values};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::datetime::{parse_date, parse_time, parse_timestamp};

/// Text as a value of another kind.
#[derive(Clone, Debug)]
pub(crate) struct TextParse {
    pub(crate) to: ExprType,
}

impl Kernel for TextParse {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let texts = value.texts()?;
        let target = self.to.to_arrow();
        match &self.to {
            ExprType::Interval(qualifier) => {
                let parse = |row| {
                    let text: Option<&str> = texts.get(row);
                    text.map(|text| {
                        let value = qualifier.parse(text.trim()).map_err(Message::Owned)?;
                        let fits = qualifier.holds(value);
                        if fits { Ok(value) } else { Err(Message::Owned(format!("`{text}` does not fit {qualifier}"))) }
                    })
                    .transpose()
                };
                Ok(if qualifier.is_year_month() {
                    Values::collect_primitive::<Int32Type>(rows, &target, |row| {
                        Ok(parse(row)?.and_then(|months| i32::try_from(months).ok()))
                    })
                } else {
                    Values::collect_primitive::<Int64Type>(rows, &target, parse)
                })
            }
            ExprType::Sql(sql_type) => self.column(*sql_type, texts, rows, &target),
            ExprType::Null | ExprType::Row(_) => Err(Error::Internal(format!("text as {}", self.to))),
        }
    }
}

impl TextParse {
    fn column(&self, to: SqlType, texts: Texts<'_>, rows: usize, target: &DataType) -> Result<Values> {
        // The value of a trimmed text, or the failure that names it.
        fn parsed<T>(
            texts: Texts<'_>,
            row: usize,
            what: &str,
            parse: impl Fn(&str) -> Option<T>,
        ) -> Result<Option<T>, Message> {
            let Some(text) = texts.get(row) else { return Ok(None) };
            parse(text.trim()).map(Some).ok_or_else(|| Message::Owned(format!("`{text}` is not a {what}")))
        }
        Ok(match to {
            SqlType::Date => Values::collect_primitive::<Date32Type>(rows, target, |row| {
                parsed(texts, row, "DATE (yyyy-MM-dd)", parse_date)
            }),
            SqlType::Time => Values::collect_primitive::<Time32MillisecondType>(rows, target, |row| {
                parsed(texts, row, "TIME (HH:mm:ss[.fff])", parse_time)
            }),
            SqlType::Timestamp => Values::collect_primitive::<TimestampMillisecondType>(rows, target, |row| {
                parsed(texts, row, "TIMESTAMP (yyyy-MM-dd HH:mm:ss[.fff])", parse_timestamp)
            }),
            SqlType::Boolean => {
                Values::collect_boolean(rows, |row| parsed(texts, row, "BOOLEAN", parse_boolean).map(Option::flatten))
            }
            SqlType::Binary(length) | SqlType::Varbinary(length) => {
                let fixed = matches!(to, SqlType::Binary(_));
                binaries(texts, rows, length as usize, fixed)
            }
            _ => {
                let numbers = NumberCast { from: ExprType::Sql(to), to };
                numbers.collect(rows, target, |row| parsed(texts, row, "number", parse_number))?
            }
        })
    }
}

/// TRUE and FALSE in any case; UNKNOWN is NULL.
fn parse_boolean(text: &str) -> Option<Option<bool>> {
    if text.eq_ignore_ascii_case("true") {
        Some(Some(true))
    } else if text.eq_ignore_ascii_case("false") {
        Some(Some(false))
    } else if text.eq_ignore_ascii_case("unknown") {
        Some(None)
    } else {
        None
    }
}

/// A number literal with a sign.
fn parse_number(text: &str) -> Option<Number> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let mut value = 0_i128;
    let mut scale = None;
    let mut seen = 0;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                seen += 1;
                value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                scale = scale.map(|scale: i8| scale.saturating_add(1));
            }
            b'.' if scale.is_none() => scale = Some(0),
            b'e' | b'E' if seen > 0 => {
                let plain = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
                let float: f64 = if plain { digits.parse().ok()? } else { return None };
                return Some(Number::Float(f64::from(sign) * float));
            }
            _ => return None,
        }
        if seen > 37 {
            return digits.parse().ok().map(|float: f64| Number::Float(f64::from(sign) * float));
        }
    }
    (seen > 0).then(|| Number::Exact(i128::from(sign) * value, scale.unwrap_or(0)))
}

/// Bytes from hexadecimal digits, with or without `X'…'` around them.
fn binaries(texts: Texts<'_>, rows: usize, length: usize, fixed: bool) -> Values {
    let mut builder = BinaryBuilder::new();
    let mut failed = RowFailures::default();
    for row in 0..rows {
        let Some(text) = texts.get(row) else {
            builder.append_null();
            continue;
        };
        match parse_hexadecimal(text.trim()).filter(|bytes| bytes.len() <= length) {
            Some(mut bytes) => {
                if fixed {
                    bytes.resize(length, 0);
                }
                builder.append_value(bytes);
            }
            None => {
                failed.push(row, Message::Owned(format!("`{text}` is not a binary value of {length} bytes")));
                builder.append_null();
            }
        }
    }
    let array: ArrayRef = Arc::new(builder.finish());
    Values::rows(array).with_failures(failed.some())
}

fn parse_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let quoted = text.strip_prefix(['X', 'x']).and_then(|rest| rest.strip_prefix('\'')?.strip_suffix('\''));
    let digits = quoted.unwrap_or(text);
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|start| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_and_whole() {
        let digits = |text: &str| match parse_number(text) {
            Some(Number::Exact(digits, scale)) => Some((digits, scale)),
            _ => None,
        };
        assert_eq!(digits("-12.50"), Some((-1250, 2)));
        assert_eq!(digits("+7"), Some((7, 0)));
        assert_eq!(digits(".5"), Some((5, 1)));
        assert!(matches!(parse_number("1e2"), Some(Number::Float(value)) if value == 100.0));
        for wrong in ["", "-", ".", "1.2.3", "1x", "e5", "1e", "--1", "inf", "1_000"] {
            assert!(parse_number(wrong).is_none(), "{wrong}");
        }
    }
}
