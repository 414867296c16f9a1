//! Time zones by the names that Trino knows: regions of the tz database, `UTC` and its synonyms, fixed offsets.

use std::cell::RefCell;

use chrono::{MappedLocalTime, Offset, TimeZone};
use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

use super::super::TrinoError;
use super::calendar::{Local, NANOS_OF_SECOND};

/// Farthest offset from UTC in minutes.
const FARTHEST: i64 = 14 * 60;

/// A zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Zone {
    /// A fixed offset in seconds.
    Fixed(i32),
    /// A region.
    Region(Tz),
}

impl Zone {
    /// The zone of a name, in any case.
    pub(in super::super) fn parse(name: &str) -> Option<Self> {
        let is_utc =
            ["utc", "z", "ut", "uct", "gmt", "gmt0", "greenwich", "universal", "zulu", "etc/utc", "etc/uct", "etc/gmt"];
        let lower = name.to_ascii_lowercase();
        if is_utc.contains(&lower.as_str()) {
            return Some(Self::Fixed(0));
        }
        let offset = ["utc", "gmt", "ut"].iter().find_map(|prefix| lower.strip_prefix(prefix)).unwrap_or(&lower);
        if offset.starts_with(['+', '-']) {
            return parse_offset(offset).map(Self::Fixed);
        }
        let region = name.parse().ok();
        let region = region.or_else(|| TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)).copied());
        region.map(Self::Region)
    }

    /// The zone of a name, or Trino's error.
    pub(in super::super) fn named(name: &str) -> Result<Self, TrinoError> {
        Self::parse(name).ok_or_else(|| TrinoError::argument(format!("'{name}' is not a valid time zone")))
    }

    /// As Trino writes it: `UTC`, `+05:30`, `America/Los_Angeles`.
    pub(in super::super) fn name(self) -> String {
        match self {
            Self::Fixed(0) => "UTC".to_owned(),
            Self::Fixed(seconds) => offset_text(seconds, ":"),
            Self::Region(zone) => zone.name().to_owned(),
        }
    }

    /// Seconds to add to UTC at an instant.
    pub(in super::super) fn offset_at(self, utc: Local) -> i32 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::Region(zone) => match naive(utc) {
                Some(utc) => zone.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
                None => 0,
            },
        }
    }

    /// The short name of the zone at an instant, as `PST`.
    pub(super) fn abbreviation(self, utc: Local) -> String {
        match self {
            Self::Region(zone) => match naive(utc) {
                Some(utc) => zone.offset_from_utc_datetime(&utc).abbreviation().unwrap_or(zone.name()).to_owned(),
                None => zone.name().to_owned(),
            },
            fixed @ Self::Fixed(_) => fixed.name(),
        }
    }

    /// Wall clock to instant. A reading that occurs twice is the earlier one, one that is skipped moves by the gap.
    pub(in super::super) fn to_utc(self, local: Local) -> Local {
        let minus = |seconds: i32| local.plus_nanos(-i128::from(seconds) * i128::from(NANOS_OF_SECOND));
        match self {
            Self::Fixed(seconds) => minus(seconds),
            Self::Region(zone) => {
                let Some(reading) = naive(local) else { return local };
                match zone.offset_from_local_datetime(&reading) {
                    MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                        minus(offset.fix().local_minus_utc())
                    }
                    // In a gap the offset before it holds.
                    MappedLocalTime::None => {
                        minus(self.offset_at(local.plus_nanos(-i128::from(NANOS_OF_SECOND) * 86_400)))
                    }
                }
            }
        }
    }

    /// Instant to wall clock.
    pub(in super::super) fn to_local(self, utc: Local) -> Local {
        utc.plus_nanos(i128::from(self.offset_at(utc)) * i128::from(NANOS_OF_SECOND))
    }
}

/// `local` for the tz database, when it reaches that far.
fn naive(local: Local) -> Option<chrono::NaiveDateTime> {
    let seconds = local.days.checked_mul(86_400)?.checked_add(local.nanos / NANOS_OF_SECOND)?;
    chrono::DateTime::from_timestamp(seconds, 0).map(|moment| moment.naive_utc())
}

/// Seconds of `+05`, `+0530`, `+05:30`.
pub(super) fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match (digits.len(), digits.split_once(':')) {
        (_, Some((hours, minutes))) if minutes.len() == 2 && !hours.is_empty() && hours.len() <= 2 => (hours, minutes),
        (4, None) if digits.is_ascii() => digits.split_at(2),
        (1 | 2, None) => (digits, "0"),
        _ => return None,
    };
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let total = number(hours)? * 60 + number(minutes).filter(|minutes| *minutes < 60)?;
    (total <= FARTHEST).then_some(sign * total as i32 * 60)
}

/// `+05:30` with the separator given.
pub(super) fn offset_text(seconds: i32, separator: &str) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
}

/// Zones by name for the rows of a column, most of which are the same as the row before.
#[derive(Debug, Default)]
pub(in super::super) struct Zones(RefCell<Option<(String, Zone)>>);

impl Zones {
    pub(in super::super) fn get(&self, name: &str) -> Result<Zone, TrinoError> {
        let mut last = self.0.borrow_mut();
        match last.as_ref() {
            Some((known, zone)) if known == name => Ok(*zone),
            _ => {
                let zone = Zone::named(name)?;
                *last = Some((name.to_owned(), zone));
                Ok(zone)
            }
        }
    }
}
