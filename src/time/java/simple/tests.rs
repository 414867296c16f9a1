use super::*;

fn parse(format: &str, text: &str) -> Option<String> {
    let instant = SimpleDateFormat::new(format).unwrap().parse(text, Timestamp(1_530_000_000_000))?;
    Some(instant.to_utc().unwrap().format("%Y-%m-%d %H:%M:%S%.3f").to_string().trim_end_matches(".000").to_owned())
}

fn show(format: &str, text: &str) -> String {
    let instant = Timestamp(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis());
    let mut out = String::new();
    SimpleDateFormat::new(format).unwrap().format(instant, &mut out);
    out
}

#[test]
fn letters_write_what_java_writes() {
    let instant = "2001-07-04T12:08:56.235Z";
    for (format, text) in [
        ("yyyy.MM.dd G 'at' HH:mm:ss z", "2001.07.04 AD at 12:08:56 UTC"),
        ("EEE, MMM d, ''yy", "Wed, Jul 4, '01"),
        ("hh 'o''clock' a, zzzz", "12 o'clock PM, Coordinated Universal Time"),
        ("K:mm a, z", "0:08 PM, UTC"),
        ("yyyyy.MMMMM.dd GGG hh:mm aaa", "02001.July.04 AD 12:08 PM"),
        ("EEEE D DDD w ww W F u k", "Wednesday 185 185 27 27 1 1 3 12"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSZ X XXX S SSSSS", "2001-07-04T12:08:56.235+0000 Z Z 235 00235"),
        ("YYYY y yy yyy", "2001 2001 01 2001"),
    ] {
        assert_eq!(show(format, instant), text, "{format}");
    }
    assert_eq!(show(&"d".repeat(70_000), instant).len(), 70_000);
    assert_eq!(show("k K h H", "2001-07-04T00:00:00Z"), "24 0 12 0");
}

#[test]
fn a_prefix_is_enough_and_literals_must_match() {
    assert_eq!(parse("yyyy-MM-dd", "2009-09-16 03:15:24").as_deref(), Some("2009-09-16 00:00:00"));
    assert_eq!(parse("yyyy-MM-dd hh:mm:ss", "2009-09-16 03:15:24").as_deref(), Some("2009-09-16 03:15:24"));
    assert_eq!(parse("yyyy hh", "2009-09-16"), None);
    assert_eq!(parse("yyyy-ss-mm", "2012-02-08 07").as_deref(), Some("2012-01-01 00:08:02"));
}

#[test]
fn two_digits_are_a_near_year_unless_a_blank_stands_before_them() {
    assert_eq!(parse("MM/dd/yy", "09/16/11").as_deref(), Some("2011-09-16 00:00:00"));
    assert_eq!(parse("MM/dd/yy", "09/16/85").as_deref(), Some("1985-09-16 00:00:00"));
    assert_eq!(parse("dd-MM-yy", "23-06-1").as_deref(), Some("0001-06-23 00:00:00"));
    assert_eq!(parse("yyyy", "16 03").as_deref(), Some("0016-01-01 00:00:00"));
    assert_eq!(parse("MMM dd,y", "March 7, 10").as_deref(), Some("0010-03-07 00:00:00"));
}

#[test]
fn digits_are_counted_only_between_adjacent_fields() {
    assert_eq!(parse("yyyyMMddHHmmss", "20010704120856").as_deref(), Some("2001-07-04 12:08:56"));
    assert_eq!(parse("M-d", "02-008").as_deref(), Some("1970-02-08 00:00:00"));
    assert_eq!(parse("yyyyMMdd", "200107"), None);
}

#[test]
fn ranges_are_strict() {
    for (format, text) in [
        ("MM/dd/yy hh:mm:ss", "2009/09/16 03:15:24"),
        ("yyyy-MM-dd", "2009-02-30"),
        ("hh", "13"),
        ("HH", "24"),
        ("mm", "60"),
        ("E yyyy-MM-dd", "Mon 2001-07-04"),
    ] {
        assert_eq!(parse(format, text), None, "{format} {text}");
    }
}

#[test]
fn names_are_read_in_both_lengths_and_any_case() {
    assert_eq!(parse("MMM dd, yyyy", "March 7, 2010").as_deref(), Some("2010-03-07 00:00:00"));
    assert_eq!(parse("MMMM d yyyy", "mar 7 2010").as_deref(), Some("2010-03-07 00:00:00"));
    assert_eq!(
        parse("EEE, d MMM yyyy HH:mm:ss Z", "Wed, 4 Jul 2001 12:08:56 -0700").as_deref(),
        Some("2001-07-04 19:08:56")
    );
}

#[test]
fn hours_of_a_half_day_go_with_am_and_pm() {
    assert_eq!(parse("hh:mm a", "12:11 AM").as_deref(), Some("1970-01-01 00:11:00"));
    assert_eq!(parse("hh:mm a", "12:11 PM").as_deref(), Some("1970-01-01 12:11:00"));
    assert_eq!(parse("a hh", "PM 03").as_deref(), Some("1970-01-01 15:00:00"));
    assert_eq!(parse("kk", "24").as_deref(), Some("1970-01-01 00:00:00"));
}

#[test]
fn zones_become_utc() {
    for (format, text) in [
        ("yyyy-MM-dd HH:mm z", "2001-07-04 12:08 PST"),
        ("yyyy-MM-dd HH:mm z", "2001-07-04 12:08 GMT-08:00"),
        ("yyyy-MM-dd HH:mm zzzz", "2001-07-04 12:08 Pacific Standard Time"),
        ("yyyy-MM-dd HH:mm Z", "2001-07-04 12:08 -0800"),
        ("yyyy-MM-dd HH:mm XXX", "2001-07-04 12:08 -08:00"),
    ] {
        assert_eq!(parse(format, text).as_deref(), Some("2001-07-04 20:08:00"), "{format}");
    }
}

#[test]
fn identifiers_of_zones_know_summer_time() {
    let format = "yyyy-MM-dd HH:mm z";
    for (text, utc) in [
        ("2001-07-04 12:08 America/Los_Angeles", Some("2001-07-04 19:08:00")),
        ("2001-01-04 12:08 America/Los_Angeles", Some("2001-01-04 20:08:00")),
        ("2001-07-04 12:08 Europe/Berlin and more", Some("2001-07-04 10:08:00")),
        // An abbreviation is the offset that it names, whatever the day.
        ("2001-07-04 12:08 PST", Some("2001-07-04 20:08:00")),
        ("2001-07-04 12:08 PDT", Some("2001-07-04 19:08:00")),
        // 02:30 came twice, the second time in standard time; in spring it did not come.
        ("2001-10-28 02:30 Europe/Berlin", Some("2001-10-28 01:30:00")),
        ("2001-03-25 02:30 Europe/Berlin", None),
    ] {
        assert_eq!(parse(format, text).as_deref(), utc, "{text}");
    }
}

#[test]
fn weeks_and_days_of_the_year_make_dates() {
    assert_eq!(parse("yyyy DDD", "2001 185").as_deref(), Some("2001-07-04 00:00:00"));
    assert_eq!(parse("yyyy ww EEE", "2001 27 Wed").as_deref(), Some("2001-07-04 00:00:00"));
    assert_eq!(parse("YYYY-'W'ww-u", "2001-W27-3").as_deref(), Some("2001-07-04 00:00:00"));
}

#[test]
fn formats_without_meaning_are_refused() {
    for wrong in ["yyyy-bb", "'open", "XXXX"] {
        assert!(SimpleDateFormat::new(wrong).is_err(), "{wrong}");
    }
}
