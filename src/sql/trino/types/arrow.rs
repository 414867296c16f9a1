//! Which Arrow type holds the values of a Trino type.
//!
//! | Trino | Arrow |
//! |---|---|
//! | `varchar`, `char(n)` (padded), `json` | `Utf8` |
//! | `time(p)` | `Time64`, microseconds to p = 6, nanoseconds above |
//! | `timestamp(p)` | `Timestamp` without zone, microseconds to p = 6, nanoseconds above; always rounded to p |
//! | `timestamp(p) with time zone` | `Struct { instant: Timestamp (UTC, unit as above, no zone), zone: Utf8 }` |
//! | `time(p) with time zone` | `Struct { instant: Time64 (local time), zone: Utf8 (an offset, "+05:30") }` |
//! | `interval day to second` | `Duration(Millisecond)` |
//! | `interval year to month` | `Interval(YearMonth)` |
//! | `ipaddress`, `uuid` | `FixedSizeBinary(16)` |
//! | `array(T)` | `List`, items nullable and named `item` |
//! | `map(K, V)` | `Map`, entries named `entries { key, value }` |
//! | `row(…)` | `Struct`; a field without a name is called `field` and its place from 0 |
//! | `unknown` | `Null` |
//!
//! Nested fields carry no metadata, so equal Trino types have equal Arrow types. The zone of a value is text as Trino
//! prints it: `UTC`, `America/Los_Angeles`, `+05:30`.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use super::{RowField, TrinoType};

/// Name of the moment in a value with time zone.
const INSTANT: &str = "instant";
/// Name of the zone in a value with time zone.
const ZONE: &str = "zone";

/// The fields of a value with time zone.
pub(crate) fn zoned_fields(instant: DataType) -> Fields {
    Fields::from(vec![Field::new(INSTANT, instant, true), Field::new(ZONE, DataType::Utf8, true)])
}

impl TrinoType {
    /// The unit that holds `precision` fraction digits.
    pub(crate) fn unit(precision: u8) -> TimeUnit {
        if precision <= 6 { TimeUnit::Microsecond } else { TimeUnit::Nanosecond }
    }

    /// The representation of this type's values.
    pub(crate) fn arrow(&self) -> DataType {
        match self {
            Self::Unknown => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::Tinyint => DataType::Int8,
            Self::Smallint => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::Bigint => DataType::Int64,
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, scale.cast_signed()),
            Self::Varchar(_) | Self::Char(_) | Self::Json => DataType::Utf8,
            Self::Varbinary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time(precision) => DataType::Time64(Self::unit(*precision)),
            Self::TimeWithTimeZone(precision) => {
                DataType::Struct(zoned_fields(DataType::Time64(Self::unit(*precision))))
            }
            Self::Timestamp(precision) => DataType::Timestamp(Self::unit(*precision), None),
            Self::TimestampWithTimeZone(precision) => {
                DataType::Struct(zoned_fields(DataType::Timestamp(Self::unit(*precision), None)))
            }
            Self::IntervalDayToSecond => DataType::Duration(TimeUnit::Millisecond),
            Self::IntervalYearToMonth => DataType::Interval(IntervalUnit::YearMonth),
            Self::Ipaddress | Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Array(element) => DataType::List(element.item_field()),
            Self::Map(key, value) => DataType::Map(Arc::new(Self::entries_field(key, value)), false),
            Self::Row(fields) => DataType::Struct(Self::row_fields(fields)),
        }
    }

    /// The item field of an array of this type.
    pub(crate) fn item_field(&self) -> Arc<Field> {
        Arc::new(Field::new("item", self.arrow(), true))
    }

    /// The entries field of a map.
    pub(crate) fn entries_field(key: &Self, value: &Self) -> Field {
        Field::new("entries", DataType::Struct(Self::entry_fields(key, value)), false)
    }

    /// The fields of a map's entries.
    pub(crate) fn entry_fields(key: &Self, value: &Self) -> Fields {
        Fields::from(vec![Field::new("key", key.arrow(), false), Field::new("value", value.arrow(), true)])
    }

    /// The fields of a row.
    pub(crate) fn row_fields(fields: &[RowField]) -> Fields {
        let name = |place: usize, field: &RowField| field.name.clone().unwrap_or_else(|| format!("field{place}"));
        fields
            .iter()
            .enumerate()
            .map(|(place, field)| Field::new(name(place, field), field.data_type.arrow(), true))
            .collect()
    }

    /// The type of a column that holds this Arrow type and says no more about itself.
    ///
    /// `None` for what Trino has no type for: unions, run-end encoding, decimals of more than 38 digits.
    pub(crate) fn from_arrow(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Null => Self::Unknown,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::Tinyint,
            DataType::Int16 | DataType::UInt8 => Self::Smallint,
            DataType::Int32 | DataType::UInt16 => Self::Integer,
            DataType::Int64 | DataType::UInt32 => Self::Bigint,
            DataType::UInt64 => Self::Decimal(20, 0),
            DataType::Float16 | DataType::Float32 => Self::Real,
            DataType::Float64 => Self::Double,
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => {
                let scale = u8::try_from(*scale).ok()?;
                (*precision <= super::MAX_PRECISION).then_some(Self::Decimal(*precision, scale))?
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::VARCHAR,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Varbinary
            }
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Time32(_) | DataType::Time64(TimeUnit::Microsecond) => Self::Time(3),
            DataType::Time64(_) => Self::Time(9),
            DataType::Timestamp(TimeUnit::Nanosecond, None) => Self::Timestamp(9),
            DataType::Timestamp(TimeUnit::Microsecond, None) => Self::Timestamp(6),
            DataType::Timestamp(_, None) => Self::Timestamp(3),
            DataType::Timestamp(_, Some(_)) => Self::TimestampWithTimeZone(3),
            DataType::Duration(_) => Self::IntervalDayToSecond,
            DataType::Interval(IntervalUnit::YearMonth) => Self::IntervalYearToMonth,
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => Self::array(Self::from_arrow(item.data_type())?),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(entry) => match entry.iter().as_slice() {
                    [key, value] => Self::map(Self::from_arrow(key.data_type())?, Self::from_arrow(value.data_type())?),
                    _ => return None,
                },
                _ => return None,
            },
            DataType::Struct(fields) => {
                if let [instant, zone] = fields.iter().as_slice()
                    && instant.name() == INSTANT
                    && zone.name() == ZONE
                    && let DataType::Timestamp(unit, None) = instant.data_type()
                {
                    return Some(Self::TimestampWithTimeZone(if *unit == TimeUnit::Nanosecond { 9 } else { 3 }));
                }
                let field = |field: &Arc<Field>| {
                    let data_type = Self::from_arrow(field.data_type())?;
                    Some(RowField { name: Some(field.name().clone()), data_type })
                };
                Self::Row(fields.iter().map(field).collect::<Option<_>>()?)
            }
            DataType::Dictionary(_, value) => Self::from_arrow(value)?,
            DataType::Interval(_) | DataType::Union(..) | DataType::RunEndEncoded(..) => return None,
        })
    }
}
