//! Timestamps of the language: RFC 3339 with `T` and a zone, and nothing else.

use chrono::DateTime;

use crate::time::Timestamp;

/// The instant that a text names, to the nanosecond.
pub(crate) fn instant(text: &str) -> Option<DateTime<chrono::FixedOffset>> {
    let strict = text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z');
    strict.then(|| DateTime::parse_from_rfc3339(text).ok()).flatten()
}

/// The instant that a text names, in milliseconds.
pub(crate) fn millis(text: &str) -> Option<Timestamp> {
    Some(Timestamp(instant(text)?.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_a_t_and_a_zone() {
        for text in ["2016-03-14T01:59:00Z", "2016-03-14T01:59:00.123+01:00"] {
            assert!(instant(text).is_some(), "{text}");
        }
        for text in ["2016-03-14 01:59:00Z", "2016-03-14T01:59:00", "2016-03-14t01:59:00Z", "2016-03-14", ""] {
            assert!(instant(text).is_none(), "{text}");
        }
    }
}
