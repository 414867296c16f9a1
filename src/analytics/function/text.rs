//! Functions of text: lengths, cases, joining, searching, trimming, overlaying.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int32Type, Int64Type};

use super::{Arguments, characters};
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::{arguments, wrong_number};
use crate::analytics::expr::{Expr, ExprType, Kernel, Message, Values};
use crate::analytics::syntax::TrimSide;
use crate::sql::{simple_lower, simple_upper};

/// `CHAR_LENGTH(s)`
pub(super) fn length(call: Arguments<'_>) -> Result<Expr> {
    let forms = "CHAR_LENGTH(text)";
    let text = call.as_text(call.one(forms)?, forms)?;
    Expr::call(Length, vec![text], ExprType::INTEGER)
}

/// `LOWER(s)`, `UPPER(s)`, `INITCAP(s)`
pub(super) fn fold(call: Arguments<'_>) -> Result<Expr> {
    let forms = format!("{}(text)", call.name);
    let text = call.as_text(call.one(&forms)?, &forms)?;
    let sql_type = text.sql_type().clone();
    let case = match call.name {
        "LOWER" => Case::Lower,
        "UPPER" => Case::Upper,
        _ => Case::Initial,
    };
    Expr::call(Fold(case), vec![text], sql_type)
}

#[derive(Clone, Copy, Debug)]
struct Length;

impl Kernel for Length {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text] = arguments(values)?;
        let texts = text.texts()?;
        Ok(Values::collect_primitive::<Int32Type>(rows, &DataType::Int32, |row| {
            Ok(texts.get(row).map(|text| i32::try_from(characters::count(text)).unwrap_or(i32::MAX)))
        }))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
    /// The first letter of each word upper, the others lower, letter by letter as Java's `Character` does.
    Initial,
}

#[derive(Clone, Copy, Debug)]
struct Fold(Case);

impl Kernel for Fold {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text] = arguments(values)?;
        let texts = text.texts()?;
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            let start = out.len();
            match self.0 {
                Case::Lower | Case::Upper if text.is_ascii() => {
                    out.push_str(text);
                    if let Some(appended) = out.get_mut(start..) {
                        if self.0 == Case::Lower {
                            appended.make_ascii_lowercase()
                        } else {
                            appended.make_ascii_uppercase()
                        }
                    }
                }
                Case::Lower => out.push_str(&text.to_lowercase()),
                Case::Upper => out.push_str(&text.to_uppercase()),
                Case::Initial => {
                    let mut inside = false;
                    for letter in text.chars() {
                        out.push(if inside { simple_lower(letter) } else { simple_upper(letter) });
                        inside = letter.is_alphanumeric();
                    }
                }
            }
            Ok(true)
        })
    }
}

/// `a || b`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Concat;

impl Kernel for Concat {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [left, right] = arguments(values)?;
        let (left, right) = (left.texts()?, right.texts()?);
        Values::collect_text(rows, left.bytes() + right.bytes(), |row, out| {
            let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(false) };
            out.push_str(left);
            out.push_str(right);
            Ok(true)
        })
    }
}

/// `POSITION(a IN b)`: from 1, 0 when it is not there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position;

impl Kernel for Position {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [needle, text] = arguments(values)?;
        let (needles, texts) = (needle.texts()?, text.texts()?);
        let finder = needles.constant().map(|needle| memchr::memmem::Finder::new(needle.as_bytes()));
        Ok(Values::collect_primitive::<Int32Type>(rows, &DataType::Int32, |row| {
            let (Some(needle), Some(text)) = (needles.get(row), texts.get(row)) else { return Ok(None) };
            let found = match &finder {
                Some(finder) => finder.find(text.as_bytes()),
                None => text.find(needle),
            };
            let place = found.map_or(0, |at| 1 + characters::count(text.get(..at).unwrap_or_default()));
            Ok(Some(i32::try_from(place).unwrap_or(i32::MAX)))
        }))
    }
}

/// `OVERLAY(a PLACING b FROM n [FOR m])`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overlay;

impl Kernel for Overlay {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text, placing, from, length @ ..] = values else { return Err(wrong_number(values.len())) };
        let (texts, placings) = (text.texts()?, placing.texts()?);
        let from = from.primitive::<Int64Type>()?;
        let length = length.first().map(Values::primitive::<Int64Type>).transpose()?;
        Values::collect_text(rows, texts.bytes() + placings.bytes(), |row, out| {
            let (Some(text), Some(placing), Some(from)) = (texts.get(row), placings.get(row), from.get(row)) else {
                return Ok(false);
            };
            let length = match &length {
                None => i64::try_from(characters::count(placing)).unwrap_or(i64::MAX),
                Some(length) => match length.get(row) {
                    Some(length) => length,
                    None => return Ok(false),
                },
            };
            if length < 0 {
                return Err(Message::Owned(format!("OVERLAY … FOR {length}: the length cannot be negative")));
            }
            let place = |from: i64| usize::try_from(from.saturating_sub(1)).unwrap_or(0);
            let before = characters::offset(text, place(from));
            let after = characters::offset(text, place(from.saturating_add(length)));
            out.push_str(text.get(..before).unwrap_or_default());
            out.push_str(placing);
            out.push_str(text.get(after..).unwrap_or_default());
            Ok(true)
        })
    }
}

/// `TRIM([side] [c] FROM s)`: the character and the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trim(pub(crate) TrimSide);

impl Kernel for Trim {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [what, text] = arguments(values)?;
        let (what, texts) = (what.texts()?, text.texts()?);
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let (Some(what), Some(mut text)) = (what.get(row), texts.get(row)) else { return Ok(false) };
            let mut letters = what.chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else {
                return Err(Message::Owned(format!("TRIM takes one character, not `{what}`")));
            };
            if self.0 != TrimSide::Trailing {
                text = text.trim_start_matches(letter);
            }
            if self.0 != TrimSide::Leading {
                text = text.trim_end_matches(letter);
            }
            out.push_str(text);
            Ok(true)
        })
    }
}

/// Text without the blanks that fill up a CHAR.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrimBlanks;

impl Kernel for TrimBlanks {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text] = arguments(values)?;
        let texts = text.texts()?;
        let array = text.array.as_string::<i32>();
        if !array.iter().flatten().any(|text| text.ends_with(' ')) {
            return Ok(Values::rows(Arc::clone(&text.array)));
        }
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            out.push_str(text.trim_end_matches(' '));
            Ok(true)
        })
    }
}
