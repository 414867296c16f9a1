//! Partitions and data files: what belongs to a table beyond its description.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StorageDescriptor;
use crate::storage::{LakePath, ObjectInfo};
use crate::time::Timestamp;

/// A partition: one value per partition key, and a folder. None is the NULL value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Partition {
    /// Values in the order of the table's partition keys, as text.
    pub values: Vec<Option<String>>,
    /// Folder, as a URL that ends in `/`.
    pub location: String,
    /// Format and columns where they differ from the table's; None inherits them.
    #[serde(rename = "StorageDescriptor", skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageDescriptor>,
    /// Free properties.
    pub parameters: BTreeMap<String, String>,
}

impl Partition {
    /// A partition that inherits everything but the location from its table.
    #[must_use]
    pub fn new(values: Vec<Option<String>>, location: impl Into<String>) -> Self {
        Self { values, location: location.into(), ..Self::default() }
    }
}

/// Who put a file into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// One of bayou's own writers: the entry is right until a writer changes it.
    Written,
    /// Something else; a crawl found it, and it can change behind our back.
    Found,
}

impl Origin {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Found => "found",
        }
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        [Self::Written, Self::Found].into_iter().find(|origin| origin.as_str() == text)
    }
}

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DataFile {
    /// Path inside the lake.
    pub path: LakePath,
    /// Values of the partition it belongs to; None in a table without partitions.
    pub partition: Option<Vec<Option<String>>>,
    /// Size in bytes.
    pub bytes: u64,
    /// Number of rows, when it is known exactly.
    pub rows: Option<u64>,
    /// The storage's ETag when the entry was made.
    pub etag: Option<String>,
    /// Time of last change when the entry was made.
    pub modified: Timestamp,
    /// Who put it there.
    pub origin: Origin,
    /// Minimum, maximum and NULL count per column, as its writer knows them.
    pub column_stats: Option<serde_json::Value>,
}

impl DataFile {
    /// The entry of an object as it is now; how many rows it has may be said afterwards.
    #[must_use]
    pub fn of(object: ObjectInfo, partition: Option<Vec<Option<String>>>, origin: Origin) -> Self {
        let ObjectInfo { path, bytes, modified, etag } = object;
        Self { path, partition, bytes, rows: None, etag, modified, origin, column_stats: None }
    }
}

/// Partition values as the text that the catalog compares: a JSON array, where NULL and an empty text differ.
pub(super) fn partition_key(values: &[Option<String>]) -> String {
    serde_json::Value::from_iter(values.iter().cloned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_partition_values_are_different_keys() {
        assert_eq!(partition_key(&[None, Some("08".into())]), r#"[null,"08"]"#);
        assert_ne!(partition_key(&[None]), partition_key(&[Some(String::new())]));
    }
}
