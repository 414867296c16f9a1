//! `SimpleDateFormat`, in both directions, for US English and UTC.
//!
//! It is the older of Java's two formatters, with letters and rules of its own: `u` is the number of the weekday, `S` counts
//! milliseconds, a text may go on behind what the format reads. Reading is strict about ranges, as the streaming SQL
//! service reads.
//!
//! Source: Java Platform, class `java.text.SimpleDateFormat`; Kinesis Data Analytics SQL Reference, "Date and Time Patterns".

mod calendar;
mod format;
mod parse;
mod zone;

#[cfg(test)]
mod tests;

use super::PatternError;
use crate::time::Timestamp;

/// A compiled format such as `yyyy-MM-dd HH:mm:ss`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleDateFormat {
    items: Vec<Item>,
}

/// One piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(String),
    Field { letter: char, count: usize },
}

impl SimpleDateFormat {
    /// Compile a format.
    ///
    /// # Errors
    /// A [`PatternError`] at a letter without meaning, or a quote that is not closed.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let items = items(text).map_err(|(place, reason)| PatternError {
            pattern: text.to_owned(),
            position: place + 1,
            reason,
        })?;
        Ok(Self { items })
    }

    /// Appends `instant` in UTC.
    pub fn format(&self, instant: Timestamp, out: &mut String) {
        format::format(&self.items, instant, out);
    }

    /// The instant that the beginning of `text` names; `None` when it does not have this form. A year of two digits is
    /// the one within 80 years before `now` and 20 after it.
    #[must_use]
    pub fn parse(&self, text: &str, now: Timestamp) -> Option<Timestamp> {
        parse::parse(&self.items, text, now)
    }
}

fn items(text: &str) -> Result<Vec<Item>, (usize, String)> {
    let characters: Vec<char> = text.chars().collect();
    let mut items: Vec<Item> = Vec::new();
    let literal = |items: &mut Vec<Item>, character: char| match items.last_mut() {
        Some(Item::Literal(last)) => last.push(character),
        _ => items.push(Item::Literal(character.to_string())),
    };
    let mut place = 0;
    let mut quoted_from = None;
    while let Some(&next) = characters.get(place) {
        let doubled = next == '\'' && characters.get(place + 1) == Some(&'\'');
        match (next, quoted_from) {
            _ if doubled => {
                literal(&mut items, '\'');
                place += 1;
            }
            ('\'', None) => quoted_from = Some(place),
            ('\'', Some(_)) => quoted_from = None,
            (letter, None) if letter.is_ascii_alphabetic() => {
                let count = characters.iter().skip(place).take_while(|other| **other == letter).count();
                if !"GyYMLwWDdFEuaHkKhmsSzZX".contains(letter) {
                    return Err((place, format!("the letter `{letter}` has no meaning")));
                }
                if letter == 'X' && count > 3 {
                    return Err((place, "`X` may stand at most three times".to_owned()));
                }
                items.push(Item::Field { letter, count });
                place += count - 1;
            }
            (other, _) => literal(&mut items, other),
        }
        place += 1;
    }
    match quoted_from {
        Some(place) => Err((place, "a single quote is not closed".to_owned())),
        None => Ok(items),
    }
}
