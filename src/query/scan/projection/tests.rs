//! What a key projects under conditions.

use datafusion::prelude::{col, lit};

use super::*;
use crate::catalog::{HiveType, StorageDescriptor, Table};
use crate::time::Timestamp;

/// 2019-08-21T12:34:56Z
const NOW: Timestamp = Timestamp(1_566_390_896_000);

fn table(properties: &[(&str, &str)], data_type: HiveType) -> Table {
    let storage = StorageDescriptor::parquet(vec![], "file:///lake/t");
    let mut table = Table::new("d", "t", storage, vec![Column::new("k", data_type)]);
    table.parameters.extend(properties.iter().map(|(key, value)| (format!("projection.k.{key}"), (*value).to_owned())));
    table
}

fn values(properties: &[(&str, &str)], conditions: &[Expr]) -> Result<Vec<String>, Error> {
    let table = table(properties, HiveType::String);
    let key = ProjectedKey::new(&table, &table.partition_keys[0])?;
    key.values(&Allowed::by(conditions, "k"), NOW, 1000)
}

#[test]
fn integers_have_a_grid_and_leading_zeros() {
    let range = [("type", "integer"), ("range", "-2,10"), ("interval", "3"), ("digits", "2")];
    assert_eq!(values(&range, &[]).unwrap(), ["-2", "01", "04", "07", "10"]);
    assert_eq!(values(&range, &[col("k").eq(lit("07")).or(col("k").eq(lit("5")))]).unwrap(), ["07"]);
    assert_eq!(values(&range, &[col("k").gt(lit(2)), lit(8).gt(col("k"))]).unwrap(), ["04", "07"]);
    assert!(values(&range, &[col("k").eq(lit("11"))]).unwrap().is_empty(), "outside of the range there is nothing");
}

#[test]
fn dates_step_by_the_formats_precision() {
    let months = [("type", "date"), ("range", "201811,201902"), ("format", "yyyyMM")];
    assert_eq!(values(&months, &[]).unwrap(), ["201811", "201812", "201901", "201902"]);
    let recent = [("type", "DATE"), ("range", "NOW-2DAYS,NOW"), ("format", "yyyy-MM-dd")];
    assert_eq!(values(&recent, &[]).unwrap(), ["2019-08-19", "2019-08-20", "2019-08-21"]);
    let found = values(&recent, &[col("k").in_list(vec![lit("2019-08-20"), lit("2019-08-22")], false)]).unwrap();
    assert_eq!(found, ["2019-08-20"]);
    let hours = [
        ("type", "date"),
        ("range", "2019/08/21/00,2019/08/21/06"),
        ("format", "yyyy/MM/dd/HH"),
        ("interval", "3"),
        ("interval.unit", "HOURS"),
    ];
    assert_eq!(values(&hours, &[]).unwrap(), ["2019/08/21/00", "2019/08/21/03", "2019/08/21/06"]);
}

#[test]
fn a_long_range_of_minutes_is_made_only_where_it_is_asked_for() {
    let minutes = [
        ("type", "date"),
        ("range", "2000-01-01-00-00,NOW"),
        ("format", "yyyy-MM-dd-HH-mm"),
        ("interval", "1"),
        ("interval.unit", "MINUTES"),
    ];
    let hour = [col("k").gt_eq(lit("2019-08-21-10-00")), col("k").lt(lit("2019-08-21-11-00"))];
    let found = values(&minutes, &hour).unwrap();
    assert!((60..70).contains(&found.len()) && found.contains(&"2019-08-21-10-59".to_owned()), "{}", found.len());
    assert_eq!(values(&minutes, &[col("k").eq(lit("2019-08-21-10-30"))]).unwrap(), ["2019-08-21-10-30"]);
    let error = values(&minutes, &[]).unwrap_err().to_string();
    assert!(error.contains("HIVE_EXCEEDED_PARTITION_LIMIT"), "{error}");
}

#[test]
fn injected_values_come_from_the_query_alone() {
    let injected = [("type", "injected")];
    assert_eq!(values(&injected, &[col("k").in_list(vec![lit("a"), lit("b"), lit("a")], false)]).unwrap(), ["a", "b"]);
    let error = values(&injected, &[col("k").gt(lit("a"))]).unwrap_err().to_string();
    assert!(error.contains("CONSTRAINT_VIOLATION") && error.contains("column k"), "{error}");
}

#[test]
fn wrong_properties_are_named() {
    for (properties, words) in [
        ([("type", "integer"), ("range", "5")].as_slice(), "projection.k.range"),
        (&[("type", "enum")], "projection.k.values"),
        (&[("type", "date"), ("range", "NOW,NOW")], "projection.k.format"),
        (&[("type", "date"), ("range", "NOW,NOW"), ("format", "HH")], "interval.unit"),
        (&[("type", "colour")], "`colour`"),
    ] {
        let error = values(properties, &[]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn locations_follow_the_template() {
    let mut table = table(&[], HiveType::String);
    assert_eq!(Template::new(&table).unwrap().location(&[Some("a/b".into())]), "file:///lake/t/k=a%2Fb/");
    table.parameters.insert("storage.location.template".into(), "s3://b/x/${k}".into());
    assert_eq!(Template::new(&table).unwrap().location(&[Some("2019/08".into())]), "s3://b/x/2019/08/");
    table.parameters.insert("storage.location.template".into(), "s3://b/x/".into());
    assert!(Template::new(&table).unwrap_err().to_string().contains("${k}"));
}
