//! Time zones in text: names, abbreviations, offsets.

use std::str::FromStr as _;

use chrono::{NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;

/// What stands for a zone in a text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Zone {
    /// Milliseconds ahead of UTC.
    Ahead(i64),
    /// An identifier: how far ahead depends on the day.
    Named(Tz),
}

impl Zone {
    /// The milliseconds since the epoch of a local time in milliseconds.
    ///
    /// A time that comes twice when clocks go back is the second one, in standard time; one that they skip is `None`.
    pub(super) fn instant(self, local: i64) -> Option<i64> {
        match self {
            Self::Ahead(millis) => local.checked_sub(millis),
            Self::Named(zone) => {
                let wall: NaiveDateTime = chrono::DateTime::from_timestamp_millis(local)?.naive_utc();
                Some(zone.from_local_datetime(&wall).latest()?.timestamp_millis())
            }
        }
    }
}

/// Abbreviations and names with the minutes that they are ahead of UTC; longer ones before those they begin with.
const NAMES: [(&str, i64); 48] = [
    ("Coordinated Universal Time", 0),
    ("Greenwich Mean Time", 0),
    ("Eastern Standard Time", -300),
    ("Eastern Daylight Time", -240),
    ("Central Standard Time", -360),
    ("Central Daylight Time", -300),
    ("Mountain Standard Time", -420),
    ("Mountain Daylight Time", -360),
    ("Pacific Standard Time", -480),
    ("Pacific Daylight Time", -420),
    ("Alaska Standard Time", -540),
    ("Alaska Daylight Time", -480),
    ("Hawaii Standard Time", -600),
    ("Central European Time", 60),
    ("Central European Summer Time", 120),
    ("Eastern European Time", 120),
    ("Eastern European Summer Time", 180),
    ("Western European Time", 0),
    ("Western European Summer Time", 60),
    ("British Summer Time", 60),
    ("India Standard Time", 330),
    ("Japan Standard Time", 540),
    ("China Standard Time", 480),
    ("Moscow Standard Time", 180),
    ("AKST", -540),
    ("AKDT", -480),
    ("AEST", 600),
    ("AEDT", 660),
    ("CEST", 120),
    ("EEST", 180),
    ("WEST", 60),
    ("UTC", 0),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("HST", -600),
    ("CET", 60),
    ("EET", 120),
    ("WET", 0),
    ("BST", 60),
    ("IST", 330),
    ("JST", 540),
    ("MSK", 180),
];

const MINUTE: i64 = 60_000;

/// The zone and the length of what names it: `+0200`, `GMT+2:00`, a name or an identifier.
pub(super) fn zone(text: &str) -> Option<(Zone, usize)> {
    if let Some((sign, rest)) = sign(text) {
        let (hours, minutes) = (digits(rest, 0..2)?, digits(rest, 2..4)?);
        return offset(sign, hours, minutes, 5);
    }
    let gmt = text.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("GMT"));
    if gmt {
        let behind = text.get(3..)?;
        let Some((sign, rest)) = sign(behind) else { return Some((Zone::Ahead(0), 3)) };
        let hours_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if hours_end > 2 || !rest.get(hours_end..)?.starts_with(':') {
            return None;
        }
        let (hours, minutes) = (digits(rest, 0..hours_end)?, digits(rest, hours_end + 1..hours_end + 3)?);
        return offset(sign, hours, minutes, 4 + hours_end + 3);
    }
    let same = |name: &str| text.get(..name.len()).is_some_and(|written| written.eq_ignore_ascii_case(name));
    let named = NAMES.iter().filter(|(name, _)| same(name)).max_by_key(|(name, _)| name.len());
    if let Some((name, minutes)) = named {
        return Some((Zone::Ahead(minutes * MINUTE), name.len()));
    }
    identifier(text)
}

/// `Z`, `+02`, `+0200`, `+02:00`, by the number of letters.
pub(super) fn iso_offset(text: &str, count: usize) -> Option<(Zone, usize)> {
    if text.starts_with('Z') {
        return Some((Zone::Ahead(0), 1));
    }
    let (sign, rest) = sign(text)?;
    let hours = digits(rest, 0..2)?;
    match count {
        1 => offset(sign, hours, 0, 3),
        2 => offset(sign, hours, digits(rest, 2..4)?, 5),
        _ if rest.get(2..3) == Some(":") => offset(sign, hours, digits(rest, 3..5)?, 6),
        _ => None,
    }
}

/// An identifier such as `Europe/Berlin`.
fn identifier(text: &str) -> Option<(Zone, usize)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "/_+-".contains(c))).unwrap_or(text.len());
    let mut name = text.get(..end)?;
    while !name.is_empty() {
        if let Ok(zone) = Tz::from_str(name) {
            return Some((Zone::Named(zone), name.len()));
        }
        name = name.get(..name.len() - 1)?;
    }
    None
}

fn sign(text: &str) -> Option<(i64, &str)> {
    match text.as_bytes().first()? {
        b'+' => Some((1, text.get(1..)?)),
        b'-' => Some((-1, text.get(1..)?)),
        _ => None,
    }
}

fn digits(text: &str, range: std::ops::Range<usize>) -> Option<i64> {
    let digits = text.get(range)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

fn offset(sign: i64, hours: i64, minutes: i64, length: usize) -> Option<(Zone, usize)> {
    (hours <= 23 && minutes <= 59).then_some((Zone::Ahead(sign * (hours * 60 + minutes) * MINUTE), length))
}
