//! `json_extract`, `json_extract_scalar`, `json_size`: simple paths such as `$.a[0]["b c"]`.
//!
//! The text is read up to the value that the path names and no farther; what comes behind it is not looked at.

use arrow::array::ArrayRef;

use super::super::column::{bigint_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::scan::{Kind, Malformed, Scanner, unescaped};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("json_extract(json, varchar) -> json", extract, r#"json_extract(JSON '{"a":{"b":1}}', '$.a')"#, r#"{"b":1}"#),
    entry("json_extract(varchar, varchar) -> json", extract, r#"json_extract('{"a":{"b":1}}', '$.a')"#, r#"{"b":1}"#),
    entry(
        "json_extract_scalar(json, varchar) -> varchar",
        extract_scalar,
        r#"json_extract_scalar(JSON '[1, 2, 3]', '$[2]')"#,
        "3",
    ),
    entry(
        "json_extract_scalar(varchar, varchar) -> varchar",
        extract_scalar,
        r#"json_extract_scalar('{"a": {"b": [1, 2]}}', '$.a.b[1]')"#,
        "2",
    ),
    entry("json_size(json, varchar) -> bigint", size, r#"json_size(JSON '{"x": [1, 2, 3]}', '$.x')"#, "3"),
    entry("json_size(varchar, varchar) -> bigint", size, r#"json_size('{"x": {"a": 1, "b": 2}}', '$.x')"#, "2"),
];

/// A step into an object by key, or into an array by place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    key: String,
    place: Option<usize>,
}

/// The steps of a path.
fn parse_path(path: &str) -> Result<Vec<Step>, TrinoError> {
    let invalid = || TrinoError::argument(format!("Invalid JSON path: '{path}'"));
    let mut rest = path.strip_prefix('$').ok_or_else(invalid)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let key;
        if let Some(after) = rest.strip_prefix('.') {
            let plain = |c: char| c.is_alphanumeric() || ":$-/@|#_".contains(c);
            let end = after.find(|c| !plain(c)).unwrap_or(after.len());
            key = after[..end].to_owned();
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix("[\"") {
            let (text, after) = quoted(after).ok_or_else(invalid)?;
            key = text;
            rest = after.strip_prefix(']').ok_or_else(invalid)?;
            steps.push(Step { place: key.parse().ok(), key });
            continue;
        } else {
            let (text, after) = rest.strip_prefix('[').and_then(|after| after.split_once(']')).ok_or_else(invalid)?;
            let plain = |c: char| c.is_alphanumeric() || "-_".contains(c);
            key = Some(text).filter(|text| text.chars().all(plain)).ok_or_else(invalid)?.to_owned();
            rest = after;
        }
        if key.is_empty() {
            return Err(invalid());
        }
        steps.push(Step { place: key.parse().ok(), key });
    }
    Ok(steps)
}

/// A text up to its closing quote; a backslash takes the next character as it is.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut key, mut characters) = (String::new(), text.char_indices());
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((key, &text[place + 1..])),
            '\\' => key.push(characters.next()?.1),
            other => key.push(other),
        }
    }
    None
}

/// The steps of the paths of a column, nearly always one path.
#[derive(Default)]
struct Paths(Option<(String, Vec<Step>)>);

impl Paths {
    fn get(&mut self, path: &str) -> Result<&[Step], TrinoError> {
        let current = match self.0.take() {
            Some(current) if current.0 == path => current,
            _ => (path.to_owned(), parse_path(path)?),
        };
        Ok(&self.0.insert(current).1)
    }
}

/// Bring `scanner` to the value that `steps` lead to; `false` when there is none.
fn walk(scanner: &mut Scanner<'_>, steps: &[Step]) -> Result<bool, Malformed> {
    let Some((step, rest)) = steps.split_first() else { return Ok(true) };
    let kind = scanner.kind()?;
    if !matches!(kind, Kind::Array | Kind::Object) {
        return Ok(false);
    }
    let mut more = scanner.open(kind)?;
    let mut place = 0;
    while more {
        let is_wanted = if kind == Kind::Object {
            unescaped(scanner.key()?) == step.key.as_str()
        } else {
            step.place == Some(place)
        };
        if is_wanted {
            return walk(scanner, rest);
        }
        scanner.skip()?;
        place += 1;
        more = scanner.more(kind)?;
    }
    Ok(false)
}

fn extract(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, paths) = (call.text(0)?, call.text(1)?);
    let mut known = Paths::default();
    text_rows(call, |row, out| {
        let mut scanner = Scanner::new(texts.value(row));
        let found = walk(&mut scanner, known.get(paths.value(row))?);
        Ok(matches!(found, Ok(true)) && scanner.copy(out).is_ok())
    })
}

fn extract_scalar(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, paths) = (call.text(0)?, call.text(1)?);
    let mut known = Paths::default();
    text_rows(call, |row, out| {
        let mut scanner = Scanner::new(texts.value(row));
        let found = walk(&mut scanner, known.get(paths.value(row))?);
        Ok(matches!(found, Ok(true)) && scalar(&mut scanner, out).unwrap_or(false))
    })
}

/// Append the text of a scalar; `false` for null, arrays and objects.
fn scalar(scanner: &mut Scanner<'_>, out: &mut String) -> Result<bool, Malformed> {
    match scanner.kind()? {
        Kind::Null | Kind::Array | Kind::Object => return Ok(false),
        Kind::True => scanner.skip().map(|()| out.push_str("true"))?,
        Kind::False => scanner.skip().map(|()| out.push_str("false"))?,
        Kind::Number => out.push_str(scanner.number()?.0),
        Kind::Text => out.push_str(&unescaped(scanner.raw_string()?)),
    }
    Ok(true)
}

fn size(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, paths) = (call.text(0)?, call.text(1)?);
    let mut known = Paths::default();
    bigint_rows(call, |row| {
        let mut scanner = Scanner::new(texts.value(row));
        match walk(&mut scanner, known.get(paths.value(row))?) {
            Ok(true) => Ok(members(&mut scanner).ok()),
            _ => Ok(None),
        }
    })
}

/// Number of elements of an array or members of an object; a scalar has none.
pub(super) fn members(scanner: &mut Scanner<'_>) -> Result<i64, Malformed> {
    let kind = scanner.kind()?;
    if !matches!(kind, Kind::Array | Kind::Object) {
        scanner.skip()?;
        return Ok(0);
    }
    let (mut more, mut count) = (scanner.open(kind)?, 0);
    while more {
        if kind == Kind::Object {
            scanner.key()?;
        }
        scanner.skip()?;
        count += 1;
        more = scanner.more(kind)?;
    }
    Ok(count)
}
