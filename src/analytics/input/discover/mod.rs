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

/// Propose the schema of `source` from a sample of its records: JSON when at least half of them begin with a bracket, so
/// that a broken record does not decide for the others; else CSV.
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
    let documents = texts.iter().filter(|text| text.trim_start().starts_with(['{', '['])).count();
    let found = match texts.len() {
        0 if sampled == 0 => Err("it has no records".to_owned()),
        0 => Err(format!("none of the {sampled} records sampled is a text in UTF-8")),
        records if 2 * documents >= records => json::discover(&texts),
        _ => csv::discover(&texts),
    };
    found.map_err(|message| Error::Discovery { stream: source.to_owned(), message })
}
