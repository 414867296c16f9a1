//! Reading one shard, from any place, while it is being written.
//!
//! A reader takes no lock: it stops at the last complete frame, and looks again when asked again.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, BinaryArray, StringArray};

use super::appender::{intact_frame_follows, read_frame, read_header, segment_name, segments};
use super::error::{Error, Result};
use super::frame::Frame;
use super::sequence::{SequenceNumber, ShardId};
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

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    file: File,
    first_offset: u64,
}

/// A reader of one shard.
#[derive(Debug)]
pub struct ShardReader {
    folder: PathBuf,
    shard: ShardId,
    segment: Option<Segment>,
    /// Where the next frame begins in the segment.
    position: u64,
    /// The next record to hand out.
    next_offset: u64,
    /// A frame of which records are left.
    open: Option<Frame>,
}

impl ShardReader {
    pub(crate) fn open(folder: &Path, shard: ShardId, start: &StartPosition) -> Result<Self> {
        let mut reader =
            Self { folder: folder.to_owned(), shard, segment: None, position: 0, next_offset: 0, open: None };
        if let StartPosition::AtSequenceNumber(number) | StartPosition::AfterSequenceNumber(number) = start
            && number.shard != shard
        {
            return Err(Error::InvalidArgument {
                message: format!("The sequence number {number} belongs to {}, not to {shard}", number.shard),
            });
        }
        match *start {
            StartPosition::TrimHorizon => reader.seek_oldest()?,
            StartPosition::AtSequenceNumber(number) => reader.seek(number.offset)?,
            StartPosition::AfterSequenceNumber(number) => reader.seek(number.offset + 1)?,
            StartPosition::Latest => reader.seek_while(|_, _| true)?,
            StartPosition::AtTimestamp(time) => reader.seek_while(|arrival, _| arrival < time)?,
        }
        Ok(reader)
    }

    /// The offset of the record that comes next.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.next_offset
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
        if self.open.is_none() {
            self.open = self.next_frame(Timestamp::MAX)?;
        }
        Ok(self.open.as_ref().map(|frame| frame.header.arrival))
    }

    /// The frame at the position, if it is complete and arrived before `before`.
    fn next_frame(&mut self, before: Timestamp) -> Result<Option<Frame>> {
        loop {
            if self.segment.is_none() && !self.enter_first_segment()? {
                return Ok(None);
            }
            let Some(segment) = &self.segment else { return Ok(None) };
            let failed = |error| Error::io(&segment.path, error);
            let length = segment.file.metadata().map_err(failed)?.len();
            if self.position >= length {
                // The end of this segment so far. The next one is named by the offset behind it.
                let next = self.folder.join(segment_name(self.next_offset));
                if segment.first_offset == self.next_offset || !next.exists() {
                    return Ok(None);
                }
                self.enter_segment(self.next_offset)?;
                continue;
            }
            let Some(header) = read_header(&segment.file, self.position, length).map_err(failed)? else {
                return self.incomplete(length);
            };
            if header.arrival >= before {
                return Ok(None);
            }
            let Some(frame) = read_frame(&segment.file, self.position, length).map_err(failed)? else {
                return self.incomplete(length);
            };
            self.position += frame.header.frame_bytes();
            return Ok(Some(frame));
        }
    }

    /// A frame that is not whole: still being written, or damaged when intact ones follow.
    fn incomplete(&self, length: u64) -> Result<Option<Frame>> {
        let Some(segment) = &self.segment else { return Ok(None) };
        if intact_frame_follows(&segment.file, self.position, length)
            .map_err(|error| Error::io(&segment.path, error))?
        {
            let message = "a frame fails its checksum and intact ones follow".to_owned();
            return Err(Error::Corrupt { path: segment.path.clone(), position: self.position, message });
        }
        Ok(None)
    }

    fn enter_first_segment(&mut self) -> Result<bool> {
        let Some(&oldest) = segments(&self.folder)?.first() else { return Ok(false) };
        self.enter_segment(oldest)?;
        Ok(true)
    }

    fn enter_segment(&mut self, first_offset: u64) -> Result<()> {
        let path = self.folder.join(segment_name(first_offset));
        let file = File::open(&path).map_err(|error| Error::io(&path, error))?;
        self.segment = Some(Segment { path, file, first_offset });
        self.position = 0;
        Ok(())
    }

    fn seek_oldest(&mut self) -> Result<()> {
        if let Some(&oldest) = segments(&self.folder)?.first() {
            self.enter_segment(oldest)?;
            self.next_offset = oldest;
        }
        Ok(())
    }

    /// Go to the record with `offset`, or to the oldest one when it is no longer kept.
    fn seek(&mut self, offset: u64) -> Result<()> {
        let all = segments(&self.folder)?;
        let place = all.partition_point(|first| *first <= offset).saturating_sub(1);
        let Some(&first) = all.get(place) else {
            self.next_offset = offset;
            return Ok(());
        };
        self.enter_segment(first)?;
        self.next_offset = offset.max(first);
        self.skip_frames(|_, next| next <= offset)?;
        Ok(())
    }

    /// Go behind the frames for which `passes(arrival, next offset)` holds.
    fn seek_while(&mut self, passes: impl Fn(Timestamp, u64) -> bool) -> Result<()> {
        let all = segments(&self.folder)?;
        // Segments are in order of arrival: the wanted place is in the last one whose first frame still passes.
        let mut first = all.first().copied();
        for &candidate in all.iter().skip(1) {
            let path = self.folder.join(segment_name(candidate));
            let file = File::open(&path).map_err(|error| Error::io(&path, error))?;
            let length = file.metadata().map_err(|error| Error::io(&path, error))?.len();
            match read_header(&file, 0, length).map_err(|error| Error::io(&path, error))? {
                Some(header) if passes(header.arrival, header.next()) => first = Some(candidate),
                _ => break,
            }
        }
        let Some(first) = first else { return Ok(()) };
        self.enter_segment(first)?;
        self.next_offset = first;
        if let Some(next) = self.skip_frames(passes)? {
            self.next_offset = next;
        }
        Ok(())
    }

    /// Pass over frames by their headers; gives the offset behind the last one passed.
    fn skip_frames(&mut self, passes: impl Fn(Timestamp, u64) -> bool) -> Result<Option<u64>> {
        let mut behind = None;
        let Some(segment) = &self.segment else { return Ok(None) };
        let failed = |error| Error::io(&segment.path, error);
        let length = segment.file.metadata().map_err(failed)?.len();
        while let Some(header) = read_header(&segment.file, self.position, length).map_err(failed)? {
            if !passes(header.arrival, header.next()) {
                break;
            }
            self.position += header.frame_bytes();
            behind = Some(header.next());
        }
        Ok(behind)
    }
}
