//! Files that are in no table, remembered: a second crawl need not read them again to leave them out again.
//!
//! Data files are remembered by the catalog's manifest. This small file beside the catalog is for the others; it is a
//! cache, so that losing it costs a read and nothing else.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::evidence::{Schema, Unknown};
use crate::storage::{LakePath, ObjectInfo, Storage};

/// Changes when inference does; older entries are forgotten.
const VERSION: u32 = 2;

/// What a file was, when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sight {
    bytes: u64,
    modified: i64,
    etag: Option<String>,
    strict: bool,
    pub(super) bytes_seen: u64,
    pub(super) outcome: Result<Schema, Unknown>,
}

/// All remembered files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Seen {
    version: u32,
    files: HashMap<LakePath, Sight>,
    #[serde(skip)]
    path: PathBuf,
    #[serde(skip)]
    is_dirty: bool,
}

impl Sight {
    pub(super) fn new(file: &ObjectInfo, strict: bool, bytes_seen: u64, outcome: Result<Schema, Unknown>) -> Self {
        Self {
            bytes: file.bytes,
            modified: file.modified.millis(),
            etag: file.etag.clone(),
            strict,
            bytes_seen,
            outcome,
        }
    }
}

impl Seen {
    /// What is remembered of a lake; nothing when it cannot be read.
    pub(super) fn load(storage: &Storage) -> Self {
        let path = storage.private_dir().join("crawl").join("seen.json");
        let known = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Self>(&text).ok());
        let known = known.filter(|seen| seen.version == VERSION).unwrap_or_default();
        Self { version: VERSION, path, ..known }
    }

    /// What a file was, if it has not changed since.
    pub(super) fn get(&self, file: &ObjectInfo, strict: bool) -> Option<&Sight> {
        let is_same = |sight: &&Sight| {
            sight.bytes == file.bytes
                && sight.modified == file.modified.millis()
                && sight.etag == file.etag
                && sight.strict == strict
        };
        self.files.get(&file.path).filter(is_same)
    }

    /// Replaces what is remembered below a target.
    pub(super) fn replace_below(&mut self, target: &LakePath, sights: HashMap<LakePath, Sight>) {
        let is_same = self.files.iter().filter(|(path, _)| path.is_below(target)).count() == sights.len()
            && sights.iter().all(|(path, sight)| self.files.get(path) == Some(sight));
        if !is_same {
            self.files.retain(|path, _| !path.is_below(target));
            self.files.extend(sights);
            self.is_dirty = true;
        }
    }

    /// Writes what changed. A cache that cannot be written is no failure of the crawl.
    pub(super) fn save(&self) {
        if !self.is_dirty {
            return;
        }
        let write = || -> std::io::Result<()> {
            let folder = self.path.parent().map_or_else(PathBuf::new, PathBuf::from);
            fs::create_dir_all(&folder)?;
            let staged = folder.join(format!("seen.{}.json", std::process::id()));
            fs::write(&staged, serde_json::to_vec(self)?)?;
            fs::rename(staged, &self.path)
        };
        if let Err(error) = write() {
            tracing::debug!("the crawler's cache `{}` was not written: {error}", self.path.display());
        }
    }
}
