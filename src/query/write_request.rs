//! What a job asks to be written, and what was.

use std::sync::Arc;

use super::scope::Scope;
use crate::catalog::DataFile;
use crate::storage::LakePath;

/// Rows of a query as files of a folder, of a table, or of both.
#[derive(Debug, Clone)]
pub struct WriteRequest {
    /// The query; all its columns are written but the last [`Self::counters`].
    pub query: String,
    /// What the query may name beside the catalog's tables.
    pub scope: Arc<Scope>,
    /// Names of the columns in the files, which may differ from the query's in case.
    pub names: Vec<String>,
    /// Last columns of the query that are not written: booleans, of which the true ones are counted.
    pub counters: usize,
    /// Names of the columns that become folders, outermost first.
    pub keys: Vec<String>,
    /// Where the files go; the table's own folder when `None`.
    pub folder: Option<LakePath>,
    /// Database and name of the table to register them in.
    pub table: Option<(String, String)>,
    /// How rows become bytes.
    pub format: WriteFormat,
    /// Codec by its name; the format's usual one when `None`.
    pub compression: Option<String>,
    /// What happens to what is there.
    pub mode: WriteMode,
    /// Partition keys are strings in the catalog, whatever the query's types are.
    pub string_keys: bool,
    /// Whether a table that exists gets the columns that it does not have.
    pub adds_columns: bool,
    /// What the files' names are made of: letters, digits, `-` and `.`.
    pub write_id: String,
    /// Whether a write that is tried again has the same id, so that files of an earlier try may be there.
    pub is_repeatable: bool,
    /// When a file is full.
    pub limits: FileLimits,
}

/// A format of files that jobs write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteFormat {
    /// Columns.
    Parquet,
    /// Columns, stripe by stripe.
    Orc,
    /// Rows in containers.
    Avro,
    /// One object a line.
    Json,
    /// Delimited text.
    Csv(CsvStyle),
}

/// How delimited text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvStyle {
    /// Between cells.
    pub separator: u8,
    /// Around cells that need it; `None` never quotes.
    pub quote: Option<u8>,
    /// Whether the first line has the names.
    pub header: bool,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self { separator: b',', quote: Some(b'"'), header: true }
    }
}

/// What a write does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteMode {
    /// It stays.
    #[default]
    Append,
    /// All of it goes.
    Overwrite,
    /// The partitions that get rows lose the rows that they had.
    OverwritePartitions,
    /// The write fails.
    Error,
}

/// When a file is full and another one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileLimits {
    /// Rows of a file.
    pub rows: Option<u64>,
    /// Bytes of a file, about.
    pub bytes: Option<u64>,
}

/// Files that a run of a job has processed.
#[derive(Debug, Clone)]
pub struct BookmarkUpdate {
    /// The job.
    pub job: String,
    /// Which of its sources.
    pub context: String,
    /// The run.
    pub run: String,
    /// The files.
    pub files: Vec<DataFile>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteReport {
    /// Folder of the files, inside the lake.
    pub folder: LakePath,
    /// Database and name of the table.
    pub table: Option<(String, String)>,
    /// Rows.
    pub rows: u64,
    /// Files, in the order of their paths.
    pub files: Vec<DataFile>,
    /// Values of the partitions that got rows.
    pub partitions: Vec<Vec<Option<String>>>,
    /// Files that the write replaced.
    pub replaced: usize,
    /// How many true values each counter had.
    pub counts: Vec<u64>,
    /// Whether an empty string became a NULL key.
    pub folded_empty: bool,
    /// Columns that the table got.
    pub new_columns: Vec<String>,
}
