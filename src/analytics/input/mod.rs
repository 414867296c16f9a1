//! From a stream's records to typed rows: input schemas, their discovery, and the decoding.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Configuring Application Input".

mod column;
mod cursor;
mod datetime;
mod discover;
mod json;
mod scalar;
mod schema;

pub use discover::discover;
pub(crate) use json::JsonDecoder;
pub use schema::{InputColumn, InputSchema};
