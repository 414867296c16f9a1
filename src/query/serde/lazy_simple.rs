//! LazySimpleSerDe: delimited text without quotes, with nested values one separator a level.
//!
//! A separator stands between the items of a container at its depth: `\001` between fields, `\002` between items, `\003`
//! between the keys and values of a map, and so on down. Source: Hive's `LazySerDeParameters`, `LazyStruct`.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::ArrayRef;

use super::column::ColumnBuilder;
use super::lines::first_line;
use super::settings::Settings;
use super::value::Times;
use super::{RowDecoder, RowError};
use crate::catalog::Column;
use crate::query::error::{Error, Result};

/// The separators and texts of a table.
#[derive(Debug)]
pub(in crate::query) struct LazySimple {
    separators: Vec<u8>,
    escape: Option<u8>,
    null: Vec<u8>,
    last_takes_rest: bool,
    times: Times,
}

/// How deep values may be nested. Source: Hive's default for `hive.serialization.extend.nesting.levels`.
const LEVELS: u8 = 8;

impl LazySimple {
    pub(super) fn new(settings: &Settings<'_>) -> Result<Self> {
        let byte = |keys: &[&str], default: u8| match keys.iter().find_map(|key| settings.get(key)) {
            None => Ok(default),
            Some(text) => separator(text),
        };
        let mut separators = vec![
            byte(&["field.delim", "serialization.format"], 1)?,
            byte(&["colelction.delim", "collection.delim"], 2)?,
            byte(&["mapkey.delim"], 3)?,
        ];
        separators.extend(4..=LEVELS);
        Ok(Self {
            separators,
            escape: settings.get("escape.delim").map(separator).transpose()?,
            null: settings.get("serialization.null.format").unwrap_or("\\N").as_bytes().to_vec(),
            last_takes_rest: settings.is_true("serialization.last.column.takes.rest"),
            times: Times::new(settings),
        })
    }

    fn separator(&self, level: usize) -> u8 {
        // Deeper than Hive goes there is no separator: the byte 0 does not occur in text.
        self.separators.get(level).copied().unwrap_or_default()
    }

    /// The text without its escapes.
    fn unescaped<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(escape) = self.escape.filter(|escape| memchr::memchr(*escape, text).is_some()) else {
            return Cow::Borrowed(text);
        };
        let mut plain = Vec::with_capacity(text.len());
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match bytes.clone().next() {
                Some(next) if *byte == escape => {
                    plain.push(match next {
                        b'r' => b'\r',
                        b'n' => b'\n',
                        other => *other,
                    });
                    bytes.next();
                }
                _ => plain.push(*byte),
            }
        }
        Cow::Owned(plain)
    }

    /// Where the next separator stands that is not escaped.
    fn find(&self, separator: u8, text: &[u8]) -> Option<usize> {
        let Some(escape) = self.escape else { return memchr::memchr(separator, text) };
        let mut from = 0;
        loop {
            let place = from + memchr::memchr2(separator, escape, text.get(from..)?)?;
            if text.get(place) == Some(&separator) {
                return Some(place);
            }
            from = place + 2;
        }
    }

    fn pieces<'a>(&'a self, separator: u8, text: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = Some(text);
        std::iter::from_fn(move || {
            let text = rest?;
            match self.find(separator, text) {
                Some(end) => {
                    rest = text.get(end + 1..);
                    text.get(..end)
                }
                None => {
                    rest = None;
                    Some(text)
                }
            }
        })
    }

    /// Append a value whose container is at `level`.
    #[inline]
    fn append(&self, column: &mut ColumnBuilder, text: &[u8], level: usize) {
        if text.len() == self.null.len() && text == self.null.as_slice() {
            return column.append_null();
        }
        match column {
            ColumnBuilder::Text(builder, None) if self.escape.is_none() => builder.append(text),
            ColumnBuilder::Array(array) => {
                if !text.is_empty() {
                    for item in self.pieces(self.separator(level), text) {
                        self.append(&mut array.items, item, level + 1);
                    }
                }
                array.lists.end(array.items.len());
            }
            ColumnBuilder::Map(map) => {
                if !text.is_empty() {
                    for entry in self.pieces(self.separator(level), text) {
                        let (key, value) = match self.find(self.separator(level + 1), entry) {
                            Some(end) => (entry.get(..end).unwrap_or_default(), entry.get(end + 1..)),
                            None => (entry, None),
                        };
                        // An entry whose key does not fit is left out: a key cannot be NULL.
                        if key != self.null.as_slice() && map.keys.append_text(&self.unescaped(key), &self.times) {
                            match value {
                                Some(value) => self.append(&mut map.values, value, level + 2),
                                None => map.values.append_null(),
                            }
                        }
                    }
                }
                map.lists.end(map.keys.len());
            }
            ColumnBuilder::Struct(row) => {
                row.valid.push(true);
                let mut fields = self.pieces(self.separator(level), text);
                for field in &mut row.columns {
                    match fields.next() {
                        Some(text) => self.append(field, text, level + 1),
                        None => field.append_null(),
                    }
                }
            }
            single => {
                if !single.append_text(&self.unescaped(text), &self.times) {
                    single.append_null();
                }
            }
        }
    }
}

/// A separator: a number as Hive writes it, or one character. Source: Hive's `LazyUtils.getByte`.
fn separator(text: &str) -> Result<u8> {
    if let Ok(number) = text.parse::<i8>() {
        return Ok(number.cast_unsigned());
    }
    match text {
        "\\t" => return Ok(b'\t'),
        "\\n" => return Ok(b'\n'),
        _ => {}
    }
    let code = text.strip_prefix("\\u").and_then(|digits| u8::from_str_radix(digits, 16).ok());
    match (code, text.as_bytes()) {
        (Some(code), _) => Ok(code),
        (None, [byte]) => Ok(*byte),
        (None, _) => Err(Error::Unsupported {
            what: format!("The delimiter `{text}` of LazySimpleSerDe, which is not one character,"),
        }),
    }
}

/// Reads one file.
pub(super) struct Decoder {
    serde: Arc<LazySimple>,
    /// A builder for each column of the file; `None` for those that are not wanted.
    columns: Vec<Option<ColumnBuilder>>,
    order: Vec<usize>,
    rows: usize,
}

impl Decoder {
    pub(super) fn new(serde: Arc<LazySimple>, columns: &[Column], wanted: &[usize]) -> Self {
        let last = wanted.iter().max().map_or(0, |last| last + 1);
        let builder =
            |(place, column): (usize, &Column)| wanted.contains(&place).then(|| ColumnBuilder::new(&column.data_type));
        let all = columns.len();
        // What stands behind the last wanted column need not be cut.
        let mut columns: Vec<_> = columns.iter().enumerate().take(last).map(builder).collect();
        if serde.last_takes_rest && last < all {
            columns.push(None);
        }
        Self { serde, columns, order: wanted.to_vec(), rows: 0 }
    }

    fn row(&mut self, line: &[u8]) {
        let mut rest = Some(line);
        let last = self.columns.len().wrapping_sub(1);
        for (place, column) in self.columns.iter_mut().enumerate() {
            let Some(text) = rest else {
                if let Some(column) = column {
                    column.append_null();
                }
                continue;
            };
            let whole = place == last && self.serde.last_takes_rest;
            let end = if whole { None } else { self.serde.find(self.serde.separator(0), text) };
            let cell = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
            rest = end.and_then(|end| text.get(end + 1..));
            if let Some(column) = column {
                self.serde.append(column, cell, 1);
            }
        }
        self.rows += 1;
    }
}

impl RowDecoder for Decoder {
    fn decode(&mut self, bytes: &[u8], limit: usize, is_end: bool) -> Result<usize, RowError> {
        let mut taken = 0;
        while self.rows < limit {
            let Some((line, length)) = first_line(bytes.get(taken..).unwrap_or_default(), is_end) else { break };
            self.row(line);
            taken += length;
        }
        Ok(taken)
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn flush(&mut self) -> Result<Vec<ArrayRef>, RowError> {
        self.rows = 0;
        let mut finished = Vec::with_capacity(self.order.len());
        for place in &self.order {
            if let Some(Some(column)) = self.columns.get_mut(*place) {
                finished.push(column.finish()?);
            }
        }
        Ok(finished)
    }
}
