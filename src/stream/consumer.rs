//! Consumers: a named application reads a stream with several workers, and goes on where it stopped.
//!
//! Every shard has a lease, which is a lock on a file: one worker holds it, and it is free the moment that its process
//! ends, however it ends. The workers of a consumer share the shards evenly. What a consumer has processed is a
//! checkpoint for each shard, written under the lease; a worker that takes a lease over starts there, so that every
//! record is handed out at least once.
//!
//! Source of the model: Kinesis Client Library, leases and checkpoints.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::handle::Stream;
use super::reader::{ShardBatch, ShardReader, StartPosition};
use super::sequence::{SequenceNumber, ShardId};
use crate::time::Timestamp;

/// How often a worker looks whether leases became free, or are to be shared.
const BALANCE: Duration = Duration::from_millis(500);

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
    /// How often another worker took it since the last checkpoint.
    pub owner_switches_since_checkpoint: u64,
}

impl LeaseInfo {
    fn new(shard: ShardId) -> Self {
        Self {
            lease_key: shard,
            lease_owner: None,
            is_held: false,
            lease_counter: 0,
            checkpoint: None,
            checkpoint_second: 0,
            owner_switches_since_checkpoint: 0,
        }
    }
}

/// A worker of a consumer.
#[derive(Debug)]
pub struct Consumer {
    stream: Stream,
    name: String,
    folder: PathBuf,
    start: StartPosition,
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
        Ok(Consumer {
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
        let lease = |shard: ShardId| {
            let mut info = read_lease(&folder, shard)?;
            let path = lock_path(&folder, shard);
            info.is_held = path.exists() && !try_lock(&open(&path)?, &path)?;
            Ok(info)
        };
        self.shards().iter().map(|shard| lease(shard.id)).collect()
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
        let shards: Vec<ShardId> = self.stream.shards().iter().map(|shard| shard.id).collect();
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
        write_lease(&self.folder, &info)?;
        let position = match info.checkpoint {
            Some(offset) => StartPosition::AtSequenceNumber(self.stream.sequence_number(shard, offset, Timestamp(0))),
            None => self.start,
        };
        let reader = self.stream.reader(shard, &position)?;
        Ok(Some(Lease { info, _lock: lock, handed_out: 0, second: 0, reader, is_surplus: false }))
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
        Ok(None)
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
        Ok(())
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

fn lock_path(folder: &Path, shard: ShardId) -> PathBuf {
    folder.join(format!("{shard}.lock"))
}

fn read_lease(folder: &Path, shard: ShardId) -> Result<LeaseInfo> {
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
fn write_lease(folder: &Path, info: &LeaseInfo) -> Result<()> {
    let path = folder.join(format!("{}.json", info.lease_key));
    let staged = folder.join(format!("{}.json.tmp", info.lease_key));
    let text = serde_json::to_vec(info).unwrap_or_default();
    fs::write(&staged, text).map_err(|error| Error::io(&staged, error))?;
    fs::rename(&staged, &path).map_err(|error| Error::io(&path, error))
}

fn open(path: &Path) -> Result<File> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    opened.map_err(|error| Error::io(path, error))
}

fn try_lock(file: &File, path: &Path) -> Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) => Err(Error::io(path, error)),
    }
}

/// Names in a folder that may not be there.
fn entries(folder: &Path) -> Result<Vec<String>> {
    match fs::read_dir(folder) {
        Ok(found) => Ok(found.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io(folder, error)),
    }
}

fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !name.is_empty() && name.len() <= 128 && name.chars().all(allowed) && !name.starts_with('.') {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        message: format!("`{name}` cannot be the name of a consumer\nhint: letters, digits, `_`, `.` and `-`"),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::stream::{Durability, RecordBlock, StreamOptions, StreamStore};
    use crate::time::SystemClock;

    fn stream(shards: u32) -> (tempfile::TempDir, Stream) {
        let folder = tempfile::tempdir().unwrap();
        let store = StreamStore::new(folder.path(), Arc::new(SystemClock));
        let stream = store.create("s", &StreamOptions { shards, durability: Durability::Os }).unwrap();
        (folder, stream)
    }

    fn put(stream: &Stream, from: u32, count: u32) {
        let mut block = RecordBlock::new();
        for number in from..from + count {
            block.push(number.to_string().as_bytes(), &number.to_string()).unwrap();
        }
        stream.put_block(&block).unwrap();
    }

    fn drain(consumer: &mut Consumer) -> Vec<u32> {
        let mut found = Vec::new();
        while let Some(batch) = consumer.poll(1000).unwrap() {
            found.extend(
                batch.data.iter().map(|data| std::str::from_utf8(data.unwrap()).unwrap().parse::<u32>().unwrap()),
            );
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn a_consumer_goes_on_behind_its_checkpoint() {
        let (_folder, stream) = stream(3);
        put(&stream, 0, 100);
        let mut consumer = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
        assert_eq!(drain(&mut consumer), (0..100).collect::<Vec<_>>());
        consumer.checkpoint(None).unwrap();
        put(&stream, 100, 10);
        assert_eq!(drain(&mut consumer).len(), 10);
        drop(consumer);
        // What was handed out and not settled comes again.
        let mut again = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
        assert_eq!(drain(&mut again), (100..110).collect::<Vec<_>>());
        assert!(again.held().iter().all(|lease| lease.owner_switches_since_checkpoint == 1));
        assert_eq!(stream.consumers().unwrap(), ["c"]);
        assert!(stream.delete_consumer("c").is_err());
        drop(again);
        stream.delete_consumer("c").unwrap();
        assert!(stream.consumers().unwrap().is_empty());
    }

    #[test]
    fn workers_share_the_shards_and_take_over_from_the_dead() {
        let (_folder, stream) = stream(4);
        put(&stream, 0, 200);
        let mut one = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
        one.balance().unwrap();
        assert_eq!(one.held().len(), 4);
        let first = one.poll(10).unwrap().unwrap();
        let mut other = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
        one.balance().unwrap();
        other.balance().unwrap();
        assert!(other.held().len() <= 2);
        let mut seen = drain(&mut one);
        seen.extend(first.data.iter().map(|data| std::str::from_utf8(data.unwrap()).unwrap().parse::<u32>().unwrap()));
        one.checkpoint(None).unwrap();
        other.balance().unwrap();
        assert_eq!((one.held().len(), other.held().len()), (2, 2));
        drop(one);
        seen.extend(drain(&mut other));
        other.balance().unwrap();
        assert_eq!(other.held().len(), 4);
        seen.extend(drain(&mut other));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
        assert!(stream.leases("c").unwrap().iter().all(|lease| lease.is_held));
    }

    #[test]
    fn a_checkpoint_never_goes_back_nor_ahead_of_what_was_read() {
        let (_folder, stream) = stream(1);
        put(&stream, 0, 10);
        let mut consumer = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
        let number = |offset| stream.sequence_number(ShardId(0), offset, Timestamp(0));
        assert!(consumer.checkpoint(Some(number(0))).is_err());
        consumer.poll(5).unwrap().unwrap();
        consumer.checkpoint(Some(number(3))).unwrap();
        assert!(consumer.checkpoint(Some(number(7))).is_err());
        assert!(consumer.checkpoint(Some(number(1))).is_err());
        assert!(consumer.millis_behind_latest().unwrap() >= 0);
        drop(consumer);
        let mut again = stream.consumer("c", StartPosition::Latest).unwrap();
        assert_eq!(drain(&mut again), (4..10).collect::<Vec<_>>());
        assert!(stream.consumer("../x", StartPosition::Latest).is_err());
    }
}
