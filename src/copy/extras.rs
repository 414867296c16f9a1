//! Deleting at the destination what the source does not have.

use std::sync::Arc;
use std::sync::atomic::Ordering;

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
    let mut extras = Vec::new();
    let mut batches = shared.target.list(range.clone(), &shared.options, None);
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let keys: Vec<&str> =
            batch.entries.iter().map(|entry| entry.key.as_str()).filter(|key| selection.covers(key)).collect();
        let found = look_up(&shared.source, &batch.range.after, &keys).await?;
        extras.extend(keys.iter().zip(found).filter(|(_, found)| found.is_none()).map(|(key, _)| (*key).to_owned()));
        if shared.tally.is_stopped() {
            return Err(Error::Stopped);
        }
    }
    if shared.options.dry_run {
        shared.tally.deleted.fetch_add(extras.len() as u64, Ordering::Relaxed);
        return Ok(());
    }
    let deleted = delete(&shared.target, extras, &shared.tally).await?;
    shared.tally.deleted.fetch_add(deleted, Ordering::Relaxed);
    Ok(())
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
