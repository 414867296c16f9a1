//! JSON files: objects one behind the other, with or without newlines between them.
//!
//! Columns are lower-cased by the catalog; the keys' own case is in the SerDe's `paths`.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use arrow::json::reader::Decoder;

use super::error::Error;
use super::text::{TextDecoder, renamed};
use crate::catalog::StorageDescriptor;

/// How the keys of a table's files are written.
#[derive(Debug, Clone)]
pub(super) struct JsonFormat {
    /// Keys in their own case, by column.
    keys: HashMap<String, String>,
}

impl JsonFormat {
    /// # Errors
    /// [`Error::Unsupported`] for files that are one array each, as the crawler notes it.
    pub(super) fn new(storage: &StorageDescriptor) -> Result<Self, Error> {
        if storage.parameters.get("bayou.json.framing").is_some_and(|framing| framing == "array") {
            return Err(Error::Unsupported { what: "Reading JSON files that are one array each".into() });
        }
        let paths = storage.serde.parameters.get("paths").map(String::as_str).unwrap_or_default();
        Ok(Self {
            keys: paths
                .split(',')
                .filter(|key| !key.is_empty())
                .map(|key| (key.to_lowercase(), key.to_owned()))
                .collect(),
        })
    }

    pub(super) fn decoder(&self, columns: &SchemaRef, batch_size: usize) -> Result<Box<dyn TextDecoder>, ArrowError> {
        let keyed = renamed(columns, |name| self.keys.get(name).cloned().unwrap_or_else(|| name.to_owned()));
        // Numbers and booleans in a text column are taken as text: a column of mixed values is text in the catalog.
        let decoder =
            ReaderBuilder::new(keyed).with_batch_size(batch_size).with_coerce_primitive(true).build_decoder()?;
        Ok(Box::new(JsonDecoder { decoder, columns: Arc::clone(columns) }))
    }
}

struct JsonDecoder {
    decoder: Decoder,
    columns: SchemaRef,
}

impl TextDecoder for JsonDecoder {
    fn decode(&mut self, bytes: &[u8]) -> Result<usize, ArrowError> {
        self.decoder.decode(bytes)
    }

    fn flush(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let Some(batch) = self.decoder.flush()? else { return Ok(None) };
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.columns), batch.columns().to_vec(), &options).map(Some)
    }
}
