//! Date patterns, compiled: what MySQL's and Joda's patterns have in common.
//!
//! One list of items prints and parses, by the rules of Joda-Time, on which both families of functions stand in Trino.

use super::super::TrinoError;
use super::calendar::{Day, Local, day_of_week, day_of_year, iso_week};
use super::plain::Plain;
use super::zone::{Zone, offset_text};

pub(in super::super) const MONTHS: [&str; 12] = [
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
pub(in super::super) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub(super) const HALVES: [&str; 2] = ["AM", "PM"];
pub(super) const ERAS: [&str; 2] = ["BC", "AD"];

/// A number of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    YearOfEra,
    Century,
    WeekYear,
    Month,
    Week,
    DayOfMonth,
    DayOfYear,
    DayOfWeek,
    /// 0 to 23.
    Hour,
    /// 1 to 24.
    ClockHour,
    /// 0 to 11.
    HalfHour,
    /// 1 to 12.
    HalfClockHour,
    Minute,
    Second,
}

/// A word of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Month,
    DayOfWeek,
    Half,
    Era,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Literal(String),
    /// A number of at least `pad` digits; parsing takes at most `most`.
    Number {
        field: Field,
        pad: usize,
        most: usize,
    },
    /// The last two digits of a year; parsing gives a year from `pivot − 50` on.
    TwoDigits {
        field: Field,
        pivot: i64,
    },
    Text {
        word: Word,
        short: bool,
    },
    /// Digits of the second's fraction: at least `pad`; parsing takes at most `most`.
    Fraction {
        pad: usize,
        most: usize,
    },
    /// `+05:30`, with or without the colon.
    Offset {
        colon: bool,
    },
    ZoneName,
    ZoneId,
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) items: Vec<Item>,
    plain: Option<Plain>,
}

impl Pattern {
    pub(super) fn new(items: Vec<Item>) -> Self {
        Self { plain: Plain::of(&items), items }
    }

    /// The pattern's quick form, if it has one.
    pub(super) fn plain(&self) -> Option<&Plain> {
        self.plain.as_ref()
    }
}

impl Word {
    pub(super) fn texts(self) -> &'static [&'static str] {
        match self {
            Self::Month => &MONTHS,
            Self::DayOfWeek => &DAYS,
            Self::Half => &HALVES,
            Self::Era => &ERAS,
        }
    }

    /// The place of the word of `local` in [`Word::texts`].
    fn place(self, local: Local, day: Day) -> usize {
        let place = match self {
            Self::Month => day.month - 1,
            Self::DayOfWeek => day_of_week(local.days) - 1,
            Self::Half => i64::from(local.nanos >= super::calendar::NANOS_OF_DAY / 2),
            Self::Era => i64::from(day.year > 0),
        };
        place as usize
    }
}

/// The first three letters.
pub(super) fn shortened(text: &str) -> &str {
    text.get(..3).unwrap_or(text)
}

impl Field {
    fn value(self, local: Local, day: Day) -> i64 {
        let seconds = local.nanos / super::calendar::NANOS_OF_SECOND;
        let hour = seconds / 3600;
        match self {
            Self::Year => day.year,
            Self::YearOfEra => {
                if day.year > 0 {
                    day.year
                } else {
                    1 - day.year
                }
            }
            Self::Century => day.year / 100,
            Self::WeekYear => iso_week(local.days).0,
            Self::Month => day.month,
            Self::Week => iso_week(local.days).1,
            Self::DayOfMonth => day.day,
            Self::DayOfYear => day_of_year(local.days),
            Self::DayOfWeek => day_of_week(local.days),
            Self::Hour => hour,
            Self::ClockHour => (hour + 23) % 24 + 1,
            Self::HalfHour => hour % 12,
            Self::HalfClockHour => (hour + 11) % 12 + 1,
            Self::Minute => seconds / 60 % 60,
            Self::Second => seconds % 60,
        }
    }
}

impl Pattern {
    /// Whether the pattern prints a zone.
    pub(super) fn has_zone(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Offset { .. } | Item::ZoneName | Item::ZoneId))
    }

    /// Append `local`, the wall clock in `zone`, to `out`.
    pub(super) fn print(&self, local: Local, zone: Zone, zone_id: &str, out: &mut String) {
        let day = Day::from_days(local.days);
        for item in &self.items {
            match item {
                Item::Literal(text) => out.push_str(text),
                Item::Number { field, pad, .. } => print_number(field.value(local, day), *pad, out),
                Item::TwoDigits { field, .. } => print_number(field.value(local, day).abs() % 100, 2, out),
                Item::Text { word, short } => {
                    let text = word.texts()[word.place(local, day)];
                    out.push_str(if *short { shortened(text) } else { text });
                }
                Item::Fraction { pad, most } => print_fraction(local, *pad, *most, out),
                Item::Offset { colon } => {
                    let offset = zone.offset_at(zone.to_utc(local));
                    out.push_str(&offset_text(offset, if *colon { ":" } else { "" }));
                }
                Item::ZoneName => out.push_str(&zone.abbreviation(zone.to_utc(local))),
                Item::ZoneId => out.push_str(zone_id),
            }
        }
    }
}

/// A number with zeros in front, its sign before them.
fn print_number(number: i64, pad: usize, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number.unsigned_abs());
    out.extend(std::iter::repeat_n('0', pad.saturating_sub(digits.len())));
    out.push_str(digits);
}

/// Milliseconds as fraction digits; more than are wanted are cut, fewer than `pad` filled with zeros.
fn print_fraction(local: Local, pad: usize, most: usize, out: &mut String) {
    let millis = local.nanos / 1_000_000 % 1000;
    let digits = [b'0' + (millis / 100) as u8, b'0' + (millis / 10 % 10) as u8, b'0' + (millis % 10) as u8];
    let mut used = most.min(3);
    while used > pad && digits[used - 1] == b'0' {
        used -= 1;
    }
    out.extend(digits[..used].iter().map(|digit| char::from(*digit)));
    out.extend(std::iter::repeat_n('0', pad.saturating_sub(used)));
}

/// Trino's complaint about a letter of a pattern.
pub(super) fn unsupported(what: &str) -> TrinoError {
    TrinoError::argument(format!("{what} not supported in date format string"))
}
