//! Changing: what can be done inside of a transaction.

use std::ops::Deref;

use serde::Serialize;

use super::manifest::partition_key;
use super::model::stored_name;
use super::snapshot::{Snapshot, signed, unsigned};
use super::{DataFile, Database, Error, Partition, Result, Table};
use crate::storage::LakePath;
use crate::time::Timestamp;

/// A change under way. It reads like a [`Snapshot`] and sees what it has written itself.
pub struct Change<'a> {
    snapshot: Snapshot<'a>,
    id: i64,
    at: Timestamp,
    dirty: bool,
}

/// What putting an object did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was there with another content.
    Updated,
    /// It was there already, exactly so.
    Unchanged,
}

/// What putting many objects did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutSummary {
    /// How many are new.
    pub created: usize,
    /// How many were there with another content.
    pub updated: usize,
    /// How many were there already, exactly so.
    pub unchanged: usize,
}

impl PutSummary {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }
}

impl<'a> Change<'a> {
    pub(super) fn begin(snapshot: Snapshot<'a>, at: Timestamp, kind: &str, summary: &str) -> Result<Self> {
        let sql = "INSERT INTO change (at, process, kind, summary) VALUES (?1, ?2, ?3, ?4)";
        let id = snapshot.insert(sql, (at.millis(), std::process::id(), kind, summary))?;
        Ok(Self { snapshot, id, at, dirty: false })
    }

    /// Number of this change; it is kept only if something changes.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Whether anything was changed so far.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Create a database.
    ///
    /// # Errors
    /// [`Error::DatabaseExists`], unless `if_not_exists`.
    pub fn create_database(&mut self, database: &Database, if_not_exists: bool) -> Result<Outcome> {
        let name = stored_name(&database.name)?;
        match self.find_database(&name) {
            Ok(_) if if_not_exists => return Ok(Outcome::Unchanged),
            Ok(_) => return Err(Error::DatabaseExists { name }),
            Err(Error::UnknownDatabase { .. }) => {}
            Err(error) => return Err(error),
        }
        let content = to_json(&Database { name: name.clone(), create_time: self.at, ..database.clone() });
        let sql = "INSERT INTO database (name, content, begin_change) VALUES (?1, ?2, ?3)";
        self.write(sql, (&name, content, self.id))?;
        Ok(Outcome::Created)
    }

    /// Give a database another content; its name stays.
    ///
    /// # Errors
    /// [`Error::UnknownDatabase`].
    pub fn update_database(&mut self, database: &Database) -> Result<()> {
        let (id, present) = self.find_database(&database.name)?;
        let content = to_json(&Database { name: present.name, create_time: present.create_time, ..database.clone() });
        self.write("UPDATE database SET content = ?2 WHERE id = ?1", (id, content)).map(|_| ())
    }

    /// Drop a database; with `cascade` its tables too. The data files stay.
    ///
    /// # Errors
    /// [`Error::DatabaseNotEmpty`].
    pub fn drop_database(&mut self, name: &str, cascade: bool) -> Result<()> {
        let (id, _) = self.find_database(name)?;
        let tables = self.tables(name)?;
        if !cascade && !tables.is_empty() {
            return Err(Error::DatabaseNotEmpty { name: name.to_owned(), tables: tables.len() });
        }
        for table in &tables {
            self.drop_table(name, &table.name)?;
        }
        self.write("UPDATE database SET end_change = ?2 WHERE id = ?1", (id, self.id))?;
        Ok(())
    }

    /// Create a table or give it a new version; the same content again is no new version.
    ///
    /// The catalog sets the times and the version number itself.
    pub fn put_table(&mut self, table: &Table) -> Result<Outcome> {
        let mut table = table.clone();
        table.name = stored_name(&table.name)?;
        table.database = table.database.to_lowercase();
        table.update_time = self.at;
        let Some((id, present)) = self.lookup_table(&table.database, &table.name)? else {
            let (database, _) = self.find_database(&table.database)?;
            (table.create_time, table.version) = (self.at, 0);
            let sql = r#"INSERT INTO "table" (database_id, name, begin_change) VALUES (?1, ?2, ?3)"#;
            let id = self.insert(sql, (database, &table.name, self.id))?;
            self.insert_version(id, &table)?;
            return Ok(Outcome::Created);
        };
        if present.same_content(&table) {
            return Ok(Outcome::Unchanged);
        }
        (table.create_time, table.version) = (present.create_time, present.version + 1);
        let end = "UPDATE table_version SET end_change = ?2 WHERE table_id = ?1 AND end_change IS NULL";
        self.write(end, (id, self.id))?;
        self.insert_version(id, &table)?;
        Ok(Outcome::Updated)
    }

    fn insert_version(&mut self, id: i64, table: &Table) -> Result<()> {
        let sql = "INSERT INTO table_version (table_id, version, content, begin_change) VALUES (?1, ?2, ?3, ?4)";
        self.write(sql, (id, signed(table.version), to_json(table), self.id)).map(|_| ())
    }

    /// Begins an earlier version of a table again, under the next number.
    pub(super) fn restore_version(&mut self, id: i64, mut table: Table) -> Result<()> {
        let sql = "SELECT max(version) FROM table_version WHERE table_id = ?1";
        let last: Option<i64> = self.first(sql, [id], |row| row.get(0))?;
        table.version = unsigned(last.unwrap_or(-1) + 1);
        table.update_time = self.at;
        self.insert_version(id, &table)
    }

    /// Drop a table with its partitions and its file manifest. The data files stay.
    pub fn drop_table(&mut self, database: &str, name: &str) -> Result<()> {
        let (id, _) = self.find_table(database, name)?;
        for sql in [
            "UPDATE data_file SET end_change = ?2 WHERE table_id = ?1 AND end_change IS NULL",
            r#"UPDATE "partition" SET end_change = ?2 WHERE table_id = ?1 AND end_change IS NULL"#,
            "UPDATE table_version SET end_change = ?2 WHERE table_id = ?1 AND end_change IS NULL",
            r#"UPDATE "table" SET end_change = ?2 WHERE id = ?1"#,
        ] {
            self.write(sql, (id, self.id))?;
        }
        Ok(())
    }

    /// Add partitions, or change those that are there.
    ///
    /// # Errors
    /// [`Error::PartitionValues`] when one does not have a value for every partition key.
    pub fn put_partitions(&mut self, database: &str, table: &str, partitions: &[Partition]) -> Result<PutSummary> {
        let (id, found) = self.find_table(database, table)?;
        let mut summary = PutSummary::default();
        for partition in partitions {
            check_values(&found, &partition.values)?;
            summary.count(self.put_partition(id, partition)?);
        }
        Ok(summary)
    }

    fn put_partition(&mut self, table_id: i64, partition: &Partition) -> Result<Outcome> {
        let key = partition_key(&partition.values);
        let present = self.partition_by_key(table_id, &key)?;
        if present.as_ref() == Some(partition) {
            return Ok(Outcome::Unchanged);
        }
        if present.is_some() {
            self.end_partition(table_id, &key)?;
        }
        let storage = partition.storage.as_ref().map(to_json);
        let parameters = (!partition.parameters.is_empty()).then(|| to_json(&partition.parameters));
        let sql = r#"INSERT INTO "partition" (table_id, key, location, storage, parameters, begin_change)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)"#;
        self.write(sql, (table_id, &key, &partition.location, storage, parameters, self.id))?;
        Ok(if present.is_some() { Outcome::Updated } else { Outcome::Created })
    }

    /// Register the partitions that are not registered yet; those that are may lie elsewhere or have a description of
    /// their own, and stay as they are.
    pub fn put_new_partitions(&mut self, database: &str, table: &str, partitions: &[Partition]) -> Result<PutSummary> {
        let mut new = Vec::new();
        for partition in partitions {
            match self.partition(database, table, &partition.values) {
                Err(Error::UnknownPartition { .. }) => new.push(partition.clone()),
                present => drop(present?),
            }
        }
        self.put_partitions(database, table, &new)
    }

    /// Drop the partitions with these values, and their files from the manifest; gives how many there were.
    pub fn drop_partitions(
        &mut self,
        database: &str,
        table: &str,
        partitions: &[Vec<Option<String>>],
    ) -> Result<usize> {
        let (id, _) = self.find_table(database, table)?;
        let mut dropped = 0;
        for values in partitions {
            let key = partition_key(values);
            dropped += self.end_partition(id, &key)?;
            let sql = "UPDATE data_file SET end_change = ?3
                WHERE table_id = ?1 AND partition_key = ?2 AND end_change IS NULL";
            self.write(sql, (id, key, self.id))?;
        }
        Ok(dropped)
    }

    fn end_partition(&mut self, table_id: i64, key: &str) -> Result<usize> {
        let sql = r#"UPDATE "partition" SET end_change = ?3 WHERE table_id = ?1 AND key = ?2 AND end_change IS NULL"#;
        self.write(sql, (table_id, key, self.id))
    }

    /// Add files to a table's manifest, or replace the entries of those that are there.
    ///
    /// # Errors
    /// [`Error::PartitionValues`] when a file's partition does not have a value for every partition key.
    pub fn put_files(&mut self, database: &str, table: &str, files: &[DataFile]) -> Result<PutSummary> {
        let (id, found) = self.find_table(database, table)?;
        let mut summary = PutSummary::default();
        for file in files {
            check_values(&found, file.partition.as_deref().unwrap_or_default())?;
            summary.count(self.put_file(id, file)?);
        }
        Ok(summary)
    }

    fn put_file(&mut self, table_id: i64, file: &DataFile) -> Result<Outcome> {
        let file = &DataFile { partition: file.partition.clone().filter(|values| !values.is_empty()), ..file.clone() };
        let present = self.file_by_path(table_id, &file.path)?;
        if present.as_ref() == Some(file) {
            return Ok(Outcome::Unchanged);
        }
        if present.is_some() {
            self.end_file(table_id, &file.path)?;
        }
        let sql = "INSERT INTO data_file
            (table_id, path, partition_key, bytes, rows, etag, modified, origin, column_stats, begin_change)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let row = (
            table_id,
            file.path.as_str(),
            file.partition.as_deref().map(partition_key),
            signed(file.bytes),
            file.rows.map(signed),
            &file.etag,
            file.modified.millis(),
            file.origin.as_str(),
            file.column_stats.as_ref().map(ToString::to_string),
            self.id,
        );
        self.write(sql, row)?;
        Ok(if present.is_some() { Outcome::Updated } else { Outcome::Created })
    }

    /// Take files out of a table's manifest; gives how many were in it. The files themselves stay.
    pub fn end_files(&mut self, database: &str, table: &str, paths: &[LakePath]) -> Result<usize> {
        let (id, _) = self.find_table(database, table)?;
        let mut ended = 0;
        for path in paths {
            ended += self.end_file(id, path)?;
        }
        Ok(ended)
    }

    fn end_file(&mut self, table_id: i64, path: &LakePath) -> Result<usize> {
        let sql = "UPDATE data_file SET end_change = ?3 WHERE table_id = ?1 AND path = ?2 AND end_change IS NULL";
        self.write(sql, (table_id, path.as_str(), self.id))
    }

    /// Write rows and remember whether there were any.
    pub(super) fn write(&mut self, sql: &str, params: impl rusqlite::Params) -> Result<usize> {
        let rows = self.snapshot.execute(sql, params)?;
        self.dirty |= rows > 0;
        Ok(rows)
    }
}

impl<'a> Deref for Change<'a> {
    type Target = Snapshot<'a>;

    fn deref(&self) -> &Snapshot<'a> {
        &self.snapshot
    }
}

fn check_values(table: &Table, values: &[Option<String>]) -> Result<()> {
    if values.len() == table.partition_keys.len() {
        return Ok(());
    }
    Err(Error::PartitionValues {
        database: table.database.clone(),
        table: table.name.clone(),
        expected: table.partition_keys.len(),
        found: values.len(),
        values: partition_key(values),
    })
}

/// Catalog objects are maps with text keys, so writing them as JSON cannot fail.
fn to_json<T: Serialize>(object: &T) -> String {
    serde_json::to_string(object).unwrap_or_default()
}
