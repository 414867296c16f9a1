//! An instant as text.

use std::fmt::Write as _;

use chrono::{Datelike as _, Timelike as _};

use super::Item;
use super::calendar::{AM_PM, DAYS, MONTHS, week_of_month, week_of_year};
use crate::time::Timestamp;

/// Appends nothing when the calendar does not reach that far.
pub(super) fn format(items: &[Item], instant: Timestamp, out: &mut String) {
    let Some(utc) = instant.to_utc() else { return };
    let date = utc.date_naive();
    let era_year = if date.year() > 0 { date.year() } else { 1 - date.year() };
    for item in items {
        let (letter, count) = match item {
            Item::Literal(text) => {
                out.push_str(text);
                continue;
            }
            Item::Field { letter, count } => (*letter, *count),
        };
        let number = match letter {
            'G' => {
                out.push_str(if date.year() > 0 { "AD" } else { "BC" });
                continue;
            }
            'M' | 'L' if count >= 3 => {
                push_name(out, MONTHS.get(date.month0() as usize), count);
                continue;
            }
            'E' => {
                push_name(out, DAYS.get(date.weekday().num_days_from_sunday() as usize), count);
                continue;
            }
            'a' => {
                out.push_str(AM_PM.get(usize::from(utc.hour() >= 12)).copied().unwrap_or_default());
                continue;
            }
            'z' => {
                out.push_str(if count >= 4 { "Coordinated Universal Time" } else { "UTC" });
                continue;
            }
            'Z' => {
                out.push_str("+0000");
                continue;
            }
            'X' => {
                out.push('Z');
                continue;
            }
            'y' | 'Y' => {
                let year = if letter == 'y' { era_year } else { week_of_year(date).0 };
                // Two letters are two digits; any other number of them is the least width.
                if count == 2 { year.rem_euclid(100) } else { year }.unsigned_abs()
            }
            'M' | 'L' => date.month(),
            'w' => week_of_year(date).1,
            'W' => week_of_month(date),
            'D' => date.ordinal(),
            'd' => date.day(),
            'F' => date.day0() / 7 + 1,
            'u' => date.weekday().number_from_monday(),
            'H' => utc.hour(),
            'k' => {
                if utc.hour() == 0 {
                    24
                } else {
                    utc.hour()
                }
            }
            'K' => utc.hour() % 12,
            'h' => utc.hour12().1,
            'm' => utc.minute(),
            's' => utc.second(),
            _ => utc.timestamp_subsec_millis(),
        };
        // Widths of the standard formatter end at 65,535.
        let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
        out.extend(std::iter::repeat_n('0', count.saturating_sub(digits)));
        // Writing to a String cannot fail.
        let _ = write!(out, "{number}");
    }
}

/// Four letters and more write a name in full, fewer its first three.
fn push_name(out: &mut String, name: Option<&&str>, count: usize) {
    let name = name.copied().unwrap_or_default();
    out.push_str(if count >= 4 { name } else { name.get(..3).unwrap_or(name) });
}
