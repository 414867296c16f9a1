//! Leases as files: a lock that dies with its process, and a document that is replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::stream::error::{Error, Result};
use crate::stream::sequence::ShardId;

/// A lease as everybody sees it. Names are the Kinesis Client Library's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseInfo {
    /// The shard.
    pub lease_key: ShardId,
    /// The worker that holds it, or held it last.
    pub lease_owner: Option<String>,
    /// Whether the owner is alive and holds it now.
    #[serde(skip)]
    pub is_held: bool,
    /// How often it was taken.
    pub lease_counter: u64,
    /// The offset behind the last record that is processed; `None` before the first checkpoint.
    pub checkpoint: Option<u64>,
    /// The second in which that record arrived: a part of its sequence number.
    #[serde(default)]
    pub checkpoint_second: u64,
    /// How many records of an aggregate, which comes at the checkpoint, are processed.
    #[serde(default)]
    pub checkpoint_sub_sequence_number: u64,
    /// Whether the shard is read to its end, and its children may begin: `SHARD_END`.
    #[serde(default)]
    pub is_ended: bool,
    /// Where it began, when that was neither the oldest record nor a checkpoint.
    #[serde(default)]
    pub start_offset: Option<u64>,
    /// How often another worker took it since the last checkpoint.
    pub owner_switches_since_checkpoint: u64,
}

impl LeaseInfo {
    pub(super) fn new(shard: ShardId) -> Self {
        Self {
            lease_key: shard,
            lease_owner: None,
            is_held: false,
            lease_counter: 0,
            checkpoint: None,
            checkpoint_second: 0,
            checkpoint_sub_sequence_number: 0,
            is_ended: false,
            start_offset: None,
            owner_switches_since_checkpoint: 0,
        }
    }
}

/// What is known since the first worker of a consumer began.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Beginning {
    /// Shards with ids from here on were made later, and are read from their first record.
    pub(super) known_shards: u32,
}

/// The beginning of a consumer: that which its first worker wrote.
pub(super) fn beginning(folder: &Path, now: Beginning) -> Result<Beginning> {
    let path = folder.join("consumer.json");
    if !path.exists() {
        let staged = folder.join(format!("consumer.json.{}", uuid::Uuid::new_v4().simple()));
        let failed = |error| Error::io(&staged, error);
        fs::write(&staged, serde_json::to_vec(&now).unwrap_or_default()).map_err(failed)?;
        let linked = fs::hard_link(&staged, &path);
        fs::remove_file(&staged).map_err(failed)?;
        linked.or_else(|error| if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(failed(error)) })?;
    }
    let text = fs::read(&path).map_err(|error| Error::io(&path, error))?;
    let corrupt = |error: serde_json::Error| Error::Corrupt { path, position: 0, message: error.to_string() };
    serde_json::from_slice(&text).map_err(corrupt)
}

pub(super) fn lock_path(folder: &Path, shard: ShardId) -> PathBuf {
    folder.join(format!("{shard}.lock"))
}

pub(super) fn read_lease(folder: &Path, shard: ShardId) -> Result<LeaseInfo> {
    let path = folder.join(format!("{shard}.json"));
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| Error::Corrupt {
            path,
            position: 0,
            message: error.to_string(),
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(LeaseInfo::new(shard)),
        Err(error) => Err(Error::io(&path, error)),
    }
}

/// Readers see the old lease or the new one, never a mixture.
pub(super) fn write_lease(folder: &Path, info: &LeaseInfo) -> Result<()> {
    let path = folder.join(format!("{}.json", info.lease_key));
    let staged = folder.join(format!("{}.json.tmp", info.lease_key));
    let text = serde_json::to_vec(info).unwrap_or_default();
    fs::write(&staged, text).map_err(|error| Error::io(&staged, error))?;
    fs::rename(&staged, &path).map_err(|error| Error::io(&path, error))
}

pub(super) fn open(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(|error| Error::io(path, error))
}

pub(super) fn try_lock(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) => Err(Error::io(path, error)),
    }
}

/// Names in a folder that may not be there.
pub(super) fn entries(folder: &Path) -> Result<Vec<String>> {
    match fs::read_dir(folder) {
        Ok(found) => Ok(found.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io(folder, error)),
    }
}

pub(super) fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !name.is_empty() && name.len() <= 128 && name.chars().all(allowed) && !name.starts_with('.') {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        message: format!("`{name}` cannot be the name of a consumer\nhint: letters, digits, `_`, `.` and `-`"),
    })
}
