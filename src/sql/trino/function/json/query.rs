//! `JSON_EXISTS`, `JSON_VALUE`, `JSON_QUERY`.
//!
//! Their clauses are syntax; the analyzer turns them into calls of the functions here, whose names no text can spell:
//!
//! * `$json_exists(input, path, names, values, on_error) -> boolean`
//! * `$json_value(input, path, names, values) -> row(state, text)`: what to do about a state, and the type that is
//!   returned, are the analyzer's
//! * `$json_query(input, path, names, values, wrapper, quotes, on_empty, on_error) -> varchar`
//!
//! `input` is JSON text, `names` and `values` are the parameters of PASSING, the words of the clauses are texts such as
//! `NULL`, `ERROR`, `EMPTY ARRAY`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Int32Array, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

use super::super::column::{TextColumn, range, typed};
use super::super::{Call, FunctionEntry, TrinoError, called};
use super::evaluate::{Failed, evaluate};
use super::path::Path;
use super::value::Json;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    called(
        "$json_exists(varchar, varchar, array(varchar), array(json), varchar) -> boolean",
        exists,
        r#"json_exists('{"children": [10, 13]}', 'lax $.children[*]?(@ > 12)')"#,
        "true",
    ),
    called(
        "$json_query(varchar, varchar, array(varchar), array(json), varchar, varchar, varchar, varchar) -> varchar",
        query,
        r#"json_query('{"children": [8, 11]}', 'lax $.children[*]' WITH ARRAY WRAPPER)"#,
        "[8,11]",
    ),
    called(
        "$json_value(varchar, varchar, array(varchar), array(json)) -> row(integer, varchar)",
        value,
        r#"json_value('{"a": [10, 20]}', 'lax $.a[last]' RETURNING bigint)"#,
        "20",
    ),
];

/// States of `$json_value`: there is a value, the path finds nothing, the path fails or finds no single scalar.
const FOUND: i32 = 0;
const EMPTY: i32 = 1;
const FAILED: i32 = 2;

/// The inputs, paths and parameters of a call.
struct Queries<'a> {
    inputs: &'a StringArray,
    path: Path,
    names: &'a arrow::array::ListArray,
    values: &'a arrow::array::ListArray,
}

impl<'a> Queries<'a> {
    fn of(call: &'a Call<'_>) -> Result<Self, TrinoError> {
        let paths = call.text(1)?;
        // A path is a literal.
        let path = Path::parse(if paths.is_empty() { "lax $" } else { paths.value(0) })?;
        Ok(Self { inputs: call.text(0)?, path, names: call.list(2)?, values: call.list(3)? })
    }

    /// The parameters of row `row`.
    fn parameters(&self, row: usize) -> Result<Vec<(String, Json)>, TrinoError> {
        let (names, values) = (typed::<StringArray>(self.names.values())?, typed::<StringArray>(self.values.values())?);
        let places = range(self.names.value_offsets(), row).zip(range(self.values.value_offsets(), row));
        let parameter = |(name, value): (usize, usize)| {
            let parsed = if values.is_null(value) { Ok(Json::Null) } else { Json::parse(values.value(value)) };
            let name = names.value(name).to_owned();
            let failed = |_| input_error(&format!("parameter `{name}` is not JSON"));
            parsed.map_err(failed).map(|parsed| (name.clone(), parsed))
        };
        places.map(parameter).collect()
    }

    /// What the path finds in row `row`.
    fn items(&self, row: usize) -> Result<Vec<Json>, TrinoError> {
        let input = Json::parse(self.inputs.value(row)).map_err(|_| input_error("the input is not JSON"))?;
        evaluate(&self.path, &input, &self.parameters(row)?).map_err(|Failed(message)| {
            TrinoError::new("PATH_EVALUATION_ERROR", format!("path evaluation failed: {message}"))
        })
    }
}

fn input_error(what: &str) -> TrinoError {
    TrinoError::new("JSON_INPUT_CONVERSION_ERROR", format!("conversion to JSON failed: {what}"))
}

/// The word of a clause, the same in all rows.
fn word<'a>(call: &'a Call<'_>, place: usize) -> Result<&'a str, TrinoError> {
    let words = call.text(place)?;
    Ok(if words.is_empty() { "" } else { words.value(0) })
}

fn exists(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (queries, on_error) = (Queries::of(call)?, word(call, 4)?);
    let answer = |row: usize| {
        if queries.inputs.is_null(row) {
            return Ok(None);
        }
        match (queries.items(row), on_error) {
            (Ok(items), _) => Ok(Some(!items.is_empty())),
            (Err(error), "ERROR") => Err(error),
            (Err(_), "TRUE") => Ok(Some(true)),
            (Err(_), "UNKNOWN") => Ok(None),
            (Err(_), _) => Ok(Some(false)),
        }
    };
    let answers = (0..call.rows).map(answer).collect::<Result<Vec<_>, TrinoError>>()?;
    Ok(Arc::new(BooleanArray::from(answers)))
}

fn value(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let queries = Queries::of(call)?;
    let (mut states, mut texts) = (Vec::with_capacity(call.rows), TextColumn::new(call.rows));
    for row in 0..call.rows {
        let outcome =
            if queries.inputs.is_null(row) { Ok(Some(Json::Null)) } else { queries.items(row).and_then(single_scalar) };
        let (state, text) = match outcome {
            Ok(Some(value)) => (FOUND, value.scalar_text()),
            Ok(None) => (EMPTY, None),
            Err(_) => (FAILED, None),
        };
        states.push(state);
        match text {
            Some(text) => texts.push(&text)?,
            None => texts.close(false)?,
        }
    }
    let DataType::Struct(fields) = call.result_type() else {
        return Err(TrinoError::internal("json_value gives no row"));
    };
    let columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(states)), texts.finish()];
    Ok(Arc::new(StructArray::try_new(fields, columns, None::<NullBuffer>)?))
}

/// The one scalar that was found; `None` when nothing was.
fn single_scalar(mut items: Vec<Json>) -> Result<Option<Json>, TrinoError> {
    let refuse = |what: &str| {
        Err(TrinoError::new("JSON_VALUE_RESULT_ERROR", format!("cannot extract SQL scalar from JSON: {what}")))
    };
    match (items.pop(), items.is_empty()) {
        (None, _) => Ok(None),
        (Some(_), false) => refuse("JSON path found multiple items"),
        (Some(item), true) if !item.is_scalar() => {
            refuse("JSON path found an item that cannot be converted to an SQL value")
        }
        (Some(item), true) => Ok(Some(item)),
    }
}

fn query(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let queries = Queries::of(call)?;
    let (wrapper, quotes, on_empty, on_error) = (word(call, 4)?, word(call, 5)?, word(call, 6)?, word(call, 7)?);
    let mut column = TextColumn::new(call.rows);
    for row in 0..call.rows {
        if queries.inputs.is_null(row) {
            column.close(false)?;
            continue;
        }
        let outcome = queries.items(row).and_then(|items| wrapped(items, wrapper));
        let behaviour = match outcome {
            Ok(Some(Json::Text(text))) if quotes == "OMIT" => {
                column.push(&text)?;
                continue;
            }
            Ok(Some(item)) => {
                item.write(column.buffer());
                column.close(true)?;
                continue;
            }
            Ok(None) if on_empty == "ERROR" => {
                return Err(TrinoError::new("JSON_OUTPUT_CONVERSION_ERROR", "JSON path found no items"));
            }
            Ok(None) => on_empty,
            Err(error) if on_error == "ERROR" => return Err(error),
            Err(_) => on_error,
        };
        match behaviour {
            "EMPTY ARRAY" => column.push("[]")?,
            "EMPTY OBJECT" => column.push("{}")?,
            _ => column.close(false)?,
        }
    }
    Ok(column.finish())
}

/// What was found as one item; `None` when nothing was.
fn wrapped(mut items: Vec<Json>, wrapper: &str) -> Result<Option<Json>, TrinoError> {
    if items.is_empty() {
        return Ok(None);
    }
    let is_plain = items.len() == 1;
    match wrapper {
        "UNCONDITIONAL" => Ok(Some(Json::Array(items))),
        "CONDITIONAL" if !(is_plain && items.iter().all(|item| !item.is_scalar())) => Ok(Some(Json::Array(items))),
        _ if is_plain => Ok(items.pop()),
        _ => Err(TrinoError::new(
            "JSON_OUTPUT_CONVERSION_ERROR",
            "JSON path found multiple items and there is no array wrapper",
        )),
    }
}
