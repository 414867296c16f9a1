//! `from_iso8601_date`, `from_iso8601_timestamp`, `to_iso8601`.

use std::fmt::Write;

use arrow::array::ArrayRef;

use super::super::column::text_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::calendar::{
    Day, Local, NANOS_OF_DAY, NANOS_OF_SECOND, days_in_month, from_iso_week, is_leap, weeks_in_year,
};
use super::moment::{Moments, moment_rows};
use super::zone::{Zone, offset_text, parse_offset};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("from_iso8601_date(varchar) -> date", from_date, "from_iso8601_date('2020-W10')", "2020-03-02"),
    entry(
        "from_iso8601_timestamp(varchar) -> timestamp(3) with time zone",
        from_timestamp,
        "from_iso8601_timestamp('2020-05-11T11:15:05.055+01:00')",
        "2020-05-11 11:15:05.055 +01:00",
    ),
    entry(
        "from_iso8601_timestamp_nanos(varchar) -> timestamp(9) with time zone",
        from_timestamp,
        "from_iso8601_timestamp_nanos('2020-05-11T11:15:05.123456789Z')",
        "2020-05-11 11:15:05.123456789 UTC",
    ),
    entry("to_iso8601(date) -> varchar", to_iso8601, "to_iso8601(DATE '2001-08-22')", "2001-08-22"),
    entry(
        "to_iso8601(timestamp(p)) -> varchar",
        to_iso8601,
        "to_iso8601(TIMESTAMP '2001-08-22 03:04:05.321')",
        "2001-08-22T03:04:05.321",
    ),
    entry(
        "to_iso8601(timestamp(p) with time zone) -> varchar",
        to_iso8601,
        "to_iso8601(TIMESTAMP '2001-08-22 03:04:05.321 +07:09')",
        "2001-08-22T03:04:05.321+07:09",
    ),
];

fn invalid(text: &str) -> TrinoError {
    TrinoError::argument(format!("Invalid format: \"{text}\""))
}

fn from_date(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    moment_rows(call, |row, out| {
        let text = texts.value(row);
        let days = date(text).ok_or_else(|| invalid(text))?;
        out.push(Local { days, nanos: 0 }, "").map(|()| true)
    })
}

fn from_timestamp(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    let session = Zone::named(&call.session.zone)?;
    moment_rows(call, |row, out| {
        let text = texts.value(row);
        let (local, zone) = moment(text).ok_or_else(|| invalid(text))?;
        match zone {
            Some(zone) => out.push(zone.to_utc(local), &zone.name()),
            None => out.push(session.to_utc(local), &call.session.zone),
        }
        .map(|()| true)
    })
}

/// Digits only.
fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `2020`, `2020-05`, `2020-05-11`, `2020-W19`, `2020-W19-1`, `2020-132`.
fn date(text: &str) -> Option<i64> {
    let (sign, body) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let mut parts = body.split('-');
    let year = sign * digits(parts.next()?)?;
    let (second, third, rest) = (parts.next(), parts.next(), parts.next());
    if rest.is_some() {
        return None;
    }
    let Some(second) = second else {
        return Some(Day { year, month: 1, day: 1 }.days());
    };
    if let Some(week) = second.strip_prefix('W') {
        let (week, day) = (digits(week)?, third.map_or(Some(1), digits)?);
        let is_valid = (1..=weeks_in_year(year)).contains(&week) && (1..=7).contains(&day);
        return is_valid.then(|| from_iso_week(year, week, day));
    }
    let number = digits(second)?;
    if second.len() == 3 && third.is_none() {
        let is_valid = (1..=365 + i64::from(is_leap(year))).contains(&number);
        return is_valid.then(|| Day { year, month: 1, day: 1 }.days() + number - 1);
    }
    let day = third.map_or(Some(1), digits)?;
    let is_valid = (1..=12).contains(&number) && (1..=days_in_month(year, number)).contains(&day);
    is_valid.then(|| Day { year, month: number, day }.days())
}

/// A date with or without time and offset, or `T` and a time.
fn moment(text: &str) -> Option<(Local, Option<Zone>)> {
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let days = if day.is_empty() && time.is_some() { 0 } else { date(day)? };
    let time = time.unwrap_or_default();
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(place) => (&time[..place], Some(offset(&time[place..])?)),
        None => (time, None),
    };
    let nanos = if clock.is_empty() { 0 } else { clock_nanos(clock)? };
    Some((Local { days, nanos }, zone))
}

fn offset(text: &str) -> Option<Zone> {
    if text == "Z" { Some(Zone::Fixed(0)) } else { parse_offset(text).map(Zone::Fixed) }
}

/// Nanoseconds since midnight of `11`, `11:15`, `11:15:05`, the last of which may have a fraction.
fn clock_nanos(text: &str) -> Option<i64> {
    let (body, fraction) = match text.find(['.', ',']) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    };
    let limits = [(24, 3600), (60, 60), (60, 1)];
    let (mut nanos, mut unit) = (0, 1);
    for (place, part) in body.split(':').enumerate() {
        let (limit, seconds) = *limits.get(place)?;
        nanos += digits(part).filter(|value| *value < limit && part.len() <= 2)? * seconds * NANOS_OF_SECOND;
        unit = seconds;
    }
    if let Some(fraction) = fraction {
        digits(fraction)?;
        let mut scale = i128::from(unit * NANOS_OF_SECOND);
        let mut sum = 0;
        for digit in fraction.bytes().take(18) {
            scale /= 10;
            sum += i128::from(digit - b'0') * scale;
        }
        nanos += sum as i64;
    }
    (nanos < NANOS_OF_DAY).then_some(nanos)
}

fn to_iso8601(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 0)?;
    let precision = match call.arg_types.first() {
        Some(TrinoType::Timestamp(precision) | TrinoType::TimestampWithTimeZone(precision)) => Some(*precision),
        _ => None,
    };
    text_rows(call, |row, out| {
        let local = moments.local(row)?;
        let day = Day::from_days(local.days);
        // Writing to a text cannot fail.
        let _ = write!(out, "{:04}-{:02}-{:02}", day.year, day.month, day.day);
        if let Some(precision) = precision {
            let seconds = local.nanos / NANOS_OF_SECOND;
            let _ = write!(out, "T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            if precision > 0 {
                let fraction = format!("{:09}", local.nanos % NANOS_OF_SECOND);
                let _ = write!(out, ".{}", &fraction[..usize::from(precision).min(9)]);
            }
        }
        if let Some(zone) = moments.zone(row)? {
            match zone.offset_at(moments.stored(row)) {
                0 => out.push('Z'),
                seconds => out.push_str(&offset_text(seconds, ":")),
            }
        }
        Ok(true)
    })
}
