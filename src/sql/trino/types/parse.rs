//! Types from the text that `typeof` prints; used for tests, table properties and views.

use super::{DEFAULT_SUBSECOND, MAX_PRECISION, MAX_SUBSECOND, TrinoType};

impl TrinoType {
    /// A type without nested types by its name and number parameters: `decimal` with `[10, 2]`.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub(crate) fn named(name: &str, parameters: &[u32]) -> Result<Self, String> {
        let subsecond = |of: fn(u8) -> Self| match parameters {
            [] => Ok(of(DEFAULT_SUBSECOND)),
            [precision] if *precision <= u32::from(MAX_SUBSECOND) => Ok(of(u8::try_from(*precision).unwrap_or(3))),
            [precision] => Err(format!("{name} precision must be in range [0, {MAX_SUBSECOND}]: {precision}")),
            _ => Err(format!("Type {name} takes one parameter")),
        };
        let plain = |found: Self| match parameters {
            [] => Ok(found),
            _ => Err(format!("Type {name} takes no parameters")),
        };
        match name {
            "unknown" => plain(Self::Unknown),
            "boolean" => plain(Self::Boolean),
            "tinyint" => plain(Self::Tinyint),
            "smallint" => plain(Self::Smallint),
            "integer" | "int" => plain(Self::Integer),
            "bigint" => plain(Self::Bigint),
            "real" => plain(Self::Real),
            "double" => plain(Self::Double),
            "varbinary" => plain(Self::Varbinary),
            "json" => plain(Self::Json),
            "date" => plain(Self::Date),
            "ipaddress" => plain(Self::Ipaddress),
            "uuid" => plain(Self::Uuid),
            "interval day to second" => plain(Self::IntervalDayToSecond),
            "interval year to month" => plain(Self::IntervalYearToMonth),
            "time" => subsecond(Self::Time),
            "time with time zone" => subsecond(Self::TimeWithTimeZone),
            "timestamp" => subsecond(Self::Timestamp),
            "timestamp with time zone" => subsecond(Self::TimestampWithTimeZone),
            "decimal" | "dec" | "numeric" => decimal(parameters),
            "varchar" => match parameters {
                [] => Ok(Self::VARCHAR),
                [length] => Ok(Self::Varchar(Some(*length))),
                _ => Err("Type varchar takes one parameter".into()),
            },
            "char" => match parameters {
                [] => Ok(Self::Char(1)),
                [length] if *length <= 65_536 => Ok(Self::Char(*length)),
                _ => Err("CHAR length must be in range [0, 65536]".into()),
            },
            _ => Err(format!("Unknown type: {name}")),
        }
    }
}

fn decimal(parameters: &[u32]) -> Result<TrinoType, String> {
    let (precision, scale) = match parameters {
        [] => (38, 0),
        [precision] => (*precision, 0),
        [precision, scale] => (*precision, *scale),
        _ => return Err("Type decimal takes two parameters".into()),
    };
    if precision == 0 || precision > u32::from(MAX_PRECISION) {
        return Err(format!("DECIMAL precision must be in range [1, {MAX_PRECISION}]: {precision}"));
    }
    if scale > precision {
        return Err(format!("DECIMAL scale must be in range [0, precision ({precision})]: {scale}"));
    }
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision), Ok(scale)) => Ok(TrinoType::Decimal(precision, scale)),
        _ => Err("DECIMAL precision is out of range".into()),
    }
}
