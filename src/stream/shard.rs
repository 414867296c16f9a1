//! The shards of a stream as one process sees them: what the manifest said when it was last read.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::appender::{Appender, AppenderOptions};
use super::error::{Error, Result};
use super::hash::HashRange;
use super::manifest::{Manifest, ManifestShard, OpenManifest};
use super::retention::Retention;
use super::sequence::{SequenceNumber, ShardId};
use crate::time::Timestamp;

/// Offset in the sequence number that ends a closed shard. Source: the numbers of the service.
const END_OFFSET: u64 = 0x7fff_ffff_ffff_ffff;

/// What can be done with a shard. Source: Kinesis Developer Guide, data routing and shard states after a reshard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardState {
    /// Written and read.
    Open,
    /// Read only: it was split or merged.
    Closed,
    /// All of its records are past their retention.
    Expired,
}

impl ShardState {
    /// `OPEN`, `CLOSED`, `EXPIRED`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// A shard as its stream describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardInfo {
    /// Its id.
    pub id: ShardId,
    /// The hashes of its partition keys.
    pub range: HashRange,
    /// The shard that was split or merged into this one.
    pub parent: Option<ShardId>,
    /// The other one of a merge.
    pub adjacent_parent: Option<ShardId>,
    /// Second in which it was made, since 1970: a part of its sequence numbers.
    pub created_second: u64,
    /// The offset behind its last record, once it is closed.
    pub end_offset: Option<u64>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl ShardInfo {
    fn new(shard: &ManifestShard, stream_created: u64) -> Self {
        Self {
            id: shard.id,
            range: shard.range,
            parent: shard.parents.first().copied(),
            adjacent_parent: shard.parents.get(1).copied(),
            created_second: shard.created_second.unwrap_or(stream_created),
            end_offset: shard.closed.map(|closed| closed.offset),
            closed_at: shard.closed.map(|closed| Timestamp(closed.at)),
        }
    }

    /// The shards that are to be read before this one.
    pub fn parents(&self) -> impl Iterator<Item = ShardId> {
        self.parent.into_iter().chain(self.adjacent_parent)
    }

    /// Whether it takes records.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.end_offset.is_none()
    }

    /// The place of a record of this shard in the API's form.
    #[must_use]
    pub fn sequence_number(&self, offset: u64, arrival: Timestamp) -> SequenceNumber {
        SequenceNumber {
            shard: self.id,
            offset,
            arrival_second: u64::try_from(arrival.millis() / 1000).unwrap_or(0),
            created_second: self.created_second,
        }
    }

    /// The number before all of its records.
    #[must_use]
    pub fn starting_sequence_number(&self) -> SequenceNumber {
        let created = i64::try_from(self.created_second).unwrap_or(0);
        self.sequence_number(0, Timestamp(created.saturating_mul(1000)))
    }

    /// The number behind all of its records, once it is closed.
    #[must_use]
    pub fn ending_sequence_number(&self) -> Option<SequenceNumber> {
        self.closed_at.map(|closed| self.sequence_number(END_OFFSET, closed))
    }
}

/// The shards, and the writing ends of the open ones.
#[derive(Debug)]
pub(super) struct ShardTable {
    manifest: OpenManifest,
    /// All that ever were, by id.
    pub(super) all: Vec<ShardInfo>,
    pub(super) retention: Retention,
    /// The open ones by their first hash, with what writes to them.
    pub(super) open: Vec<(ShardInfo, Arc<Mutex<Appender>>)>,
    /// First hashes of the open ones.
    pub(super) starts: Vec<u128>,
}

impl ShardTable {
    /// The table of a manifest; writing ends that `before` has stay as they are.
    pub(super) fn new(
        folder: &Path,
        manifest: &Manifest,
        file: OpenManifest,
        options: &AppenderOptions,
        before: Option<&Self>,
    ) -> Result<Self> {
        let all: Vec<ShardInfo> =
            manifest.shards.iter().map(|shard| ShardInfo::new(shard, manifest.created_second)).collect();
        let mut open = Vec::new();
        for (shard, info) in manifest.shards.iter().zip(&all).filter(|(shard, _)| shard.closed.is_none()) {
            let known = before.and_then(|table| table.open.iter().find(|(known, _)| known.id == shard.id));
            let appender = match known {
                Some((_, appender)) => Arc::clone(appender),
                None => {
                    let shard_folder = folder.join(shard.id.to_string());
                    Arc::new(Mutex::new(Appender::open(&shard_folder, options, Timestamp(shard.opened))?))
                }
            };
            open.push((*info, appender));
        }
        open.sort_unstable_by_key(|(info, _)| info.range.start);
        let starts = open.iter().map(|(info, _)| info.range.start).collect();
        Ok(Self { manifest: file, all, retention: manifest.retention, open, starts })
    }

    /// Whether no later manifest has come.
    pub(super) fn is_current(&self) -> Result<bool> {
        self.manifest.is_current()
    }

    pub(super) fn find(&self, stream: &str, id: ShardId) -> Result<&ShardInfo> {
        self.all
            .iter()
            .find(|shard| shard.id == id)
            .ok_or_else(|| Error::UnknownShard { name: stream.to_owned(), shard: id.to_string() })
    }

    /// The shard of the stream's making that became `id`, by the first parent of each.
    pub(super) fn first_ancestor(&self, id: ShardId) -> ShardId {
        let parent = |id: ShardId| self.all.iter().find(|shard| shard.id == id).and_then(|shard| shard.parent);
        std::iter::successors(Some(id), |id| parent(*id)).last().unwrap_or(id)
    }

    /// What can be done with a shard at the moment `now`.
    pub(super) fn state(&self, shard: &ShardInfo, now: Timestamp) -> ShardState {
        match shard.closed_at {
            None => ShardState::Open,
            Some(closed) if closed < self.retention.horizon(now) => ShardState::Expired,
            Some(_) => ShardState::Closed,
        }
    }

    /// The shards that have not expired, by id.
    pub(super) fn listed(&self, now: Timestamp) -> Vec<ShardInfo> {
        self.all.iter().filter(|shard| self.state(shard, now) != ShardState::Expired).copied().collect()
    }
}
