//! The dialect's column types, their text and their Arrow form.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Data Types".

use std::fmt;

use arrow::datatypes::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

/// A declared type of a column of an in-application stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SqlType {
    /// 8-bit integer.
    TinyInt,
    /// 16-bit integer.
    SmallInt,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    BigInt,
    /// Exact number of `precision` digits, `scale` of them after the point.
    Decimal(u8, i8),
    /// 32-bit float.
    Real,
    /// 64-bit float.
    Double,
    /// TRUE, FALSE, UNKNOWN.
    Boolean,
    /// Text padded with blanks to its length in characters.
    Char(u32),
    /// Text of at most so many characters.
    Varchar(u32),
    /// Bytes of a fixed length.
    Binary(u32),
    /// Bytes of at most a length.
    Varbinary(u32),
    /// Calendar day.
    Date,
    /// Time of day in milliseconds.
    Time,
    /// Instant in milliseconds, UTC.
    Timestamp,
}

/// Length of a VARCHAR that is declared without one.
const UNBOUNDED: u32 = 65_535;

impl SqlType {
    /// The type named `name` with its arguments, as in `VARCHAR(16)`; `None` when the dialect has none of that name and form.
    #[must_use]
    pub fn from_name(name: &str, arguments: &[u32]) -> Option<Self> {
        let one = |default: u32| match arguments {
            [] => Some(default),
            [length] if *length > 0 && *length <= UNBOUNDED => Some(*length),
            _ => None,
        };
        let plain = |sql_type: Self| arguments.is_empty().then_some(sql_type);
        match name.to_ascii_uppercase().as_str() {
            "TINYINT" => plain(Self::TinyInt),
            "SMALLINT" => plain(Self::SmallInt),
            "INTEGER" | "INT" => plain(Self::Integer),
            "BIGINT" => plain(Self::BigInt),
            "DECIMAL" | "DEC" | "NUMERIC" => decimal(arguments),
            "REAL" => plain(Self::Real),
            "DOUBLE" | "DOUBLE PRECISION" | "FLOAT" => plain(Self::Double),
            "BOOLEAN" => plain(Self::Boolean),
            "CHAR" | "CHARACTER" => one(1).map(Self::Char),
            "VARCHAR" | "CHARACTER VARYING" | "CHAR VARYING" => one(UNBOUNDED).map(Self::Varchar),
            "BINARY" => one(1).map(Self::Binary),
            "VARBINARY" | "BINARY VARYING" => one(UNBOUNDED).map(Self::Varbinary),
            "DATE" => plain(Self::Date),
            "TIME" => plain(Self::Time),
            "TIMESTAMP" => plain(Self::Timestamp),
            _ => None,
        }
    }

    /// The type in a text such as `VARCHAR(16)` or `decimal(10, 2)`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, arguments) = match text.split_once('(') {
            None => (text.trim(), Vec::new()),
            Some((name, rest)) => {
                let inside = rest.trim_end().strip_suffix(')')?;
                let arguments = inside.split(',').map(|part| part.trim().parse().ok()).collect::<Option<Vec<u32>>>()?;
                (name.trim(), arguments)
            }
        };
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        Self::from_name(&name, &arguments)
    }

    /// The Arrow type that holds it.
    #[must_use]
    pub fn to_arrow(self) -> DataType {
        match self {
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Char(_) | Self::Varchar(_) => DataType::Utf8,
            Self::Binary(_) | Self::Varbinary(_) => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time32(TimeUnit::Millisecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
        }
    }
}

fn decimal(arguments: &[u32]) -> Option<SqlType> {
    let (precision, scale) = match *arguments {
        [] => (18, 0),
        [precision] => (precision, 0),
        [precision, scale] => (precision, scale),
        _ => return None,
    };
    if !(1..=19).contains(&precision) || scale > precision {
        return None;
    }
    Some(SqlType::Decimal(u8::try_from(precision).ok()?, i8::try_from(scale).ok()?))
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TinyInt => f.write_str("TINYINT"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Integer => f.write_str("INTEGER"),
            Self::BigInt => f.write_str("BIGINT"),
            Self::Decimal(precision, scale) => write!(f, "DECIMAL({precision},{scale})"),
            Self::Real => f.write_str("REAL"),
            Self::Double => f.write_str("DOUBLE"),
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::Char(length) => write!(f, "CHAR({length})"),
            Self::Varchar(length) => write!(f, "VARCHAR({length})"),
            Self::Binary(length) => write!(f, "BINARY({length})"),
            Self::Varbinary(length) => write!(f, "VARBINARY({length})"),
            Self::Date => f.write_str("DATE"),
            Self::Time => f.write_str("TIME"),
            Self::Timestamp => f.write_str("TIMESTAMP"),
        }
    }
}

impl Serialize for SqlType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SqlType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a type of streaming SQL")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_what_they_print() {
        for text in
            ["TINYINT", "INTEGER", "DECIMAL(10,2)", "DOUBLE", "CHAR(3)", "VARCHAR(16)", "VARBINARY(8)", "TIMESTAMP"]
        {
            assert_eq!(SqlType::parse(text).map(|t| t.to_string()).as_deref(), Some(text));
        }
        assert_eq!(SqlType::parse("character varying ( 4 )"), Some(SqlType::Varchar(4)));
        assert_eq!(SqlType::parse("double precision"), Some(SqlType::Double));
        assert_eq!(SqlType::parse("VARCHAR"), Some(SqlType::Varchar(65_535)));
    }

    #[test]
    fn wrong_arguments_are_no_type() {
        for text in ["INTEGER(4)", "DECIMAL(20)", "DECIMAL(4,5)", "VARCHAR(0)", "VARCHAR(70000)", "BLOB", "VARCHAR(x)"]
        {
            assert_eq!(SqlType::parse(text), None, "{text}");
        }
    }
}
