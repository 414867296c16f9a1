//! Dates, times and timestamps as text: `2001-08-22 03:04:05.321 America/Los_Angeles`.

use std::fmt::Write;

use super::super::TrinoError;
use super::calendar::{Day, Local, NANOS_OF_SECOND};
use super::moment::Moments;
use crate::sql::trino::types::TrinoType;

/// Which parts a type's text has.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct MomentText {
    date: bool,
    /// The digits of the fraction, when there is a time of day.
    time: Option<u8>,
    zone: Zoned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zoned {
    No,
    /// A time: the wall clock is stored, the offset follows at once.
    Stored,
    /// A timestamp: UTC is stored, the zone follows a blank.
    Instant,
}

impl MomentText {
    pub(in super::super) fn of(data_type: &TrinoType) -> Self {
        let (date, time, zone) = match data_type {
            TrinoType::Time(precision) => (false, Some(*precision), Zoned::No),
            TrinoType::TimeWithTimeZone(precision) => (false, Some(*precision), Zoned::Stored),
            TrinoType::Timestamp(precision) => (true, Some(*precision), Zoned::No),
            TrinoType::TimestampWithTimeZone(precision) => (true, Some(*precision), Zoned::Instant),
            _ => (true, None, Zoned::No),
        };
        Self { date, time, zone }
    }

    pub(in super::super) fn print(
        &self,
        moments: &Moments<'_>,
        row: usize,
        out: &mut String,
    ) -> Result<(), TrinoError> {
        let local = if self.zone == Zoned::Instant { moments.local(row)? } else { moments.stored(row) };
        if self.date {
            print_date(local.days, out);
        }
        if let Some(precision) = self.time {
            if self.date {
                out.push(' ');
            }
            print_time(local, precision, out);
        }
        if let Some(name) = moments.zone_name(row) {
            if self.zone == Zoned::Instant {
                out.push(' ');
            }
            out.push_str(name);
        }
        Ok(())
    }
}

/// `2001-08-22`.
pub(in super::super) fn print_date(days: i64, out: &mut String) {
    let day = Day::from_days(days);
    let sign = if day.year < 0 { "-" } else { "" };
    // Writing to a text cannot fail; nor below.
    let _ = write!(out, "{sign}{:04}-{:02}-{:02}", day.year.abs(), day.month, day.day);
}

/// `03:04:05.321`.
pub(in super::super) fn print_time(local: Local, precision: u8, out: &mut String) {
    let seconds = local.nanos / NANOS_OF_SECOND;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if precision > 0 {
        let digits = u32::from(precision.min(9));
        let fraction = local.nanos % NANOS_OF_SECOND / 10i64.pow(9 - digits);
        let _ = write!(out, ".{fraction:0width$}", width = digits as usize);
    }
}
