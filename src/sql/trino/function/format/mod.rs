//! `format`: Java's `Formatter`, over Trino's values.

mod directive;
mod number;
mod value;

use arrow::array::ArrayRef;

use super::column::text_rows;
use super::{Call, FunctionEntry, TrinoError, called};
use arrow::array::Array;
use directive::{Piece, Pieces};
use value::Column;

pub(super) const ENTRIES: &[FunctionEntry] = &[called(
    "format(varchar, any...) -> varchar",
    format,
    "format('%-7s|%,.2f|%03d', 'hello', 1234.5, 8)",
    "hello  |1,234.50|008",
)];

fn format(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let formats = call.text(0)?;
    let columns = call
        .args
        .iter()
        .zip(call.arg_types)
        .skip(1)
        .map(|(array, data_type)| Column::new(array, data_type))
        .collect::<Result<Vec<_>, _>>()?;
    let mut known: Option<(&str, Pieces)> = None;
    let head = |all: usize| 0..all.min(1);
    let only_format = Call {
        args: &call.args[head(call.args.len())],
        arg_types: &call.arg_types[head(call.arg_types.len())],
        constant: &call.constant[head(call.constant.len())],
        ..*call
    };
    text_rows(&only_format, |row, out| {
        if !formats.is_valid(row) {
            return Ok(false);
        }
        let text = formats.value(row);
        let pieces = match known.take() {
            Some(current) if current.0 == text => current.1,
            _ => Pieces::parse(text).map_err(|error| refused(text, &error))?,
        };
        for piece in pieces.iter() {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Directive(directive, index) => {
                    let column =
                        columns.get(*index).ok_or_else(|| refused(text, &format!("Format specifier '{directive}'")))?;
                    directive.print(&column.get(row)?, out).map_err(|error| refused(text, &error))?;
                }
            }
        }
        known = Some((text, pieces));
        Ok(true)
    })
}

fn refused(format: &str, reason: &str) -> TrinoError {
    TrinoError::argument(format!("Invalid format string: {format} ({reason})"))
}
