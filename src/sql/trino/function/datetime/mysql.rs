//! `date_format` and `date_parse`: MySQL's percent letters.

use arrow::array::ArrayRef;

use super::super::column::text_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::moment::{Moments, moment_rows};
use super::pattern::{Field, Item, Pattern, Word, unsupported};
use super::zone::Zone;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "date_format(timestamp(p), varchar) -> varchar",
        date_format,
        "date_format(TIMESTAMP '2020-01-02 03:04:05.000', '%M %W')",
        "January Thursday",
    ),
    entry(
        "date_format(timestamp(p) with time zone, varchar) -> varchar",
        date_format,
        "date_format(TIMESTAMP '2020-01-02 03:04:05.000 +05:30', '%H:%i')",
        "03:04",
    ),
    entry(
        "date_parse(varchar, varchar) -> timestamp(3)",
        date_parse,
        "date_parse('2013-05-17 23:35:10', '%Y-%m-%d %H:%i:%s')",
        "2013-05-17 23:35:10.000",
    ),
];

/// The first of the hundred years that `%y` means, plus 50.
const PIVOT: i64 = 2020;

/// Compile a pattern.
pub(super) fn compile(text: &str) -> Result<Pattern, TrinoError> {
    let mut items = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            literal(&mut items, character);
            continue;
        }
        match characters.next() {
            Some(letter) => escape(&mut items, letter)?,
            None => return Err(TrinoError::argument(format!("`{text}` ends with a single `%`"))),
        }
    }
    Ok(Pattern::new(items))
}

fn literal(items: &mut Vec<Item>, character: char) {
    match items.last_mut() {
        Some(Item::Literal(text)) => text.push(character),
        _ => items.push(Item::Literal(character.to_string())),
    }
}

fn escape(items: &mut Vec<Item>, letter: char) -> Result<(), TrinoError> {
    let two = |field| Item::Number { field, pad: 2, most: 2 };
    let one = |field| Item::Number { field, pad: 1, most: 2 };
    let colon = || Item::Literal(":".to_owned());
    match letter {
        'a' => items.push(Item::Text { word: Word::DayOfWeek, short: true }),
        'b' => items.push(Item::Text { word: Word::Month, short: true }),
        'c' => items.push(one(Field::Month)),
        'd' => items.push(two(Field::DayOfMonth)),
        'e' => items.push(one(Field::DayOfMonth)),
        'f' => items.push(Item::Fraction { pad: 6, most: 9 }),
        'H' => items.push(two(Field::Hour)),
        'h' | 'I' => items.push(two(Field::HalfClockHour)),
        'i' => items.push(two(Field::Minute)),
        'j' => items.push(Item::Number { field: Field::DayOfYear, pad: 3, most: 3 }),
        'k' => items.push(one(Field::Hour)),
        'l' => items.push(one(Field::HalfClockHour)),
        'M' => items.push(Item::Text { word: Word::Month, short: false }),
        'm' => items.push(two(Field::Month)),
        'p' => items.push(Item::Text { word: Word::Half, short: false }),
        'r' => items.extend([
            two(Field::HalfClockHour),
            colon(),
            two(Field::Minute),
            colon(),
            two(Field::Second),
            Item::Literal(" ".to_owned()),
            Item::Text { word: Word::Half, short: false },
        ]),
        'S' | 's' => items.push(two(Field::Second)),
        'T' => {
            items.extend([two(Field::Hour), colon(), two(Field::Minute), colon(), two(Field::Second)]);
        }
        'v' => items.push(two(Field::Week)),
        'W' => items.push(Item::Text { word: Word::DayOfWeek, short: false }),
        'x' => items.push(Item::Number { field: Field::WeekYear, pad: 4, most: 4 }),
        'Y' => items.push(Item::Number { field: Field::Year, pad: 4, most: 4 }),
        'y' => items.push(Item::TwoDigits { field: Field::Year, pivot: PIVOT }),
        'D' | 'U' | 'u' | 'V' | 'w' | 'X' => return Err(unsupported(&format!("%{letter}"))),
        other => literal(items, other),
    }
    Ok(())
}

/// Patterns by text for the rows of a column.
#[derive(Default)]
pub(super) struct Patterns(Option<(String, Pattern)>);

impl Patterns {
    pub(super) fn get(
        &mut self,
        text: &str,
        compile: fn(&str) -> Result<Pattern, TrinoError>,
    ) -> Result<&Pattern, TrinoError> {
        let current = match self.0.take() {
            Some(current) if current.0 == text => current,
            _ => (text.to_owned(), compile(text)?),
        };
        Ok(&self.0.insert(current).1)
    }
}

fn date_format(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (moments, texts) = (Moments::of(call, 0)?, call.text(1)?);
    let mut patterns = Patterns::default();
    text_rows(call, |row, out| {
        let pattern = patterns.get(texts.value(row), compile)?;
        pattern.print(moments.local(row)?.to_millis(), Zone::Fixed(0), "UTC", out);
        Ok(true)
    })
}

fn date_parse(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, formats) = (call.text(0)?, call.text(1)?);
    let mut patterns = Patterns::default();
    moment_rows(call, |row, out| {
        let parsed =
            patterns.get(formats.value(row), compile)?.parse(texts.value(row)).map_err(TrinoError::argument)?;
        out.push(parsed.local, "").map(|()| true)
    })
}
