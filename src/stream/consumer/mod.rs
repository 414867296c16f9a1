//! Consumers: a named application reads a stream with several workers, and goes on where it stopped.
//!
//! Every shard has a lease, which is a lock on a file: one worker holds it, and it is free the moment that its process
//! ends, however it ends. The workers of a consumer share the shards evenly. What a consumer has processed is a
//! checkpoint for each shard, written under the lease; a worker that takes a lease over starts there, so that every
//! record is handed out at least once. The children of a split or merge are read when their parents are read to the end.
//!
//! Source of the model: Kinesis Client Library, leases and checkpoints.

mod lease;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use lease::LeaseInfo;
use lease::{Beginning, beginning, check_name, entries, lock_path, open, read_lease, try_lock, write_lease};

use super::error::{Error, Result};
use super::handle::Stream;
use super::reader::{ShardBatch, ShardReader, StartPosition};
use super::sequence::{SequenceNumber, ShardId};
use super::shard::ShardInfo;
use crate::time::Timestamp;

/// How often a worker looks whether leases became free, or are to be shared.
const BALANCE: Duration = Duration::from_millis(500);

/// A worker of a consumer.
#[derive(Debug)]
pub struct Consumer {
    stream: Stream,
    name: String,
    folder: PathBuf,
    start: StartPosition,
    beginning: Beginning,
    worker: String,
    /// Locked while the worker is alive, so that the others can count it.
    _alive: File,
    leases: Vec<Lease>,
    balanced: Option<Instant>,
    /// Where the next poll looks first.
    turn: usize,
}

#[derive(Debug)]
struct Lease {
    info: LeaseInfo,
    _lock: File,
    reader: ShardReader,
    /// The offset behind the last record that was handed out.
    handed_out: u64,
    /// The second in which that record arrived.
    second: u64,
    /// Records that were to be read and are no longer kept.
    trimmed: u64,
    /// No more is read for it: it goes to another worker with the next checkpoint.
    is_surplus: bool,
}

impl Lease {
    /// Whether all that was handed out is processed.
    fn is_settled(&self) -> bool {
        self.handed_out == 0 || self.info.checkpoint.is_some_and(|checkpoint| checkpoint >= self.handed_out)
    }
}

impl Stream {
    /// A worker of the consumer `name`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a name that is none, and the operating system's.
    pub fn consumer(&self, name: &str, start: StartPosition) -> Result<Consumer> {
        check_name(name)?;
        let folder = self.folder().join("consumers").join(name);
        let workers = folder.join("workers");
        fs::create_dir_all(&workers).map_err(|error| Error::io(&workers, error))?;
        let worker = format!("{}-{}", std::process::id(), uuid::Uuid::new_v4().simple());
        let path = workers.join(format!("{worker}.lock"));
        let alive = open(&path)?;
        if !try_lock(&alive, &path)? {
            return Err(Error::InvalidArgument { message: format!("The worker `{worker}` is there already") });
        }
        let shards = self.current()?.all.iter().map(|shard| shard.id.0 + 1).max().unwrap_or(0);
        Ok(Consumer {
            beginning: beginning(&folder, Beginning { known_shards: shards })?,
            stream: self.clone(),
            name: name.to_owned(),
            folder,
            start,
            worker,
            _alive: alive,
            leases: Vec::new(),
            balanced: None,
            turn: 0,
        })
    }

    /// Names of the stream's consumers.
    ///
    /// # Errors
    /// The operating system's.
    pub fn consumers(&self) -> Result<Vec<String>> {
        let folder = self.folder().join("consumers");
        let mut names: Vec<String> = entries(&folder)?;
        names.sort_unstable();
        Ok(names)
    }

    /// The leases of a consumer, a shard each.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a name that is none, and the operating system's.
    pub fn leases(&self, consumer: &str) -> Result<Vec<LeaseInfo>> {
        check_name(consumer)?;
        let folder = self.folder().join("consumers").join(consumer);
        let lease = |shard: &ShardInfo| {
            let mut info = read_lease(&folder, shard.id)?;
            let path = lock_path(&folder, shard.id);
            info.is_held = path.exists() && !try_lock(&open(&path)?, &path)?;
            Ok(info)
        };
        self.refresh()?.iter().map(lease).collect()
    }

    /// Forget a consumer and its checkpoints.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] while a worker of it is alive.
    pub fn delete_consumer(&self, consumer: &str) -> Result<()> {
        if self.leases(consumer)?.iter().any(|lease| lease.is_held) {
            return Err(Error::InvalidArgument {
                message: format!("The consumer `{consumer}` has workers\nhint: close them first"),
            });
        }
        let folder = self.folder().join("consumers").join(consumer);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(&folder, error)),
            _ => Ok(()),
        }
    }
}

impl Consumer {
    /// The consumer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// This worker's name.
    #[must_use]
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// The stream.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The leases that this worker holds.
    #[must_use]
    pub fn held(&self) -> Vec<LeaseInfo> {
        self.leases.iter().map(|lease| lease.info.clone()).collect()
    }

    /// Take free leases up to this worker's share, and give away what is more.
    ///
    /// # Errors
    /// The operating system's, and those of reading.
    pub fn balance(&mut self) -> Result<()> {
        self.balanced = Some(Instant::now());
        let shards = self.readable()?;
        let share = shards.len().div_ceil(self.alive_workers()?.max(1));
        let keeps = share.min(self.leases.len());
        for (place, lease) in self.leases.iter_mut().enumerate() {
            lease.is_surplus = place >= keeps;
        }
        self.leases.retain(|lease| !(lease.is_surplus && lease.is_settled()));
        for shard in shards {
            if self.leases.len() >= share {
                break;
            }
            if !self.leases.iter().any(|lease| lease.info.lease_key == shard)
                && let Some(lease) = self.take(shard)?
            {
                self.leases.push(lease);
            }
        }
        Ok(())
    }

    /// The shards that are to be read: those not read to their end whose parents are, or are gone.
    fn readable(&self) -> Result<Vec<ShardId>> {
        let shards = self.stream.refresh()?;
        // Only a shard that is closed can have ended.
        let mut ended = BTreeMap::new();
        for shard in shards.iter().filter(|shard| !shard.is_open()) {
            ended.insert(shard.id, read_lease(&self.folder, shard.id)?.is_ended);
        }
        let is_over = |shard: &ShardId| *ended.get(shard).unwrap_or(&false);
        let is_gone = |parent: &ShardId| !shards.iter().any(|shard| shard.id == *parent);
        let readable = shards
            .iter()
            .filter(|shard| !is_over(&shard.id) && shard.parents().all(|parent| is_gone(&parent) || is_over(&parent)));
        Ok(readable.map(|shard| shard.id).collect())
    }

    fn take(&self, shard: ShardId) -> Result<Option<Lease>> {
        let path = lock_path(&self.folder, shard);
        let lock = open(&path)?;
        if !try_lock(&lock, &path)? {
            return Ok(None);
        }
        let mut info = read_lease(&self.folder, shard)?;
        if info.lease_owner.as_ref().is_some_and(|owner| *owner != self.worker) {
            info.owner_switches_since_checkpoint += 1;
        }
        info.lease_owner = Some(self.worker.clone());
        info.lease_counter += 1;
        if info.is_ended {
            return Ok(None);
        }
        let position = match info.checkpoint.or(info.start_offset) {
            Some(offset) => StartPosition::AtSequenceNumber(self.stream.sequence_number(shard, offset, Timestamp(0))),
            None if shard.0 >= self.beginning.known_shards => StartPosition::TrimHorizon,
            None => self.start,
        };
        let mut reader = self.stream.reader(shard, &position)?;
        if matches!(position, StartPosition::Latest | StartPosition::AtTimestamp(_)) {
            // Whoever takes the lease over begins at the same place, not at what is the latest then.
            info.start_offset = Some(reader.next_offset());
        }
        write_lease(&self.folder, &info)?;
        let trimmed = reader.take_trimmed();
        Ok(Some(Lease { info, _lock: lock, handed_out: 0, second: 0, trimmed, reader, is_surplus: false }))
    }

    /// How many workers of the consumer are alive; the files of dead ones are removed.
    fn alive_workers(&self) -> Result<usize> {
        let folder = self.folder.join("workers");
        let mut alive = 0;
        for name in entries(&folder)? {
            if name == format!("{}.lock", self.worker) {
                alive += 1;
                continue;
            }
            let path = folder.join(&name);
            // Another worker may have removed it meanwhile.
            let Ok(file) = File::open(&path) else { continue };
            if try_lock(&file, &path)? {
                let _ = fs::remove_file(&path);
            } else {
                alive += 1;
            }
        }
        Ok(alive)
    }

    /// The next records of one of the held shards, at most `limit`; `None` when there are none now.
    ///
    /// # Errors
    /// Those of reading, and the operating system's.
    pub fn poll(&mut self, limit: usize) -> Result<Option<ShardBatch>> {
        if self.balanced.is_none_or(|at| at.elapsed() >= BALANCE) {
            self.balance()?;
        }
        for step in 0..self.leases.len() {
            let place = (self.turn + step) % self.leases.len();
            let Some(lease) = self.leases.get_mut(place).filter(|lease| !lease.is_surplus) else { continue };
            if let Some(batch) = lease.reader.next_batch(limit, Timestamp::MAX)? {
                lease.handed_out = batch.next_offset();
                lease.second = u64::try_from(batch.arrival.millis() / 1000).unwrap_or_default();
                self.turn = place + 1;
                return Ok(Some(batch));
            }
        }
        self.end_shards()?;
        Ok(None)
    }

    /// Say of the shards that were closed and are processed to their end that they are; their children are next.
    fn end_shards(&mut self) -> Result<()> {
        let mut has_ended = false;
        for lease in self.leases.iter_mut().filter(|lease| lease.is_settled()) {
            let shard = self.stream.shard(lease.info.lease_key)?;
            if lease.reader.is_at_end(&shard) {
                lease.info.is_ended = true;
                write_lease(&self.folder, &lease.info)?;
                has_ended = true;
            }
        }
        if has_ended {
            self.leases.retain(|lease| !lease.info.is_ended);
            self.balance()?;
        }
        Ok(())
    }

    /// How many records that were to be read next were no longer kept, since this was asked the last time.
    pub fn take_trimmed(&mut self) -> u64 {
        let take = |lease: &mut Lease| std::mem::take(&mut lease.trimmed) + lease.reader.take_trimmed();
        self.leases.iter_mut().map(take).sum()
    }

    /// Say that everything that was handed out so far is processed, or everything of a shard up to a record.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a record that was not handed out, lies before the checkpoint, or belongs to a
    /// shard whose lease another worker has.
    pub fn checkpoint(&mut self, up_to: Option<SequenceNumber>) -> Result<()> {
        if let Some(number) = up_to {
            self.checkpoint_at(number)?;
        } else {
            for lease in self.leases.iter_mut().filter(|lease| lease.handed_out > 0) {
                settle(&self.folder, lease, lease.handed_out, lease.second)?;
            }
        }
        self.leases.retain(|lease| !(lease.is_surplus && lease.is_settled()));
        self.end_shards()
    }

    fn checkpoint_at(&mut self, number: SequenceNumber) -> Result<()> {
        let refused = |message: String| Err(Error::InvalidArgument { message });
        let Some(lease) = self.leases.iter_mut().find(|lease| lease.info.lease_key == number.shard) else {
            return refused(format!("This worker does not hold the lease of {}", number.shard));
        };
        let offset = number.offset + 1;
        if offset > lease.handed_out {
            return refused(format!("The record {number} was not handed out yet"));
        }
        if lease.info.checkpoint.is_some_and(|checkpoint| offset < checkpoint) {
            return refused(format!("The record {number} lies before the checkpoint, which never goes back"));
        }
        settle(&self.folder, lease, offset, number.arrival_second)
    }

    /// How long ago the next record arrived that is not handed out, in milliseconds; 0 when there is none.
    ///
    /// # Errors
    /// Those of reading.
    pub fn millis_behind_latest(&mut self) -> Result<i64> {
        let now = self.stream.now();
        let mut most = 0;
        for lease in &mut self.leases {
            if let Some(arrival) = lease.reader.peek_arrival()? {
                most = most.max(now.millis() - arrival.millis());
            }
        }
        Ok(most)
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.folder.join("workers").join(format!("{}.lock", self.worker)));
    }
}

/// Write a checkpoint.
fn settle(folder: &Path, lease: &mut Lease, offset: u64, second: u64) -> Result<()> {
    if lease.info.checkpoint == Some(offset) {
        return Ok(());
    }
    lease.info.checkpoint = Some(offset);
    lease.info.checkpoint_second = second;
    lease.info.owner_switches_since_checkpoint = 0;
    write_lease(folder, &lease.info)
}

#[cfg(test)]
mod tests;
