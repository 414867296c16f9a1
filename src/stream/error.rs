//! What can go wrong with a stream. The variants carry the service's own error codes.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::sequence::ShardId;

/// An error of a stream.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No stream of that name.
    #[error("There is no stream `{name}`{hint}")]
    NotFound {
        /// The name asked for.
        name: String,
        /// A line with the nearest name, or nothing.
        hint: String,
    },
    /// The stream has no such shard.
    #[error("The stream `{name}` has no shard `{shard}`\nhint: `describe()` lists its shards")]
    UnknownShard {
        /// The stream.
        name: String,
        /// The shard asked for.
        shard: String,
    },
    /// The shard takes no more records, and cannot be split or merged.
    #[error(
        "The shard `{shard}` of the stream `{name}` is closed\nhint: its children are open; `describe()` lists them"
    )]
    ClosedShard {
        /// The stream.
        name: String,
        /// The shard asked for.
        shard: String,
    },
    /// A stream of that name exists.
    #[error("The stream `{name}` exists already\nhint: open it instead of creating it")]
    InUse {
        /// The name.
        name: String,
    },
    /// The stream exists with another number of shards.
    #[error("The stream `{name}` has {found} shards, not {wanted}\nhint: leave `shards` out to open it as it is")]
    DifferentShards {
        /// The name.
        name: String,
        /// Shards that it has.
        found: usize,
        /// Shards asked for.
        wanted: usize,
    },
    /// A name, key, size or position is outside of the API's rules.
    #[error("{message}")]
    InvalidArgument {
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A call does not have the shape that the API allows.
    #[error("{message}")]
    Validation {
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A shard was asked for more than the service gives in a second.
    #[error("The rate of the shard {shard} of the stream `{name}` is exceeded\nhint: try again after a moment")]
    Throughput {
        /// The stream.
        name: String,
        /// The shard.
        shard: ShardId,
    },
    /// An iterator was used too late.
    #[error(
        "The iterator is {seconds} seconds old, and expired after 300\nhint: get another one behind the last record"
    )]
    ExpiredIterator {
        /// Its age.
        seconds: i64,
    },
    /// The disk is full; nothing of the batch was acknowledged.
    #[error(
        "No space is left on the device that holds `{path}`\nhint: free some space and put the batch again; none of it was acknowledged"
    )]
    NoSpace {
        /// The segment file.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error("No permission to use `{path}`\nhint: check the folder's owner and mode")]
    PermissionDenied {
        /// The file or folder.
        path: PathBuf,
    },
    /// A frame in the middle of the log fails its checksum.
    #[error(
        "The stream's file `{path}` is damaged at byte {position}: {message}\nhint: restore the file from a backup; nothing was changed"
    )]
    Corrupt {
        /// The segment file.
        path: PathBuf,
        /// Where the bad frame begins.
        position: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The stream's files were written by a later version.
    #[error("`{path}` has format version {found}, this bayou reads up to {known}\nhint: upgrade bayou")]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest known version.
        known: u32,
    },
    /// A handle was used in a forked child.
    #[error(
        "The stream `{name}` was opened before this process was forked\nhint: open it again in the child, or start processes with `spawn`"
    )]
    Forked {
        /// The stream.
        name: String,
    },
    /// Any other error of the operating system.
    #[error("The stream's file `{path}` cannot be used: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The API's code for the error, such as `ResourceNotFoundException`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } | Self::UnknownShard { .. } => "ResourceNotFoundException",
            Self::InUse { .. } | Self::DifferentShards { .. } => "ResourceInUseException",
            Self::InvalidArgument { .. } | Self::ClosedShard { .. } => "InvalidArgumentException",
            Self::Validation { .. } => "ValidationException",
            Self::Throughput { .. } => "ProvisionedThroughputExceededException",
            Self::ExpiredIterator { .. } => "ExpiredIteratorException",
            Self::NoSpace { .. }
            | Self::PermissionDenied { .. }
            | Self::Corrupt { .. }
            | Self::NewerFormat { .. }
            | Self::Forked { .. }
            | Self::Io { .. } => "InternalFailure",
        }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::NoSpace { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::PermissionDenied { path },
            _ => Self::Io { path, source },
        }
    }
}
