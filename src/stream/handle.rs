//! A stream in use: puts, readers, the barrier.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::appender::{Appender, Durability, segment_name, segments};
use super::block::RecordBlock;
use super::error::{Error, Result};
use super::frame::PendingFrame;
use super::hash::{HashRange, Router};
use super::reader::{ShardReader, StartPosition};
use super::sequence::{SequenceNumber, ShardId};
use super::store::Manifest;
use crate::time::{Clock, Timestamp};

/// Frames hold about this much: a reader keeps one in memory.
const FRAME_BYTES: usize = 4 * 1024 * 1024;
/// Records of a frame, so that consumers of tiny records are not handed millions at once.
const FRAME_RECORDS: usize = 65_536;
/// How often a waiting reader looks at the files.
const POLL: Duration = Duration::from_millis(2);

/// A shard as its stream describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardInfo {
    /// Its id.
    pub id: ShardId,
    /// The hashes of its partition keys.
    pub range: HashRange,
}

/// What a put wrote to one shard.
#[derive(Clone, Copy, Debug)]
pub struct ShardPut {
    /// The shard.
    pub shard: ShardId,
    /// Records written.
    pub records: u64,
    /// The first one's place.
    pub first: SequenceNumber,
    /// The last one's place.
    pub last: SequenceNumber,
}

/// What a put wrote.
#[derive(Clone, Debug, Default)]
pub struct PutSummary {
    /// Records acknowledged: all of the block.
    pub records: u64,
    /// Bytes of data and keys.
    pub bytes: u64,
    /// By shard; shards that got nothing are left out.
    pub shards: Vec<ShardPut>,
}

/// A stream. Cheap to clone; all clones write through the same files.
#[derive(Clone, Debug)]
pub struct Stream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    folder: PathBuf,
    created_second: u64,
    shards: Vec<ShardInfo>,
    starts: Vec<u128>,
    appenders: Vec<Mutex<Appender>>,
    clock: Arc<dyn Clock>,
    process: u32,
}

impl Stream {
    pub(crate) fn open(
        folder: &Path,
        manifest: &Manifest,
        clock: Arc<dyn Clock>,
        durability: Durability,
    ) -> Result<Self> {
        let shards: Vec<ShardInfo> =
            manifest.shards.iter().map(|shard| ShardInfo { id: shard.id, range: shard.range }).collect();
        let open = |shard: &ShardInfo| {
            Appender::open(&folder.join(shard.id.to_string()), Arc::clone(&clock), durability).map(Mutex::new)
        };
        let appenders = shards.iter().map(open).collect::<Result<Vec<_>>>()?;
        let starts = shards.iter().map(|shard| shard.range.start).collect();
        Ok(Self(Arc::new(Inner {
            name: manifest.name.clone(),
            folder: folder.to_owned(),
            created_second: manifest.created_second,
            shards,
            starts,
            appenders,
            clock,
            process: std::process::id(),
        })))
    }

    /// The stream's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0.folder
    }

    pub(super) fn appenders(&self) -> &[Mutex<Appender>] {
        &self.0.appenders
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Its shards, in order of their hash ranges.
    #[must_use]
    pub fn shards(&self) -> &[ShardInfo] {
        &self.0.shards
    }

    /// Write records, each to the shard of its partition key, keeping their order per shard.
    ///
    /// When this returns, all of them are in the operating system (or on disk, by [`Durability`]). On an error some shards may have got
    /// theirs: putting the block again writes those a second time, with new sequence numbers.
    ///
    /// # Errors
    /// [`Error::NoSpace`], [`Error::Forked`], [`Error::Corrupt`], and the operating system's.
    pub fn put_block(&self, block: &RecordBlock) -> Result<PutSummary> {
        self.check_process()?;
        let mut summary = PutSummary { records: block.len() as u64, bytes: block.bytes() as u64, shards: Vec::new() };
        let small = block.bytes() <= FRAME_BYTES && block.len() <= FRAME_RECORDS;
        if block.is_empty() {
            return Ok(summary);
        }
        if self.0.shards.len() == 1 && small {
            self.append(0, &mut PendingFrame::build_whole(block), block.len(), &mut summary)?;
            return Ok(summary);
        }
        for (shard, records) in self.route(block).iter().enumerate() {
            for part in frame_parts(block, records) {
                self.append(shard, &mut PendingFrame::build(block, part), part.len(), &mut summary)?;
            }
        }
        Ok(summary)
    }

    /// The records of each shard.
    fn route(&self, block: &RecordBlock) -> Vec<Vec<u32>> {
        let shards = self.0.shards.len();
        let mut routed: Vec<Vec<u32>> = (0..shards).map(|_| Vec::with_capacity(block.len() / shards + 1)).collect();
        let mut router = Router::new(&self.0.starts);
        for record in 0..block.len() {
            let shard = if shards == 1 { 0 } else { router.route(block.key(record)) };
            routed[shard].push(record as u32);
        }
        routed
    }

    fn append(&self, shard: usize, frame: &mut PendingFrame, records: usize, summary: &mut PutSummary) -> Result<()> {
        let appended = self.0.appenders[shard].lock().unwrap_or_else(PoisonError::into_inner).append(frame)?;
        let id = self.0.shards[shard].id;
        let first = self.sequence_number(id, appended.base, appended.arrival);
        let last = self.sequence_number(id, appended.base + records as u64 - 1, appended.arrival);
        match summary.shards.iter_mut().find(|put| put.shard == id) {
            Some(put) => {
                put.records += records as u64;
                put.last = last;
            }
            None => summary.shards.push(ShardPut { shard: id, records: records as u64, first, last }),
        }
        Ok(())
    }

    /// The place of a record in the API's form.
    #[must_use]
    pub fn sequence_number(&self, shard: ShardId, offset: u64, arrival: Timestamp) -> SequenceNumber {
        SequenceNumber {
            shard,
            offset,
            arrival_second: u64::try_from(arrival.millis() / 1000).unwrap_or(0),
            created_second: self.0.created_second,
        }
    }

    /// A reader of one shard.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a shard that the stream does not have, or a sequence number of another shard or stream.
    pub fn reader(&self, shard: ShardId, start: &StartPosition) -> Result<ShardReader> {
        if !self.0.shards.iter().any(|info| info.id == shard) {
            return Err(Error::InvalidArgument {
                message: format!("The stream `{}` has no shard {shard}", self.name()),
            });
        }
        if let StartPosition::AtSequenceNumber(number) | StartPosition::AfterSequenceNumber(number) = start
            && number.created_second != self.0.created_second
        {
            return Err(Error::InvalidArgument {
                message: format!("The sequence number {number} belongs to another stream than `{}`", self.name()),
            });
        }
        ShardReader::open(&self.0.folder.join(shard.to_string()), shard, start)
    }

    /// The present instant, after which every record stamped before it is visible to readers.
    ///
    /// # Errors
    /// [`Error::Forked`], and the operating system's.
    pub fn barrier(&self) -> Result<Timestamp> {
        self.check_process()?;
        let now = self.0.clock.now();
        for appender in &self.0.appenders {
            appender.lock().unwrap_or_else(PoisonError::into_inner).barrier()?;
        }
        Ok(now)
    }

    /// A number that changes with every frame written, by any process.
    ///
    /// # Errors
    /// The operating system's.
    pub fn written_bytes(&self) -> Result<u64> {
        let mut total = 0;
        for shard in &self.0.shards {
            let folder = self.0.folder.join(shard.id.to_string());
            let all = segments(&folder)?;
            if let Some(&newest) = all.last() {
                let path = folder.join(segment_name(newest));
                total += newest + std::fs::metadata(&path).map_err(|error| Error::io(&path, error))?.len();
            }
        }
        Ok(total)
    }

    /// Wait until more has been written than `seen` of [`Stream::written_bytes`], at most `timeout`; gives the new number.
    ///
    /// # Errors
    /// The operating system's.
    pub fn wait_for_data(&self, seen: u64, timeout: Duration) -> Result<u64> {
        let deadline = Instant::now() + timeout;
        loop {
            let written = self.written_bytes()?;
            if written != seen || Instant::now() >= deadline {
                return Ok(written);
            }
            std::thread::sleep(POLL);
        }
    }

    fn check_process(&self) -> Result<()> {
        if self.0.process == std::process::id() { Ok(()) } else { Err(Error::Forked { name: self.0.name.clone() }) }
    }
}

/// The records of one shard, cut to frames.
fn frame_parts<'a>(block: &RecordBlock, records: &'a [u32]) -> Vec<&'a [u32]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (place, &record) in records.iter().enumerate() {
        let size = block.data(record as usize).len() + block.key(record as usize).len();
        if place > start && (bytes + size > FRAME_BYTES || place - start >= FRAME_RECORDS) {
            parts.push(&records[start..place]);
            (start, bytes) = (place, 0);
        }
        bytes += size;
    }
    if start < records.len() {
        parts.push(&records[start..]);
    }
    parts
}
