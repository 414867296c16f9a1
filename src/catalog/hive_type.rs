//! Hive types: what a column of a catalog table can be, and how the type is written.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Error;

/// The type of a column, in Hive's terms. `Display` and `FromStr` are the text that Glue and Athena use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HiveType {
    /// `boolean`
    Boolean,
    /// `tinyint`, 8 bits.
    TinyInt,
    /// `smallint`, 16 bits.
    SmallInt,
    /// `int`, 32 bits.
    Int,
    /// `bigint`, 64 bits.
    BigInt,
    /// `float`, 32 bits.
    Float,
    /// `double`, 64 bits.
    Double,
    /// `decimal(precision,scale)`, up to 38 digits.
    Decimal(u8, i8),
    /// `string`
    String,
    /// `varchar(length)`
    Varchar(u32),
    /// `char(length)`
    Char(u32),
    /// `binary`
    Binary,
    /// `date`
    Date,
    /// `timestamp`, without a time zone.
    Timestamp,
    /// `array<element>`
    Array(Box<Self>),
    /// `map<key,value>`
    Map(Box<Self>, Box<Self>),
    /// `struct<name:type,...>`
    Struct(Vec<(String, Self)>),
}

impl HiveType {
    /// Whether the type holds single values; partition keys must.
    #[must_use]
    pub fn is_primitive(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Map(..) | Self::Struct(_))
    }
}

impl fmt::Display for HiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::TinyInt => f.write_str("tinyint"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Int => f.write_str("int"),
            Self::BigInt => f.write_str("bigint"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::String => f.write_str("string"),
            Self::Varchar(length) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Array(element) => write!(f, "array<{element}>"),
            Self::Map(key, value) => write!(f, "map<{key},{value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, (name, data_type)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{data_type}", quoted(name))?;
                }
                f.write_str(">")
            }
        }
    }
}

/// A field name, in backticks only when it would be read wrongly without.
fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    let plain = !name.is_empty() && name.trim() == name && !name.contains([':', ',', '<', '>', '`']);
    if plain { name.into() } else { format!("`{}`", name.replace('`', "``")).into() }
}

impl TryFrom<String> for HiveType {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<HiveType> for String {
    fn from(data_type: HiveType) -> Self {
        data_type.to_string()
    }
}
