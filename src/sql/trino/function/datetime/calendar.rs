//! The proleptic Gregorian calendar as arithmetic: days since 1970-01-01 to years, months, ISO weeks, and back.
//!
//! Source: Howard Hinnant, "chrono-compatible low-level date algorithms".

pub(super) const NANOS_OF_SECOND: i64 = 1_000_000_000;
pub(super) const NANOS_OF_DAY: i64 = 86_400 * NANOS_OF_SECOND;

/// A wall clock reading without zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Local {
    /// Days since 1970-01-01.
    pub(in super::super) days: i64,
    /// Nanoseconds since midnight.
    pub(in super::super) nanos: i64,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Day {
    pub(in super::super) year: i64,
    pub(in super::super) month: i64,
    pub(in super::super) day: i64,
}

impl Day {
    pub(in super::super) fn from_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    pub(in super::super) fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = (self.month + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + self.day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// The day `months` later; the day of the month is cut to what the month has.
    pub(in super::super) fn plus_months(self, months: i64) -> Self {
        let count = self.year * 12 + self.month - 1 + months;
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        Self { year, month, day: self.day.min(days_in_month(year, month)) }
    }
}

pub(in super::super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(in super::super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 1 for Monday to 7 for Sunday.
pub(super) fn day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

pub(super) fn day_of_year(days: i64) -> i64 {
    days - Day { year: Day::from_days(days).year, month: 1, day: 1 }.days() + 1
}

/// The ISO year and week of a day.
pub(super) fn iso_week(days: i64) -> (i64, i64) {
    // A week belongs to the year of its Thursday.
    let thursday = days - day_of_week(days) + 4;
    (Day::from_days(thursday).year, (day_of_year(thursday) - 1) / 7 + 1)
}

/// The day `day_of_week` of ISO week `week` of `year`.
pub(super) fn from_iso_week(year: i64, week: i64, day: i64) -> i64 {
    let fourth = Day { year, month: 1, day: 4 }.days();
    fourth - day_of_week(fourth) + (week - 1) * 7 + day
}

/// Weeks of an ISO year.
pub(super) fn weeks_in_year(year: i64) -> i64 {
    iso_week(Day { year, month: 12, day: 28 }.days()).1
}

impl Local {
    /// From a count of units since 1970 of which a second has `per_second`.
    pub(super) fn from_units(value: i64, per_second: i64) -> Self {
        let per_day = per_second * 86_400;
        Self { days: value.div_euclid(per_day), nanos: value.rem_euclid(per_day) * (NANOS_OF_SECOND / per_second) }
    }

    /// As a count of units since 1970; `None` when it does not fit.
    pub(in super::super) fn to_units(self, per_second: i64) -> Option<i64> {
        let units = i128::from(self.days) * i128::from(per_second * 86_400)
            + i128::from(self.nanos / (NANOS_OF_SECOND / per_second));
        i64::try_from(units).ok()
    }

    /// The reading `nanos` later.
    pub(super) fn plus_nanos(self, nanos: i128) -> Self {
        let total = i128::from(self.nanos) + nanos;
        let day = i128::from(NANOS_OF_DAY);
        Self { days: self.days + total.div_euclid(day) as i64, nanos: total.rem_euclid(day) as i64 }
    }

    /// Rounded to milliseconds, the unit of Trino's formatters.
    pub(super) fn to_millis(self) -> Self {
        let millis = (self.nanos + 500_000) / 1_000_000;
        Self { days: self.days, nanos: 0 }.plus_nanos(i128::from(millis) * 1_000_000)
    }
}
