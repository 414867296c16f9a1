//! The type of one cell of delimited text.

use super::shape::Shape;
use crate::catalog::HiveType;

/// Whole numbers of more digits stay text: a reader might not hold them, and they are identifiers more often than amounts.
const MOST_DIGITS: usize = 18;

/// Ours: what reads back as it was written has a type; `007`, `+1`, and very long numbers stay text.
pub(super) fn plain_cell(text: &str) -> Shape {
    Shape::Scalar(match text.as_bytes().first() {
        None => return Shape::Null,
        Some(b'-' | b'0'..=b'9') => {
            if is_whole(text) {
                HiveType::BigInt
            } else if is_fraction(text) {
                HiveType::Double
            } else if is_date(text) {
                HiveType::Date
            } else if is_timestamp(text) {
                HiveType::Timestamp
            } else {
                HiveType::String
            }
        }
        Some(_) if is_boolean(text) => HiveType::Boolean,
        Some(_) => HiveType::String,
    })
}

/// Glue's: whatever parses is a number; dates stay text; timestamps have a space in the middle.
pub(super) fn glue_cell(text: &str) -> Shape {
    let is_number_like = || text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    Shape::Scalar(match text {
        "" => return Shape::Null,
        _ if text.parse::<i64>().is_ok() => HiveType::BigInt,
        _ if is_number_like() && text.parse::<f64>().is_ok() => HiveType::Double,
        _ if is_boolean(text) => HiveType::Boolean,
        _ if is_timestamp(text) => HiveType::Timestamp,
        _ => HiveType::String,
    })
}

/// Whether the text is how a program would write this whole number: no sign but `-`, no leading zero.
pub(super) fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=MOST_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'))
}

/// Whether the text is a number with a fraction or an exponent.
fn is_fraction(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (fraction.is_some() || exponent.is_some())
        && digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// `yyyy-MM-dd`, and a day that exists.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.as_bytes().get(4) == Some(&b'-')
        && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// `yyyy-MM-dd HH:mm:ss[.fffffffff]`.
fn is_timestamp(text: &str) -> bool {
    text.len() >= 19
        && text.as_bytes().get(10) == Some(&b' ')
        && chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(text: &str) -> String {
        plain_cell(text).to_hive().to_string()
    }

    #[test]
    fn what_reads_back_as_written_has_a_type() {
        for (text, of) in [
            ("0", "bigint"),
            ("-17", "bigint"),
            ("999999999999999999", "bigint"),
            ("1.50", "double"),
            ("-0.5e-7", "double"),
            ("true", "boolean"),
            ("FALSE", "boolean"),
            ("2019-08-21", "date"),
            ("2019-08-21 10:11:12", "timestamp"),
            ("2019-08-21 10:11:12.345", "timestamp"),
        ] {
            assert_eq!(ours(text), of, "{text}");
        }
    }

    #[test]
    fn what_would_lose_its_writing_stays_text() {
        for text in [
            "007",
            "+1",
            "1234567890123456789",
            "00.5",
            "1.",
            ".5",
            "1e",
            "--1",
            "-",
            "NaN",
            "2019-02-30",
            "2019-8-1",
            "21/08/2019",
            "1,5",
            " 1",
            "1 ",
            "0x10",
            "yes",
        ] {
            assert_eq!(ours(text), "string", "{text}");
        }
        assert_eq!(plain_cell(""), Shape::Null);
    }

    #[test]
    fn glue_reads_numbers_loosely_and_dates_not_at_all() {
        for (text, of) in [
            ("007", "bigint"),
            ("+1", "bigint"),
            ("99999999999999999999", "double"),
            (".5", "double"),
            ("2019-08-21", "string"),
            ("2019-08-21 10:11:12", "timestamp"),
            ("inf", "string"),
            ("e", "string"),
        ] {
            assert_eq!(glue_cell(text).to_hive().to_string(), of, "{text}");
        }
    }
}
