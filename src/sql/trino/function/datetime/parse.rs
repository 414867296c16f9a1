//! Reading dates by a compiled pattern, as Joda-Time does.
//!
//! Fields are collected first and applied from the longest to the shortest to 1970-01-01; when the longest is a month or
//! a day, the year is 2000. A field that the calendar does not have (February 30) is an error.

use super::calendar::{
    Day, Local, NANOS_OF_SECOND, day_of_week, days_in_month, from_iso_week, is_leap, iso_week, weeks_in_year,
};
use super::pattern::{Field, Item, Pattern, Word, shortened};
use super::zone::{Zone, parse_offset};

/// The year of texts that start with a month or a day.
const DEFAULT_YEAR: i64 = 2000;

/// The fields that a text gave.
#[derive(Debug, Default)]
struct Found {
    fields: Vec<(Field, i64)>,
    half: Option<i64>,
    nanos: i64,
    zone: Option<(Zone, String)>,
    before_christ: bool,
}

/// What a text says: a wall clock reading, and its zone if it names one.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) local: Local,
    pub(super) zone: Option<(Zone, String)>,
}

impl Pattern {
    /// Read `text`.
    ///
    /// # Errors
    /// A sentence that says where the text departs from the pattern.
    pub(super) fn parse(&self, text: &str) -> Result<Parsed, String> {
        match self.plain().and_then(|plain| plain.parse(text)) {
            Some(local) => Ok(Parsed { local, zone: None }),
            None => self.parse_items(text),
        }
    }

    /// Read `text`, item by item.
    pub(super) fn parse_items(&self, text: &str) -> Result<Parsed, String> {
        let mut found = Found::default();
        let mut rest = text;
        for (place, item) in self.items.iter().enumerate() {
            let numeric_next = matches!(
                self.items.get(place + 1),
                Some(Item::Number { .. } | Item::TwoDigits { .. } | Item::Fraction { .. })
            );
            rest = found.take(item, rest, numeric_next).ok_or_else(|| malformed(text, rest))?;
        }
        if !rest.is_empty() {
            return Err(malformed(text, rest));
        }
        let local = found.resolve().map_err(|reason| format!("Cannot parse \"{text}\": {reason}"))?;
        Ok(Parsed { local, zone: found.zone })
    }
}

fn malformed(text: &str, rest: &str) -> String {
    if rest.is_empty() {
        format!("Invalid format: \"{text}\" is too short")
    } else if rest.len() == text.len() {
        format!("Invalid format: \"{text}\"")
    } else {
        format!("Invalid format: \"{text}\" is malformed at \"{rest}\"")
    }
}

impl Found {
    /// Read one item; gives the rest of the text.
    fn take<'a>(&mut self, item: &Item, text: &'a str, numeric_next: bool) -> Option<&'a str> {
        match item {
            Item::Literal(literal) => {
                let head = text.get(..literal.len())?;
                head.eq_ignore_ascii_case(literal).then(|| &text[literal.len()..])
            }
            Item::Number { field, pad, most } => {
                let is_year = matches!(field, Field::Year | Field::YearOfEra | Field::WeekYear);
                let most = if is_year && numeric_next && *most > 4 { (*pad).max(1) } else { *most };
                let (value, rest) = number(text, most, is_year)?;
                self.fields.push((*field, value));
                Some(rest)
            }
            Item::TwoDigits { field, pivot } => {
                let (value, rest) = number(text, 2, false)?;
                let low = pivot - 50;
                self.fields.push((*field, low + (value - low).rem_euclid(100)));
                Some(rest)
            }
            Item::Text { word, short: _ } => {
                let (place, rest) = word_of(*word, text)?;
                match word {
                    Word::Month => self.fields.push((Field::Month, place + 1)),
                    Word::DayOfWeek => self.fields.push((Field::DayOfWeek, place + 1)),
                    Word::Half => self.half = Some(place),
                    Word::Era => self.before_christ = place == 0,
                }
                Some(rest)
            }
            Item::Fraction { most, .. } => {
                let digits = text.bytes().take(*most).take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    return None;
                }
                let millis = text.bytes().take(digits).chain(std::iter::repeat(b'0')).take(3);
                self.nanos = millis.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')) * 1_000_000;
                Some(&text[digits..])
            }
            Item::Offset { .. } => {
                if let Some(rest) = text.strip_prefix('Z') {
                    self.zone = Some((Zone::Fixed(0), "UTC".to_owned()));
                    return Some(rest);
                }
                let end = text.find(|c: char| !(c.is_ascii_digit() || "+-:".contains(c))).unwrap_or(text.len());
                let zone = Zone::Fixed(parse_offset(&text[..end])?);
                self.zone = Some((zone, zone.name()));
                Some(&text[end..])
            }
            Item::ZoneId | Item::ZoneName => {
                let end =
                    text.find(|c: char| !(c.is_ascii_alphanumeric() || "/_+-:".contains(c))).unwrap_or(text.len());
                let zone = Zone::parse(&text[..end])?;
                self.zone = Some((zone, zone.name()));
                Some(&text[end..])
            }
        }
    }

    fn get(&self, wanted: Field) -> Option<i64> {
        self.fields.iter().rev().find(|(field, _)| *field == wanted).map(|(_, value)| *value)
    }

    fn resolve(&self) -> Result<Local, String> {
        let era_year = self.get(Field::YearOfEra).map(|year| if self.before_christ { 1 - year } else { year });
        let year = self.get(Field::Year).or(era_year);
        let days = self.date(year)?;
        let hour = self.hour()?;
        let minute = within("minuteOfHour", self.get(Field::Minute).unwrap_or(0), 0, 59)?;
        let second = within("secondOfMinute", self.get(Field::Second).unwrap_or(0), 0, 59)?;
        Ok(Local { days, nanos: ((hour * 60 + minute) * 60 + second) * NANOS_OF_SECOND + self.nanos })
    }

    fn date(&self, year: Option<i64>) -> Result<i64, String> {
        let (month, day) = (self.get(Field::Month), self.get(Field::DayOfMonth));
        let (day_of_year, day_of_week_wanted) = (self.get(Field::DayOfYear), self.get(Field::DayOfWeek));
        let (week_year, week) = (self.get(Field::WeekYear), self.get(Field::Week));
        let starts_small = [month, day, day_of_year, day_of_week_wanted, week].iter().any(Option::is_some);
        let year = match (year, week_year) {
            (Some(year), _) => year,
            (None, Some(_)) => 1970,
            (None, None) => {
                if starts_small {
                    DEFAULT_YEAR
                } else {
                    1970
                }
            }
        };
        let month = within("monthOfYear", month.unwrap_or(1), 1, 12)?;
        let mut days = Day { year, month, day: 1 }.days();
        if let Some(week_year) = week_year {
            let (_, base_week) = iso_week(days);
            days = from_iso_week(week_year, base_week.min(weeks_in_year(week_year)), day_of_week(days));
        }
        if let Some(week) = week {
            let (week_year, _) = iso_week(days);
            within("weekOfWeekyear", week, 1, weeks_in_year(week_year))?;
            days = from_iso_week(week_year, week, day_of_week(days));
        }
        if let Some(day_of_year) = day_of_year {
            within("dayOfYear", day_of_year, 1, 365 + i64::from(is_leap(year)))?;
            days = Day { year, month: 1, day: 1 }.days() + day_of_year - 1;
        }
        if let Some(day) = day {
            let base = Day::from_days(days);
            within("dayOfMonth", day, 1, days_in_month(base.year, base.month))?;
            days = Day { day, ..base }.days();
        }
        if let Some(wanted) = day_of_week_wanted {
            within("dayOfWeek", wanted, 1, 7)?;
            days += wanted - day_of_week(days);
        }
        Ok(days)
    }

    fn hour(&self) -> Result<i64, String> {
        let half = self.half;
        if let Some(hour) = self.get(Field::Hour) {
            return within("hourOfDay", hour, 0, 23);
        }
        if let Some(hour) = self.get(Field::ClockHour) {
            return within("clockhourOfDay", hour, 1, 24).map(|hour| hour % 24);
        }
        if let Some(hour) = self.get(Field::HalfHour) {
            return within("hourOfHalfday", hour, 0, 11).map(|hour| hour + 12 * half.unwrap_or(0));
        }
        if let Some(hour) = self.get(Field::HalfClockHour) {
            return within("clockhourOfHalfday", hour, 1, 12).map(|hour| hour % 12 + 12 * half.unwrap_or(0));
        }
        Ok(12 * half.unwrap_or(0))
    }
}

fn within(field: &str, value: i64, low: i64, high: i64) -> Result<i64, String> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(format!("Value {value} for {field} must be in the range [{low},{high}]"))
    }
}

/// At most `most` digits, after a sign where one may stand.
fn number(text: &str, most: usize, signed: bool) -> Option<(i64, &str)> {
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') if signed => (-1, &text[1..]),
        Some(b'+') if signed => (1, &text[1..]),
        _ => (1, text),
    };
    let count = digits.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let value: i64 = digits[..count].parse().ok()?;
    Some((sign * value, &digits[count..]))
}

/// The longest word that `text` starts with, in any case.
fn word_of(word: Word, text: &str) -> Option<(i64, &str)> {
    let starts = |candidate: &str| text.get(..candidate.len()).is_some_and(|head| head.eq_ignore_ascii_case(candidate));
    let texts = word.texts().iter().enumerate();
    let full = texts.clone().find(|(_, text)| starts(text)).map(|(place, text)| (place, text.len()));
    let found = full.or_else(|| {
        texts
            .map(|(place, text)| (place, shortened(text)))
            .find(|(_, text)| starts(text))
            .map(|(place, text)| (place, text.len()))
    });
    found.map(|(place, length)| (place as i64, &text[length..]))
}
