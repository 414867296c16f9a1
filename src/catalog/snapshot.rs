//! Reading: everything here sees the catalog as it was when its transaction began.

use std::path::Path;

use rusqlite::types::Type;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::manifest::partition_key;
use super::suggest;
use super::{DataFile, Database, Error, Origin, Partition, Result, Table};
use crate::storage::LakePath;
use crate::time::Timestamp;

/// The catalog as it was at one moment.
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    connection: &'a Connection,
    path: &'a Path,
}

/// One change of the catalog: who did what and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangeRecord {
    /// Number; later changes have larger ones.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Process id of who did it.
    pub process: u32,
    /// What sort of change: `crawl`, `delivery`, `sql` …
    pub kind: String,
    /// One sentence about it.
    pub summary: String,
}

/// A version of a table and the change that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TableVersion {
    /// Version, 0 first.
    #[serde(rename = "VersionId")]
    pub version: u64,
    /// The table as it was.
    pub table: Table,
    /// What made it.
    pub change: ChangeRecord,
}

const DATABASES: &str = "SELECT id, name, content FROM database WHERE end_change IS NULL";
const PARTITIONS: &str =
    r#"SELECT key, location, storage, parameters FROM "partition" WHERE end_change IS NULL AND table_id = ?1"#;
const FILES: &str = "SELECT path, partition_key, bytes, rows, etag, modified, origin, column_stats
    FROM data_file WHERE end_change IS NULL AND table_id = ?1";

impl<'a> Snapshot<'a> {
    pub(super) fn new(connection: &'a Connection, path: &'a Path) -> Self {
        Self { connection, path }
    }

    /// All databases, by name.
    pub fn databases(&self) -> Result<Vec<Database>> {
        self.rows(&format!("{DATABASES} ORDER BY name"), [], |row| json(row, 2))
    }

    /// One database.
    pub fn database(&self, name: &str) -> Result<Database> {
        self.find_database(name).map(|(_, database)| database)
    }

    /// All tables of a database, by name.
    pub fn tables(&self, database: &str) -> Result<Vec<Table>> {
        let (id, _) = self.find_database(database)?;
        let sql = r#"SELECT v.content FROM "table" t JOIN table_version v ON v.table_id = t.id AND v.end_change IS NULL
            WHERE t.end_change IS NULL AND t.database_id = ?1 ORDER BY t.name"#;
        self.rows(sql, [id], |row| json(row, 0))
    }

    /// The present version of a table.
    pub fn table(&self, database: &str, name: &str) -> Result<Table> {
        self.find_table(database, name).map(|(_, table)| table)
    }

    /// A certain version of a table.
    pub fn table_version(&self, database: &str, name: &str, version: u64) -> Result<Table> {
        let (id, _) = self.find_table(database, name)?;
        let sql = "SELECT content FROM table_version WHERE table_id = ?1 AND version = ?2";
        let found = self.first(sql, (id, signed(version)), |row| json(row, 0))?;
        found.ok_or_else(|| Error::UnknownVersion { database: database.into(), table: name.into(), version })
    }

    /// All versions of a table, oldest first.
    pub fn table_history(&self, database: &str, name: &str) -> Result<Vec<TableVersion>> {
        let (id, _) = self.find_table(database, name)?;
        let sql = "SELECT c.id, c.at, c.process, c.kind, c.summary, v.version, v.content
            FROM table_version v JOIN change c ON c.id = v.begin_change WHERE v.table_id = ?1 ORDER BY v.version";
        self.rows(sql, [id], |row| {
            Ok(TableVersion { version: unsigned(row.get(5)?), table: json(row, 6)?, change: change_record(row)? })
        })
    }

    /// All partitions of a table, by value.
    pub fn partitions(&self, database: &str, table: &str) -> Result<Vec<Partition>> {
        let (id, _) = self.find_table(database, table)?;
        let mut found = self.rows(PARTITIONS, [id], partition)?;
        found.sort_unstable_by(|a, b| a.values.cmp(&b.values));
        Ok(found)
    }

    /// The partition with these values.
    pub fn partition(&self, database: &str, table: &str, values: &[Option<String>]) -> Result<Partition> {
        let (id, _) = self.find_table(database, table)?;
        let key = partition_key(values);
        let found = self.partition_by_key(id, &key)?;
        found.ok_or_else(|| Error::UnknownPartition { database: database.into(), table: table.into(), values: key })
    }

    /// The files of a table, by path: all of them, or those of the partitions with the given values.
    pub fn files(
        &self,
        database: &str,
        table: &str,
        partitions: Option<&[Vec<Option<String>>]>,
    ) -> Result<Vec<DataFile>> {
        let (id, _) = self.find_table(database, table)?;
        let mut found = match partitions {
            None => self.rows(FILES, [id], data_file)?,
            Some(partitions) => {
                let mut statement = self.prepare(&format!("{FILES} AND partition_key = ?2"))?;
                let mut keys: Vec<String> = partitions.iter().map(|values| partition_key(values)).collect();
                keys.sort_unstable();
                keys.dedup();
                let mut found = Vec::new();
                for key in keys {
                    let rows = statement.query_map((id, key), data_file).map_err(|source| self.failed(source))?;
                    for row in rows {
                        found.push(row.map_err(|source| self.failed(source))?);
                    }
                }
                found
            }
        };
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// The latest changes, newest first.
    pub fn changes(&self, limit: usize) -> Result<Vec<ChangeRecord>> {
        let sql = "SELECT id, at, process, kind, summary FROM change ORDER BY id DESC LIMIT ?1";
        self.rows(sql, [i64::try_from(limit).unwrap_or(i64::MAX)], change_record)
    }

    /// The number of the last change.
    pub fn generation(&self) -> Result<u64> {
        let found = self.first("SELECT coalesce(max(id), 0) FROM change", [], |row| row.get(0))?;
        Ok(unsigned(found.unwrap_or_default()))
    }

    pub(super) fn find_database(&self, name: &str) -> Result<(i64, Database)> {
        let lower = name.to_lowercase();
        let found =
            self.first(&format!("{DATABASES} AND name = ?1"), [&lower], |row| Ok((row.get(0)?, json(row, 2)?)))?;
        if let Some(found) = found {
            return Ok(found);
        }
        let known: Vec<String> = self.rows(DATABASES, [], |row| row.get(1))?;
        let hint = suggest::hint(&lower, known.iter().map(String::as_str));
        Err(Error::UnknownDatabase { name: name.to_owned(), hint })
    }

    pub(super) fn find_table(&self, database: &str, name: &str) -> Result<(i64, Table)> {
        if let Some(found) = self.lookup_table(database, name)? {
            return Ok(found);
        }
        let (id, _) = self.find_database(database)?;
        let names = r#"SELECT name FROM "table" WHERE end_change IS NULL AND database_id = ?1"#;
        let known: Vec<String> = self.rows(names, [id], |row| row.get(0))?;
        let hint = suggest::hint(&name.to_lowercase(), known.iter().map(String::as_str));
        Err(Error::UnknownTable { database: database.to_owned(), name: name.to_owned(), hint })
    }

    pub(super) fn lookup_table(&self, database: &str, name: &str) -> Result<Option<(i64, Table)>> {
        let sql = r#"SELECT t.id, v.content FROM database d
            JOIN "table" t ON t.database_id = d.id AND t.end_change IS NULL AND t.name = ?2
            JOIN table_version v ON v.table_id = t.id AND v.end_change IS NULL
            WHERE d.end_change IS NULL AND d.name = ?1"#;
        self.first(sql, [database.to_lowercase(), name.to_lowercase()], |row| Ok((row.get(0)?, json(row, 1)?)))
    }

    pub(super) fn partition_by_key(&self, table_id: i64, key: &str) -> Result<Option<Partition>> {
        self.first(&format!("{PARTITIONS} AND key = ?2"), (table_id, key), partition)
    }

    pub(super) fn file_by_path(&self, table_id: i64, path: &LakePath) -> Result<Option<DataFile>> {
        self.first(&format!("{FILES} AND path = ?2"), (table_id, path.as_str()), data_file)
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare(sql)?.execute(params).map_err(|source| self.failed(source))
    }

    /// Insert a row and give its id.
    pub(super) fn insert(&self, sql: &str, params: impl Params) -> Result<i64> {
        self.execute(sql, params)?;
        Ok(self.connection.last_insert_rowid())
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map(params, read).and_then(Iterator::collect);
        rows.map_err(|source| self.failed(source))
    }

    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let found = self.prepare(sql)?.query_row(params, read).optional();
        found.map_err(|source| self.failed(source))
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>> {
        self.connection.prepare_cached(sql).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: rusqlite::Error) -> Error {
        Error::from_sqlite(self.path, source)
    }
}

pub(super) fn change_record(row: &Row<'_>) -> rusqlite::Result<ChangeRecord> {
    Ok(ChangeRecord {
        id: row.get(0)?,
        at: Timestamp(row.get(1)?),
        process: row.get(2)?,
        kind: row.get(3)?,
        summary: row.get(4)?,
    })
}

fn partition(row: &Row<'_>) -> rusqlite::Result<Partition> {
    Ok(Partition {
        values: json(row, 0)?,
        location: row.get(1)?,
        storage: optional_json(row, 2)?,
        parameters: optional_json(row, 3)?.unwrap_or_default(),
    })
}

fn data_file(row: &Row<'_>) -> rusqlite::Result<DataFile> {
    let path: String = row.get(0)?;
    let origin: String = row.get(6)?;
    Ok(DataFile {
        path: LakePath::parse(&path).map_err(|error| unreadable(0, error))?,
        partition: optional_json(row, 1)?,
        bytes: unsigned(row.get(2)?),
        rows: row.get::<_, Option<i64>>(3)?.map(unsigned),
        etag: row.get(4)?,
        modified: Timestamp(row.get(5)?),
        origin: Origin::from_text(&origin)
            .ok_or_else(|| unreadable(6, format!("`{origin}` is no origin of a file")))?,
        column_stats: optional_json(row, 7)?,
    })
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|error| unreadable(column, error))?;
    serde_json::from_str(text).map_err(|error| unreadable(column, error))
}

fn optional_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.data_type() {
        Type::Null => Ok(None),
        _ => json(row, column).map(Some),
    }
}

pub(super) fn unreadable(column: usize, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, cause.into())
}

/// SQLite's numbers are signed; sizes, counts and versions fit.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
