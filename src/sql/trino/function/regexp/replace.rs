//! `regexp_replace`: by nothing, by a text with `$1` and `${name}`, by what a lambda makes of the groups.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};

use super::super::column::{ListShape, TextColumn, text_rows, typed};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::pattern::{Pattern, Patterns};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("regexp_replace(varchar, varchar) -> varchar", replace, r"regexp_replace('1a 2b 14m', '\d+[ab] ')", "14m"),
    entry(
        "regexp_replace(varchar, varchar, varchar) -> varchar",
        replace,
        r"regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')",
        "3ca 3cb 14m",
    ),
    entry(
        "regexp_replace(varchar, varchar, function(array(varchar),varchar)) -> varchar",
        replace_by_lambda,
        r"regexp_replace('new york', '(\w)(\w*)', x -> upper(x[1]) || lower(x[2]))",
        "New York",
    ),
];

/// A piece of a replacement.
enum Piece {
    Literal(String),
    Group(usize),
}

/// The replacement in pieces, by Java's rules.
fn pieces(replacement: &str, pattern: &Pattern) -> Result<Vec<Piece>, TrinoError> {
    let (mut pieces, mut literal) = (Vec::new(), String::new());
    let mut characters = replacement.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => literal.push(characters.next().ok_or_else(|| illegal(replacement))?),
            '$' => {
                let group = if characters.next_if_eq(&'{').is_some() {
                    let name: String = characters.by_ref().take_while(|character| *character != '}').collect();
                    pattern.group_named(&name).ok_or_else(|| {
                        TrinoError::argument(format!("Illegal replacement sequence: unknown group {{ {name} }}"))
                    })?
                } else {
                    let first =
                        characters.next().and_then(|digit| digit.to_digit(10)).ok_or_else(|| illegal(replacement))?;
                    let mut group = first as usize;
                    if group > pattern.groups() {
                        return Err(TrinoError::argument(format!(
                            "Illegal replacement sequence: unknown group {group}"
                        )));
                    }
                    // More digits belong to the number as long as there is such a group.
                    while let Some(digit) = characters.peek().and_then(|digit| digit.to_digit(10)) {
                        let longer = group * 10 + digit as usize;
                        if longer > pattern.groups() {
                            break;
                        }
                        group = longer;
                        characters.next();
                    }
                    group
                };
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Group(group));
            }
            other => literal.push(other),
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

fn illegal(replacement: &str) -> TrinoError {
    TrinoError::argument(format!("Illegal replacement sequence: {replacement}"))
}

fn replace(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let replacements = if call.args.len() > 2 { Some(call.text(2)?) } else { None };
    let mut known = Patterns::default();
    let mut current: Option<(&str, &str, Vec<Piece>)> = None;
    text_rows(call, |row, out| {
        let (text, source) = (texts.value(row), patterns.value(row));
        let pattern = known.get(source)?;
        let replacement = replacements.map_or("", |replacements| replacements.value(row));
        let (_, _, pieces) = match current.take() {
            Some(same) if same.0 == source && same.1 == replacement => current.insert(same),
            _ => current.insert((source, replacement, pieces(replacement, pattern)?)),
        };
        let mut last = 0;
        if let [] | [Piece::Literal(_)] = pieces.as_slice() {
            pattern.each(text, |begin, end| {
                out.push_str(&text[last..begin]);
                if let [Piece::Literal(literal)] = pieces.as_slice() {
                    out.push_str(literal);
                }
                last = end;
                Ok(())
            })?;
        } else {
            pattern.each_captures(text, |captures, begin, end| {
                out.push_str(&text[last..begin]);
                for piece in pieces.iter() {
                    match piece {
                        Piece::Literal(literal) => out.push_str(literal),
                        Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |found| found.as_str())),
                    }
                }
                last = end;
                Ok(())
            })?;
        }
        out.push_str(&text[last..]);
        Ok(true)
    })
}

/// All matches of all rows go through the lambda at once.
fn replace_by_lambda(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, patterns) = (call.text(0)?, call.text(1)?);
    let lambda = call.lambdas.first().ok_or_else(|| TrinoError::internal("the lambda is missing"))?;
    let mut known = Patterns::default();
    let (mut shape, mut groups) = (ListShape::new(0), TextColumn::new(0));
    let (mut rows, mut places) = (Vec::new(), Vec::new());
    for row in 0..call.rows {
        let pattern = known.get(patterns.value(row))?;
        pattern.each_captures(texts.value(row), |captures, begin, end| {
            for group in 1..=pattern.groups() {
                match captures.get(group) {
                    Some(found) => groups.push(found.as_str())?,
                    None => groups.close(false)?,
                }
            }
            shape.close(groups.len(), true)?;
            rows.push(row as u32);
            places.push((begin, end));
            Ok(())
        })?;
    }
    let parameters = shape.into_list(&TrinoType::array(TrinoType::VARCHAR).arrow(), groups.finish())?;
    let replaced: ArrayRef = if rows.is_empty() {
        Arc::new(StringArray::from(Vec::<&str>::new()))
    } else {
        lambda.evaluate(&[parameters], &rows)?
    };
    let replaced = typed::<StringArray>(&replaced)?;
    let mut next = 0;
    text_rows(call, |row, out| {
        let (text, mut last, mut valid) = (texts.value(row), 0, true);
        while rows.get(next).is_some_and(|owner| *owner as usize == row) {
            let (begin, end) = places[next];
            out.push_str(&text[last..begin]);
            // A NULL from the lambda makes the whole result NULL.
            valid &= replaced.is_valid(next);
            out.push_str(if replaced.is_valid(next) { replaced.value(next) } else { "" });
            last = end;
            next += 1;
        }
        out.push_str(&text[last..]);
        Ok(valid)
    })
}
