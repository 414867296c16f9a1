//! Getting one object from one side to the other, whole and checked.

mod download;
mod local;
mod parts;
mod server;
mod staged;
mod through;
mod upload;
pub(crate) mod verify;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::entry::Entry;
use super::manifest::Manifest;
use super::pace::Pace;
use super::side::Side;
use super::tally::Tally;
use super::{CopyOptions, Error, Result, Verify};

pub(crate) use local::copy_file;

/// An object to copy.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// What the source has; its key is relative.
    pub(crate) source: Entry,
    /// Key at the destination, relative.
    pub(crate) target: String,
}

/// An object that was copied.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    pub(crate) bytes: u64,
    /// ETag of the copy.
    pub(crate) etag: Option<Box<str>>,
    pub(crate) is_verified: bool,
}

/// Everything that the copies of one job share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) source: Side,
    pub(crate) target: Side,
    pub(crate) options: CopyOptions,
    pub(crate) tally: Arc<Tally>,
    pub(crate) manifest: Option<Manifest>,
    /// Names this copy in the temporary names of its files; no other copy has it while this one runs.
    pub(crate) stage: String,
    /// MiB that parts in flight may take.
    pub(crate) memory: Semaphore,
    /// Limits the files that are copied at once.
    pub(crate) files: Arc<Pace>,
    /// Whether objects are copied by the service itself.
    pub(crate) is_server_side: bool,
    /// Whether files must not replace files, because names that differ only in case are the same.
    pub(crate) is_case_blind: bool,
    /// Whether the file system can share blocks between files, until it says that it cannot.
    pub(crate) can_share: AtomicBool,
    folders: Mutex<HashSet<PathBuf>>,
}

/// Folders whose existence is remembered; more are forgotten together.
const FOLDERS: usize = 100_000;

impl Shared {
    pub(crate) fn new(
        source: Side,
        target: Side,
        options: CopyOptions,
        tally: Arc<Tally>,
        (manifest, stage): (Option<Manifest>, String),
    ) -> Self {
        let is_server_side = match (&source, &target) {
            (Side::Remote(one), Side::Remote(other)) => one.s3.service() == other.s3.service(),
            _ => false,
        };
        let threads = std::thread::available_parallelism().map_or(4, |count| (count.get() * 2).clamp(4, 32));
        Self {
            memory: Semaphore::new(options.memory_mib),
            files: Arc::new(Pace::new(Some(options.concurrency.unwrap_or(threads)), None)),
            source,
            target,
            options,
            tally,
            manifest,
            stage,
            is_server_side,
            is_case_blind: false,
            can_share: AtomicBool::new(true),
            folders: Mutex::default(),
        }
    }

    /// Copy one object.
    pub(crate) async fn transfer(self: &Arc<Self>, item: &Item) -> Result<Done> {
        let mut done = match (&self.source, &self.target) {
            (Side::Local(source), Side::Local(target)) => {
                let (shared, item) = (Arc::clone(self), item.clone());
                let (source, target) = (source.root.clone(), target.root.clone());
                let copy = move || copy_file(&shared, &source, &target, &item);
                tokio::task::spawn_blocking(copy).await.map_err(super::stopped_worker)??
            }
            (Side::Local(source), Side::Remote(target)) => upload::upload(self, source, target, item).await?,
            (Side::Remote(source), Side::Local(target)) => download::download(self, source, target, item).await?,
            (Side::Remote(source), Side::Remote(target)) if self.is_server_side => {
                match server::copy(self, source, target, item).await {
                    // The credentials of the destination may not read the source; those of the source may.
                    Err(error) if matches!(error.service(), Some((403, "AccessDenied"))) && self.has_two_keys() => {
                        through::copy(self, source, target, item).await?
                    }
                    copied => copied?,
                }
            }
            (Side::Remote(source), Side::Remote(target)) => through::copy(self, source, target, item).await?,
        };
        match self.options.verify {
            Verify::Off => done.is_verified = false,
            Verify::Answer => {}
            Verify::Read => {
                verify::read_both(self, item).await?;
                done.is_verified = true;
            }
        }
        Ok(done)
    }

    /// Whether the two sides are reached with credentials of their own.
    fn has_two_keys(&self) -> bool {
        let keys = |options: &crate::storage::StorageOptions| (options.access_key_id.clone(), options.profile.clone());
        keys(&self.options.source) != keys(&self.options.destination)
    }

    /// Make the folder that a file goes to; it must not lie outside of `root`, as links there could have it.
    pub(crate) fn make_folder(&self, root: &Path, file: &Path) -> Result<()> {
        let folder = file.parent().unwrap_or(root);
        let known = |folders: &HashSet<PathBuf>| folders.contains(folder);
        if known(&self.folders.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        let failed = |source| Error::file(folder, source);
        let existing = folder.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok());
        if let Some(existing) = existing.filter(|existing| existing.starts_with(root)) {
            let resolved = existing.canonicalize().map_err(failed)?;
            if !resolved.starts_with(root.canonicalize().map_err(failed)?) {
                let key = file.display().to_string();
                let reason = format!("its folder is a link to `{}`, outside of the destination", resolved.display());
                return Err(Error::UnsafeName { key, reason });
            }
        }
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if folders.len() >= FOLDERS {
            folders.clear();
        }
        folders.insert(folder.to_path_buf());
        Ok(())
    }
}
