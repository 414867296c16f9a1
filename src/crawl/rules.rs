//! The two sets of rules: Glue's, and ours.
//!
//! Whatever the crawler decides differently under `strict_glue` is a method here, so that the promise of strictness can
//! be read in one place.

use std::sync::Arc;

use super::CsvHints;
use super::cell::{glue_cell, plain_cell};
use super::evidence::{FirstRow, Schema};
use super::header::{has_evidence, is_glue_header};
use super::json::Numbers;
use super::shape::Shape;

/// What strictness decides.
pub(super) trait Rules: Send + Sync {
    /// How JSON numbers become types.
    fn json_numbers(&self) -> Numbers;
    /// The shape of a cell of delimited text.
    fn csv_cell(&self, text: &str) -> Shape;
    /// Whether quotes have a meaning in delimited text.
    fn reads_quotes(&self) -> bool;
    /// Whether the first row of delimited text holds the names of the columns.
    fn has_header(&self, first: &FirstRow, rows: &[Vec<String>]) -> bool;
    /// What stands between the cells of delimited text, when that is known.
    fn delimiter(&self) -> Option<u8> {
        None
    }
    /// Whether files of both can be one table, whatever their columns are.
    fn is_compatible(&self, a: &Schema, b: &Schema) -> bool;
    /// Whether a folder of `key=value` folders is a table, and all of these belong to it, similar or not.
    fn trusts_hive_folders(&self) -> bool;
}

/// Ours: nothing that a file says is lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Careful;

/// Glue's, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct StrictGlue;

impl Rules for Careful {
    fn json_numbers(&self) -> Numbers {
        Numbers::Roomy
    }

    fn csv_cell(&self, text: &str) -> Shape {
        plain_cell(text)
    }

    fn reads_quotes(&self) -> bool {
        true
    }

    fn has_header(&self, first: &FirstRow, rows: &[Vec<String>]) -> bool {
        is_glue_header(first) || has_evidence(first, rows)
    }

    fn is_compatible(&self, a: &Schema, b: &Schema) -> bool {
        let layout = |schema: &Schema| schema.csv.map(|csv| (csv.delimiter, csv.has_header));
        a.format == b.format && layout(a) == layout(b) && is_prefix(a, b)
    }

    fn trusts_hive_folders(&self) -> bool {
        true
    }
}

/// Other rules, where the caller knows better.
pub(super) struct Told {
    pub(super) rules: Arc<dyn Rules>,
    pub(super) csv: CsvHints,
}

impl Rules for Told {
    fn json_numbers(&self) -> Numbers {
        self.rules.json_numbers()
    }

    fn csv_cell(&self, text: &str) -> Shape {
        self.rules.csv_cell(text)
    }

    fn reads_quotes(&self) -> bool {
        self.csv.quotes.unwrap_or_else(|| self.rules.reads_quotes())
    }

    fn delimiter(&self) -> Option<u8> {
        self.csv.delimiter
    }

    fn has_header(&self, first: &FirstRow, rows: &[Vec<String>]) -> bool {
        self.csv.header.unwrap_or_else(|| self.rules.has_header(first, rows))
    }

    fn is_compatible(&self, a: &Schema, b: &Schema) -> bool {
        self.rules.is_compatible(a, b)
    }

    fn trusts_hive_folders(&self) -> bool {
        self.rules.trusts_hive_folders()
    }
}

/// Columns of delimited text with a header are read by position, so one file's columns must begin the other's: anything
/// else would be read into the wrong columns.
fn is_prefix(a: &Schema, b: &Schema) -> bool {
    let has_header = |schema: &Schema| schema.csv.is_some_and(|csv| csv.has_header);
    !has_header(a) || a.columns.iter().zip(&b.columns).all(|((a, _), (b, _))| a.eq_ignore_ascii_case(b))
}

impl Rules for StrictGlue {
    fn json_numbers(&self) -> Numbers {
        Numbers::Tight
    }

    fn csv_cell(&self, text: &str) -> Shape {
        glue_cell(text)
    }

    fn reads_quotes(&self) -> bool {
        false
    }

    fn has_header(&self, first: &FirstRow, _: &[Vec<String>]) -> bool {
        is_glue_header(first)
    }

    fn is_compatible(&self, a: &Schema, b: &Schema) -> bool {
        let layout = |schema: &Schema| schema.csv.map(|csv| (csv.delimiter, csv.has_header));
        a.format == b.format && layout(a) == layout(b) && a.compression == b.compression
    }

    fn trusts_hive_folders(&self) -> bool {
        false
    }
}
