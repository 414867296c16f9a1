//! CSV records to columns, by position.
//!
//! Quotes are those of RFC 4180. An empty cell is NULL, except in text columns; cells that are missing are NULL, more than
//! there are columns are ignored. A record may hold many rows, such as a whole file, so a row that does not fit fails alone.

use std::borrow::Cow;

use arrow::array::ArrayRef;

use super::column::ColumnBuilder;
use super::json::BadRecord;
use super::schema::InputSchema;
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

/// So much of a row is quoted in a message.
const EXCERPT: usize = 200;

/// Takes text apart into rows of cells.
#[derive(Debug)]
pub(super) struct CsvRows<'a> {
    rest: &'a str,
    row_delimiter: &'a str,
    column_delimiter: &'a str,
}

/// One row: its own text, and its cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CsvRow<'a> {
    pub(super) text: &'a str,
    pub(super) cells: Vec<Cow<'a, str>>,
    /// A quote is open at the end of the text.
    pub(super) is_open: bool,
}

impl<'a> CsvRows<'a> {
    pub(super) fn new(text: &'a str, row_delimiter: &'a str, column_delimiter: &'a str) -> Self {
        Self { rest: text, row_delimiter, column_delimiter }
    }

    /// Where the unquoted cell at the start of `text` ends.
    fn plain_end(&self, text: &str) -> usize {
        let column = text.find(self.column_delimiter).unwrap_or(text.len());
        let row = text.find(self.row_delimiter).unwrap_or(text.len());
        column.min(row)
    }

    /// The cell at `start`, where it ends, and whether its quote was closed.
    fn cell(&self, start: usize) -> (Cow<'a, str>, usize, bool) {
        let text = &self.rest[start..];
        let Some(inside) = text.strip_prefix('"') else {
            let end = self.plain_end(text);
            return (Cow::Borrowed(&text[..end]), start + end, true);
        };
        let mut unescaped: Option<String> = None;
        let mut from = 0;
        while let Some(quote) = inside[from..].find('"').map(|place| from + place) {
            if inside[quote + 1..].starts_with('"') {
                unescaped.get_or_insert_default().push_str(&inside[from..=quote]);
                from = quote + 2;
                continue;
            }
            let last = &inside[from..quote];
            // What stands between the quote and the delimiter belongs to the cell, as in most readers.
            let behind = &inside[quote + 1..];
            let end = self.plain_end(behind);
            let tail = behind[..end].trim_end_matches('\r');
            let value = match unescaped {
                None if tail.is_empty() => Cow::Borrowed(last),
                None => Cow::Owned(format!("{last}{tail}")),
                Some(value) => Cow::Owned(format!("{value}{last}{tail}")),
            };
            return (value, start + quote + 2 + end, true);
        }
        let value = unescaped.unwrap_or_default() + &inside[from..];
        (Cow::Owned(value), self.rest.len(), false)
    }
}

impl<'a> Iterator for CsvRows<'a> {
    type Item = CsvRow<'a>;

    fn next(&mut self) -> Option<CsvRow<'a>> {
        // Empty lines, such as the one behind the last delimiter, are no rows.
        while let Some(behind) = self
            .rest
            .strip_prefix(self.row_delimiter)
            .or_else(|| (self.row_delimiter == "\n").then(|| self.rest.strip_prefix("\r\n")).flatten())
        {
            self.rest = behind;
        }
        if self.rest.is_empty() {
            return None;
        }
        let mut row = CsvRow { text: self.rest, cells: Vec::new(), is_open: false };
        let mut place = 0;
        loop {
            let (mut cell, end, closed) = self.cell(place);
            let behind = &self.rest[end..];
            let is_last = !behind.starts_with(self.column_delimiter);
            if is_last
                && self.row_delimiter == "\n"
                && let Cow::Borrowed(text) = cell
            {
                cell = Cow::Borrowed(text.strip_suffix('\r').unwrap_or(text));
            }
            row.cells.push(cell);
            row.is_open = !closed;
            if is_last {
                row.text = &self.rest[..end];
                self.rest = behind.strip_prefix(self.row_delimiter).unwrap_or("");
                return Some(row);
            }
            place = end + self.column_delimiter.len();
        }
    }
}

/// Decodes CSV records of one input schema.
#[derive(Debug)]
pub(super) struct CsvDecoder {
    row_delimiter: String,
    column_delimiter: String,
    types: Vec<SqlType>,
    columns: Vec<ColumnBuilder>,
    rows: usize,
}

impl CsvDecoder {
    pub(super) fn new(schema: &InputSchema, row_delimiter: &str, column_delimiter: &str) -> Self {
        let types: Vec<_> = schema.columns.iter().map(|column| column.sql_type).collect();
        Self {
            row_delimiter: row_delimiter.to_owned(),
            column_delimiter: column_delimiter.to_owned(),
            columns: types.iter().map(|sql_type| ColumnBuilder::new(*sql_type)).collect(),
            types,
            rows: 0,
        }
    }

    /// Decode the rows of a record; what does not fit goes to `bad`. Gives the number of rows added.
    pub(super) fn decode(&mut self, record: &[u8], bad: &mut Vec<BadRecord>) -> usize {
        let before = self.rows;
        match std::str::from_utf8(record) {
            Err(invalid) => {
                let message = format!("the record is not UTF-8 at byte {}", invalid.valid_up_to() + 1);
                bad.push(BadRecord { message });
            }
            Ok(text) if text.trim().is_empty() => bad.push(BadRecord { message: "the record is empty".into() }),
            Ok(text) => {
                let rows = CsvRows::new(text, &self.row_delimiter, &self.column_delimiter);
                for row in rows {
                    match append_row(&mut self.columns, &self.types, &row) {
                        Ok(()) => self.rows += 1,
                        Err(message) => {
                            self.columns.iter_mut().for_each(|column| column.truncate(self.rows));
                            let excerpt: String = row.text.chars().take(EXCERPT).collect();
                            bad.push(BadRecord { message: format!("{message} in the row `{excerpt}`") });
                        }
                    }
                }
            }
        }
        self.rows - before
    }

    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.rows = 0;
        self.columns.iter_mut().map(ColumnBuilder::finish).collect()
    }
}

fn append_row(columns: &mut [ColumnBuilder], types: &[SqlType], row: &CsvRow<'_>) -> std::result::Result<(), String> {
    if row.is_open {
        return Err("a quote is not closed".into());
    }
    for (place, (column, sql_type)) in columns.iter_mut().zip(types).enumerate() {
        match row.cells.get(place) {
            None => column.append_null(),
            Some(cell) if cell.is_empty() && !matches!(sql_type, SqlType::Char(_) | SqlType::Varchar(_)) => {
                column.append_null();
            }
            Some(cell) => {
                column.append_string(cell).map_err(|message| format!("cell {}: {message}", place + 1))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, row_delimiter: &str, column_delimiter: &str) -> Vec<Vec<String>> {
        CsvRows::new(text, row_delimiter, column_delimiter)
            .map(|row| row.cells.iter().map(ToString::to_string).collect())
            .collect()
    }

    #[test]
    fn cells_follow_rfc_4180() {
        assert_eq!(
            rows("a,\"b,\"\"x\"\"\nc\",\r\n,\"\"\n\nlast", "\n", ","),
            [vec!["a", "b,\"x\"\nc", ""], vec!["", ""], vec!["last"]]
        );
        assert_eq!(rows("a||b##c||d##", "##", "||"), [vec!["a", "b"], vec!["c", "d"]]);
        assert_eq!(rows("1\t2\r\n3\t4", "\r\n", "\t"), [vec!["1", "2"], vec!["3", "4"]]);
        assert_eq!(rows("\"a\"\r\nb", "\n", ","), [["a"], ["b"]]);
    }

    #[test]
    fn an_open_quote_is_told() {
        let row = CsvRows::new("a,\"b\nc", "\n", ",").next().unwrap();
        assert!(row.is_open);
    }
}
