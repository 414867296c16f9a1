//! One lake root and the operations on it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use url::Url;

use super::local::Local;
use super::remote::Remote;
use super::root::{PRIVATE, Root, file_path, scheme};
use super::{Error, LakePath, Result, StorageOptions, credentials};
use crate::time::Timestamp;

/// One lake root: a local folder or a prefix of a bucket. Cloning is cheap.
#[derive(Clone)]
pub struct Storage {
    inner: Arc<Inner>,
}

struct Inner {
    root: Root,
    url: String,
    private_dir: PathBuf,
    store: Arc<dyn ObjectStore>,
    backend: Backend,
}

enum Backend {
    Local(Local),
    Remote(Remote),
}

/// A file in the lake, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Path inside the lake.
    pub path: LakePath,
    /// Size in bytes.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Timestamp,
    /// What changes when the content does: the service's ETag, or made of inode, time and size for local files.
    pub etag: Option<String>,
}

impl Storage {
    /// Open the lake at `url`: a folder (`lake`, `/abs/lake`, `file:///…`), created when missing, or `s3://bucket/prefix`.
    ///
    /// # Errors
    /// [`Error::UnsupportedScheme`], [`Error::InvalidUrl`], or why the folder cannot be created.
    pub fn open(url: &str, options: &StorageOptions) -> Result<Self> {
        let root = Root::parse(url)?;
        let private_dir = root.private_dir(options)?;
        std::fs::create_dir_all(&private_dir)
            .map_err(|source| Error::from_io(private_dir.display().to_string(), source))?;
        let (store, backend): (Arc<dyn ObjectStore>, _) = match &root {
            Root::Folder(path) => {
                let local = Local::new(path.clone(), private_dir.clone(), root.url());
                (Arc::new(LocalFileSystem::new()), Backend::Local(local))
            }
            Root::Bucket { bucket, prefix } => {
                let store: Arc<dyn ObjectStore> = Arc::new(credentials::s3(bucket, options)?);
                (Arc::clone(&store), Backend::Remote(Remote::new(store, prefix.clone())))
            }
        };
        Ok(Self { inner: Arc::new(Inner { url: root.url(), root, private_dir, store, backend }) })
    }

    /// A lake in any object store; the URL is only a name.
    #[cfg(test)]
    pub(crate) fn over(store: Arc<dyn ObjectStore>, url: &str, private_dir: PathBuf) -> Result<Self> {
        let root = Root::parse(url)?;
        let prefix = match &root {
            Root::Bucket { prefix, .. } => prefix.clone(),
            Root::Folder(_) => LakePath::root(),
        };
        let backend = Backend::Remote(Remote::new(Arc::clone(&store), prefix));
        Ok(Self { inner: Arc::new(Inner { url: root.url(), root, private_dir, store, backend }) })
    }

    /// The lake's URL without a trailing slash: `file:///abs/lake` or `s3://bucket/prefix`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The folder of a lake in a local folder.
    #[must_use]
    pub fn local_root(&self) -> Option<&Path> {
        match &self.inner.root {
            Root::Folder(path) => Some(path),
            Root::Bucket { .. } => None,
        }
    }

    /// The local folder for what the lake keeps for itself: `.bayou` in a local lake, else a cache folder.
    #[must_use]
    pub fn private_dir(&self) -> &Path {
        &self.inner.private_dir
    }

    /// The object store underneath, rooted at the bucket or at the root of the file system.
    #[must_use]
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.inner.store)
    }

    /// The URL under which [`Self::object_store`] is registered with an engine: `file:///` or `s3://bucket`.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "Root::parse accepted the bucket name and both forms are constant but for it"
    )]
    pub fn object_store_url(&self) -> Url {
        let text = match &self.inner.root {
            Root::Folder(_) => "file:///".to_owned(),
            Root::Bucket { bucket, .. } => format!("s3://{bucket}"),
        };
        Url::parse(&text).expect("a bucket name makes a URL")
    }

    /// `path` as [`Self::object_store`] knows it.
    #[must_use]
    pub fn object_path(&self, path: &LakePath) -> object_store::path::Path {
        let absolute = match &self.inner.root {
            Root::Folder(root) => format!("{}/{path}", root.display()),
            Root::Bucket { prefix, .. } if prefix.is_root() => path.as_str().to_owned(),
            Root::Bucket { prefix, .. } => format!("{prefix}/{path}"),
        };
        // Both halves keep the rules of a path already; the other branch encodes instead of failing.
        object_store::path::Path::parse(&absolute).unwrap_or_else(|_| absolute.into())
    }

    /// The path inside this lake of `location`: a relative path, or an absolute path or URL below the lake's root.
    ///
    /// Locations are taken as they are, without percent-decoding, as the catalogs of Hive and Glue do.
    ///
    /// # Errors
    /// [`Error::OutsideLake`], or [`Error::InvalidPath`] with the reason.
    pub fn lake_path(&self, location: &str) -> Result<LakePath> {
        if let Some(below) = strip_folder(location, self.url()) {
            return LakePath::parse(below);
        }
        let outside = || Error::OutsideLake { location: location.to_owned(), lake: self.url().to_owned() };
        match (scheme(location), &self.inner.root) {
            (Some(("file", rest)), Root::Folder(root)) => {
                below_folder(&file_path(rest).ok_or_else(outside)?, root).ok_or_else(outside)?
            }
            (None, Root::Folder(root)) if location.starts_with('/') => {
                below_folder(Path::new(location), root).ok_or_else(outside)?
            }
            (Some(("s3a" | "s3n", rest)), Root::Bucket { .. }) => self.lake_path(&format!("s3://{rest}")),
            (Some(_), _) => Err(outside()),
            (None, _) => LakePath::parse(location),
        }
    }

    /// The absolute URL of `path`, without a trailing slash and without percent-encoding.
    #[must_use]
    pub fn location(&self, path: &LakePath) -> String {
        if path.is_root() { self.url().to_owned() } else { format!("{}/{path}", self.url()) }
    }

    /// Write a file, replacing what is there; readers see the old or the new content, never a mixture.
    pub async fn put(&self, path: &LakePath, bytes: Bytes) -> Result<()> {
        usable(path)?;
        match &self.inner.backend {
            Backend::Local(local) => local.put(path, bytes, true).await,
            Backend::Remote(remote) => remote.put(path, bytes, true).await,
        }
    }

    /// Write a file that must not exist yet; of several writers exactly one wins.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`].
    pub async fn put_new(&self, path: &LakePath, bytes: Bytes) -> Result<()> {
        usable(path)?;
        match &self.inner.backend {
            Backend::Local(local) => local.put(path, bytes, false).await,
            Backend::Remote(remote) => remote.put(path, bytes, false).await,
        }
    }

    /// Publish a finished local file at `path`, taking it away from where it was.
    ///
    /// Safe to repeat after a crash: when `local` is gone and `path` exists, the work was done before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when neither exists.
    pub async fn put_file(&self, local: &Path, path: &LakePath) -> Result<()> {
        usable(path)?;
        if !local.exists() {
            return match self.head(path).await {
                Ok(_) => Ok(()),
                Err(Error::NotFound { .. }) => Err(Error::NotFound { path: local.display().to_string() }),
                Err(error) => Err(error),
            };
        }
        match &self.inner.backend {
            Backend::Local(folder) => folder.put_file(local, path).await,
            Backend::Remote(remote) => remote.put_file(local, path).await,
        }
    }

    /// The whole content of a file.
    pub async fn get(&self, path: &LakePath) -> Result<Bytes> {
        usable(path)?;
        match &self.inner.backend {
            Backend::Local(local) => local.get(path, None).await,
            Backend::Remote(remote) => remote.get(path).await,
        }
    }

    /// A part of a file's content; a range beyond the end is cut, one that starts there is empty.
    pub async fn get_range(&self, path: &LakePath, range: Range<u64>) -> Result<Bytes> {
        usable(path)?;
        match &self.inner.backend {
            Backend::Local(local) => local.get(path, Some(range)).await,
            Backend::Remote(remote) => remote.get_range(path, range).await,
        }
    }

    /// Size, time and ETag of a file.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for folders.
    pub async fn head(&self, path: &LakePath) -> Result<ObjectInfo> {
        usable(path)?;
        match &self.inner.backend {
            Backend::Local(local) => local.head(path).await,
            Backend::Remote(remote) => remote.head(path).await,
        }
    }

    /// All files below a folder, at any depth, sorted by path; a missing folder is an empty one.
    pub async fn list(&self, prefix: &LakePath) -> Result<Vec<ObjectInfo>> {
        if is_private(prefix) {
            return Ok(Vec::new());
        }
        let mut found = match &self.inner.backend {
            Backend::Local(local) => local.list(prefix).await?,
            Backend::Remote(remote) => remote.list(prefix).await?,
        };
        found.retain(|object| !is_private(&object.path));
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Delete a file; one that is not there is no error.
    pub async fn delete(&self, path: &LakePath) -> Result<()> {
        usable(path)?;
        match &self.inner.backend {
            Backend::Local(local) => local.delete(path).await,
            Backend::Remote(remote) => remote.delete(path).await,
        }
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Storage").field(&self.inner.url).finish()
    }
}

impl Storage {
    /// The local backend, when this is a folder.
    pub(super) fn local(&self) -> Option<&Local> {
        match &self.inner.backend {
            Backend::Local(local) => Some(local),
            Backend::Remote(_) => None,
        }
    }
}

pub(super) fn is_private(path: &LakePath) -> bool {
    path.segments().next() == Some(PRIVATE)
}

/// Whether a path can name a file of the lake's user.
fn usable(path: &LakePath) -> Result<()> {
    let refuse = |reason: &str| Err(Error::InvalidPath { path: path.to_string(), reason: reason.to_owned() });
    if path.is_root() {
        return refuse("it is the root of the lake, not a file");
    }
    if is_private(path) {
        return refuse("the folder `.bayou` belongs to the lake itself");
    }
    Ok(())
}

/// What follows `folder` and its slash in `location`.
fn strip_folder<'a>(location: &'a str, folder: &str) -> Option<&'a str> {
    let rest = location.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// An absolute path as a path inside `root`; also when only its resolved form is below it. None when it is outside.
fn below_folder(path: &Path, root: &Path) -> Option<Result<LakePath>> {
    let text = path.to_str()?;
    if let Some(below) = root.to_str().and_then(|root| strip_folder(text, root.trim_end_matches('/'))) {
        return Some(LakePath::parse(below));
    }
    // The root is stored without symbolic links; the location may come through one, as `/tmp` does on some systems.
    let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
    let resolved = existing.canonicalize().ok()?.join(path.strip_prefix(existing).ok()?);
    let below = resolved.strip_prefix(root).ok()?.to_str()?;
    Some(LakePath::parse(below))
}
