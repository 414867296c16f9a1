//! Numbers of SQL/JSON paths: whole and decimal ones exact, those with an exponent double.

use std::cmp::Ordering;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// `unscaled / 10^scale`
    Exact(i128, u8),
    Double(f64),
}

/// Most fraction digits that are kept exactly.
const MOST_DIGITS: u8 = 18;

impl Number {
    /// The number that a text is.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !text.contains(['e', 'E']) {
            let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            if let Some(scale) = u8::try_from(scale).ok().filter(|scale| *scale <= MOST_DIGITS)
                && let Some(unscaled) = parse_decimal(text, scale)
            {
                return Some(Self::Exact(unscaled, scale));
            }
        }
        text.parse().ok().map(Self::Double)
    }

    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Exact(unscaled, scale) => unscaled as f64 / 10f64.powi(i32::from(scale)),
            Self::Double(value) => value,
        }
    }

    /// As JSON writes it.
    pub(super) fn text(self) -> String {
        let mut text = String::new();
        match self {
            Self::Exact(unscaled, scale) => {
                super::super::print::print_decimal(unscaled, scale.cast_signed(), &mut text);
            }
            Self::Double(value) => super::super::print::print_double(value, &mut text),
        }
        text
    }

    /// Both with the same scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u8)> {
        let (Self::Exact(left, left_scale), Self::Exact(right, right_scale)) = (self, other) else { return None };
        let scale = left_scale.max(right_scale);
        let raise = |value: i128, from: u8| value.checked_mul(10i128.checked_pow(u32::from(scale - from))?);
        Some((raise(left, left_scale)?, raise(right, right_scale)?, scale))
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match self.aligned(other) {
            Some((left, right, _)) => Some(left.cmp(&right)),
            None => self.to_f64().partial_cmp(&other.to_f64()),
        }
    }

    /// `None` for a division by zero or an overflow.
    pub(super) fn calculate(self, operator: char, other: Self) -> Option<Self> {
        if let Some((left, right, scale)) = self.aligned(other) {
            return match operator {
                '+' => left.checked_add(right).map(|sum| Self::Exact(sum, scale)),
                '-' => left.checked_sub(right).map(|difference| Self::Exact(difference, scale)),
                '%' => left.checked_rem(right).map(|rest| Self::Exact(rest, scale)),
                // Whole numbers divide to a whole one.
                '/' if scale == 0 => left.checked_div(right).map(|quotient| Self::Exact(quotient, 0)),
                '/' if right == 0 => None,
                '/' => Some(Self::Double(left as f64 / right as f64)),
                _ => match (self, other) {
                    (Self::Exact(left, left_scale), Self::Exact(right, right_scale))
                        if left_scale + right_scale <= 2 * MOST_DIGITS =>
                    {
                        left.checked_mul(right).map(|product| Self::Exact(product, left_scale + right_scale))
                    }
                    _ => None,
                },
            };
        }
        let (left, right) = (self.to_f64(), other.to_f64());
        Some(Self::Double(match operator {
            '+' => left + right,
            '-' => left - right,
            '*' => left * right,
            '/' => left / right,
            _ => left % right,
        }))
    }

    /// Away from or towards negative infinity.
    pub(super) fn rounded(self, up: bool) -> Self {
        match self {
            Self::Exact(unscaled, scale) => {
                let unit = 10i128.pow(u32::from(scale));
                Self::Exact(if up { -(-unscaled).div_euclid(unit) } else { unscaled.div_euclid(unit) }, 0)
            }
            Self::Double(value) => Self::Double(if up { value.ceil() } else { value.floor() }),
        }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::Exact(unscaled, scale) => Self::Exact(-unscaled, scale),
            Self::Double(value) => Self::Double(-value),
        }
    }

    pub(super) fn abs(self) -> Self {
        match self {
            Self::Exact(unscaled, scale) => Self::Exact(unscaled.abs(), scale),
            Self::Double(value) => Self::Double(value.abs()),
        }
    }

    /// As a place in an array.
    pub(super) fn to_place(self) -> Option<i64> {
        match self {
            Self::Exact(unscaled, scale) => i64::try_from(unscaled / 10i128.pow(u32::from(scale))).ok(),
            Self::Double(value) if value.is_finite() && value.abs() < 9e18 => Some(value as i64),
            Self::Double(_) => None,
        }
    }
}

/// A decimal text, which may have an exponent, as an unscaled number, rounded half up.
pub(super) fn parse_decimal(text: &str, scale: u8) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.as_bytes().first()? {
        b'-' => (-1, &mantissa[1..]),
        b'+' => (1, &mantissa[1..]),
        _ => (1, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let unscaled: i128 = all
        .trim_start_matches('0')
        .parse()
        .or_else(|error| if all.trim_start_matches('0').is_empty() { Ok(0) } else { Err(error) })
        .ok()?;
    let shift = i32::from(scale) + exponent - i32::try_from(fraction.len()).ok()?;
    let shifted = if shift >= 0 {
        unscaled.checked_mul(10i128.checked_pow(shift.unsigned_abs())?)?
    } else {
        match 10i128.checked_pow(shift.unsigned_abs()) {
            Some(unit) => unscaled / unit + i128::from(unscaled % unit >= unit - unit / 2),
            None => 0,
        }
    };
    Some(sign * shifted)
}
