//! Names and week numbers of US English, and fields put together to an instant.

use chrono::{Datelike as _, Days, NaiveDate};

use super::zone::Zone;
use crate::time::Timestamp;

pub(super) const MONTHS: [&str; 12] = [
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
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub(super) const AM_PM: [&str; 2] = ["AM", "PM"];

/// The year that owns the Sunday–Saturday week of `date`, and the number of that week in it.
pub(super) fn week_of_year(date: NaiveDate) -> (i32, u32) {
    let to_saturday = 6 - u64::from(date.weekday().num_days_from_sunday());
    let saturday = date.checked_add_days(Days::new(to_saturday)).unwrap_or(date);
    (saturday.year(), saturday.ordinal0() / 7 + 1)
}

/// The number of the Sunday–Saturday week of `date` in its month.
pub(super) fn week_of_month(date: NaiveDate) -> u32 {
    let first = date.with_day(1).map_or(0, |first| first.weekday().num_days_from_sunday());
    (date.day0() + first) / 7 + 1
}

/// Fields as they are read. A later one of the same kind replaces an earlier one.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Letter and value, in order of reading.
    read: Vec<(char, i64)>,
    /// The zone of the local time; UTC without one.
    pub(super) zone: Option<Zone>,
}

impl Fields {
    pub(super) fn set(&mut self, letter: char, value: i64) {
        self.read.retain(|(other, _)| *other != letter);
        self.read.push((letter, value));
    }

    fn get(&self, letter: char) -> Option<i64> {
        self.read.iter().find(|(other, _)| *other == letter).map(|(_, value)| *value)
    }

    /// When the letter was read; 0 when it was not.
    fn stamp(&self, letter: char) -> usize {
        self.read.iter().position(|(other, _)| *other == letter).map_or(0, |place| place + 1)
    }

    /// The instant; `None` when a field is out of its range, or two of them contradict each other.
    pub(super) fn instant(&self) -> Option<Timestamp> {
        let date = self.date()?;
        let of_day = self.time_of_day()?;
        let days = i64::from(date.num_days_from_ce()) - 719_163;
        let millis = days.checked_mul(86_400_000)?.checked_add(of_day)?;
        self.zone.map_or(Some(millis), |zone| zone.instant(millis)).map(Timestamp)
    }

    fn ranged(&self, letter: char, range: std::ops::RangeInclusive<i64>, missing: i64) -> Option<i64> {
        let value = self.get(letter).unwrap_or(missing);
        range.contains(&value).then_some(value)
    }

    fn time_of_day(&self) -> Option<i64> {
        let of_day = self.ranged('H', 0..=23, 0)?;
        let of_half = self.ranged('K', 0..=11, 0)?;
        let half = self.ranged('a', 0..=1, 0)?;
        // Of the two ways to write an hour, the one that was read last holds.
        let hour = if self.stamp('H') > self.stamp('K').max(self.stamp('a')) { of_day } else { half * 12 + of_half };
        let hour = if self.stamp('K') == 0 && self.stamp('H') > 0 { of_day } else { hour };
        let minute = self.ranged('m', 0..=59, 0)?;
        let second = self.ranged('s', 0..=59, 0)?;
        let millis = self.ranged('S', 0..=999, 0)?;
        Some(((hour * 60 + minute) * 60 + second) * 1_000 + millis)
    }

    fn date(&self) -> Option<NaiveDate> {
        let year = self.year()?;
        // A weekday completes a week; alone it says which one of the month's first days is meant.
        let with_weekday = |letter: char| {
            if self.stamp(letter) > 0 && self.stamp('E') > 0 { self.stamp(letter).max(self.stamp('E')) } else { 0 }
        };
        let ways = [
            (self.stamp('d'), Way::DayOfMonth),
            (with_weekday('W'), Way::WeekOfMonth),
            (with_weekday('F'), Way::WeekdayOfMonth),
            (self.stamp('D'), Way::DayOfYear),
            (with_weekday('w'), Way::WeekOfYear),
        ];
        let latest = ways.iter().filter(|(stamp, _)| *stamp > 0).max_by_key(|(stamp, _)| *stamp).map(|(_, way)| *way);
        let alone = [
            (self.stamp('W'), Way::WeekOfMonth),
            (self.stamp('F').max(self.stamp('E')), Way::WeekdayOfMonth),
            (self.stamp('w'), Way::WeekOfYear),
        ];
        let alone =
            || alone.iter().filter(|(stamp, _)| *stamp > 0).max_by_key(|(stamp, _)| *stamp).map(|(_, way)| *way);
        let by_week_year = self.stamp('Y') > self.stamp('y');
        let way = if by_week_year { Way::WeekOfYear } else { latest.or_else(alone).unwrap_or(Way::DayOfMonth) };
        let month = u32::try_from(self.ranged('M', 1..=12, 1)?).ok()?;
        let date = match way {
            Way::DayOfMonth => {
                let day = u32::try_from(self.get('d').unwrap_or(1)).ok()?;
                NaiveDate::from_ymd_opt(year, month, day)?
            }
            Way::DayOfYear => NaiveDate::from_yo_opt(year, u32::try_from(self.get('D')?).ok()?)?,
            Way::WeekOfMonth => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                self.in_week(first, self.get('W').unwrap_or(1))?
            }
            Way::WeekdayOfMonth => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                let weekday = self.ranged('E', 1..=7, 1)? - 1;
                let ahead = (weekday - i64::from(first.weekday().num_days_from_sunday())).rem_euclid(7);
                add_days(first, ahead + (self.get('F').unwrap_or(1) - 1) * 7)?
            }
            Way::WeekOfYear => {
                let year = if by_week_year { i32::try_from(self.get('Y')?).ok()? } else { year };
                self.in_week(NaiveDate::from_ymd_opt(year, 1, 1)?, self.get('w').unwrap_or(1))?
            }
        };
        self.agrees(date).then_some(date)
    }

    fn year(&self) -> Option<i32> {
        let year = self.get('y').unwrap_or(1970);
        let year = match self.get('G') {
            Some(0) => 1_i64.checked_sub(year)?,
            _ => year,
        };
        // A year of an era is never 0.
        if self.get('y').is_some_and(|year| year < 1) { None } else { i32::try_from(year).ok() }
    }

    /// The weekday that was read (Sunday when none was) in the week of that number, counted from the week of `first`.
    fn in_week(&self, first: NaiveDate, week: i64) -> Option<NaiveDate> {
        let sunday = -i64::from(first.weekday().num_days_from_sunday());
        let weekday = self.ranged('E', 1..=7, 1)? - 1;
        add_days(first, sunday + week.checked_sub(1)?.checked_mul(7)? + weekday)
    }

    /// Whether every field that was read says the same as `date`.
    fn agrees(&self, date: NaiveDate) -> bool {
        self.read.iter().all(|(letter, value)| {
            let computed = match letter {
                'M' => date.month(),
                'd' => date.day(),
                'D' => date.ordinal(),
                'w' => week_of_year(date).1,
                'W' => week_of_month(date),
                'F' => date.day0() / 7 + 1,
                'E' => date.weekday().num_days_from_sunday() + 1,
                _ => return true,
            };
            i64::from(computed) == *value
        })
    }
}

/// Which fields make the date.
#[derive(Clone, Copy, Debug)]
enum Way {
    DayOfMonth,
    DayOfYear,
    WeekOfMonth,
    WeekdayOfMonth,
    WeekOfYear,
}

fn add_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    if days.abs() > 100_000 {
        return None;
    }
    let distance = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) }
}
