//! The report of a crawl: what was found, what became of it, and why.
//!
//! "Why did I get forty tables?" is the question that crawlers leave open. Every table, every folder and every file that
//! was left out comes with the rule that decided.

use std::fmt::Write as _;

use serde::Serialize;

use crate::catalog::Column;

/// What a crawl did to one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TableChange {
    /// The table is new.
    Added,
    /// The table, its partitions or its files changed.
    Changed,
    /// Nothing changed; nothing was written.
    Unchanged,
    /// The data is gone or no longer fits; the table is marked.
    Deprecated,
    /// The data is gone and so is the table.
    Removed,
    /// The data does not fit the table; the table is as before.
    Conflict,
}

impl TableChange {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Deprecated => "deprecated",
            Self::Removed => "removed",
            Self::Conflict => "conflict",
        }
    }
}

/// One table of a crawl.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableOutcome {
    /// Name in the catalog.
    pub name: String,
    /// Folder or file inside the lake; folders end in `/`.
    pub location: String,
    /// `json`, `csv` or `parquet`.
    pub format: String,
    /// `none` or `gzip`.
    pub compression: String,
    /// What the crawl did.
    pub outcome: TableChange,
    /// Why it is a table of its own, and what changed.
    pub reason: String,
    /// The table's columns, without partition keys.
    pub columns: Vec<Column>,
    /// The partition keys, outermost first.
    pub partition_keys: Vec<Column>,
    /// Partitions that are new.
    pub partitions_added: u64,
    /// Partitions that were known.
    pub partitions_unchanged: u64,
    /// Partitions that have no files any more.
    pub partitions_removed: u64,
    /// Data files of the table.
    pub files: u64,
    /// Of these, files that the catalog did not know, or knew differently.
    pub files_new: u64,
    /// Files that the catalog knew and that are gone.
    pub files_removed: u64,
    /// Bytes of the data files.
    pub bytes: u64,
    /// Things to know: values that do not fit, renamed columns, mixed types.
    pub notes: Vec<String>,
}

/// A file that is not in any table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOut {
    /// Path inside the lake.
    pub path: String,
    /// Size of the file.
    pub bytes: u64,
    /// Bytes that were looked at.
    pub bytes_seen: u64,
    /// Why it is left out.
    pub reason: String,
    /// What it looks most like, if like anything.
    pub nearest: Option<String>,
}

/// How one folder was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FolderNote {
    /// Path inside the lake.
    pub folder: String,
    /// Format of its files; empty for mixed.
    pub format: String,
    /// Its columns, `name:type` joined by commas.
    pub schema: String,
    /// The sibling it was compared with.
    pub nearest: Option<String>,
    /// Similarity with that sibling, 0 to 1.
    pub similarity: Option<f64>,
    /// The rule that joined it with others or kept it apart.
    pub rule: String,
}

/// What a crawl did and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrawlReport {
    /// The catalog's change, for undo; `None` when nothing was written.
    pub change_id: Option<u64>,
    /// Database of the tables.
    pub database: String,
    /// The target, inside the lake.
    pub target: String,
    /// Time taken.
    pub seconds: f64,
    /// The tables, by name.
    pub tables: Vec<TableOutcome>,
    /// Files that no classifier recognised.
    pub unclassified: Vec<LeftOut>,
    /// Data files that lie where they cannot belong to the table around them.
    pub misplaced: Vec<LeftOut>,
    /// How folders were judged, in path order; partitions of one table share a note.
    pub folders: Vec<FolderNote>,
    /// Files listed below the target.
    pub files_listed: u64,
    /// Files listed that are no data: empty, hidden or excluded.
    pub files_skipped: u64,
    /// Files of which at least one byte was read.
    pub files_read: u64,
    /// Bytes read.
    pub bytes_read: u64,
}

impl CrawlReport {
    /// The table of this name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableOutcome> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Whether the crawl wrote anything to the catalog.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.change_id.is_some()
    }

    /// The whole story as text: a line per table, then per folder, then what was left out, each with its reason.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "Crawl of `{}/` into database `{}`: {}, {} listed, {} read ({} bytes), {:.2} s",
            self.target,
            self.database,
            count(self.tables.len() as u64, "table"),
            count(self.files_listed, "file"),
            self.files_read,
            self.bytes_read,
            self.seconds
        )?;
        for table in &self.tables {
            table.write(out)?;
        }
        if !self.folders.is_empty() {
            writeln!(out, "\nFolders:")?;
        }
        for note in &self.folders {
            note.write(out)?;
        }
        left_out(out, "Unclassified", &self.unclassified)?;
        left_out(out, "Misplaced", &self.misplaced)
    }
}

impl TableOutcome {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let Self { name, location, format, outcome, reason, .. } = self;
        let gzip = if self.compression == "none" { String::new() } else { format!(" ({})", self.compression) };
        writeln!(out, "\n{name}: {}, {format}{gzip} at `{location}`", outcome.as_str())?;
        writeln!(out, "  why: {reason}")?;
        writeln!(out, "  columns: {}", columns(&self.columns))?;
        if !self.partition_keys.is_empty() {
            writeln!(
                out,
                "  partition keys: {}; partitions: {} added, {} unchanged, {} without files",
                columns(&self.partition_keys),
                self.partitions_added,
                self.partitions_unchanged,
                self.partitions_removed
            )?;
        }
        writeln!(
            out,
            "  files: {}, {} bytes; {} new, {} gone",
            self.files, self.bytes, self.files_new, self.files_removed
        )?;
        for note in &self.notes {
            writeln!(out, "  note: {note}")?;
        }
        Ok(())
    }
}

impl FolderNote {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let format = if self.format.is_empty() { "mixed" } else { &self.format };
        write!(out, "  {}/: {format} [{}]", self.folder, self.schema)?;
        if let (Some(nearest), Some(similarity)) = (&self.nearest, self.similarity) {
            write!(out, ", {similarity:.2} similar to `{nearest}`")?;
        }
        writeln!(out, ": {}", self.rule)
    }
}

/// The most files of a kind that a text names one by one.
const NAMED: usize = 20;

fn left_out(out: &mut String, title: &str, files: &[LeftOut]) -> std::fmt::Result {
    if !files.is_empty() {
        writeln!(out, "\n{title}: {}", count(files.len() as u64, "file"))?;
    }
    for file in files.iter().take(NAMED) {
        let nearest = file.nearest.as_ref().map_or_else(String::new, |nearest| format!("; looks most like {nearest}"));
        writeln!(out, "  {} ({} bytes, {} seen): {}{nearest}", file.path, file.bytes, file.bytes_seen, file.reason)?;
    }
    if files.len() > NAMED {
        writeln!(out, "  … and {} more", files.len() - NAMED)?;
    }
    Ok(())
}

fn columns(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect::<Vec<_>>().join(", ")
}

/// "1 file", "2 files".
pub(super) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
