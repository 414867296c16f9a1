//! Giving up what copies left over when they were killed: uploads, whose parts cost money until somebody does, and files
//! under their temporary names.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::list::TEMPORARY;
use super::location::{Location, Place};
use super::manifest::{LeftUpload, Leftovers, forget, leftovers, state_dir};
use super::pace::Pace;
use super::s3::S3;
use super::{CopyOptions, Error, Result, stopped_worker};
use crate::storage::S3Access;

/// What was cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// Where the copy was going.
    pub destination: String,
    /// Uploads that were aborted.
    pub aborted: u64,
    /// Files that were being written, deleted.
    pub deleted: u64,
}

/// Give up what all copies that are not running left over; how to reach their buckets is in `options.destination`.
///
/// # Errors
/// A manifest or a folder that cannot be read, or a service that refuses.
pub async fn clean(options: &CopyOptions) -> Result<Vec<Cleaned>> {
    let mut cleaned = Vec::new();
    for (path, Leftovers { stage, destination, uploads, was_killed }) in leftovers(&state_dir(options))? {
        let mut buckets: HashMap<String, S3> = HashMap::new();
        let mut aborted = 0;
        for upload in &uploads {
            let s3 = match buckets.entry(upload.bucket.clone()) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => {
                    let access = S3Access::new(&upload.bucket, &options.destination)?;
                    let pace = Arc::new(Pace::new(Some(4), None));
                    new.insert(S3::new(access, pace, options.attempts, 0)?)
                }
            };
            aborted += abort(s3, upload).await?;
        }
        let deleted = match Location::parse(&destination)?.place {
            Place::Local(folder) if was_killed => sweep(&folder, &stage).await?,
            _ => 0,
        };
        if !uploads.is_empty() || was_killed {
            forget(&path)?;
        }
        if aborted + deleted > 0 {
            cleaned.push(Cleaned { destination, aborted, deleted });
        }
    }
    Ok(cleaned)
}

/// Delete the files that the copy `stage` was writing below `folder` when it was killed; how many they were.
pub(super) async fn sweep(folder: &Path, stage: &str) -> Result<u64> {
    let (folder, prefix) = (folder.to_path_buf(), format!("{TEMPORARY}{stage}-"));
    tokio::task::spawn_blocking(move || sweep_folder(&folder, &prefix)).await.map_err(stopped_worker)?
}

fn sweep_folder(folder: &Path, prefix: &str) -> Result<u64> {
    let mut deleted = 0;
    let failed = |source| Error::file(folder, source);
    let entries = match std::fs::read_dir(folder) {
        // A destination that is gone has nothing left over.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        // Links are not followed.
        if entry.file_type().map_err(failed)?.is_dir() {
            deleted += sweep_folder(&entry.path(), prefix)?;
        } else if entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix)) {
            std::fs::remove_file(entry.path()).map_err(failed)?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Abort one upload; how many that were. When its id was lost, all uploads of its key are taken.
pub(super) async fn abort(s3: &S3, upload: &LeftUpload) -> Result<u64> {
    if !upload.id.is_empty() {
        s3.abort_upload(&upload.key, &upload.id).await?;
        return Ok(1);
    }
    let mut aborted = 0;
    for open in s3.open_uploads(&upload.key).await?.into_iter().filter(|open| open.key == upload.key) {
        s3.abort_upload(&open.key, &open.id).await?;
        aborted += 1;
    }
    Ok(aborted)
}
