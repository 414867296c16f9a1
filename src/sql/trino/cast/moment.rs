//! Dates, times and timestamps: to each other, and as text.
//!
//! All of it runs on nanoseconds since 1970 (or midnight) in 128 bits, whatever the unit of the column.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, StringArray, StructArray, Time64MicrosecondArray, Time64NanosecondArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{
    Date32Type, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike};

use super::zone::{instant_of_local, local_of_instant, offset_at};
use crate::sql::trino::call::SessionInfo;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::types::{TrinoType, zoned_fields};

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// Nanoseconds of a time since midnight.
pub(crate) fn time_nanos(array: &ArrayRef, row: usize) -> i128 {
    match array.data_type() {
        DataType::Time64(TimeUnit::Nanosecond) => i128::from(array.as_primitive::<Time64NanosecondType>().value(row)),
        _ => i128::from(array.as_primitive::<Time64MicrosecondType>().value(row)) * 1000,
    }
}

/// Nanoseconds of a timestamp since 1970.
pub(crate) fn timestamp_nanos(array: &ArrayRef, row: usize) -> i128 {
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            i128::from(array.as_primitive::<TimestampNanosecondType>().value(row))
        }
        _ => i128::from(array.as_primitive::<TimestampMicrosecondType>().value(row)) * 1000,
    }
}

/// The moment and the zone of a value with time zone.
pub(crate) fn zoned(array: &ArrayRef) -> (&ArrayRef, &StringArray) {
    let parts = array.as_struct();
    (parts.column(0), parts.column(1).as_string::<i32>())
}

/// Nanoseconds rounded half up to a precision.
pub(crate) fn round_nanos(nanos: i128, precision: u8) -> i128 {
    let unit = 10i128.pow(u32::from(9u8.saturating_sub(precision)));
    (nanos + unit / 2).div_euclid(unit) * unit
}

/// A column of times from nanoseconds since midnight.
pub(crate) fn time_array(nanos: Vec<Option<i128>>, precision: u8) -> Result<ArrayRef, TrinoError> {
    let wrap = |nanos: i128| round_nanos(nanos, precision).rem_euclid(DAY);
    if TrinoType::unit(precision) == TimeUnit::Nanosecond {
        let values: Time64NanosecondArray =
            nanos.into_iter().map(|v| v.and_then(|v| i64::try_from(wrap(v)).ok())).collect();
        return Ok(Arc::new(values));
    }
    let values: Time64MicrosecondArray =
        nanos.into_iter().map(|v| v.and_then(|v| i64::try_from(wrap(v) / 1000).ok())).collect();
    Ok(Arc::new(values))
}

/// A column of timestamps from nanoseconds since 1970, rounded to the precision.
pub(crate) fn timestamp_array(nanos: Vec<Option<i128>>, precision: u8) -> Result<ArrayRef, TrinoError> {
    let out = |_| TrinoError::range("Timestamp out of range");
    let nanosecond = TrinoType::unit(precision) == TimeUnit::Nanosecond;
    let one = |value: i128| {
        let rounded = round_nanos(value, precision);
        i64::try_from(if nanosecond { rounded } else { rounded.div_euclid(1000) }).map_err(out)
    };
    let values: Vec<Option<i64>> =
        nanos.into_iter().map(|value| value.map(one).transpose()).collect::<Result<_, _>>()?;
    if nanosecond {
        return Ok(Arc::new(TimestampNanosecondArray::from(values)));
    }
    Ok(Arc::new(TimestampMicrosecondArray::from(values)))
}

/// A column of instants with their zones.
pub(crate) fn zoned_array(values: Vec<Option<(i128, String)>>, precision: u8) -> Result<ArrayRef, TrinoError> {
    let nulls = values.iter().map(Option::is_some).collect::<arrow::buffer::NullBuffer>();
    let instants =
        timestamp_array(values.iter().map(|value| value.as_ref().map(|(nanos, _)| *nanos)).collect(), precision)?;
    let zones: StringArray = values.iter().map(|value| value.as_ref().map(|(_, zone)| zone.as_str())).collect();
    let fields = zoned_fields(instants.data_type().clone());
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    Ok(Arc::new(StructArray::try_new(fields, vec![instants, Arc::new(zones)], nulls)?))
}

pub(crate) fn zoned_time_array(values: Vec<Option<(i128, String)>>, precision: u8) -> Result<ArrayRef, TrinoError> {
    let nulls = values.iter().map(Option::is_some).collect::<arrow::buffer::NullBuffer>();
    let times = time_array(values.iter().map(|value| value.as_ref().map(|(nanos, _)| *nanos)).collect(), precision)?;
    let zones: StringArray = values.iter().map(|value| value.as_ref().map(|(_, zone)| zone.as_str())).collect();
    let fields = zoned_fields(times.data_type().clone());
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    Ok(Arc::new(StructArray::try_new(fields, vec![times, Arc::new(zones)], nulls)?))
}

/// What a value is on the time line and in its zone.
enum Moment {
    /// Local nanoseconds since 1970, without zone.
    Local(i128),
    /// An instant and its zone.
    Zoned(i128, String),
    /// Nanoseconds since midnight.
    Time(i128),
    /// The same in a zone.
    ZonedTime(i128, String),
}

fn moment(array: &ArrayRef, row: usize, from: &TrinoType) -> Result<Moment, TrinoError> {
    Ok(match from {
        TrinoType::Date => Moment::Local(i128::from(array.as_primitive::<Date32Type>().value(row)) * DAY),
        TrinoType::Timestamp(_) => Moment::Local(timestamp_nanos(array, row)),
        TrinoType::TimestampWithTimeZone(_) => {
            let (instants, zones) = zoned(array);
            Moment::Zoned(timestamp_nanos(instants, row), zones.value(row).to_owned())
        }
        TrinoType::Time(_) => Moment::Time(time_nanos(array, row)),
        TrinoType::TimeWithTimeZone(_) => {
            let (times, zones) = zoned(array);
            Moment::ZonedTime(time_nanos(times, row), zones.value(row).to_owned())
        }
        _ => return Err(TrinoError::internal(format!("No cast from {from}"))),
    })
}

impl Moment {
    fn local(&self) -> Result<i128, TrinoError> {
        match self {
            Self::Local(nanos) | Self::Time(nanos) | Self::ZonedTime(nanos, _) => Ok(*nanos),
            Self::Zoned(nanos, zone) => local_of_instant(zone, *nanos),
        }
    }

    fn in_zone(self, session: &SessionInfo) -> Result<(i128, String), TrinoError> {
        match self {
            Self::Zoned(nanos, zone) | Self::ZonedTime(nanos, zone) => Ok((nanos, zone)),
            Self::Local(nanos) => Ok((instant_of_local(&session.zone, nanos)?, session.zone.clone())),
            Self::Time(nanos) => Ok((nanos, session.zone.clone())),
        }
    }
}

pub(super) fn cast(
    array: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    session: &SessionInfo,
) -> Result<ArrayRef, TrinoError> {
    let rows = 0..array.len();
    let valid = |row: usize| array.is_valid(row).then(|| moment(array, row, from)).transpose();
    let locals =
        || rows.clone().map(|row| valid(row)?.map(|moment| moment.local()).transpose()).collect::<Result<Vec<_>, _>>();
    match to {
        TrinoType::Date => {
            let days = |nanos: Option<i128>| nanos.and_then(|nanos| i32::try_from(nanos.div_euclid(DAY)).ok());
            Ok(Arc::new(locals()?.into_iter().map(days).collect::<Date32Array>()))
        }
        TrinoType::Timestamp(precision) => timestamp_array(locals()?, *precision),
        TrinoType::Time(precision) => time_array(
            locals()?.into_iter().map(|nanos| nanos.map(|nanos| nanos.rem_euclid(DAY))).collect(),
            *precision,
        ),
        TrinoType::TimestampWithTimeZone(precision) => {
            let zoned = rows.map(|row| valid(row)?.map(|moment| moment.in_zone(session)).transpose());
            zoned_array(zoned.collect::<Result<_, _>>()?, *precision)
        }
        TrinoType::TimeWithTimeZone(precision) => {
            let one = |moment: Moment| -> Result<(i128, String), TrinoError> {
                let local = moment.local()?.rem_euclid(DAY);
                let (instant, zone) = moment.in_zone(session)?;
                let seconds = i64::try_from(instant.div_euclid(SECOND)).unwrap_or_default();
                Ok((local, offset_name(offset_at(&zone, seconds)?)))
            };
            let zoned = rows.map(|row| valid(row)?.map(one).transpose());
            zoned_time_array(zoned.collect::<Result<_, _>>()?, *precision)
        }
        _ => Err(TrinoError::internal(format!("No cast from {from} to {to}"))),
    }
}

fn offset_name(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
}

/// Days since 1970 as `2001-08-22`.
pub(crate) fn date_text(days: i32) -> String {
    let date = NaiveDate::default() + TimeDelta::days(i64::from(days));
    let year = date.year();
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{:02}-{:02}", year.unsigned_abs(), date.month(), date.day())
}

fn fraction_text(nanos: u32, precision: u8) -> String {
    let digits = format!("{nanos:09}");
    match usize::from(precision) {
        0 => String::new(),
        precision => format!(".{}", &digits[..precision.min(9)]),
    }
}

/// Nanoseconds since midnight as `03:04:05.321`.
pub(crate) fn time_text(nanos: i128, precision: u8) -> String {
    let seconds = nanos.div_euclid(SECOND);
    let fraction = u32::try_from(nanos.rem_euclid(SECOND)).unwrap_or_default();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}{}", seconds % 60, fraction_text(fraction, precision))
}

/// Nanoseconds since 1970 as `2001-08-22 03:04:05.321`.
pub(crate) fn timestamp_text(nanos: i128, precision: u8) -> String {
    let seconds = i64::try_from(nanos.div_euclid(SECOND)).unwrap_or_default();
    let fraction = u32::try_from(nanos.rem_euclid(SECOND)).unwrap_or_default();
    let moment = DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
    let days = i32::try_from(seconds.div_euclid(86_400)).unwrap_or_default();
    format!(
        "{} {:02}:{:02}:{:02}{}",
        date_text(days),
        moment.hour(),
        moment.minute(),
        moment.second(),
        fraction_text(fraction, precision)
    )
}

/// A timestamp with zone as `2001-08-22 03:04:05.321 UTC`.
pub(crate) fn zoned_timestamp_text(array: &ArrayRef, row: usize, precision: u8) -> Result<String, TrinoError> {
    let (instants, zones) = zoned(array);
    let zone = zones.value(row);
    let local = local_of_instant(zone, timestamp_nanos(instants, row))?;
    Ok(format!("{} {zone}", timestamp_text(local, precision)))
}

pub(super) fn zoned_time_text(array: &ArrayRef, row: usize, precision: u8) -> String {
    let (times, zones) = zoned(array);
    let zone = zones.value(row);
    let zone = if zone == "UTC" { "+00:00" } else { zone };
    format!("{}{zone}", time_text(time_nanos(times, row), precision))
}
