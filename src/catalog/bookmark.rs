//! Job bookmarks: which files a job has processed.
//!
//! A job reads from several places, each of which it gives a name, its context. A file counts as processed while its
//! identity stays: path, size, and ETag or time of change. Bookmarks are written in the transaction that makes the
//! job's output visible, so that a job that dies leaves neither, and of two runs at once only one can take a file.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::snapshot::{Snapshot, signed, unreadable, unsigned};
use super::{Catalog, Change, DataFile, Error, Result};
use crate::storage::LakePath;
use crate::time::Timestamp;

/// A file that a run of a job has processed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Bookmark {
    /// The job.
    pub job: String,
    /// Which of the job's sources.
    pub context: String,
    /// The run that processed it.
    pub run: String,
    /// The file, inside the lake.
    pub path: LakePath,
    /// Its size then, in bytes.
    pub bytes: u64,
    /// Its ETag then.
    pub etag: Option<String>,
    /// Its time of change then.
    pub modified: Timestamp,
    /// When the run was committed.
    pub at: Timestamp,
}

impl Bookmark {
    /// Whether `file` is the file that was processed, unchanged.
    #[must_use]
    pub fn covers(&self, file: &DataFile) -> bool {
        self.path == file.path
            && self.bytes == file.bytes
            && match (&self.etag, &file.etag) {
                (Some(own), Some(other)) => own == other,
                _ => self.modified == file.modified,
            }
    }
}

const BOOKMARKS: &str = "SELECT b.job, b.context, b.run, b.path, b.bytes, b.etag, b.modified, c.at
    FROM bookmark b JOIN change c ON c.id = b.begin_change WHERE b.end_change IS NULL AND b.job = ?1";

impl Snapshot<'_> {
    /// What a job has processed, in the order in which it did.
    pub fn bookmarks(&self, job: &str) -> Result<Vec<Bookmark>> {
        self.rows(&format!("{BOOKMARKS} ORDER BY b.id"), [job], |row| {
            let path: String = row.get(3)?;
            Ok(Bookmark {
                job: row.get(0)?,
                context: row.get(1)?,
                run: row.get(2)?,
                path: LakePath::parse(&path).map_err(|error| unreadable(3, error))?,
                bytes: unsigned(row.get(4)?),
                etag: row.get(5)?,
                modified: Timestamp(row.get(6)?),
                at: Timestamp(row.get(7)?),
            })
        })
    }

    /// What a job has processed of one of its sources, by file.
    pub fn context_bookmarks(&self, job: &str, context: &str) -> Result<HashMap<LakePath, Bookmark>> {
        let of_context = self.bookmarks(job)?.into_iter().filter(|bookmark| bookmark.context == context);
        Ok(of_context.map(|bookmark| (bookmark.path.clone(), bookmark)).collect())
    }

    /// How many runs of a job were ever committed, those that were taken back included.
    pub fn bookmarked_runs(&self, job: &str) -> Result<u64> {
        let sql = "SELECT count(DISTINCT run) FROM bookmark WHERE job = ?1";
        Ok(unsigned(self.first(sql, [job], |row| row.get(0))?.unwrap_or_default()))
    }
}

impl Change<'_> {
    /// Note that a run of a job has processed these files.
    ///
    /// # Errors
    /// [`Error::BookmarkTaken`] when another run has committed one of them meanwhile.
    pub fn put_bookmarks(&mut self, job: &str, context: &str, run: &str, files: &[DataFile]) -> Result<()> {
        let known = self.context_bookmarks(job, context)?;
        let end = "UPDATE bookmark SET end_change = ?4
            WHERE job = ?1 AND context = ?2 AND path = ?3 AND end_change IS NULL";
        let insert = "INSERT INTO bookmark (job, context, run, path, bytes, etag, modified, begin_change)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        for file in files {
            if let Some(present) = known.get(&file.path) {
                if present.covers(file) && present.run != run {
                    return Err(Error::BookmarkTaken {
                        job: job.to_owned(),
                        path: file.path.to_string(),
                        run: present.run.clone(),
                    });
                }
                self.write(end, (job, context, file.path.as_str(), self.id()))?;
            }
            let row = (
                job,
                context,
                run,
                file.path.as_str(),
                signed(file.bytes),
                &file.etag,
                file.modified.millis(),
                self.id(),
            );
            self.write(insert, row)?;
        }
        Ok(())
    }

    /// Take back what a run of a job, and all after it, have processed; everything when `run` is `None`. Gives how many
    /// files will be processed again. Outputs stay.
    ///
    /// # Errors
    /// [`Error::UnknownRun`].
    pub fn rewind_bookmarks(&mut self, job: &str, run: Option<&str>) -> Result<usize> {
        let from = match run {
            None => 0,
            Some(run) => {
                let sql = "SELECT min(begin_change) FROM bookmark WHERE job = ?1 AND run = ?2 AND end_change IS NULL";
                let found: Option<i64> = self.first(sql, (job, run), |row| row.get(0))?.flatten();
                found.ok_or_else(|| Error::UnknownRun { job: job.to_owned(), run: run.to_owned() })?
            }
        };
        let sql = "UPDATE bookmark SET end_change = ?3
            WHERE job = ?1 AND begin_change >= ?2 AND end_change IS NULL";
        self.write(sql, (job, from, self.id()))
    }
}

impl Catalog {
    /// What a job has processed, in the order in which it did.
    pub fn bookmarks(&self, job: &str) -> Result<Vec<Bookmark>> {
        self.read(|snapshot| snapshot.bookmarks(job))
    }

    /// How many runs of a job were ever committed.
    pub fn bookmarked_runs(&self, job: &str) -> Result<u64> {
        self.read(|snapshot| snapshot.bookmarked_runs(job))
    }
}
