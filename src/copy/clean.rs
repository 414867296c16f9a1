//! Giving up the uploads that copies left over when they were killed: their parts cost money until somebody does.

use std::collections::HashMap;
use std::sync::Arc;

use super::manifest::{LeftUpload, forget_uploads, left_over, state_dir};
use super::pace::Pace;
use super::s3::S3;
use super::{CopyOptions, Result};
use crate::storage::S3Access;

/// What was cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// Where the copy was going.
    pub destination: String,
    /// Uploads that were aborted.
    pub aborted: u64,
}

/// Abort the uploads of all copies that are not running; how to reach their buckets is in `options.destination`.
///
/// # Errors
/// A manifest that cannot be read, or a service that refuses.
pub async fn clean(options: &CopyOptions) -> Result<Vec<Cleaned>> {
    let mut cleaned = Vec::new();
    for (path, job, uploads) in left_over(&state_dir(options))? {
        if uploads.is_empty() {
            continue;
        }
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
        forget_uploads(&path)?;
        cleaned.push(Cleaned { destination: job.destination, aborted });
    }
    Ok(cleaned)
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
