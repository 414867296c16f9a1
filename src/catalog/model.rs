//! Databases, tables and storage descriptors, with the shape and names of Glue's API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Error, HiveType, Result};
use crate::time::Timestamp;

/// A database: a named set of tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Database {
    /// Name, in lower case.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where new tables go when nothing else is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_uri: Option<String>,
    /// Free properties.
    pub parameters: BTreeMap<String, String>,
    /// When it was created; set by the catalog.
    pub create_time: Timestamp,
}

impl Database {
    /// A database without properties.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_lowercase(), ..Self::default() }
    }
}

/// A column of a table, or a partition key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "Type")]
    pub data_type: HiveType,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Column {
    /// A column without a comment.
    #[must_use]
    pub fn new(name: impl Into<String>, data_type: HiveType) -> Self {
        Self { name: name.into(), data_type, comment: None }
    }
}

/// How rows are written to bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SerdeInfo {
    /// Name, rarely used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Class name of the serialiser.
    pub serialization_library: String,
    /// Its settings.
    pub parameters: BTreeMap<String, String>,
}

/// Where the files of a table or partition are and how to read them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StorageDescriptor {
    /// Columns in the files, without partition keys.
    pub columns: Vec<Column>,
    /// Folder, as a URL that ends in `/`.
    pub location: String,
    /// Class name of the input format.
    pub input_format: String,
    /// Class name of the output format.
    pub output_format: String,
    /// Whether the files are compressed as a whole.
    pub compressed: bool,
    /// Columns whose hash says which bucket a row is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bucket_columns: Vec<String>,
    /// How many buckets each partition has; 0 without buckets.
    #[serde(skip_serializing_if = "is_zero")]
    pub number_of_buckets: u32,
    /// How rows are written to bytes.
    #[serde(rename = "SerdeInfo")]
    pub serde: SerdeInfo,
    /// Free properties; `classification` is the format's short name.
    pub parameters: BTreeMap<String, String>,
}

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

impl StorageDescriptor {
    /// JSON, one object per line. `columns` carry the keys' original case, which is kept in the SerDe's `paths`; the
    /// columns themselves are lower-cased.
    #[must_use]
    pub fn json(mut columns: Vec<Column>, location: impl Into<String>) -> Self {
        let mut keys: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        keys.sort_unstable();
        let serde = SerdeInfo::with("org.openx.data.jsonserde.JsonSerDe", [("paths", keys.join(","))]);
        for column in &mut columns {
            column.name = column.name.to_lowercase();
        }
        Self::text(columns, location.into(), serde, "json")
    }

    /// Delimited text without quotes.
    #[must_use]
    pub fn csv(columns: Vec<Column>, location: impl Into<String>, delimiter: char, header: bool) -> Self {
        let library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
        let serde = SerdeInfo::with(library, [("field.delim", delimiter.to_string())]);
        Self::text(columns, location.into(), serde, "csv").with_csv_parameters(delimiter, header, false)
    }

    /// Delimited text with quoted fields.
    #[must_use]
    pub fn quoted_csv(
        columns: Vec<Column>,
        location: impl Into<String>,
        delimiter: char,
        quote: char,
        header: bool,
    ) -> Self {
        let library = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
        let settings = [("separatorChar", delimiter.to_string()), ("quoteChar", quote.to_string())];
        let serde = SerdeInfo::with(library, settings);
        Self::text(columns, location.into(), serde, "csv").with_csv_parameters(delimiter, header, true)
    }

    /// Parquet files.
    #[must_use]
    pub fn parquet(columns: Vec<Column>, location: impl Into<String>) -> Self {
        let library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
        Self {
            columns,
            location: folder_url(location.into()),
            input_format: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat".into(),
            output_format: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat".into(),
            compressed: false,
            bucket_columns: Vec::new(),
            number_of_buckets: 0,
            serde: SerdeInfo::with(library, [("serialization.format", "1".to_owned())]),
            parameters: classified("parquet"),
        }
    }

    /// Avro container files.
    #[must_use]
    pub fn avro(columns: Vec<Column>, location: impl Into<String>) -> Self {
        Self {
            input_format: "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat".into(),
            output_format: "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat".into(),
            serde: SerdeInfo::with(
                "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
                [("serialization.format", "1".to_owned())],
            ),
            parameters: classified("avro"),
            ..Self::parquet(columns, location)
        }
    }

    /// ORC files.
    #[must_use]
    pub fn orc(columns: Vec<Column>, location: impl Into<String>) -> Self {
        Self {
            input_format: "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat".into(),
            output_format: "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat".into(),
            serde: SerdeInfo::with(
                "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
                [("serialization.format", "1".to_owned())],
            ),
            parameters: classified("orc"),
            ..Self::parquet(columns, location)
        }
    }

    /// The format's short name (`json`, `csv`, `parquet`), from `classification` or else from the SerDe.
    #[must_use]
    pub fn classification(&self) -> Option<&str> {
        if let Some(named) = self.parameters.get("classification") {
            return Some(named);
        }
        let library = self.serde.serialization_library.to_ascii_lowercase();
        [
            ("json", "json"),
            ("parquet", "parquet"),
            ("avro", "avro"),
            ("orcserde", "orc"),
            ("csv", "csv"),
            ("lazysimple", "csv"),
        ]
        .iter()
        .find_map(|(part, name)| library.contains(part).then_some(*name))
    }

    fn text(columns: Vec<Column>, location: String, serde: SerdeInfo, classification: &str) -> Self {
        Self {
            columns,
            location: folder_url(location),
            input_format: TEXT_INPUT.into(),
            output_format: TEXT_OUTPUT.into(),
            compressed: false,
            bucket_columns: Vec::new(),
            number_of_buckets: 0,
            serde,
            parameters: classified(classification),
        }
    }

    fn with_csv_parameters(mut self, delimiter: char, header: bool, quoted: bool) -> Self {
        let mut set = |key: &str, value: String| self.parameters.insert(key.to_owned(), value);
        set("delimiter", delimiter.to_string());
        set("areColumnsQuoted", quoted.to_string());
        set("columnsOrdered", "true".into());
        if header {
            set("skip.header.line.count", "1".into());
        }
        self
    }
}

impl SerdeInfo {
    fn with<const N: usize>(library: &str, parameters: [(&str, String); N]) -> Self {
        let parameters = parameters.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Self { name: None, serialization_library: library.to_owned(), parameters }
    }
}

fn classified(classification: &str) -> BTreeMap<String, String> {
    [("classification", classification), ("compressionType", "none"), ("typeOfData", "file")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn folder_url(mut location: String) -> String {
    if !location.ends_with('/') {
        location.push('/');
    }
    location
}

/// A table: columns over the files of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Table {
    /// Database, in lower case.
    #[serde(rename = "DatabaseName")]
    pub database: String,
    /// Name, in lower case.
    pub name: String,
    /// Columns, location and format.
    #[serde(rename = "StorageDescriptor")]
    pub storage: StorageDescriptor,
    /// Columns that come from folder names; empty when the table has no partitions.
    pub partition_keys: Vec<Column>,
    /// `EXTERNAL_TABLE` or `VIRTUAL_VIEW`.
    pub table_type: String,
    /// Text of a view as Athena keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_original_text: Option<String>,
    /// `/* Presto View */` for a view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_expanded_text: Option<String>,
    /// Free properties.
    pub parameters: BTreeMap<String, String>,
    /// When it was created; set by the catalog.
    pub create_time: Timestamp,
    /// When this version was made; set by the catalog.
    pub update_time: Timestamp,
    /// Version, 0 first; set by the catalog.
    #[serde(rename = "VersionId")]
    pub version: u64,
}

impl Table {
    /// An external table over files; its parameters are those of the storage descriptor.
    #[must_use]
    pub fn new(database: &str, name: &str, storage: StorageDescriptor, partition_keys: Vec<Column>) -> Self {
        Self {
            database: database.to_lowercase(),
            name: name.to_lowercase(),
            parameters: storage.parameters.clone(),
            storage,
            partition_keys,
            table_type: "EXTERNAL_TABLE".into(),
            ..Self::default()
        }
    }

    /// Whether both have the same content, whatever the catalog wrote into them.
    pub(super) fn same_content(&self, other: &Self) -> bool {
        let Self {
            database,
            name,
            storage,
            partition_keys,
            table_type,
            view_original_text,
            view_expanded_text,
            parameters,
            create_time: _,
            update_time: _,
            version: _,
        } = self;
        *database == other.database
            && *name == other.name
            && *storage == other.storage
            && *partition_keys == other.partition_keys
            && *table_type == other.table_type
            && *view_original_text == other.view_original_text
            && *view_expanded_text == other.view_expanded_text
            && *parameters == other.parameters
    }
}

/// A name as the catalog stores it: lower case, 1 to 255 characters, none of them a control character or `/`.
pub(super) fn stored_name(name: &str) -> Result<String> {
    let refuse = |reason| Err(Error::InvalidName { name: name.to_owned(), reason });
    if name.trim().is_empty() {
        return refuse("it is empty");
    }
    if name.chars().count() > 255 {
        return refuse("it has more than 255 characters");
    }
    if name.contains(|c: char| c.is_control() || c == '/') {
        return refuse("it contains `/` or a control character");
    }
    Ok(name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_names_of_glue() {
        let columns = vec![Column::new("sensor_id", HiveType::Int)];
        let table = Table::new("IoT", "Anomaly", StorageDescriptor::json(columns, "s3://b/x"), vec![]);
        let json = serde_json::to_value(&table).unwrap();
        assert_eq!(json["DatabaseName"], "iot");
        assert_eq!(json["StorageDescriptor"]["Columns"][0]["Type"], "int");
        assert_eq!(json["StorageDescriptor"]["Location"], "s3://b/x/");
        assert_eq!(
            json["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"],
            "org.openx.data.jsonserde.JsonSerDe"
        );
        assert_eq!(json["PartitionKeys"], serde_json::json!([]));
        assert_eq!(json["TableType"], "EXTERNAL_TABLE");
        assert_eq!(serde_json::from_value::<Table>(json).unwrap(), table);
    }

    #[test]
    fn json_tables_remember_the_case_of_keys() {
        let columns = vec![Column::new("b", HiveType::Int), Column::new("Alpha", HiveType::Int)];
        let storage = StorageDescriptor::json(columns, "x/");
        assert_eq!(storage.serde.parameters["paths"], "Alpha,b");
        assert_eq!(storage.columns[1].name, "alpha");
    }

    #[test]
    fn csv_with_a_header_says_so() {
        let storage = StorageDescriptor::csv(vec![], "x/", '|', true);
        assert_eq!(storage.parameters["skip.header.line.count"], "1");
        assert_eq!(storage.parameters["delimiter"], "|");
        assert_eq!(storage.serde.parameters["field.delim"], "|");
        assert!(!StorageDescriptor::csv(vec![], "x/", ',', false).parameters.contains_key("skip.header.line.count"));
    }

    #[test]
    fn the_format_is_known_without_a_classification() {
        for mut storage in [
            StorageDescriptor::json(vec![], ""),
            StorageDescriptor::csv(vec![], "", ',', true),
            StorageDescriptor::quoted_csv(vec![], "", ',', '"', true),
            StorageDescriptor::parquet(vec![], ""),
        ] {
            let named = storage.parameters.remove("classification").unwrap();
            assert_eq!(storage.classification(), Some(named.as_str()));
        }
    }

    #[test]
    fn names_that_could_confuse_are_refused() {
        for name in ["", " ", "a/b", "a\0b", &"x".repeat(256)] {
            assert!(stored_name(name).is_err(), "{name:?}");
        }
        assert_eq!(stored_name("Ünï x").unwrap(), "ünï x");
    }
}
