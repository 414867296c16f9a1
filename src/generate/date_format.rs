//! Dates in the pattern language of moment.js, English.
//!
//! Tokens as moment.js 2 documents them; `[text]` is literal, and so is any other letter. Week tokens (`w`, `W`, `e`, `E`,
//! `gg`, `GG`) and the localised long forms (`L`, `LL` …) are read too.

use std::fmt::Write;

use chrono::{DateTime, Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::time::Timestamp;

/// A compiled format.
#[derive(Debug, Clone)]
pub(crate) struct DateFormat {
    pieces: Vec<Piece>,
    zone: Tz,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Token(&'static str),
}

/// Longest first, so that the first match is the right one.
const TOKENS: &[&str] = &[
    "SSSSSSSSS",
    "SSSSSSSS",
    "SSSSSSS",
    "SSSSSS",
    "SSSSS",
    "YYYY",
    "MMMM",
    "DDDD",
    "DDDo",
    "dddd",
    "gggg",
    "GGGG",
    "LLLL",
    "llll",
    "SSSS",
    "MMM",
    "DDD",
    "ddd",
    "LTS",
    "LLL",
    "lll",
    "SSS",
    "Mo",
    "MM",
    "Qo",
    "Do",
    "DD",
    "do",
    "dd",
    "wo",
    "ww",
    "Wo",
    "WW",
    "YY",
    "gg",
    "GG",
    "HH",
    "hh",
    "kk",
    "mm",
    "ss",
    "SS",
    "ZZ",
    "zz",
    "LT",
    "LL",
    "ll",
    "M",
    "Q",
    "D",
    "d",
    "e",
    "E",
    "w",
    "W",
    "Y",
    "A",
    "a",
    "H",
    "h",
    "k",
    "m",
    "s",
    "S",
    "z",
    "Z",
    "X",
    "x",
    "L",
    "l",
];

impl DateFormat {
    pub(crate) fn new(format: &str, zone: Tz) -> Self {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some(first) = rest.chars().next() {
            if first == '['
                && let Some(end) = rest.find(']')
            {
                push_literal(&mut pieces, &rest[1..end]);
                rest = &rest[end + 1..];
            } else if first == '\\' && rest.len() > 1 {
                let escaped = rest[1..].chars().next().unwrap_or('\\');
                push_literal(&mut pieces, &rest[1..=escaped.len_utf8()]);
                rest = &rest[1 + escaped.len_utf8()..];
            } else if let Some(token) = TOKENS.iter().find(|token| rest.starts_with(**token)) {
                match expansion(token) {
                    Some(long) => pieces.extend(Self::new(long, zone).pieces),
                    None => pieces.push(Piece::Token(token)),
                }
                rest = &rest[token.len()..];
            } else {
                push_literal(&mut pieces, &rest[..first.len_utf8()]);
                rest = &rest[first.len_utf8()..];
            }
        }
        Self { pieces, zone }
    }

    /// Append the text of an instant.
    pub(crate) fn render(&self, instant: Timestamp, out: &mut Vec<u8>) {
        let Some(local) = self.zone.timestamp_millis_opt(instant.millis()).single() else { return };
        let mut text = String::with_capacity(32);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Token(token) => push_token(token, &local, &mut text),
            }
        }
        out.extend_from_slice(text.as_bytes());
    }
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Literal(before)) => before.push_str(text),
        _ => pieces.push(Piece::Literal(text.to_owned())),
    }
}

/// The localised forms, for English.
fn expansion(token: &str) -> Option<&'static str> {
    Some(match token {
        "LT" => "h:mm A",
        "LTS" => "h:mm:ss A",
        "L" => "MM/DD/YYYY",
        "LL" => "MMMM D, YYYY",
        "LLL" => "MMMM D, YYYY h:mm A",
        "LLLL" => "dddd, MMMM D, YYYY h:mm A",
        "l" => "M/D/YYYY",
        "ll" => "MMM D, YYYY",
        "lll" => "MMM D, YYYY h:mm A",
        "llll" => "ddd, MMM D, YYYY h:mm A",
        _ => return None,
    })
}

fn push_token(token: &str, at: &DateTime<Tz>, out: &mut String) {
    let quarter = (at.month() - 1) / 3 + 1;
    let weekday = at.weekday().num_days_from_sunday();
    let (us_year, us_week) = us_week(at);
    let hour12 = if at.hour().is_multiple_of(12) { 12 } else { at.hour() % 12 };
    let hour24 = if at.hour() == 0 { 24 } else { at.hour() };
    let written = match token {
        "M" => write!(out, "{}", at.month()),
        "Mo" => write!(out, "{}", ordinal(at.month())),
        "MM" => write!(out, "{:02}", at.month()),
        "MMM" => write!(out, "{}", at.format("%b")),
        "MMMM" => write!(out, "{}", at.format("%B")),
        "Q" => write!(out, "{quarter}"),
        "Qo" => write!(out, "{}", ordinal(quarter)),
        "D" => write!(out, "{}", at.day()),
        "Do" => write!(out, "{}", ordinal(at.day())),
        "DD" => write!(out, "{:02}", at.day()),
        "DDD" => write!(out, "{}", at.ordinal()),
        "DDDo" => write!(out, "{}", ordinal(at.ordinal())),
        "DDDD" => write!(out, "{:03}", at.ordinal()),
        "d" | "e" => write!(out, "{weekday}"),
        "do" => write!(out, "{}", ordinal(weekday)),
        "dd" => write!(out, "{}", &at.format("%a").to_string()[..2]),
        "ddd" => write!(out, "{}", at.format("%a")),
        "dddd" => write!(out, "{}", at.format("%A")),
        "E" => write!(out, "{}", at.weekday().number_from_monday()),
        "w" => write!(out, "{us_week}"),
        "wo" => write!(out, "{}", ordinal(us_week)),
        "ww" => write!(out, "{us_week:02}"),
        "W" => write!(out, "{}", at.iso_week().week()),
        "Wo" => write!(out, "{}", ordinal(at.iso_week().week())),
        "WW" => write!(out, "{:02}", at.iso_week().week()),
        "Y" | "YYYY" => write!(out, "{:04}", at.year()),
        "YY" => write!(out, "{:02}", at.year().rem_euclid(100)),
        "gg" => write!(out, "{:02}", us_year.rem_euclid(100)),
        "gggg" => write!(out, "{us_year:04}"),
        "GG" => write!(out, "{:02}", at.iso_week().year().rem_euclid(100)),
        "GGGG" => write!(out, "{:04}", at.iso_week().year()),
        "A" => write!(out, "{}", if at.hour() < 12 { "AM" } else { "PM" }),
        "a" => write!(out, "{}", if at.hour() < 12 { "am" } else { "pm" }),
        "H" => write!(out, "{}", at.hour()),
        "HH" => write!(out, "{:02}", at.hour()),
        "h" => write!(out, "{hour12}"),
        "hh" => write!(out, "{hour12:02}"),
        "k" => write!(out, "{hour24}"),
        "kk" => write!(out, "{hour24:02}"),
        "m" => write!(out, "{}", at.minute()),
        "mm" => write!(out, "{:02}", at.minute()),
        "s" => write!(out, "{}", at.second()),
        "ss" => write!(out, "{:02}", at.second()),
        "z" | "zz" => write!(out, "{}", at.format("%Z")),
        "Z" => write!(out, "{}", offset(at, ":")),
        "ZZ" => write!(out, "{}", offset(at, "")),
        "X" => write!(out, "{}", at.timestamp()),
        "x" => write!(out, "{}", at.timestamp_millis()),
        fraction => write!(out, "{}", &format!("{:09}", at.nanosecond())[..fraction.len().min(9)]),
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

fn ordinal(number: u32) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

fn offset(at: &DateTime<Tz>, colon: &str) -> String {
    let seconds = at.offset().fix().local_minus_utc();
    let minutes = seconds.abs() / 60;
    format!("{}{:02}{colon}{:02}", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}

/// Week-based year and week of the US: weeks begin on Sunday, week 1 holds 1 January.
fn us_week(at: &DateTime<Tz>) -> (i32, u32) {
    let first_weekday =
        |year: i32| chrono::NaiveDate::from_ymd_opt(year, 1, 1).map_or(0, |day| day.weekday().num_days_from_sunday());
    let week = (at.ordinal0() + first_weekday(at.year())) / 7 + 1;
    let days_in_year = if at.date_naive().leap_year() { 366 } else { 365 };
    let next = first_weekday(at.year() + 1);
    if at.ordinal0() + next >= days_in_year { (at.year() + 1, 1) } else { (at.year(), week) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(format: &str, zone: Tz) -> String {
        let mut out = Vec::new();
        // Sunday 2026-12-27 09:05:07.123 UTC
        DateFormat::new(format, zone).render(Timestamp(1_798_362_307_123), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn tokens_print_as_in_moment() {
        let cases = [
            ("YYYY-MM-DDTHH:mm:ssZ", "2026-12-27T09:05:07+00:00"),
            ("YYYY-MM-DDTHH:mm:ss[Z]", "2026-12-27T09:05:07Z"),
            ("DD/MMM/YYYY:HH:mm:ss ZZ", "27/Dec/2026:09:05:07 +0000"),
            ("dddd, MMMM Do YYYY, h:mm:ss a", "Sunday, December 27th 2026, 9:05:07 am"),
            ("SSS S x X", "123 1 1798362307123 1798362307"),
            ("gggg-[W]ww GGGG-[W]WW e E", "2027-W01 2026-W52 0 7"),
            ("L LT", "12/27/2026 9:05 AM"),
            ("k \\Y Q", "9 Y 4"),
        ];
        for (format, text) in cases {
            assert_eq!(rendered(format, Tz::UTC), text, "{format}");
        }
        assert_eq!(rendered("HH:mm Z", Tz::America__New_York), "04:05 -05:00");
    }
}
