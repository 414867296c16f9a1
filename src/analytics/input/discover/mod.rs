//! Schema discovery: a sample of records proposes the input schema.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Using the Schema Discovery Feature on Streaming Data" and "… on Static Data".

mod csv;
mod json;
mod naming;
mod seen;

use super::schema::InputSchema;
use crate::analytics::error::{Error, Result};

/// What discovery found: the members of the service's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// The proposal: InputSchema.
    pub schema: InputSchema,
    /// The rows of the sample as text, by column: ParsedInputRecords.
    pub parsed: Vec<Vec<Option<String>>>,
    /// The sample itself: RawInputRecords.
    pub raw: Vec<String>,
    /// Bytes of the first record that are a header and no row; 0 when there is none.
    pub header: usize,
}

/// Propose the schema of `source` from a sample of its records: JSON when the first one begins with a bracket, else CSV.
///
/// # Errors
/// [`Error::Discovery`] when the sample has nothing to learn from.
pub fn discover<'a>(source: &str, records: impl IntoIterator<Item = &'a [u8]>) -> Result<Discovery> {
    let mut sampled = 0;
    let texts: Vec<&str> = records
        .into_iter()
        .inspect(|_| sampled += 1)
        .filter_map(|record| std::str::from_utf8(record).ok())
        .filter(|record| !record.trim().is_empty())
        .collect();
    let found = match texts.first() {
        None if sampled == 0 => Err("it has no records".to_owned()),
        None => Err(format!("none of the {sampled} records sampled is a text in UTF-8")),
        Some(first) if first.trim_start().starts_with(['{', '[']) => json::discover(&texts),
        Some(_) => csv::discover(&texts),
    };
    found.map_err(|message| Error::Discovery { stream: source.to_owned(), message })
}
