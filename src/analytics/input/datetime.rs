//! Dates and times as they stand in input records: `1992-02-14`, `1992-02-14 18:35:44.0`, ISO 8601 with a zone.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// Milliseconds of a day.
pub(crate) const MILLIS_PER_DAY: i64 = 86_400_000;

/// The instant in milliseconds, in UTC where the text names no zone.
pub(crate) fn timestamp_millis(text: &str) -> Option<i64> {
    if !text.is_ascii() {
        return None;
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return date.and_hms_opt(0, 0, 0).map(|instant| instant.and_utc().timestamp_millis());
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
        if let Ok(instant) = NaiveDateTime::parse_from_str(text.strip_suffix('Z').unwrap_or(text), form) {
            return Some(instant.and_utc().timestamp_millis());
        }
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"] {
        if let Ok(instant) = DateTime::<FixedOffset>::parse_from_str(text, form) {
            return Some(instant.timestamp_millis());
        }
    }
    None
}

/// The time of day in milliseconds of a text that has no date.
pub(crate) fn time_millis(text: &str) -> Option<i32> {
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?;
    i32::try_from((time - NaiveTime::MIN).num_milliseconds()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_guide_are_read() {
        let day = 698_025_600_000;
        assert_eq!(timestamp_millis("1992-02-14"), Some(day));
        let afternoon = Some(day + 66_944_000);
        for text in [
            "1992-02-14 18:35:44.0",
            "1992-02-14T18:35:44",
            "1992-02-14T18:35:44Z",
            "1992-02-14T20:35:44+02:00",
            "1992-02-14 18:35:44.000",
        ] {
            assert_eq!(timestamp_millis(text), afternoon, "{text}");
        }
        assert_eq!(timestamp_millis("1992-02-14 18:35:44.1239"), Some(day + 66_944_123));
        assert_eq!(timestamp_millis("14.02.1992"), None);
        assert_eq!(timestamp_millis("1992-02-30"), None);
        assert_eq!(time_millis("12:50:41.337"), Some(46_241_337));
    }
}
