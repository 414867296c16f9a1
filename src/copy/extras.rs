//! Deleting at the destination what the source does not have.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::list::KeyRange;
use super::location::file_path;
use super::lookup::look_up;
use super::selection::Selection;
use super::side::Side;
use super::tally::Tally;
use super::transfer::Shared;
use super::{Error, Result};

/// Most keys of one request to delete.
const DELETES: usize = 1_000;

/// Find the extras of the whole range, and delete them unless this is a dry run.
///
/// Both listings are complete before anything is deleted: an error in either leaves everything as it is.
pub(crate) async fn delete_extras(shared: &Arc<Shared>, selection: &Selection, range: &KeyRange) -> Result<()> {
    let mut extras = Extras::new()?;
    let mut batches = shared.target.list(range.clone(), &shared.options, None);
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let keys: Vec<&str> =
            batch.entries.iter().map(|entry| entry.key.as_str()).filter(|key| selection.covers(key)).collect();
        let found = look_up(&shared.source, &batch.range.after, &keys).await?;
        extras.add(keys.iter().zip(found).filter(|(_, found)| found.is_none()).map(|(key, _)| *key))?;
        if shared.tally.is_stopped() {
            return Err(Error::Stopped);
        }
    }
    if shared.options.dry_run {
        shared.tally.deleted.fetch_add(extras.count, Ordering::Relaxed);
        return Ok(());
    }
    let mut place = 0;
    loop {
        let keys = extras.behind(&mut place)?;
        if keys.is_empty() {
            return Ok(());
        }
        let deleted = delete(&shared.target, keys, &shared.tally).await?;
        shared.tally.deleted.fetch_add(deleted, Ordering::Relaxed);
        if shared.tally.is_stopped() {
            return Err(Error::Stopped);
        }
    }
}

/// Keys that wait until both listings are complete: in a file without a name when they are many, so that memory does not
/// grow with them.
struct Extras {
    connection: Connection,
    count: u64,
}

impl Extras {
    fn new() -> Result<Self> {
        let open = || {
            let connection = Connection::open("")?; // SQLite's private database, on the disk once its cache is full
            connection.pragma_update(None, "journal_mode", "OFF")?;
            connection.execute("CREATE TABLE extra (place INTEGER PRIMARY KEY, key TEXT)", ())?;
            Ok(connection)
        };
        Ok(Self { connection: open().map_err(unkept)?, count: 0 })
    }

    fn add<'a>(&mut self, keys: impl Iterator<Item = &'a str>) -> Result<()> {
        let insert = || {
            let transaction = self.connection.transaction()?;
            let mut count = 0;
            {
                let mut statement = transaction.prepare_cached("INSERT INTO extra (key) VALUES (?1)")?;
                for key in keys {
                    count += statement.execute((key,))? as u64;
                }
            }
            transaction.commit()?;
            Ok(count)
        };
        self.count += insert().map_err(unkept)?;
        Ok(())
    }

    /// The keys of the next request behind `place`, which moves on.
    fn behind(&self, place: &mut i64) -> Result<Vec<String>> {
        let mut read = || {
            let sql = "SELECT place, key FROM extra WHERE place > ?1 ORDER BY place LIMIT ?2";
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query((*place, DELETES))?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                *place = row.get(0)?;
                keys.push(row.get(1)?);
            }
            Ok(keys)
        };
        read().map_err(unkept)
    }
}

fn unkept(source: rusqlite::Error) -> Error {
    Error::Manifest { path: std::env::temp_dir(), source }
}

/// Delete objects; how many were. Those that could not be are noted as failed.
pub(crate) async fn delete(side: &Side, keys: Vec<String>, tally: &Tally) -> Result<u64> {
    let mut deleted = 0;
    match side {
        Side::Local(local) => {
            for key in keys {
                let path = file_path(&local.root, &key)?;
                match std::fs::remove_file(&path) {
                    Ok(()) => deleted += 1,
                    Err(source) => tally.fail(&key, &Error::file(path, source)),
                }
            }
        }
        Side::Remote(remote) => {
            for chunk in keys.chunks(DELETES) {
                let whole: Vec<String> = chunk.iter().map(|key| remote.key(key)).collect();
                let failed = remote.s3.delete(&whole).await?;
                deleted += (chunk.len() - failed.len().min(chunk.len())) as u64;
                for (key, code) in failed {
                    let request = format!("DELETE {}", remote.s3.url(&key));
                    let message = "the object cannot be deleted".to_owned();
                    tally.fail(&key, &Error::Service { request, status: 200, code, message });
                }
            }
        }
    }
    Ok(deleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_come_back_once_in_requests_of_a_thousand() {
        let mut extras = Extras::new().unwrap();
        let keys: Vec<String> = (0..2_500).map(|n| format!("k\n{n:04}")).collect();
        for some in keys.chunks(700) {
            extras.add(some.iter().map(String::as_str)).unwrap();
        }
        let (mut place, mut found, mut sizes) = (0, Vec::new(), Vec::new());
        loop {
            let some = extras.behind(&mut place).unwrap();
            if some.is_empty() {
                break;
            }
            sizes.push(some.len());
            found.extend(some);
        }
        assert_eq!((extras.count, sizes), (2_500, vec![1_000, 1_000, 500]));
        assert_eq!(found, keys);
    }
}
