//! A stream in use: puts, readers, the barrier.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::appender::AppenderOptions;
use super::block::RecordBlock;
use super::error::{Error, Result};
use super::frame::PendingFrame;
use super::hash::Router;
use super::manifest::{Manifest, OpenManifest};
use super::reader::{ShardReader, StartPosition};
use super::segment::{segment_name, segments};
use super::sequence::{SequenceNumber, ShardId};
use super::shard::{ShardInfo, ShardState, ShardTable};
use crate::time::Timestamp;

/// Frames hold about this much: a reader keeps one in memory.
const FRAME_BYTES: usize = 4 * 1024 * 1024;
/// Records of a frame, so that consumers of tiny records are not handed millions at once.
const FRAME_RECORDS: usize = 65_536;
/// How often a waiting reader looks at the files.
const POLL: Duration = Duration::from_millis(2);

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

/// Where the records of one frame went.
#[derive(Clone, Debug)]
pub struct FramePlace {
    /// The first one's place; the others follow.
    pub first: SequenceNumber,
    /// Which records of the block they are; all of it when `None`.
    pub records: Option<Vec<u32>>,
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
    /// By frame, in the order in which they were written.
    pub frames: Vec<FramePlace>,
}

/// A stream. Cheap to clone; all clones write through the same files.
#[derive(Clone, Debug)]
pub struct Stream(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    folder: PathBuf,
    opened: Vec<ShardInfo>,
    /// As the manifest was when it was last read.
    table: RwLock<Arc<ShardTable>>,
    options: AppenderOptions,
    process: u32,
}

impl Stream {
    pub(super) fn open(
        folder: &Path,
        manifest: &Manifest,
        file: OpenManifest,
        options: AppenderOptions,
    ) -> Result<Self> {
        let table = ShardTable::new(folder, manifest, file, &options, None)?;
        Ok(Self(Arc::new(Inner {
            name: manifest.name.clone(),
            folder: folder.to_owned(),
            opened: table.listed(options.clock.now()),
            table: RwLock::new(Arc::new(table)),
            options,
            process: std::process::id(),
        })))
    }

    /// The shards as they were last read.
    pub(super) fn table(&self) -> Arc<ShardTable> {
        Arc::clone(&self.0.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The shards as they are now, whoever changed them.
    pub(super) fn current(&self) -> Result<Arc<ShardTable>> {
        let table = self.table();
        if table.is_current()? {
            return Ok(table);
        }
        let mut place = self.0.table.write().unwrap_or_else(PoisonError::into_inner);
        let Some((manifest, file)) = Manifest::load(&self.0.folder)? else {
            return Err(Error::NotFound {
                name: self.0.name.clone(),
                hint: "\nhint: it was deleted; make it again".to_owned(),
            });
        };
        let next = Arc::new(ShardTable::new(&self.0.folder, &manifest, file, &self.0.options, Some(&place))?);
        *place = Arc::clone(&next);
        Ok(next)
    }

    /// The stream's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The present instant of the stream's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.options.clock.now()
    }

    pub(super) fn appender_options(&self) -> &AppenderOptions {
        &self.0.options
    }

    /// Its shards by id, as they were when it was opened: the open ones, and the closed ones whose records had not
    /// expired. [`Stream::refresh`] tells how they are now.
    #[must_use]
    pub fn shards(&self) -> &[ShardInfo] {
        &self.0.opened
    }

    /// The shards that take records, in order of their hash ranges.
    #[must_use]
    pub fn open_shards(&self) -> Vec<ShardInfo> {
        self.table().open.iter().map(|(shard, _)| *shard).collect()
    }

    /// The shards as they are now, by id, whoever split or merged them: the open ones, and the closed ones whose records
    /// have not expired.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the stream was deleted, and the operating system's.
    pub fn refresh(&self) -> Result<Vec<ShardInfo>> {
        Ok(self.current()?.listed(self.now()))
    }

    /// The shard that takes records of a partition key.
    ///
    /// # Errors
    /// The operating system's, and [`Error::NotFound`] when the stream was deleted.
    pub fn shard_of(&self, key: &str) -> Result<ShardId> {
        let table = self.current()?;
        let place = Router::place_of(&table.starts, key.as_bytes());
        table
            .open
            .get(place)
            .map(|(shard, _)| shard.id)
            .ok_or_else(|| Error::UnknownShard { name: self.0.name.clone(), shard: format!("of `{key}`") })
    }

    /// The shards that the stream was made with, whatever became of them.
    #[must_use]
    pub fn first_shards(&self) -> Vec<ShardId> {
        self.table().all.iter().filter(|shard| shard.parent.is_none()).map(|shard| shard.id).collect()
    }

    /// Which of [`Stream::first_shards`] became this one, by the first parents of merges.
    #[must_use]
    pub fn first_ancestor(&self, shard: ShardId) -> ShardId {
        self.table().first_ancestor(shard)
    }

    /// What can be done with a shard.
    #[must_use]
    pub fn shard_state(&self, shard: &ShardInfo) -> ShardState {
        self.table().state(shard, self.now())
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
        let mut summary =
            PutSummary { records: block.len() as u64, bytes: block.bytes() as u64, ..PutSummary::default() };
        if block.is_empty() {
            return Ok(summary);
        }
        let mut table = self.table();
        if table.open.len() == 1 && block.bytes() <= FRAME_BYTES && block.len() <= FRAME_RECORDS {
            let mut frame = PendingFrame::build_whole(block);
            if self.append(&table, 0, &mut frame, None, &mut summary)? {
                return Ok(summary);
            }
            table = self.current()?;
        }
        let mut left: Vec<u32> = (0..block.len() as u32).collect();
        loop {
            left = self.put_routed(&table, block, &left, &mut summary)?;
            if left.is_empty() {
                return Ok(summary);
            }
            table = self.current()?;
        }
    }

    /// Write records to their shards; gives those that are left, in order, because the shards have changed.
    fn put_routed(
        &self,
        table: &ShardTable,
        block: &RecordBlock,
        records: &[u32],
        summary: &mut PutSummary,
    ) -> Result<Vec<u32>> {
        let mut left = Vec::new();
        for (place, records) in route(table, block, records).iter().enumerate() {
            let mut written = 0;
            for part in frame_parts(block, records) {
                let mut frame = PendingFrame::build(block, part);
                if !self.append(table, place, &mut frame, Some(part), summary)? {
                    break;
                }
                written += part.len();
            }
            left.extend_from_slice(&records[written..]);
        }
        left.sort_unstable();
        Ok(left)
    }

    /// Write a frame; tells whether it did, or the shards have changed.
    fn append(
        &self,
        table: &ShardTable,
        place: usize,
        frame: &mut PendingFrame,
        part: Option<&[u32]>,
        summary: &mut PutSummary,
    ) -> Result<bool> {
        let (shard, appender) = &table.open[place];
        // Whoever closes a shard holds its lock meanwhile: what the manifest says under the lock holds for the frame.
        let mut appender = appender.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = appender.append(frame, table.retention, || table.is_current())?;
        let Some(appended) = appended else { return Ok(false) };
        let first = shard.sequence_number(appended.base, appended.arrival);
        let records = frame.records();
        let last = shard.sequence_number(appended.base + records - 1, appended.arrival);
        summary.frames.push(FramePlace { first, records: part.map(<[u32]>::to_vec) });
        match summary.shards.iter_mut().find(|put| put.shard == shard.id) {
            Some(put) => {
                put.records += records;
                put.last = last;
            }
            None => summary.shards.push(ShardPut { shard: shard.id, records, first, last }),
        }
        Ok(true)
    }

    /// The place of a record in the API's form.
    #[must_use]
    pub fn sequence_number(&self, shard: ShardId, offset: u64, arrival: Timestamp) -> SequenceNumber {
        let table = self.table();
        match table.all.iter().find(|info| info.id == shard) {
            Some(info) => info.sequence_number(offset, arrival),
            None => SequenceNumber { shard, offset, arrival_second: 0, created_second: 0 },
        }
    }

    /// A shard as it is now.
    ///
    /// # Errors
    /// [`Error::UnknownShard`], and the operating system's.
    pub fn shard(&self, id: ShardId) -> Result<ShardInfo> {
        self.current()?.find(self.name(), id).copied()
    }

    /// A reader of one shard.
    ///
    /// # Errors
    /// [`Error::UnknownShard`]; [`Error::InvalidArgument`] for a sequence number of another shard or stream, and for a
    /// timestamp in the future.
    pub fn reader(&self, shard: ShardId, start: &StartPosition) -> Result<ShardReader> {
        let table = self.current()?;
        let info = table.find(self.name(), shard)?;
        if let StartPosition::AtSequenceNumber(number) | StartPosition::AfterSequenceNumber(number) = start
            && number.shard == shard
            && number.created_second != info.created_second
        {
            return Err(Error::InvalidArgument {
                message: format!("The sequence number {number} belongs to another stream than `{}`", self.name()),
            });
        }
        ShardReader::open(&self.0.folder.join(shard.to_string()), info, start, table.retention.horizon(self.now()))
    }

    /// The present instant, after which every record stamped before it is visible to readers.
    ///
    /// # Errors
    /// [`Error::Forked`], and the operating system's.
    pub fn barrier(&self) -> Result<Timestamp> {
        self.check_process()?;
        // The time first: shards that are opened later stamp their records later.
        let now = self.now();
        for (_, appender) in &self.current()?.open {
            appender.lock().unwrap_or_else(PoisonError::into_inner).barrier()?;
        }
        Ok(now)
    }

    /// A number that changes with every frame written, by any process.
    ///
    /// # Errors
    /// The operating system's, and [`Error::NotFound`] when the stream was deleted.
    pub fn written_bytes(&self) -> Result<u64> {
        let table = self.current()?;
        // What closed shards have got no longer changes, unless it is trimmed.
        let mut total: u64 = table.all.iter().filter_map(|shard| shard.end_offset).sum();
        for (shard, _) in &table.open {
            let folder = self.0.folder.join(shard.id.to_string());
            if let Some(newest) = segments(&folder)?.pop() {
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

    pub(super) fn check_process(&self) -> Result<()> {
        if self.0.process == std::process::id() { Ok(()) } else { Err(Error::Forked { name: self.0.name.clone() }) }
    }
}

/// Which of `records` go to each open shard.
fn route(table: &ShardTable, block: &RecordBlock, records: &[u32]) -> Vec<Vec<u32>> {
    let shards = table.open.len();
    let mut routed: Vec<Vec<u32>> = (0..shards).map(|_| Vec::with_capacity(records.len() / shards + 1)).collect();
    let mut router = Router::new(&table.starts);
    for &record in records {
        let shard = if shards == 1 { 0 } else { router.route(block.key(record as usize)) };
        routed[shard].push(record);
    }
    routed
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
