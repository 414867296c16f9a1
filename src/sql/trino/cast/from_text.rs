//! Text as other types: CAST from varchar, and what literals hold.

use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, StringArray,
};
use chrono::NaiveDate;

use super::moment::{time_array, timestamp_array, zoned_array, zoned_time_array};
use super::number::{divide_half_up, power_of_ten};
use super::zone::{instant_of_local, parse_zone};
use super::{cannot, sixteen};
use crate::sql::trino::call::SessionInfo;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::TrinoType;

const SECOND: i128 = 1_000_000_000;

pub(super) fn cast(array: &ArrayRef, to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, TrinoError> {
    let texts = array.as_string::<i32>();
    macro_rules! each {
        ($array:ty, $parse:expr) => {{
            let parse = $parse;
            let values: $array = texts
                .iter()
                .map(|text| text.map(|text| parse(text).ok_or_else(|| cannot(text, to))).transpose())
                .collect::<Result<_, _>>()?;
            Ok(Arc::new(values) as ArrayRef)
        }};
    }
    match to {
        TrinoType::Boolean => each!(BooleanArray, parse_boolean),
        TrinoType::Tinyint => each!(Int8Array, |text: &str| parse_integer(text).and_then(|v| i8::try_from(v).ok())),
        TrinoType::Smallint => each!(Int16Array, |text: &str| parse_integer(text).and_then(|v| i16::try_from(v).ok())),
        TrinoType::Integer => each!(Int32Array, |text: &str| parse_integer(text).and_then(|v| i32::try_from(v).ok())),
        TrinoType::Bigint => each!(Int64Array, parse_integer),
        TrinoType::Real => each!(Float32Array, |text: &str| {
            #[expect(clippy::cast_possible_truncation, reason = "a real keeps the nearest value it has")]
            parse_double(text).map(|value| value as f32)
        }),
        TrinoType::Double => each!(Float64Array, parse_double),
        TrinoType::Decimal(precision, scale) => {
            let values: Decimal128Array = texts
                .iter()
                .map(|text| {
                    let parse = |text| parse_decimal(text, *precision, *scale).ok_or_else(|| cannot(text, to));
                    text.map(parse).transpose()
                })
                .collect::<Result<_, _>>()?;
            Ok(Arc::new(values.with_precision_and_scale(*precision, scale.cast_signed())?))
        }
        TrinoType::Date => {
            each!(Date32Array, |text: &str| parse_date(text.trim()))
        }
        TrinoType::Uuid | TrinoType::Ipaddress => {
            let bytes = |text: &str| text_bytes(text, to).ok_or_else(|| cannot(text, to));
            sixteen(texts.iter().map(|text| text.map(bytes).transpose()).collect::<Result<_, _>>()?)
        }
        _ => moments(texts, to, session),
    }
}

fn moments(texts: &StringArray, to: &TrinoType, session: &SessionInfo) -> Result<ArrayRef, TrinoError> {
    let failed = |text: &str| TrinoError::cast(format!("Value cannot be cast to {}: {text}", to.base_name()));
    macro_rules! each {
        ($parse:expr) => {{
            let parse = $parse;
            texts
                .iter()
                .map(|text| text.map(|text| parse(text.trim()).ok_or_else(|| failed(text))).transpose())
                .collect::<Result<Vec<_>, _>>()?
        }};
    }
    match to {
        TrinoType::Time(precision) => time_array(
            each!(|text| parse_time(text).filter(|(_, zone)| zone.is_none()).map(|found| found.0)),
            *precision,
        ),
        TrinoType::TimeWithTimeZone(precision) => {
            let zoned = each!(|text| {
                let (nanos, zone) = parse_time(text)?;
                Some((nanos, zone.unwrap_or_else(|| session.zone.clone())))
            });
            zoned_time_array(zoned, *precision)
        }
        TrinoType::Timestamp(precision) => {
            let locals = each!(|text| parse_timestamp(text).filter(|found| found.zone.is_none()));
            timestamp_array(locals.into_iter().map(|found| found.map(|found| found.local)).collect(), *precision)
        }
        TrinoType::TimestampWithTimeZone(precision) => {
            let zoned = each!(|text| {
                let found = parse_timestamp(text)?;
                let zone = found.zone.unwrap_or_else(|| session.zone.clone());
                Some((instant_of_local(&zone, found.local).ok()?, zone))
            });
            zoned_array(zoned, *precision)
        }
        _ => Err(TrinoError::internal(format!("No cast from varchar to {to}"))),
    }
}

fn parse_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

fn parse_integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// As Java's `Double.parseDouble`.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.trim_start_matches(['+', '-']) {
        "Infinity" | "NaN" => return text.replace("Infinity", "inf").parse().ok(),
        other if !other.starts_with(|c: char| c.is_ascii_digit() || c == '.') => return None,
        _ => {}
    }
    text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text).parse().ok()
}

/// The unscaled value of text as `decimal(precision, scale)`, rounded half up. `None` when it is no number or too large.
pub(crate) fn parse_decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(place) => (&text[..place], text[place + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (is_negative, digits) = match mantissa.as_bytes().first()? {
        b'-' => (true, &mantissa[1..]),
        b'+' => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let significant = all.trim_start_matches('0');
    // How far the point has to move to the right to reach the scale.
    let shift = i32::from(scale) + exponent - i32::try_from(fraction.len()).ok()?;
    let unscaled = if shift >= 0 {
        let value: i128 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
        if value == 0 { 0 } else { value.checked_mul(10i128.checked_pow(u32::try_from(shift).ok()?)?)? }
    } else {
        let drop = usize::try_from(-shift).ok()?;
        if drop > significant.len() {
            0
        } else {
            // One digit more than kept decides the rounding.
            let kept = &significant[..significant.len() - drop + 1];
            divide_half_up(kept.parse().ok()?, 10)
        }
    };
    let limit = power_of_ten(precision).ok()?;
    (unscaled < limit).then_some(if is_negative { -unscaled } else { unscaled })
}

/// `YYYY-MM-DD` as days since 1970.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let mut parts = rest.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit())
    };
    if parts.next().is_some() || !is_number(year, 4..=6) || !is_number(month, 1..=2) || !is_number(day, 1..=2) {
        return None;
    }
    let year: i32 = year.parse().ok()?;
    let date = NaiveDate::from_ymd_opt(if is_negative { -year } else { year }, month.parse().ok()?, day.parse().ok()?)?;
    i32::try_from((date - NaiveDate::default()).num_days()).ok()
}

/// `HH:MM[:SS[.fraction]]` in nanoseconds and the offset behind it.
pub(crate) fn parse_time(text: &str) -> Option<(i128, Option<String>)> {
    let clock_end = text.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(text.len());
    let nanos = parse_clock(&text[..clock_end])?;
    match text[clock_end..].trim() {
        "" => Some((nanos, None)),
        zone => {
            let zone = parse_zone(zone)?;
            Some((nanos, Some(if zone == "UTC" { "+00:00".into() } else { zone })))
        }
    }
}

fn parse_clock(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next().unwrap_or("0"));
    if parts.next().is_some() {
        return None;
    }
    let (second, fraction) = second.split_once('.').unwrap_or((second, ""));
    let number = |text: &str, limit: i128| {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
        is_number.then(|| text.parse::<i128>().ok()).flatten().filter(|value| *value < limit)
    };
    if !fraction.bytes().all(|c| c.is_ascii_digit()) || fraction.len() > 12 {
        return None;
    }
    // Digits beyond nanoseconds round.
    let picos: i128 = format!("{fraction:0<12}").parse().ok()?;
    let (hour, minute, second) = (number(hour, 24)?, number(minute, 60)?, number(second, 60)?);
    Some((hour * 3600 + minute * 60 + second) * SECOND + (picos + 500) / 1000)
}

/// A timestamp as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParsedTimestamp {
    /// Local nanoseconds since 1970.
    pub(crate) local: i128,
    /// The zone, if one is there.
    pub(crate) zone: Option<String>,
    /// How many fraction digits there are.
    pub(crate) precision: u8,
}

/// `YYYY-MM-DD[ HH:MM[:SS[.fraction]]][ zone]`
pub(crate) fn parse_timestamp(text: &str) -> Option<ParsedTimestamp> {
    let (date, rest) = match text.find(' ') {
        Some(place) => (&text[..place], text[place..].trim_start()),
        None => (text, ""),
    };
    let days = i128::from(parse_date(date)?);
    let is_clock = rest.starts_with(|c: char| c.is_ascii_digit());
    let clock_end = if is_clock {
        rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(rest.len())
    } else {
        0
    };
    let (clock, zone) = (&rest[..clock_end], rest[clock_end..].trim());
    let nanos = if clock.is_empty() { 0 } else { parse_clock(clock)? };
    let digits = clock.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let zone = if zone.is_empty() { None } else { Some(parse_zone(zone)?) };
    Some(ParsedTimestamp { local: days * 86_400 * SECOND + nanos, zone, precision: u8::try_from(digits).ok()? })
}

fn text_bytes(text: &str, to: &TrinoType) -> Option<[u8; 16]> {
    if matches!(to, TrinoType::Uuid) {
        return uuid::Uuid::parse_str(text).ok().map(uuid::Uuid::into_bytes);
    }
    match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => Some(address.to_ipv6_mapped().octets()),
        IpAddr::V6(address) => Some(address.octets()),
    }
}

/// Bytes as uuid or ipaddress.
pub(super) fn sixteen_bytes(array: &ArrayRef, to: &TrinoType) -> Result<ArrayRef, TrinoError> {
    let one = |bytes: &[u8]| -> Result<[u8; 16], TrinoError> {
        if let (TrinoType::Ipaddress, Ok(short)) = (to, <[u8; 4]>::try_from(bytes)) {
            return Ok(std::net::Ipv4Addr::from(short).to_ipv6_mapped().octets());
        }
        bytes.try_into().map_err(|_| TrinoError::cast(format!("Invalid {to} binary length: {}", bytes.len())))
    };
    let values = array.as_binary::<i32>().iter().map(|bytes| bytes.map(one).transpose());
    sixteen(values.collect::<Result<_, _>>()?)
}
