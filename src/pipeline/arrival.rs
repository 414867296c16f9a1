//! Arrived files: a ledger in which each is claimed, worked on and done exactly once, whoever dies meanwhile.
//!
//! A file is its path with its ETag, or with its size and time of change. A row is claimed in one transaction, for as long
//! as its lease; whoever works on it renews that. A lease that ran out belongs to nobody, so another process takes the
//! file up. Failures come back after a while, with longer and longer waits, and stay visible when they were too many.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::error::{Error, Result};
use crate::time::Timestamp;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS arrival (
    id INTEGER PRIMARY KEY, trigger TEXT NOT NULL, path TEXT NOT NULL, identity TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT, state TEXT NOT NULL, owner TEXT, lease_until INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, retry_at INTEGER NOT NULL DEFAULT 0, error TEXT, seen INTEGER NOT NULL,
    changed INTEGER NOT NULL, UNIQUE (trigger, path, identity)
) STRICT;
CREATE INDEX IF NOT EXISTS arrival_work ON arrival (trigger, state, seen, path);
";

/// Waits before a failed file is taken up again grow up to this.
const LONGEST_BACKOFF_MS: i64 = 3_600_000;

/// A file as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Path inside the lake.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// Time of change, in milliseconds.
    pub modified_ms: i64,
    /// ETag, where the store has them.
    pub etag: Option<String>,
    /// Whether the file is known to be whole: it is an object, or was renamed into place.
    pub is_whole: bool,
}

impl Seen {
    fn identity(&self) -> String {
        match &self.etag {
            Some(etag) => etag.clone(),
            None => format!("{}-{}", self.size, self.modified_ms),
        }
    }

    /// Whether its name says that it is not meant to be taken: `_…`, `.…`, `….tmp`.
    fn is_hidden(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.is_empty() || name.starts_with(['_', '.']) || name.ends_with(".tmp")
    }
}

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivalState {
    /// It may still be written to.
    Waiting,
    /// It can be claimed.
    Ready,
    /// Somebody works on it.
    Claimed,
    /// It is done.
    Done,
    /// It failed as often as it may.
    Failed,
}

const STATES: [(ArrivalState, &str); 5] = [
    (ArrivalState::Waiting, "waiting"),
    (ArrivalState::Ready, "ready"),
    (ArrivalState::Claimed, "claimed"),
    (ArrivalState::Done, "done"),
    (ArrivalState::Failed, "failed"),
];

impl ArrivalState {
    /// The state as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("waiting", |(_, name)| name)
    }
}

/// A file in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Number in the ledger; grows with arrival.
    pub id: i64,
    /// Path inside the lake.
    pub path: String,
    /// What tells this content of the path from others.
    pub identity: String,
    /// Size in bytes.
    pub size: u64,
    /// ETag, where the store has them.
    pub etag: Option<String>,
    /// Where it stands.
    pub state: ArrivalState,
    /// How often it was taken up.
    pub attempts: u64,
    /// What the last attempt failed with.
    pub error: Option<String>,
    /// When it was first seen.
    pub seen: Timestamp,
}

const COLUMNS: &str = "id, path, identity, size, etag, state, attempts, error, seen";

fn arrival(row: &Row<'_>) -> rusqlite::Result<Arrival> {
    let state: String = row.get(5)?;
    Ok(Arrival {
        id: row.get(0)?,
        path: row.get(1)?,
        identity: row.get(2)?,
        size: row.get(3)?,
        etag: row.get(4)?,
        state: STATES.iter().find(|(_, name)| *name == state).map_or(ArrivalState::Waiting, |(state, _)| *state),
        attempts: row.get(6)?,
        error: row.get(7)?,
        seen: Timestamp(row.get(8)?),
    })
}

/// The ledger of one trigger, opened for each use: it is used seldom, by several processes.
#[derive(Debug, Clone)]
pub struct Ledger {
    path: std::path::PathBuf,
    trigger: String,
}

impl Ledger {
    /// The ledger of `trigger` in the file at `path`, which is created when missing.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Io`].
    pub fn open(path: &Path, trigger: &str) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        }
        let ledger = Self { path: path.to_owned(), trigger: trigger.to_owned() };
        ledger.with(|connection| connection.execute_batch(SCHEMA))?;
        Ok(ledger)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        let run = || {
            let mut connection = Connection::open(&self.path)?;
            connection.busy_timeout(Duration::from_secs(60))?;
            work(&mut connection)
        };
        run().map_err(|source| Error::Database { path: self.path.clone(), source })
    }

    /// Take note of a listing. A file that may still be written to becomes ready when two listings show it alike.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn observe(&self, files: &[Seen], now: Timestamp) -> Result<()> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for file in files.iter().filter(|file| !file.is_hidden()) {
                let identity = file.identity();
                let known = "SELECT id, state FROM arrival WHERE trigger = ?1 AND path = ?2 AND identity = ?3";
                let known: Option<(i64, String)> = transaction
                    .prepare_cached(known)?
                    .query_row(params![self.trigger, file.path, identity], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                match known {
                    Some((id, state)) if state == "waiting" => {
                        let ready = "UPDATE arrival SET state = 'ready', changed = ?2 WHERE id = ?1";
                        transaction.prepare_cached(ready)?.execute(params![id, now.0])?;
                    }
                    Some(_) => {}
                    None => {
                        // What was seen of it while it grew is not a file.
                        let partial = "DELETE FROM arrival WHERE trigger = ?1 AND path = ?2 AND state = 'waiting'";
                        transaction.prepare_cached(partial)?.execute(params![self.trigger, file.path])?;
                        let state = if file.is_whole { "ready" } else { "waiting" };
                        let insert = "INSERT INTO arrival (trigger, path, identity, size, etag, state, seen, changed)
                                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
                        let values = params![self.trigger, file.path, identity, file.size, file.etag, state, now.0];
                        transaction.prepare_cached(insert)?.execute(values)?;
                    }
                }
            }
            transaction.commit()
        })
    }

    /// Claim the next file for `owner`, until the lease runs out.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn claim(&self, owner: &str, lease: Duration, now: Timestamp) -> Result<Option<Arrival>> {
        let until = now.plus_millis(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let claim = format!(
                "UPDATE arrival SET state = 'claimed', owner = ?2, lease_until = ?3, attempts = attempts + 1, changed = ?4
                 WHERE id = (SELECT id FROM arrival WHERE trigger = ?1
                             AND (state = 'ready' AND retry_at <= ?4 OR state = 'claimed' AND lease_until <= ?4)
                             ORDER BY seen, path LIMIT 1)
                 RETURNING {COLUMNS}"
            );
            let values = params![self.trigger, owner, until.0, now.0];
            let claimed = transaction.query_row(&claim, values, arrival).optional()?;
            transaction.commit()?;
            Ok(claimed)
        })
    }

    /// Hold a claim for longer; false when it is another's meanwhile.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn renew(&self, id: i64, owner: &str, lease: Duration, now: Timestamp) -> Result<bool> {
        let until = now.plus_millis(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let renew = "UPDATE arrival SET lease_until = ?3 WHERE id = ?1 AND owner = ?2 AND state = 'claimed'";
        self.with(|connection| connection.execute(renew, params![id, owner, until.0])).map(|changed| changed > 0)
    }

    /// Say that a claimed file is done; false when the claim is another's meanwhile.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn done(&self, id: i64, owner: &str, now: Timestamp) -> Result<bool> {
        let done = "UPDATE arrival SET state = 'done', error = NULL, changed = ?3
                    WHERE id = ?1 AND owner = ?2 AND state = 'claimed'";
        self.with(|connection| connection.execute(done, params![id, owner, now.0])).map(|changed| changed > 0)
    }

    /// Say that a claimed file failed: it comes back after a while, or stays failed after `most` attempts.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn failed(&self, id: i64, owner: &str, error: &str, most: u64, now: Timestamp) -> Result<bool> {
        let update = "UPDATE arrival SET state = CASE WHEN attempts >= ?3 THEN 'failed' ELSE 'ready' END, error = ?4,
                      retry_at = ?5 + min(1000 << min(attempts - 1, 20), ?6), changed = ?5
                      WHERE id = ?1 AND owner = ?2 AND state = 'claimed'";
        let values = params![id, owner, most, error, now.0, LONGEST_BACKOFF_MS];
        self.with(|connection| connection.execute(update, values)).map(|changed| changed > 0)
    }

    /// Let failed files be taken up again; how many there were.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn retry_failed(&self, now: Timestamp) -> Result<usize> {
        let update = "UPDATE arrival SET state = 'ready', attempts = 0, retry_at = 0, changed = ?2
                      WHERE trigger = ?1 AND state = 'failed'";
        self.with(|connection| connection.execute(update, params![self.trigger, now.0]))
    }

    /// All files of the trigger, in order of arrival.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn files(&self) -> Result<Vec<Arrival>> {
        let query = format!("SELECT {COLUMNS} FROM arrival WHERE trigger = ?1 ORDER BY seen, path");
        self.with(|connection| connection.prepare(&query)?.query_map([&self.trigger], arrival)?.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&dir.path().join("arrivals.db"), "landing").unwrap();
        (dir, ledger)
    }

    fn file(path: &str, size: u64) -> Seen {
        Seen { path: path.to_owned(), size, modified_ms: 1, etag: None, is_whole: false }
    }

    fn claim(ledger: &Ledger, owner: &str, now: i64) -> Option<Arrival> {
        ledger.claim(owner, LEASE, Timestamp(now)).unwrap()
    }

    #[test]
    fn a_file_that_grows_is_taken_when_two_listings_agree() {
        let (_dir, ledger) = ledger();
        for (size, taken) in [(1, false), (2, false), (2, true)] {
            ledger.observe(&[file("a.csv", size)], Timestamp(0)).unwrap();
            assert_eq!(claim(&ledger, "one", 0).is_some(), taken);
        }
        assert_eq!(ledger.files().unwrap().len(), 1);
    }

    #[test]
    fn each_content_of_a_path_is_taken_once() {
        let (_dir, ledger) = ledger();
        let whole = |size| Seen { is_whole: true, ..file("a.csv", size) };
        for size in [1, 1, 2] {
            ledger.observe(&[whole(size)], Timestamp(0)).unwrap();
        }
        let (first, second) = (claim(&ledger, "one", 0).unwrap(), claim(&ledger, "two", 0).unwrap());
        assert_ne!(first.identity, second.identity);
        assert!(claim(&ledger, "three", 0).is_none());
        assert!(ledger.done(first.id, "one", Timestamp(1)).unwrap());
        ledger.observe(&[whole(1)], Timestamp(2)).unwrap();
        assert!(claim(&ledger, "three", 2).is_none());
    }

    #[test]
    fn a_lease_that_ran_out_belongs_to_the_next() {
        let (_dir, ledger) = ledger();
        ledger.observe(&[Seen { is_whole: true, ..file("a.csv", 1) }], Timestamp(0)).unwrap();
        let claimed = claim(&ledger, "dead", 0).unwrap();
        assert!(claim(&ledger, "next", 59_999).is_none());
        assert!(ledger.renew(claimed.id, "dead", LEASE, Timestamp(30_000)).unwrap());
        assert!(claim(&ledger, "next", 60_000).is_none());
        assert_eq!(claim(&ledger, "next", 90_000).unwrap().attempts, 2);
        assert!(!ledger.done(claimed.id, "dead", Timestamp(90_001)).unwrap());
        assert!(!ledger.renew(claimed.id, "dead", LEASE, Timestamp(90_001)).unwrap());
    }

    #[test]
    fn failures_come_back_later_and_then_stay_visible() {
        let (_dir, ledger) = ledger();
        ledger.observe(&[Seen { is_whole: true, ..file("a.csv", 1) }], Timestamp(0)).unwrap();
        let first = claim(&ledger, "one", 0).unwrap();
        ledger.failed(first.id, "one", "boom", 2, Timestamp(0)).unwrap();
        assert!(claim(&ledger, "one", 999).is_none());
        let second = claim(&ledger, "one", 1000).unwrap();
        ledger.failed(second.id, "one", "boom again", 2, Timestamp(1000)).unwrap();
        assert!(claim(&ledger, "one", i64::MAX / 2).is_none());
        let files = ledger.files().unwrap();
        assert_eq!((files[0].state, files[0].error.as_deref()), (ArrivalState::Failed, Some("boom again")));
        assert_eq!(ledger.retry_failed(Timestamp(5)).unwrap(), 1);
        assert!(claim(&ledger, "one", 5).is_some());
    }

    #[test]
    fn names_that_are_not_finished_wait() {
        let (_dir, ledger) = ledger();
        let files: Vec<_> = ["x/_a.csv", "x/.a.csv", "x/a.csv.tmp"].iter().map(|path| file(path, 1)).collect();
        ledger.observe(&files, Timestamp(0)).unwrap();
        assert!(ledger.files().unwrap().is_empty());
    }
}
