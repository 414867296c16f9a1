//! Connections to the catalog file: how they are set up, kept and shared.
//!
//! A few connections are kept open, since opening one costs more than most queries. They belong to the process that
//! opened them: after a fork the child closes its copies (SQLite's locks are the parent's, closing releases nothing of
//! them) and opens its own.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Error, Result, schema};

/// How long a writer waits for its turn.
pub(super) const BUSY_SECONDS: u64 = 60;

/// Idle connections that are kept.
const KEPT: usize = 4;

/// The connections of one process to one catalog file.
pub(super) struct Pool {
    path: PathBuf,
    wal: bool,
    idle: Mutex<Vec<Kept>>,
}

struct Kept {
    connection: Connection,
    process: u32,
}

impl Pool {
    /// A pool for the file at `path`, which is created when missing.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let network = file_system(&path).filter(|kind| is_network(kind));
        if let Some(kind) = &network {
            tracing::warn!(
                "the catalog is on a network file system ({kind}): it works, but writers block readers; \
                 keep the lake on a local disk or on s3:// for speed"
            );
        }
        let pool = Self { path, wal: network.is_none(), idle: Mutex::new(Vec::new()) };
        drop(pool.get()?);
        Ok(pool)
    }

    /// The catalog file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A connection of this process, an idle one when there is one.
    pub(super) fn get(&self) -> Result<Lent<'_>> {
        let process = std::process::id();
        let connection = loop {
            let kept = self.lock().pop();
            match kept {
                Some(kept) if kept.process == process => break kept.connection,
                Some(inherited) => drop(inherited),
                None => break connect(&self.path, self.wal)?,
            }
        };
        Ok(Lent { connection: Some(connection), pool: self })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn pretend_fork(&self) -> usize {
        let mut idle = self.lock();
        for kept in idle.iter_mut() {
            kept.process = kept.process.wrapping_add(1);
        }
        idle.len()
    }

    #[cfg(test)]
    pub(super) fn idle(&self) -> usize {
        self.lock().len()
    }
}

/// A connection on loan; it goes back when it is dropped, unless a transaction was left open in it.
pub(super) struct Lent<'a> {
    connection: Option<Connection>,
    pool: &'a Pool,
}

impl Deref for Lent<'_> {
    type Target = Connection;

    #[expect(clippy::expect_used, reason = "it is only taken when this is dropped")]
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("lent connections are there until dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(Connection::is_autocommit) else { return };
        let mut idle = self.pool.lock();
        if idle.len() < KEPT {
            idle.push(Kept { connection, process: std::process::id() });
        }
    }
}

fn connect(path: &Path, wal: bool) -> Result<Connection> {
    let sqlite = |source| Error::from_sqlite(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(Duration::from_secs(BUSY_SECONDS)).map_err(sqlite)?;
    journal_mode(&connection, if wal { "wal" } else { "delete" }).map_err(sqlite)?;
    connection.pragma_update(None, "foreign_keys", "ON").map_err(sqlite)?;
    // Catalog writes are few, and what they acknowledge has to survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL").map_err(sqlite)?;
    connection.set_prepared_statement_cache_capacity(64);
    schema::ensure(&connection, path)?;
    Ok(connection)
}

/// Set the journal mode. SQLite does not wait for its turn when several processes change it at once, so this does.
fn journal_mode(connection: &Connection, wanted: &str) -> rusqlite::Result<()> {
    let deadline = std::time::Instant::now() + Duration::from_secs(BUSY_SECONDS);
    loop {
        let set = || -> rusqlite::Result<()> {
            let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            if !mode.eq_ignore_ascii_case(wanted) {
                let mode: String =
                    connection.query_row(&format!("PRAGMA journal_mode={wanted}"), [], |row| row.get(0))?;
                if !mode.eq_ignore_ascii_case(wanted) {
                    tracing::warn!("the catalog's journal mode is {mode} instead of {wanted}");
                }
            }
            Ok(())
        };
        match set() {
            Err(error) if is_busy(&error) && std::time::Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

/// The kind of file system that `path` is on, where the system says so.
fn file_system(path: &Path) -> Option<String> {
    let folder = path.parent()?.canonicalize().ok()?;
    file_system_in(&std::fs::read_to_string("/proc/self/mounts").ok()?, &folder)
}

fn file_system_in(mounts: &str, folder: &Path) -> Option<String> {
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        // The kernel writes spaces in names as octal numbers.
        let at = PathBuf::from(fields.next()?.replace("\\040", " "));
        let kind = fields.next()?.to_owned();
        folder.starts_with(&at).then(|| (at.components().count(), kind))
    };
    // A later mount hides an earlier one at the same place: of equals `max_by_key` gives the last.
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

/// Write-ahead logging needs memory shared by all processes, which these do not have between machines.
fn is_network(kind: &str) -> bool {
    let known = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "lustre", "ceph", "glusterfs", "gpfs", "beegfs"];
    known.contains(&kind) || kind.starts_with("fuse.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_decides() {
        let mounts = "disk / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\ndisk2 /home/local\\040disk xfs rw 0 0\n";
        let kind = |path: &str| file_system_in(mounts, Path::new(path)).unwrap();
        assert_eq!(kind("/var/lake/.bayou"), "ext4");
        assert!(is_network(&kind("/home/ana/lake")));
        assert_eq!(kind("/home/local disk/lake"), "xfs");
        assert_eq!(kind("/homework"), "ext4");
    }

    #[test]
    fn disks_with_foreign_formats_are_no_networks() {
        assert!(!is_network("fuseblk") && !is_network("tmpfs") && !is_network("overlay"));
        assert!(is_network("fuse.s3fs"));
    }

    #[test]
    fn inherited_connections_are_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let pool = Pool::open(dir.path().join("catalog.db")).unwrap();
        assert_eq!(pool.pretend_fork(), 1);
        let lent = pool.get().unwrap();
        assert_eq!(pool.idle(), 0);
        lent.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
        drop(lent);
        assert_eq!(pool.idle(), 1);
    }

    #[test]
    fn a_connection_with_an_open_transaction_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let pool = Pool::open(dir.path().join("catalog.db")).unwrap();
        let lent = pool.get().unwrap();
        lent.execute_batch("BEGIN IMMEDIATE").unwrap();
        drop(lent);
        assert_eq!(pool.idle(), 0);
        pool.get().unwrap().execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
    }
}
