//! Hive statements and what is wrong with some.

use super::*;
use crate::query::error::Error;

#[test]
fn create_table_takes_every_clause() {
    let text = r#"CREATE EXTERNAL TABLE IF NOT EXISTS db.`T` (
        id INT COMMENT 'the id', tags array<struct<a:int,b:map<string,double>>>, amount decimal(10, 2), `_x` string
      ) COMMENT "a table"
      PARTITIONED BY (year string, month int COMMENT 'm')
      CLUSTERED BY (id) INTO 4 BUCKETS
      ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' COLLECTION ITEMS TERMINATED BY '|'
        MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\n' NULL DEFINED AS ''
      STORED AS TEXTFILE
      LOCATION 's3://bucket/t/'
      TBLPROPERTIES ("skip.header.line.count"='1', 'a'='b');"#;
    let HiveStatement::CreateTable(table) = parse(text).unwrap() else { panic!() };
    assert_eq!((table.table.database.as_deref(), table.table.name.as_str()), (Some("db"), "t"));
    let types: Vec<String> = table.columns.iter().map(|column| column.data_type.to_string()).collect();
    assert_eq!(types, ["int", "array<struct<a:int,b:map<string,double>>>", "decimal(10,2)", "string"]);
    assert_eq!(table.columns[0].comment.as_deref(), Some("the id"));
    assert_eq!(table.partition_keys.len(), 2);
    let Some(RowFormat::Delimited(properties)) = table.row_format else { panic!() };
    let expected = [
        ("colelction.delim", "|"),
        ("escape.delim", "\\"),
        ("field.delim", "\t"),
        ("line.delim", "\n"),
        ("mapkey.delim", ":"),
        ("serialization.format", "\t"),
        ("serialization.null.format", ""),
    ];
    assert_eq!(properties, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    assert_eq!(table.properties["skip.header.line.count"], "1");
}

#[test]
fn partitions_are_added_without_and_dropped_with_commas() {
    let text = "ALTER TABLE t ADD IF NOT EXISTS PARTITION (y='2019', m=8) LOCATION 'a/' PARTITION (y='2019', m=-9)";
    let HiveStatement::AddPartitions { partitions, if_not_exists: true, .. } = parse(text).unwrap() else { panic!() };
    let values: Vec<_> = partitions.iter().map(|(spec, _)| spec.values[1].1.as_deref()).collect();
    assert_eq!(values, [Some("8"), Some("-9")]);
    let text = "ALTER TABLE t DROP PARTITION (y='1'), PARTITION (y='2')";
    assert!(matches!(parse(text).unwrap(), HiveStatement::DropPartitions { partitions, .. } if partitions.len() == 2));
    for text in [
        "ALTER TABLE t ADD PARTITION (y='1'), PARTITION (y='2')",
        "ALTER TABLE t DROP PARTITION (y > '1')",
        "ALTER TABLE t DROP PARTITION (y='1') PARTITION (y='2')",
    ] {
        assert!(matches!(parse(text), Err(Error::HiveSyntax { .. })), "{text}");
    }
}

#[test]
fn describe_goes_into_columns() {
    let text = "DESCRIBE FORMATTED db.t tags.'$elem$'.a";
    let HiveStatement::Describe { detail: Detail::Formatted, path, .. } = parse(text).unwrap() else { panic!() };
    assert_eq!(path, ["tags", "$elem$", "a"]);
    assert!(parse("DESCRIBE TABLE t").unwrap_err().to_string().contains("without the word TABLE"));
}

#[test]
fn errors_have_their_place_and_a_hint() {
    for (text, words) in [
        ("CREATE EXTERNAL TABLE t (\n  a varchar)", ["line 2:5", "hint"]),
        ("CREATE EXTERNAL TABLE t (a real)", ["line 1:28", "`float`"]),
        ("CREATE EXTERNAL TABLE t (a array(int))", ["line 1:28", "array<type>"]),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION 'x' STORED AS PARQUET", ["line 1:46", "out of order"]),
        ("CREATE EXTERNAL TABLE t (_a int)", ["line 1:26", "backticks"]),
        ("SHOW TABLES IN", ["line 1:15", "a name"]),
        ("DROP TABLE t u", ["line 1:14", "`u`"]),
    ] {
        let message = parse(text).unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{text}: {message}");
    }
}

#[test]
fn what_athena_does_not_have_is_refused_by_name() {
    for (text, what) in [
        ("CREATE EXTERNAL TABLE t LIKE u", "LIKE"),
        ("ALTER TABLE t RENAME TO u", "RENAME TO"),
        ("ALTER TABLE t SET SERDEPROPERTIES ('a'='b')", "SERDEPROPERTIES"),
        ("SHOW ROLES", "SHOW ROLES"),
        ("DESCRIBE INPUT p", "DESCRIBE INPUT"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(matches!(&error, Error::Unsupported { .. }) && error.to_string().contains(what), "{error}");
    }
}
