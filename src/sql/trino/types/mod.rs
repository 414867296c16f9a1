//! Trino's types: what `typeof` prints, and what decides names, coercions and results.
//!
//! The engine below knows Arrow types only. The analyzer carries a [`TrinoType`] beside every expression and asks
//! [`TrinoType::arrow`] for the representation, so that `varchar(3)`, `char(3)` and `json`, which are all text to the
//! engine, stay three types.

mod arrow;
mod coerce;
mod parse;

use std::fmt;

pub(crate) use arrow::zoned_fields;

/// Most digits of a decimal.
pub(crate) const MAX_PRECISION: u8 = 38;
/// Most fraction digits of a second; Trino has 12, Arrow 9.
pub(crate) const MAX_SUBSECOND: u8 = 9;
/// The precision of `timestamp` and `time` when none is given.
pub(crate) const DEFAULT_SUBSECOND: u8 = 3;

/// A type of Trino.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TrinoType {
    /// The type of NULL.
    Unknown,
    /// `boolean`.
    Boolean,
    /// `tinyint`, 8 bits.
    Tinyint,
    /// `smallint`, 16 bits.
    Smallint,
    /// `integer`, 32 bits.
    Integer,
    /// `bigint`, 64 bits.
    Bigint,
    /// `real`, 32 bits.
    Real,
    /// `double`, 64 bits.
    Double,
    /// `decimal(precision, scale)`.
    Decimal(u8, u8),
    /// `varchar`, or `varchar(n)`.
    Varchar(Option<u32>),
    /// `char(n)`: values are kept padded with blanks to `n`.
    Char(u32),
    /// `varbinary`.
    Varbinary,
    /// `json`: compact text.
    Json,
    /// `date`.
    Date,
    /// `time(p)`.
    Time(u8),
    /// `time(p) with time zone`.
    TimeWithTimeZone(u8),
    /// `timestamp(p)`.
    Timestamp(u8),
    /// `timestamp(p) with time zone`.
    TimestampWithTimeZone(u8),
    /// `interval day to second`.
    IntervalDayToSecond,
    /// `interval year to month`.
    IntervalYearToMonth,
    /// `ipaddress`.
    Ipaddress,
    /// `uuid`.
    Uuid,
    /// `array(element)`.
    Array(Box<Self>),
    /// `map(key, value)`.
    Map(Box<Self>, Box<Self>),
    /// `row(name type, ...)`.
    Row(Vec<RowField>),
}

/// A field of a `row`; its name may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RowField {
    /// The name as it was written.
    pub(crate) name: Option<String>,
    /// The type.
    pub(crate) data_type: TrinoType,
}

impl TrinoType {
    /// `varchar` of any length.
    pub(crate) const VARCHAR: Self = Self::Varchar(None);

    /// `array(element)`.
    pub(crate) fn array(element: Self) -> Self {
        Self::Array(Box::new(element))
    }

    /// `map(key, value)`.
    pub(crate) fn map(key: Self, value: Self) -> Self {
        Self::Map(Box::new(key), Box::new(value))
    }

    /// A row without names.
    pub(crate) fn row(types: impl IntoIterator<Item = Self>) -> Self {
        Self::Row(types.into_iter().map(|data_type| RowField { name: None, data_type }).collect())
    }

    /// Whether this is `tinyint` to `bigint`.
    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Self::Tinyint | Self::Smallint | Self::Integer | Self::Bigint)
    }

    /// Whether this is a number.
    pub(crate) fn is_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Self::Real | Self::Double | Self::Decimal(..))
    }

    /// Whether this is `varchar` or `char`.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Varchar(_) | Self::Char(_))
    }

    /// Whether values can be ordered with `<`.
    pub(crate) fn is_orderable(&self) -> bool {
        match self {
            Self::Map(..) | Self::Json => false,
            Self::Array(element) => element.is_orderable(),
            Self::Row(fields) => fields.iter().all(|field| field.data_type.is_orderable()),
            _ => true,
        }
    }

    /// Whether a name is without parameters the type's, as in `varchar` for `varchar(3)`.
    pub(crate) fn base_name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Boolean => "boolean",
            Self::Tinyint => "tinyint",
            Self::Smallint => "smallint",
            Self::Integer => "integer",
            Self::Bigint => "bigint",
            Self::Real => "real",
            Self::Double => "double",
            Self::Decimal(..) => "decimal",
            Self::Varchar(_) => "varchar",
            Self::Char(_) => "char",
            Self::Varbinary => "varbinary",
            Self::Json => "json",
            Self::Date => "date",
            Self::Time(_) => "time",
            Self::TimeWithTimeZone(_) => "time with time zone",
            Self::Timestamp(_) => "timestamp",
            Self::TimestampWithTimeZone(_) => "timestamp with time zone",
            Self::IntervalDayToSecond => "interval day to second",
            Self::IntervalYearToMonth => "interval year to month",
            Self::Ipaddress => "ipaddress",
            Self::Uuid => "uuid",
            Self::Array(_) => "array",
            Self::Map(..) => "map",
            Self::Row(_) => "row",
        }
    }

    /// The type with every varchar length taken out, as results are described to clients that do not know them.
    pub(crate) fn without_lengths(&self) -> Self {
        match self {
            Self::Varchar(_) => Self::VARCHAR,
            Self::Array(element) => Self::array(element.without_lengths()),
            Self::Map(key, value) => Self::map(key.without_lengths(), value.without_lengths()),
            Self::Row(fields) => Self::Row(
                fields
                    .iter()
                    .map(|field| RowField { name: field.name.clone(), data_type: field.data_type.without_lengths() })
                    .collect(),
            ),
            other => other.clone(),
        }
    }
}

impl fmt::Display for TrinoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Time(precision) => write!(f, "time({precision})"),
            Self::TimeWithTimeZone(precision) => write!(f, "time({precision}) with time zone"),
            Self::Timestamp(precision) => write!(f, "timestamp({precision})"),
            Self::TimestampWithTimeZone(precision) => write!(f, "timestamp({precision}) with time zone"),
            Self::Array(element) => write!(f, "array({element})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Row(fields) => {
                f.write_str("row(")?;
                for (place, field) in fields.iter().enumerate() {
                    if place > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{field}")?;
                }
                f.write_str(")")
            }
            other => f.write_str(other.base_name()),
        }
    }
}

impl fmt::Display for RowField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => write!(f, "{}", self.data_type),
            Some(name) if is_plain(name) => write!(f, "{name} {}", self.data_type),
            Some(name) => write!(f, "\"{}\" {}", name.replace('"', "\"\""), self.data_type),
        }
    }
}

/// Whether a name needs no quotes.
fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
        && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests;
