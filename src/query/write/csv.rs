//! Delimited text with quotes, as most programs read it (RFC 4180).

use arrow::array::{Array, RecordBatch};
use arrow::error::ArrowError;
use arrow::util::display::ArrayFormatter;

use super::json::append_json_value;
use super::text::FORMAT;
use crate::query::write_request::CsvStyle;

/// The names of the columns, without a line break.
pub(super) fn append_header(out: &mut Vec<u8>, names: &[String], style: CsvStyle) {
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            out.push(style.separator);
        }
        append_cell(out, name.as_bytes(), style);
    }
}

/// All rows, each with its line break.
pub(super) fn append_rows(out: &mut Vec<u8>, batch: &RecordBatch, style: CsvStyle) -> Result<(), ArrowError> {
    enum Cells<'a> {
        Plain(ArrayFormatter<'a>),
        /// Nested values are JSON in their cell.
        Nested(&'a dyn Array),
    }
    let cells = batch.columns().iter().map(|column| {
        Ok(if column.data_type().is_nested() {
            Cells::Nested(column.as_ref())
        } else {
            Cells::Plain(ArrayFormatter::try_new(column.as_ref(), &FORMAT)?)
        })
    });
    let cells = cells.collect::<Result<Vec<_>, ArrowError>>()?;
    let mut text = String::new();
    let mut nested = Vec::new();
    for row in 0..batch.num_rows() {
        for (place, (cells, column)) in cells.iter().zip(batch.columns()).enumerate() {
            if place > 0 {
                out.push(style.separator);
            }
            if column.is_null(row) {
                continue;
            }
            match cells {
                Cells::Plain(formatter) => {
                    text.clear();
                    formatter.value(row).write(&mut text)?;
                    append_cell(out, text.as_bytes(), style);
                }
                Cells::Nested(array) => {
                    nested.clear();
                    append_json_value(&mut nested, *array, row)?;
                    append_cell(out, &nested, style);
                }
            }
        }
        out.push(b'\n');
    }
    Ok(())
}

/// A cell, in quotes where it would be read otherwise without; an empty text differs from NULL by its quotes.
fn append_cell(out: &mut Vec<u8>, text: &[u8], style: CsvStyle) {
    let Some(quote) = style.quote else {
        out.extend_from_slice(text);
        return;
    };
    let needs_quotes = text.is_empty()
        || text.iter().any(|byte| *byte == style.separator || *byte == quote || matches!(byte, b'\n' | b'\r'))
        || text.first() == Some(&b' ')
        || text.last() == Some(&b' ');
    if !needs_quotes {
        out.extend_from_slice(text);
        return;
    }
    out.push(quote);
    for byte in text {
        if *byte == quote {
            out.push(quote);
        }
        out.push(*byte);
    }
    out.push(quote);
}
