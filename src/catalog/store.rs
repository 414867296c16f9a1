//! The catalog of one lake: opening, reading, changing, backing up.

use std::path::Path;
use std::sync::Arc;

use super::connection::Pool;
use super::snapshot::{ChangeRecord, Snapshot, TableVersion};
use super::{Change, DataFile, Database, Error, Partition, Result, Table};
use crate::storage::Storage;
use crate::time::{Clock, SystemClock};

/// The catalog of one lake. Cloning is cheap; clones, threads and processes can use it at the same time.
#[derive(Clone)]
pub struct Catalog {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    clock: Arc<dyn Clock>,
}

impl Catalog {
    /// Open the catalog of a lake; it is created with the first use.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::TooNew`], or why the file cannot be opened.
    pub fn open(storage: &Storage) -> Result<Self> {
        Self::open_with_clock(storage, Arc::new(SystemClock))
    }

    /// Like [`Self::open`], with the clock that dates changes.
    pub fn open_with_clock(storage: &Storage, clock: Arc<dyn Clock>) -> Result<Self> {
        let pool = Pool::open(storage.private_dir().join("catalog.db"))?;
        Ok(Self { inner: Arc::new(Inner { pool, clock }) })
    }

    /// A catalog in a file of its own, beside that of the lake.
    pub(crate) fn open_file(path: &Path) -> Result<Self> {
        let pool = Pool::open(path.to_path_buf())?;
        Ok(Self { inner: Arc::new(Inner { pool, clock: Arc::new(SystemClock) }) })
    }

    /// The catalog file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.inner.pool.path()
    }

    /// Read several things as they were at one moment.
    pub fn read<T>(&self, work: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
        let connection = self.inner.pool.get()?;
        let sqlite = |source| Error::from_sqlite(self.path(), source);
        connection.execute_batch("BEGIN DEFERRED").map_err(sqlite)?;
        let result = work(&Snapshot::new(&connection, self.path()));
        connection.execute_batch("COMMIT").map_err(sqlite)?;
        result
    }

    /// Change the catalog: everything that `work` does takes effect together, or nothing when it fails.
    ///
    /// There is one writer at a time, so list, read and infer before, not inside. A transaction that changes nothing
    /// leaves no trace, not even in the list of changes.
    pub fn transaction<T>(
        &self,
        kind: &str,
        summary: &str,
        work: impl FnOnce(&mut Change<'_>) -> Result<T>,
    ) -> Result<T> {
        let connection = self.inner.pool.get()?;
        let sqlite = |source| Error::from_sqlite(self.path(), source);
        connection.execute_batch("BEGIN IMMEDIATE").map_err(sqlite)?;
        let now = self.inner.clock.now();
        let changed =
            Change::begin(Snapshot::new(&connection, self.path()), now, kind, summary).and_then(|mut change| {
                let result = work(&mut change)?;
                Ok((result, change.is_dirty()))
            });
        let end = if matches!(changed, Ok((_, true))) { "COMMIT" } else { "ROLLBACK" };
        // Some failures (a full disk) have rolled back already. A connection that cannot end its transaction is closed
        // when it goes out of scope, which rolls back as well.
        let ended = if connection.is_autocommit() { Ok(()) } else { connection.execute_batch(end).map_err(sqlite) };
        let (result, _) = changed?;
        ended?;
        Ok(result)
    }

    /// A number that grows with every change by any process; what was read stays valid while it stays the same.
    pub fn generation(&self) -> Result<u64> {
        let connection = self.inner.pool.get()?;
        Snapshot::new(&connection, self.path()).generation()
    }

    /// Write a copy of the whole catalog to a new file, while others go on reading and writing.
    ///
    /// # Errors
    /// [`Error::BackupExists`]: a backup never replaces a file.
    pub fn backup(&self, target: &Path) -> Result<()> {
        if target.exists() {
            return Err(Error::BackupExists { path: target.to_path_buf() });
        }
        let connection = self.inner.pool.get()?;
        let name = target.to_string_lossy();
        let copied = connection.execute("VACUUM INTO ?1", [name.as_ref()]);
        copied.map(|_| ()).map_err(|source| Error::from_sqlite(target, source))
    }

    /// Look through the whole file for damage.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with the first finding.
    pub fn verify(&self) -> Result<()> {
        let connection = self.inner.pool.get()?;
        let found = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
        match found.map_err(|source| Error::from_sqlite(self.path(), source))? {
            ok if ok == "ok" => Ok(()),
            detail => Err(Error::corrupt(self.path(), detail)),
        }
    }

    /// All databases, by name.
    pub fn databases(&self) -> Result<Vec<Database>> {
        self.read(|snapshot| snapshot.databases())
    }

    /// One database.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`], with a hint when a name looks alike.
    pub fn database(&self, name: &str) -> Result<Database> {
        self.read(|snapshot| snapshot.database(name))
    }

    /// All tables of a database, by name.
    pub fn tables(&self, database: &str) -> Result<Vec<Table>> {
        self.read(|snapshot| snapshot.tables(database))
    }

    /// The present version of a table.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`] or [`Error::UnknownTable`], with a hint when a name looks alike.
    pub fn table(&self, database: &str, name: &str) -> Result<Table> {
        self.read(|snapshot| snapshot.table(database, name))
    }

    /// A certain version of a table.
    pub fn table_version(&self, database: &str, name: &str, version: u64) -> Result<Table> {
        self.read(|snapshot| snapshot.table_version(database, name, version))
    }

    /// All versions of a table, oldest first, with the change that made each.
    pub fn table_history(&self, database: &str, name: &str) -> Result<Vec<TableVersion>> {
        self.read(|snapshot| snapshot.table_history(database, name))
    }

    /// All partitions of a table, by value.
    pub fn partitions(&self, database: &str, table: &str) -> Result<Vec<Partition>> {
        self.read(|snapshot| snapshot.partitions(database, table))
    }

    /// The partition with these values.
    ///
    /// # Errors
    /// [`Error::UnknownPartition`].
    pub fn partition(&self, database: &str, table: &str, values: &[Option<String>]) -> Result<Partition> {
        self.read(|snapshot| snapshot.partition(database, table, values))
    }

    /// The files of a table, by path: all of them, or those of the partitions with the given values.
    pub fn files(
        &self,
        database: &str,
        table: &str,
        partitions: Option<&[Vec<Option<String>>]>,
    ) -> Result<Vec<DataFile>> {
        self.read(|snapshot| snapshot.files(database, table, partitions))
    }

    /// The latest changes, newest first.
    pub fn changes(&self, limit: usize) -> Result<Vec<ChangeRecord>> {
        self.read(|snapshot| snapshot.changes(limit))
    }

    #[cfg(test)]
    pub(super) fn raw<T>(&self, work: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        work(&self.inner.pool.get().unwrap())
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Catalog").field(&self.path()).finish()
    }
}
