//! Files that a statement reads as a table: a description, and exactly which files.
//!
//! What a job reads is chosen before it runs, so that it can be noted as processed afterwards: partitions by a
//! condition, new files by a bookmark. The choice is a table of its own for the statements of the job.

use super::snapshot::TableSnapshot;
use crate::catalog::{DataFile, Partition, Table};
use crate::query::error::Result;

/// A table's description and some of its files.
#[derive(Debug, Clone)]
pub struct FileTable {
    /// Columns, formats, partition keys.
    pub table: Table,
    /// The partitions of the files.
    pub partitions: Vec<Partition>,
    /// The files.
    pub files: Vec<DataFile>,
}

impl FileTable {
    /// The files for which `keep` holds.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(&DataFile) -> bool) -> Self {
        let files = self.files.iter().filter(|file| keep(file)).cloned().collect();
        Self { table: self.table.clone(), partitions: self.partitions.clone(), files }
    }

    pub(in crate::query) fn snapshot(&self) -> Result<TableSnapshot> {
        TableSnapshot::of_files(self.table.clone(), self.partitions.clone(), self.files.clone())
    }
}
