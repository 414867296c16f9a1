//! The statement that makes a table again, as SHOW CREATE TABLE writes it.
//!
//! Source: Hive's `DDLTask.showCreateTable`, blanks at line ends included; the text runs again as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::formats::LAZY_SIMPLE;
use crate::catalog::{Column, Table};

/// Properties that the statement itself says.
const SAID: [&str; 3] = ["EXTERNAL", "comment", "serialization.format"];

pub(super) fn create_text(table: &Table) -> String {
    let storage = &table.storage;
    let mut text =
        format!("CREATE EXTERNAL TABLE `{}.{}`(\n{})\n", table.database, table.name, columns(&storage.columns));
    if let Some(comment) = table.parameters.get("comment") {
        let _ = writeln!(text, "COMMENT {}", quoted(comment));
    }
    if !table.partition_keys.is_empty() {
        let _ = writeln!(text, "PARTITIONED BY ( \n{})", columns(&table.partition_keys));
    }
    if !storage.bucket_columns.is_empty() {
        let names: Vec<String> = storage.bucket_columns.iter().map(|name| format!("  {name}")).collect();
        let _ = writeln!(text, "CLUSTERED BY ( \n{}) \nINTO {} BUCKETS", names.join(", \n"), storage.number_of_buckets);
    }
    text.push_str(&row_format(table));
    let _ = writeln!(text, "STORED AS INPUTFORMAT \n  {} ", quoted(&storage.input_format));
    let _ = writeln!(text, "OUTPUTFORMAT \n  {}", quoted(&storage.output_format));
    let _ = write!(text, "LOCATION\n  {}", quoted(&storage.location));
    let properties = pairs(&table.parameters);
    if !properties.is_empty() {
        let _ = write!(text, "\nTBLPROPERTIES (\n{properties})");
    }
    text
}

fn columns(columns: &[Column]) -> String {
    let column = |column: &Column| {
        let comment =
            column.comment.as_ref().map_or_else(String::new, |comment| format!(" COMMENT {}", quoted(comment)));
        format!("  `{}` {}{comment}", column.name.replace('`', "``"), column.data_type)
    };
    columns.iter().map(column).collect::<Vec<_>>().join(", \n")
}

fn row_format(table: &Table) -> String {
    let serde = &table.storage.serde;
    let parameters = &serde.parameters;
    if serde.serialization_library == LAZY_SIMPLE && parameters.contains_key("field.delim") {
        let mut text = "ROW FORMAT DELIMITED \n".to_owned();
        for (key, words) in [
            ("field.delim", "FIELDS TERMINATED BY"),
            ("escape.delim", "ESCAPED BY"),
            ("colelction.delim", "COLLECTION ITEMS TERMINATED BY"),
            ("mapkey.delim", "MAP KEYS TERMINATED BY"),
            ("line.delim", "LINES TERMINATED BY"),
            ("serialization.null.format", "NULL DEFINED AS"),
        ] {
            if let Some(value) = parameters.get(key) {
                let _ = writeln!(text, "  {words} {} ", quoted(value));
            }
        }
        return text;
    }
    let mut text = format!("ROW FORMAT SERDE \n  {} \n", quoted(&serde.serialization_library));
    let properties = pairs(parameters);
    if !properties.is_empty() {
        let _ = write!(text, "WITH SERDEPROPERTIES ( \n{}) \n", properties);
    }
    text
}

fn pairs(properties: &BTreeMap<String, String>) -> String {
    let said =
        |key: &String, value: &String| SAID.contains(&key.as_str()) && (key != "serialization.format" || value == "1");
    let shown = properties.iter().filter(|(key, value)| !said(key, value));
    shown.map(|(key, value)| format!("  {}={}", quoted(key), quoted(value))).collect::<Vec<_>>().join(", \n")
}

/// A string of Hive's.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}
