//! What can go wrong in the catalog.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::storage;

/// The result of a catalog operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed catalog operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no database of this name.
    #[error("There is no database `{name}` in the catalog{hint}")]
    UnknownDatabase {
        /// The name as asked for.
        name: String,
        /// Empty, or a second line with a name that looks alike.
        hint: String,
    },

    /// There is no table of this name.
    #[error("There is no table `{database}.{name}` in the catalog{hint}")]
    UnknownTable {
        /// The database that was looked in.
        database: String,
        /// The name as asked for.
        name: String,
        /// Empty, or a second line with a name that looks alike.
        hint: String,
    },

    /// The table has no such version.
    #[error("The table `{database}.{table}` has no version {version}")]
    UnknownVersion {
        /// Database of the table.
        database: String,
        /// Name of the table.
        table: String,
        /// The version asked for.
        version: u64,
    },

    /// The table has no partition with these values.
    #[error("The table `{database}.{table}` has no partition {values}")]
    UnknownPartition {
        /// Database of the table.
        database: String,
        /// Name of the table.
        table: String,
        /// The values, as a JSON array.
        values: String,
    },

    /// Another run of the job has processed the file meanwhile.
    #[error(
        "The file `{path}` was processed by the run `{run}` of the job `{job}` while this run was under way; nothing was \
         written\nhint: start the job again, it goes on with what is left"
    )]
    BookmarkTaken {
        /// The job.
        job: String,
        /// The file.
        path: String,
        /// The other run.
        run: String,
    },

    /// There is no change of this number.
    #[error("The catalog has no change {id}\nhint: `lake.changes()` lists the changes")]
    UnknownChange {
        /// The number asked for.
        id: i64,
    },

    /// Later changes built upon what is to be undone.
    #[error(
        "Change {id} cannot be undone, these were changed since: {objects}\nhint: undo the later changes first, newest first"
    )]
    ChangedSince {
        /// The change.
        id: i64,
        /// What was changed since.
        objects: String,
    },

    /// A change that did more than change the catalog.
    #[error("Change {id} cannot be undone: {reason}, and undo changes nothing but the catalog")]
    NotUndoable {
        /// The change.
        id: i64,
        /// What it did.
        reason: &'static str,
    },

    /// The job has no such run.
    #[error("The job `{job}` has no run `{run}` that could be taken back\nhint: `lake.bookmarks(job)` shows the runs")]
    UnknownRun {
        /// The job.
        job: String,
        /// The run asked for.
        run: String,
    },

    /// The database exists and must not.
    #[error("The database `{name}` exists already")]
    DatabaseExists {
        /// Name of the database.
        name: String,
    },

    /// A database with tables is dropped without saying that they go too.
    #[error(
        "The database `{name}` still has {tables} tables\nhint: drop them first, or drop the database with cascade"
    )]
    DatabaseNotEmpty {
        /// Name of the database.
        name: String,
        /// How many tables it has.
        tables: usize,
    },

    /// A prepared statement of this name exists and must not.
    #[error(
        "The prepared statement `{name}` exists already in work group `{work_group}`\nhint: DEALLOCATE PREPARE {name} first"
    )]
    StatementExists {
        /// Name of the statement.
        name: String,
        /// Its work group.
        work_group: String,
    },

    /// A name that a database or a table cannot have.
    #[error("`{name}` cannot be a name in the catalog: {reason}")]
    InvalidName {
        /// The name as given.
        name: String,
        /// Why it was refused.
        reason: &'static str,
    },

    /// A partition whose values do not match the table's partition keys.
    #[error("A partition of `{database}.{table}` needs {expected} values, {values} has {found}")]
    PartitionValues {
        /// Database of the table.
        database: String,
        /// Name of the table.
        table: String,
        /// How many partition keys the table has.
        expected: usize,
        /// How many values were given.
        found: usize,
        /// The values, as a JSON array.
        values: String,
    },

    /// A text that is no Hive type.
    #[error("`{text}` is not a Hive type: {reason} at character {position}")]
    InvalidType {
        /// The text as given.
        text: String,
        /// What is wrong.
        reason: String,
        /// Where, counted from 1.
        position: usize,
    },

    /// An Arrow type that no Hive type stands for.
    #[error("The Arrow type `{arrow}` has no Hive type\nhint: cast the column before it is written to a table")]
    UnsupportedType {
        /// The Arrow type.
        arrow: String,
    },

    /// The catalog file is damaged, or not a catalog.
    #[error("The catalog file `{}` is damaged: {detail}\nhint: {hint}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
        /// What to do.
        hint: String,
    },

    /// The catalog file was written by a newer bayou.
    #[error(
        "The catalog file `{}` has format {found}, this version of bayou knows formats up to {supported}\n\
         hint: upgrade bayou; the lake was used with a newer version", path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known here.
        supported: i64,
    },

    /// Another process holds the catalog for too long.
    #[error(
        "The catalog file `{}` is in use by another process for more than {seconds} seconds\n\
         hint: look for a stopped process that uses this lake", path.display()
    )]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },

    /// The file to back up to exists.
    #[error("Cannot back up the catalog to `{}`: the file exists already", path.display())]
    BackupExists {
        /// The file.
        path: PathBuf,
    },

    /// The storage underneath failed: permission, space, path.
    #[error(transparent)]
    Storage(#[from] storage::Error),

    /// SQLite failed in a way that has no name here.
    #[error("The catalog file `{}` cannot be used: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
}

impl Error {
    /// A damaged file, with what to do about it.
    pub(super) fn corrupt(path: &Path, detail: impl Into<String>) -> Self {
        let aside = path.with_extension("db.damaged");
        let hint = format!(
            "move it aside (`mv {} {}`, with its -wal and -shm files), then copy a backup to its place or crawl the lake \
             again; the data files are not affected",
            path.display(),
            aside.display()
        );
        Self::Corrupt { path: path.to_path_buf(), detail: detail.into(), hint }
    }

    /// What a failure of SQLite means for the user.
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let shown = path.display().to_string();
        // Shared memory that cannot grow is how a full disk shows itself to a process that only reads.
        let shared_memory = source.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE);
        match source.sqlite_error_code() {
            _ if shared_memory => Self::Storage(storage::Error::NoSpace { path: shown, source: Box::new(source) }),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::corrupt(path, source.to_string()),
            Some(ErrorCode::DiskFull) => {
                Self::Storage(storage::Error::NoSpace { path: shown, source: Box::new(source) })
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::Storage(storage::Error::PermissionDenied { path: shown, source: Box::new(source) })
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path: path.to_path_buf(), seconds: super::connection::BUSY_SECONDS }
            }
            _ => match source {
                rusqlite::Error::FromSqlConversionFailure(_, _, cause) => Self::corrupt(path, cause.to_string()),
                source @ rusqlite::Error::InvalidColumnType(..) => Self::corrupt(path, source.to_string()),
                source => Self::Database { path: path.to_path_buf(), source },
            },
        }
    }
}
