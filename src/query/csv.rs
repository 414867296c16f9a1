//! CSV files, as the SerDes of the catalog describe them.

use arrow::array::RecordBatch;
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Decoder;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::error::Error;
use super::table::is_nested;
use super::text::TextDecoder;
use crate::catalog::StorageDescriptor;

/// The delimiter, quotes and header of a table's files.
#[derive(Debug, Clone, Copy)]
pub(super) struct CsvFormat {
    delimiter: u8,
    quote: u8,
    header: bool,
}

impl CsvFormat {
    pub(super) fn new(storage: &StorageDescriptor) -> Result<Self, Error> {
        let parameters = &storage.serde.parameters;
        let setting = |keys: &[&str]| keys.iter().find_map(|key| parameters.get(*key)).map(String::as_str);
        let byte = |text: &str| match text.as_bytes() {
            [byte] => Ok(*byte),
            _ => {
                Err(Error::Unsupported { what: format!("The CSV delimiter or quote `{text}`, which is not one byte,") })
            }
        };
        let delimiter = byte(setting(&["separatorChar", "field.delim", "serialization.format"]).unwrap_or(","))?;
        let quote = byte(setting(&["quoteChar"]).unwrap_or("\""))?;
        let skipped = storage.parameters.get("skip.header.line.count").map_or("0", String::as_str);
        let header = match skipped {
            "0" => false,
            "1" => true,
            more => return Err(Error::Unsupported { what: format!("A CSV header of {more} lines") }),
        };
        if let Some(column) = storage.columns.iter().find(|column| is_nested(&column.data_type.to_arrow())) {
            return Err(Error::Unsupported {
                what: format!("The CSV column `{}` of type {}", column.name, column.data_type),
            });
        }
        Ok(Self { delimiter, quote, header })
    }

    pub(super) fn decoder(
        &self,
        columns: &SchemaRef,
        decoded: &[usize],
        batch_size: usize,
    ) -> Result<Box<dyn TextDecoder>, ArrowError> {
        let decoder = ReaderBuilder::new(std::sync::Arc::clone(columns))
            .with_delimiter(self.delimiter)
            .with_quote(self.quote)
            .with_header(self.header)
            .with_truncated_rows(true)
            .with_batch_size(batch_size)
            .with_projection(decoded.to_vec())
            .build_decoder();
        Ok(Box::new(CsvDecoder(decoder)))
    }
}

struct CsvDecoder(Decoder);

impl TextDecoder for CsvDecoder {
    fn decode(&mut self, bytes: &[u8]) -> Result<usize, ArrowError> {
        self.0.decode(bytes)
    }

    fn flush(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        self.0.flush()
    }
}
