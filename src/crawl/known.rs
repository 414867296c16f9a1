//! What the catalog knows already: the tables around a target, their files and partitions.
//!
//! The manifest is read before the target is listed: a file that a writer publishes in between is then new in the
//! listing, never missing from it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::Result;
use super::evidence::{Compression, CsvLayout, Format, Framing, Schema};
use super::shape::Shape;
use crate::catalog::{Catalog, DataFile, Origin, Partition, Table};
use crate::storage::{LakePath, ObjectInfo, Storage};

/// Parameter: how JSON records follow each other, when it is not one per line.
pub(super) const FRAMING: &str = "bayou.json.framing";
/// Parameter: quoted cells hold newlines.
pub(super) const MULTI_LINE: &str = "bayou.csv.multiLine";
/// Parameter: when the crawler found that the data is gone or does not fit.
pub(super) const DEPRECATED: &str = "DEPRECATED_BY_CRAWLER";
/// Parameter: `manifest` when the table is the files of its manifest and not whatever its folder holds.
pub(super) const MODE: &str = "bayou.mode";
/// Parameter: number of header rows.
pub(super) const HEADER_LINES: &str = "skip.header.line.count";

/// A table of the catalog whose location touches the target.
#[derive(Debug, Clone)]
pub(super) struct KnownTable {
    pub(super) table: Table,
    pub(super) path: LakePath,
    /// How its files are read; `None` for formats that the crawler does not know.
    pub(super) schema: Option<Arc<Schema>>,
    pub(super) files: HashMap<LakePath, DataFile>,
    pub(super) partitions: BTreeMap<Vec<Option<String>>, Partition>,
}

/// What the catalog knows around a target.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) tables: Vec<KnownTable>,
    /// All names of the database, with their locations: taken, unless the location is the same.
    pub(super) names: HashMap<String, String>,
}

impl Known {
    /// Reads what the catalog has below, at or above `target` in a database.
    pub(super) fn load(storage: &Storage, catalog: &Catalog, database: &str, target: &LakePath) -> Result<Self> {
        let read = catalog.read(|snapshot| {
            let mut known = Self::default();
            if snapshot.databases()?.iter().all(|found| found.name != database) {
                return Ok(known);
            }
            for table in snapshot.tables(database)? {
                known.names.insert(table.name.clone(), table.storage.location.clone());
                let Ok(path) = storage.lake_path(&table.storage.location) else { continue };
                if table.storage.location.is_empty() || !(path.is_below(target) || target.is_below(&path)) {
                    continue;
                }
                let files = snapshot.files(database, &table.name, None)?;
                let partitions = snapshot.partitions(database, &table.name)?;
                known.tables.push(KnownTable {
                    schema: schema_of(&table).map(Arc::new),
                    path,
                    files: files.into_iter().map(|file| (file.path.clone(), file)).collect(),
                    partitions: partitions.into_iter().map(|partition| (partition.values.clone(), partition)).collect(),
                    table,
                });
            }
            Ok(known)
        })?;
        Ok(read)
    }

    /// The table at a location.
    pub(super) fn at(&self, path: &LakePath) -> Option<&KnownTable> {
        self.tables.iter().find(|known| known.path == *path)
    }

    /// Folders and files that tables are on, with the number of their partition keys.
    pub(super) fn anchors(&self) -> BTreeMap<String, usize> {
        self.tables.iter().map(|known| (known.path.as_str().to_owned(), known.table.partition_keys.len())).collect()
    }

    /// Per path, the schema and manifest entry of the innermost table that knows the file.
    pub(super) fn files(&self) -> HashMap<&LakePath, (&DataFile, &Arc<Schema>)> {
        let mut files = HashMap::new();
        let mut tables: Vec<&KnownTable> = self.tables.iter().collect();
        tables.sort_by_key(|known| known.path.as_str().len());
        for known in tables {
            if let Some(schema) = &known.schema {
                files.extend(known.files.iter().map(|(path, file)| (path, (file, schema))));
            }
        }
        files
    }

    /// First rows that are known to be headers: those of the CSV tables.
    pub(super) fn headers(&self) -> HashSet<Vec<String>> {
        let schemas = self.tables.iter().filter_map(|known| known.schema.as_ref());
        let with_header = schemas.filter(|schema| schema.csv.is_some_and(|csv| csv.has_header));
        with_header.map(|schema| schema.columns.iter().map(|(name, _)| name.to_lowercase()).collect()).collect()
    }
}

/// Whether a manifest entry still describes the file that is there.
pub(super) fn is_unchanged(entry: &DataFile, file: &ObjectInfo) -> bool {
    let same_stamp = match (&entry.etag, &file.etag) {
        (Some(before), Some(now)) => before == now,
        _ => entry.modified == file.modified,
    };
    entry.bytes == file.bytes && (same_stamp || entry.origin == Origin::Written)
}

/// How the files of a table are read, from what the catalog says.
fn schema_of(table: &Table) -> Option<Schema> {
    let storage = &table.storage;
    let setting = |name: &str| storage.parameters.get(name).or_else(|| table.parameters.get(name)).map(String::as_str);
    let format = match storage.classification()? {
        "json" => Format::Json,
        "csv" => Format::Csv,
        "parquet" => Format::Parquet,
        "avro" => Format::Avro,
        "orc" => Format::Orc,
        _ => return None,
    };
    let originals: HashMap<String, &str> = match storage.serde.parameters.get("paths") {
        Some(paths) => paths.split(',').map(|path| (path.to_lowercase(), path)).collect(),
        None => HashMap::new(),
    };
    let original = |name: &String| originals.get(name).map_or_else(|| name.clone(), |path| (*path).to_owned());
    let csv = (format == Format::Csv).then(|| {
        let serde = |name: &str| storage.serde.parameters.get(name).map(String::as_str);
        let delimiter =
            serde("field.delim").or_else(|| serde("separatorChar")).or_else(|| setting("delimiter")).unwrap_or(",");
        CsvLayout {
            delimiter: delimiter.bytes().next().unwrap_or(b','),
            has_header: setting(HEADER_LINES).is_some_and(|lines| lines != "0"),
            is_quoted: storage.serde.serialization_library.contains("OpenCSV"),
            is_multi_line: setting(MULTI_LINE) == Some("true"),
        }
    });
    let framing = match setting(FRAMING) {
        _ if format != Format::Json => None,
        Some("concatenated") => Some(Framing::Concatenated),
        Some("multiline") => Some(Framing::MultiLine),
        Some("array") => Some(Framing::Array),
        _ => Some(Framing::Lines),
    };
    Some(Schema {
        format,
        compression: if setting("compressionType") == Some("gzip") { Compression::Gzip } else { Compression::None },
        columns: storage
            .columns
            .iter()
            .map(|column| (original(&column.name), Shape::from(&column.data_type)))
            .collect(),
        framing,
        csv,
    })
}
