//! What a job has not processed yet.

use crate::catalog::{Catalog, Result};
use crate::query::FileTable;

/// The files of a source that the job has not processed as they are now, and how many it has.
pub fn unprocessed(catalog: &Catalog, job: &str, context: &str, source: &FileTable) -> Result<(FileTable, usize)> {
    let known = catalog.read(|snapshot| snapshot.context_bookmarks(job, context))?;
    let left = source.filtered(|file| !known.get(&file.path).is_some_and(|bookmark| bookmark.covers(file)));
    let processed = source.files.len() - left.files.len();
    Ok((left, processed))
}
