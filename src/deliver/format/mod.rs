//! Record formats: how rows become the bytes of an object.
//!
//! JSON lines and CSV are encoded as rows arrive, into the bytes of the open object, by writers of our own: they choose per
//! column and batch what per-value code would choose per row. Parquet is encoded as a whole when the object is finished.

mod cells;
mod csv;
mod json;
pub(super) mod parquet;
mod text;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::config::Format;
use super::{Error, Result};
use cells::Cells;

/// Encodes the rows of one schema as text.
#[derive(Debug)]
pub(super) enum TextEncoder {
    Json(json::JsonLayout),
    Csv,
}

/// A batch, ready to be encoded row by row.
pub(super) struct TextRows<'a> {
    encoder: &'a TextEncoder,
    cells: Vec<Cells>,
}

impl TextEncoder {
    /// The encoder for `schema`; None for a format that is no text.
    pub(super) fn new(format: Format, schema: &Schema) -> Option<Self> {
        match format {
            Format::Json => Some(Self::Json(json::JsonLayout::new(schema))),
            Format::Csv => Some(Self::Csv),
            Format::Parquet => None,
        }
    }

    /// Look at the types of `batch` once. All that can fail fails here.
    pub(super) fn rows(&self, batch: &RecordBatch) -> Result<TextRows<'_>> {
        let cells = batch.columns().iter().map(Cells::new).collect::<Result<_, _>>();
        let cells = cells.map_err(|source| Error::Encode { format: self.name(), source: Box::new(source) })?;
        Ok(TextRows { encoder: self, cells })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Json(_) => Format::Json.as_str(),
            Self::Csv => Format::Csv.as_str(),
        }
    }
}

impl TextRows<'_> {
    /// Append rows `from..to`.
    pub(super) fn encode(&self, from: usize, to: usize, out: &mut Vec<u8>) {
        match self.encoder {
            TextEncoder::Json(layout) => layout.encode(&self.cells, from, to, out),
            TextEncoder::Csv => csv::encode(&self.cells, from, to, out),
        }
    }
}

/// The rows of `batch`, each as a record of its own, without the line's end.
///
/// # Errors
/// [`Error::UnsupportedColumn`], and for formats that are no text [`Error::Encode`].
pub fn encode_records(format: Format, batch: &RecordBatch) -> Result<Vec<Vec<u8>>> {
    check_schema(format, &batch.schema())?;
    let Some(encoder) = TextEncoder::new(format, &batch.schema()) else {
        return Err(Error::Encode { format: format.as_str(), source: "records of a stream are text".into() });
    };
    let rows = encoder.rows(batch)?;
    let record = |row: usize| {
        let mut record = Vec::new();
        rows.encode(row, row + 1, &mut record);
        record.pop();
        record
    };
    Ok((0..batch.num_rows()).map(record).collect())
}

/// Refuse columns that `format` cannot hold.
pub(super) fn check_schema(format: Format, schema: &Schema) -> Result<()> {
    for field in schema.fields() {
        let fits = match format {
            Format::Json | Format::Csv => cells::is_supported(field.data_type()),
            Format::Parquet => parquet::is_supported(field),
        };
        if !fits {
            return Err(Error::UnsupportedColumn {
                column: field.name().clone(),
                data_type: field.data_type().clone(),
                format: format.as_str(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
