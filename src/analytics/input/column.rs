//! A column of an input stream while it is being filled.
//!
//! Every declared type takes every JSON value by the coercion table of the service; the forms that records nearly
//! always have (plain integers, unescaped text) are read in place.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Mapping Streaming Source Elements to SQL Input Columns".

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, BooleanArray, NullBufferBuilder, PrimitiveArray, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimestampMillisecondType,
};

use super::cursor::{Cursor, Malformed};
use super::datetime::MILLIS_PER_DAY;
use super::scalar::{self, Scalar};
use crate::analytics::error::Result;
use crate::analytics::sql_type::SqlType;

/// Rows that a column has room for at first.
const INITIAL_ROWS: usize = 1024;

#[derive(Debug)]
struct Primitive<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: NullBufferBuilder,
}

impl<T: ArrowPrimitiveType> Primitive<T> {
    fn new() -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(INITIAL_ROWS) }
    }

    #[inline]
    fn push(&mut self, value: T::Native) {
        self.values.push(value);
        self.nulls.append_non_null();
    }

    fn push_option(&mut self, value: Option<T::Native>) {
        self.values.push(value.unwrap_or_default());
        self.nulls.append(value.is_some());
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }

    fn finish(&mut self) -> PrimitiveArray<T> {
        let room = self.values.len();
        let values = std::mem::replace(&mut self.values, Vec::with_capacity(room));
        PrimitiveArray::new(ScalarBuffer::from(values), self.nulls.finish())
    }
}

/// Text and bytes: offsets into one buffer.
#[derive(Debug)]
struct Variable {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl Variable {
    fn new() -> Self {
        Self { offsets: vec![0], bytes: Vec::new(), nulls: NullBufferBuilder::new(INITIAL_ROWS) }
    }

    #[inline]
    fn push(&mut self, value: &[u8]) -> std::result::Result<(), Malformed> {
        self.bytes.extend_from_slice(value);
        let Ok(end) = i32::try_from(self.bytes.len()) else {
            return Err(Malformed::new(0, "a batch of input holds more than 2 GiB of text in one column"));
        };
        self.offsets.push(end);
        self.nulls.append_non_null();
        Ok(())
    }

    fn push_null(&mut self) {
        self.offsets.push(self.offsets.last().copied().unwrap_or(0));
        self.nulls.append_null();
    }

    fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    fn truncate(&mut self, rows: usize) {
        if rows < self.rows() {
            self.offsets.truncate(rows + 1);
            self.bytes.truncate(usize::try_from(self.offsets[rows]).unwrap_or(0));
            self.nulls.truncate(rows);
        }
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Buffer, Option<arrow::buffer::NullBuffer>) {
        let (offsets_room, bytes_room) = (self.offsets.len(), self.bytes.len());
        let mut fresh = Vec::with_capacity(offsets_room);
        fresh.push(0);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.offsets, fresh)));
        let bytes = Buffer::from_vec(std::mem::replace(&mut self.bytes, Vec::with_capacity(bytes_room)));
        (offsets, bytes, self.nulls.finish())
    }
}

#[derive(Debug)]
enum Values {
    Int8(Primitive<Int8Type>),
    Int16(Primitive<Int16Type>),
    Int32(Primitive<Int32Type>),
    Int64(Primitive<Int64Type>),
    Float32(Primitive<Float32Type>),
    Float64(Primitive<Float64Type>),
    Decimal(Primitive<Decimal128Type>),
    Boolean(Vec<bool>, NullBufferBuilder),
    Text(Variable),
    Bytes(Variable),
    Date(Primitive<Date32Type>),
    Time(Primitive<Time32MillisecondType>),
    Timestamp(Primitive<TimestampMillisecondType>),
}

/// Runs `$body` with `$column` bound to whichever primitive column `$values` holds.
macro_rules! each_values {
    ($values:expr, primitive($column:ident) => $body:expr, boolean($bits:ident, $nulls:ident) => $boolean:expr, variable($variable:ident) => $text:expr) => {
        match $values {
            Values::Int8($column) => $body,
            Values::Int16($column) => $body,
            Values::Int32($column) => $body,
            Values::Int64($column) => $body,
            Values::Float32($column) => $body,
            Values::Float64($column) => $body,
            Values::Decimal($column) => $body,
            Values::Date($column) => $body,
            Values::Time($column) => $body,
            Values::Timestamp($column) => $body,
            Values::Boolean($bits, $nulls) => $boolean,
            Values::Text($variable) | Values::Bytes($variable) => $text,
        }
    };
}

/// One column of an input stream, filled value by value.
#[derive(Debug)]
pub(crate) struct ColumnBuilder {
    sql_type: SqlType,
    values: Values,
}

impl ColumnBuilder {
    pub(crate) fn new(sql_type: SqlType) -> Self {
        let values = match sql_type {
            SqlType::TinyInt => Values::Int8(Primitive::new()),
            SqlType::SmallInt => Values::Int16(Primitive::new()),
            SqlType::Integer => Values::Int32(Primitive::new()),
            SqlType::BigInt => Values::Int64(Primitive::new()),
            SqlType::Decimal(..) => Values::Decimal(Primitive::new()),
            SqlType::Real => Values::Float32(Primitive::new()),
            SqlType::Double => Values::Float64(Primitive::new()),
            SqlType::Boolean => Values::Boolean(Vec::new(), NullBufferBuilder::new(INITIAL_ROWS)),
            SqlType::Char(_) | SqlType::Varchar(_) => Values::Text(Variable::new()),
            SqlType::Binary(_) | SqlType::Varbinary(_) => Values::Bytes(Variable::new()),
            SqlType::Date => Values::Date(Primitive::new()),
            SqlType::Time => Values::Time(Primitive::new()),
            SqlType::Timestamp => Values::Timestamp(Primitive::new()),
        };
        Self { sql_type, values }
    }

    /// Rows so far.
    #[inline]
    fn rows(&self) -> usize {
        each_values!(&self.values, primitive(column) => column.values.len(), boolean(bits, _nulls) => bits.len(), variable(column) => column.rows())
    }

    /// Forget the rows from `rows` on.
    #[inline]
    pub(crate) fn truncate(&mut self, rows: usize) {
        if self.rows() <= rows {
            return;
        }
        each_values!(&mut self.values, primitive(column) => column.truncate(rows), boolean(bits, nulls) => {
            bits.truncate(rows);
            nulls.truncate(rows);
        }, variable(column) => column.truncate(rows));
    }

    /// Make up for a value that the record did not have.
    #[inline]
    pub(crate) fn pad_to(&mut self, rows: usize) {
        while self.rows() < rows {
            self.append_null();
        }
    }

    pub(super) fn append_null(&mut self) {
        each_values!(&mut self.values, primitive(column) => column.push_option(None), boolean(bits, nulls) => {
            bits.push(false);
            nulls.append_null();
        }, variable(column) => column.push_null());
    }

    /// Read the value at the cursor.
    #[inline]
    pub(crate) fn append(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> std::result::Result<(), Malformed> {
        match (&mut self.values, self.sql_type) {
            (Values::Text(column), SqlType::Varchar(limit)) => {
                if let Some(text) = cursor.take_plain_text() {
                    return column.push(scalar::cut(text, limit));
                }
            }
            (Values::Int8(column), _) => {
                if let Some((value, length)) = small_integer(cursor)
                    && let Ok(value) = i8::try_from(value)
                {
                    cursor.advance(length);
                    column.push(value);
                    return Ok(());
                }
            }
            (Values::Int16(column), _) => {
                if let Some((value, length)) = small_integer(cursor)
                    && let Ok(value) = i16::try_from(value)
                {
                    cursor.advance(length);
                    column.push(value);
                    return Ok(());
                }
            }
            (Values::Int32(column), _) => {
                if let Some((value, length)) = small_integer(cursor)
                    && let Ok(value) = i32::try_from(value)
                {
                    cursor.advance(length);
                    column.push(value);
                    return Ok(());
                }
            }
            (Values::Int64(column), _) => {
                if let Some((value, length)) = small_integer(cursor) {
                    cursor.advance(length);
                    column.push(value);
                    return Ok(());
                }
            }
            _ => {}
        }
        let start = cursor.position();
        let value = Scalar::read(cursor, depth)?;
        self.append_scalar(&value, start)
    }

    /// A value as the table of coercions has it.
    #[cold]
    #[inline(never)]
    fn append_scalar(&mut self, value: &Scalar<'_>, start: usize) -> std::result::Result<(), Malformed> {
        if matches!(value, Scalar::Null) {
            self.append_null();
            return Ok(());
        }
        let sql_type = self.sql_type;
        let at = |message: String| Malformed::new(start, message);
        match &mut self.values {
            Values::Int8(column) => column.push(scalar::integer(value, sql_type).map_err(at)?),
            Values::Int16(column) => column.push(scalar::integer(value, sql_type).map_err(at)?),
            Values::Int32(column) => column.push(scalar::integer(value, sql_type).map_err(at)?),
            Values::Int64(column) => column.push(scalar::integer(value, sql_type).map_err(at)?),
            Values::Float32(column) => column.push(scalar::real(value, sql_type).map_err(at)?),
            Values::Float64(column) => column.push(scalar::double(value, sql_type).map_err(at)?),
            Values::Decimal(column) => column.push(scalar::decimal(value, sql_type).map_err(at)?),
            Values::Boolean(bits, nulls) => {
                bits.push(scalar::boolean(value, sql_type).map_err(at)?);
                nulls.append_non_null();
            }
            Values::Text(column) => column.push(scalar::text(value, sql_type).as_bytes())?,
            Values::Bytes(column) => column.push(&scalar::binary(value, sql_type).map_err(at)?)?,
            Values::Date(column) => column.push(scalar::date(value, sql_type).map_err(at)?),
            Values::Time(column) => column.push(scalar::time(value, sql_type).map_err(at)?),
            Values::Timestamp(column) => column.push(scalar::timestamp(value, sql_type).map_err(at)?),
        }
        Ok(())
    }

    /// The source text of an object, for a column mapped to it.
    pub(crate) fn append_text(&mut self, source: &[u8], start: usize) -> std::result::Result<(), Malformed> {
        let source = std::str::from_utf8(source).map_err(|_| Malformed::new(start, "the record is not UTF-8"))?;
        self.append_scalar(&Scalar::Nested(source), start)
    }

    /// A value that comes as text; on an error nothing is added.
    pub(super) fn append_string(&mut self, text: &str) -> std::result::Result<(), String> {
        let appended = match (&mut self.values, self.sql_type) {
            (Values::Text(column), SqlType::Varchar(limit)) => column.push(scalar::cut(text.as_bytes(), limit)),
            _ => self.append_scalar(&Scalar::Text(Cow::Borrowed(text)), 0),
        };
        appended.map_err(Malformed::into_message)
    }

    /// What an instant in milliseconds is in a column of dates or times; on an error nothing is added.
    pub(super) fn append_instant(&mut self, millis: i64) -> std::result::Result<(), String> {
        let refused = || format!("the instant {millis} does not fit {}", self.sql_type);
        let day = MILLIS_PER_DAY;
        match &mut self.values {
            Values::Timestamp(column) => column.push(millis),
            Values::Date(column) => column.push(i32::try_from(millis.div_euclid(day)).map_err(|_| refused())?),
            Values::Time(column) => column.push(i32::try_from(millis.rem_euclid(day)).map_err(|_| refused())?),
            _ => return Err(refused()),
        }
        Ok(())
    }

    /// The column so far; the builder is empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef> {
        let sql_type = self.sql_type;
        Ok(match &mut self.values {
            Values::Int8(column) => Arc::new(column.finish()),
            Values::Int16(column) => Arc::new(column.finish()),
            Values::Int32(column) => Arc::new(column.finish()),
            Values::Int64(column) => Arc::new(column.finish()),
            Values::Float32(column) => Arc::new(column.finish()),
            Values::Float64(column) => Arc::new(column.finish()),
            Values::Decimal(column) => Arc::new(column.finish().with_data_type(sql_type.to_arrow())),
            Values::Date(column) => Arc::new(column.finish()),
            Values::Time(column) => Arc::new(column.finish()),
            Values::Timestamp(column) => Arc::new(column.finish()),
            Values::Boolean(bits, nulls) => {
                let bits: BooleanBuffer = std::mem::take(bits).into_iter().collect();
                Arc::new(BooleanArray::new(bits, nulls.finish()))
            }
            Values::Text(column) => {
                let (offsets, bytes, nulls) = column.finish();
                // Checks UTF-8 once more: the price of not needing `unsafe`, a few percent of the decoding.
                Arc::new(StringArray::try_new(offsets, bytes, nulls)?)
            }
            Values::Bytes(column) => {
                let (offsets, bytes, nulls) = column.finish();
                Arc::new(BinaryArray::try_new(offsets, bytes, nulls)?)
            }
        })
    }
}

/// The integer of at most 18 digits at the cursor, and its length, when that is plainly what stands there. The cursor stays.
#[inline]
fn small_integer(cursor: &Cursor<'_>) -> Option<(i64, usize)> {
    let rest = cursor.rest();
    let (negative, digits) = match rest.first() {
        Some(b'-') => (true, &rest[1..]),
        _ => (false, rest),
    };
    let mut value = 0i64;
    let mut length = 0;
    for &byte in digits.iter().take(18) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + i64::from(digit);
        length += 1;
    }
    let leading_zero = length > 1 && digits.first() == Some(&b'0');
    let ends = matches!(digits.get(length), Some(b',' | b'}' | b' ' | b']' | b'\n' | b'\r' | b'\t'));
    let value = if negative { -value } else { value };
    (length > 0 && !leading_zero && ends).then_some((value, length + usize::from(negative)))
}
