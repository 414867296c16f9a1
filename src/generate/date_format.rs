//! Dates in the pattern language of moment.js, English.
//!
//! Tokens as moment.js 2 documents them; `[text]` is literal, and so is any other letter. A format is compiled to tokens
//! whose digits are written directly: dates stand in nearly every record.

use chrono_tz::Tz;

use super::local_time::LocalTime;
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
    Token(Token),
}

/// What a token prints; a digit at the end is the number of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Fraction(u8),
    Year,
    MonthName,
    DayOfYear3,
    DayOfYearOrdinal,
    WeekdayName,
    UsYear,
    IsoYear,
    Long,
    MonthShort,
    DayOfYear,
    WeekdayShort,
    MonthOrdinal,
    Month2,
    QuarterOrdinal,
    DayOrdinal,
    Day2,
    WeekdayOrdinal,
    Weekday2,
    UsWeekOrdinal,
    UsWeek2,
    IsoWeekOrdinal,
    IsoWeek2,
    Year2,
    UsYear2,
    IsoYear2,
    Hour2,
    HalfHour2,
    HourTo24_2,
    Minute2,
    Second2,
    Offset,
    ZoneName,
    Month,
    Quarter,
    Day,
    Weekday,
    IsoWeekday,
    UsWeek,
    IsoWeek,
    UpperHalf,
    LowerHalf,
    Hour,
    HalfHour,
    HourTo24,
    Minute,
    Second,
    OffsetColon,
    UnixSeconds,
    UnixMillis,
}

/// Longest first, so that the first match is the right one.
const TOKENS: &[(&str, Token)] = &[
    ("SSSSSSSSS", Token::Fraction(9)),
    ("SSSSSSSS", Token::Fraction(8)),
    ("SSSSSSS", Token::Fraction(7)),
    ("SSSSSS", Token::Fraction(6)),
    ("SSSSS", Token::Fraction(5)),
    ("YYYY", Token::Year),
    ("MMMM", Token::MonthName),
    ("DDDD", Token::DayOfYear3),
    ("DDDo", Token::DayOfYearOrdinal),
    ("dddd", Token::WeekdayName),
    ("gggg", Token::UsYear),
    ("GGGG", Token::IsoYear),
    ("LLLL", Token::Long),
    ("llll", Token::Long),
    ("SSSS", Token::Fraction(4)),
    ("MMM", Token::MonthShort),
    ("DDD", Token::DayOfYear),
    ("ddd", Token::WeekdayShort),
    ("LTS", Token::Long),
    ("LLL", Token::Long),
    ("lll", Token::Long),
    ("SSS", Token::Fraction(3)),
    ("Mo", Token::MonthOrdinal),
    ("MM", Token::Month2),
    ("Qo", Token::QuarterOrdinal),
    ("Do", Token::DayOrdinal),
    ("DD", Token::Day2),
    ("do", Token::WeekdayOrdinal),
    ("dd", Token::Weekday2),
    ("wo", Token::UsWeekOrdinal),
    ("ww", Token::UsWeek2),
    ("Wo", Token::IsoWeekOrdinal),
    ("WW", Token::IsoWeek2),
    ("YY", Token::Year2),
    ("gg", Token::UsYear2),
    ("GG", Token::IsoYear2),
    ("HH", Token::Hour2),
    ("hh", Token::HalfHour2),
    ("kk", Token::HourTo24_2),
    ("mm", Token::Minute2),
    ("ss", Token::Second2),
    ("SS", Token::Fraction(2)),
    ("ZZ", Token::Offset),
    ("zz", Token::ZoneName),
    ("LT", Token::Long),
    ("LL", Token::Long),
    ("ll", Token::Long),
    ("M", Token::Month),
    ("Q", Token::Quarter),
    ("D", Token::Day),
    ("d", Token::Weekday),
    ("e", Token::Weekday),
    ("E", Token::IsoWeekday),
    ("w", Token::UsWeek),
    ("W", Token::IsoWeek),
    ("Y", Token::Year),
    ("A", Token::UpperHalf),
    ("a", Token::LowerHalf),
    ("H", Token::Hour),
    ("h", Token::HalfHour),
    ("k", Token::HourTo24),
    ("m", Token::Minute),
    ("s", Token::Second),
    ("S", Token::Fraction(1)),
    ("z", Token::ZoneName),
    ("Z", Token::OffsetColon),
    ("X", Token::UnixSeconds),
    ("x", Token::UnixMillis),
    ("L", Token::Long),
    ("l", Token::Long),
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
            } else if let Some((text, token)) = TOKENS.iter().find(|(text, _)| rest.starts_with(text)) {
                match expansion(text) {
                    Some(long) => pieces.extend(Self::new(long, zone).pieces),
                    None => pieces.push(Piece::Token(*token)),
                }
                rest = &rest[text.len()..];
            } else {
                push_literal(&mut pieces, &rest[..first.len_utf8()]);
                rest = &rest[first.len_utf8()..];
            }
        }
        Self { pieces, zone }
    }

    /// Whether it prints nothing but seconds or milliseconds since 1970.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self.pieces[..], [Piece::Token(Token::UnixSeconds | Token::UnixMillis)])
    }

    /// Append the text of an instant.
    pub(crate) fn render(&self, instant: Timestamp, out: &mut Vec<u8>) {
        let local = LocalTime::new(instant, self.zone);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => out.extend_from_slice(literal.as_bytes()),
                Piece::Token(token) => push_token(*token, &local, out),
            }
        }
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

fn push_token(token: Token, at: &LocalTime, out: &mut Vec<u8>) {
    match token {
        Token::Year => year(at.year, out),
        Token::Year2 => two(at.year.rem_euclid(100) as u32, out),
        Token::UsYear => year(at.us_week().0, out),
        Token::UsYear2 => two(at.us_week().0.rem_euclid(100) as u32, out),
        Token::IsoYear => year(at.iso_week().0, out),
        Token::IsoYear2 => two(at.iso_week().0.rem_euclid(100) as u32, out),
        Token::Quarter => number((at.month - 1) / 3 + 1, out),
        Token::QuarterOrdinal => ordinal((at.month - 1) / 3 + 1, out),
        Token::Month => number(at.month, out),
        Token::Month2 => two(at.month, out),
        Token::MonthOrdinal => ordinal(at.month, out),
        Token::MonthName => out.extend_from_slice(at.month_name().as_bytes()),
        Token::MonthShort => out.extend_from_slice(&at.month_name().as_bytes()[..3]),
        Token::Day => number(at.day, out),
        Token::Day2 => two(at.day, out),
        Token::DayOrdinal => ordinal(at.day, out),
        Token::DayOfYear => number(at.day_of_year(), out),
        Token::DayOfYear3 => padded(at.day_of_year(), 3, out),
        Token::DayOfYearOrdinal => ordinal(at.day_of_year(), out),
        Token::Weekday => number(at.weekday, out),
        Token::WeekdayOrdinal => ordinal(at.weekday, out),
        Token::IsoWeekday => number((at.weekday + 6) % 7 + 1, out),
        Token::WeekdayName => out.extend_from_slice(at.weekday_name().as_bytes()),
        Token::WeekdayShort => out.extend_from_slice(&at.weekday_name().as_bytes()[..3]),
        Token::Weekday2 => out.extend_from_slice(&at.weekday_name().as_bytes()[..2]),
        Token::UsWeek => number(at.us_week().1, out),
        Token::UsWeek2 => two(at.us_week().1, out),
        Token::UsWeekOrdinal => ordinal(at.us_week().1, out),
        Token::IsoWeek => number(at.iso_week().1, out),
        Token::IsoWeek2 => two(at.iso_week().1, out),
        Token::IsoWeekOrdinal => ordinal(at.iso_week().1, out),
        other => push_time(other, at, out),
    }
}

fn push_time(token: Token, at: &LocalTime, out: &mut Vec<u8>) {
    let half = if at.hour.is_multiple_of(12) { 12 } else { at.hour % 12 };
    let to_24 = if at.hour == 0 { 24 } else { at.hour };
    match token {
        Token::Hour => number(at.hour, out),
        Token::Hour2 => two(at.hour, out),
        Token::HalfHour => number(half, out),
        Token::HalfHour2 => two(half, out),
        Token::HourTo24 => number(to_24, out),
        Token::HourTo24_2 => two(to_24, out),
        Token::Minute => number(at.minute, out),
        Token::Minute2 => two(at.minute, out),
        Token::Second => number(at.second, out),
        Token::Second2 => two(at.second, out),
        Token::UpperHalf => out.extend_from_slice(if at.hour < 12 { b"AM" } else { b"PM" }),
        Token::LowerHalf => out.extend_from_slice(if at.hour < 12 { b"am" } else { b"pm" }),
        Token::Fraction(digits) => {
            let start = out.len();
            padded(at.millis, 3, out);
            out.resize(start + usize::from(digits.min(9)), b'0');
        }
        Token::ZoneName => out.extend_from_slice(at.zone_name().as_bytes()),
        Token::Offset => offset(at.offset, b"", out),
        Token::OffsetColon => offset(at.offset, b":", out),
        Token::UnixSeconds => {
            out.extend_from_slice(itoa::Buffer::new().format(at.instant.millis().div_euclid(1_000)).as_bytes());
        }
        Token::UnixMillis => out.extend_from_slice(itoa::Buffer::new().format(at.instant.millis()).as_bytes()),
        // The long forms were expanded when the format was compiled.
        _ => {}
    }
}

fn number(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

#[inline]
fn two(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

/// At least `width` digits.
fn padded(value: u32, width: usize, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value).as_bytes();
    out.resize(out.len() + width.saturating_sub(digits.len()), b'0');
    out.extend_from_slice(digits);
}

fn year(value: i32, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    padded(value.unsigned_abs(), 4, out);
}

fn ordinal(value: u32, out: &mut Vec<u8>) {
    number(value, out);
    out.extend_from_slice(match (value % 10, value % 100) {
        (_, 11..=13) => b"th",
        (1, _) => b"st",
        (2, _) => b"nd",
        (3, _) => b"rd",
        _ => b"th",
    });
}

fn offset(seconds: i32, colon: &[u8], out: &mut Vec<u8>) {
    out.push(if seconds < 0 { b'-' } else { b'+' });
    let minutes = seconds.unsigned_abs() / 60;
    two(minutes / 60, out);
    out.extend_from_slice(colon);
    two(minutes % 60, out);
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
