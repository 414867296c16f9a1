//! One end of a copy: a folder or a prefix, opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::entry::Entry;
use super::list::{Batch, Bisection, KeyRange, Walk};
use super::location::{Location, Place, file_path};
use super::pace::{Pace, S3_WRITES_PER_PREFIX};
use super::s3::{ObjectHead, S3};
use super::tally::Tally;
use super::{CopyOptions, Error, Result};
use crate::storage::{S3Access, StorageOptions};

/// One end of a copy.
#[derive(Debug)]
pub(crate) enum Side {
    Local(LocalSide),
    Remote(RemoteSide),
}

/// A local folder.
#[derive(Debug)]
pub(crate) struct LocalSide {
    pub(crate) root: PathBuf,
}

/// A prefix of a bucket; empty or with a `/` at its end.
#[derive(Debug)]
pub(crate) struct RemoteSide {
    pub(crate) s3: Arc<S3>,
    pub(crate) prefix: String,
}

impl RemoteSide {
    /// The whole key of a relative one.
    pub(crate) fn key(&self, relative: &str) -> String {
        format!("{}{relative}", self.prefix)
    }
}

impl Side {
    /// Open a folder; nothing is created or asked yet.
    pub(crate) fn open(location: &Location, reach: &StorageOptions, options: &CopyOptions) -> Result<Self> {
        match &location.place {
            Place::Local(path) => {
                let root = std::path::absolute(path).map_err(|source| Error::file(path, source))?;
                // Links on the way are resolved as far as the folder exists, so that one place has one name.
                Ok(Self::Local(LocalSide { root: resolve(&root) }))
            }
            Place::Bucket { bucket, key } => {
                let access = S3Access::new(bucket, reach)?;
                let is_amazon = access.endpoint.ends_with(".amazonaws.com");
                let rate = options.rate_per_prefix.or(is_amazon.then_some(S3_WRITES_PER_PREFIX));
                let pace = Arc::new(Pace::new(options.concurrency, rate));
                let seed = u64::from_le_bytes(uuid::Uuid::new_v4().as_u64_pair().0.to_le_bytes());
                let s3 = Arc::new(S3::new(access, pace, options.attempts, seed)?);
                Ok(Self::Remote(RemoteSide { s3, prefix: key.clone() }))
            }
        }
    }

    /// The place in a form in which equal places are equal, and what lies in another begins with it.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Local(_) => self.place(""),
            Self::Remote(remote) => format!("{}|{}/{}", remote.s3.service(), remote.s3.bucket(), remote.prefix),
        }
    }

    /// The place in a form that means the same from everywhere; `url` is how it was written.
    pub(crate) fn place(&self, url: &str) -> String {
        match self {
            Self::Local(local) => format!("{}/", local.root.display().to_string().trim_end_matches('/')),
            Self::Remote(_) => url.to_owned(),
        }
    }

    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Local(_))
    }

    /// List the keys in `range`.
    pub(crate) fn list(
        &self,
        range: KeyRange,
        options: &CopyOptions,
        tally: Option<&Arc<Tally>>,
    ) -> mpsc::Receiver<Result<Batch>> {
        let (out, batches) = mpsc::channel(16);
        match self {
            Self::Local(local) => {
                let (root, follows) = (local.root.clone(), options.follow);
                Walk { root, range, follows, tally: tally.cloned() }.spawn(out);
            }
            Self::Remote(remote) => {
                Bisection::spawn(Arc::clone(&remote.s3), remote.prefix.clone(), range, &options.hints, out);
            }
        }
        batches
    }

    /// Whether there is nothing at all.
    pub(crate) async fn is_empty(&self) -> Result<bool> {
        match self {
            Self::Local(local) => match std::fs::read_dir(&local.root) {
                Ok(mut entries) => Ok(entries.next().is_none()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
                Err(source) => Err(Error::file(&local.root, source)),
            },
            Self::Remote(remote) => Ok(remote.s3.list(&remote.prefix, "", 1, false).await?.entries.is_empty()),
        }
    }

    /// One object, if it is there.
    pub(crate) async fn find(&self, key: &str) -> Result<Option<Entry>> {
        match self {
            Self::Local(local) => Ok(find_file(&local.root, key)?),
            Self::Remote(remote) => match remote.s3.head(&remote.key(key)).await {
                Ok(head) => Ok(Some(head_entry(key, &head))),
                Err(error) if error.is_missing() => Ok(None),
                Err(error) => Err(error),
            },
        }
    }
}

/// A file as an entry, if it is there and a file.
pub(crate) fn find_file(root: &Path, key: &str) -> Result<Option<Entry>> {
    let path = file_path(root, key)?;
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() && key.ends_with('/') => {
            Ok(Some(Entry { key: key.to_owned(), ..Entry::default() }))
        }
        Ok(metadata) if metadata.is_file() && !key.ends_with('/') => {
            Ok(Some(super::list::file_entry(key.to_owned(), &metadata)))
        }
        Ok(_) => Ok(None),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(source) => Err(Error::file(path, source)),
    }
}

fn head_entry(key: &str, head: &ObjectHead) -> Entry {
    let class = head.metadata.iter().find(|(name, _)| name == "x-amz-storage-class").map(|(_, value)| value.as_str());
    Entry {
        key: key.to_owned(),
        size: head.size,
        etag: Some(head.etag.as_str().into()),
        modified: head.modified,
        storage_class: class.map(Into::into),
    }
}

fn resolve(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(resolved) = ancestor.canonicalize() {
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return if rest == Path::new("") { resolved } else { resolved.join(rest) };
        }
    }
    path.to_path_buf()
}
