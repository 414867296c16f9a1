//! Implicit conversions: which type two expressions meet in, and what may stand where another type is asked for.
//!
//! Source: Trino's `TypeCoercion`. Text never meets numbers; `varchar` becomes `char` beside a `char`, never the other
//! way round; values with a time zone win over those without.

use super::{MAX_PRECISION, RowField, TrinoType};

impl TrinoType {
    /// This number as a decimal: what an integer counts as beside a decimal.
    pub(crate) fn as_decimal(&self) -> Option<(u8, u8)> {
        match self {
            Self::Tinyint => Some((3, 0)),
            Self::Smallint => Some((5, 0)),
            Self::Integer => Some((10, 0)),
            Self::Bigint => Some((19, 0)),
            Self::Decimal(precision, scale) => Some((*precision, *scale)),
            _ => None,
        }
    }

    /// The type that both can become without a CAST.
    pub(crate) fn common(&self, other: &Self) -> Option<Self> {
        if self == other {
            return Some(self.clone());
        }
        match (self, other) {
            (Self::Unknown, known) | (known, Self::Unknown) => Some(known.clone()),
            (left, right) if left.is_numeric() && right.is_numeric() => Some(left.common_number(right)),
            (Self::Varchar(left), Self::Varchar(right)) => {
                Some(Self::Varchar(left.zip(*right).map(|(left, right)| left.max(right))))
            }
            (Self::Char(left), Self::Char(right)) => Some(Self::Char(*left.max(right))),
            (Self::Char(char), Self::Varchar(varchar)) | (Self::Varchar(varchar), Self::Char(char)) => {
                Some(Self::Char(varchar.map_or(*char, |varchar| varchar.max(*char))))
            }
            (Self::Array(left), Self::Array(right)) => Some(Self::array(left.common(right)?)),
            (Self::Map(left_key, left), Self::Map(right_key, right)) => {
                Some(Self::map(left_key.common(right_key)?, left.common(right)?))
            }
            (Self::Row(left), Self::Row(right)) if left.len() == right.len() => {
                let field = |(left, right): (&RowField, &RowField)| {
                    let name = left.name.clone().filter(|name| right.name.as_ref() == Some(name));
                    Some(RowField { name, data_type: left.data_type.common(&right.data_type)? })
                };
                Some(Self::Row(left.iter().zip(right).map(field).collect::<Option<_>>()?))
            }
            (left, right) => left.common_time(right),
        }
    }

    fn common_number(&self, other: &Self) -> Self {
        if matches!(self, Self::Double) || matches!(other, Self::Double) {
            return Self::Double;
        }
        if matches!(self, Self::Real) || matches!(other, Self::Real) {
            return Self::Real;
        }
        if self.is_integer() && other.is_integer() {
            return if self.rank() >= other.rank() { self.clone() } else { other.clone() };
        }
        let (left, right) = (self.as_decimal().unwrap_or((10, 0)), other.as_decimal().unwrap_or((10, 0)));
        let scale = left.1.max(right.1);
        let whole = left.0.saturating_sub(left.1).max(right.0.saturating_sub(right.1));
        Self::Decimal((whole + scale).min(MAX_PRECISION), scale)
    }

    fn common_time(&self, other: &Self) -> Option<Self> {
        let zoned = |left: u8, right: u8| Some(Self::TimestampWithTimeZone(left.max(right)));
        match (self, other) {
            (Self::Date, time @ (Self::Timestamp(_) | Self::TimestampWithTimeZone(_)))
            | (time @ (Self::Timestamp(_) | Self::TimestampWithTimeZone(_)), Self::Date) => Some(time.clone()),
            (Self::Timestamp(left), Self::Timestamp(right)) => Some(Self::Timestamp(*left.max(right))),
            (Self::Timestamp(left), Self::TimestampWithTimeZone(right))
            | (Self::TimestampWithTimeZone(left), Self::Timestamp(right))
            | (Self::TimestampWithTimeZone(left), Self::TimestampWithTimeZone(right)) => zoned(*left, *right),
            (Self::Time(left), Self::Time(right)) => Some(Self::Time(*left.max(right))),
            (Self::Time(left), Self::TimeWithTimeZone(right))
            | (Self::TimeWithTimeZone(left), Self::Time(right))
            | (Self::TimeWithTimeZone(left), Self::TimeWithTimeZone(right)) => {
                Some(Self::TimeWithTimeZone(*left.max(right)))
            }
            _ => None,
        }
    }

    /// Whether a value of this type may stand where `target` is asked for.
    pub(crate) fn becomes(&self, target: &Self) -> bool {
        match (self, target) {
            // A length is no obstacle: the value keeps it.
            (Self::Varchar(_), Self::Varchar(None)) => true,
            (Self::Row(left), Self::Row(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(left, right)| left.data_type.becomes(&right.data_type))
            }
            (Self::Array(left), Self::Array(right)) => left.becomes(right),
            (Self::Map(left_key, left), Self::Map(right_key, right)) => {
                left_key.becomes(right_key) && left.becomes(right)
            }
            _ => self.common(target).as_ref() == Some(target),
        }
    }

    /// How far up its chain of implicit conversions a type stands; the nearer overload of a function is taken.
    pub(crate) fn rank(&self) -> u32 {
        match self {
            Self::Unknown => 0,
            Self::Tinyint => 1,
            Self::Smallint => 2,
            Self::Integer => 3,
            Self::Bigint => 4,
            Self::Decimal(..) => 5,
            Self::Real => 6,
            Self::Double => 7,
            Self::Varchar(_) | Self::Date | Self::Time(_) => 1,
            Self::Char(_) | Self::Timestamp(_) | Self::TimeWithTimeZone(_) => 2,
            Self::TimestampWithTimeZone(_) => 3,
            _ => 1,
        }
    }
}
