//! Values as text: CAST to varchar and char.

use std::net::Ipv6Addr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType,
};

use super::moment::{date_text, time_text, timestamp_text, zoned_time_text, zoned_timestamp_text};
use super::number::decimal_text;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

/// Text of any length as `varchar(n)` or `char(n)`: cut when `may_cut`, refused otherwise; `char` is padded.
pub(super) fn fit(array: &ArrayRef, to: &TrinoType, may_cut: bool) -> Result<ArrayRef, TrinoError> {
    let (length, pads) = match to {
        TrinoType::Varchar(Some(length)) => (*length as usize, false),
        TrinoType::Char(length) => (*length as usize, true),
        _ => return Ok(Arc::clone(array)),
    };
    let values = array.as_string::<i32>();
    if !pads && values.iter().flatten().all(|text| text.len() <= length) {
        return Ok(Arc::clone(array));
    }
    let one = |text: &str| {
        let characters = text.chars().count();
        if characters > length && !may_cut {
            return Err(TrinoError::cast(format!("Value {text} cannot be represented as {to}")));
        }
        let mut fitted: String = text.chars().take(length).collect();
        if pads {
            fitted.extend(std::iter::repeat_n(' ', length.saturating_sub(characters)));
        }
        Ok(fitted)
    };
    let fitted: StringArray = values.iter().map(|text| text.map(one).transpose()).collect::<Result<_, _>>()?;
    Ok(Arc::new(fitted))
}

/// One value as CAST to varchar prints it.
///
/// # Errors
/// `GENERIC_INTERNAL_ERROR` for types without a cast to varchar.
pub(crate) fn value_text(array: &ArrayRef, row: usize, from: &TrinoType) -> Result<Option<String>, TrinoError> {
    use TrinoType as T;
    if array.is_null(row) {
        return Ok(None);
    }
    Ok(Some(match from {
        T::Boolean => array.as_boolean().value(row).to_string(),
        T::Tinyint => array.as_primitive::<Int8Type>().value(row).to_string(),
        T::Smallint => array.as_primitive::<Int16Type>().value(row).to_string(),
        T::Integer => array.as_primitive::<Int32Type>().value(row).to_string(),
        T::Bigint => array.as_primitive::<Int64Type>().value(row).to_string(),
        T::Real => double_text(&format!("{:e}", array.as_primitive::<Float32Type>().value(row))),
        T::Double => double_text(&format!("{:e}", array.as_primitive::<Float64Type>().value(row))),
        T::Decimal(_, scale) => decimal_text(array.as_primitive::<Decimal128Type>().value(row), *scale),
        T::Varchar(_) | T::Char(_) | T::Json => array.as_string::<i32>().value(row).to_owned(),
        T::Date => date_text(array.as_primitive::<Date32Type>().value(row)),
        T::Time(precision) => time_text(super::moment::time_nanos(array, row), *precision),
        T::TimeWithTimeZone(precision) => zoned_time_text(array, row, *precision),
        T::Timestamp(precision) => timestamp_text(super::moment::timestamp_nanos(array, row), *precision),
        T::TimestampWithTimeZone(precision) => zoned_timestamp_text(array, row, *precision)?,
        T::IntervalDayToSecond => day_interval_text(array.as_primitive::<DurationMillisecondType>().value(row)),
        T::IntervalYearToMonth => month_interval_text(array.as_primitive::<IntervalYearMonthType>().value(row)),
        T::Uuid => uuid_text(array.as_fixed_size_binary().value(row)),
        T::Ipaddress => address_text(array.as_fixed_size_binary().value(row)),
        T::Unknown | T::Varbinary | T::Array(_) | T::Map(..) | T::Row(_) => {
            return Err(TrinoError::internal(format!("No cast from {from} to varchar")));
        }
    }))
}

/// A number in Rust's `{:e}` form as Trino casts doubles to varchar: `1.5E0`, `0E0`, `Infinity`.
pub(crate) fn double_text(scientific: &str) -> String {
    match scientific {
        "inf" => "Infinity".into(),
        "-inf" => "-Infinity".into(),
        "NaN" => "NaN".into(),
        "0e0" => "0E0".into(),
        "-0e0" => "-0E0".into(),
        other => {
            let (digits, exponent) = other.split_once('e').unwrap_or((other, "0"));
            let point = if digits.contains('.') { "" } else { ".0" };
            format!("{digits}{point}E{exponent}")
        }
    }
}

/// A double as Java prints it: `1.5`, `1.0E10`, `1.0E-5`.
pub(crate) fn java_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = format!("{value}");
        return if text.contains('.') { text } else { format!("{text}.0") };
    }
    double_text(&format!("{value:e}"))
}

/// Milliseconds as `2 03:04:05.678`.
pub(crate) fn day_interval_text(milliseconds: i64) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let size = milliseconds.unsigned_abs();
    let (days, rest) = (size / 86_400_000, size % 86_400_000);
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{sign}{days} {hours:02}:{minutes:02}:{seconds:02}.{:03}", rest % 1000)
}

/// Months as `3-5`.
pub(crate) fn month_interval_text(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let size = months.unsigned_abs();
    format!("{sign}{}-{}", size / 12, size % 12)
}

fn uuid_text(bytes: &[u8]) -> String {
    uuid::Uuid::from_slice(bytes).map(|uuid| uuid.to_string()).unwrap_or_default()
}

fn address_text(bytes: &[u8]) -> String {
    let address: [u8; 16] = bytes.try_into().unwrap_or_default();
    let address = Ipv6Addr::from(address);
    match address.to_ipv4_mapped() {
        Some(short) => short.to_string(),
        None => address.to_string(),
    }
}
