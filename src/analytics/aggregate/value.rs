//! Single values and argument columns of aggregate functions.
//!
//! Integers, exact numbers, dates, times and booleans all count, add and compare as integers, so one representation serves
//! them; the declared type comes back when a result column is built.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, PrimitiveArray, StringArray, new_null_array,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimeUnit, TimestampMillisecondType,
};

use crate::analytics::error::{Error, Result};

/// Digits that an exact number may have to be kept in 64 bits.
const NARROW_DIGITS: u8 = 18;

/// One value of an argument or a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// SQL's NULL.
    Null,
    /// An integer, the unscaled digits of an exact number, a date, a time, or 0 and 1 for FALSE and TRUE.
    Int(i64),
    /// The unscaled digits of an exact number of more than 18 digits.
    Wide(i128),
    /// A REAL or DOUBLE.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
}

impl Value {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Bytes beside the value itself.
    pub(crate) fn heap(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::Int(_) | Self::Wide(_) | Self::Float(_) => 0,
        }
    }

    /// The value as a floating-point number of `scale` decimal places; NaN for text.
    pub(crate) fn to_f64(&self, scale: i8) -> f64 {
        let divisor = 10f64.powi(i32::from(scale));
        match self {
            #[expect(clippy::cast_precision_loss, reason = "statistics are DOUBLE")]
            Self::Int(value) => *value as f64 / divisor,
            #[expect(clippy::cast_precision_loss, reason = "statistics are DOUBLE")]
            Self::Wide(value) => *value as f64 / divisor,
            Self::Float(value) => *value,
            Self::Null | Self::Text(_) | Self::Bytes(_) => f64::NAN,
        }
    }

    /// The exact digits of the value; `None` for floats and text.
    pub(crate) fn to_i128(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(i128::from(*value)),
            Self::Wide(value) => Some(*value),
            Self::Null | Self::Float(_) | Self::Text(_) | Self::Bytes(_) => None,
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Int(_) => 1,
            Self::Wide(_) => 2,
            Self::Float(_) => 3,
            Self::Text(_) => 4,
            Self::Bytes(_) => 5,
        }
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    /// NULL first; values of one column are of one kind.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Wide(a), Self::Wide(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (a, b) => a.kind().cmp(&b.kind()),
        }
    }
}

/// The values of a column, by kind.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// See [`Value::Int`].
    Int(ScalarBuffer<i64>),
    /// See [`Value::Wide`].
    Wide(ScalarBuffer<i128>),
    /// See [`Value::Float`].
    Float(ScalarBuffer<f64>),
    /// See [`Value::Text`].
    Text(StringArray),
    /// See [`Value::Bytes`].
    Bytes(BinaryArray),
    /// A column of NULLs without a type.
    Null,
}

/// A column of arguments.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) values: Values,
    pub(crate) nulls: Option<NullBuffer>,
}

impl Argument {
    /// The column `array` as arguments.
    pub(crate) fn new(array: &ArrayRef) -> Result<Self> {
        let values = match array.data_type() {
            DataType::Null => Values::Null,
            DataType::Int64 => Values::Int(array.as_primitive::<Int64Type>().values().clone()),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                Values::Int(array.as_primitive::<TimestampMillisecondType>().values().clone())
            }
            DataType::Int8 => widened::<Int8Type>(array),
            DataType::Int16 => widened::<Int16Type>(array),
            DataType::Int32 => widened::<Int32Type>(array),
            DataType::Date32 => widened::<Date32Type>(array),
            DataType::Time32(TimeUnit::Millisecond) => widened::<Time32MillisecondType>(array),
            DataType::Boolean => Values::Int(array.as_boolean().values().iter().map(i64::from).collect()),
            DataType::Decimal128(precision, _) => {
                let digits = array.as_primitive::<Decimal128Type>().values();
                if *precision <= NARROW_DIGITS {
                    #[expect(clippy::cast_possible_truncation, reason = "18 digits fit; NULL slots may hold anything")]
                    Values::Int(digits.iter().map(|value| *value as i64).collect())
                } else {
                    Values::Wide(digits.clone())
                }
            }
            DataType::Float32 => {
                Values::Float(array.as_primitive::<Float32Type>().values().iter().map(|v| f64::from(*v)).collect())
            }
            DataType::Float64 => Values::Float(array.as_primitive::<Float64Type>().values().clone()),
            DataType::Utf8 => Values::Text(array.as_string::<i32>().clone()),
            DataType::Binary => Values::Bytes(array.as_binary::<i32>().clone()),
            other => return Err(Error::Internal(format!("a value of type {other} cannot be aggregated"))),
        };
        Ok(Self { values, nulls: array.logical_nulls() })
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The value of one row.
    pub(crate) fn value(&self, row: usize) -> Value {
        if self.is_null(row) {
            return Value::Null;
        }
        match &self.values {
            Values::Int(values) => Value::Int(values[row]),
            Values::Wide(values) => Value::Wide(values[row]),
            Values::Float(values) => Value::Float(values[row]),
            Values::Text(values) => Value::Text(values.value(row).into()),
            Values::Bytes(values) => Value::Bytes(values.value(row).into()),
            Values::Null => Value::Null,
        }
    }
}

fn widened<T>(array: &ArrayRef) -> Values
where
    T: ArrowPrimitiveType,
    i64: From<T::Native>,
{
    Values::Int(array.as_primitive::<T>().values().iter().map(|value| i64::from(*value)).collect())
}

/// A column of type `data_type` out of single values.
pub(crate) fn to_array(values: &[Value], data_type: &DataType) -> Result<ArrayRef> {
    let mismatch = || Error::Internal(format!("an aggregate's value is not of type {data_type}"));
    let integers = || -> PrimitiveArray<Int64Type> {
        values.iter().map(|value| if let Value::Int(value) = value { Some(*value) } else { None }).collect()
    };
    let array: ArrayRef = match data_type {
        DataType::Null => new_null_array(data_type, values.len()),
        DataType::Int64 => Arc::new(integers()),
        DataType::Timestamp(TimeUnit::Millisecond, _)
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Boolean => cast(&integers(), data_type)?,
        DataType::Date32 | DataType::Time32(_) => cast(&cast(&integers(), &DataType::Int32)?, data_type)?,
        DataType::Decimal128(precision, scale) => Arc::new(
            values
                .iter()
                .map(Value::to_i128)
                .collect::<Decimal128Array>()
                .with_precision_and_scale(*precision, *scale)?,
        ),
        DataType::Float32 | DataType::Float64 => {
            let floats: PrimitiveArray<Float64Type> =
                values.iter().map(|value| if let Value::Float(value) = value { Some(*value) } else { None }).collect();
            cast(&floats, data_type)?
        }
        DataType::Utf8 => Arc::new(
            values
                .iter()
                .map(|value| if let Value::Text(text) = value { Some(&**text) } else { None })
                .collect::<StringArray>(),
        ),
        DataType::Binary => Arc::new(
            values
                .iter()
                .map(|value| if let Value::Bytes(bytes) = value { Some(&**bytes) } else { None })
                .collect::<BinaryArray>(),
        ),
        _ => return Err(mismatch()),
    };
    debug_assert!(!matches!(array.data_type(), DataType::Boolean) || array.as_any().is::<BooleanArray>());
    Ok(array)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Date32Array, Float32Array, Int8Array, TimestampMillisecondArray};

    use super::*;

    #[test]
    fn columns_survive_the_way_through_values() {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int8Array::from(vec![Some(-3), None])),
            Arc::new(Date32Array::from(vec![Some(17_000), None])),
            Arc::new(TimestampMillisecondArray::from(vec![Some(5), None])),
            Arc::new(Float32Array::from(vec![Some(1.5), None])),
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            Arc::new(Decimal128Array::from(vec![Some(125), None]).with_precision_and_scale(5, 2).unwrap()),
            Arc::new(Decimal128Array::from(vec![Some(10i128.pow(18)), None]).with_precision_and_scale(19, 0).unwrap()),
            Arc::new(StringArray::from(vec![Some("a"), None])),
            Arc::new(BinaryArray::from(vec![Some(&b"x"[..]), None])),
        ];
        for column in columns {
            let argument = Argument::new(&column).unwrap();
            let values = [argument.value(0), argument.value(1)];
            assert_eq!(&to_array(&values, column.data_type()).unwrap(), &column);
        }
    }
}
