//! The JSON SerDes: Hive's and OpenX's.
//!
//! A record is one object a line in Athena. Objects one behind the other without line breaks, as deliveries write them,
//! objects over several lines, and files that are one array of objects are read as well.

mod append;
mod scan;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;

use self::append::{Rules, append};
use self::scan::{Scanner, extent};
use super::column::ColumnBuilder;
use super::settings::Settings;
use super::value::Times;
use super::{RowDecoder, RowError};
use crate::catalog::Column;

/// How the objects of a table are read.
#[derive(Debug)]
pub(in crate::query) struct Json {
    /// Places of columns by their key: in lower case, unless the table is case-sensitive.
    keys: HashMap<String, usize>,
    is_case_insensitive: bool,
    has_dots: bool,
    /// A line that is no object is a row of NULLs.
    ignores_malformed: bool,
    rules: Rules,
}

impl Json {
    pub(super) fn new(settings: &Settings<'_>, columns: &[Column]) -> Self {
        let is_openx = settings.class().contains("openx") || settings.is_described_here();
        let is_case_insensitive = !is_openx || settings.get("case.insensitive").is_none_or(|value| value != "false");
        let key = |column: &Column| {
            let mapped = settings.get(&format!("mapping.{}", column.name)).unwrap_or(&column.name);
            if is_case_insensitive { mapped.to_lowercase() } else { mapped.to_owned() }
        };
        Self {
            keys: columns.iter().enumerate().map(|(place, column)| (key(column), place)).collect(),
            is_case_insensitive,
            has_dots: settings.is_true("dots.in.keys"),
            ignores_malformed: is_openx && settings.is_true("ignore.malformed.json"),
            rules: Rules { is_openx, times: Times::new(settings) },
        }
    }

    fn column(&self, key: &str) -> Option<usize> {
        let dotted = self.has_dots.then(|| key.replace('.', "_"));
        let key = dotted.as_deref().unwrap_or(key);
        match self.keys.get(key) {
            Some(place) => Some(*place),
            None if self.is_case_insensitive => self.keys.get(&key.to_lowercase()).copied(),
            None => None,
        }
    }
}

/// Reads one file.
pub(super) struct Decoder {
    serde: Arc<Json>,
    columns: Vec<Option<ColumnBuilder>>,
    order: Vec<usize>,
    /// Keys of the last object in their order, with their columns: most objects look like the one before.
    seen: Vec<(String, Option<usize>)>,
    /// Inside of an array that frames the objects of the whole file.
    is_framed: bool,
    rows: usize,
}

impl Decoder {
    pub(super) fn new(serde: Arc<Json>, columns: &[Column], wanted: &[usize]) -> Self {
        let builder =
            |(place, column): (usize, &Column)| wanted.contains(&place).then(|| ColumnBuilder::new(&column.data_type));
        let columns = columns.iter().enumerate().map(builder).collect();
        Self { serde, columns, order: wanted.to_vec(), seen: Vec::new(), is_framed: false, rows: 0 }
    }

    /// Read the object or array at the front of `bytes`.
    fn record(&mut self, bytes: &[u8]) -> Result<(), RowError> {
        let row = self.rows;
        let malformed = |fault: &str| RowError::cursor(row, format!("Row is not a valid JSON Object: {fault}"));
        let Self { serde, columns, seen, .. } = self;
        if serde.ignores_malformed && Scanner::new(bytes).skip().is_err() {
            self.null_row();
            return Ok(());
        }
        let mut scanner = Scanner::new(bytes);
        let mut mismatch = None;
        let mut place = 0;
        let mut duplicate = None;
        let read = if scanner.peek() == Some(b'[') {
            scanner.items(|scanner| {
                let column = columns.get_mut(place).and_then(Option::as_mut);
                place += 1;
                take(scanner, column, &serde.rules, &mut mismatch)
            })
        } else {
            scanner.members(|scanner, key| {
                let known = match seen.get(place) {
                    Some((last, column)) if last == key => *column,
                    _ => {
                        let found = serde.column(key);
                        seen.truncate(place);
                        seen.push((key.to_owned(), found));
                        found
                    }
                };
                place += 1;
                let mut column = known.and_then(|known| columns.get_mut(known)).and_then(Option::as_mut);
                if column.as_ref().is_some_and(|column| column.len() > row) {
                    duplicate = duplicate.take().or_else(|| Some(key.to_owned()));
                    column = None;
                }
                take(scanner, column, &serde.rules, &mut mismatch)
            })
        };
        read.map_err(malformed)?;
        if let Some(key) = duplicate.filter(|_| !serde.ignores_malformed) {
            return Err(malformed(&format!("Duplicate key `{key}`")));
        }
        if let Some(text) = mismatch {
            return Err(RowError::bad_data(row, format!("`{text}` is not a value of its column's type")));
        }
        self.rows += 1;
        self.fill();
        Ok(())
    }

    fn null_row(&mut self) {
        self.rows += 1;
        self.fill();
    }

    /// NULL where the last row had no value.
    fn fill(&mut self) {
        for column in self.columns.iter_mut().flatten() {
            if column.len() < self.rows {
                column.append_null();
            }
        }
    }
}

/// Read a value into its column, or go behind it.
fn take(
    scanner: &mut Scanner<'_>,
    column: Option<&mut ColumnBuilder>,
    rules: &Rules,
    mismatch: &mut Option<String>,
) -> Result<(), scan::Fault> {
    match column {
        Some(column) => append(scanner, column, rules, mismatch),
        None => scanner.skip().map(drop),
    }
}

impl RowDecoder for Decoder {
    fn decode(&mut self, bytes: &[u8], limit: usize, is_end: bool) -> Result<usize, RowError> {
        let mut taken = 0;
        while self.rows < limit {
            let rest = bytes.get(taken..).unwrap_or_default();
            let Some(start) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) else {
                return Ok(bytes.len());
            };
            let text = rest.get(start..).unwrap_or_default();
            let line = memchr::memchr(b'\n', text);
            let bounded = if self.serde.ignores_malformed { line } else { None };
            let within = bounded.and_then(|end| text.get(..end)).unwrap_or(text);
            let first = text.first().copied();
            // The frame of a file that is one array of objects.
            if first == Some(b'[') && !self.is_framed && is_followed_by_object(text) {
                self.is_framed = true;
                taken += start + 1;
                continue;
            }
            if self.is_framed && matches!(first, Some(b',' | b']')) {
                self.is_framed = first == Some(b',');
                taken += start + 1;
                continue;
            }
            let length = if matches!(first, Some(b'{' | b'[')) { extent(within) } else { None };
            match length {
                Some(length) => {
                    self.record(text.get(..length).unwrap_or_default())?;
                    taken += start + length;
                }
                None if self.serde.ignores_malformed && (bounded.is_some() || is_end) => {
                    self.null_row();
                    taken += start + line.map_or(text.len(), |end| end + 1);
                }
                // More of it may come.
                None if !is_end && matches!(first, Some(b'{' | b'[')) => break,
                None => {
                    let end = line.unwrap_or(text.len()).min(80);
                    let shown = String::from_utf8_lossy(text.get(..end).unwrap_or_default()).into_owned();
                    let message = format!("Row is not a valid JSON Object: `{}`", shown.trim());
                    return Err(RowError::cursor(self.rows, message));
                }
            }
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

/// Whether the array at the front of `text` holds objects, or nothing.
fn is_followed_by_object(text: &[u8]) -> bool {
    let next = text.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
    matches!(next, Some(b'{' | b']') | None)
}
