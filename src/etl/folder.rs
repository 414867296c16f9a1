//! Folders and files that no table describes, read as a table.

use std::path::PathBuf;

use super::error::{Error, Result};
use crate::catalog::{Catalog, Column, DataFile, Partition, Table};
use crate::crawl::{self, CrawlOptions, CsvHints, Grouping};
use crate::query::FileTable;
use crate::storage::{LakePath, Storage};

/// The database of tables that exist for one read.
const DATABASE: &str = "read";

/// What is known of the files before they are read.
#[derive(Debug, Clone, Default)]
pub struct FolderOptions {
    /// `csv`, `json`, `parquet`, `avro` or `orc`; found out when `None`.
    pub format: Option<String>,
    /// Delimited text.
    pub csv: CsvHints,
    /// The character that takes away the meaning of the next one.
    pub escape: Option<u8>,
    /// The character around cells that hold delimiters.
    pub quote: Option<u8>,
    /// Quoted cells may hold line breaks.
    pub multi_line: bool,
    /// Columns in their order, instead of those that are found.
    pub columns: Option<Vec<Column>>,
    /// Globs relative to each target.
    pub exclusions: Vec<String>,
}

/// Reads the description of the files at these places and lists them; the catalog is not changed.
///
/// # Errors
/// [`Error::Crawl`] when there is nothing, [`Error::Format`] when the files are not alike or not what they should be.
pub async fn read_folders(storage: &Storage, targets: &[LakePath], options: &FolderOptions) -> Result<FileTable> {
    let mut all: Option<FileTable> = None;
    for target in targets {
        let found = read_folder(storage, target, options).await?;
        all = Some(match all {
            None => found,
            Some(known) => united(known, found, target)?,
        });
    }
    all.ok_or_else(|| Error::Format { target: String::new(), message: "no path was given".into() })
}

async fn read_folder(storage: &Storage, target: &LakePath, options: &FolderOptions) -> Result<FileTable> {
    let scratch = Scratch::new(storage)?;
    let catalog = Catalog::open_file(&scratch.path)?;
    let crawl_options = CrawlOptions {
        database: DATABASE.into(),
        group: Grouping::OneTable,
        levels: Some(0),
        csv: options.csv,
        exclusions: options.exclusions.clone(),
        ..CrawlOptions::default()
    };
    let report = crawl::crawl(storage, &catalog, target, &crawl_options).await?;
    let wrong = |message: String| Error::Format { target: target.to_string(), message };
    if let Some(left_out) = report.unclassified.first() {
        return Err(wrong(format!("`{}` is {}", left_out.path, left_out.reason)));
    }
    let mut tables = catalog.tables(DATABASE)?;
    if tables.len() > 1 {
        let formats: Vec<&str> = report.tables.iter().map(|table| table.format.as_str()).collect();
        return Err(wrong(format!(
            "there are files of several formats: {}; name one of them by a folder or by an exclusion",
            formats.join(", ")
        )));
    }
    let Some(mut table) = tables.pop() else { return Err(wrong("there are no files with rows".into())) };
    let partitions = catalog.partitions(DATABASE, &table.name)?;
    let files = catalog.files(DATABASE, &table.name, None)?;
    let found = table.storage.classification().unwrap_or_default().to_owned();
    if let Some(format) = options.format.as_deref().filter(|format| *format != found) {
        return Err(wrong(format!("the files are {found}, not {format}")));
    }
    if found == "csv" {
        describe_csv(&mut table, options);
    }
    if let Some(columns) = &options.columns {
        table.storage.columns.clone_from(columns);
    }
    // Partitions that were found with columns of their own are read by the table's.
    let partitions =
        partitions.into_iter().map(|partition| Partition { storage: None, ..partition }).collect::<Vec<_>>();
    let mut found = without_unnamed_keys(FileTable { table, partitions, files });
    // Files at another depth are rows all the same.
    for file in &report.misplaced {
        let path = LakePath::parse(&file.path)?;
        let alone = Box::pin(read_folder(storage, &path, options)).await?;
        found = united(found, alone, &path)?;
    }
    Ok(found)
}

/// Folders without a name for their key are no columns to a reader.
fn without_unnamed_keys(mut found: FileTable) -> FileTable {
    let is_unnamed = |key: &Column| key.name.strip_prefix("partition_").is_some_and(|n| n.parse::<u32>().is_ok());
    let keys = &mut found.table.partition_keys;
    if !keys.is_empty() && keys.iter().all(is_unnamed) {
        keys.clear();
        found.partitions.clear();
        for file in &mut found.files {
            file.partition = None;
        }
    }
    found
}

fn describe_csv(table: &mut Table, options: &FolderOptions) {
    let parameters = &mut table.storage.serde.parameters;
    for (key, byte) in [("quoteChar", options.quote), ("escapeChar", options.escape)] {
        if let Some(byte) = byte {
            parameters.insert(key.into(), char::from(byte).to_string());
        }
    }
    if options.multi_line {
        table.storage.parameters.insert("bayou.multiline".into(), "true".into());
    }
}

/// The files of both under one description.
fn united(mut known: FileTable, found: FileTable, target: &LakePath) -> Result<FileTable> {
    let wrong = |message: &str| Err(Error::Format { target: target.to_string(), message: message.into() });
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    if known.table.storage.classification() != found.table.storage.classification() {
        return wrong("it has another format than what was read before it");
    }
    if names(&known.table.partition_keys) != names(&found.table.partition_keys) {
        return wrong("its folders have other partition keys than what was read before it");
    }
    let is_csv = known.table.storage.classification() == Some("csv");
    if is_csv && names(&known.table.storage.columns) != names(&found.table.storage.columns) {
        return wrong("its columns are not those of what was read before it");
    }
    for column in found.table.storage.columns {
        if !known.table.storage.columns.iter().any(|other| other.name == column.name) {
            known.table.storage.columns.push(column);
        }
    }
    for partition in found.partitions {
        if !known.partitions.iter().any(|other| other.values == partition.values) {
            known.partitions.push(partition);
        }
    }
    let is_new = |file: &DataFile| !known.files.iter().any(|other| other.path == file.path);
    let new: Vec<DataFile> = found.files.into_iter().filter(is_new).collect();
    known.files.extend(new);
    Ok(known)
}

/// A catalog file for one read.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(storage: &Storage) -> Result<Self> {
        let folder = storage.private_dir().join("reads");
        std::fs::create_dir_all(&folder)
            .map_err(|error| crate::storage::Error::from_io(folder.display().to_string(), error))?;
        Ok(Self { path: folder.join(format!("{}.db", uuid::Uuid::new_v4())) })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
    }
}
