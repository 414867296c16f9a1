//! CSV after RFC 4180: comma, `\n`, no header; NULL is an empty field, an empty text is `""`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cells::{Cells, Values};
use super::text;

pub(super) fn encode(cells: &[Cells], from: usize, to: usize, out: &mut Vec<u8>) {
    for row in from..to {
        for (index, column) in cells.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            if !column.is_null(row) {
                value(column, row, out);
            }
        }
        out.push(b'\n');
    }
}

#[inline]
fn value(column: &Cells, row: usize, out: &mut Vec<u8>) {
    match &column.values {
        Values::Null => {}
        Values::Boolean(values) => out.extend_from_slice(if values.value(row) { b"true" } else { b"false" }),
        Values::Int(values) => text::integer(values[row], out),
        Values::UInt(values) => text::integer(values[row], out),
        Values::Float(values) if values[row].is_finite() => text::finite(values[row], out),
        Values::Double(values) if values[row].is_finite() => text::finite(values[row], out),
        Values::Float(values) => unbounded(f64::from(values[row]), out),
        Values::Double(values) => unbounded(values[row], out),
        Values::Decimal(values, scale) => text::decimal(values[row], *scale, out),
        Values::Text(values) => field(values.value(row), out),
        Values::TextView(values) => field(values.value(row), out),
        Values::Binary(values) => out.extend_from_slice(STANDARD.encode(values.value(row)).as_bytes()),
        Values::Date(values) => text::date(i64::from(values[row]), out),
        Values::Time(values) => text::time(i64::from(values[row]), out),
        Values::Timestamp(values) => text::timestamp(values[row], out),
    }
}

/// What is no finite number, in Java's words.
fn unbounded(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(if value.is_nan() {
        b"NaN"
    } else if value > 0.0 {
        b"Infinity"
    } else {
        b"-Infinity"
    });
}

/// A text, in quotes when it could be read wrongly without.
fn field(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    if !bytes.is_empty() && !bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    for &byte in bytes {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
