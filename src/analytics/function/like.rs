//! LIKE and SIMILAR TO.
//!
//! Most LIKE patterns are a text with `%` before or behind it; those are compared as bytes. Everything else becomes a
//! regular expression once.

use std::sync::Arc;

use arrow::array::{Array, BooleanArray};
use arrow::buffer::BooleanBuffer;
use fancy_regex::Regex;

use super::similar;
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::wrong_number;
use crate::analytics::expr::{Kernel, Message, Values};

/// `a LIKE b [ESCAPE c]`, `a SIMILAR TO b [ESCAPE c]`; the arguments are a, b and perhaps c.
#[derive(Debug)]
pub(crate) struct Like {
    similar: bool,
    matcher: Option<Matcher>,
}

impl Like {
    /// With a pattern that is known.
    ///
    /// # Errors
    /// What is wrong with the pattern, as a sentence.
    pub(crate) fn compiled(similar: bool, pattern: &str, escape: Option<&str>) -> Result<Self, String> {
        Ok(Self { similar, matcher: Some(Matcher::new(similar, pattern, escape)?) })
    }

    /// With a pattern for each row.
    pub(crate) fn by_row(similar: bool) -> Self {
        Self { similar, matcher: None }
    }
}

impl Kernel for Like {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text, pattern, rest @ ..] = values else { return Err(wrong_number(values.len())) };
        let (texts, patterns) = (text.texts()?, pattern.texts()?);
        if let (Some(matcher), false) = (&self.matcher, text.constant) {
            let array = arrow::array::AsArray::as_string::<i32>(&text.array);
            return match matcher {
                Matcher::Regex(regex) => {
                    Ok(Values::collect_boolean(rows, |row| texts.get(row).map(|text| search(regex, text)).transpose()))
                }
                plain => {
                    let found = BooleanBuffer::collect_bool(rows, |row| plain.matches_plain(array.value(row)));
                    Ok(Values::rows(Arc::new(BooleanArray::new(found, array.nulls().cloned()))))
                }
            };
        }
        let escapes = rest.first().map(Values::texts).transpose()?;
        let mut last: Option<(&str, Option<&str>, Result<Matcher, String>)> = None;
        Ok(Values::collect_boolean(rows, |row| {
            let (Some(text), Some(pattern)) = (texts.get(row), patterns.get(row)) else { return Ok(None) };
            let escape = escapes.as_ref().map(|escapes| escapes.get(row));
            // An escape that is NULL makes the result NULL; without ESCAPE there is none.
            let Some(escape) = escape.map_or(Some(None), |escape| escape.map(Some)) else { return Ok(None) };
            if let Some(matcher) = &self.matcher {
                return matcher.matches(text).map(Some);
            }
            if !matches!(&last, Some((known, by, _)) if *known == pattern && *by == escape) {
                last = Some((pattern, escape, Matcher::new(self.similar, pattern, escape)));
            }
            match &last {
                Some((_, _, Ok(matcher))) => matcher.matches(text).map(Some),
                Some((_, _, Err(message))) => Err(Message::Owned(message.clone())),
                None => Ok(None),
            }
        }))
    }
}

/// A compiled pattern.
#[derive(Debug)]
enum Matcher {
    Equal(String),
    StartsWith(String),
    EndsWith(String),
    Contains(Box<memchr::memmem::Finder<'static>>),
    Regex(Box<Regex>),
}

impl Matcher {
    fn new(is_similar: bool, pattern: &str, escape: Option<&str>) -> Result<Self, String> {
        let escape = escape.map(escape_character).transpose()?;
        if is_similar {
            return similar::whole(pattern, escape).map(|regex| Self::Regex(Box::new(regex)));
        }
        let pieces = pieces(pattern, escape)?;
        Ok(match pieces.as_slice() {
            [] => Self::Equal(String::new()),
            [Piece::Text(text)] => Self::Equal(text.clone()),
            [Piece::Text(text), Piece::Any] => Self::StartsWith(text.clone()),
            [Piece::Any, Piece::Text(text)] => Self::EndsWith(text.clone()),
            [Piece::Any] => Self::StartsWith(String::new()),
            [Piece::Any, Piece::Text(text), Piece::Any] => {
                Self::Contains(Box::new(memchr::memmem::Finder::new(text.as_bytes()).into_owned()))
            }
            pieces => {
                let mut regex = String::from("(?s)\\A");
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => regex.push_str(&fancy_regex::escape(text)),
                        Piece::One => regex.push('.'),
                        Piece::Any => regex.push_str(".*"),
                    }
                }
                regex.push_str("\\z");
                let compiled =
                    Regex::new(&regex).map_err(|error| format!("The pattern `{pattern}` is not valid: {error}"))?;
                Self::Regex(Box::new(compiled))
            }
        })
    }

    fn matches(&self, text: &str) -> Result<bool, Message> {
        match self {
            Self::Regex(regex) => search(regex, text),
            plain => Ok(plain.matches_plain(text)),
        }
    }

    fn matches_plain(&self, text: &str) -> bool {
        match self {
            Self::Equal(wanted) => text == wanted,
            Self::StartsWith(wanted) => text.starts_with(wanted.as_str()),
            Self::EndsWith(wanted) => text.ends_with(wanted.as_str()),
            Self::Contains(finder) => finder.find(text.as_bytes()).is_some(),
            Self::Regex(_) => false,
        }
    }
}

fn search(regex: &Regex, text: &str) -> Result<bool, Message> {
    regex.is_match(text).map_err(|error| Message::Owned(format!("The pattern cannot be matched: {error}")))
}

/// ESCAPE's only character.
pub(super) fn escape_character(escape: &str) -> Result<char, String> {
    let mut characters = escape.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(format!("ESCAPE takes one character, not `{escape}`")),
    }
}

enum Piece {
    Text(String),
    /// `_`
    One,
    /// `%`, once for several in a row.
    Any,
}

fn pieces(pattern: &str, escape: Option<char>) -> Result<Vec<Piece>, String> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut characters = pattern.chars();
    while let Some(next) = characters.next() {
        let literal = if Some(next) == escape {
            match characters.next() {
                Some(escaped) if matches!(escaped, '%' | '_') || Some(escaped) == escape => escaped,
                _ => return Err(format!("The escape character in `{pattern}` stands before nothing special")),
            }
        } else if next == '_' {
            pieces.push(Piece::One);
            continue;
        } else if next == '%' {
            if !matches!(pieces.last(), Some(Piece::Any)) {
                pieces.push(Piece::Any);
            }
            continue;
        } else {
            next
        };
        match pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(literal),
            _ => pieces.push(Piece::Text(literal.to_string())),
        }
    }
    Ok(pieces)
}
