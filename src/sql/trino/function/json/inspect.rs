//! `json_parse`, `json_format`, `is_json_scalar`, and the functions on JSON arrays.

use std::sync::Arc;

use arrow::array::ArrayRef;

use super::super::column::{bigint_rows, boolean_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::extract::members;
use super::scan::{Kind, Malformed, Scanner, unescaped};
use super::value::Json;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("is_json_scalar(json) -> boolean", is_json_scalar, "is_json_scalar(JSON '1')", "true"),
    entry("is_json_scalar(varchar) -> boolean", is_json_scalar, "is_json_scalar('[1, 2, 3]')", "false"),
    entry(
        "json_array_contains(json, boolean) -> boolean",
        contains_boolean,
        "json_array_contains(JSON '[true]', true)",
        "true",
    ),
    entry(
        "json_array_contains(json, bigint) -> boolean",
        contains_bigint,
        "json_array_contains(JSON '[1, 2]', 2)",
        "true",
    ),
    entry(
        "json_array_contains(json, double) -> boolean",
        contains_double,
        "json_array_contains(JSON '[1.5]', 1.5e0)",
        "true",
    ),
    entry(
        "json_array_contains(json, varchar) -> boolean",
        contains_varchar,
        r#"json_array_contains(JSON '["a"]', 'a')"#,
        "true",
    ),
    entry(
        "json_array_contains(varchar, boolean) -> boolean",
        contains_boolean,
        "json_array_contains('[true]', true)",
        "true",
    ),
    entry(
        "json_array_contains(varchar, bigint) -> boolean",
        contains_bigint,
        "json_array_contains('[1, 2]', 2)",
        "true",
    ),
    entry(
        "json_array_contains(varchar, double) -> boolean",
        contains_double,
        "json_array_contains('[1.5]', 1.5e0)",
        "true",
    ),
    entry(
        "json_array_contains(varchar, varchar) -> boolean",
        contains_varchar,
        r#"json_array_contains('[1, 5]', '5')"#,
        "false",
    ),
    entry("json_array_get(json, bigint) -> json", array_get, "json_array_get(JSON '[2, 7, 4]', -1)", "4"),
    entry("json_array_get(varchar, bigint) -> json", array_get, "json_array_get('[2, 7, 4]', 1)", "7"),
    entry("json_array_length(json) -> bigint", array_length, "json_array_length(JSON '[1, 2, 3]')", "3"),
    entry("json_array_length(varchar) -> bigint", array_length, "json_array_length('[1, 2, 3]')", "3"),
    entry("json_format(json) -> varchar", same, r#"json_format(JSON '[1, 2]')"#, "[1,2]").infallible(),
    entry("json_parse(varchar) -> json", parse, r#"json_parse(' {"b": 1, "a": [2]} ')"#, r#"{"a":[2],"b":1}"#),
];

fn same(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    call.args.first().map(Arc::clone).ok_or_else(|| TrinoError::internal("an argument is missing"))
}

fn parse(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    text_rows(call, |row, out| {
        let text = texts.value(row);
        let value = Json::parse(text)
            .map_err(|Malformed| TrinoError::argument(format!("Cannot convert value to JSON: '{text}'")))?;
        value.sorted().write(out);
        Ok(true)
    })
}

fn is_json_scalar(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    boolean_rows(call, |row| {
        let mut scanner = Scanner::new(texts.value(row));
        let kind = scanner.kind().and_then(|kind| scanner.skip().and_then(|()| scanner.end()).map(|()| kind));
        match kind {
            Ok(kind) => Ok(Some(!matches!(kind, Kind::Array | Kind::Object))),
            Err(Malformed) => Err(TrinoError::argument(format!("Invalid JSON value: {}", texts.value(row)))),
        }
    })
}

fn array_length(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let texts = call.text(0)?;
    bigint_rows(call, |row| {
        let mut scanner = Scanner::new(texts.value(row));
        Ok((scanner.kind() == Ok(Kind::Array)).then(|| members(&mut scanner).ok()).flatten())
    })
}

/// Call `element` at each element of the array that `text` is, until it says to stop.
///
/// `None` when the text is no array, or is broken before the end or the stop.
fn each<'a>(text: &'a str, mut element: impl FnMut(&mut Scanner<'a>) -> Result<bool, Malformed>) -> Option<bool> {
    let mut scanner = Scanner::new(text);
    if scanner.kind() != Ok(Kind::Array) {
        return None;
    }
    let mut walk = || {
        let mut more = scanner.open(Kind::Array)?;
        while more {
            if element(&mut scanner)? {
                return Ok::<_, Malformed>(true);
            }
            more = scanner.more(Kind::Array)?;
        }
        Ok(false)
    };
    walk().ok()
}

fn contains_boolean(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, wanted) = (call.text(0)?, call.boolean(1)?);
    boolean_rows(call, |row| {
        let kind = if wanted.value(row) { Kind::True } else { Kind::False };
        Ok(each(texts.value(row), |scanner| {
            let found = scanner.kind()? == kind;
            scanner.skip().map(|()| found)
        }))
    })
}

fn contains_bigint(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, wanted) = (call.text(0)?, call.bigint(1)?);
    boolean_rows(call, |row| {
        Ok(contains_number(texts.value(row), |number, is_whole| is_whole && number.parse() == Ok(wanted.value(row))))
    })
}

fn contains_double(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, wanted) = (call.text(0)?, call.double(1)?);
    boolean_rows(call, |row| {
        Ok(contains_number(texts.value(row), |number, is_whole| !is_whole && number.parse() == Ok(wanted.value(row))))
    })
}

/// Whole numbers and others are of different types, and never equal.
fn contains_number(text: &str, is_wanted: impl Fn(&str, bool) -> bool) -> Option<bool> {
    each(text, |scanner| {
        if scanner.kind()? != Kind::Number {
            return scanner.skip().map(|()| false);
        }
        scanner.number().map(|(number, is_whole)| is_wanted(number, is_whole))
    })
}

fn contains_varchar(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, wanted) = (call.text(0)?, call.text(1)?);
    boolean_rows(call, |row| {
        Ok(each(texts.value(row), |scanner| {
            if scanner.kind()? != Kind::Text {
                return scanner.skip().map(|()| false);
            }
            scanner.raw_string().map(|raw| unescaped(raw) == wanted.value(row))
        }))
    })
}

/// The element at a place from 0, or from the end when negative; strings come without their quotes, as in Trino.
fn array_get(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (texts, indices) = (call.text(0)?, call.bigint(1)?);
    text_rows(call, |row, out| {
        let (text, mut index) = (texts.value(row), indices.value(row));
        if index < 0 {
            let mut scanner = Scanner::new(text);
            let count = if scanner.kind() == Ok(Kind::Array) { members(&mut scanner).unwrap_or(0) } else { 0 };
            index += count;
        }
        let (mut place, mut has_value) = (0, false);
        let found = each(text, |scanner| {
            if place != index {
                place += 1;
                return scanner.skip().map(|()| false);
            }
            match scanner.kind()? {
                Kind::Null => scanner.skip()?,
                Kind::Text => {
                    out.push_str(&unescaped(scanner.raw_string()?));
                    has_value = true;
                }
                _ => {
                    scanner.copy(out)?;
                    has_value = true;
                }
            }
            Ok(true)
        });
        Ok(found == Some(true) && has_value)
    })
}
