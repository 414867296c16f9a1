//! The backend for local folders.
//!
//! A file is written under a name in the private folder and renamed into place, so a crash leaves nothing behind in the
//! data. A path is followed to its end before it is used: a symbolic link must not lead out of the lake.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::walk;
use super::{Error, LakePath, ObjectInfo, Result};
use crate::time::Timestamp;

/// A lake in a local folder.
#[derive(Clone)]
pub(super) struct Local {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    staging: PathBuf,
    url: String,
}

impl Local {
    /// A lake at `root`, which is absolute and without symbolic links.
    pub(super) fn new(root: PathBuf, private_dir: PathBuf, url: String) -> Self {
        Self { inner: Arc::new(Inner { root, staging: private_dir.join("tmp"), url }) }
    }

    pub(super) async fn put(&self, path: &LakePath, bytes: Bytes, replace: bool) -> Result<()> {
        self.run(path, move |inner, path| {
            let target = inner.target(path)?;
            let staged = inner.stage(path, |file| file.write_all(&bytes))?;
            let published = inner.publish(staged.path(), &target, replace);
            staged.finish(published, path)
        })
        .await
    }

    pub(super) async fn put_file(&self, local: &Path, path: &LakePath) -> Result<()> {
        let local = local.to_path_buf();
        self.run(path, move |inner, path| {
            let target = inner.target(path)?;
            match inner.publish(&local, &target, true) {
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound && target.exists() => return Ok(()),
                published => return published.map_err(|source| Error::from_io(path.as_str(), source)),
            }
            let staged = inner.stage(path, |file| io::copy(&mut File::open(&local)?, file).map(|_| ()))?;
            let published = inner.publish(staged.path(), &target, true);
            staged.finish(published, path)?;
            fs::remove_file(&local).map_err(|source| Error::from_io(local.display().to_string(), source))
        })
        .await
    }

    pub(super) async fn get(&self, path: &LakePath, range: Option<Range<u64>>) -> Result<Bytes> {
        self.run(path, move |inner, path| {
            let file = inner.existing(path)?;
            read(&file, range).map_err(|source| missing_or(path, source))
        })
        .await
    }

    pub(super) async fn head(&self, path: &LakePath) -> Result<ObjectInfo> {
        self.run(path, |inner, path| {
            let file = inner.existing(path)?;
            let metadata = fs::metadata(file).map_err(|source| missing_or(path, source))?;
            if metadata.is_dir() {
                return Err(Error::NotFound { path: path.to_string() });
            }
            Ok(object_info(path.clone(), &metadata))
        })
        .await
    }

    pub(super) async fn delete(&self, path: &LakePath) -> Result<()> {
        self.run(path, |inner, path| {
            // The link itself goes, not what it leads to; only the folder it is in has to be inside.
            let target = match inner.existing(&path.parent().unwrap_or_default()) {
                Ok(folder) => folder.join(path.file_name().unwrap_or_default()),
                Err(Error::NotFound { .. }) => return Ok(()),
                Err(error) => return Err(error),
            };
            match fs::remove_file(target).map_err(|source| missing_or(path, source)) {
                Err(Error::NotFound { .. }) => Ok(()),
                deleted => deleted,
            }
        })
        .await
    }

    pub(super) async fn list(&self, prefix: &LakePath) -> Result<Vec<ObjectInfo>> {
        self.run(prefix, |inner, prefix| match inner.existing(prefix) {
            Ok(folder) if folder.is_dir() => walk::files(&inner.root, &folder, prefix),
            Ok(_) | Err(Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        })
        .await
    }

    /// The files and folders below `prefix`; `None` when it is no folder.
    pub(super) async fn walk(&self, prefix: &LakePath) -> Result<Option<walk::Walked>> {
        self.run(prefix, |inner, prefix| match inner.existing(prefix) {
            Ok(folder) if folder.is_dir() => walk::walk(&inner.root, &folder, prefix).map(Some),
            Ok(_) | Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Run file system work where it may block: on tokio's blocking threads when there is a runtime, else here.
    async fn run<T, F>(&self, path: &LakePath, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Inner, &LakePath) -> Result<T> + Send + 'static,
    {
        let (inner, owned) = (Arc::clone(&self.inner), path.clone());
        match tokio::runtime::Handle::try_current() {
            Err(_) => work(&inner, &owned),
            Ok(runtime) => runtime
                .spawn_blocking(move || work(&inner, &owned))
                .await
                .map_err(|source| Error::Other { path: path.to_string(), source: Box::new(source) })?,
        }
    }
}

impl Inner {
    /// Where `path` is written to: its folder is created, and neither it nor a link there leads out of the lake.
    fn target(&self, path: &LakePath) -> Result<PathBuf> {
        let target = self.root.join(path.as_str());
        let folder = target.parent().unwrap_or(&self.root);
        if fs::symlink_metadata(&target).is_ok_and(|found| found.is_dir()) {
            let reason = "there is a folder of this name".to_owned();
            return Err(Error::InvalidPath { path: path.to_string(), reason });
        }
        // Look before creating: folders must not be made outside either.
        let existing = folder.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok()).unwrap_or(&self.root);
        self.inside(path, existing)?;
        fs::create_dir_all(folder).map_err(|source| Error::from_io(path.as_str(), source))?;
        if target.is_symlink() {
            return self.inside(path, &target);
        }
        Ok(target)
    }

    /// Where `path` is, after all symbolic links.
    fn existing(&self, path: &LakePath) -> Result<PathBuf> {
        self.inside(path, &self.root.join(path.as_str()))
    }

    fn inside(&self, path: &LakePath, file: &Path) -> Result<PathBuf> {
        let resolved = file.canonicalize().map_err(|source| missing_or(path, source))?;
        if resolved.starts_with(&self.root) {
            return Ok(resolved);
        }
        let location = format!("{path}, which leads to {}", resolved.display());
        Err(Error::OutsideLake { location, lake: self.url.clone() })
    }

    /// Write a file under a temporary name.
    fn stage(&self, path: &LakePath, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<Staged> {
        let failed = |source| Error::from_io(path.as_str(), source);
        fs::create_dir_all(&self.staging).map_err(failed)?;
        let staged = Staged(self.staging.join(uuid::Uuid::new_v4().to_string()));
        let mut file = File::create_new(staged.path()).map_err(failed)?;
        write(&mut file).map_err(failed)?;
        Ok(staged)
    }

    fn publish(&self, staged: &Path, target: &Path, replace: bool) -> io::Result<()> {
        // A new name for the same file is the one way to create a file with its content that fails if it exists.
        if replace { fs::rename(staged, target) } else { fs::hard_link(staged, target) }
    }
}

/// A temporary file, removed when it is not published by renaming.
struct Staged(PathBuf);

impl Staged {
    fn path(&self) -> &Path {
        &self.0
    }

    fn finish(self, published: io::Result<()>, path: &LakePath) -> Result<()> {
        published.map_err(|source| Error::from_io(path.as_str(), source))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn read(file: &Path, range: Option<Range<u64>>) -> io::Result<Bytes> {
    let Some(range) = range else { return fs::read(file).map(Bytes::from) };
    let mut file = File::open(file)?;
    let end = range.end.min(file.metadata()?.len());
    let length = end.saturating_sub(range.start);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.seek(SeekFrom::Start(range.start))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// Folders are no files and files no folders: asked for the other, there is nothing at the path.
fn missing_or(path: &LakePath, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => Error::NotFound { path: path.to_string() },
        _ => Error::from_io(path.as_str(), source),
    }
}

/// What a listing says about a local file.
pub(super) fn object_info(path: LakePath, metadata: &fs::Metadata) -> ObjectInfo {
    let nanos = metadata.modified().map_or(0, |time| match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
    });
    let millis = i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX);
    let etag = format!("{:x}-{:x}-{:x}", inode(metadata), nanos, metadata.len());
    ObjectInfo { path, bytes: metadata.len(), modified: Timestamp(millis), etag: Some(etag) }
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
#[path = "local_tests.rs"]
mod tests;
