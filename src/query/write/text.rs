//! Delimited text, as LazySimpleSerDe reads it back.

use arrow::array::RecordBatch;
use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands between values, and how NULL is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct Delimiters {
    /// By depth: fields, items, map keys, …
    pub(in crate::query) separators: Vec<u8>,
    pub(in crate::query) escape: Option<u8>,
    pub(in crate::query) null: Vec<u8>,
}

impl Default for Delimiters {
    fn default() -> Self {
        Self { separators: (1..=8).collect(), escape: None, null: b"\\N".to_vec() }
    }
}

/// How values are shown as text: the forms that Hive reads.
pub(super) const FORMAT: FormatOptions<'static> =
    FormatOptions::new().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.3f")).with_date_format(Some("%Y-%m-%d"));

/// Append one row, without its line break.
pub(super) fn append_line(
    out: &mut Vec<u8>,
    batch: &RecordBatch,
    row: usize,
    delimiters: &Delimiters,
) -> Result<(), ArrowError> {
    for (place, column) in batch.columns().iter().enumerate() {
        if place > 0 {
            out.push(delimiters.separator(0));
        }
        delimiters.append(out, column.as_ref(), row, 1)?;
    }
    Ok(())
}

impl Delimiters {
    fn separator(&self, level: usize) -> u8 {
        self.separators.get(level).copied().unwrap_or_default()
    }

    fn append(&self, out: &mut Vec<u8>, array: &dyn Array, row: usize, level: usize) -> Result<(), ArrowError> {
        if array.is_null(row) {
            out.extend_from_slice(&self.null);
            return Ok(());
        }
        match array.data_type() {
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(row);
                for item in 0..items.len() {
                    if item > 0 {
                        out.push(self.separator(level));
                    }
                    self.append(out, items.as_ref(), item, level + 1)?;
                }
            }
            DataType::Map(..) => {
                let entries = array.as_map().value(row);
                for entry in 0..entries.len() {
                    if entry > 0 {
                        out.push(self.separator(level));
                    }
                    self.append(out, entries.column(0).as_ref(), entry, level + 2)?;
                    out.push(self.separator(level + 1));
                    self.append(out, entries.column(1).as_ref(), entry, level + 2)?;
                }
            }
            DataType::Struct(_) => {
                for (place, field) in array.as_struct().columns().iter().enumerate() {
                    if place > 0 {
                        out.push(self.separator(level));
                    }
                    self.append(out, field.as_ref(), row, level + 1)?;
                }
            }
            DataType::Binary => out.extend_from_slice(STANDARD.encode(array.as_binary::<i32>().value(row)).as_bytes()),
            DataType::Utf8 => self.append_escaped(out, array.as_string::<i32>().value(row).as_bytes()),
            _ => {
                let text = ArrayFormatter::try_new(array, &FORMAT)?.value(row).try_to_string()?;
                out.extend_from_slice(text.as_bytes());
            }
        }
        Ok(())
    }

    fn append_escaped(&self, out: &mut Vec<u8>, text: &[u8]) {
        let Some(escape) = self.escape else { return out.extend_from_slice(text) };
        for byte in text {
            match byte {
                b'\n' => out.extend([escape, b'n']),
                b'\r' => out.extend([escape, b'r']),
                byte if *byte == escape || self.separators.contains(byte) => out.extend([escape, *byte]),
                byte => out.push(*byte),
            }
        }
    }
}
