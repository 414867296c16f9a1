//! Fields of dates, times, timestamps and intervals: `year(x)`, `extract(year FROM x)`. Weeks are ISO weeks.

use arrow::array::ArrayRef;

use super::super::column::bigint_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::calendar::{Day, Local, day_of_week, day_of_year, iso_week};
use super::moment::{Moments, day_intervals, month_intervals};

/// A field of the date under one name, for the three types that have a date.
macro_rules! of_date {
    ($name:literal, $kernel:expr, $value:literal) => {
        &[
            entry(concat!($name, "(date) -> bigint"), $kernel, concat!($name, "(DATE '2001-08-22')"), $value)
                .infallible(),
            entry(
                concat!($name, "(timestamp(p)) -> bigint"),
                $kernel,
                concat!($name, "(TIMESTAMP '2001-08-22 03:04:05.321')"),
                $value,
            )
            .infallible(),
            entry(
                concat!($name, "(timestamp(p) with time zone) -> bigint"),
                $kernel,
                concat!($name, "(TIMESTAMP '2001-08-22 03:04:05.321 UTC')"),
                $value,
            ),
        ]
    };
}

/// A field of the time of day under one name, for the types that have one.
macro_rules! of_time {
    ($name:literal, $kernel:expr, $part:expr, $value:literal) => {
        &[
            entry(concat!($name, "(time(p)) -> bigint"), $kernel, concat!($name, "(TIME '03:04:05.321')"), $value)
                .infallible(),
            entry(
                concat!($name, "(time(p) with time zone) -> bigint"),
                |call| of_zoned_time(call, $part),
                concat!($name, "(TIME '03:04:05.321 +01:00')"),
                $value,
            )
            .infallible(),
            entry(
                concat!($name, "(timestamp(p)) -> bigint"),
                $kernel,
                concat!($name, "(TIMESTAMP '2001-08-22 03:04:05.321')"),
                $value,
            )
            .infallible(),
            entry(
                concat!($name, "(timestamp(p) with time zone) -> bigint"),
                $kernel,
                concat!($name, "(TIMESTAMP '2001-08-22 03:04:05.321 +01:00')"),
                $value,
            ),
            entry(
                concat!($name, "(interval day to second) -> bigint"),
                |call| of_interval(call, $part),
                concat!($name, "(INTERVAL '1 03:04:05.321' DAY TO SECOND)"),
                $value,
            )
            .infallible(),
        ]
    };
}

pub(in super::super) const DAY: &[FunctionEntry] = of_date!("day", day, "22");
pub(in super::super) const DAY_OF_MONTH: &[FunctionEntry] = of_date!("day_of_month", day, "22");
pub(in super::super) const DAY_OF_WEEK: &[FunctionEntry] = of_date!("day_of_week", weekday, "3");
pub(in super::super) const DAY_OF_YEAR: &[FunctionEntry] = of_date!("day_of_year", yearday, "234");
pub(in super::super) const DOW: &[FunctionEntry] = of_date!("dow", weekday, "3");
pub(in super::super) const DOY: &[FunctionEntry] = of_date!("doy", yearday, "234");
pub(in super::super) const MONTH: &[FunctionEntry] = of_date!("month", month, "8");
pub(in super::super) const QUARTER: &[FunctionEntry] = of_date!("quarter", quarter, "3");
pub(in super::super) const WEEK: &[FunctionEntry] = of_date!("week", week, "34");
pub(in super::super) const WEEK_OF_YEAR: &[FunctionEntry] = of_date!("week_of_year", week, "34");
pub(in super::super) const YEAR: &[FunctionEntry] = of_date!("year", year, "2001");
pub(in super::super) const YEAR_OF_WEEK: &[FunctionEntry] = of_date!("year_of_week", week_year, "2001");
pub(in super::super) const YOW: &[FunctionEntry] = of_date!("yow", week_year, "2001");
pub(in super::super) const HOUR: &[FunctionEntry] = of_time!("hour", hour, HOUR_PART, "3");
pub(in super::super) const MINUTE: &[FunctionEntry] = of_time!("minute", minute, MINUTE_PART, "4");
pub(in super::super) const SECOND: &[FunctionEntry] = of_time!("second", second, SECOND_PART, "5");
pub(in super::super) const MILLISECOND: &[FunctionEntry] =
    of_time!("millisecond", millisecond, MILLISECOND_PART, "321");

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry(
        "day(interval day to second) -> bigint",
        |call| of_interval(call, DAY_PART),
        "day(INTERVAL '2 03:04:05' DAY TO SECOND)",
        "2",
    )
    .infallible(),
    entry(
        "month(interval year to month) -> bigint",
        |call| of_months(call, |months| months % 12),
        "month(INTERVAL '15' MONTH)",
        "3",
    )
    .infallible(),
    entry(
        "year(interval year to month) -> bigint",
        |call| of_months(call, |months| months / 12),
        "year(INTERVAL '15' MONTH)",
        "1",
    )
    .infallible(),
    entry(
        "timezone_hour(timestamp(p) with time zone) -> bigint",
        |call| offset(call, |minutes| minutes / 60),
        "timezone_hour(TIMESTAMP '2001-08-22 03:04:05.321 +07:09')",
        "7",
    ),
    entry(
        "timezone_hour(time(p) with time zone) -> bigint",
        |call| offset(call, |minutes| minutes / 60),
        "timezone_hour(TIME '03:04:05.321 +07:09')",
        "7",
    ),
    entry(
        "timezone_minute(timestamp(p) with time zone) -> bigint",
        |call| offset(call, |minutes| minutes % 60),
        "timezone_minute(TIMESTAMP '2001-08-22 03:04:05.321 +07:09')",
        "9",
    ),
    entry(
        "timezone_minute(time(p) with time zone) -> bigint",
        |call| offset(call, |minutes| minutes % 60),
        "timezone_minute(TIME '03:04:05.321 +07:09')",
        "9",
    ),
];

/// A field as its unit in milliseconds and the number of units after which it starts anew.
type Part = (i64, i64);
const DAY_PART: Part = (86_400_000, i64::MAX);
const HOUR_PART: Part = (3_600_000, 24);
const MINUTE_PART: Part = (60_000, 60);
const SECOND_PART: Part = (1000, 60);
const MILLISECOND_PART: Part = (1, 1000);

fn of_local(call: &Call<'_>, field: impl Fn(Local) -> i64) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 0)?;
    bigint_rows(call, |row| Ok(Some(field(moments.local(row)?))))
}

fn of_interval(call: &Call<'_>, (unit, wrap): Part) -> Result<ArrayRef, TrinoError> {
    let intervals = day_intervals(call, 0)?;
    bigint_rows(call, |row| Ok(Some(intervals.value(row) / unit % wrap)))
}

fn of_months(call: &Call<'_>, field: fn(i64) -> i64) -> Result<ArrayRef, TrinoError> {
    let intervals = month_intervals(call, 0)?;
    bigint_rows(call, |row| Ok(Some(field(i64::from(intervals.value(row))))))
}

/// Times with zone are stored as their wall clock shows them.
fn of_zoned_time(call: &Call<'_>, (unit, wrap): Part) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 0)?;
    bigint_rows(call, |row| Ok(Some(moments.stored(row).nanos / 1_000_000 / unit % wrap)))
}

fn offset(call: &Call<'_>, field: fn(i64) -> i64) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 0)?;
    bigint_rows(call, |row| {
        let seconds = moments.zone(row)?.map_or(0, |zone| zone.offset_at(moments.stored(row)));
        Ok(Some(field(i64::from(seconds) / 60)))
    })
}

fn year(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| Day::from_days(local.days).year)
}

fn quarter(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| (Day::from_days(local.days).month + 2) / 3)
}

fn month(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| Day::from_days(local.days).month)
}

fn week(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| iso_week(local.days).1)
}

fn week_year(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| iso_week(local.days).0)
}

fn day(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| Day::from_days(local.days).day)
}

fn weekday(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| day_of_week(local.days))
}

fn yearday(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| day_of_year(local.days))
}

fn part(call: &Call<'_>, (unit, wrap): Part) -> Result<ArrayRef, TrinoError> {
    of_local(call, |local| local.nanos / 1_000_000 / unit % wrap)
}

fn hour(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    part(call, HOUR_PART)
}

fn minute(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    part(call, MINUTE_PART)
}

fn second(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    part(call, SECOND_PART)
}

fn millisecond(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    part(call, MILLISECOND_PART)
}
