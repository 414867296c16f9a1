//! Deleting at the destination what the source does not have.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::list::{KeyRange, file_etag};
use super::location::file_path;
use super::lookup::look_up;
use super::selection::Selection;
use super::side::Side;
use super::tally::Tally;
use super::transfer::Shared;
use super::{Error, Result, scratch};

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
        let doomed = keys.into_iter().map(|key| Doomed { key, etag: None }).collect();
        let deleted = delete(&shared.target, doomed, &shared.tally).await?;
        shared.tally.deleted.fetch_add(deleted, Ordering::Relaxed);
        if shared.tally.is_stopped() {
            return Err(Error::Stopped);
        }
    }
}

/// Keys that wait until both listings are complete.
struct Extras {
    connection: Connection,
    count: u64,
}

impl Extras {
    fn new() -> Result<Self> {
        let connection = scratch::open("CREATE TABLE extra (place INTEGER PRIMARY KEY, key TEXT)");
        Ok(Self { connection: connection.map_err(scratch::failed)?, count: 0 })
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
        self.count += insert().map_err(scratch::failed)?;
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
        read().map_err(scratch::failed)
    }
}

/// An object to delete.
#[derive(Debug)]
pub(crate) struct Doomed {
    /// Its key, relative.
    pub(crate) key: String,
    /// Only this version of it; None for any.
    pub(crate) etag: Option<Box<str>>,
}

/// Delete objects; how many were. Those that could not be, or are not what they were any more, are noted as failed.
pub(crate) async fn delete(side: &Side, doomed: Vec<Doomed>, tally: &Tally) -> Result<u64> {
    match side {
        Side::Local(local) => {
            let mut deleted = 0;
            for one in doomed {
                match delete_file(&local.root, &one) {
                    Ok(()) => deleted += 1,
                    Err(error) => tally.fail(&one.key, &error),
                }
            }
            Ok(deleted)
        }
        Side::Remote(remote) => {
            let mut deleted = 0;
            for chunk in doomed.chunks(DELETES) {
                let whole: Vec<_> = chunk.iter().map(|one| (remote.key(&one.key), one.etag.as_deref())).collect();
                let failed = remote.s3.delete(&whole).await?;
                deleted += (chunk.len() - failed.len().min(chunk.len())) as u64;
                for (key, code) in failed {
                    let relative = key.strip_prefix(&remote.prefix).unwrap_or(&key);
                    tally.fail(relative, &undeleted(remote.s3.url(&key), code));
                }
            }
            Ok(deleted)
        }
    }
}

fn delete_file(root: &Path, Doomed { key, etag }: &Doomed) -> Result<()> {
    let path = file_path(root, key)?;
    let failed = |source| Error::file(&path, source);
    if let Some(etag) = etag {
        let present = std::fs::metadata(&path).map_err(failed)?;
        if file_etag(&present) != **etag {
            return Err(Error::Changed { key: path.display().to_string() });
        }
    }
    std::fs::remove_file(&path).map_err(failed)
}

fn undeleted(url: String, code: String) -> Error {
    match code.as_str() {
        "PreconditionFailed" => Error::Changed { key: url },
        _ => {
            let message = "the object cannot be deleted".to_owned();
            Error::Service { request: format!("DELETE {url}"), status: 200, code, message }
        }
    }
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
