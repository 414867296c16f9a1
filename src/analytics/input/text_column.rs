//! A typed column filled from texts, for what reads values out of text: log parsers, the discovery of CSV.

use arrow::array::ArrayRef;

use super::column::ColumnBuilder;
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

/// A column whose values come as text.
#[derive(Debug)]
pub(crate) struct TextColumn {
    column: ColumnBuilder,
}

impl TextColumn {
    pub(crate) fn new(sql_type: SqlType) -> Self {
        Self { column: ColumnBuilder::new(sql_type) }
    }

    /// Add a value; one that does not fit becomes NULL, and the error says why.
    pub(crate) fn push(&mut self, text: &str) -> std::result::Result<(), String> {
        self.column.append_string(text).inspect_err(|_| self.column.append_null())
    }

    /// Add the date, time or timestamp of an instant in milliseconds, as [`Self::push`] does.
    pub(crate) fn push_instant(&mut self, millis: i64) -> std::result::Result<(), String> {
        self.column.append_instant(millis).inspect_err(|_| self.column.append_null())
    }

    pub(crate) fn push_null(&mut self) {
        self.column.append_null();
    }

    pub(crate) fn finish(mut self) -> Result<ArrayRef> {
        self.column.finish()
    }
}
