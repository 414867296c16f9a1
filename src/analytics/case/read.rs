//! Reading a case.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options, concat};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::NaiveDateTime;
use serde_json::{Map, Value};

use crate::analytics::input::InputSchema;
use crate::analytics::plan::{StreamColumn, table_schema};
use crate::analytics::reference::ReferenceTable;
use crate::analytics::source::{RecordedEvent, RecordedStream, Recording, What};
use crate::analytics::sql_type::SqlType;

/// What a case says.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) recording: Recording,
    pub(super) tables: Vec<ReferenceTable>,
    /// Streams of which it says the rows.
    pub(super) expected: Vec<String>,
}

type Parsed<T> = Result<T, String>;

pub(super) fn case(case: &Value) -> Parsed<Case> {
    let streams = object(case, "streams")?;
    let mut recording = Recording::default();
    for (name, stream) in streams {
        let place = recording.streams.len();
        let recorded = recorded_stream(name, stream)?;
        for row in list(stream, "rows")? {
            recording.events.push(event(place, &recorded, row)?);
        }
        recording.streams.push(recorded);
    }
    // Stable: ties are in the order of the streams.
    recording.events.sort_by_key(|event| event.time);
    let mut tables = Vec::new();
    if let Some(Value::Object(all)) = case.get("tables") {
        for (name, described) in all {
            tables.push(table(name, described)?);
        }
    }
    Ok(Case {
        name: text(case, "id").unwrap_or("case").to_owned(),
        sql: text(case, "sql")?.to_owned(),
        recording,
        tables,
        expected: object(case, "expect")?
            .keys()
            .filter(|name| *name != crate::analytics::ERROR_STREAM)
            .cloned()
            .collect(),
    })
}

fn recorded_stream(name: &str, stream: &Value) -> Parsed<RecordedStream> {
    if let Some(schema) = stream.get("input_schema") {
        let schema = InputSchema::from_api(schema)?;
        let columns = schema.columns.iter().map(|column| (column.name.clone(), column.sql_type)).collect::<Vec<_>>();
        return Ok(RecordedStream { name: name.to_owned(), columns: stream_columns(columns), schema: Some(schema) });
    }
    Ok(RecordedStream { name: name.to_owned(), columns: stream_columns(columns(stream)?), schema: None })
}

fn stream_columns(columns: Vec<(String, SqlType)>) -> Vec<StreamColumn> {
    columns.into_iter().map(|(name, sql_type)| StreamColumn { name, sql_type, not_null: false }).collect()
}

fn columns(described: &Value) -> Parsed<Vec<(String, SqlType)>> {
    let column = |column: &Value| {
        let [Value::String(name), Value::String(sql_type)] = column.as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(format!("a column is a pair of name and type, not {column}"));
        };
        let parsed = SqlType::parse(sql_type).ok_or_else(|| format!("`{sql_type}` is not a type"))?;
        Ok((name.clone(), parsed))
    };
    list(described, "columns")?.iter().map(column).collect()
}

fn event(stream: usize, recorded: &RecordedStream, row: &Value) -> Parsed<RecordedEvent> {
    let member = |name: &str| row.get(name).and_then(Value::as_str);
    let (time, what) = match member("bound") {
        Some(bound) => (instant(bound)?, What::Bound),
        None => {
            let time = instant(text(row, "rowtime")?)?;
            let what = match member("record") {
                Some(record) => What::Record(record.as_bytes().to_vec()),
                None => What::Row(cells(&recorded.columns, list(row, "values")?)?),
            };
            (time, what)
        }
    };
    Ok(RecordedEvent {
        stream,
        time,
        what,
        arrival: member("arrival").map(instant).transpose()?,
        partition_key: member("partition_key").map(str::to_owned),
        shard_id: member("shard_id").map(str::to_owned),
        sequence_number: member("sequence_number").map(str::to_owned),
    })
}

fn cells(columns: &[StreamColumn], values: &[Value]) -> Parsed<Vec<ArrayRef>> {
    if columns.len() != values.len() {
        return Err(format!("a row has {} values, its stream {} columns", values.len(), columns.len()));
    }
    columns.iter().zip(values).map(|(column, value)| cell(column.sql_type, value)).collect()
}

/// A value as an array of one.
fn cell(sql_type: SqlType, value: &Value) -> Parsed<ArrayRef> {
    let arrow_type = sql_type.to_arrow();
    let plain: ArrayRef = match value {
        Value::Null => return Ok(new_null_array(&arrow_type, 1)),
        Value::Bool(value) => Arc::new(BooleanArray::from(vec![*value])),
        Value::Number(number) => match (sql_type, number.as_i64()) {
            (SqlType::Decimal(..), _) => Arc::new(StringArray::from(vec![number.to_string()])),
            (_, Some(value)) => Arc::new(Int64Array::from(vec![value])),
            (_, None) => Arc::new(Float64Array::from(vec![number.as_f64()])),
        },
        Value::String(value) => match sql_type {
            SqlType::Binary(_) | SqlType::Varbinary(_) => {
                let bytes =
                    BASE64_STANDARD.decode(value).map_err(|error| format!("`{value}` is not base64: {error}"))?;
                Arc::new(BinaryArray::from_iter_values([bytes]))
            }
            SqlType::Char(length) => {
                let width = usize::try_from(length).unwrap_or(usize::MAX);
                Arc::new(StringArray::from(vec![format!("{value:<width$}")]))
            }
            _ => Arc::new(StringArray::from(vec![value.as_str()])),
        },
        other => return Err(format!("{other} cannot be a value of type {sql_type}")),
    };
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&plain, &arrow_type, &strict).map_err(|error| format!("{value} is no {sql_type}: {error}"))
}

fn table(name: &str, described: &Value) -> Parsed<ReferenceTable> {
    let columns = columns(described)?;
    let declared = stream_columns(columns.clone());
    let mut rows = Vec::new();
    for row in list(described, "rows")? {
        rows.push(cells(&declared, row.as_array().map_or(&[][..], Vec::as_slice))?);
    }
    let schema = table_schema(&columns);
    let column = |place: usize| {
        let cells: Vec<&dyn Array> = rows.iter().map(|row| row[place].as_ref()).collect();
        concat(&cells).map_err(|error| error.to_string())
    };
    let batch = if rows.is_empty() {
        RecordBatch::new_empty(schema)
    } else {
        let columns = (0..columns.len()).map(column).collect::<Parsed<_>>()?;
        RecordBatch::try_new(schema, columns).map_err(|error| error.to_string())?
    };
    Ok(ReferenceTable { name: name.to_owned(), columns, rows: batch })
}

/// Milliseconds of `2018-05-09T12:50:41.337`.
fn instant(text: &str) -> Parsed<i64> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
        .map(|time| time.and_utc().timestamp_millis())
        .map_err(|error| format!("`{text}` is not an instant: {error}"))
}

fn object<'v>(value: &'v Value, name: &str) -> Parsed<&'v Map<String, Value>> {
    value.get(name).and_then(Value::as_object).ok_or_else(|| format!("the member `{name}` must be an object"))
}

fn list<'v>(value: &'v Value, name: &str) -> Parsed<&'v [Value]> {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| format!("the member `{name}` must be a list"))
}

fn text<'v>(value: &'v Value, name: &str) -> Parsed<&'v str> {
    value.get(name).and_then(Value::as_str).ok_or_else(|| format!("the member `{name}` must be a text"))
}
