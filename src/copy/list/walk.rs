//! Listing a local folder in the order of keys, as a bucket would.
//!
//! `a-b` comes before `a/b` there, because `-` is smaller than `/`; so folders are sorted with their slash. Folders that
//! come next are read ahead by other threads.

use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::contents::{Contents, Item, Unsorted};
use super::{Batch, KeyRange};
use crate::copy::entry::Entry;
use crate::copy::tally::Tally;
use crate::copy::{Error, Result};

/// What a lake keeps for itself, at its root.
const PRIVATE: &str = ".bayou";
/// How names of files that are being written begin.
pub(crate) const TEMPORARY: &str = "._tmp-";
const BATCH: usize = 1_000;
/// Folders that are read ahead.
const AHEAD: usize = 4;

/// One listing of a local folder.
pub(crate) struct Walk {
    pub(crate) root: PathBuf,
    pub(crate) range: KeyRange,
    /// Whether symbolic links are followed instead of skipped.
    pub(crate) follows: bool,
    /// Where skipped and unreadable names are noted; None for a listing that only looks.
    pub(crate) tally: Option<Arc<Tally>>,
}

impl Walk {
    /// List on threads of the present runtime; batches come through `out`.
    pub(crate) fn spawn(self, out: mpsc::Sender<Result<Batch>>) {
        let handle = Handle::current();
        let walk = Arc::new(self);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = run(&walk, &handle, &out) {
                let _ = out.blocking_send(Err(error)); // when nobody listens any more, nobody wants to know
            }
        });
    }

    fn note(&self, reason: &'static str) {
        if let Some(tally) = &self.tally {
            tally.skip(reason, 0);
        }
    }

    /// Go on without a folder that may not be read; it is reported, and what is in it is not copied.
    fn pass_over(&self, folder: &str, error: Error) -> Result<()> {
        match (&self.tally, &error) {
            (Some(tally), Error::File { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => {
                tally.fail(folder, &error);
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// Read one folder.
    fn read(&self, folder: &str) -> Result<Contents> {
        let path = self.root.join(folder);
        let failed = |source| Error::file(&path, source);
        let mut items = Unsorted::default();
        let entries = match fs::read_dir(&path) {
            // Deleted since it was listed: not there any more, which is no error.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !folder.is_empty() => {
                return items.sorted();
            }
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            if let Some(item) = self.item(&path, folder, &entry.map_err(failed)?)? {
                items.push(item)?;
            }
        }
        items.sorted()
    }

    /// One name of the folder at `path`, when it is to be listed.
    fn item(&self, path: &Path, folder: &str, entry: &DirEntry) -> Result<Option<Item>> {
        let failed = |source| Error::file(entry.path(), source);
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            if let Some(tally) = &self.tally {
                let key = format!("{folder}{}", name.to_string_lossy());
                tally.fail(&key, &Error::UnsafeName { key: key.clone(), reason: "it is not Unicode".into() });
            }
            return Ok(None);
        };
        if name.starts_with(TEMPORARY) || (folder.is_empty() && name == PRIVATE) {
            return Ok(None);
        }
        let mut kind = entry.file_type().map_err(failed)?;
        let is_link = kind.is_symlink();
        if is_link {
            let target = fs::metadata(entry.path()).ok().filter(|_| self.follows);
            let Some(target) = target.filter(|_| !is_circle(&entry.path(), path)) else {
                self.note("symbolic link");
                return Ok(None);
            };
            kind = target.file_type();
        }
        let mut key = String::with_capacity(folder.len() + name.len() + 1);
        key.push_str(folder);
        key.push_str(name);
        if kind.is_dir() {
            key.push('/');
            let is_missed = self.range.misses_folder(&key);
            return Ok((!is_missed).then_some(Item::Folder(key, None)));
        }
        if !kind.is_file() {
            self.note("neither file nor folder");
            return Ok(None);
        }
        if !self.range.contains(&key) {
            return Ok(None);
        }
        let metadata = if is_link { fs::metadata(entry.path()) } else { entry.metadata() };
        match metadata {
            Ok(metadata) => Ok(Some(Item::File(file_entry(key, &metadata)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

fn run(walk: &Arc<Walk>, handle: &Handle, out: &mpsc::Sender<Result<Batch>>) -> Result<()> {
    let mut stack = vec![walk.read("")?];
    let mut after = walk.range.after.clone();
    let mut entries = Vec::with_capacity(BATCH);
    while let Some(contents) = stack.last_mut() {
        read_ahead(walk, handle, contents);
        match contents.pop()? {
            None => {
                stack.pop();
            }
            Some(Item::File(entry)) => {
                entries.push(entry);
                if entries.len() == BATCH {
                    let full = std::mem::replace(&mut entries, Vec::with_capacity(BATCH));
                    let until = full.last().map(|entry| entry.key.clone());
                    let covered = KeyRange { after: std::mem::take(&mut after), until: until.clone() };
                    after = until.unwrap_or_default();
                    if out.blocking_send(Ok(Batch { range: covered, entries: full })).is_err() {
                        return Ok(());
                    }
                }
            }
            Some(Item::Folder(key, reading)) => {
                let read = reading.and_then(|reading| reading.recv().ok());
                match read.unwrap_or_else(|| walk.read(&key)) {
                    Ok(contents) => stack.push(contents),
                    Err(error) => walk.pass_over(&key, error)?,
                }
            }
        }
    }
    let rest = Batch { range: KeyRange { after, until: walk.range.until.clone() }, entries };
    let _ = out.blocking_send(Ok(rest)); // as above
    Ok(())
}

/// Let other threads read the folders that come next.
fn read_ahead(walk: &Arc<Walk>, handle: &Handle, contents: &mut Contents) {
    let Contents::Few(items) = contents else { return };
    if !matches!(items.last(), Some(Item::Folder(_, None))) {
        return;
    }
    for item in items.iter_mut().rev().take(AHEAD) {
        if let Item::Folder(key, reading @ None) = item {
            let (sender, receiver) = sync_channel(1);
            let (walk, key) = (Arc::clone(walk), key.clone());
            handle.spawn_blocking(move || {
                let _ = sender.send(walk.read(&key)); // the walk may have ended meanwhile
            });
            *reading = Some(receiver);
        }
    }
}

/// Whether a link leads to a folder that it lies in.
fn is_circle(link: &Path, folder: &Path) -> bool {
    match (link.canonicalize(), folder.canonicalize()) {
        (Ok(target), Ok(folder)) => folder.starts_with(target),
        _ => true,
    }
}

/// A file as an entry of a listing.
pub(crate) fn file_entry(key: String, metadata: &Metadata) -> Entry {
    let etag = Some(file_etag(metadata).into());
    Entry { key, size: metadata.len(), etag, modified: modified_of(metadata), storage_class: None }
}

/// What changes when a file's content does, made of inode, time and size.
pub(crate) fn file_etag(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!("{:x}-{:x}.{:x}-{:x}", metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.len())
}

/// When a file was written, in milliseconds since the epoch.
fn modified_of(metadata: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt as _;
    metadata.mtime().saturating_mul(1_000).saturating_add(metadata.mtime_nsec() / 1_000_000)
}

/// Milliseconds since the epoch as the system's time.
pub(crate) fn system_time(millis: i64) -> SystemTime {
    let distance = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn keys(root: &Path, range: KeyRange, follows: bool) -> Vec<String> {
        let (out, mut batches) = mpsc::channel(4);
        Walk { root: root.to_path_buf(), range, follows, tally: None }.spawn(out);
        let mut found = Vec::new();
        while let Some(batch) = batches.recv().await {
            found.extend(batch.unwrap().entries.into_iter().map(|entry| entry.key));
        }
        found
    }

    fn tree(names: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for name in names {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        root
    }

    #[tokio::test]
    async fn files_come_in_the_order_that_a_bucket_has() {
        let root = tree(&["a/b", "a-b", "a0", "a/c/d", "ü/x", "z", ".bayou/catalog.db", "a/._tmp-1"]);
        let all = keys(root.path(), KeyRange::default(), false).await;
        assert_eq!(all, ["a-b", "a/b", "a/c/d", "a0", "z", "ü/x"]);
        let range = KeyRange { after: "a/b".into(), until: Some("z".into()) };
        assert_eq!(keys(root.path(), range, false).await, ["a/c/d", "a0", "z"]);
    }

    #[test]
    fn a_folder_that_may_not_be_read_is_reported_by_a_copy_and_an_error_to_a_deletion() {
        let denied = || Error::file("x/", std::io::ErrorKind::PermissionDenied.into());
        let tally = Arc::new(Tally::default());
        let walk = |tally| Walk { root: "x".into(), range: KeyRange::default(), follows: false, tally };
        walk(Some(Arc::clone(&tally))).pass_over("d/", denied()).unwrap();
        assert_eq!((tally.failed().0, tally.failed().1[0].key.as_str()), (1, "d/"));
        assert!(walk(None).pass_over("d/", denied()).is_err());
        let broken = Error::file("x/", std::io::ErrorKind::Other.into());
        assert!(walk(Some(tally)).pass_over("d/", broken).is_err());
    }

    #[tokio::test]
    async fn many_folders_are_read_ahead_and_still_come_in_order() {
        let names: Vec<String> = (0..50).flat_map(|d| (0..30).map(move |f| format!("d{d:02}/e{f:02}/f"))).collect();
        let root = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(keys(root.path(), KeyRange::default(), false).await, names);
    }

    #[tokio::test]
    async fn links_are_skipped_unless_followed_and_circles_always() {
        let root = tree(&["real/x"]);
        std::os::unix::fs::symlink(root.path().join("real"), root.path().join("linked")).unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("real/circle")).unwrap();
        assert_eq!(keys(root.path(), KeyRange::default(), false).await, ["real/x"]);
        assert_eq!(keys(root.path(), KeyRange::default(), true).await, ["linked/x", "real/x"]);
    }
}
