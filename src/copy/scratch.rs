//! Databases without a name, for what may be too much for the memory: SQLite keeps them on the disk once its cache is full,
//! and they are gone with the connection.

use rusqlite::Connection;

use super::Error;

/// Pages that stay in memory, in KiB.
const CACHE_KIB: i64 = 8 << 10;

/// An empty database with the given tables.
pub(crate) fn open(tables: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open("")?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.execute_batch(tables)?;
    Ok(connection)
}

/// The error of a database without a name: a full disk, as a rule.
pub(crate) fn failed(source: rusqlite::Error) -> Error {
    Error::Manifest { path: std::env::temp_dir(), source }
}
