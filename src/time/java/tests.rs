use chrono_tz::Tz;

use super::*;

/// 2026-12-27 09:05:07.123 UTC, a Sunday.
const SUNDAY: Timestamp = Timestamp(1_798_362_307_123);

fn at(text: &str) -> Timestamp {
    Timestamp(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

fn show(pattern: &str) -> String {
    JavaPattern::parse(pattern).unwrap().format(SUNDAY, Tz::UTC)
}

#[test]
fn symbols_give_what_java_gives() {
    assert_eq!(SUNDAY, at("2026-12-27T09:05:07.123Z"));
    for (pattern, text) in [
        ("y yy yyy yyyy yyyyy u uu uuuu", "2026 26 2026 2026 02026 2026 26 2026"),
        ("YYYY YY", "2027 27"),
        ("M MM MMM MMMM MMMMM L LLLL", "12 12 Dec December D 12 December"),
        ("d dd D DD DDD", "27 27 361 361 361"),
        ("H HH k kk h hh K KK a", "9 09 9 09 9 09 9 09 AM"),
        ("m mm s ss", "5 05 7 07"),
        ("S SSS SSSSSS n A N", "1 123 123000 123000000 32707123 32707123000000"),
        ("E EEE EEEE EEEEE e ee eee c ccc", "Sun Sun Sunday S 1 01 Sun 1 Sun"),
        ("w ww W", "1 01 5"),
        ("Q QQ QQQ QQQQ q", "4 04 Q4 4th quarter 4"),
        ("G VV z O", "AD UTC UTC GMT"),
        ("X XXX x xxx Z ZZZZ ZZZZZ", "Z Z +00 +00:00 +0000 GMT Z"),
        ("ppppH pM", "   9 12"),
        ("yyyy[-MM[-dd]]", "2026-12-27"),
        ("'year='yyyy'/month='MM", "year=2026/month=12"),
        ("''yy'' 'o''clock' '''' HH", "'26' o'clock ' 09"),
        ("yyyy/MM/dd/HH/", "2026/12/27/09/"),
        ("", ""),
    ] {
        assert_eq!(show(pattern), text, "{pattern}");
    }
}

#[test]
fn hours_around_midnight_and_noon() {
    let pattern = JavaPattern::parse("H k K h a").unwrap();
    for (time, text) in [
        ("2026-01-01T00:00:00Z", "0 24 0 12 AM"),
        ("2026-01-01T12:00:00Z", "12 12 0 12 PM"),
        ("2026-01-01T23:00:00Z", "23 23 11 11 PM"),
    ] {
        assert_eq!(pattern.format(at(time), Tz::UTC), text);
    }
}

#[test]
fn the_zone_moves_every_part() {
    let pattern = JavaPattern::parse("yyyy-MM-dd HH VV z O X XX XXX x Z ZZZZ OOOO").unwrap();
    assert_eq!(
        pattern.format(at("2026-12-31T20:00:00Z"), Tz::Asia__Tokyo),
        "2027-01-01 05 Asia/Tokyo JST GMT+9 +09 +0900 +09:00 +09 +0900 GMT+09:00 GMT+09:00"
    );
    let half = JavaPattern::parse("X XX O").unwrap();
    assert_eq!(half.format(at("2026-06-01T00:00:00Z"), Tz::Asia__Kolkata), "+0530 +0530 GMT+5:30");
    assert_eq!(half.format(at("2026-01-01T00:00:00Z"), Tz::America__New_York), "-05 -0500 GMT-5");
}

#[test]
fn the_week_based_year_differs_on_the_last_days_of_december_only() {
    let pattern = JavaPattern::parse("YYYY").unwrap();
    let first_wrong = [None, Some(31), Some(29), Some(28), Some(27), Some(26), Some(31), Some(30), Some(29)];
    for (year, first) in (2022..).zip(first_wrong) {
        for day in 1..=31 {
            let december = pattern.format(at(&format!("{year}-12-{day:02}T12:00:00Z")), Tz::UTC);
            let expected = if first.is_some_and(|first| day >= first) { year + 1 } else { year };
            assert_eq!(december, expected.to_string(), "{year}-12-{day}");
            let january = pattern.format(at(&format!("{year}-01-{day:02}T12:00:00Z")), Tz::UTC);
            assert_eq!(january, year.to_string(), "{year}-01-{day}");
        }
    }
}

#[test]
fn week_based_years_bring_a_warning_that_names_the_coming_days() {
    let pattern = JavaPattern::parse("YYYY/MM/dd").unwrap();
    let warnings = pattern.warnings(at("2026-11-24T00:00:00Z"));
    assert_eq!(
        warnings,
        [
            "`YYYY` is the week-based year: records of 2026-12-27 to 2026-12-31, 2027-12-26 to 2027-12-31, 2028-12-31 get \
          the next year\nhint: `yyyy` is the calendar year"
        ]
    );
    // With the week beside it, the week-based year is what is meant.
    assert!(JavaPattern::parse("YYYY-'W'ww").unwrap().warnings(SUNDAY).is_empty());
}

#[test]
fn probable_mistakes_bring_warnings() {
    for (pattern, part) in [
        ("yyyy-MM-DD", "`DD` beside `MM` is the day of the year"),
        ("yyyy-MM-dd hh", "`hh` without `a`"),
        ("yyyy/mm/dd", "`mm` right after the year is the minute"),
        ("HH:MM", "`MM` after the hour is the month"),
    ] {
        let warnings = JavaPattern::parse(pattern).unwrap().warnings(SUNDAY);
        assert!(warnings.iter().any(|warning| warning.contains(part)), "{pattern}: {warnings:?}");
    }
    for fine in ["yyyy/MM/dd/HH/mm/ss", "hh:mm a", "yyyy-DDD", "HH-mm"] {
        assert_eq!(JavaPattern::parse(fine).unwrap().warnings(SUNDAY), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn warnings_look_across_the_patterns_of_a_prefix() {
    let patterns: Vec<_> = ["yyyy", "mm", "dd"].iter().map(|text| JavaPattern::parse(text).unwrap()).collect();
    assert_eq!(warnings(&patterns, SUNDAY).len(), 1);
}

#[test]
fn errors_name_the_character() {
    for (pattern, position, reason) in [
        ("year=yyyy", 4, "`r` has no meaning"),
        ("rr", 1, "`r` has no meaning"),
        ("yyyy-bb", 6, "`b` has no meaning"),
        ("HHH", 1, "`H` may stand at most 2 times, not 3"),
        ("mmm", 1, "at most 2"),
        ("MMMMMM", 1, "at most 5"),
        ("aa", 1, "at most 1"),
        ("yyyy 'T", 6, "not closed"),
        ("yyyy]", 5, "`]` without `[`"),
        ("yyyy{MM", 5, "reserved"),
        ("HH#", 3, "reserved"),
        ("HH p", 4, "pads the letter"),
        ("V", 1, "twice"),
        ("OO", 1, "once or four"),
        ("cc", 1, "`cc`"),
        ("SSSSSSSSSS", 1, "at most 9"),
    ] {
        let error = JavaPattern::parse(pattern).unwrap_err();
        assert_eq!(error.position, position, "{error}");
        assert!(error.reason.contains(reason), "{error}");
    }
}
