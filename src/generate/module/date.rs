//! `date`: instants, in the patterns of moment.js.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use serde_json::Value;

use super::super::arguments::{Call, numeric, text_of};
use super::super::date_format::DateFormat;
use super::super::functions::{Entry, entry};
use super::super::sampler::Sampler;
use super::words;
use crate::time::Timestamp;

const LOCAL: &str = "YYYY-MM-DDTHH:mm:ssZ";
const DAY: f64 = 86_400_000.0;
/// Milliseconds from 1970 to the last date that JavaScript has.
const FARTHEST: i64 = 8_640_000_000_000_000;
/// An instant is at least so far from the record's own.
const SECOND: f64 = 1_000.0;

pub(super) static FUNCTIONS: &[Entry] = &[
    entry("date.between", "two dates", "text", r#"{{date.between("2020-01-01","2020-02-01")}}"#, between),
    entry(
        "date.event",
        r#"{"format","late_share","late_seconds"}"#,
        "text",
        r#"{{date.event({"format":"YYYY-MM-DD HH:mm:ss","late_share":0.1,"late_seconds":60})}}"#,
        event,
    ),
    entry("date.future", r#"years, 1; or {"years","format"}"#, "text", "{{date.future}}", |call| {
        away(call, "years", 365.0 * DAY, 1.0)
    }),
    entry("date.month", r#"{"abbr"}"#, "text", "{{date.month}}", |call| {
        named(call, words::MONTHS, words::MONTH_ABBREVIATIONS)
    }),
    entry("date.now", "a moment.js format", "text", r#"{{date.now("YYYY-MM-DD HH:mm:ss")}}"#, |call| {
        now(call, LOCAL, call.timezone)
    }),
    entry("date.past", r#"years, 1; or {"years","format"}"#, "text", "{{date.past}}", |call| {
        away(call, "years", 365.0 * DAY, -1.0)
    }),
    entry("date.recent", r#"days, 1; or {"days","format"}"#, "text", "{{date.recent}}", |call| {
        away(call, "days", DAY, -1.0)
    }),
    entry("date.simTime", "a moment.js format", "text", "{{date.simTime}}", |call| now(call, LOCAL, call.timezone)),
    entry("date.utc", "a moment.js format", "text", "{{date.utc}}", |call| {
        now(call, "YYYY-MM-DDTHH:mm:ss[Z]", Tz::UTC)
    }),
    entry("date.weekday", r#"{"abbr"}"#, "text", "{{date.weekday}}", |call| {
        named(call, words::WEEKDAYS, words::WEEKDAY_ABBREVIATIONS)
    }),
];

/// The record's instant.
fn now(call: &Call<'_>, default: &str, zone: Tz) -> Result<Sampler, String> {
    let format = call.text(0).filter(|format| !format.is_empty()).unwrap_or_else(|| default.to_owned());
    Ok(Sampler::Date(format_of(call, &format, zone)))
}

/// A compiled format, with a word about tokens that mean something else in Java.
fn format_of(call: &Call<'_>, format: &str, zone: Tz) -> DateFormat {
    if format.contains("yyyy") {
        call.warn("`yyyy` is no token of moment.js and stands as text; the year is `YYYY`");
    }
    if format.contains("dd") && !format.contains("ddd") {
        call.warn("`dd` is the day of the week in moment.js, such as `Su`; the day of the month is `DD`");
    }
    DateFormat::new(format, zone)
}

/// As JavaScript prints a date.
fn javascript(zone: Tz) -> DateFormat {
    let name = if zone == Tz::UTC { "[Coordinated Universal Time]" } else { "z" };
    DateFormat::new(&format!("ddd MMM DD YYYY HH:mm:ss [GMT]ZZ [(]{name}[)]"), zone)
}

/// An instant up to some years or days before or behind the record's.
fn away(call: &Call<'_>, unit: &str, millis: f64, sign: f64) -> Result<Sampler, String> {
    let (count, format) = match call.at(0) {
        Some(Value::Object(_)) => {
            let members = call.members(&[unit, "format"])?;
            let format = text_of(members, "format", "")?;
            (numeric(members, unit, 1.0)?, if format.is_empty() { None } else { Some(format) })
        }
        _ => (call.number(0, 1.0)?, None),
    };
    if count < 0.0 {
        return Err(format!("`{unit}` is {count}, and must not be below 0"));
    }
    // None is as good as one, as in JavaScript.
    let reach = if count == 0.0 { millis } else { count * millis };
    if reach > FARTHEST as f64 / 2.0 {
        return Err(format!("`{unit}` is {count}, and no date reaches so far"));
    }
    let format = format.map_or_else(|| javascript(call.timezone), |format| format_of(call, &format, call.timezone));
    Ok(Sampler::Text(Arc::new(move |draw, record, out| {
        let distance = SECOND + draw.unit() * (reach - SECOND).max(0.0);
        format.render(Timestamp(record.instant.millis() + (sign * distance) as i64), out);
    })))
}

/// A date in words: ISO 8601, with or without time and zone, or milliseconds since 1970.
fn date_of(call: &Call<'_>, place: usize) -> Result<i64, String> {
    let Some(value) = call.at(place) else {
        return Err(format!(
            "date.between takes two dates; the {} is missing",
            if place == 0 { "first" } else { "second" }
        ));
    };
    if let Some(millis) = value.as_f64() {
        if millis.abs() > FARTHEST as f64 {
            return Err(format!("`{value}` milliseconds from 1970 are no date"));
        }
        return Ok(millis as i64);
    }
    let text = value.as_str().unwrap_or_default();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.timestamp_millis());
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis());
    }
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let instant = local.and_then(|local| call.timezone.from_local_datetime(&local).earliest());
    instant
        .map(|instant| instant.timestamp_millis())
        .ok_or_else(|| format!("`{value}` is not a date such as \"2020-01-31\" or \"2020-01-31T12:00:00Z\""))
}

fn between(call: &Call<'_>) -> Result<Sampler, String> {
    if call.strict {
        // The second date never arrives.
        return Ok(Sampler::constant("Invalid Date"));
    }
    let (from, to) = (date_of(call, 0)?, date_of(call, 1)?);
    if from > to {
        return Err("the first date lies behind the second".into());
    }
    let format = match call.text(2) {
        Some(format) => format_of(call, &format, call.timezone),
        None => javascript(call.timezone),
    };
    Ok(Sampler::text(move |draw, out| format.render(Timestamp(from + draw.below((to - from) as u64 + 1) as i64), out)))
}

/// The record's instant; for some records an earlier one, as if they came late.
fn event(call: &Call<'_>) -> Result<Sampler, String> {
    let members = call.members(&["format", "late_share", "late_seconds"])?;
    let format = format_of(call, &text_of(members, "format", LOCAL)?, call.timezone);
    let (share, seconds) = (numeric(members, "late_share", 0.0)?, numeric(members, "late_seconds", 60.0)?);
    if !(0.0..=1.0).contains(&share) || !(0.0..=FARTHEST as f64 / 2_000.0).contains(&seconds) {
        return Err("`late_share` is a share from 0 to 1, and `late_seconds` must not be below 0".into());
    }
    let make = move |draw: &mut super::super::draw::Draw, record: &super::super::draw::Record, out: &mut Vec<u8>| {
        let late = if draw.unit() < share { (draw.unit() * seconds * 1_000.0).ceil() as i64 } else { 0 };
        format.render(Timestamp(record.instant.millis() - late), out);
    };
    Ok(Sampler::Text(Arc::new(make)))
}

fn named(call: &Call<'_>, wide: &'static [&'static str], short: &'static [&'static str]) -> Result<Sampler, String> {
    let members = call.members(&["abbr", "context"])?;
    let abbr = members.and_then(|members| members.get("abbr")).and_then(Value::as_bool).unwrap_or(false);
    Ok(Sampler::Words(if abbr { short } else { wide }))
}
