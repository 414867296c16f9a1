//! Writes under way: files that lie in a table's folder already and are not part of it yet.
//!
//! Several files cannot appear in a folder at once. A writer therefore says which names its files begin with before it
//! publishes the first, and that it is done in the transaction that registers them; until then readers leave them out.
//! A writer that dies leaves files that nobody ever reads.

use super::snapshot::{Snapshot, signed, unreadable};
use super::{Catalog, Change, Result};
use crate::storage::LakePath;
use crate::time::Timestamp;

impl Change<'_> {
    /// Files of this table whose names begin with `token` are not part of it until [`Self::end_write`].
    pub fn begin_write(&mut self, database: &str, table: &str, token: &str) -> Result<()> {
        // A write that is tried again has the same token and replaces what its first try left.
        let sql = "INSERT INTO pending_write (token, database, name, begin_change) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT(token) DO UPDATE SET begin_change = ?4, end_change = NULL";
        let row = (token, database.to_lowercase(), table.to_lowercase(), self.id());
        self.write(sql, row).map(|_| ())
    }

    /// From this change on the files of `token` are part of their table.
    pub fn end_write(&mut self, token: &str) -> Result<()> {
        let sql = "UPDATE pending_write SET end_change = ?2 WHERE token = ?1 AND end_change IS NULL";
        self.write(sql, (token, self.id())).map(|_| ())
    }
}

impl Change<'_> {
    /// These files leave the table now and will be deleted soon; until then readers leave them out.
    pub fn retire_files(&mut self, database: &str, table: &str, paths: &[LakePath]) -> Result<()> {
        let (database, table) = (database.to_lowercase(), table.to_lowercase());
        let sql = "INSERT INTO retired_file (database, name, path, begin_change) VALUES (?1, ?2, ?3, ?4)";
        for path in paths {
            self.write(sql, (&database, &table, path.as_str(), self.id()))?;
        }
        Ok(())
    }

    /// These retired files are deleted.
    pub fn forget_retired(&mut self, database: &str, table: &str, paths: &[LakePath]) -> Result<()> {
        let (database, table) = (database.to_lowercase(), table.to_lowercase());
        let sql = "UPDATE retired_file SET end_change = ?4
            WHERE database = ?1 AND name = ?2 AND path = ?3 AND end_change IS NULL";
        for path in paths {
            self.write(sql, (&database, &table, path.as_str(), self.id()))?;
        }
        Ok(())
    }
}

/// A write that began and did not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingWrite {
    /// What the names of its files begin with.
    pub token: String,
    /// Database of its table.
    pub database: String,
    /// Name of its table.
    pub name: String,
    /// When it began.
    pub at: Timestamp,
}

/// A file that a later write has replaced, and that may still be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredFile {
    /// Database of its table.
    pub database: String,
    /// Name of its table.
    pub name: String,
    /// The file.
    pub path: LakePath,
    /// When it was replaced.
    pub at: Timestamp,
}

impl Snapshot<'_> {
    /// All writes that have not ended.
    pub fn pending_writes(&self) -> Result<Vec<PendingWrite>> {
        let sql = "SELECT w.token, w.database, w.name, c.at FROM pending_write w
            JOIN change c ON c.id = w.begin_change WHERE w.end_change IS NULL ORDER BY w.begin_change";
        self.rows(sql, [], |row| {
            let at = Timestamp(row.get(3)?);
            Ok(PendingWrite { token: row.get(0)?, database: row.get(1)?, name: row.get(2)?, at })
        })
    }

    /// All files that were replaced and may still be there.
    pub fn all_retired_files(&self) -> Result<Vec<RetiredFile>> {
        let sql = "SELECT r.database, r.name, r.path, c.at FROM retired_file r
            JOIN change c ON c.id = r.begin_change WHERE r.end_change IS NULL ORDER BY r.path";
        self.rows(sql, [], |row| {
            let path: String = row.get(2)?;
            let path = LakePath::parse(&path).map_err(|error| unreadable(2, error))?;
            Ok(RetiredFile { database: row.get(0)?, name: row.get(1)?, path, at: Timestamp(row.get(3)?) })
        })
    }

    /// Files of the table that a write up to `generation` has replaced and that may still lie in its folder.
    pub fn retired_files(&self, database: &str, table: &str, generation: u64) -> Result<Vec<LakePath>> {
        let sql = "SELECT path FROM retired_file
            WHERE database = ?1 AND name = ?2 AND end_change IS NULL AND begin_change <= ?3";
        self.rows(sql, (database.to_lowercase(), table.to_lowercase(), signed(generation)), |row| {
            let path: String = row.get(0)?;
            LakePath::parse(&path).map_err(|error| unreadable(0, error))
        })
    }

    /// Tokens of the table's writes that were not finished at `generation`.
    pub fn unfinished_writes(&self, database: &str, table: &str, generation: u64) -> Result<Vec<String>> {
        let sql = "SELECT token FROM pending_write
            WHERE database = ?1 AND name = ?2 AND (end_change IS NULL OR end_change > ?3)";
        let row = (database.to_lowercase(), table.to_lowercase(), signed(generation));
        self.rows(sql, row, |row| row.get(0))
    }
}

impl Catalog {
    /// Tokens of the table's writes that were not finished at `generation`: a reader that knows the catalog as it was
    /// then leaves out files whose names begin with one of them.
    pub fn unfinished_writes(&self, database: &str, table: &str, generation: u64) -> Result<Vec<String>> {
        self.read(|snapshot| snapshot.unfinished_writes(database, table, generation))
    }

    /// Files of the table that a write up to `generation` has replaced and that may still lie in its folder.
    pub fn retired_files(&self, database: &str, table: &str, generation: u64) -> Result<Vec<LakePath>> {
        self.read(|snapshot| snapshot.retired_files(database, table, generation))
    }
}
