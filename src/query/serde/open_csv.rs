//! OpenCSVSerde: quoted CSV.
//!
//! Athena's rules for types: dates are days and timestamps milliseconds since 1970, an empty number is bad data, an empty
//! string is not NULL. A line break inside of quotes belongs to the field. Tables that bayou described after reading the
//! files have ISO dates and empty cells as well, see [`Settings::is_described_here`].

use std::sync::Arc;

use arrow::array::ArrayRef;

use super::cell;
use super::column::ColumnBuilder;
use super::settings::Settings;
use super::value::Times;
use super::{RowDecoder, RowError};
use crate::catalog::Column;
use crate::query::error::{Error, Result};
use crate::query::scan::Quoting;

/// The characters of a table.
#[derive(Debug)]
pub(in crate::query) struct OpenCsv {
    separator: u8,
    quote: u8,
    escape: Option<u8>,
    is_lenient: bool,
    times: Times,
}

impl OpenCsv {
    pub(super) fn new(settings: &Settings<'_>) -> Result<Self> {
        let byte = |key: &str, default: u8| match settings.get(key).map(str::as_bytes) {
            None => Ok(default),
            Some([byte]) => Ok(*byte),
            Some(b"\\t") => Ok(b'\t'),
            Some(_) => Err(Error::Unsupported { what: format!("A `{key}` of OpenCSVSerde that is not one character") }),
        };
        let quote = byte("quoteChar", b'"')?;
        let is_lenient = settings.is_described_here();
        // Files that bayou writes and reads have no escapes but doubled quotes, unless the table says so.
        let has_escape = !is_lenient || settings.get("escapeChar").is_some();
        let escape = byte("escapeChar", b'\\')?;
        Ok(Self {
            separator: byte("separatorChar", b',')?,
            quote,
            escape: (has_escape && escape != quote).then_some(escape),
            is_lenient,
            times: Times::new(settings),
        })
    }

    /// What makes a line break a part of a field.
    pub(super) fn quoting(&self) -> Quoting {
        Quoting { quote: self.quote, escape: self.escape }
    }
}

/// Reads one file.
pub(super) struct Decoder {
    serde: Arc<OpenCsv>,
    columns: Vec<Option<ColumnBuilder>>,
    names: Vec<String>,
    order: Vec<usize>,
    /// The field under construction, when it cannot be taken as it stands.
    field: Vec<u8>,
    rows: usize,
}

impl Decoder {
    pub(super) fn new(serde: Arc<OpenCsv>, columns: &[Column], wanted: &[usize]) -> Self {
        let builder =
            |(place, column): (usize, &Column)| wanted.contains(&place).then(|| ColumnBuilder::new(&column.data_type));
        let names = columns.iter().map(|column| column.name.clone()).collect();
        let columns = columns.iter().enumerate().map(builder).collect();
        Self { serde, columns, names, order: wanted.to_vec(), field: Vec::new(), rows: 0 }
    }

    /// Where the record at the front of `bytes` ends: without its line break, and with it.
    fn record(&self, bytes: &[u8], is_end: bool) -> Option<(usize, usize)> {
        let (quote, escape) = (self.serde.quote, self.serde.escape);
        let mut quoted = false;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let found = if quoted {
                memchr::memchr2(quote, escape.unwrap_or(quote), rest)
            } else {
                memchr::memchr3(b'\n', b'\r', quote, rest)
            };
            let Some(place) = found.map(|found| at + found) else { break };
            match bytes.get(place).copied() {
                Some(byte) if byte == quote => {
                    quoted = !quoted;
                    at = place + 1;
                }
                Some(byte) if quoted && Some(byte) == escape => at = place + 2,
                Some(b'\r') if bytes.get(place + 1) == Some(&b'\n') => return Some((place, place + 2)),
                Some(b'\r') if place + 1 == bytes.len() && !is_end => return None,
                _ => return Some((place, place + 1)),
            }
        }
        (is_end && !bytes.is_empty()).then_some((bytes.len(), bytes.len()))
    }

    fn row(&mut self, record: &[u8]) -> Result<(), RowError> {
        let mut at = Some(0);
        for place in 0..self.columns.len() {
            let Some(start) = at else {
                if let Some(Some(column)) = self.columns.get_mut(place) {
                    column.append_null();
                }
                continue;
            };
            if let Some((field, next)) = self.simple_field(record, start) {
                at = next;
                self.append(place, field)?;
                continue;
            }
            let mut field = std::mem::take(&mut self.field);
            field.clear();
            at = self.field(record, start, &mut field);
            let appended = self.append(place, &field);
            self.field = field;
            appended?;
        }
        self.rows += 1;
        Ok(())
    }

    /// The field at `start` where it can be taken as it stands, and where the next one begins: without any quote, or in
    /// quotes with none and no escape inside.
    fn simple_field<'a>(&self, record: &'a [u8], start: usize) -> Option<(&'a [u8], Option<usize>)> {
        let OpenCsv { separator, quote, escape, .. } = *self.serde;
        let rest = record.get(start..)?;
        if rest.first() != Some(&quote) {
            return match memchr::memchr2(separator, quote, rest) {
                None => Some((rest, None)),
                Some(end) if rest.get(end) == Some(&separator) => Some((rest.get(..end)?, Some(start + end + 1))),
                Some(_) => None,
            };
        }
        let body = rest.get(1..)?;
        let end = memchr::memchr2(quote, escape.unwrap_or(quote), body)?;
        let is_closed = body.get(end) == Some(&quote);
        match body.get(end + 1) {
            None if is_closed => Some((body.get(..end)?, None)),
            Some(next) if is_closed && *next == separator => Some((body.get(..end)?, Some(start + end + 3))),
            _ => None,
        }
    }

    /// Read the field at `start`; gives where the next one begins.
    fn field(&self, record: &[u8], start: usize, field: &mut Vec<u8>) -> Option<usize> {
        let OpenCsv { separator, quote, escape, .. } = *self.serde;
        let mut quoted = false;
        let mut at = start;
        while let Some(byte) = record.get(at).copied() {
            let next = record.get(at + 1).copied();
            if quoted && Some(byte) == escape && next.is_some_and(|next| next == quote || Some(next) == escape) {
                field.extend(next);
                at += 2;
            } else if byte == quote && quoted && next == Some(quote) {
                field.push(quote);
                at += 2;
            } else if byte == quote {
                quoted = !quoted;
                at += 1;
            } else if byte == separator && !quoted {
                return Some(at + 1);
            } else {
                field.push(byte);
                at += 1;
            }
        }
        None
    }

    fn append(&mut self, place: usize, field: &[u8]) -> Result<(), RowError> {
        let Some(Some(column)) = self.columns.get_mut(place) else { return Ok(()) };
        let appended = match &mut *column {
            ColumnBuilder::Date(builder) => {
                let days = cell::integer(field).and_then(|days| i32::try_from(days).ok());
                let days = days.or_else(|| if self.serde.is_lenient { cell::date(field) } else { None });
                days.map(|days| builder.append_value(days)).is_some()
            }
            ColumnBuilder::Timestamp(builder) => {
                let micros = cell::integer(field).and_then(|millis| millis.checked_mul(1000));
                let micros =
                    micros.or_else(|| if self.serde.is_lenient { self.serde.times.timestamp(field) } else { None });
                micros.map(|micros| builder.append_value(micros)).is_some()
            }
            column => column.append_text(field, &self.serde.times),
        };
        if appended {
            return Ok(());
        }
        if field.is_empty() && self.serde.is_lenient {
            column.append_null();
            return Ok(());
        }
        let name = self.names.get(place).map_or("", String::as_str);
        let shown = String::from_utf8_lossy(field);
        Err(RowError::bad_data(self.rows, format!("Error Parsing Column `{name}` Field Value `{shown}`")))
    }
}

impl RowDecoder for Decoder {
    fn decode(&mut self, bytes: &[u8], limit: usize, is_end: bool) -> Result<usize, RowError> {
        let mut taken = 0;
        while self.rows < limit {
            let rest = bytes.get(taken..).unwrap_or_default();
            let Some((end, length)) = self.record(rest, is_end) else { break };
            self.row(rest.get(..end).unwrap_or_default()).map_err(|error| error.at(taken))?;
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
