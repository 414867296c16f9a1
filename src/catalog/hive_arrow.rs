//! Hive types and Arrow types.
//!
//! Going to Arrow there is one answer per type; coming from Arrow many types become the narrowest Hive type that holds
//! all their values. A timestamp is in microseconds without a zone, which is what Athena's Parquet readers agree on.

use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};

use super::{Error, HiveType, Result};

impl HiveType {
    /// The Arrow type of a column of this type.
    #[must_use]
    pub fn to_arrow(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::String | Self::Varchar(_) | Self::Char(_) => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Array(element) => DataType::List(Arc::new(Field::new("item", element.to_arrow(), true))),
            Self::Map(key, value) => {
                let entry = vec![Field::new("key", key.to_arrow(), false), Field::new("value", value.to_arrow(), true)];
                DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entry.into()), false)), false)
            }
            Self::Struct(fields) => {
                DataType::Struct(fields.iter().map(|(name, of)| Field::new(name, of.to_arrow(), true)).collect())
            }
        }
    }

    /// The Hive type that holds every value of an Arrow type.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] for times of day, durations, intervals, unions and decimals of more than 38 digits.
    pub fn from_arrow(data_type: &DataType) -> Result<Self> {
        let unsupported = || Err(Error::UnsupportedType { arrow: data_type.to_string() });
        Ok(match data_type {
            DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::String,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::TinyInt,
            DataType::Int16 | DataType::UInt8 => Self::SmallInt,
            DataType::Int32 | DataType::UInt16 => Self::Int,
            DataType::Int64 | DataType::UInt32 => Self::BigInt,
            DataType::UInt64 => Self::Decimal(20, 0),
            DataType::Float16 | DataType::Float32 => Self::Float,
            DataType::Float64 => Self::Double,
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => {
                return decimal(*precision, *scale).map_or_else(unsupported, Ok);
            }
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Binary
            }
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Timestamp(..) => Self::Timestamp,
            DataType::List(element)
            | DataType::LargeList(element)
            | DataType::ListView(element)
            | DataType::LargeListView(element)
            | DataType::FixedSizeList(element, _) => Self::Array(Box::new(Self::from_arrow(element.data_type())?)),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(entry) => match entry.iter().as_slice() {
                    [key, value] => Self::Map(
                        Box::new(Self::from_arrow(key.data_type())?),
                        Box::new(Self::from_arrow(value.data_type())?),
                    ),
                    _ => return unsupported(),
                },
                _ => return unsupported(),
            },
            DataType::Struct(fields) => {
                let field = |field: &Arc<Field>| Ok((field.name().clone(), Self::from_arrow(field.data_type())?));
                Self::Struct(fields.iter().map(field).collect::<Result<_>>()?)
            }
            DataType::Dictionary(_, values) => Self::from_arrow(values)?,
            DataType::RunEndEncoded(_, values) => Self::from_arrow(values.data_type())?,
            DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Duration(_)
            | DataType::Interval(_)
            | DataType::Union(..) => return unsupported(),
        })
    }
}

/// A negative scale means more digits before the point.
fn decimal(precision: u8, scale: i8) -> Option<HiveType> {
    let extra = u8::try_from(-i16::from(scale.min(0))).ok()?;
    let precision = precision.checked_add(extra)?;
    let scale = scale.max(0);
    (precision <= 38 && i16::from(scale) <= i16::from(precision)).then_some(HiveType::Decimal(precision, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hive_type_survives_arrow() {
        for text in [
            "boolean",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "float",
            "double",
            "decimal(38,10)",
            "string",
            "binary",
            "date",
            "timestamp",
            "array<int>",
            "map<string,array<double>>",
            "struct<a:int,b:array<date>>",
        ] {
            let hive: HiveType = text.parse().unwrap();
            assert_eq!(HiveType::from_arrow(&hive.to_arrow()).unwrap(), hive, "{text}");
        }
    }

    #[test]
    fn unsigned_and_encoded_types_widen_so_that_no_value_is_lost() {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        for (arrow, hive) in [
            (DataType::UInt32, HiveType::BigInt),
            (DataType::UInt64, HiveType::Decimal(20, 0)),
            (DataType::Decimal128(5, -3), HiveType::Decimal(8, 0)),
            (dictionary, HiveType::String),
            (DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), HiveType::Timestamp),
        ] {
            assert_eq!(HiveType::from_arrow(&arrow).unwrap(), hive, "{arrow}");
        }
    }

    #[test]
    fn what_hive_cannot_hold_is_refused_by_name() {
        for arrow in
            [DataType::Time64(TimeUnit::Nanosecond), DataType::Decimal256(60, 2), DataType::Duration(TimeUnit::Second)]
        {
            let message = HiveType::from_arrow(&arrow).unwrap_err().to_string();
            assert!(message.contains("has no Hive type"), "{message}");
        }
    }
}
