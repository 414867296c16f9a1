//! What has been seen of one column of a sample, and the type that follows.
//!
//! Integers take the smallest type that holds what was seen, text the next power of four of its longest value. The
//! proposal is meant to be read and widened before use, as on the service: a later value that does not fit is an error row.

use crate::analytics::sql_type::SqlType;

/// Decimals of at most so many digits keep their digits; longer ones become DOUBLE.
const LONGEST_DECIMAL: usize = 18;
/// More digits than this after the point make a number a DOUBLE.
const LONGEST_FRACTION: usize = 6;
/// The longest text of a column.
const LONGEST_TEXT: usize = 65_535;

/// The values of one column.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    integers: Option<(i64, i64)>,
    /// Most digits before and after the point.
    decimals: Option<(usize, usize)>,
    double: bool,
    boolean: bool,
    /// Characters of the longest text, whatever the value's kind.
    longest: usize,
    text: bool,
}

impl Seen {
    pub(super) fn learn_boolean(&mut self, text: &str) {
        self.boolean = true;
        self.learn_length(text);
    }

    pub(super) fn learn_text(&mut self, text: &str) {
        self.text = true;
        self.learn_length(text);
    }

    /// A number of JSON's grammar.
    pub(super) fn learn_number(&mut self, text: &str) {
        self.learn_length(text);
        if let Ok(integer) = text.parse::<i64>() {
            let (low, high) = self.integers.unwrap_or((integer, integer));
            self.integers = Some((low.min(integer), high.max(integer)));
            return;
        }
        let digits = text.trim_start_matches('-');
        match digits.split_once('.') {
            Some((whole, fraction))
                if fraction.len() <= LONGEST_FRACTION
                    && digits.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) =>
            {
                let (most_whole, most_fraction) = self.decimals.unwrap_or((0, 0));
                self.decimals = Some((most_whole.max(whole.len()), most_fraction.max(fraction.len())));
            }
            _ => self.double = true,
        }
    }

    fn learn_length(&mut self, text: &str) {
        self.longest = self.longest.max(text.chars().count());
    }

    /// The type that holds all of it; integers of at least the type `least`.
    pub(super) fn sql_type(&self, least: SqlType) -> SqlType {
        let numeric = self.integers.is_some() || self.decimals.is_some() || self.double;
        if self.text || (self.boolean && numeric) || !(self.boolean || numeric) {
            return SqlType::Varchar(varchar_length(self.longest));
        }
        if self.boolean {
            return SqlType::Boolean;
        }
        if self.double {
            return SqlType::Double;
        }
        match (self.decimals, self.integers) {
            (None, Some((low, high))) => integer_type(low, high, least),
            (Some((whole, fraction)), integers) => {
                let integer_digits =
                    integers.map_or(0, |(low, high)| low.unsigned_abs().max(high.unsigned_abs()).to_string().len());
                let precision = whole.max(integer_digits) + fraction;
                match (u8::try_from(precision), i8::try_from(fraction)) {
                    (Ok(precision), Ok(scale)) if usize::from(precision) <= LONGEST_DECIMAL => {
                        SqlType::Decimal(precision, scale)
                    }
                    _ => SqlType::Double,
                }
            }
            (None, None) => SqlType::Double,
        }
    }
}

fn integer_type(low: i64, high: i64, least: SqlType) -> SqlType {
    let fits = |lowest: i64, highest: i64| low >= lowest && high <= highest;
    if least == SqlType::TinyInt && fits(i8::MIN.into(), i8::MAX.into()) {
        SqlType::TinyInt
    } else if least == SqlType::TinyInt && fits(i16::MIN.into(), i16::MAX.into()) {
        SqlType::SmallInt
    } else if fits(i32::MIN.into(), i32::MAX.into()) {
        SqlType::Integer
    } else {
        SqlType::BigInt
    }
}

/// The next power of four, from 4 on.
fn varchar_length(longest: usize) -> u32 {
    let mut length = 4;
    while length < longest && length < LONGEST_TEXT {
        length *= 4;
    }
    u32::try_from(length.min(LONGEST_TEXT)).unwrap_or(65_535)
}
