//! The decoder that an input schema asks for.

use arrow::array::ArrayRef;

use super::csv::CsvDecoder;
use super::json::{BadRecord, JsonDecoder};
use super::nested::NestedDecoder;
use super::plan::JsonPlan;
use super::schema::{InputSchema, RecordFormat};
use crate::analytics::error::{Error, Result};

/// Decodes records of one input schema into columns.
#[derive(Debug)]
pub(crate) struct RecordDecoder {
    decoder: Decoder,
}

#[derive(Debug)]
enum Decoder {
    /// One document, one row: the fast way.
    Flat(JsonDecoder),
    Nested(NestedDecoder),
    Csv(CsvDecoder),
}

impl RecordDecoder {
    pub(crate) fn new(schema: &InputSchema) -> Result<Self> {
        let decoder = match &schema.format {
            RecordFormat::Csv { row_delimiter, column_delimiter } => {
                Decoder::Csv(CsvDecoder::new(schema, row_delimiter, column_delimiter))
            }
            RecordFormat::Json { .. } => {
                let plan = JsonPlan::new(schema)
                    .map_err(|message| Error::InputSchema { stream: "the input".into(), message })?;
                match plan.flat() {
                    Some(members) => Decoder::Flat(JsonDecoder::new(schema, &members)),
                    None => Decoder::Nested(NestedDecoder::new(schema, plan)),
                }
            }
        };
        Ok(Self { decoder })
    }

    /// Decode one record; gives the number of rows that it added. What could not become a row goes to `bad`.
    ///
    /// `utf8` says that the caller has found `record` to be valid UTF-8.
    #[inline]
    pub(crate) fn decode(&mut self, record: &[u8], utf8: bool, bad: &mut Vec<BadRecord>) -> usize {
        if utf8
            && let Decoder::Flat(decoder) = &mut self.decoder
            && decoder.take(record)
        {
            return 1;
        }
        self.decode_any(record, utf8, bad)
    }

    fn decode_any(&mut self, record: &[u8], utf8: bool, bad: &mut Vec<BadRecord>) -> usize {
        let decoded = match &mut self.decoder {
            Decoder::Flat(decoder) => decoder.decode(record, utf8),
            Decoder::Nested(decoder) => decoder.decode(record),
            Decoder::Csv(decoder) => return decoder.decode(record, bad),
        };
        decoded.unwrap_or_else(|record| {
            bad.push(record);
            0
        })
    }

    /// The columns of the rows decoded so far; the decoder is empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        match &mut self.decoder {
            Decoder::Flat(decoder) => decoder.finish(),
            Decoder::Nested(decoder) => decoder.finish(),
            Decoder::Csv(decoder) => decoder.finish(),
        }
    }
}
