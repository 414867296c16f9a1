//! `stream.json`: the shards of a stream, open and closed, and what is kept of them.
//!
//! The manifest is one file that is replaced as a whole (written aside, synced, renamed), under a lock that only those
//! take who change it. So a resharding is there or it is not, also when its process is killed in the middle, and whoever
//! has the file open finds out by one look at the folder that another one has taken its place.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::hash::HashRange;
use super::retention::Retention;
use super::sequence::ShardId;
use crate::time::Timestamp;

/// The format of the manifest: 2 knows closed shards.
const FORMAT: u32 = 2;
pub(crate) const MANIFEST: &str = "stream.json";

/// What `stream.json` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) name: String,
    pub(crate) created_second: u64,
    #[serde(default)]
    pub(crate) retention: Retention,
    /// All shards that ever were, by id: ids are never used again.
    pub(crate) shards: Vec<ManifestShard>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ManifestShard {
    pub(crate) id: ShardId,
    pub(crate) range: HashRange,
    /// None for the first shards, one after a split, two after a merge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parents: Vec<ShardId>,
    /// The second in which the shard was made; the stream's when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_second: Option<u64>,
    /// No record arrives before it: the parents' last ones came earlier.
    #[serde(default = "ever", skip_serializing_if = "is_ever")]
    pub(crate) opened: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed: Option<Closed>,
}

/// Where and when a shard ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    /// The offset behind its last record.
    pub(crate) offset: u64,
    /// When it was closed, in milliseconds since 1970.
    pub(crate) at: i64,
}

fn ever() -> i64 {
    i64::MIN
}

fn is_ever(millis: &i64) -> bool {
    *millis == ever()
}

impl Manifest {
    pub(crate) fn new(name: &str, now: Timestamp, shards: u32, retention: Retention) -> Self {
        let shards = (0..shards).zip(HashRange::divide(shards)).map(|(index, range)| ManifestShard {
            id: ShardId(index),
            range,
            parents: Vec::new(),
            created_second: None,
            opened: ever(),
            closed: None,
        });
        let created_second = u64::try_from(now.millis() / 1000).unwrap_or(0);
        Self { format: FORMAT, name: name.to_owned(), created_second, retention, shards: shards.collect() }
    }

    /// The manifest of the stream in `folder`, and the file as it was read; nothing when there is none.
    pub(crate) fn load(folder: &Path) -> Result<Option<(Self, OpenManifest)>> {
        let path = folder.join(MANIFEST);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path, error)),
        };
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut text).map_err(|error| Error::io(&path, error))?;
        let corrupt =
            |error: serde_json::Error| Error::Corrupt { path: path.clone(), position: 0, message: error.to_string() };
        // The number alone comes first: a later format may look different.
        let Format { format } = serde_json::from_slice(&text).map_err(corrupt)?;
        if format > FORMAT {
            return Err(Error::NewerFormat { path, found: format, known: FORMAT });
        }
        let manifest = serde_json::from_slice(&text).map_err(corrupt)?;
        let open = OpenManifest::new(path.clone(), file).map_err(|error| Error::io(&path, error))?;
        Ok(Some((manifest, open)))
    }

    /// Put a new stream's manifest in place when there is none yet; tells whether it did.
    pub(crate) fn create(&self, folder: &Path) -> Result<bool> {
        let path = folder.join(MANIFEST);
        let staged = folder.join(format!("{MANIFEST}.{}", std::process::id()));
        let failed = |error| Error::io(&path, error);
        self.write(&staged)?;
        // The link fails when another process was first: then its manifest holds.
        let linked = fs::hard_link(&staged, &path);
        fs::remove_file(&staged).map_err(failed)?;
        match linked {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Take the place of the manifest that is there. The lock is held.
    pub(crate) fn replace(&mut self, folder: &Path) -> Result<()> {
        self.format = FORMAT;
        let path = folder.join(MANIFEST);
        let staged = folder.join(format!("{MANIFEST}.next"));
        self.write(&staged)?;
        fs::rename(&staged, &path)
            .and_then(|()| File::open(folder)?.sync_all())
            .map_err(|error| Error::io(&path, error))
    }

    fn write(&self, path: &Path) -> Result<()> {
        let failed = |error| Error::io(path, error);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(std::io::Error::other(error)))?;
        let mut file = File::create(path).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// A manifest as it was read, to be told apart from its successors: a file that is open keeps its number.
#[derive(Debug)]
pub(crate) struct OpenManifest {
    path: PathBuf,
    _file: File,
    device: u64,
    inode: u64,
}

impl OpenManifest {
    fn new(path: PathBuf, file: File) -> std::io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { path, device: metadata.dev(), inode: metadata.ino(), _file: file })
    }

    /// Whether it still holds.
    pub(crate) fn is_current(&self) -> Result<bool> {
        match fs::metadata(&self.path) {
            Ok(found) => Ok(found.dev() == self.device && found.ino() == self.inode),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io(&self.path, error)),
        }
    }
}

/// The right to change the manifest, which ends with its process.
#[derive(Debug)]
pub(crate) struct ManifestLock {
    _file: File,
}

impl ManifestLock {
    /// Wait for it.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join("stream.lock");
        let failed = |error| Error::io(&path, error);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Self { _file: file })
    }
}
