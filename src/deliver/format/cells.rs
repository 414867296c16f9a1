//! One column of a batch, with its type decided, for row-by-row writers.

use arrow::array::{Array, ArrayRef, AsArray as _, BinaryArray, BooleanArray, StringArray, StringViewArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, Time32MillisecondType, TimeUnit,
    TimestampMillisecondType, UInt64Type,
};
use arrow::error::ArrowError;

/// The values of a column and which of them are NULL.
pub(super) struct Cells {
    nulls: Option<NullBuffer>,
    pub(super) values: Values,
}

/// Values in the few forms that are written differently.
pub(super) enum Values {
    Null,
    Boolean(BooleanArray),
    Int(ScalarBuffer<i64>),
    UInt(ScalarBuffer<u64>),
    Float(ScalarBuffer<f32>),
    Double(ScalarBuffer<f64>),
    /// Unscaled values and the digits after the point.
    Decimal(ScalarBuffer<i128>, i8),
    Text(StringArray),
    TextView(StringViewArray),
    Binary(BinaryArray),
    /// Days since the epoch.
    Date(ScalarBuffer<i32>),
    /// Milliseconds since midnight.
    Time(ScalarBuffer<i32>),
    /// Milliseconds since the epoch.
    Timestamp(ScalarBuffer<i64>),
}

impl Cells {
    /// Bring a column into one of the forms; narrower and nested encodings are widened once per batch.
    pub(super) fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        let Some(form) = form(array.data_type()) else {
            return Err(ArrowError::NotYetImplemented(format!("values of type {} as text", array.data_type())));
        };
        let array = if *array.data_type() == form { ArrayRef::clone(array) } else { cast(array, &form)? };
        let values = match &form {
            DataType::Boolean => Values::Boolean(array.as_boolean().clone()),
            DataType::Int64 => Values::Int(array.as_primitive::<Int64Type>().values().clone()),
            DataType::UInt64 => Values::UInt(array.as_primitive::<UInt64Type>().values().clone()),
            DataType::Float32 => Values::Float(array.as_primitive::<Float32Type>().values().clone()),
            DataType::Float64 => Values::Double(array.as_primitive::<Float64Type>().values().clone()),
            DataType::Decimal128(_, scale) => {
                Values::Decimal(array.as_primitive::<Decimal128Type>().values().clone(), *scale)
            }
            DataType::Utf8 => Values::Text(array.as_string::<i32>().clone()),
            DataType::Utf8View => Values::TextView(array.as_string_view().clone()),
            DataType::Binary => Values::Binary(array.as_binary::<i32>().clone()),
            DataType::Date32 => Values::Date(array.as_primitive::<Date32Type>().values().clone()),
            DataType::Time32(_) => Values::Time(array.as_primitive::<Time32MillisecondType>().values().clone()),
            DataType::Timestamp(..) => {
                Values::Timestamp(array.as_primitive::<TimestampMillisecondType>().values().clone())
            }
            _ => Values::Null,
        };
        Ok(Self { nulls: array.nulls().filter(|nulls| nulls.null_count() > 0).cloned(), values })
    }

    #[inline]
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) || matches!(self.values, Values::Null)
    }
}

/// Whether values of this type can be written as text.
pub(super) fn is_supported(data_type: &DataType) -> bool {
    form(data_type).is_some()
}

/// The type whose values are written for values of `data_type`.
fn form(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => {
            DataType::Int64
        }
        DataType::Float16 => DataType::Float32,
        DataType::LargeUtf8 => DataType::Utf8View,
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Date64 => DataType::Date32,
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time32(TimeUnit::Millisecond),
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Millisecond, zone.clone()),
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => DataType::Decimal128(38, *scale),
        DataType::Dictionary(_, values) => return form(values),
        DataType::Null
        | DataType::Boolean
        | DataType::Int64
        | DataType::UInt64
        | DataType::Float32
        | DataType::Float64
        | DataType::Decimal128(..)
        | DataType::Utf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::Date32 => data_type.clone(),
        _ => return None,
    })
}
