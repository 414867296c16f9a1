//! `REGEX_REPLACE(s, regex, replacement, start, occurrence)`: Java's `replaceAll` from a place on, or for one match.
//!
//! Source: Kinesis Data Analytics SQL Reference, "REGEX_REPLACE".

use std::iter::Peekable;
use std::str::Chars;

use arrow::datatypes::Int64Type;

use super::java_regex::Span;
use super::pattern::Compiled;
use super::{Arguments, JavaRegex, characters};
use crate::analytics::error::Result;
use crate::analytics::expr::kernel::arguments;
use crate::analytics::expr::{Expr, ExprType, Kernel, Message, Values};

const FORMS: &str = "REGEX_REPLACE(text, regex, replacement, start, occurrence)";

pub(super) fn bind(call: Arguments<'_>) -> Result<Expr> {
    let mut values = call.values.iter().map(|(value, _)| value.clone());
    let mut text = || values.next().ok_or_else(|| call.wrong(FORMS)).and_then(|value| call.as_text(value, FORMS));
    let texts = [text()?, text()?, text()?];
    let mut number = || values.next().ok_or_else(|| call.wrong(FORMS)).and_then(|value| call.as_integer(value, FORMS));
    let numbers = [number()?, number()?];
    if values.next().is_some() {
        return Err(call.wrong(FORMS));
    }
    let arguments = texts.into_iter().chain(numbers).collect();
    Expr::call(RegexReplace, arguments, ExprType::varchar(65_535))
}

#[derive(Clone, Copy, Debug)]
struct RegexReplace;

impl Kernel for RegexReplace {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [text, regex, replacement, start, occurrence] = arguments(values)?;
        let (texts, regexes, replacements) = (text.texts()?, regex.texts()?, replacement.texts()?);
        let (starts, occurrences) = (start.primitive::<Int64Type>()?, occurrence.primitive::<Int64Type>()?);
        let mut compiled = Compiled::new(JavaRegex::new);
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let (Some(text), Some(regex), Some(replacement)) =
                (texts.get(row), regexes.get(row), replacements.get(row))
            else {
                return Ok(false);
            };
            let (Some(start), Some(occurrence)) = (starts.get(row), occurrences.get(row)) else { return Ok(false) };
            let (Ok(start), Ok(occurrence)) = (usize::try_from(start), usize::try_from(occurrence)) else {
                return Err(Message::Owned(format!("REGEX_REPLACE from {start}, occurrence {occurrence}: too small")));
            };
            if start < 1 {
                return Err(Message::Borrowed("REGEX_REPLACE searches from character 1 on, not 0"));
            }
            let regex = compiled.get(regex)?;
            if start > characters::count(text) {
                out.push_str(text);
                return Ok(true);
            }
            replace(regex, text, replacement, characters::offset(text, start - 1), occurrence, out)?;
            Ok(true)
        })
    }
}

/// Appends `text` with all matches from byte `from` on replaced, or with the one of that number.
fn replace(
    regex: &JavaRegex,
    text: &str,
    replacement: &str,
    from: usize,
    occurrence: usize,
    out: &mut String,
) -> Result<(), Message> {
    let (mut copied, mut search, mut number) = (0, from, 0);
    while search <= text.len() {
        let Some(groups) = regex.captures(text, search)? else { break };
        let Some((start, end)) = groups.first().copied().flatten() else { break };
        number += 1;
        if occurrence == 0 || number == occurrence {
            out.push_str(text.get(copied..start).unwrap_or_default());
            expand(regex, replacement, text, &groups, out)?;
            copied = end;
        }
        if number == occurrence {
            break;
        }
        // Behind an empty match the search goes on with the next character.
        search = if end > start {
            end
        } else {
            end + text.get(end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        };
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Ok(())
}

/// Appends a replacement: `$1` and `${name}` are groups; `\` takes the next character as it is.
fn expand(
    regex: &JavaRegex,
    replacement: &str,
    text: &str,
    groups: &[Option<Span>],
    out: &mut String,
) -> Result<(), Message> {
    let mut rest = replacement.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\\' => match rest.next() {
                Some(escaped) => out.push(escaped),
                None => return Err(Message::Borrowed("The replacement ends in a backslash")),
            },
            '$' => {
                let group = match rest.next_if_eq(&'{') {
                    Some(_) => named(regex, &mut rest)?,
                    None => numbered(&mut rest, groups.len())?,
                };
                if let Some((start, end)) = groups.get(group).copied().flatten() {
                    out.push_str(text.get(start..end).unwrap_or_default());
                }
            }
            other => out.push(other),
        }
    }
    Ok(())
}

/// The group behind `$`: as many digits as make the number of one.
fn numbered(rest: &mut Peekable<Chars<'_>>, groups: usize) -> Result<usize, Message> {
    let Some(digit) = rest.next().and_then(|c| c.to_digit(10)) else {
        return Err(Message::Borrowed(
            "`$` in a replacement is followed by the number of a group or by its name in braces; write \\$",
        ));
    };
    let mut group = digit as usize;
    while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
        let longer = group * 10 + digit as usize;
        if longer >= groups {
            break;
        }
        group = longer;
        rest.next();
    }
    if group >= groups {
        return Err(Message::Owned(format!("The replacement names the group {group}, which is not there")));
    }
    Ok(group)
}

/// The group behind `${`: a letter, letters and digits, and the brace that closes.
fn named(regex: &JavaRegex, rest: &mut Peekable<Chars<'_>>) -> Result<usize, Message> {
    let mut name = String::new();
    while let Some(next) = rest.next_if(char::is_ascii_alphanumeric) {
        name.push(next);
    }
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || rest.next() != Some('}') {
        return Err(Message::Borrowed(
            "`${` in a replacement is followed by the name of a group, letters and digits, and by `}`",
        ));
    }
    regex
        .group_named(&name)
        .ok_or_else(|| Message::Owned(format!("The replacement names the group `{name}`, which is not there")))
}
