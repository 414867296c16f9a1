//! LIKE: `%` and `_`, and an escape only where the query gives one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};

use crate::sql::trino::call::Call;
use crate::sql::trino::error::TrinoError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `%`
    Any,
    /// `_`
    One,
    Character(char),
}

/// The kernel of `value LIKE pattern`.
pub(crate) fn like(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    matched(call, |_| Ok(None))
}

/// The kernel of `value LIKE pattern ESCAPE escape`.
pub(crate) fn like_escape(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    matched(call, |row| {
        let escape = call.args.get(2).map_or("", |escapes| escapes.as_string::<i32>().value(row));
        let mut characters = escape.chars();
        match (characters.next(), characters.next()) {
            (Some(escape), None) => Ok(Some(escape)),
            _ => Err(TrinoError::argument("Escape string must be a single character")),
        }
    })
}

fn matched(
    call: &Call<'_>,
    escape: impl Fn(usize) -> Result<Option<char>, TrinoError>,
) -> Result<ArrayRef, TrinoError> {
    let [values, patterns, ..] = call.args else {
        return Err(TrinoError::internal("LIKE takes a value and a pattern"));
    };
    let (values, patterns) = (values.as_string::<i32>(), patterns.as_string::<i32>());
    let is_constant = call.constant.iter().skip(1).all(|constant| *constant);
    let mut compiled: Vec<Part> = Vec::new();
    let mut results = Vec::with_capacity(values.len());
    for row in 0..values.len() {
        if row == 0 || !is_constant {
            compiled = compile(patterns.value(row), escape(row)?)?;
        }
        let characters: Vec<char> = values.value(row).chars().collect();
        results.push(is_match(&characters, &compiled));
    }
    Ok(Arc::new(BooleanArray::from(results)))
}

fn compile(pattern: &str, escape: Option<char>) -> Result<Vec<Part>, TrinoError> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        parts.push(match c {
            c if Some(c) == escape => match characters.next() {
                Some(next) if next == '%' || next == '_' || Some(next) == escape => Part::Character(next),
                _ => {
                    return Err(TrinoError::argument(
                        "Escape character must be followed by '%', '_' or the escape character itself",
                    ));
                }
            },
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::Character(c),
        });
    }
    Ok(parts)
}

/// Greedy matching that goes back to the last `%` only.
fn is_match(text: &[char], pattern: &[Part]) -> bool {
    let (mut at, mut part) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(part) {
            Some(Part::Any) => {
                back = Some((part, at));
                part += 1;
            }
            Some(Part::One) => {
                at += 1;
                part += 1;
            }
            Some(Part::Character(c)) if *c == text[at] => {
                at += 1;
                part += 1;
            }
            _ => match back {
                Some((any, from)) => {
                    back = Some((any, from + 1));
                    at = from + 1;
                    part = any + 1;
                }
                None => return false,
            },
        }
    }
    pattern[part..].iter().all(|rest| *rest == Part::Any)
}
