//! Executions on disk: one SQLite file, or one in memory for tests.
//!
//! Every step of an execution is one transaction that appends its events and moves its position, and it is written before
//! the step is taken. So after `kill -9` an execution goes on in the state it was in: what had finished is there, what
//! was running runs again. A loss of power may cost the last steps (they are then taken again), never the file.

mod executions;
mod journal;
mod tokens;

pub use executions::{ExecutionRecord, Filter, Status};
pub(crate) use journal::{Journal, Position, Progress, Step};
pub(crate) use tokens::Answer;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::Notify;

use super::error::{Error, Result};

const FORMAT: i64 = 1;

/// How long a writer waits for its turn.
const PATIENCE: Duration = Duration::from_secs(60);

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS machine (
    name TEXT PRIMARY KEY, definition TEXT NOT NULL, changed INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS execution (
    id TEXT PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, input TEXT NOT NULL,
    status TEXT NOT NULL, output TEXT, error TEXT, cause TEXT, hint TEXT, started INTEGER NOT NULL, stopped INTEGER,
    redrives INTEGER NOT NULL DEFAULT 0, stop_request TEXT, UNIQUE (machine, name)
) STRICT;
CREATE INDEX IF NOT EXISTS execution_started ON execution (started);
CREATE TABLE IF NOT EXISTS event (
    execution TEXT NOT NULL, id INTEGER NOT NULL, previous INTEGER NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL,
    details TEXT NOT NULL, PRIMARY KEY (execution, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (
    execution TEXT NOT NULL, scope TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (execution, scope)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    token TEXT PRIMARY KEY, execution TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL,
    beats INTEGER NOT NULL DEFAULT 0, answer TEXT
) STRICT, WITHOUT ROWID;
";

/// The executions of a lake.
pub struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
    process: u32,
    /// Told when a token is answered or a stop is asked for in this process.
    pub(crate) changed: Notify,
}

impl Store {
    /// Open the file at `path`, which is created when missing.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::TooNew`], [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        }
        let connection = connect(path).map_err(|source| Error::Database { path: path.to_owned(), source })?;
        Self::with(path, connection)
    }

    /// Executions that nobody sees afterwards.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn in_memory() -> Result<Self> {
        let path = Path::new(":memory:");
        let connection =
            Connection::open_in_memory().map_err(|source| Error::Database { path: path.to_owned(), source })?;
        Self::with(path, connection)
    }

    fn with(path: &Path, connection: Connection) -> Result<Self> {
        let failed = |source| Error::Database { path: path.to_owned(), source };
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        if found > FORMAT {
            return Err(Error::TooNew { path: path.to_owned(), found });
        }
        if found < FORMAT {
            let create = format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT");
            connection.execute_batch(&create).map_err(failed)?;
        }
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
            process: std::process::id(),
            changed: Notify::new(),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the locks of running executions lie; None in memory.
    pub(crate) fn lock_folder(&self) -> Option<PathBuf> {
        (self.path != Path::new(":memory:")).then(|| self.path.with_extension("locks"))
    }

    /// The connection; a forked child opens its own, since the parent's must not be used.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if std::process::id() != self.process
            && let Ok(own) = connect(&self.path)
        {
            *connection = own;
        }
        connection
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> Error + '_ {
        |source| Error::Database { path: self.path.clone(), source }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    write_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Set the journal mode. SQLite does not wait for its turn when several processes change it at once, so this does.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        if mode == "wal" {
            return Ok(());
        }
        match connection.query_row("PRAGMA journal_mode = wal", [], |_| Ok(())) {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            changed => return changed,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.path).finish()
    }
}
