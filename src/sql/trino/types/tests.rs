//! What types print as, meet in, and are held by.

use super::*;

#[test]
fn types_print_as_typeof_does() {
    let row = TrinoType::Row(vec![
        RowField { name: Some("a".into()), data_type: TrinoType::Integer },
        RowField { name: Some("Odd name".into()), data_type: TrinoType::VARCHAR },
        RowField { name: None, data_type: TrinoType::Decimal(3, 2) },
    ]);
    let map = TrinoType::map(TrinoType::Varchar(Some(1)), TrinoType::array(row));
    assert_eq!(map.to_string(), "map(varchar(1), array(row(a integer, \"Odd name\" varchar, decimal(3,2))))");
    assert_eq!(TrinoType::TimestampWithTimeZone(3).to_string(), "timestamp(3) with time zone");
    assert_eq!(map.without_lengths().base_name(), "map");
}

#[test]
fn numbers_meet_in_the_wider_type() {
    let decimal = TrinoType::Decimal(3, 2);
    assert_eq!(TrinoType::Integer.common(&TrinoType::Bigint), Some(TrinoType::Bigint));
    assert_eq!(TrinoType::Integer.common(&decimal), Some(TrinoType::Decimal(12, 2)));
    assert_eq!(TrinoType::Double.common(&decimal), Some(TrinoType::Double));
    assert_eq!(TrinoType::Bigint.common(&TrinoType::Real), Some(TrinoType::Real));
}

#[test]
fn text_and_numbers_never_meet() {
    assert_eq!(TrinoType::VARCHAR.common(&TrinoType::Integer), None);
    assert_eq!(TrinoType::Char(3).common(&TrinoType::Varchar(Some(5))), Some(TrinoType::Char(5)));
    assert!(!TrinoType::Char(3).becomes(&TrinoType::VARCHAR));
    assert!(TrinoType::Unknown.becomes(&TrinoType::Date));
}

#[test]
fn what_is_held_in_arrow_comes_back_without_its_length() {
    for held in [
        TrinoType::TimestampWithTimeZone(3),
        TrinoType::Decimal(38, 3),
        TrinoType::map(TrinoType::VARCHAR, TrinoType::array(TrinoType::Date)),
        TrinoType::IntervalDayToSecond,
    ] {
        assert_eq!(TrinoType::from_arrow(&held.arrow()), Some(held));
    }
    assert_eq!(TrinoType::from_arrow(&TrinoType::Char(3).arrow()), Some(TrinoType::VARCHAR));
}

#[test]
fn parameters_out_of_range_are_named() {
    assert!(TrinoType::named("decimal", &[39, 0]).unwrap_err().contains("[1, 38]"));
    assert!(TrinoType::named("decimal", &[3, 4]).unwrap_err().contains("scale"));
    assert_eq!(TrinoType::named("timestamp with time zone", &[6]), Ok(TrinoType::TimestampWithTimeZone(6)));
    assert!(TrinoType::named("text", &[]).is_err());
}
