//! Values as text, and text as text of another length.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BinaryBuilder};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMillisecondType,
};

use crate::analytics::error::{Error, Result};
use crate::analytics::expr::kernel::{Kernel, arguments, pow10};
use crate::analytics::expr::{ExprType, Message, RowFailures, Values};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::datetime::{write_date, write_time, write_timestamp};

/// What becomes of text that is longer than its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The row fails, unless only blanks are too many.
    Strict,
    /// It is cut.
    Cut,
}

impl Fit {
    /// Brings the text from byte `start` of `out` on to the length of `to`.
    fn apply(self, out: &mut String, start: usize, to: SqlType) -> Result<(), Message> {
        let (limit, padded) = match to {
            SqlType::Char(length) => (length as usize, true),
            SqlType::Varchar(length) => (length as usize, false),
            _ => return Ok(()),
        };
        let text = out.get(start..).unwrap_or_default();
        // Characters are never more than bytes.
        if text.len() > limit
            && let Some((end, _)) = text.char_indices().nth(limit)
        {
            if self == Self::Strict && !text.get(end..).unwrap_or_default().trim_end_matches(' ').is_empty() {
                return Err(Message::Owned(format!("The text `{text}` is longer than {to}")));
            }
            out.truncate(start + end);
        }
        if padded {
            let length = out.get(start..).unwrap_or_default().chars().count();
            out.extend(std::iter::repeat_n(' ', limit.saturating_sub(length)));
        }
        Ok(())
    }
}

/// Text as text of another length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextFit {
    pub(crate) to: SqlType,
    pub(crate) fit: Fit,
}

impl Kernel for TextFit {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let texts = value.texts()?;
        // Mostly everything fits; then nothing is copied.
        if let SqlType::Varchar(limit) = self.to {
            let offsets = value.array.as_string::<i32>().value_offsets();
            if offsets.windows(2).all(|pair| matches!(pair, [from, to] if (to - from) as usize <= limit as usize)) {
                return Ok(Values::rows(Arc::clone(&value.array)));
            }
        }
        Values::collect_text(rows, texts.bytes(), |row, out| {
            let Some(text) = texts.get(row) else { return Ok(false) };
            let start = out.len();
            out.push_str(text);
            self.fit.apply(out, start, self.to)?;
            Ok(true)
        })
    }
}

/// A value of any type but text as text.
#[derive(Clone, Debug)]
pub(crate) struct TextFormat {
    pub(crate) from: ExprType,
    pub(crate) to: SqlType,
    pub(crate) fit: Fit,
}

impl Kernel for TextFormat {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let array = value.array.as_ref();
        Values::collect_text(rows, rows * 8, |row, out| {
            let place = value.place(row);
            if array.is_null(place) {
                return Ok(false);
            }
            let start = out.len();
            write_value(out, array, place, &self.from);
            self.fit.apply(out, start, self.to)?;
            Ok(true)
        })
    }
}

/// Appends a value that is not NULL as CAST writes it. Row values and NULL types give nothing.
pub(crate) fn write_value(out: &mut String, array: &dyn Array, row: usize, sql_type: &ExprType) {
    if let ExprType::Interval(qualifier) = sql_type {
        let value = match array.data_type() {
            DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
            _ => array.as_primitive::<Int64Type>().value(row),
        };
        out.push_str(&qualifier.render(value));
        return;
    }
    match array.data_type() {
        DataType::Int8 => write_integer(out, array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => write_integer(out, array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => write_integer(out, array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => write_integer(out, array.as_primitive::<Int64Type>().value(row)),
        DataType::Decimal128(_, scale) => write_decimal(out, array.as_primitive::<Decimal128Type>().value(row), *scale),
        DataType::Float32 => out.push_str(ryu::Buffer::new().format(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => out.push_str(ryu::Buffer::new().format(array.as_primitive::<Float64Type>().value(row))),
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "TRUE" } else { "FALSE" }),
        DataType::Date32 => write_date(out, array.as_primitive::<Date32Type>().value(row)),
        DataType::Time32(_) => write_time(out, array.as_primitive::<Time32MillisecondType>().value(row)),
        DataType::Timestamp(..) => write_timestamp(out, array.as_primitive::<TimestampMillisecondType>().value(row)),
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        _ => {}
    }
}

fn write_integer(out: &mut String, value: i64) {
    out.push_str(itoa::Buffer::new().format(value));
}

/// Appends a decimal with exactly `scale` digits after the point.
pub(super) fn write_decimal(out: &mut String, value: i128, scale: i8) {
    let scale = usize::try_from(scale).unwrap_or(0);
    if value < 0 {
        out.push('-');
    }
    let power = pow10(u32::try_from(scale).unwrap_or(0)).unsigned_abs();
    let (whole, fraction) = (value.unsigned_abs() / power, value.unsigned_abs() % power);
    out.push_str(itoa::Buffer::new().format(whole));
    if scale > 0 {
        out.push('.');
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(fraction);
        out.extend(std::iter::repeat_n('0', scale.saturating_sub(digits.len())));
        out.push_str(digits);
    }
}

/// Bytes as bytes of another length; BINARY is filled up with zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct BinaryFit {
    pub(super) to: SqlType,
    pub(super) fit: Fit,
}

impl Kernel for BinaryFit {
    fn evaluate(&self, values: &[Values], rows: usize) -> Result<Values> {
        let [value] = arguments(values)?;
        let bytes = value.array.as_binary_opt::<i32>();
        let bytes = bytes.ok_or_else(|| Error::Internal("bytes were planned".to_owned()))?;
        let (limit, padded) = match self.to {
            SqlType::Binary(length) => (length as usize, true),
            SqlType::Varbinary(length) => (length as usize, false),
            other => return Err(Error::Internal(format!("bytes as {other}"))),
        };
        let mut builder = BinaryBuilder::with_capacity(rows, bytes.value_data().len());
        let mut failed = RowFailures::default();
        for row in 0..rows {
            let place = value.place(row);
            if bytes.is_null(place) {
                builder.append_null();
                continue;
            }
            let mut fitted = bytes.value(place).to_vec();
            if fitted.len() > limit && self.fit == Fit::Strict {
                failed.push(row, Message::Owned(format!("{} bytes are more than {}", fitted.len(), self.to)));
                builder.append_null();
                continue;
            }
            fitted.truncate(limit);
            if padded {
                fitted.resize(limit, 0);
            }
            builder.append_value(fitted);
        }
        Ok(Values::rows(Arc::new(builder.finish())).with_failures(failed.some()))
    }
}
