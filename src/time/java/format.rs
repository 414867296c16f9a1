//! An instant through a compiled pattern.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike as _, NaiveDate, Offset as _, Timelike as _};
use chrono_tz::{OffsetName as _, Tz};

use super::parse::Item;
use crate::time::Timestamp;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

pub(super) fn format(items: &[Item], instant: Timestamp, zone: Tz) -> Option<String> {
    let local = instant.to_utc()?.with_timezone(&zone);
    let mut out = String::new();
    for item in items {
        match item {
            Item::Literal(text) => out.push_str(text),
            Item::Field { symbol, count, pad } => {
                let text = field(&local, *symbol, *count);
                out.extend(std::iter::repeat_n(' ', pad.saturating_sub(text.chars().count())));
                out.push_str(&text);
            }
        }
    }
    Some(out)
}

/// The year that owns the Sunday–Saturday week of `date`, and the number of that week in it.
pub(super) fn week_of_year(date: NaiveDate) -> (i32, u32) {
    let to_saturday = 6 - u64::from(date.weekday().num_days_from_sunday());
    let saturday = date.checked_add_days(chrono::Days::new(to_saturday)).unwrap_or(date);
    (saturday.year(), saturday.ordinal0() / 7 + 1)
}

fn field(local: &DateTime<Tz>, symbol: char, count: usize) -> String {
    let era_year = if local.year() > 0 { local.year() } else { 1 - local.year() };
    let weekday = local.weekday().num_days_from_sunday();
    let since_midnight = u64::from(local.num_seconds_from_midnight()) * 1_000_000_000 + u64::from(local.nanosecond());
    let numeric = |value: u32| format!("{value:0count$}");
    match symbol {
        'y' => year(era_year, count),
        'u' => year(local.year(), count),
        'Y' => year(week_of_year(local.date_naive()).0, count),
        'M' | 'L' if count < 3 => numeric(local.month()),
        'M' | 'L' => text(MONTHS.get(local.month0() as usize), count),
        'd' => numeric(local.day()),
        'D' => numeric(local.ordinal()),
        'H' => numeric(local.hour()),
        'k' => numeric(if local.hour() == 0 { 24 } else { local.hour() }),
        'K' => numeric(local.hour() % 12),
        'h' => numeric(local.hour12().1),
        'a' => if local.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        'm' => numeric(local.minute()),
        's' => numeric(local.second()),
        'S' => format!("{:09}", local.nanosecond()).get(..count).unwrap_or_default().to_owned(),
        'n' => numeric(local.nanosecond()),
        'A' => format!("{:0count$}", since_midnight / 1_000_000),
        'N' => format!("{since_midnight:0count$}"),
        'E' => text(DAYS.get(weekday as usize), count.max(3)),
        'e' | 'c' if count < 3 => numeric(weekday + 1),
        'e' | 'c' => text(DAYS.get(weekday as usize), count),
        'w' => numeric(week_of_year(local.date_naive()).1),
        'W' => {
            let first = local.with_day(1).map_or(0, |first| first.weekday().num_days_from_sunday());
            numeric((local.day0() + first) / 7 + 1)
        }
        'Q' | 'q' => quarter(local.month0() / 3 + 1, count),
        'G' => match (local.year() > 0, count) {
            (true, ..4) => "AD",
            (true, 4) => "Anno Domini",
            (true, _) => "A",
            (false, ..4) => "BC",
            (false, 4) => "Before Christ",
            (false, _) => "B",
        }
        .to_owned(),
        'V' => local.timezone().name().to_owned(),
        'z' => local.offset().abbreviation().unwrap_or_else(|| local.timezone().name()).to_owned(),
        _ => offset(local.offset().fix().local_minus_utc(), symbol, count),
    }
}

/// Two letters cut the year to two digits; four and more fill it up, and mark a year that is longer.
fn year(year: i32, count: usize) -> String {
    if count == 2 {
        return format!("{:02}", year.rem_euclid(100));
    }
    let digits = format!("{:0count$}", year.unsigned_abs());
    match (year < 0, count >= 4 && digits.len() > count) {
        (true, _) => format!("-{digits}"),
        (false, true) => format!("+{digits}"),
        (false, false) => digits,
    }
}

/// Three letters are short, four in full, five a single letter.
fn text(name: Option<&&str>, count: usize) -> String {
    let name = name.copied().unwrap_or_default();
    let length = match count {
        3 => 3,
        5 => 1,
        _ => name.len(),
    };
    name.get(..length).unwrap_or(name).to_owned()
}

fn quarter(quarter: u32, count: usize) -> String {
    match count {
        1 | 2 => format!("{quarter:0count$}"),
        3 => format!("Q{quarter}"),
        4 => match quarter {
            1 => "1st quarter".to_owned(),
            2 => "2nd quarter".to_owned(),
            3 => "3rd quarter".to_owned(),
            _ => "4th quarter".to_owned(),
        },
        _ => quarter.to_string(),
    }
}

/// The distance from UTC, in the forms of `X`, `x`, `Z` and `O`.
fn offset(seconds: i32, symbol: char, count: usize) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    let localized = symbol == 'O' || (symbol == 'Z' && count == 4);
    let mut out = String::new();
    if localized {
        out.push_str("GMT");
        if seconds == 0 {
            return out;
        }
        let _ = if count == 4 { write!(out, "{sign}{hours:02}:{minutes:02}") } else { write!(out, "{sign}{hours}") };
        if count != 4 && minutes != 0 {
            let _ = write!(out, ":{minutes:02}");
        }
        if rest != 0 {
            let _ = write!(out, ":{rest:02}");
        }
        return out;
    }
    if seconds == 0 && (symbol == 'X' || (symbol == 'Z' && count == 5)) {
        return "Z".to_owned();
    }
    let letters = if symbol == 'Z' { if count == 5 { 5 } else { 2 } } else { count };
    let colon = if letters == 3 || letters == 5 { ":" } else { "" };
    let _ = write!(out, "{sign}{hours:02}");
    if letters > 1 || minutes != 0 {
        let _ = write!(out, "{colon}{minutes:02}");
    }
    if letters > 3 && rest != 0 {
        let _ = write!(out, "{colon}{rest:02}");
    }
    out
}
