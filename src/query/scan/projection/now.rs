//! `NOW-3YEARS`: the present moment and offsets from it, in calendar units.

use chrono::{DateTime, Datelike as _, Months, TimeDelta, Utc};

use crate::time::Timestamp;

/// A unit of time, as `interval.unit` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Years,
    Months,
    Weeks,
    Days,
    Hours,
    Minutes,
    Seconds,
    Millis,
}

impl Unit {
    /// From its name, singular or plural, in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_uppercase();
        Some(match name.strip_suffix('S').unwrap_or(&name) {
            "YEAR" => Self::Years,
            "MONTH" => Self::Months,
            "WEEK" => Self::Weeks,
            "DAY" => Self::Days,
            "HOUR" => Self::Hours,
            "MINUTE" => Self::Minutes,
            "SECOND" => Self::Seconds,
            "MILLI" | "MILLISECOND" => Self::Millis,
            _ => return None,
        })
    }

    /// The unit of a format whose finest field is a day or a month.
    pub(super) fn of_format(format: &str) -> Option<Self> {
        let mut in_text = false;
        let letters: Vec<char> = format
            .chars()
            .filter(|c| {
                in_text ^= *c == '\'';
                !in_text && c.is_ascii_alphabetic()
            })
            .collect();
        let has = |symbols: &[char]| letters.iter().any(|letter| symbols.contains(letter));
        if has(&['H', 'h', 'K', 'k', 'm', 's', 'S', 'a', 'A', 'n', 'N']) {
            None
        } else if has(&['d', 'D', 'e', 'E']) {
            Some(Self::Days)
        } else if has(&['M', 'L']) {
            Some(Self::Months)
        } else {
            None
        }
    }

    /// `at` and `count` units.
    pub(super) fn add(self, at: Timestamp, count: i64) -> Timestamp {
        let months = |count: i64| {
            let at = at.to_utc()?;
            let months = Months::new(u32::try_from(count.unsigned_abs()).ok()?);
            let moved = if count < 0 { at.checked_sub_months(months) } else { at.checked_add_months(months) };
            moved.map(|moved: DateTime<Utc>| Timestamp(moved.timestamp_millis()))
        };
        match self {
            Self::Years => months(count.saturating_mul(12)).unwrap_or(at),
            Self::Months => months(count).unwrap_or(at),
            _ => at.plus_millis(self.millis().saturating_mul(count)),
        }
    }

    /// How many whole units from `from` to `to`.
    pub(super) fn steps_between(self, from: Timestamp, to: Timestamp) -> i64 {
        let months = || {
            let (from, to) = (from.to_utc()?, to.to_utc()?);
            let months = i64::from(to.year() - from.year()) * 12 + i64::from(to.month()) - i64::from(from.month());
            let back = TimeDelta::days(i64::from(to.day())) + (to.time() - chrono::NaiveTime::MIN)
                < TimeDelta::days(i64::from(from.day())) + (from.time() - chrono::NaiveTime::MIN);
            Some(months - i64::from(back))
        };
        match self {
            Self::Years => months().unwrap_or_default().div_euclid(12),
            Self::Months => months().unwrap_or_default(),
            _ => to.millis().saturating_sub(from.millis()).div_euclid(self.millis()),
        }
    }

    fn millis(self) -> i64 {
        match self {
            // Not asked for: calendar units are counted by the calendar.
            Self::Years | Self::Months => 1,
            Self::Weeks => 7 * 86_400_000,
            Self::Days => 86_400_000,
            Self::Hours => 3_600_000,
            Self::Minutes => 60_000,
            Self::Seconds => 1000,
            Self::Millis => 1,
        }
    }
}

/// `NOW([+-]n unit)?`: the offset; `None` for another text.
#[expect(clippy::option_option, reason = "outside: is it NOW; inside: is there an offset")]
pub(super) fn parse(text: &str) -> Option<Option<(i64, Unit)>> {
    let rest = text.get(..3).filter(|now| now.eq_ignore_ascii_case("now")).and_then(|_| text.get(3..))?;
    let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    if rest.is_empty() {
        return Some(None);
    }
    let (sign, rest) = match rest.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, rest.strip_prefix('+')?),
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = rest.split_at_checked(digits)?;
    Some(Some((sign * count.parse::<i64>().ok()?, Unit::parse(unit)?)))
}
