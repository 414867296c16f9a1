//! What clock and calendar of a zone show at an instant.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;

use crate::time::Timestamp;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAY_SECONDS: i64 = 86_400;

/// An instant in a zone, taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalTime {
    pub(crate) instant: Timestamp,
    zone: Tz,
    /// Seconds that the zone is ahead of UTC.
    pub(crate) offset: i32,
    /// Days since 1970.
    days: i64,
    pub(crate) year: i32,
    /// From 1.
    pub(crate) month: u32,
    /// From 1.
    pub(crate) day: u32,
    /// From Sunday, which is 0.
    pub(crate) weekday: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
    pub(crate) millis: u32,
}

impl LocalTime {
    #[inline]
    pub(crate) fn new(instant: Timestamp, zone: Tz) -> Self {
        let offset = if zone == Tz::UTC { 0 } else { offset_of(instant, zone) };
        let local = instant.millis().saturating_add(i64::from(offset) * 1_000);
        let (seconds, millis) = (local.div_euclid(1_000), local.rem_euclid(1_000));
        let (days, second_of_day) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
        let (year, month, day) = civil(days);
        Self {
            instant,
            zone,
            offset,
            days,
            year,
            month,
            day,
            weekday: (days + 4).rem_euclid(7) as u32,
            hour: (second_of_day / 3_600) as u32,
            minute: (second_of_day / 60 % 60) as u32,
            second: (second_of_day % 60) as u32,
            millis: millis as u32,
        }
    }

    /// Append the instant as `2026-11-26T13:15:01.123Z`, for a zone that is UTC.
    pub(crate) fn push_iso(&self, out: &mut Vec<u8>) {
        let parts = [self.month, self.day, self.hour, self.minute, self.second];
        let marks = [b'-', b'-', b'T', b':', b':'];
        out.extend_from_slice(format!("{:04}", self.year).as_bytes());
        for (part, mark) in parts.into_iter().zip(marks) {
            out.extend_from_slice(&[mark, b'0' + (part / 10) as u8, b'0' + (part % 10) as u8]);
        }
        out.extend_from_slice(format!(".{:03}Z", self.millis).as_bytes());
    }

    pub(crate) fn month_name(&self) -> &'static str {
        MONTHS[self.month as usize - 1]
    }

    pub(crate) fn weekday_name(&self) -> &'static str {
        WEEKDAYS[self.weekday as usize]
    }

    /// From 1.
    pub(crate) fn day_of_year(&self) -> u32 {
        (self.days - first_of(self.year) + 1) as u32
    }

    /// Week-based year and week of the US: weeks begin on Sunday, week 1 holds 1 January.
    pub(crate) fn us_week(&self) -> (i32, u32) {
        let first_weekday = |year: i32| (first_of(year) + 4).rem_euclid(7);
        // The Sunday at or before 1 January begins week 1.
        let start = |year: i32| first_of(year) - first_weekday(year);
        let next = start(self.year + 1);
        if self.days >= next {
            return (self.year + 1, 1);
        }
        (self.year, ((self.days - start(self.year)) / 7 + 1) as u32)
    }

    /// Week-based year and week of ISO 8601: weeks begin on Monday, week 1 holds 4 January.
    pub(crate) fn iso_week(&self) -> (i32, u32) {
        // The Monday at or before 4 January begins week 1.
        let start = |year: i32| {
            let fourth = first_of(year) + 3;
            fourth - (fourth + 3).rem_euclid(7)
        };
        let year = if self.days < start(self.year) {
            self.year - 1
        } else if self.days >= start(self.year + 1) {
            self.year + 1
        } else {
            self.year
        };
        (year, ((self.days - start(year)) / 7 + 1) as u32)
    }

    /// The zone's abbreviation, such as `EST`.
    pub(crate) fn zone_name(&self) -> String {
        match self.zone.timestamp_millis_opt(self.instant.millis()).single() {
            Some(local) => local.format("%Z").to_string(),
            None => self.zone.name().to_owned(),
        }
    }
}

fn offset_of(instant: Timestamp, zone: Tz) -> i32 {
    zone.timestamp_millis_opt(instant.millis()).single().map_or(0, |local| local.offset().fix().local_minus_utc())
}

/// Days since 1970 of 1 January.
fn first_of(year: i32) -> i64 {
    let before = i64::from(year) - 1;
    before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

/// Year, month and day of a day since 1970 (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike};

    use super::*;

    #[test]
    fn the_calendar_is_that_of_chrono() {
        // Every 19 hours through 130 years.
        for step in 0..60_000i64 {
            let millis = (step - 20_000) * 19 * 3_600_000 + 123;
            let known = DateTime::from_timestamp_millis(millis).unwrap();
            let local = LocalTime::new(Timestamp(millis), Tz::UTC);
            assert_eq!((local.year, local.month, local.day), (known.year(), known.month(), known.day()));
            assert_eq!(local.day_of_year(), known.ordinal());
            assert_eq!(local.weekday, known.weekday().num_days_from_sunday());
            assert_eq!(local.iso_week(), (known.iso_week().year(), known.iso_week().week()));
            let (year, week) = local.us_week();
            assert!((1..=54).contains(&week) && (year - local.year).abs() <= 1);
        }
    }
}
