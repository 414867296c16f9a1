//! Zones: names and offsets, and the local time of an instant.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::sql::trino::error::TrinoError;

/// A zone as Trino prints it: `UTC`, `America/Los_Angeles`, `+05:30`. `None` when there is none of that name.
pub(crate) fn parse_zone(text: &str) -> Option<String> {
    let text = text.trim();
    if matches!(text.to_ascii_uppercase().as_str(), "UTC" | "Z" | "ZULU" | "UCT" | "ETC/UTC" | "GMT" | "GMT0") {
        return Some("UTC".into());
    }
    let offset = ["UTC", "GMT", "UT"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    if let Some(seconds) = parse_offset(offset) {
        return Some(offset_text(seconds));
    }
    if let Ok(zone) = text.parse::<Tz>() {
        return Some(zone.name().to_owned());
    }
    let found = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text));
    found.map(|zone| zone.name().to_owned())
}

/// `+5`, `+05:30`, `-0800` in seconds.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    if hours.is_empty() || hours.len() > 2 || minutes.is_empty() || minutes.len() > 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60 && hours * 60 + minutes <= 14 * 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn offset_text(seconds: i32) -> String {
    if seconds == 0 {
        return "UTC".into();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
}

/// Seconds that local time in a zone is ahead of UTC at an instant, given in seconds since 1970.
///
/// # Errors
/// `INVALID_FUNCTION_ARGUMENT` for an unknown zone.
pub(crate) fn offset_at(zone: &str, instant_seconds: i64) -> Result<i64, TrinoError> {
    if zone == "UTC" {
        return Ok(0);
    }
    if let Some(seconds) = parse_offset(zone) {
        return Ok(i64::from(seconds));
    }
    let tz: Tz = zone.parse().map_err(|_| TrinoError::argument(format!("'{zone}' is not a valid time zone")))?;
    let moment = DateTime::from_timestamp(instant_seconds, 0).unwrap_or_default().naive_utc();
    Ok(i64::from(tz.offset_from_utc_datetime(&moment).fix().local_minus_utc()))
}

/// The local time in nanoseconds of an instant in nanoseconds.
///
/// # Errors
/// As [`offset_at`].
pub(crate) fn local_of_instant(zone: &str, nanos: i128) -> Result<i128, TrinoError> {
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or_default();
    Ok(nanos + i128::from(offset_at(zone, seconds)?) * 1_000_000_000)
}

/// The instant in nanoseconds of a local time in nanoseconds. Of a time that occurs twice the first is taken; one that
/// does not occur is moved on by the gap.
///
/// # Errors
/// As [`offset_at`].
pub(crate) fn instant_of_local(zone: &str, nanos: i128) -> Result<i128, TrinoError> {
    if zone == "UTC" {
        return Ok(nanos);
    }
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or_default();
    let offset = match parse_offset(zone) {
        Some(offset) => i64::from(offset),
        None => {
            let tz: Tz =
                zone.parse().map_err(|_| TrinoError::argument(format!("'{zone}' is not a valid time zone")))?;
            local_offset(tz, DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc())
        }
    };
    Ok(nanos - i128::from(offset) * 1_000_000_000)
}

fn local_offset(tz: Tz, local: NaiveDateTime) -> i64 {
    match tz.offset_from_local_datetime(&local) {
        LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => i64::from(offset.fix().local_minus_utc()),
        // Inside of the gap the offset before it counts, which moves the time on by the gap.
        LocalResult::None => {
            let before = local - chrono::TimeDelta::hours(3);
            let offset = tz.offset_from_utc_datetime(&(before - chrono::TimeDelta::hours(12)));
            match tz.offset_from_local_datetime(&before) {
                LocalResult::Single(found) | LocalResult::Ambiguous(found, _) => {
                    i64::from(found.fix().local_minus_utc())
                }
                LocalResult::None => i64::from(offset.fix().local_minus_utc()),
            }
        }
    }
}
