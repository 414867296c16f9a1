//! Resharding: shards are split and merged while they are read and written.
//!
//! The parents' locks are taken, so that nobody is writing to them; where they end is found; and one new manifest closes
//! them and opens their children. Before it nothing has changed but for empty folders, behind it everything has. A
//! writer that waited for a parent's lock finds the new manifest and goes on in the children.
//!
//! Source: Kinesis Data Streams Developer Guide, resharding; API reference, SplitShard, MergeShards, UpdateShardCount.

use std::collections::HashMap;
use std::fs;

use super::appender::{Appender, ShardEnd};
use super::error::{Error, Result};
use super::handle::Stream;
use super::hash::HashRange;
use super::manifest::{Closed, Manifest, ManifestLock, ManifestShard};
use super::retention::{Retention, trim};
use super::sequence::ShardId;
use super::shard::ShardState;
use super::store::MOST_SHARDS;
use crate::time::Timestamp;

impl Stream {
    /// Split a shard into two, the second of which begins at a hash: the middle one when none is given.
    ///
    /// # Errors
    /// [`Error::UnknownShard`], [`Error::ClosedShard`]; [`Error::InvalidArgument`] for a hash outside of the shard or at
    /// its ends.
    pub fn split_shard(&self, shard: ShardId, new_starting_hash: Option<u128>) -> Result<()> {
        self.reshard(|changes| {
            let range = changes.range(shard)?;
            let middle = range.start + (range.end - range.start) / 2 + 1;
            let start = new_starting_hash.unwrap_or(middle);
            if start <= range.start.saturating_add(1) || start >= range.end {
                return Err(Error::InvalidArgument {
                    message: format!(
                        "The hash key {start} does not split {shard}: it must lie between {} and {}",
                        range.start.saturating_add(2),
                        range.end.saturating_sub(1)
                    ),
                });
            }
            changes.split(shard, start)
        })
    }

    /// Merge two shards whose hashes are adjacent.
    ///
    /// # Errors
    /// [`Error::UnknownShard`], [`Error::ClosedShard`]; [`Error::InvalidArgument`] when they are not adjacent.
    pub fn merge_shards(&self, shard: ShardId, adjacent: ShardId) -> Result<()> {
        self.reshard(|changes| changes.merge(shard, adjacent))
    }

    /// Split and merge, in one change, until there are `shards` open shards of equal ranges.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a number of shards that a stream cannot have.
    pub fn update_shard_count(&self, shards: u32) -> Result<()> {
        if shards == 0 || shards > MOST_SHARDS {
            return Err(Error::InvalidArgument {
                message: format!("A stream has 1 to {MOST_SHARDS} shards, not {shards}"),
            });
        }
        self.reshard(|changes| {
            let ranges = HashRange::divide(shards);
            for range in &ranges {
                let open = changes.open();
                let holder =
                    open.iter().find(|shard| shard.range.start < range.start && range.start <= shard.range.end);
                if let Some(holder) = holder.map(|shard| shard.id) {
                    changes.split(holder, range.start)?;
                }
            }
            for range in &ranges {
                loop {
                    let open = changes.open();
                    let inside: Vec<ShardId> = open
                        .iter()
                        .filter(|shard| shard.range.start >= range.start && shard.range.end <= range.end)
                        .map(|shard| shard.id)
                        .collect();
                    let [first, second, ..] = inside[..] else { break };
                    changes.merge(first, second)?;
                }
            }
            Ok(())
        })
    }

    /// What is kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        self.table().retention
    }

    /// Change what is kept, and trim what no longer is.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for hours outside of the API's, and the operating system's.
    pub fn set_retention(&self, retention: Retention) -> Result<()> {
        retention.checked()?;
        {
            let _lock = ManifestLock::take(self.folder())?;
            let mut manifest = self.load()?;
            if manifest.retention != retention {
                manifest.retention = retention;
                manifest.replace(self.folder())?;
            }
        }
        self.trim_expired().map(|_| ())
    }

    /// Remove the files whose records have all expired; gives how many went. Writers do so themselves when they begin
    /// a file.
    ///
    /// # Errors
    /// The operating system's.
    pub fn trim_expired(&self) -> Result<u64> {
        let (table, now) = (self.current()?, self.now());
        let mut removed = 0;
        for shard in &table.all {
            let has_expired = table.state(shard, now) == ShardState::Expired;
            removed += trim(&self.folder().join(shard.id.to_string()), table.retention, now, has_expired)?;
        }
        Ok(removed)
    }

    fn load(&self) -> Result<Manifest> {
        match Manifest::load(self.folder())? {
            Some((manifest, _)) => Ok(manifest),
            None => Err(Error::NotFound { name: self.name().to_owned(), hint: String::new() }),
        }
    }

    fn reshard(&self, change: impl FnOnce(&mut Changes<'_>) -> Result<()>) -> Result<()> {
        self.check_process()?;
        let _lock = ManifestLock::take(self.folder())?;
        let manifest = self.load()?;
        let before = manifest.shards.len();
        let mut changes = Changes { stream: self, manifest, before, held: HashMap::new() };
        change(&mut changes)?;
        let mut manifest = changes.manifest;
        if manifest.shards.len() == before {
            return Ok(());
        }
        for shard in &manifest.shards[before..] {
            let folder = self.folder().join(shard.id.to_string());
            fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
        }
        manifest.replace(self.folder())?;
        // Now the parents' locks go, and their writers find the children.
        drop(changes.held);
        self.current().map(|_| ())
    }
}

/// A manifest that is being changed, and the locks that this needs.
struct Changes<'a> {
    stream: &'a Stream,
    manifest: Manifest,
    /// How many shards there were.
    before: usize,
    /// The locks of the shards that are closed, and where those end.
    held: HashMap<ShardId, (Appender, ShardEnd)>,
}

impl Changes<'_> {
    /// The open shards by their hashes.
    fn open(&self) -> Vec<ManifestShard> {
        let mut open: Vec<_> = self.manifest.shards.iter().filter(|shard| shard.closed.is_none()).cloned().collect();
        open.sort_unstable_by_key(|shard| shard.range.start);
        open
    }

    /// The hashes of an open shard.
    fn range(&self, id: ShardId) -> Result<HashRange> {
        let (name, shard) = (self.stream.name().to_owned(), id.to_string());
        match self.manifest.shards.iter().find(|shard| shard.id == id) {
            None => Err(Error::UnknownShard { name, shard }),
            Some(found) if found.closed.is_some() => Err(Error::ClosedShard { name, shard }),
            Some(found) => Ok(found.range),
        }
    }

    fn split(&mut self, id: ShardId, start: u128) -> Result<()> {
        let range = self.range(id)?;
        let opened = self.close(id)?;
        self.add(HashRange { start: range.start, end: start - 1 }, vec![id], opened);
        self.add(HashRange { start, end: range.end }, vec![id], opened);
        Ok(())
    }

    fn merge(&mut self, id: ShardId, adjacent: ShardId) -> Result<()> {
        let (one, two) = (self.range(id)?, self.range(adjacent)?);
        let joined = match (one.end.checked_add(1) == Some(two.start), two.end.checked_add(1) == Some(one.start)) {
            (true, _) => HashRange { start: one.start, end: two.end },
            (_, true) => HashRange { start: two.start, end: one.end },
            _ => {
                return Err(Error::InvalidArgument {
                    message: format!(
                        "The shards {id} and {adjacent} cannot be merged: their hash keys are not adjacent"
                    ),
                });
            }
        };
        let opened = self.close(id)?.max(self.close(adjacent)?);
        self.add(joined, vec![id, adjacent], opened);
        Ok(())
    }

    /// Close a shard; gives the arrival of its last record, or when it was opened itself.
    fn close(&mut self, id: ShardId) -> Result<i64> {
        let now = self.stream.now().millis();
        let Some(place) = self.manifest.shards.iter().position(|shard| shard.id == id) else { return Ok(now) };
        let shard = &mut self.manifest.shards[place];
        // A shard that this very change has made is empty, and not there yet.
        let end = if place < self.before {
            let folder = self.stream.folder().join(id.to_string());
            let mut appender = Appender::open(&folder, self.stream.appender_options(), Timestamp(shard.opened))?;
            let end = appender.hold()?;
            self.held.insert(id, (appender, end));
            end
        } else {
            ShardEnd { offset: 0, last_arrival: Timestamp(shard.opened) }
        };
        let last = end.last_arrival.millis();
        shard.closed = Some(Closed { offset: end.offset, at: now.max(last) });
        Ok(last)
    }

    fn add(&mut self, range: HashRange, parents: Vec<ShardId>, opened: i64) {
        let next = self.manifest.shards.iter().map(|shard| shard.id.0 + 1).max().unwrap_or(0);
        let created = u64::try_from(self.stream.now().millis() / 1000).unwrap_or(0);
        self.manifest.shards.push(ManifestShard {
            id: ShardId(next),
            range,
            parents,
            created_second: Some(created),
            opened,
            closed: None,
        });
    }
}
