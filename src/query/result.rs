//! Small results: rows of text, as Hive's statements give them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::execution::ResultColumn;

/// Blanks fill names and types to this width. Source: Hive's `MetaDataFormatUtils`.
const WIDTH: usize = 20;

/// Columns and rows that are there already.
pub(super) struct Rows {
    pub(super) columns: Vec<ResultColumn>,
    pub(super) schema: SchemaRef,
    pub(super) batches: Vec<RecordBatch>,
}

impl Rows {
    /// Neither columns nor rows.
    pub(super) fn none() -> Self {
        Self { columns: Vec::new(), schema: Arc::new(Schema::empty()), batches: Vec::new() }
    }

    /// Columns of text with the metadata type `string`.
    pub(super) fn text<const N: usize>(names: [&str; N], rows: Vec<[String; N]>) -> Self {
        Self::texts("string", names, rows)
    }

    /// One column of lines, a row each.
    pub(super) fn lines(name: &str, text: &str) -> Self {
        Self::text([name], text.lines().map(|line| [line.to_owned()]).collect())
    }

    /// Columns of text with the type `varchar`, as Trino's own statements give them.
    pub(super) fn varchar<const N: usize>(names: [&str; N], rows: Vec<[String; N]>) -> Self {
        Self::texts("varchar", names, rows)
    }

    fn texts<const N: usize>(data_type: &str, names: [&str; N], rows: Vec<[String; N]>) -> Self {
        let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let columns: Vec<ArrayRef> = (0..N)
            .map(|place| Arc::new(rows.iter().map(|row| row.get(place)).collect::<StringArray>()) as ArrayRef)
            .collect();
        // Both sides have N columns of text, so they fit.
        let batches = RecordBatch::try_new(Arc::clone(&schema), columns).into_iter().collect();
        let columns = names.iter().map(|name| ResultColumn { name: (*name).to_owned(), data_type: data_type.into() });
        Self { columns: columns.collect(), schema, batches }
    }
}

/// `text` with blanks behind it.
pub(super) fn padded(text: &str) -> String {
    format!("{text:WIDTH$}")
}

/// Whether `name` matches a pattern of SHOW: `*` and `.*` stand for anything, `|` for a choice, case does not count.
pub(super) fn matches_pattern(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    pattern.split('|').any(|choice| {
        let choice = choice.trim().to_lowercase().replace(".*", "*");
        wildcard(&choice, &name.to_lowercase())
    })
}

fn wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(found) => rest = rest.get(found + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_and_choices() {
        for (pattern, name, matches) in [
            ("sales*", "sales_2019", true),
            ("sales.*", "SALES", true),
            ("sales", "sales_2019", false),
            ("*_2019|cust*", "customers", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("*", "", true),
        ] {
            assert_eq!(matches_pattern(Some(pattern), name), matches, "{pattern} {name}");
        }
        assert!(matches_pattern(None, "x"));
    }
}
