//! Zones of values, and Unix time.

use arrow::array::{ArrayRef, PrimitiveArray};
use arrow::datatypes::{Decimal128Type, Float64Type};

use super::super::column::{bigint_rows, primitive_rows, text_rows};
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::calendar::{Local, NANOS_OF_SECOND};
use super::moment::{Moments, day_intervals, moment_rows};
use super::zone::{Zone, Zones};

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "at_timezone(timestamp(p) with time zone, varchar) -> timestamp(p) with time zone",
        at_timezone,
        "at_timezone(TIMESTAMP '2012-10-31 01:00:00.000 UTC', 'America/Los_Angeles')",
        "2012-10-30 18:00:00.000 America/Los_Angeles",
    ),
    entry(
        "at_timezone(timestamp(p) with time zone, interval day to second) -> timestamp(p) with time zone",
        at_offset,
        "at_timezone(TIMESTAMP '2012-10-31 01:00:00.000 UTC', INTERVAL '2' HOUR)",
        "2012-10-31 03:00:00.000 +02:00",
    ),
    entry(
        "from_unixtime(double) -> timestamp(3) with time zone",
        from_unixtime,
        "from_unixtime(980132645.888e0)",
        "2001-01-22 03:04:05.888 UTC",
    ),
    entry(
        "from_unixtime(double, varchar) -> timestamp(3) with time zone",
        from_unixtime_in,
        "from_unixtime(0, 'Asia/Tokyo')",
        "1970-01-01 09:00:00.000 Asia/Tokyo",
    ),
    entry(
        "from_unixtime(double, bigint, bigint) -> timestamp(3) with time zone",
        from_unixtime_at,
        "from_unixtime(0, 5, 30)",
        "1970-01-01 05:30:00.000 +05:30",
    ),
    entry(
        "from_unixtime_nanos(bigint) -> timestamp(9) with time zone",
        from_unixtime_nanos,
        "from_unixtime_nanos(1234567890123456789)",
        "2009-02-13 23:31:30.123456789 UTC",
    ),
    entry(
        "from_unixtime_nanos(decimal(p,s)) -> timestamp(9) with time zone",
        from_unixtime_decimal,
        "from_unixtime_nanos(DECIMAL '1234.5')",
        "1970-01-01 00:00:00.000001235 UTC",
    ),
    entry(
        "timezone(timestamp(p) with time zone) -> varchar",
        timezone,
        "timezone(TIMESTAMP '2012-10-31 01:00:00.000 +05:30')",
        "+05:30",
    ),
    entry("timezone(time(p) with time zone) -> varchar", timezone, "timezone(TIME '01:00:00.000 +05:30')", "+05:30"),
    entry(
        "to_milliseconds(interval day to second) -> bigint",
        to_milliseconds,
        "to_milliseconds(INTERVAL '2' DAY)",
        "172800000",
    )
    .infallible(),
    entry(
        "to_unixtime(timestamp(p)) -> double",
        to_unixtime,
        "to_unixtime(TIMESTAMP '1970-01-01 00:00:01.500')",
        "1.5",
    )
    .infallible(),
    entry(
        "to_unixtime(timestamp(p) with time zone) -> double",
        to_unixtime,
        "to_unixtime(TIMESTAMP '2001-01-22 03:04:05.000 UTC')",
        "980132645.0",
    ),
    entry(
        "with_timezone(timestamp(p), varchar) -> timestamp(p) with time zone",
        with_timezone,
        "with_timezone(TIMESTAMP '2022-11-01 09:08:07.321', 'America/Los_Angeles')",
        "2022-11-01 09:08:07.321 America/Los_Angeles",
    ),
];

/// Nanoseconds that no timestamp reaches.
const MOST_NANOS: u128 = 1 << 100;

fn at_timezone(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (moments, names, zones) = (Moments::of(call, 0)?, call.text(1)?, Zones::default());
    moment_rows(call, |row, out| {
        let name = zones.get(names.value(row))?.name();
        out.push(moments.stored(row), &name).map(|()| true)
    })
}

fn at_offset(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (moments, offsets) = (Moments::of(call, 0)?, day_intervals(call, 1)?);
    moment_rows(call, |row, out| {
        let millis = offsets.value(row);
        if millis % 60_000 != 0 {
            return Err(TrinoError::argument("Invalid time zone offset interval: interval contains seconds"));
        }
        out.push(moments.stored(row), &offset_zone(millis / 60_000)?.name()).map(|()| true)
    })
}

/// The zone so many minutes ahead of UTC.
fn offset_zone(minutes: i64) -> Result<Zone, TrinoError> {
    match i32::try_from(minutes) {
        Ok(minutes @ -840..=840) => Ok(Zone::Fixed(minutes * 60)),
        _ => Err(TrinoError::argument(format!("Invalid offset minutes {minutes}"))),
    }
}

fn with_timezone(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (moments, names, zones) = (Moments::of(call, 0)?, call.text(1)?, Zones::default());
    moment_rows(call, |row, out| {
        let zone = zones.get(names.value(row))?;
        out.push(zone.to_utc(moments.stored(row)), &zone.name()).map(|()| true)
    })
}

fn timezone(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 0)?;
    text_rows(call, |row, out| {
        out.push_str(moments.zone_name(row).unwrap_or_default());
        Ok(true)
    })
}

/// A moment from seconds, rounded to milliseconds.
fn moment(seconds: f64) -> Result<Local, TrinoError> {
    let millis = (seconds * 1000.0 + 0.5).floor();
    if !millis.is_finite() || millis.abs() > 9.0e15 {
        return Err(TrinoError::argument(format!("Unix time {seconds} is out of range")));
    }
    Ok(Local { days: 0, nanos: 0 }.plus_nanos(millis as i128 * 1_000_000))
}

fn from_unixtime(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let seconds = call.double(0)?;
    moment_rows(call, |row, out| out.push(moment(seconds.value(row))?, &call.session.zone).map(|()| true))
}

fn from_unixtime_in(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (seconds, names, zones) = (call.double(0)?, call.text(1)?, Zones::default());
    moment_rows(call, |row, out| {
        out.push(moment(seconds.value(row))?, &zones.get(names.value(row))?.name()).map(|()| true)
    })
}

fn from_unixtime_at(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (seconds, hours, minutes) = (call.double(0)?, call.bigint(1)?, call.bigint(2)?);
    moment_rows(call, |row, out| {
        let offset = hours.value(row).saturating_mul(60).saturating_add(minutes.value(row));
        out.push(moment(seconds.value(row))?, &offset_zone(offset)?.name()).map(|()| true)
    })
}

fn from_unixtime_nanos(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let nanos = call.bigint(0)?;
    moment_rows(call, |row, out| {
        out.push(Local::from_units(nanos.value(row), NANOS_OF_SECOND), &call.session.zone).map(|()| true)
    })
}

fn from_unixtime_decimal(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let numbers = call.column::<PrimitiveArray<Decimal128Type>>(0)?;
    let unit = 10i128.pow(u32::from(numbers.scale().unsigned_abs()));
    moment_rows(call, |row, out| {
        let number = numbers.value(row);
        // Halves go away from zero.
        let nanos = number.checked_add(unit / 2 * number.signum()).map(|number| number / unit);
        let nanos = nanos.filter(|nanos| nanos.unsigned_abs() < MOST_NANOS);
        let nanos = nanos.ok_or_else(|| TrinoError::range("Unix time in nanoseconds is out of range"))?;
        out.push(Local { days: 0, nanos: 0 }.plus_nanos(nanos), &call.session.zone).map(|()| true)
    })
}

fn to_unixtime(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 0)?;
    primitive_rows::<Float64Type>(call, |row| {
        let stored = moments.stored(row);
        let micros = stored.days as f64 * 86_400e6 + (stored.nanos / 1000) as f64;
        Ok(Some(micros / 1e6))
    })
}

fn to_milliseconds(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let intervals = day_intervals(call, 0)?;
    bigint_rows(call, |row| Ok(Some(intervals.value(row))))
}
