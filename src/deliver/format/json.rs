//! JSON lines: one object a row, columns in order.
//!
//! The keys are escaped once per schema, together with their braces and commas; a row is those literals with the
//! values between them.

use arrow::datatypes::Schema;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cells::{Cells, Values};
use super::text;

/// What stands before each value of a row.
#[derive(Debug)]
pub(in crate::deliver) struct JsonLayout {
    /// `{"a":` for the first column, `,"b":` for the others.
    keys: Vec<Vec<u8>>,
}

impl JsonLayout {
    pub(super) fn new(schema: &Schema) -> Self {
        let keys = schema.fields().iter().enumerate().map(|(index, field)| {
            let mut key = vec![if index == 0 { b'{' } else { b',' }];
            string(field.name(), &mut key);
            key.push(b':');
            key
        });
        Self { keys: keys.collect() }
    }

    pub(super) fn encode(&self, cells: &[Cells], from: usize, to: usize, out: &mut Vec<u8>) {
        for row in from..to {
            for (key, column) in self.keys.iter().zip(cells) {
                out.extend_from_slice(key);
                value(column, row, out);
            }
            out.extend_from_slice(if self.keys.is_empty() { b"{}\n" } else { b"}\n" });
        }
    }
}

#[inline]
fn value(column: &Cells, row: usize, out: &mut Vec<u8>) {
    if column.is_null(row) {
        out.extend_from_slice(b"null");
        return;
    }
    match &column.values {
        Values::Null => out.extend_from_slice(b"null"),
        Values::Boolean(values) => out.extend_from_slice(if values.value(row) { b"true" } else { b"false" }),
        Values::Int(values) => text::integer(values[row], out),
        Values::UInt(values) => text::integer(values[row], out),
        Values::Float(values) if values[row].is_finite() => text::finite(values[row], out),
        Values::Double(values) if values[row].is_finite() => text::finite(values[row], out),
        // JSON has no word for them.
        Values::Float(_) | Values::Double(_) => out.extend_from_slice(b"null"),
        Values::Decimal(values, scale) => text::decimal(values[row], *scale, out),
        Values::Text(values) => string(values.value(row), out),
        Values::TextView(values) => string(values.value(row), out),
        Values::Binary(values) => quoted(out, |out| {
            out.extend_from_slice(STANDARD.encode(values.value(row)).as_bytes());
        }),
        Values::Date(values) => quoted(out, |out| text::date(i64::from(values[row]), out)),
        Values::Time(values) => quoted(out, |out| text::time(i64::from(values[row]), out)),
        Values::Timestamp(values) => quoted(out, |out| text::timestamp(values[row], out)),
    }
}

#[inline]
fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

/// A string in quotes. Text without anything to escape, the usual case, is looked at in words and copied at once.
fn string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.push(b'"');
    let (words, rest) = bytes.as_chunks::<8>();
    if words.iter().any(|word| word_needs_escape(*word)) || rest.iter().any(|byte| needs_escape(*byte)) {
        escaped(bytes, out);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

#[inline]
fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Whether one of eight bytes needs an escape, by arithmetic on all of them: a byte minus 1 borrows only if it was 0.
#[inline]
fn word_needs_escape(word: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let word = u64::from_le_bytes(word);
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    (control | has_zero(word ^ (ONES * 0x22)) | has_zero(word ^ (ONES * 0x5c))) != 0
}

fn escaped(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0..=0x1f => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
}
