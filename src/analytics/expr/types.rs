//! Types of expressions: the column types, intervals, row values, and NULL before it has a type.

use std::fmt;

use arrow::datatypes::{DataType, Field};

use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{IntervalQualifier, TypeName, Unit};

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExprType {
    /// A bare NULL.
    Null,
    /// A type that a column may have.
    Sql(SqlType),
    /// An interval: months or milliseconds.
    Interval(IntervalQualifier),
    /// A row value, as log parsers give it.
    Row(Vec<(String, Self)>),
}

impl From<SqlType> for ExprType {
    fn from(sql_type: SqlType) -> Self {
        Self::Sql(sql_type)
    }
}

impl From<TypeName> for ExprType {
    fn from(name: TypeName) -> Self {
        match name {
            TypeName::Sql(sql_type) => Self::Sql(sql_type),
            TypeName::Interval(qualifier) => Self::Interval(qualifier),
        }
    }
}

impl ExprType {
    pub(crate) const BOOLEAN: Self = Self::Sql(SqlType::Boolean);
    pub(crate) const INTEGER: Self = Self::Sql(SqlType::Integer);
    pub(crate) const BIGINT: Self = Self::Sql(SqlType::BigInt);
    pub(crate) const DOUBLE: Self = Self::Sql(SqlType::Double);
    pub(crate) const TIMESTAMP: Self = Self::Sql(SqlType::Timestamp);

    /// Text of at most so many characters.
    pub(crate) fn varchar(length: u32) -> Self {
        Self::Sql(SqlType::Varchar(length.clamp(1, 65_535)))
    }

    /// The Arrow type of the values.
    pub(crate) fn to_arrow(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Sql(sql_type) => sql_type.to_arrow(),
            Self::Interval(qualifier) if qualifier.is_year_month() => DataType::Int32,
            Self::Interval(_) => DataType::Int64,
            Self::Row(fields) => DataType::Struct(
                fields.iter().map(|(name, field)| Field::new(name, field.to_arrow(), true)).collect::<Vec<_>>().into(),
            ),
        }
    }

    /// The column type, when a column may have it.
    pub(crate) fn sql_type(&self) -> Option<SqlType> {
        match self {
            Self::Sql(sql_type) => Some(*sql_type),
            Self::Null | Self::Interval(_) | Self::Row(_) => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    pub(crate) fn is_boolean(&self) -> bool {
        *self == Self::BOOLEAN
    }

    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Self::Sql(SqlType::TinyInt | SqlType::SmallInt | SqlType::Integer | SqlType::BigInt))
    }

    pub(crate) fn is_decimal(&self) -> bool {
        matches!(self, Self::Sql(SqlType::Decimal(..)))
    }

    pub(crate) fn is_float(&self) -> bool {
        matches!(self, Self::Sql(SqlType::Real | SqlType::Double))
    }

    pub(crate) fn is_numeric(&self) -> bool {
        self.is_integer() || self.is_decimal() || self.is_float()
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Sql(SqlType::Char(_) | SqlType::Varchar(_)))
    }

    pub(crate) fn is_binary(&self) -> bool {
        matches!(self, Self::Sql(SqlType::Binary(_) | SqlType::Varbinary(_)))
    }

    pub(crate) fn is_datetime(&self) -> bool {
        matches!(self, Self::Sql(SqlType::Date | SqlType::Time | SqlType::Timestamp))
    }

    pub(crate) fn interval(&self) -> Option<IntervalQualifier> {
        match self {
            Self::Interval(qualifier) => Some(*qualifier),
            Self::Null | Self::Sql(_) | Self::Row(_) => None,
        }
    }

    /// Precision and scale of an exact number.
    pub(crate) fn decimal(&self) -> Option<(u8, i8)> {
        Some(match self {
            Self::Sql(SqlType::TinyInt) => (3, 0),
            Self::Sql(SqlType::SmallInt) => (5, 0),
            Self::Sql(SqlType::Integer) => (10, 0),
            Self::Sql(SqlType::BigInt) => (18, 0),
            Self::Sql(SqlType::Decimal(precision, scale)) => (*precision, *scale),
            _ => return None,
        })
    }

    /// The longest text, in characters.
    pub(crate) fn text_length(&self) -> Option<u32> {
        match self {
            Self::Sql(SqlType::Char(length) | SqlType::Varchar(length)) => Some(*length),
            _ => None,
        }
    }

    /// Whether FLOOR and its like can go down to `unit`.
    pub(crate) fn has_unit(&self, unit: Unit) -> bool {
        match self {
            Self::Sql(SqlType::Date) => unit <= Unit::Day,
            Self::Sql(SqlType::Time) => unit >= Unit::Hour,
            Self::Sql(SqlType::Timestamp) => true,
            Self::Interval(qualifier) => qualifier.is_year_month() == unit.is_year_month(),
            _ => false,
        }
    }
}

impl fmt::Display for ExprType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Sql(sql_type) => sql_type.fmt(f),
            Self::Interval(qualifier) => write!(f, "INTERVAL {qualifier}"),
            Self::Row(fields) => write!(f, "row of {} columns", fields.len()),
        }
    }
}
