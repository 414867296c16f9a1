//! Patterns that are valid and probably not what was meant.

use chrono::{Datelike as _, NaiveDate};

use super::JavaPattern;
use super::format::week_of_year;
use crate::time::Timestamp;

/// How many coming stretches of days a warning about `YYYY` names.
const STRETCHES: usize = 3;

/// What is probably a mistake in patterns that are used one after the other, such as those of one prefix.
///
/// `from` is the present day: the warning about week-based years names the days after it.
#[must_use]
pub fn warnings<'a>(patterns: impl IntoIterator<Item = &'a JavaPattern>, from: Timestamp) -> Vec<String> {
    let fields: Vec<(char, usize)> = patterns.into_iter().flat_map(JavaPattern::fields).collect();
    let written = |symbols: &str| {
        fields
            .iter()
            .find(|(symbol, _)| symbols.contains(*symbol))
            .map(|(symbol, count)| symbol.to_string().repeat(*count))
    };
    let mut found = Vec::new();
    if let (Some(week_year), None) = (written("Y"), written("w")) {
        found.push(week_year_warning(&week_year, from));
    }
    if let (Some(day), Some(month)) = (written("D"), written("ML")) {
        found.push(format!(
            "`{day}` beside `{month}` is the day of the year (1 to 366)\nhint: `dd` is the day of the month"
        ));
    }
    if let (Some(hour), None) = (written("hK"), written("a")) {
        found.push(format!("`{hour}` without `a` names two hours of a day alike\nhint: `HH` counts from 00 to 23"));
    }
    for (before, after) in fields.iter().zip(fields.iter().skip(1)) {
        match (before.0, after.0) {
            ('y' | 'u' | 'Y', 'm') => found
                .push(format!("`{}` right after the year is the minute\nhint: `MM` is the month", "m".repeat(after.1))),
            ('H' | 'k' | 'h' | 'K', 'M' | 'L') => found.push(format!(
                "`{}` after the hour is the month\nhint: `mm` is the minute",
                after.0.to_string().repeat(after.1)
            )),
            _ => {}
        }
    }
    found
}

fn week_year_warning(written: &str, from: Timestamp) -> String {
    let days = match from.to_utc().map(|day| coming_differences(day.date_naive())) {
        Some(stretches) if !stretches.is_empty() => stretches
            .into_iter()
            .map(|(first, last)| if first == last { first.to_string() } else { format!("{first} to {last}") })
            .collect::<Vec<_>>()
            .join(", "),
        _ => "some of the last days of December".to_owned(),
    };
    let calendar = "y".repeat(written.len());
    format!(
        "`{written}` is the week-based year: records of {days} get the next year\nhint: `{calendar}` is the calendar year"
    )
}

/// The next stretches of days, from `from` on, whose week-based year is not their year.
fn coming_differences(from: NaiveDate) -> Vec<(NaiveDate, NaiveDate)> {
    let mut found = Vec::new();
    for year in (from.year()..).take(3 * STRETCHES) {
        let differing: Vec<NaiveDate> = (25..=31)
            .filter_map(|day| NaiveDate::from_ymd_opt(year, 12, day))
            .filter(|day| *day >= from && week_of_year(*day).0 != day.year())
            .collect();
        if let (Some(first), Some(last)) = (differing.first(), differing.last()) {
            found.push((*first, *last));
        }
        if found.len() == STRETCHES {
            break;
        }
    }
    found
}
