use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type};
use serde_json::{Value, json};

use super::*;
use crate::analytics::sql_type::SqlType;

fn discovered(records: &[&str]) -> Discovery {
    discover("s", records.iter().map(|record| record.as_bytes())).unwrap()
}

fn rows(found: &Discovery) -> Vec<String> {
    let row = |column: &InputColumn| {
        format!("{} {} {}", column.name, column.sql_type, column.mapping.as_deref().unwrap_or("-"))
    };
    found.schema.columns.iter().map(row).collect()
}

fn api_schema(row_path: &str, columns: &[(&str, &str, &str)]) -> InputSchema {
    let columns: Vec<Value> =
        columns.iter().map(|(name, sql, path)| json!({"Name": name, "SqlType": sql, "Mapping": path})).collect();
    InputSchema::from_api(&json!({
        "RecordFormat": {
            "RecordFormatType": "JSON",
            "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": row_path}},
        },
        "RecordColumns": columns,
    }))
    .unwrap()
}

/// The rows of records as text, and the messages of those that are bad.
fn decoded(schema: &InputSchema, records: &[&str]) -> (Vec<String>, Vec<String>) {
    schema.validate("s").unwrap();
    let mut decoder = RecordDecoder::new(schema).unwrap();
    let (mut bad, mut rows) = (Vec::new(), 0);
    for record in records {
        rows += decoder.decode(record.as_bytes(), false, &mut bad);
    }
    let columns = decoder.finish().unwrap();
    let options = arrow::util::display::FormatOptions::default().with_null("NULL");
    let cell = |column: &arrow::array::ArrayRef, row: usize| {
        arrow::util::display::ArrayFormatter::try_new(column, &options).unwrap().value(row).to_string()
    };
    let texts = (0..rows).map(|row| columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join("|"));
    (texts.collect(), bad.into_iter().map(|bad| bad.message).collect())
}

const ORDERS: &str = r#"{"name":"John","orders":[{"id":"1","price":"33.99"},{"id":"2"}],"address":{"city":"X"}}"#;

#[test]
fn arrays_are_flattened_and_other_columns_repeated() {
    let columns = [
        ("N", "VARCHAR(8)", "$.name"),
        ("I", "VARCHAR(4)", "$.orders[0:].id"),
        ("P", "DECIMAL(6,2)", "$.orders[0:].price"),
    ];
    let schema = api_schema("$", &columns);
    let (rows, bad) = decoded(&schema, &[ORDERS, r#"{"name":"Bo","orders":[]}"#, r#"{"name":"Al"}"#]);
    assert_eq!(rows, ["John|1|33.99", "John|2|NULL", "Bo|NULL|NULL", "Al|NULL|NULL"]);
    assert!(bad.is_empty());
}

#[test]
fn an_array_without_a_member_is_its_own_text() {
    let schema = api_schema("$", &[("O", "VARCHAR(99)", "$.orders[0:]"), ("C", "VARCHAR(9)", "$.address.city")]);
    assert_eq!(decoded(&schema, &[ORDERS]).0, [r#"[{"id":"1","price":"33.99"},{"id":"2"}]|X"#]);
}

#[test]
fn mappings_are_full_or_relative_to_the_row_path() {
    for (id, name) in [("$.orders[0:].id", "$.name"), ("$.id", "$.name")] {
        let schema = api_schema("$.orders[0:]", &[("I", "INTEGER", id), ("N", "VARCHAR(8)", name)]);
        assert_eq!(decoded(&schema, &[ORDERS]).0, ["1|John", "2|John"], "{id}");
        assert!(decoded(&schema, &[r#"{"orders":[]}"#]).0.is_empty(), "no element, no row");
        assert!(decoded(&schema, &[r#"{"name":"x"}"#]).1[0].contains("row path"));
    }
    let schema = api_schema("$.address", &[("C", "VARCHAR(8)", "$.city"), ("D", "VARCHAR(8)", "$.address.city")]);
    assert_eq!(decoded(&schema, &[ORDERS]).0, ["X|X"]);
    let whole = api_schema("$[0:]", &[("A", "INTEGER", "$[0:].a"), ("E", "VARCHAR(20)", "$[0:]")]);
    assert_eq!(decoded(&whole, &[r#"[{"a": 1}, {"a": 2}]"#]).0, [r#"1|{"a": 1}"#, r#"2|{"a": 2}"#]);
}

#[test]
fn a_bad_element_takes_its_record_with_it() {
    let schema = api_schema("$", &[("I", "INTEGER", "$.a[0:].i")]);
    let (rows, bad) =
        decoded(&schema, &[r#"{"a":[{"i":1},{"i":"x"}]}"#, r#"{"a":[{"i":3}]}{"a":["#, r#"{"a":[{"i":4}]}"#]);
    assert_eq!(rows, ["4"]);
    assert!(bad.len() == 2 && bad[0].contains("INTEGER"), "{bad:?}");
}

#[test]
fn two_flattened_arrays_are_refused() {
    let schema = api_schema("$", &[("A", "INTEGER", "$.a[0:].x"), ("B", "INTEGER", "$.b[0:].x")]);
    let message = schema.validate("s").unwrap_err().to_string();
    assert!(message.contains("`$.b[0:]`") && message.contains("`$.a[0:]`"), "{message}");
}

#[test]
fn csv_cells_go_by_position_and_each_row_fails_alone() {
    let schema = InputSchema {
        format: RecordFormat::Csv { row_delimiter: "\n".into(), column_delimiter: ",".into() },
        columns: [("i", SqlType::Integer), ("t", SqlType::Varchar(3)), ("d", SqlType::Double)]
            .map(|(name, sql_type)| InputColumn { name: name.into(), sql_type, mapping: None })
            .to_vec(),
    };
    let (rows, bad) = decoded(&schema, &["i,t,d\r\n1,\"a,\"\"b\",2.5,more\r\n,,\n3\n", "4,longer,-1e3", "5,\"x", ""]);
    assert_eq!(rows, ["1|a,\"|2.5", "NULL||NULL", "3|NULL|NULL", "4|lon|-1000.0"]);
    assert_eq!(bad.len(), 3);
    assert!(bad[0].contains("cell 1") && bad[1].contains("not closed") && bad[2].contains("empty"), "{bad:?}");
}

#[test]
fn schemas_read_what_they_print_in_the_form_of_the_api() {
    for schema in [
        api_schema("$.a[0:]", &[("I", "INTEGER", "$.a[0:].i"), ("D", "DECIMAL(10,2)", "$.d")]),
        InputSchema {
            format: RecordFormat::Csv { row_delimiter: "\r\n".into(), column_delimiter: "|".into() },
            columns: vec![InputColumn { name: "x y".into(), sql_type: SqlType::Timestamp, mapping: None }],
        },
    ] {
        assert_eq!(InputSchema::from_api(&schema.to_api()).unwrap(), schema);
    }
    let column = json!({"Name": "a", "SqlType": "INTEGER", "Mapping": "$.a"});
    let json = json!({"RecordFormatType": "JSON"});
    for (schema, word) in [
        (json!({"RecordFormat": json, "RecordColumns": [column], "Extra": 1}), "Extra"),
        (json!({"RecordColumns": [column]}), "RecordFormat"),
        (json!({"RecordFormat": {"RecordFormatType": "XML"}, "RecordColumns": [column]}), "XML"),
        (json!({"RecordFormat": json, "RecordColumns": []}), "RecordColumns"),
        (json!({"RecordFormat": json, "RecordColumns": [{"Name": "a", "SqlType": "BLOB"}]}), "BLOB"),
        (json!({"RecordFormat": json, "RecordColumns": [column], "RecordEncoding": "UTF-16"}), "UTF-16"),
    ] {
        let message = InputSchema::from_api(&schema).unwrap_err();
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn types_follow_the_values_seen() {
    let found = discovered(&[
        r#"{"t": 1, "s": 300, "i": 70000, "b": 3000000000, "d": 1.25, "f": 1e300, "ok": true, "v": "AUS"}"#,
        r#"{"t": -5, "d": 100, "v": "Kenya", "n": null, "mixed": 1}{"mixed": "x"}"#,
    ]);
    assert_eq!(
        rows(&found),
        [
            "t TINYINT $.t",
            "s SMALLINT $.s",
            "i INTEGER $.i",
            "b BIGINT $.b",
            "d DECIMAL(5,2) $.d",
            "f DOUBLE $.f",
            "ok BOOLEAN $.ok",
            "v VARCHAR(16) $.v",
            "n VARCHAR(4) $.n",
            "mixed VARCHAR(4) $.mixed",
        ]
    );
    assert_eq!(found.parsed.len(), 3);
    assert_eq!(found.parsed[0][4].as_deref(), Some("1.25"));
    assert_eq!(found.parsed[2][9].as_deref(), Some("x"));
    assert_eq!(found.raw.len(), 2);
}

#[test]
fn two_levels_of_objects_are_flattened() {
    let found = discovered(&[r#"{"a": {"x": 1, "deep": {"y": 2}}, "b": {"x": 3}, "l": [1, 2]}"#]);
    assert_eq!(
        rows(&found),
        ["x TINYINT $.a.x", "deep VARCHAR(16) $.a.deep", "b_x TINYINT $.b.x", "l VARCHAR(16) $.l"]
    );
    let arrays = discovered(&[r#"[{"a": 1}, {"a": 2}]"#]);
    assert_eq!(rows(&arrays), ["a TINYINT $[0:].a"]);
    assert_eq!(decoded(&arrays.schema, &[r#"[{"a": 7}]"#]).0, ["7"]);
}

#[test]
fn a_broken_record_does_not_decide_for_the_others() {
    let found = discovered(&["not json", "{\"a\": 1}", "{\"a\": "]);
    assert_eq!(found.schema.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a"]);
    let found = discovered(&["{", "1,x", "2,y"]);
    assert_eq!(found.schema.columns.len(), 2);
}

#[test]
fn csv_without_a_header_numbers_its_columns() {
    let found = discovered(&["1|2.50|ab|true|007", "3000000000|1.5|cdefg|false|1"]);
    assert_eq!(
        rows(&found),
        ["COL_0 BIGINT -", "COL_1 DECIMAL(3,2) -", "COL_2 VARCHAR(16) -", "COL_3 BOOLEAN -", "COL_4 VARCHAR(4) -"]
    );
}

#[test]
fn a_sample_without_values_is_an_error() {
    assert!(discover("s", []).is_err());
    assert!(discover("s", [&b"  "[..]]).is_err());
    assert!(discover("s", [&b"{}"[..]]).is_err());
    assert!(discover("s", [&b"[1]"[..]]).is_err());
}

#[test]
fn conformance_samples_give_the_schemas_recorded() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/kda/discovery");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let case: Value = serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        let records: Vec<&str> =
            case["records"].as_array().unwrap().iter().map(|record| record.as_str().unwrap()).collect();
        let found = discovered(&records);
        let expected = &case["expect"];
        if let Some(names) = expected.get("names") {
            let found: Vec<_> = found.schema.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(*names, json!(found));
        }
        if let Some(schema) = expected.get("InputSchema") {
            assert_eq!(*schema, found.schema.to_api());
        }
        if let Some(parsed) = expected.get("ParsedInputRecords") {
            assert_eq!(*parsed, json!(found.parsed));
        }
        cases += 1;
    }
    assert!(cases >= 2);
}

#[test]
fn numbers_in_text_are_read_by_every_numeric_type() {
    let schema = api_schema("$", &[("i", "INTEGER", "$.i"), ("d", "DECIMAL(5,2)", "$.d"), ("f", "DOUBLE", "$.f")]);
    let mut decoder = RecordDecoder::new(&schema).unwrap();
    assert_eq!(decoder.decode(br#"{"i": "42", "d": "7.25", "f": "1.5e2"}"#, true, &mut Vec::new()), 1);
    let columns = decoder.finish().unwrap();
    assert_eq!(columns[0].as_primitive::<Int32Type>().value(0), 42);
    assert_eq!(columns[1].as_primitive::<Decimal128Type>().value(0), 725);
    assert_eq!(columns[2].as_primitive::<Float64Type>().value(0), 150.0);
    assert!(columns[0].is_valid(0));
}
