//! Casts as Trino makes them.

use arrow::array::Float64Array;
use chrono::DateTime;

use super::*;
use crate::sql::trino::types::RowField;

fn session() -> SessionInfo {
    SessionInfo::at(DateTime::from_timestamp(0, 0).unwrap())
}

fn from_text(text: &str, to: &TrinoType) -> Result<String, String> {
    let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let converted = cast(&array, &TrinoType::VARCHAR, to, &session()).map_err(|error| error.name.to_owned())?;
    Ok(value_text(&converted, 0, to).unwrap().unwrap())
}

fn from_double(value: f64, to: &TrinoType) -> Result<String, String> {
    let array: ArrayRef = Arc::new(Float64Array::from(vec![value]));
    let converted = cast(&array, &TrinoType::Double, to, &session()).map_err(|error| error.name.to_owned())?;
    Ok(value_text(&converted, 0, to).unwrap().unwrap())
}

#[test]
fn numbers_round_half_away_from_zero() {
    assert_eq!(from_double(2.5, &TrinoType::Integer).unwrap(), "3");
    assert_eq!(from_double(-2.5, &TrinoType::Integer).unwrap(), "-3");
    assert_eq!(from_double(1.005, &TrinoType::Decimal(10, 2)).unwrap(), "1.01");
    assert_eq!(from_text("12.345", &TrinoType::Decimal(5, 2)).unwrap(), "12.35");
    assert_eq!(from_text("1234.5", &TrinoType::Decimal(3, 0)), Err("INVALID_CAST_ARGUMENT".into()));
    assert_eq!(from_double(f64::NAN, &TrinoType::Bigint), Err("INVALID_CAST_ARGUMENT".into()));
}

#[test]
fn doubles_print_with_exponent() {
    assert_eq!(from_double(37.7, &TrinoType::VARCHAR).unwrap(), "3.77E1");
    assert_eq!(from_double(0.0, &TrinoType::VARCHAR).unwrap(), "0E0");
    assert_eq!(java_double(1.0), "1.0");
    assert_eq!(java_double(1e10), "1.0E10");
}

#[test]
fn text_is_cut_for_varchar_and_padded_for_char() {
    assert_eq!(from_text("abcdef", &TrinoType::Varchar(Some(3))).unwrap(), "abc");
    assert_eq!(from_text("a", &TrinoType::Char(3)).unwrap(), "a  ");
    assert_eq!(from_double(1.5, &TrinoType::Varchar(Some(2))), Err("INVALID_CAST_ARGUMENT".into()));
}

#[test]
fn timestamps_round_and_keep_their_zone() {
    let zoned = TrinoType::TimestampWithTimeZone(3);
    assert_eq!(from_text("2020-06-10 15:55:23.383945", &TrinoType::Timestamp(3)).unwrap(), "2020-06-10 15:55:23.384");
    assert_eq!(
        from_text("2012-10-31 01:00 America/Los_Angeles", &zoned).unwrap(),
        "2012-10-31 01:00:00.000 America/Los_Angeles"
    );
    assert_eq!(from_text("2001-08-22 03:04:05.321 +07:09", &zoned).unwrap(), "2001-08-22 03:04:05.321 +07:09");
    assert_eq!(from_text("2021-06-06-23:38:46", &TrinoType::Timestamp(3)), Err("INVALID_CAST_ARGUMENT".into()));
    assert_eq!(from_text("2021-02-29", &TrinoType::Date), Err("INVALID_CAST_ARGUMENT".into()));
}

#[test]
fn json_objects_become_rows_by_name() {
    let field = |name: &str, data_type| RowField { name: Some(name.into()), data_type };
    let row = TrinoType::Row(vec![field("a", TrinoType::Bigint), field("b", TrinoType::VARCHAR)]);
    let array: ArrayRef = Arc::new(StringArray::from(vec![r#"{"b":"x","a":1}"#, "[2,null]"]));
    let rows = cast(&array, &TrinoType::Json, &row, &session()).unwrap();
    let back = cast(&rows, &row, &TrinoType::Json, &session()).unwrap();
    assert_eq!(back.as_string::<i32>().value(0), r#"{"a":1,"b":"x"}"#);
    assert_eq!(back.as_string::<i32>().value(1), r#"{"a":2,"b":null}"#);
}

#[test]
fn what_does_not_convert_is_null_to_try_cast() {
    let array: ArrayRef = Arc::new(StringArray::from(vec!["1", "x", "3"]));
    let numbers = try_cast(&array, &TrinoType::VARCHAR, &TrinoType::Integer, &session()).unwrap();
    assert_eq!(numbers.null_count(), 1);
    assert!(numbers.is_null(1));
}
