//! JSON values into columns.

use super::scan::{Fault, Scanner};
use crate::query::serde::cell;
use crate::query::serde::column::ColumnBuilder;
use crate::query::serde::value::Times;

/// Seconds have at most so many digits, milliseconds more. Source: OpenX's `ParsePrimitiveUtils.parseTimestamp`.
const SECOND_DIGITS: usize = 10;

/// What differs between the SerDes.
#[derive(Debug)]
pub(super) struct Rules {
    /// OpenX: a value of another type is NULL; Hive's SerDe calls it bad data.
    pub(super) is_openx: bool,
    pub(super) times: Times,
}

/// Append the value at the scanner to `column`; the first one that does not fit is kept in `mismatch`.
pub(super) fn append(
    scanner: &mut Scanner<'_>,
    column: &mut ColumnBuilder,
    rules: &Rules,
    mismatch: &mut Option<String>,
) -> Result<(), Fault> {
    match (scanner.peek(), column) {
        (Some(b'['), ColumnBuilder::Array(array)) => {
            scanner.items(|scanner| append(scanner, &mut array.items, rules, mismatch))?;
            array.lists.end(array.items.len());
        }
        (Some(b'{'), ColumnBuilder::Map(map)) => {
            scanner.members(|scanner, key| {
                // An entry whose key does not fit is left out: a key cannot be NULL.
                if map.keys.append_text(key.as_bytes(), &rules.times) {
                    append(scanner, &mut map.values, rules, mismatch)
                } else {
                    scanner.skip().map(drop)
                }
            })?;
            map.lists.end(map.keys.len());
        }
        (Some(b'{'), ColumnBuilder::Struct(row)) => {
            row.valid.push(true);
            let rows = row.valid.len();
            scanner.members(|scanner, key| {
                let place = row.names.iter().position(|name| name == key);
                let place = place.or_else(|| row.names.iter().position(|name| *name == key.to_lowercase()));
                match place.and_then(|place| row.columns.get_mut(place)) {
                    Some(field) if field.len() < rows => append(scanner, field, rules, mismatch),
                    _ => scanner.skip().map(drop),
                }
            })?;
            row.columns.iter_mut().filter(|field| field.len() < rows).for_each(ColumnBuilder::append_null);
        }
        (Some(b'['), ColumnBuilder::Struct(row)) if rules.is_openx => {
            row.valid.push(true);
            let rows = row.valid.len();
            let mut place = 0;
            scanner.items(|scanner| {
                let field = row.columns.get_mut(place);
                place += 1;
                match field {
                    Some(field) => append(scanner, field, rules, mismatch),
                    None => scanner.skip().map(drop),
                }
            })?;
            row.columns.iter_mut().filter(|field| field.len() < rows).for_each(ColumnBuilder::append_null);
        }
        (Some(b'{' | b'['), column @ (ColumnBuilder::Text(..) | ColumnBuilder::Char(..))) => {
            let text = scanner.skip()?;
            column.append_str(&String::from_utf8_lossy(text));
        }
        (Some(b'{' | b'['), column) => {
            let text = scanner.skip()?;
            unfit(column, text, rules, mismatch);
        }
        (Some(b'"'), column) => {
            let text = scanner.string()?;
            if !column.append_text(text.as_bytes(), &rules.times) {
                // OpenX reads numbers in strings with blanks around them.
                let trimmed = text.trim();
                if !rules.is_openx
                    || trimmed.len() == text.len()
                    || !column.append_text(trimmed.as_bytes(), &rules.times)
                {
                    unfit(column, text.as_bytes(), rules, mismatch);
                }
            }
        }
        (Some(_), column) => append_word(scanner.word()?, column, rules, mismatch)?,
        (None, _) => return Err("the text ends too early"),
    }
    Ok(())
}

fn append_word(
    word: &[u8],
    column: &mut ColumnBuilder,
    rules: &Rules,
    mismatch: &mut Option<String>,
) -> Result<(), Fault> {
    if word == b"null" {
        column.append_null();
        return Ok(());
    }
    let is_number = word.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-');
    if !is_number && word != b"true" && word != b"false" {
        return Err("a value is expected");
    }
    let fits = match &mut *column {
        ColumnBuilder::Timestamp(builder) if is_number && rules.is_openx => match epoch_micros(word) {
            Some(micros) => {
                builder.append_value(micros);
                true
            }
            None => false,
        },
        ColumnBuilder::Date(_) | ColumnBuilder::Binary(_) => false,
        column => column.append_text(word, &rules.times) || (is_number && append_whole(word, column, rules)),
    };
    if !fits {
        unfit(column, word, rules, mismatch);
    }
    Ok(())
}

/// A number with fraction or exponent into a column of whole numbers, if it is whole.
fn append_whole(word: &[u8], column: &mut ColumnBuilder, rules: &Rules) -> bool {
    let whole = cell::float(word).filter(|value| value.fract() == 0.0 && value.abs() < 1e15);
    whole.is_some_and(|value| column.append_text(format!("{value:.0}").as_bytes(), &rules.times))
}

fn epoch_micros(word: &[u8]) -> Option<i64> {
    if word.contains(&b'.') || word.contains(&b'e') || word.contains(&b'E') {
        let seconds = cell::float(word)?;
        #[expect(clippy::cast_possible_truncation, reason = "rounding to whole milliseconds is meant")]
        let millis = (seconds * 1000.0).round() as i64;
        return millis.checked_mul(1000);
    }
    let value = cell::integer(word)?;
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    value.checked_mul(if digits <= SECOND_DIGITS { 1_000_000 } else { 1000 })
}

fn unfit(column: &mut ColumnBuilder, text: &[u8], rules: &Rules, mismatch: &mut Option<String>) {
    column.append_null();
    if !rules.is_openx && mismatch.is_none() {
        *mismatch = Some(String::from_utf8_lossy(text).into_owned());
    }
}
