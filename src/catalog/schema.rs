//! The tables of the catalog file, and how old files become new ones.
//!
//! Nothing is ever updated in place: a row is valid from `begin_change` until `end_change`, so history is a query and
//! a version of a table is never lost. Migrations go forward only; a file from a newer bayou is refused.

use std::path::Path;

use rusqlite::Connection;

use super::{Error, Result};

/// "bayo", in the file's header, so that other SQLite files are not taken for a catalog.
const APPLICATION_ID: i64 = 0x6261_796f;

/// One step per format; `user_version` counts how many were taken.
const MIGRATIONS: &[&str] = &[
    r#"
CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    process INTEGER NOT NULL,
    kind TEXT NOT NULL,
    summary TEXT NOT NULL
);
CREATE TABLE database (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE UNIQUE INDEX database_now ON database(name) WHERE end_change IS NULL;
CREATE TABLE "table" (
    id INTEGER PRIMARY KEY,
    database_id INTEGER NOT NULL REFERENCES database(id),
    name TEXT NOT NULL,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE UNIQUE INDEX table_now ON "table"(database_id, name) WHERE end_change IS NULL;
CREATE TABLE table_version (
    table_id INTEGER NOT NULL REFERENCES "table"(id),
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id),
    PRIMARY KEY (table_id, version)
);
CREATE UNIQUE INDEX table_version_now ON table_version(table_id) WHERE end_change IS NULL;
CREATE TABLE "partition" (
    id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL REFERENCES "table"(id),
    key TEXT NOT NULL,
    location TEXT NOT NULL,
    storage TEXT,
    parameters TEXT,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE UNIQUE INDEX partition_now ON "partition"(table_id, key) WHERE end_change IS NULL;
CREATE TABLE data_file (
    id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL REFERENCES "table"(id),
    path TEXT NOT NULL,
    partition_key TEXT,
    bytes INTEGER NOT NULL,
    rows INTEGER,
    etag TEXT,
    modified INTEGER NOT NULL,
    origin TEXT NOT NULL,
    column_stats TEXT,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE UNIQUE INDEX data_file_now ON data_file(table_id, path) WHERE end_change IS NULL;
CREATE INDEX data_file_by_partition ON data_file(table_id, partition_key) WHERE end_change IS NULL;
"#,
    r#"
CREATE TABLE pending_write (
    token TEXT PRIMARY KEY,
    database TEXT NOT NULL,
    name TEXT NOT NULL,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE INDEX pending_write_by_table ON pending_write(database, name);
CREATE TABLE prepared_statement (
    work_group TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE UNIQUE INDEX prepared_statement_now ON prepared_statement(work_group, name) WHERE end_change IS NULL;
"#,
    r#"
CREATE TABLE bookmark (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    context TEXT NOT NULL,
    run TEXT NOT NULL,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    etag TEXT,
    modified INTEGER NOT NULL,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE UNIQUE INDEX bookmark_now ON bookmark(job, context, path) WHERE end_change IS NULL;
CREATE TABLE retired_file (
    database TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    begin_change INTEGER NOT NULL REFERENCES change(id),
    end_change INTEGER REFERENCES change(id)
);
CREATE INDEX retired_file_by_table ON retired_file(database, name);
"#,
];

/// Make a new file a catalog and an old one a current one.
pub(super) fn ensure(connection: &Connection, path: &Path) -> Result<()> {
    if is_current(connection, path)? {
        return Ok(());
    }
    let sqlite = |source| Error::from_sqlite(path, source);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(sqlite)?;
    let migrated = migrate(connection, path);
    let end = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.execute_batch(end).map_err(sqlite);
    migrated.and(ended)
}

fn is_current(connection: &Connection, path: &Path) -> Result<bool> {
    let (application, version, tables) = header(connection).map_err(|source| Error::from_sqlite(path, source))?;
    let supported = MIGRATIONS.len() as i64;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(false);
    }
    if application != APPLICATION_ID {
        return Err(Error::corrupt(path, "it is a SQLite file, but not a catalog"));
    }
    if version > supported {
        return Err(Error::TooNew { path: path.to_path_buf(), found: version, supported });
    }
    Ok(version == supported)
}

/// Application id, user version and number of tables.
fn header(connection: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok((number("PRAGMA application_id")?, number("PRAGMA user_version")?, tables))
}

/// Runs inside of a transaction; another process may have done it since it was looked at.
fn migrate(connection: &Connection, path: &Path) -> Result<()> {
    if is_current(connection, path)? {
        return Ok(());
    }
    let steps = || {
        let done: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        for step in MIGRATIONS.iter().skip(usize::try_from(done).unwrap_or_default()) {
            connection.execute_batch(step)?;
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", MIGRATIONS.len() as i64)
    };
    steps().map_err(|source| Error::from_sqlite(path, source))
}
