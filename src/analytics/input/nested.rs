//! JSON records whose rows are parts of documents: members below a row path, elements of an array.
//!
//! Each document is checked as a whole once; then every column's value is looked up by its path and read where it stands.
//! That is slower than the one pass of flat schemas, which most schemas are.

use arrow::array::ArrayRef;

use super::column::ColumnBuilder;
use super::cursor::{Cursor, Malformed, Text};
use super::json::{BadRecord, MAX_DEPTH};
use super::plan::{JsonPlan, Place};
use super::schema::InputSchema;
use crate::analytics::error::Result;

/// Start and end of a value in its record.
type Span = (usize, usize);
type Scan<T> = std::result::Result<T, Malformed>;

/// Decodes records by a plan.
#[derive(Debug)]
pub(super) struct NestedDecoder {
    plan: JsonPlan,
    columns: Vec<ColumnBuilder>,
    rows: usize,
}

impl NestedDecoder {
    pub(super) fn new(schema: &InputSchema, plan: JsonPlan) -> Self {
        let columns = schema.columns.iter().map(|column| ColumnBuilder::new(column.sql_type)).collect();
        Self { plan, columns, rows: 0 }
    }

    /// Decode the documents of a record; on an error none of its rows stay.
    pub(super) fn decode(&mut self, record: &[u8]) -> std::result::Result<usize, BadRecord> {
        let before = self.rows;
        self.decode_documents(record).map(|()| self.rows - before).map_err(|malformed| {
            self.rows = before;
            self.columns.iter_mut().for_each(|column| column.truncate(before));
            BadRecord { message: malformed.describe(record) }
        })
    }

    fn decode_documents(&mut self, record: &[u8]) -> Scan<()> {
        if let Err(invalid) = std::str::from_utf8(record) {
            return Err(Malformed::new(invalid.valid_up_to(), "the record is not UTF-8"));
        }
        let mut cursor = Cursor::new(record);
        cursor.skip_whitespace();
        if cursor.at_end() {
            return Err(Malformed::new(0, "the record is empty"));
        }
        while !cursor.at_end() {
            let start = cursor.position();
            if !matches!(cursor.peek(), Some(b'{' | b'[')) {
                return Err(cursor.malformed("a JSON object or array is expected"));
            }
            cursor.skip_value(MAX_DEPTH)?;
            self.decode_document(record, (start, cursor.position()))?;
            cursor.skip_whitespace();
        }
        Ok(())
    }

    fn decode_document(&mut self, record: &[u8], document: Span) -> Scan<()> {
        if locate(record, document, &self.plan.row)?.is_none() {
            return Err(Malformed::new(document.0, "the document has nothing at the row path"));
        }
        let Some(each) = &self.plan.each else { return self.row(record, document, None) };
        let array = locate(record, document, each)?;
        let elements = match array.filter(|(start, _)| record[*start] == b'[') {
            Some(array) => elements(record, array)?,
            None if self.plan.each_is_row => {
                return Err(Malformed::new(document.0, "the document has no array at the row path"));
            }
            None => Vec::new(),
        };
        if elements.is_empty() && !self.plan.each_is_row {
            return self.row(record, document, None);
        }
        elements.into_iter().try_for_each(|element| self.row(record, document, Some(element)))
    }

    fn row(&mut self, record: &[u8], document: Span, element: Option<Span>) -> Scan<()> {
        for (column, places) in self.columns.iter_mut().zip(&self.plan.columns) {
            let mut found = None;
            for place in places {
                found = match (place, element) {
                    (Place::Document(members), _) => locate(record, document, members)?,
                    (Place::Element(members), Some(element)) => locate(record, element, members)?,
                    (Place::Element(_), None) => None,
                };
                if found.is_some() {
                    break;
                }
            }
            if let Some((start, _)) = found {
                let mut cursor = Cursor::new(record);
                cursor.rewind(start);
                column.append(&mut cursor, MAX_DEPTH)?;
            }
        }
        self.rows += 1;
        self.columns.iter_mut().for_each(|column| column.pad_to(self.rows));
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.rows = 0;
        self.columns.iter_mut().map(ColumnBuilder::finish).collect()
    }
}

/// The value that `members` lead to from the value at `from`. Of repeated keys the last one holds.
fn locate(record: &[u8], from: Span, members: &[String]) -> Scan<Option<Span>> {
    let mut at = from;
    for member in members {
        let mut cursor = Cursor::new(record);
        cursor.rewind(at.0);
        if cursor.peek() != Some(b'{') {
            return Ok(None);
        }
        cursor.advance(1);
        cursor.skip_whitespace();
        let mut found = None;
        while cursor.peek() != Some(b'}') {
            let is_member = match cursor.key()? {
                Text::Plain(key) => key == member.as_bytes(),
                Text::Escaped(key) => key == *member,
            };
            cursor.skip_whitespace();
            cursor.expect(b':', "`:` is expected after a key")?;
            cursor.skip_whitespace();
            let start = cursor.position();
            cursor.skip_value(MAX_DEPTH)?;
            if is_member {
                found = Some((start, cursor.position()));
            }
            pass_comma(&mut cursor);
        }
        match found {
            Some(span) => at = span,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The elements of the array at `array`.
fn elements(record: &[u8], array: Span) -> Scan<Vec<Span>> {
    let mut cursor = Cursor::new(record);
    cursor.rewind(array.0 + 1);
    cursor.skip_whitespace();
    let mut spans = Vec::new();
    while cursor.peek() != Some(b']') {
        let start = cursor.position();
        cursor.skip_value(MAX_DEPTH)?;
        spans.push((start, cursor.position()));
        pass_comma(&mut cursor);
    }
    Ok(spans)
}

/// Behind a value of a document that has been checked.
fn pass_comma(cursor: &mut Cursor<'_>) {
    cursor.skip_whitespace();
    if cursor.peek() == Some(b',') {
        cursor.advance(1);
        cursor.skip_whitespace();
    }
}
