//! `format_datetime` and `parse_datetime`: Joda-Time's pattern letters.

use arrow::array::ArrayRef;
use chrono::Datelike;

use super::super::column::text_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::moment::{Moments, moment_rows};
use super::mysql::Patterns;
use super::pattern::{Field, Item, Pattern, Word};
use super::zone::Zone;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "format_datetime(timestamp(p), varchar) -> varchar",
        format_datetime,
        "format_datetime(TIMESTAMP '2001-08-22 03:04:05.321', 'EEEE, MMMM d, yyyy h:mm a')",
        "Wednesday, August 22, 2001 3:04 AM",
    ),
    entry(
        "format_datetime(timestamp(p) with time zone, varchar) -> varchar",
        format_datetime,
        "format_datetime(TIMESTAMP '2001-08-22 03:04:05.321 +05:30', 'HH:mm ZZ')",
        "03:04 +05:30",
    ),
    entry(
        "parse_datetime(varchar, varchar) -> timestamp(3) with time zone",
        parse_datetime,
        "parse_datetime('1960/01/22 03:04 +0500', 'yyyy/MM/dd HH:mm Z')",
        "1960-01-22 03:04:00.000 +05:00",
    ),
];

/// Most digits of a number whose letter does not limit them.
const UNLIMITED: usize = 9;

/// Compile a pattern.
fn compile(text: &str) -> Result<Pattern, TrinoError> {
    let characters: Vec<char> = text.chars().collect();
    let (mut items, mut place) = (Vec::new(), 0);
    while place < characters.len() {
        let letter = characters[place];
        if letter == '\'' {
            place = quoted(&characters, place, &mut items);
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            literal(&mut items, letter);
            place += 1;
            continue;
        }
        let count = characters[place..].iter().take_while(|other| **other == letter).count();
        items.push(field(letter, count)?);
        place += count;
    }
    if items.is_empty() { Err(TrinoError::argument("Invalid pattern specification")) } else { Ok(Pattern::new(items)) }
}

fn literal(items: &mut Vec<Item>, character: char) {
    match items.last_mut() {
        Some(Item::Literal(text)) => text.push(character),
        _ => items.push(Item::Literal(character.to_string())),
    }
}

/// Text in quotes; two quotes are one.
fn quoted(characters: &[char], open: usize, items: &mut Vec<Item>) -> usize {
    let mut place = open + 1;
    if characters.get(place) == Some(&'\'') {
        literal(items, '\'');
        return place + 1;
    }
    while place < characters.len() {
        if characters[place] == '\'' {
            if characters.get(place + 1) != Some(&'\'') {
                return place + 1;
            }
            place += 1;
        }
        literal(items, characters[place]);
        place += 1;
    }
    place
}

fn field(letter: char, count: usize) -> Result<Item, TrinoError> {
    let number = |field, most: usize| Ok(Item::Number { field, pad: count, most: most.max(count) });
    let year = |field| {
        if count == 2 {
            // Two digits mean a year of the century around today.
            let pivot = i64::from(chrono::Utc::now().year()) - 30;
            Ok(Item::TwoDigits { field, pivot })
        } else {
            number(field, UNLIMITED)
        }
    };
    match letter {
        'G' => Ok(Item::Text { word: Word::Era, short: false }),
        'C' => number(Field::Century, UNLIMITED),
        'Y' => year(Field::YearOfEra),
        'x' => year(Field::WeekYear),
        'y' => year(Field::Year),
        'w' => number(Field::Week, 2),
        'e' => number(Field::DayOfWeek, 1),
        'E' => Ok(Item::Text { word: Word::DayOfWeek, short: count < 4 }),
        'D' => number(Field::DayOfYear, 3),
        'M' if count >= 3 => Ok(Item::Text { word: Word::Month, short: count == 3 }),
        'M' => number(Field::Month, 2),
        'd' => number(Field::DayOfMonth, 2),
        'a' => Ok(Item::Text { word: Word::Half, short: false }),
        'K' => number(Field::HalfHour, 2),
        'h' => number(Field::HalfClockHour, 2),
        'H' => number(Field::Hour, 2),
        'k' => number(Field::ClockHour, 2),
        'm' => number(Field::Minute, 2),
        's' => number(Field::Second, 2),
        'S' => Ok(Item::Fraction { pad: count, most: count }),
        'z' if count < 4 => Ok(Item::ZoneName),
        'z' => Err(TrinoError::unsupported("Long names of time zones, `zzzz`, are not supported here")),
        'Z' => Ok(match count {
            1 => Item::Offset { colon: false },
            2 => Item::Offset { colon: true },
            _ => Item::ZoneId,
        }),
        other => Err(TrinoError::argument(format!("Illegal pattern component: {}", other.to_string().repeat(count)))),
    }
}

fn format_datetime(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (moments, texts) = (Moments::of(call, 0)?, call.text(1)?);
    let mut patterns = Patterns::default();
    text_rows(call, |row, out| {
        let pattern = patterns.get(texts.value(row), compile)?;
        let zone = moments.zone(row)?;
        if zone.is_none() && pattern.has_zone() {
            return Err(TrinoError::argument(
                "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information",
            ));
        }
        let id = moments.zone_name(row).unwrap_or_default();
        pattern.print(moments.local(row)?.to_millis(), zone.unwrap_or(Zone::Fixed(0)), id, out);
        Ok(true)
    })
}

fn parse_datetime(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, formats) = (call.text(0)?, call.text(1)?);
    let session = Zone::named(&call.session.zone)?;
    let mut patterns = Patterns::default();
    moment_rows(call, |row, out| {
        let parsed =
            patterns.get(formats.value(row), compile)?.parse(texts.value(row)).map_err(TrinoError::argument)?;
        let (zone, name) = parsed.zone.unwrap_or_else(|| (session, call.session.zone.clone()));
        out.push(zone.to_utc(parsed.local), &name).map(|()| true)
    })
}
