//! The error stream: one row for each record or row that could not be processed, with the reason.
//!
//! Source: Kinesis Data Analytics SQL Reference, "In-Application Error Stream".

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use arrow::array::{RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::error::Result;
use crate::deliver::OutputRows;

/// The stream's name, as outputs name it.
pub const ERROR_STREAM: &str = "error_stream";

/// The most hexadecimal digits of DATA_ROW.
const LONGEST_ROW: usize = 49_152;
/// The most characters of MESSAGE.
const LONGEST_MESSAGE: usize = 4_096;

/// What a row of the error stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorRow {
    /// When the row or record was met, in milliseconds.
    pub(crate) time: i64,
    pub(crate) name: &'static str,
    pub(crate) message: String,
    pub(crate) data_rowtime: i64,
    /// The record's bytes, or the row's text.
    pub(crate) data: Vec<u8>,
    /// Empty for errors of the input.
    pub(crate) pump: String,
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let time = DataType::Timestamp(TimeUnit::Millisecond, None);
    let field = |name: &str, data_type: &DataType| Field::new(name, data_type.clone(), true);
    Arc::new(Schema::new(vec![
        field("ERROR_TIME", &time),
        field("ERROR_LEVEL", &DataType::Utf8),
        field("ERROR_NAME", &DataType::Utf8),
        field("MESSAGE", &DataType::Utf8),
        field("DATA_ROWTIME", &time),
        field("DATA_ROW", &DataType::Utf8),
        field("PUMP_NAME", &DataType::Utf8),
    ]))
});

/// The error stream's columns.
pub(crate) fn error_schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// Error rows as rows of the stream.
pub(crate) fn error_rows(errors: &[ErrorRow]) -> Result<OutputRows> {
    let text = |value: &dyn Fn(&ErrorRow) -> String| {
        Arc::new(errors.iter().map(|row| Some(value(row))).collect::<StringArray>())
    };
    let time = |value: &dyn Fn(&ErrorRow) -> i64| errors.iter().map(value).collect::<Vec<_>>();
    let batch = RecordBatch::try_new(
        error_schema(),
        vec![
            Arc::new(TimestampMillisecondArray::from(time(&|row| row.time))),
            text(&|_| "ERROR".into()),
            text(&|row| row.name.into()),
            text(&|row| row.message.chars().take(LONGEST_MESSAGE).collect()),
            Arc::new(TimestampMillisecondArray::from(time(&|row| row.data_rowtime))),
            text(&|row| hexadecimal(&row.data)),
            text(&|row| row.pump.clone()),
        ],
    )?;
    // Errors of one epoch lie between two bounds; the stream's own order must not go back.
    let mut latest = i64::MIN;
    let rowtime = errors.iter().map(|row| {
        latest = latest.max(row.time);
        latest
    });
    Ok(OutputRows { rowtime: rowtime.collect::<Vec<_>>().into(), batch })
}

/// A row's values as text, for DATA_ROW.
pub(crate) fn row_text(batch: &RecordBatch, row: usize) -> Vec<u8> {
    let options = FormatOptions::new().with_null("NULL");
    let values = batch.columns().iter().map(|column| match ArrayFormatter::try_new(column, &options) {
        Ok(formatter) => formatter.value(row).to_string(),
        Err(_) => "?".to_owned(),
    });
    values.collect::<Vec<_>>().join(",").into_bytes()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().min(LONGEST_ROW / 2) * 2);
    for byte in bytes.iter().take(LONGEST_ROW / 2) {
        let _ = write!(text, "{byte:02X}");
    }
    text
}
