//! From a source's records to typed rows: input schemas, their discovery, and the decoding.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Configuring Application Input".

mod api;
mod column;
mod csv;
mod cursor;
mod datetime;
mod decoder;
mod discover;
mod json;
mod nested;
mod path;
mod plan;
mod preprocess;
mod scalar;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod text_column;

pub(crate) use api::SchemaFields;
pub(crate) use decoder::RecordDecoder;
pub use discover::{Discovery, discover};
pub(crate) use json::BadRecord;
pub use preprocess::{Preprocess, ProcessedRecord, RawRecord, read_response, write_request};
pub use schema::{InputColumn, InputSchema, RecordFormat};
pub(crate) use text_column::TextColumn;
