//! `date_trunc`, `date_add`, `date_diff`, `last_day_of_month`: arithmetic by named units.

use arrow::array::ArrayRef;

use super::super::column::bigint_rows;
use super::super::{Call, FunctionEntry, TrinoError, entry};
use super::calendar::{Day, Local, NANOS_OF_DAY, NANOS_OF_SECOND, day_of_week, days_in_month};
use super::moment::{Moments, moment_rows};
use crate::sql::trino::types::TrinoType;

pub(in super::super) const ENTRIES: &[FunctionEntry] = &[
    entry("date_trunc(varchar, date) -> date", date_trunc, "date_trunc('month', DATE '2001-08-22')", "2001-08-01"),
    entry(
        "date_trunc(varchar, time(p)) -> time(p)",
        date_trunc,
        "date_trunc('hour', TIME '03:04:05.321')",
        "03:00:00.000",
    ),
    entry(
        "date_trunc(varchar, timestamp(p)) -> timestamp(p)",
        date_trunc,
        "date_trunc('week', TIMESTAMP '2001-08-22 03:04:05.321')",
        "2001-08-20 00:00:00.000",
    ),
    entry(
        "date_trunc(varchar, timestamp(p) with time zone) -> timestamp(p) with time zone",
        date_trunc,
        "date_trunc('day', TIMESTAMP '2001-08-22 03:04:05.321 +05:30')",
        "2001-08-22 00:00:00.000 +05:30",
    ),
    entry("date_add(varchar, bigint, date) -> date", date_add, "date_add('month', 1, DATE '2020-01-31')", "2020-02-29"),
    entry(
        "date_add(varchar, bigint, time(p)) -> time(p)",
        date_add,
        "date_add('hour', -4, TIME '03:04:05.321')",
        "23:04:05.321",
    ),
    entry(
        "date_add(varchar, bigint, timestamp(p)) -> timestamp(p)",
        date_add,
        "date_add('second', 86, TIMESTAMP '2020-03-01 00:00:00.000')",
        "2020-03-01 00:01:26.000",
    ),
    entry(
        "date_add(varchar, bigint, timestamp(p) with time zone) -> timestamp(p) with time zone",
        date_add,
        "date_add('day', 1, TIMESTAMP '2020-03-07 12:00:00.000 America/Los_Angeles')",
        "2020-03-08 12:00:00.000 America/Los_Angeles",
    ),
    entry(
        "date_diff(varchar, date, date) -> bigint",
        date_diff,
        "date_diff('day', DATE '2020-03-01', DATE '2020-03-02')",
        "1",
    ),
    entry(
        "date_diff(varchar, time(p), time(p)) -> bigint",
        date_diff,
        "date_diff('minute', TIME '01:00:00', TIME '03:04:05')",
        "124",
    ),
    entry(
        "date_diff(varchar, timestamp(p), timestamp(p)) -> bigint",
        date_diff,
        "date_diff('month', TIMESTAMP '2020-01-31 00:00:00.000', TIMESTAMP '2020-02-29 00:00:00.000')",
        "1",
    ),
    entry(
        "date_diff(varchar, timestamp(p) with time zone, timestamp(p) with time zone) -> bigint",
        date_diff,
        "date_diff('hour', TIMESTAMP '2020-03-01 00:00:00.000 UTC', TIMESTAMP '2020-03-01 00:00:00.000 -05:00')",
        "5",
    ),
    entry("last_day_of_month(date) -> date", last_day_of_month, "last_day_of_month(DATE '2020-02-10')", "2020-02-29"),
    entry(
        "last_day_of_month(timestamp(p)) -> date",
        last_day_of_month,
        "last_day_of_month(TIMESTAMP '2021-02-10 01:00:00.000')",
        "2021-02-28",
    ),
    entry(
        "last_day_of_month(timestamp(p) with time zone) -> date",
        last_day_of_month,
        "last_day_of_month(TIMESTAMP '2021-02-10 01:00:00.000 UTC')",
        "2021-02-28",
    ),
];

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// One of fixed length, in nanoseconds, shorter than a day.
    Clock(i64),
    Days(i64),
    Months(i64),
}

impl Unit {
    /// The unit of a name, as far as values of `data_type` have it.
    fn parse(name: &str, data_type: &TrinoType) -> Result<Self, TrinoError> {
        let unit = match name.to_ascii_lowercase().as_str() {
            "millisecond" => Some(Self::Clock(NANOS_OF_SECOND / 1000)),
            "second" => Some(Self::Clock(NANOS_OF_SECOND)),
            "minute" => Some(Self::Clock(60 * NANOS_OF_SECOND)),
            "hour" => Some(Self::Clock(3600 * NANOS_OF_SECOND)),
            "day" => Some(Self::Days(1)),
            "week" => Some(Self::Days(7)),
            "month" => Some(Self::Months(1)),
            "quarter" => Some(Self::Months(3)),
            "year" => Some(Self::Months(12)),
            _ => None,
        };
        let (field, has) = match data_type {
            TrinoType::Date => ("DATE", !matches!(unit, Some(Self::Clock(_)))),
            TrinoType::Time(_) | TrinoType::TimeWithTimeZone(_) => ("Time", matches!(unit, Some(Self::Clock(_)))),
            _ => ("Timestamp", true),
        };
        unit.filter(|_| has).ok_or_else(|| TrinoError::argument(format!("'{name}' is not a valid {field} field")))
    }

    fn truncate(self, local: Local) -> Local {
        match self {
            Self::Clock(nanos) => Local { days: local.days, nanos: local.nanos - local.nanos % nanos },
            Self::Days(1) => Local { days: local.days, nanos: 0 },
            Self::Days(_) => Local { days: local.days - day_of_week(local.days) + 1, nanos: 0 },
            Self::Months(months) => {
                let day = Day::from_days(local.days);
                let month = (day.month - 1) / months * months + 1;
                Local { days: Day { year: day.year, month, day: 1 }.days(), nanos: 0 }
            }
        }
    }

    fn add(self, local: Local, count: i64) -> Option<Local> {
        Some(match self {
            Self::Clock(nanos) => local.plus_nanos(i128::from(count) * i128::from(nanos)),
            Self::Days(days) => Local { days: local.days.checked_add(count.checked_mul(days)?)?, nanos: local.nanos },
            Self::Months(months) => {
                let months = count.checked_mul(months).filter(|months| months.abs() < 1 << 40)?;
                Local { days: Day::from_days(local.days).plus_months(months).days(), nanos: local.nanos }
            }
        })
    }

    /// Whole units from `start` to `end`, in milliseconds as Trino counts them.
    fn between(self, start: Local, end: Local) -> i64 {
        if end < start {
            return -self.between(end, start);
        }
        let (start, end) = (millis(start), millis(end));
        match self {
            Self::Clock(nanos) => ((end - start) / i128::from(nanos / 1_000_000)) as i64,
            Self::Days(days) => ((end - start) / i128::from(days * 86_400_000)) as i64,
            Self::Months(months) => {
                let (from, to) = (split(start), split(end));
                let (first, last) = (Day::from_days(from.0), Day::from_days(to.0));
                let whole = (last.year - first.year) * 12 + last.month - first.month;
                // The last day of a month counts for the days that the month does not have.
                let is_last = last.day == days_in_month(last.year, last.month);
                let day = if is_last { first.day.min(last.day) } else { first.day };
                let incomplete = (last.day, to.1) < (day, from.1);
                (whole - i64::from(incomplete)) / months
            }
        }
    }
}

/// Milliseconds since 1970.
fn millis(local: Local) -> i128 {
    i128::from(local.days) * 86_400_000 + i128::from(local.nanos / 1_000_000)
}

/// Days, and milliseconds of the day.
fn split(millis: i128) -> (i64, i128) {
    (millis.div_euclid(86_400_000) as i64, millis.rem_euclid(86_400_000))
}

/// The unit named in row `row`; the name is nearly always the same in all rows.
fn unit(call: &Call<'_>, row: usize, known: &mut Option<Unit>, data_type: &TrinoType) -> Result<Unit, TrinoError> {
    let is_constant = call.constant.first().copied().unwrap_or(false);
    if let Some(unit) = known.filter(|_| is_constant) {
        return Ok(unit);
    }
    let unit = Unit::parse(call.text(0)?.value(row), data_type)?;
    *known = Some(unit);
    Ok(unit)
}

fn date_trunc(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 1)?;
    let mut known = None;
    moment_rows(call, |row, out| {
        let unit = unit(call, row, &mut known, call.return_type)?;
        let name = moments.zone_name(row).unwrap_or_default();
        let stored = match (moments.zone(row)?, unit) {
            (None, unit) => unit.truncate(moments.stored(row)),
            (Some(zone), unit) => {
                let local = zone.to_local(moments.stored(row));
                let truncated = unit.truncate(local);
                match unit {
                    // Within the hour the offset does not change, even where a reading occurs twice.
                    Unit::Clock(_) => moments.stored(row).plus_nanos(i128::from(truncated.nanos - local.nanos)),
                    _ => zone.to_utc(truncated),
                }
            }
        };
        out.push(stored, name).map(|()| true)
    })
}

fn date_add(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (counts, moments) = (call.bigint(1)?, Moments::of(call, 2)?);
    let mut known = None;
    let overflow = || TrinoError::range("Timestamp is out of range");
    moment_rows(call, |row, out| {
        let unit = unit(call, row, &mut known, call.return_type)?;
        let (count, stored) = (counts.value(row), moments.stored(row));
        let name = moments.zone_name(row).unwrap_or_default();
        let moved = match (moments.zone(row)?, unit) {
            (Some(zone), Unit::Days(_) | Unit::Months(_)) => {
                zone.to_utc(unit.add(zone.to_local(stored), count).ok_or_else(overflow)?)
            }
            _ => unit.add(stored, count).ok_or_else(overflow)?,
        };
        // Times go round the clock.
        let is_time = matches!(call.return_type, TrinoType::Time(_));
        let moved = if is_time { Local { days: 0, nanos: moved.nanos.rem_euclid(NANOS_OF_DAY) } } else { moved };
        out.push(moved, name).map(|()| true)
    })
}

fn date_diff(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let (starts, ends) = (Moments::of(call, 1)?, Moments::of(call, 2)?);
    let data_type = call.arg_types.get(1).cloned().unwrap_or(TrinoType::Unknown);
    let mut known = None;
    bigint_rows(call, |row| {
        let unit = unit(call, row, &mut known, &data_type)?;
        let (start, end) = (starts.stored(row), ends.stored(row));
        Ok(Some(match (starts.zone(row)?, unit) {
            // Days and longer are counted in the zone of the first.
            (Some(zone), Unit::Days(_) | Unit::Months(_)) => unit.between(zone.to_local(start), zone.to_local(end)),
            _ => unit.between(start, end),
        }))
    })
}

fn last_day_of_month(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    let moments = Moments::of(call, 0)?;
    moment_rows(call, |row, out| {
        let day = Day::from_days(moments.local(row)?.days);
        let last = Day { day: days_in_month(day.year, day.month), ..day };
        out.push(Local { days: last.days(), nanos: 0 }, "").map(|()| true)
    })
}
