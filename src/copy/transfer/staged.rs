//! A file that appears under its name as a whole: written beside it under another, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::copy::list::TEMPORARY;
use crate::copy::{Error, Result};

/// A file under its temporary name, which is removed when it is not published.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) file: File,
    path: PathBuf,
    target: PathBuf,
    is_published: bool,
}

/// How a file is published.
#[derive(Debug, Clone, Copy)]
pub(super) struct Publish {
    /// Fail when there is a file of this name.
    pub(super) no_clobber: bool,
    /// Have the content on the disk first.
    pub(super) sync: bool,
}

impl Staged {
    /// `stage` names the copy, so that what it leaves over when it is killed can be told from what others are writing.
    pub(super) fn create(stage: &str, target: PathBuf, mode: u32) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = target.parent().unwrap_or(Path::new(""));
        let path = folder.join(format!("{TEMPORARY}{stage}-{id:x}"));
        let opened = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&path);
        let file = opened.map_err(|source| Error::file(&target, source))?;
        Ok(Self { file, path, target, is_published: false })
    }

    pub(super) fn failed(&self, source: io::Error) -> Error {
        Error::file(&self.target, source)
    }

    /// Give the file its name.
    pub(super) fn publish(mut self, how: Publish) -> Result<()> {
        if how.sync {
            self.file.sync_all().map_err(|source| self.failed(source))?;
        }
        if how.no_clobber {
            // A second name for the file is the one way to create a name only if there is none.
            match fs::hard_link(&self.path, &self.target) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(Error::Exists { key: self.target.display().to_string() });
                }
                Err(source) => return Err(self.failed(source)),
            }
        }
        fs::rename(&self.path, &self.target).map_err(|source| self.failed(source))?;
        self.is_published = true;
        if how.sync {
            let folder = self.target.parent().unwrap_or(Path::new("."));
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| self.failed(source))?;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.is_published {
            let _ = fs::remove_file(&self.path); // what made it fail has been reported
        }
    }
}
