//! What one file told: its format, its columns, and how it must be read.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::shape::{Shape, join_fields};

/// The formats that the crawler knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Format {
    Json,
    Csv,
    Parquet,
    Avro,
    Orc,
}

impl Format {
    /// The catalog's word, as in the parameter `classification`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Avro => "avro",
            Self::Orc => "orc",
        }
    }
}

/// Compression of the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Compression {
    None,
    Gzip,
}

impl Compression {
    /// The catalog's word, as in the parameter `compressionType`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
        }
    }
}

/// How JSON records follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Framing {
    /// One record per line.
    Lines,
    /// Records without newlines between them.
    Concatenated,
    /// Records that span lines.
    MultiLine,
    /// One top-level array of records.
    Array,
}

impl Framing {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Concatenated => "concatenated",
            Self::MultiLine => "multiline",
            Self::Array => "array",
        }
    }
}

/// How the cells of a CSV file are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct CsvLayout {
    pub(super) delimiter: u8,
    /// The first row holds the names.
    pub(super) has_header: bool,
    /// Some cell is in quotes.
    pub(super) is_quoted: bool,
    /// Some quoted cell holds a newline.
    pub(super) is_multi_line: bool,
}

/// What files of one kind have in common; many files share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Schema {
    pub(super) format: Format,
    pub(super) compression: Compression,
    /// Columns with their original names, in order of appearance.
    pub(super) columns: Vec<(String, Shape)>,
    /// Set for JSON.
    pub(super) framing: Option<Framing>,
    /// Set for CSV.
    pub(super) csv: Option<CsvLayout>,
}

impl Schema {
    /// A schema of no columns.
    pub(super) fn empty() -> Self {
        Self { format: Format::Json, compression: Compression::None, columns: Vec::new(), framing: None, csv: None }
    }

    /// The union of both: columns joined by name, layouts widened.
    pub(super) fn merge(&mut self, other: &Self) {
        if self == other {
            return;
        }
        join_fields(&mut self.columns, other.columns.clone());
        if self.compression != other.compression {
            self.compression = Compression::None;
        }
        self.framing = self.framing.max(other.framing);
        if let (Some(csv), Some(more)) = (&mut self.csv, other.csv) {
            csv.is_quoted |= more.is_quoted;
            csv.is_multi_line |= more.is_multi_line;
        }
    }

    /// Columns for a person: `name:type`, joined by commas.
    pub(super) fn summary(&self) -> String {
        let column = |(name, shape): &(String, Shape)| format!("{name}:{}", shape.to_hive());
        self.columns.iter().map(column).collect::<Vec<_>>().join(", ")
    }
}

/// How alike the columns of two schemas are: columns equal in name and mergeable in type, over all columns.
pub(super) fn similarity(a: &Schema, b: &Schema) -> f64 {
    ratio(a, b, Shape::is_mergeable)
}

/// How alike the names of the columns are: columns equal in name over all columns.
pub(super) fn name_similarity(a: &Schema, b: &Schema) -> f64 {
    ratio(a, b, |_, _| true)
}

fn ratio(a: &Schema, b: &Schema, is_alike: fn(&Shape, &Shape) -> bool) -> f64 {
    if a.columns.is_empty() && b.columns.is_empty() {
        return 1.0;
    }
    let of_b: std::collections::HashMap<String, &Shape> =
        b.columns.iter().map(|(name, shape)| (name.to_lowercase(), shape)).collect();
    let mut named_in_both = 0_usize;
    let mut alike = 0_usize;
    for (name, shape) in &a.columns {
        if let Some(other) = of_b.get(&name.to_lowercase()) {
            named_in_both += 1;
            alike += usize::from(is_alike(shape, other));
        }
    }
    let union = a.columns.len() + b.columns.len() - named_in_both;
    #[expect(clippy::cast_precision_loss, reason = "numbers of columns are far below 2^52")]
    let ratio = alike as f64 / union.max(1) as f64;
    ratio
}

/// What is known of the first row of a CSV file, to judge it again beside its siblings.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FirstRow {
    pub(super) cells: Vec<String>,
    /// Shapes of the columns with the first row counted as data.
    pub(super) with_first: Vec<Shape>,
    /// Shapes of the columns below the first row.
    pub(super) below: Vec<Shape>,
    /// Every cell could be a column's name.
    pub(super) is_name_like: bool,
}

/// What one file told.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) schema: Arc<Schema>,
    /// Exact number of rows, for formats that say it.
    pub(super) rows: Option<u64>,
    /// Uncompressed bytes and records of the sample, for the estimate of records.
    pub(super) sampled_bytes: u64,
    pub(super) sampled_records: u64,
    pub(super) first_row: Option<FirstRow>,
    pub(super) notes: Vec<String>,
}

/// Why a file is not classified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unknown {
    pub(super) reason: String,
    pub(super) nearest: Option<String>,
}

impl Unknown {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), nearest: None }
    }

    pub(super) fn nearly(nearest: &str, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), nearest: Some(nearest.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::HiveType;

    fn schema(columns: &[(&str, HiveType)]) -> Schema {
        Schema {
            format: Format::Json,
            compression: Compression::None,
            columns: columns.iter().map(|(name, of)| ((*name).to_owned(), Shape::from(of))).collect(),
            framing: Some(Framing::Lines),
            csv: None,
        }
    }

    #[test]
    fn a_missing_column_costs_once_and_a_clash_of_types_too() {
        use HiveType::{Double, Int, String};
        let abc = schema(&[("a", Int), ("b", Int), ("c", Int)]);
        assert_eq!(similarity(&abc, &abc), 1.0);
        assert_eq!(similarity(&abc, &schema(&[("A", Double), ("b", Int)])), 2.0 / 3.0);
        assert_eq!(similarity(&abc, &schema(&[("a", Int), ("b", Int), ("c", String)])), 2.0 / 3.0);
        assert_eq!(similarity(&abc, &schema(&[("x", Int)])), 0.0);
    }
}
