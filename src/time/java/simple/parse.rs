//! Text as an instant.

use chrono::Datelike as _;

use super::Item;
use super::calendar::{AM_PM, DAYS, Fields, MONTHS};
use super::zone::{iso_offset, zone};
use crate::time::Timestamp;

/// How many years before now the hundred years of two digits begin.
const CENTURY_BACK: i64 = 80;

/// Reads a prefix of `text`.
pub(super) fn parse(items: &[Item], text: &str, now: Timestamp) -> Option<Timestamp> {
    let this_year = i64::from(now.to_utc()?.year());
    let mut reader = Reader { text, this_year, at: 0, fields: Fields::default() };
    for (place, item) in items.iter().enumerate() {
        match item {
            Item::Literal(literal) => {
                reader.text.get(reader.at..)?.strip_prefix(literal.as_str())?;
                reader.at += literal.len();
            }
            Item::Field { letter, count } => {
                let adjacent = matches!(items.get(place + 1), Some(Item::Field { .. }));
                // Before a literal minus sign, a minus sign is not the number's own.
                let minus_follows = matches!(items.get(place + 1), Some(Item::Literal(text)) if text.starts_with('-'));
                reader.field(*letter, *count, adjacent, minus_follows)?;
            }
        }
    }
    reader.fields.instant()
}

struct Reader<'a> {
    text: &'a str,
    this_year: i64,
    /// Byte behind what was read.
    at: usize,
    fields: Fields,
}

impl Reader<'_> {
    /// Reads a field. `adjacent`: another field follows at once, so the number of letters is the number of digits.
    fn field(&mut self, letter: char, count: usize, adjacent: bool, minus_follows: bool) -> Option<()> {
        let width = adjacent.then_some(count);
        match letter {
            'G' => self.name('G', &["BC", "AD"], 0),
            'M' | 'L' if count > 2 => self.name('M', &MONTHS, 1),
            'E' => self.name('E', &DAYS, 1),
            'a' => self.name('a', &AM_PM, 0),
            'z' | 'Z' | 'X' => self.zone(letter, count),
            'y' | 'Y' => {
                let start = self.at;
                let value = self.number(width, minus_follows)?;
                // Exactly two digits, with no blank before them: the year nearest to now.
                let digits = self.text.get(start..self.at)?;
                let short = count <= 2 && digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
                self.fields.set(letter, if short { near_year(value, self.this_year) } else { value });
                Some(())
            }
            _ => {
                let value = self.number(width, minus_follows)?;
                let (letter, value) = match letter {
                    'L' => ('M', value),
                    // Hours from 1: the last one is the first.
                    'k' => ('H', from_one(value, 24)?),
                    'h' => ('K', from_one(value, 12)?),
                    // Weekdays from Monday, as weekdays from Sunday.
                    'u' => ('E', if (1..=7).contains(&value) { value % 7 + 1 } else { return None }),
                    other => (other, value),
                };
                self.fields.set(letter, value);
                Some(())
            }
        }
    }

    /// A whole number behind blanks.
    fn number(&mut self, width: Option<usize>, minus_follows: bool) -> Option<i64> {
        let rest = self.text.get(self.at..)?;
        let rest = match width {
            // The blanks count in the width.
            Some(width) => rest
                .get(..rest.char_indices().nth(width).map_or(rest.len(), |(end, _)| end))
                .filter(|part| part.chars().count() == width)?,
            None => rest,
        };
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let (negative, digits) = match trimmed.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, trimmed),
        };
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let value: i64 = digits.get(..end)?.parse().ok()?;
        self.at += rest.len() - digits.len() + end;
        if negative && minus_follows && self.text.get(self.at..).is_some_and(|behind| !behind.starts_with('-')) {
            return None;
        }
        Some(if negative { -value } else { value })
    }

    /// One of the names, in full or its first three letters, in any case.
    fn name(&mut self, letter: char, names: &[&str], first: i64) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let matches = |name: &str| rest.get(..name.len()).is_some_and(|written| written.eq_ignore_ascii_case(name));
        let found = names.iter().zip(first..).find_map(|(name, value)| {
            let short = name.get(..3).unwrap_or(name);
            if matches(name) {
                Some((name.len(), value))
            } else if matches(short) {
                Some((short.len(), value))
            } else {
                None
            }
        });
        let (length, value) = found?;
        self.at += length;
        self.fields.set(letter, value);
        Some(())
    }

    fn zone(&mut self, letter: char, count: usize) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let (zone, length) = if letter == 'X' { iso_offset(trimmed, count) } else { zone(trimmed) }?;
        self.at += rest.len() - trimmed.len() + length;
        self.fields.zone = Some(zone);
        Some(())
    }
}

fn from_one(value: i64, last: i64) -> Option<i64> {
    (1..=last).contains(&value).then_some(value % last)
}

/// The year of two digits that lies within 80 years back and 20 ahead.
fn near_year(value: i64, this_year: i64) -> i64 {
    let start = this_year - CENTURY_BACK;
    let year = start - start.rem_euclid(100) + value;
    if year < start { year + 100 } else { year }
}
