//! Hive's types and Trino's: what a column of a table is in a query, and what a query's column is in a table.

use crate::catalog::HiveType;
use crate::sql::trino::types::{RowField, TrinoType};

/// The type that a table's column has in a query.
pub(super) fn trino_type(hive: &HiveType) -> TrinoType {
    match hive {
        HiveType::Boolean => TrinoType::Boolean,
        HiveType::TinyInt => TrinoType::Tinyint,
        HiveType::SmallInt => TrinoType::Smallint,
        HiveType::Int => TrinoType::Integer,
        HiveType::BigInt => TrinoType::Bigint,
        HiveType::Float => TrinoType::Real,
        HiveType::Double => TrinoType::Double,
        HiveType::Decimal(precision, scale) => TrinoType::Decimal(*precision, u8::try_from(*scale).unwrap_or_default()),
        HiveType::String => TrinoType::VARCHAR,
        HiveType::Varchar(length) => TrinoType::Varchar(Some(*length)),
        HiveType::Char(length) => TrinoType::Char(*length),
        HiveType::Binary => TrinoType::Varbinary,
        HiveType::Date => TrinoType::Date,
        HiveType::Timestamp => TrinoType::Timestamp(3),
        HiveType::Array(element) => TrinoType::array(trino_type(element)),
        HiveType::Map(key, value) => TrinoType::map(trino_type(key), trino_type(value)),
        HiveType::Struct(fields) => TrinoType::Row(
            fields.iter().map(|(name, of)| RowField { name: Some(name.clone()), data_type: trino_type(of) }).collect(),
        ),
    }
}

/// The type of a table's column that holds a query's column; `None` when tables have no such type.
pub(super) fn hive_type(trino: &TrinoType) -> Option<HiveType> {
    Some(match trino {
        TrinoType::Boolean => HiveType::Boolean,
        TrinoType::Tinyint => HiveType::TinyInt,
        TrinoType::Smallint => HiveType::SmallInt,
        TrinoType::Integer => HiveType::Int,
        TrinoType::Bigint => HiveType::BigInt,
        TrinoType::Real => HiveType::Float,
        TrinoType::Double => HiveType::Double,
        TrinoType::Decimal(precision, scale) => HiveType::Decimal(*precision, i8::try_from(*scale).ok()?),
        // Hive's own limit; longer texts are strings there.
        TrinoType::Varchar(Some(length)) if (1..=65_535).contains(length) => HiveType::Varchar(*length),
        TrinoType::Varchar(_) => HiveType::String,
        TrinoType::Char(length) if (1..=255).contains(length) => HiveType::Char(*length),
        TrinoType::Char(_) => HiveType::String,
        TrinoType::Varbinary => HiveType::Binary,
        TrinoType::Date => HiveType::Date,
        TrinoType::Timestamp(_) => HiveType::Timestamp,
        TrinoType::Array(element) => HiveType::Array(Box::new(hive_type(element)?)),
        TrinoType::Map(key, value) => HiveType::Map(Box::new(hive_type(key)?), Box::new(hive_type(value)?)),
        TrinoType::Row(fields) => {
            let field = |(place, field): (usize, &RowField)| {
                let name = field.name.clone().unwrap_or_else(|| format!("field{place}"));
                Some((name, hive_type(&field.data_type)?))
            };
            HiveType::Struct(fields.iter().enumerate().map(field).collect::<Option<_>>()?)
        }
        TrinoType::Unknown
        | TrinoType::Json
        | TrinoType::Time(_)
        | TrinoType::TimeWithTimeZone(_)
        | TrinoType::TimestampWithTimeZone(_)
        | TrinoType::IntervalDayToSecond
        | TrinoType::IntervalYearToMonth
        | TrinoType::Ipaddress
        | TrinoType::Uuid => return None,
    })
}
