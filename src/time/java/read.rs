//! Text through a compiled pattern, back to an instant.

use chrono::{FixedOffset, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::JavaPattern;
use super::format::{DAYS, MONTHS};
use super::parse::Item;
use crate::time::Timestamp;

/// What the fields of a text say.
#[derive(Default)]
struct Fields {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<u32>,
    half_hour: Option<u32>,
    afternoon: Option<bool>,
    minute: u32,
    second: u32,
    nanos: i64,
    offset: Option<FixedOffset>,
}

impl JavaPattern {
    /// The instant that `text` names in UTC, or in the zone that it names itself; fields that the pattern does not have
    /// are the first of their kind. `None` when the text does not have the pattern's form.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Timestamp> {
        let mut fields = Fields::default();
        let mut rest = text;
        let mut items = self.items.iter().peekable();
        while let Some(item) = items.next() {
            match item {
                Item::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Item::Field { symbol, count, .. } => {
                    // Fields that touch are as wide as their count; others take all of their digits.
                    let touching = matches!(items.peek(), Some(Item::Field { .. }));
                    rest = fields.take(*symbol, *count, touching, rest.trim_start_matches(' '))?;
                }
            }
        }
        if rest.is_empty() { fields.instant() } else { None }
    }
}

impl Fields {
    /// Read one field from the front of `text`; gives the rest.
    fn take<'a>(&mut self, symbol: char, count: usize, touching: bool, text: &'a str) -> Option<&'a str> {
        let number = |least: usize, most: usize| {
            let most = if touching { count.max(least).min(most) } else { most };
            let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
            (digits >= least).then(|| text.split_at_checked(digits)).flatten()
        };
        let short = |value: &mut Option<u32>, most: usize| {
            let (digits, rest) = number(1, most)?;
            *value = Some(digits.parse().ok()?);
            Some(rest)
        };
        match symbol {
            'y' | 'u' if count == 2 => {
                let (digits, rest) = number(2, 2)?;
                self.year = Some(2000 + digits.parse::<i32>().ok()?);
                Some(rest)
            }
            'y' | 'u' => {
                let (digits, rest) = number(1, if touching { count.max(4) } else { 9 })?;
                self.year = Some(digits.parse().ok()?);
                Some(rest)
            }
            'M' | 'L' if count >= 3 => {
                let place = MONTHS.iter().position(|name| starts_with(text, name, count == 3))?;
                self.month = u32::try_from(place + 1).ok();
                text.get(if count == 3 { 3 } else { MONTHS.get(place)?.len() }..)
            }
            'M' | 'L' => short(&mut self.month, 2),
            'd' => short(&mut self.day, 2),
            'D' => short(&mut self.day_of_year, 3),
            'H' | 'k' => short(&mut self.hour, 2),
            'h' | 'K' => short(&mut self.half_hour, 2),
            'm' | 's' => {
                let (digits, rest) = number(1, 2)?;
                let value = digits.parse().ok()?;
                if symbol == 'm' {
                    self.minute = value
                } else {
                    self.second = value
                }
                Some(rest)
            }
            'S' => {
                let (digits, rest) = number(1, if touching { count } else { 9 })?;
                self.nanos = digits.parse::<i64>().ok()? * 10_i64.pow(9 - u32::try_from(digits.len()).ok()?);
                Some(rest)
            }
            'a' => {
                let afternoon = text.get(..2)?.eq_ignore_ascii_case("pm");
                (afternoon || text.get(..2)?.eq_ignore_ascii_case("am")).then_some(())?;
                self.afternoon = Some(afternoon);
                text.get(2..)
            }
            'E' => {
                let short = count <= 3;
                let name = DAYS.iter().find(|name| starts_with(text, name, short))?;
                text.get(if short { 3 } else { name.len() }..)
            }
            'Z' | 'X' | 'x' => self.offset(text),
            'z' | 'V' => {
                let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"/_+-:".contains(c)).unwrap_or(text.len());
                let (name, rest) = text.split_at_checked(end)?;
                matches!(name.parse::<Tz>().ok()?, Tz::UTC | Tz::GMT | Tz::Etc__UTC | Tz::Etc__GMT).then_some(rest)
            }
            _ => None,
        }
    }

    fn offset<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some(rest) = text.strip_prefix('Z') {
            self.offset = FixedOffset::east_opt(0);
            return Some(rest);
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let body = text.strip_prefix(['+', '-'])?;
        let hours: i32 = body.get(..2)?.parse().ok()?;
        let rest = body.get(2..)?;
        let minutes = rest.strip_prefix(':').unwrap_or(rest);
        let (minutes, rest) = match minutes.get(..2).and_then(|digits| digits.parse::<i32>().ok()) {
            Some(value) => (value, minutes.get(2..)?),
            None => (0, rest),
        };
        self.offset = FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60));
        self.offset.map(|_| rest)
    }

    fn instant(&self) -> Option<Timestamp> {
        let year = self.year.unwrap_or(1970);
        let date = match self.day_of_year {
            Some(day) => NaiveDate::from_yo_opt(year, day)?,
            None => NaiveDate::from_ymd_opt(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?,
        };
        let hour = match (self.hour, self.half_hour) {
            (Some(hour), _) => hour % if hour == 24 { 24 } else { 25 },
            (None, Some(half)) => half % 12 + if self.afternoon == Some(true) { 12 } else { 0 },
            (None, None) => 0,
        };
        let local =
            date.and_hms_opt(hour, self.minute, self.second)?.checked_add_signed(TimeDelta::nanoseconds(self.nanos))?;
        let offset = i64::from(self.offset.map_or(0, |offset| offset.local_minus_utc()));
        Some(Timestamp(local.and_utc().timestamp_millis() - offset * 1000))
    }
}

/// Whether `text` begins with the name, or with its first three letters, in any case.
fn starts_with(text: &str, name: &str, short: bool) -> bool {
    let length = if short { 3 } else { name.len() };
    match (text.get(..length), name.get(..length)) {
        (Some(text), Some(name)) => text.eq_ignore_ascii_case(name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Option<i64> {
        JavaPattern::parse(pattern).unwrap().read(text).map(Timestamp::millis)
    }

    #[test]
    fn a_text_is_read_as_it_would_be_written() {
        let utc = chrono_tz::UTC;
        for (pattern, text) in [
            ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2019-08-21T10:11:12.345Z"),
            ("yyyyMM", "201908"),
            ("yyyy/MM/dd/HH", "2019/08/21/10"),
            ("dd/MMM/yyyy:HH:mm:ss Z", "21/Aug/2019:10:11:12 +0000"),
            ("d MMMM yyyy h:mm a", "21 August 2019 10:11 PM"),
            ("yyyyMMddHHmmssSSS", "20190821101112345"),
            ("yyyy-DDD", "2019-233"),
        ] {
            let compiled = JavaPattern::parse(pattern).unwrap();
            assert_eq!(compiled.format(compiled.read(text).unwrap(), utc), text, "{pattern}");
        }
    }

    #[test]
    fn offsets_move_to_utc_and_other_forms_are_none() {
        assert_eq!(read("yyyy-MM-dd HH:mm Z", "1970-01-01 01:00 +0100"), Some(0));
        assert_eq!(read("yyyy-MM-dd'T'HH:mmXXX", "1970-01-01T01:00+01:00"), Some(0));
        for (pattern, text) in [("yyyy-MM-dd", "2019-08"), ("yyyy-MM-dd", "2019-08-21x"), ("yyyy-MM-dd", "2019-02-30")]
        {
            assert_eq!(read(pattern, text), None, "{pattern} {text}");
        }
    }
}
