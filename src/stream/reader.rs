//! Reading one shard, from any place, while it is being written.
//!
//! A reader takes no lock: it stops at the last complete frame, and looks again when asked again.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, BinaryArray, StringArray};

use super::error::{Error, Result};
use super::frame::Frame;
use super::segment::{HeaderWindow, Segment, segment_name, segments};
use super::sequence::{SequenceNumber, ShardId};
use super::shard::ShardInfo;
use super::watermark::Watermark;
use crate::time::Timestamp;

/// Where to begin reading. Source: Kinesis API reference, GetShardIterator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPosition {
    /// `TRIM_HORIZON`: the oldest record kept.
    TrimHorizon,
    /// `LATEST`: behind the newest record at the moment of the call.
    Latest,
    /// `AT_SEQUENCE_NUMBER`
    AtSequenceNumber(SequenceNumber),
    /// `AFTER_SEQUENCE_NUMBER`
    AfterSequenceNumber(SequenceNumber),
    /// `AT_TIMESTAMP`: the first record that arrived at or after it.
    AtTimestamp(Timestamp),
}

/// Records of one shard that arrived together.
#[derive(Clone, Debug)]
pub struct ShardBatch {
    /// The shard.
    pub shard: ShardId,
    /// The offset of the first record.
    pub first_offset: u64,
    /// The records' bytes.
    pub data: BinaryArray,
    /// Their partition keys.
    pub partition_keys: StringArray,
    /// When they arrived.
    pub arrival: Timestamp,
}

impl ShardBatch {
    /// The number of records; never 0.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The offset behind the last record.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.first_offset + self.len() as u64
    }
}

/// A reader of one shard.
#[derive(Debug)]
pub struct ShardReader {
    folder: PathBuf,
    shard: ShardId,
    /// The offset behind the last record of a closed shard.
    end_offset: Option<u64>,
    segment: Option<Segment>,
    /// Where the next frame begins in the segment.
    position: u64,
    /// The offset of that frame's first record.
    base: u64,
    /// The next record to hand out.
    next_offset: u64,
    /// A frame of which records are left.
    open: Option<Frame>,
    /// Records that were asked for and are no longer kept.
    trimmed: u64,
    /// The lock file, which tells what is acknowledged.
    lock: Option<File>,
}

impl ShardReader {
    /// A reader of the shard in `folder`; records that arrived before `horizon` have expired.
    pub(crate) fn open(folder: &Path, info: &ShardInfo, start: &StartPosition, horizon: Timestamp) -> Result<Self> {
        let mut reader = Self {
            folder: folder.to_owned(),
            shard: info.id,
            end_offset: info.end_offset,
            segment: None,
            position: 0,
            base: 0,
            next_offset: 0,
            open: None,
            trimmed: 0,
            lock: None,
        };
        if let StartPosition::AtSequenceNumber(number) | StartPosition::AfterSequenceNumber(number) = start
            && number.shard != info.id
        {
            return Err(Error::InvalidArgument {
                message: format!("The sequence number {number} belongs to {}, not to {}", number.shard, info.id),
            });
        }
        match *start {
            StartPosition::TrimHorizon => reader.seek(|arrival, _| arrival < horizon)?,
            StartPosition::AtSequenceNumber(number) => reader.seek_offset(number.offset, horizon)?,
            StartPosition::AfterSequenceNumber(number) => {
                reader.seek_offset(number.offset.saturating_add(1), horizon)?;
            }
            StartPosition::Latest => reader.seek(|_, _| true)?,
            StartPosition::AtTimestamp(time) => reader.seek(|arrival, _| arrival < time.max(horizon))?,
        }
        Ok(reader)
    }

    /// The shard.
    #[must_use]
    pub fn shard(&self) -> ShardId {
        self.shard
    }

    /// The offset of the record that comes next.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// How many records that came next were no longer kept, since this was asked the last time.
    pub fn take_trimmed(&mut self) -> u64 {
        std::mem::take(&mut self.trimmed)
    }

    /// Whether all records of the shard are handed out and no more will come. `info` is the shard as it is now.
    pub fn is_at_end(&mut self, info: &ShardInfo) -> bool {
        self.end_offset = info.end_offset;
        self.end_offset.is_some_and(|end| self.next_offset >= end)
    }

    /// The next records, at most `limit` of them, when they arrived before `before`; `None` when there is nothing now.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for a damaged frame, and the operating system's.
    pub fn next_batch(&mut self, limit: usize, before: Timestamp) -> Result<Option<ShardBatch>> {
        loop {
            if let Some(frame) = &self.open {
                if frame.header.arrival >= before || limit == 0 {
                    return Ok(None);
                }
                let skip = (self.next_offset - frame.header.base) as usize;
                let count = (frame.data.len() - skip).min(limit);
                let batch = ShardBatch {
                    shard: self.shard,
                    first_offset: self.next_offset,
                    data: frame.data.slice(skip, count),
                    partition_keys: frame.keys.slice(skip, count),
                    arrival: frame.header.arrival,
                };
                self.next_offset = batch.next_offset();
                if self.next_offset == frame.header.next() {
                    self.open = None;
                }
                return Ok(Some(batch));
            }
            match self.next_frame(before)? {
                Some(frame) => self.open = Some(frame).filter(|frame| frame.header.next() > self.next_offset),
                None => return Ok(None),
            }
        }
    }

    /// The arrival of the record that comes next, if it is there.
    ///
    /// # Errors
    /// As [`ShardReader::next_batch`].
    pub fn peek_arrival(&mut self) -> Result<Option<Timestamp>> {
        while self.open.is_none() {
            let Some(frame) = self.next_frame(Timestamp::MAX)? else { break };
            self.open = Some(frame).filter(|frame| frame.header.next() > self.next_offset);
        }
        Ok(self.open.as_ref().map(|frame| frame.header.arrival))
    }

    /// The frame at the position, if it is complete and arrived before `before`.
    fn next_frame(&mut self, before: Timestamp) -> Result<Option<Frame>> {
        if self.end_offset.is_some_and(|end| self.base >= end) {
            return Ok(None);
        }
        loop {
            if self.segment.is_none() && !self.enter_first_segment()? {
                return Ok(None);
            }
            let Some(segment) = &self.segment else { return Ok(None) };
            let length = segment.length()?;
            if self.position >= length {
                if !self.enter_next_segment()? {
                    return Ok(None);
                }
                continue;
            }
            match segment.header(self.position, length)? {
                Some(header) if header.arrival >= before => return Ok(None),
                Some(_) => {}
                None => return self.incomplete(before),
            }
            let Some(frame) = segment.frame(self.position, length)? else { return self.incomplete(before) };
            return self.pass(frame).map(Some);
        }
    }

    fn pass(&mut self, frame: Frame) -> Result<Frame> {
        if let Some(segment) = &self.segment
            && frame.header.base != self.base
        {
            let message = format!("record {} follows record {}", frame.header.base, self.base);
            return Err(segment.corrupt(self.position, message));
        }
        self.position += frame.header.frame_bytes();
        self.base = frame.header.next();
        Ok(frame)
    }

    /// A frame that is not whole: still being written, or damaged when it is acknowledged or intact ones follow.
    fn incomplete(&mut self, before: Timestamp) -> Result<Option<Frame>> {
        let watermark = self.watermark();
        let Some(segment) = &self.segment else { return Ok(None) };
        // What was written meanwhile is acknowledged by now.
        let length = segment.length()?;
        if let Some(frame) = segment.frame(self.position, length)? {
            return if frame.header.arrival >= before { Ok(None) } else { self.pass(frame).map(Some) };
        }
        let acknowledged = watermark.map_or(0, |watermark| watermark.of(segment));
        if self.position < acknowledged {
            return Err(segment.corrupt(self.position, "a frame that was acknowledged fails its checksum"));
        }
        let is_last = segments(&self.folder)?.last().is_none_or(|last| *last == segment.first_offset);
        if !is_last || self.end_offset.is_some() || segment.intact_frame_follows(self.position, length)? {
            return Err(segment.corrupt(self.position, "a frame fails its checksum and intact ones follow"));
        }
        Ok(None)
    }

    /// Go on behind the end of the segment. The next one is named by the offset behind this one's last record.
    fn enter_next_segment(&mut self) -> Result<bool> {
        let watermark = self.watermark();
        let Some(segment) = &self.segment else { return Ok(false) };
        if segment.first_offset < self.base && self.folder.join(segment_name(self.base)).exists() {
            self.enter_segment(self.base)?;
            return Ok(true);
        }
        if self.position < segment.length()? {
            return Ok(true);
        }
        let acknowledged = watermark.map_or(0, |watermark| watermark.of(segment));
        if self.position < acknowledged {
            return Err(segment.corrupt(self.position, "records that were acknowledged are missing at its end"));
        }
        let is_newest = watermark.is_some_and(|watermark| watermark.of(segment) > 0);
        if is_newest && self.end_offset.is_none() {
            return Ok(false);
        }
        let (position, base) = (self.position, self.base);
        let all = segments(&self.folder)?;
        match (all.first(), all.iter().find(|first| **first >= base)) {
            // The oldest one that is left comes later: what was between is trimmed.
            (Some(&oldest), Some(&next)) if oldest == next && next != segment.first_offset => {
                self.trimmed += next.saturating_sub(self.next_offset);
                self.enter_segment(next)?;
                self.next_offset = self.next_offset.max(next);
                Ok(true)
            }
            (_, Some(&next)) if next != segment.first_offset => {
                Err(segment.corrupt(position, format!("the next segment is missing; {} is there", segment_name(next))))
            }
            (oldest, _) => match self.end_offset {
                // All that was left has expired meanwhile.
                Some(end) if oldest.is_none() => {
                    self.trimmed += end.saturating_sub(self.next_offset);
                    (self.base, self.next_offset) = (end, end);
                    Ok(false)
                }
                Some(end) => Err(segment.corrupt(position, format!("the records from {base} to {end} are missing"))),
                None => Ok(false),
            },
        }
    }

    fn watermark(&mut self) -> Option<Watermark> {
        if self.lock.is_none() {
            self.lock = File::open(self.folder.join("lock")).ok();
        }
        self.lock.as_ref().and_then(Watermark::read)
    }

    fn enter_first_segment(&mut self) -> Result<bool> {
        let Some(&oldest) = segments(&self.folder)?.first() else { return Ok(false) };
        self.enter_segment(oldest)?;
        self.trimmed += oldest.saturating_sub(self.next_offset);
        self.next_offset = self.next_offset.max(oldest);
        Ok(true)
    }

    fn enter_segment(&mut self, first_offset: u64) -> Result<()> {
        self.segment = Some(Segment::open(&self.folder, first_offset)?);
        self.position = 0;
        self.base = first_offset;
        Ok(())
    }

    /// Go to the record with `offset`, or to the oldest one when it is no longer kept.
    fn seek_offset(&mut self, offset: u64, horizon: Timestamp) -> Result<()> {
        self.seek(|arrival, next| next <= offset || arrival < horizon)?;
        self.trimmed = self.next_offset.saturating_sub(offset);
        // Behind the newest record, the next one comes.
        let is_inside = self.peek_arrival()?.is_some();
        if is_inside {
            self.next_offset = self.next_offset.max(offset);
        }
        Ok(())
    }

    /// Go behind the frames for which `passes(arrival, next offset)` holds: the first ones of the shard, up to a place.
    fn seek(&mut self, passes: impl Fn(Timestamp, u64) -> bool) -> Result<()> {
        loop {
            match self.try_seek(&passes) {
                // It was trimmed meanwhile: the oldest one is another now.
                Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
                done => return done,
            }
        }
    }

    fn try_seek(&mut self, passes: &impl Fn(Timestamp, u64) -> bool) -> Result<()> {
        let all = segments(&self.folder)?;
        let Some(&oldest) = all.first() else {
            // Nothing yet, or nothing any more.
            self.next_offset = self.end_offset.unwrap_or(0);
            self.base = self.next_offset;
            return Ok(());
        };
        // The place is in the last segment whose first frame passes.
        let (mut low, mut high) = (0, all.len());
        while high - low > 1 {
            let middle = low.midpoint(high);
            self.enter_segment(all[middle])?;
            let first =
                self.segment.as_ref().map(|segment| segment.header(0, segment.length()?)).transpose()?.flatten();
            if first.is_some_and(|header| passes(header.arrival, header.next())) {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.enter_segment(all.get(low).copied().unwrap_or(oldest))?;
        self.skip_frames(passes)?;
        self.next_offset = self.base;
        Ok(())
    }

    /// Pass over frames by their headers.
    fn skip_frames(&mut self, passes: &impl Fn(Timestamp, u64) -> bool) -> Result<()> {
        let Some(segment) = &self.segment else { return Ok(()) };
        let length = segment.length()?;
        let mut window = HeaderWindow::default();
        while let Some(header) = window.header(segment, self.position, length)? {
            if !passes(header.arrival, header.next()) {
                break;
            }
            self.position += header.frame_bytes();
            self.base = header.next();
        }
        Ok(())
    }
}
