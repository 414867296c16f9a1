//! What a job has not processed yet.

use std::collections::HashMap;

use crate::catalog::{Bookmark, Catalog, Result};
use crate::query::FileTable;
use crate::storage::LakePath;

/// The files of a source that the job has not processed as they are now, and how many it has.
pub fn unprocessed(catalog: &Catalog, job: &str, context: &str, source: &FileTable) -> Result<(FileTable, usize)> {
    let known: HashMap<LakePath, Bookmark> = catalog
        .bookmarks(job)?
        .into_iter()
        .filter(|bookmark| bookmark.context == context)
        .map(|bookmark| (bookmark.path.clone(), bookmark))
        .collect();
    let left = source.filtered(|file| !known.get(&file.path).is_some_and(|bookmark| bookmark.covers(file)));
    let processed = source.files.len() - left.files.len();
    Ok((left, processed))
}
