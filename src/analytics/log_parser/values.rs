//! The values of one column of a row value: texts from lines, converted as CAST converts them.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use chrono::{DateTime, Datelike};

use super::columns::LogColumn;
use crate::analytics::error::Result;
use crate::analytics::input::TextColumn;
use crate::analytics::sql_type::SqlType;
use crate::time::Timestamp;
use crate::time::java::SimpleDateFormat;

/// A column being filled.
pub(super) struct ColumnValues<'a> {
    column: &'a LogColumn,
    now: i64,
    values: Values,
}

enum Values {
    /// Text is kept as it stands in the line, cut to the column's length.
    Text(StringBuilder, usize),
    Typed(TextColumn),
}

impl<'a> ColumnValues<'a> {
    pub(super) fn new(column: &'a LogColumn, rows: usize, now: i64) -> Self {
        let values = match column.sql_type {
            SqlType::Varchar(length) => Values::Text(StringBuilder::with_capacity(rows, 16 * rows), length as usize),
            other => Values::Typed(TextColumn::new(other)),
        };
        Self { column, now, values }
    }

    /// Add a value; `matched` says whether there is a row value at all. What does not fit becomes NULL, with the reason.
    pub(super) fn push(&mut self, text: Option<&str>, matched: bool) -> std::result::Result<(), String> {
        let name = &self.column.name;
        let Some(text) = text else {
            self.push_null();
            let missing = matched && self.column.not_null;
            return if missing {
                Err(format!("the column `{name}` is NOT NULL, and the line has no value for it"))
            } else {
                Ok(())
            };
        };
        match &mut self.values {
            Values::Text(values, length) => {
                let end = text.char_indices().nth(*length).map_or(text.len(), |(place, _)| place);
                values.append_value(&text[..end]);
                Ok(())
            }
            Values::Typed(values) => {
                let pushed = match &self.column.format {
                    Some(format) => push_formatted(values, text, format, self.column.year_of_clock, self.now),
                    None => values.push(text.trim()),
                };
                pushed.map_err(|message| format!("the column `{name}`: {message}"))
            }
        }
    }

    fn push_null(&mut self) {
        match &mut self.values {
            Values::Text(values, _) => values.append_null(),
            Values::Typed(values) => values.push_null(),
        }
    }

    pub(super) fn finish(self) -> Result<ArrayRef> {
        match self.values {
            Values::Text(mut values, _) => Ok(Arc::new(values.finish())),
            Values::Typed(values) => values.finish(),
        }
    }
}

/// Add the date or time that `format` reads in `text`.
fn push_formatted(
    values: &mut TextColumn,
    text: &str,
    format: &SimpleDateFormat,
    year_of_clock: bool,
    now: i64,
) -> std::result::Result<(), String> {
    let year = DateTime::from_timestamp_millis(now).filter(|_| year_of_clock).map(|now| now.year());
    let dated = year.map(|year| format!("{year} {text}"));
    match format.parse(dated.as_deref().unwrap_or(text).trim(), Timestamp(now)) {
        Some(instant) => values.push_instant(instant.millis()),
        None => {
            values.push_null();
            Err(format!("the value `{text}` does not have the form of its column"))
        }
    }
}
