//! Appending to one shard: the lock, the tail, the write.
//!
//! The lock of the shard is an advisory file lock, which dies with its process, and is held for one frame. Whoever takes it
//! finds one of three tails: where it left it; longer, by frames of another process, whose headers it reads; or torn, by a
//! process that died in its write and has acknowledged nothing of it: that is cut off.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Error, Result};
use super::frame::PendingFrame;
use super::retention::{Retention, trim};
use super::segment::{Segment, segment_name, segments};
use super::watermark::Watermark;
use crate::time::{Clock, Timestamp};

/// A segment of this size is followed by a new one.
const SEGMENT_BYTES: u64 = if cfg!(test) { 1024 * 1024 } else { 128 * 1024 * 1024 };

/// When a put may be acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the bytes are in the operating system: they survive `kill -9`, not a loss of power.
    #[default]
    Os,
    /// When the disk has them too: they survive a loss of power.
    Sync,
}

/// What one append did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    pub(crate) base: u64,
    pub(crate) arrival: Timestamp,
}

/// How the writing ends of a stream work.
#[derive(Clone, Debug)]
pub(crate) struct AppenderOptions {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) durability: Durability,
}

/// The tail of the newest segment, as this process knows it.
#[derive(Debug)]
struct Tail {
    segment: Segment,
    /// Bytes of intact frames.
    bytes: u64,
    watermark: Watermark,
}

/// The writing end of one shard. One per handle, behind a mutex.
#[derive(Debug)]
pub(crate) struct Appender {
    folder: PathBuf,
    lock: File,
    options: AppenderOptions,
    tail: Option<Tail>,
    next_offset: u64,
    last_arrival: Timestamp,
}

/// Where a shard ends while its lock is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShardEnd {
    /// The offset behind the last record.
    pub(crate) offset: u64,
    pub(crate) last_arrival: Timestamp,
}

impl Appender {
    /// The writing end of the shard in `folder`, of which no record arrives before `opened`.
    pub(crate) fn open(folder: &Path, options: &AppenderOptions, opened: Timestamp) -> Result<Self> {
        let lock_path = folder.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&lock_path)
            .map_err(|error| Error::io(&lock_path, error))?;
        Ok(Self {
            folder: folder.to_owned(),
            lock,
            options: options.clone(),
            tail: None,
            next_offset: 0,
            last_arrival: opened,
        })
    }

    /// Take and release the lock: records that were stamped before are visible afterwards.
    pub(crate) fn barrier(&mut self) -> Result<()> {
        self.locked(|_| Ok(()))
    }

    /// The offset of the record that will be written next.
    pub(crate) fn end(&mut self) -> Result<u64> {
        self.locked(|appender| {
            appender.find_tail()?;
            Ok(appender.next_offset)
        })
    }

    /// Write one frame, if the shard may still be written when its lock is taken; nothing when not.
    pub(crate) fn append(
        &mut self,
        frame: &mut PendingFrame,
        retention: Retention,
        may_write: impl FnOnce() -> Result<bool>,
    ) -> Result<Option<Appended>> {
        self.locked(|appender| {
            if !may_write()? {
                return Ok(None);
            }
            appender.find_tail()?;
            appender.write(frame, retention).map(Some)
        })
    }

    /// Keep the lock, so that nobody writes, until this value is dropped.
    pub(crate) fn hold(&mut self) -> Result<ShardEnd> {
        self.lock.lock().map_err(|error| Error::io(&self.folder, error))?;
        self.find_tail()?;
        Ok(ShardEnd { offset: self.next_offset, last_arrival: self.last_arrival })
    }

    fn locked<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.lock.lock().map_err(|error| Error::io(&self.folder, error))?;
        let done = work(self);
        self.lock.unlock().map_err(|error| Error::io(&self.folder, error))?;
        done
    }

    fn write(&mut self, frame: &mut PendingFrame, retention: Retention) -> Result<Appended> {
        let arrival = self.options.clock.now().max(self.last_arrival);
        // A segment whose records have all expired is left as well, so that it can go.
        let horizon = retention.horizon(arrival);
        let is_done = |tail: &Tail| tail.bytes >= SEGMENT_BYTES || (tail.bytes > 0 && self.last_arrival < horizon);
        if self.tail.as_ref().is_none_or(is_done) {
            self.begin_segment()?;
        }
        let base = self.next_offset;
        let is_first = self.tail.as_ref().is_some_and(|tail| tail.bytes == 0);
        let (header, bytes) = frame.stamp(base, arrival);
        let next = header.next();
        let Some(tail) = &mut self.tail else { return Ok(Appended { base, arrival }) };
        if let Err(error) = tail.segment.file.write_all_at(bytes, tail.bytes) {
            // A half-written frame would be cut by the next writer; cutting it now keeps a full disk usable.
            let _ = tail.segment.file.set_len(tail.bytes);
            return Err(tail.segment.failed(error));
        }
        if self.options.durability == Durability::Sync {
            tail.segment.file.sync_data().map_err(|error| tail.segment.failed(error))?;
        }
        tail.bytes += bytes.len() as u64;
        tail.watermark = tail.watermark.with_bytes(tail.bytes);
        tail.watermark.write(&self.lock).map_err(|error| Error::io(&self.folder.join("lock"), error))?;
        self.next_offset = next;
        self.last_arrival = arrival;
        if is_first && base > 0 {
            // The record is written, whatever becomes of old ones.
            if let Err(error) = trim(&self.folder, retention, arrival, false) {
                tracing::warn!(folder = %self.folder.display(), %error, "expired records wait to be trimmed");
            }
        }
        Ok(Appended { base, arrival })
    }

    fn begin_segment(&mut self) -> Result<()> {
        let path = self.folder.join(segment_name(self.next_offset));
        let failed = |error| Error::io(&path, error);
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        if self.options.durability == Durability::Sync {
            File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        self.enter(Segment { path, file, first_offset: self.next_offset })
    }

    fn enter(&mut self, segment: Segment) -> Result<()> {
        let watermark = Watermark::new(&segment, 0).map_err(|error| segment.failed(error))?;
        self.next_offset = segment.first_offset;
        self.tail = Some(Tail { segment, bytes: 0, watermark });
        Ok(())
    }

    /// Bring what is known about the tail up to date. The lock is held.
    fn find_tail(&mut self) -> Result<()> {
        loop {
            if self.tail.is_none() && !self.enter_newest_segment()? {
                return Ok(());
            }
            self.read_tail()?;
            // What is trimmed is not the newest one, although it may have been the last time.
            if self.tail.as_ref().is_some_and(|tail| tail.segment.is_removed()) {
                self.tail = None;
                continue;
            }
            // A segment that is left was not empty: the next one has another name.
            let begins = self.tail.as_ref().is_some_and(|tail| tail.segment.first_offset < self.next_offset);
            if !begins || !self.folder.join(segment_name(self.next_offset)).exists() {
                return Ok(());
            }
            self.enter_segment(self.next_offset)?;
        }
    }

    fn enter_newest_segment(&mut self) -> Result<bool> {
        let mut all = segments(&self.folder)?;
        let Some(newest) = all.pop() else { return Ok(false) };
        // A segment that was begun and not written does not tell when its predecessor's last record arrived.
        let path = self.folder.join(segment_name(newest));
        let is_empty = fs::metadata(&path).map_err(|error| Error::io(&path, error))?.len() == 0;
        self.enter_segment(if is_empty { all.pop().unwrap_or(newest) } else { newest })?;
        Ok(true)
    }

    fn enter_segment(&mut self, first_offset: u64) -> Result<()> {
        let path = self.folder.join(segment_name(first_offset));
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| Error::io(&path, error))?;
        self.enter(Segment { path, file, first_offset })
    }

    /// Read the frames behind what is known; cut what is torn.
    fn read_tail(&mut self) -> Result<()> {
        let Some(tail) = &mut self.tail else { return Ok(()) };
        let acknowledged = Watermark::read(&self.lock).map_or(0, |watermark| watermark.of(&tail.segment));
        let length = tail.segment.length()?;
        while tail.bytes < length.max(acknowledged) {
            match tail.segment.frame(tail.bytes, length)? {
                Some(frame) if frame.header.base == self.next_offset => {
                    tail.bytes += frame.header.frame_bytes();
                    self.next_offset = frame.header.next();
                    self.last_arrival = self.last_arrival.max(frame.header.arrival);
                }
                Some(frame) => {
                    let message = format!("record {} follows record {}", frame.header.base, self.next_offset);
                    return Err(tail.segment.corrupt(tail.bytes, message));
                }
                None if tail.bytes < acknowledged => {
                    return Err(tail.segment.corrupt(tail.bytes, "a frame that was acknowledged fails its checksum"));
                }
                None if tail.segment.intact_frame_follows(tail.bytes, length)? => {
                    let message = "a frame fails its checksum and intact ones follow";
                    return Err(tail.segment.corrupt(tail.bytes, message));
                }
                None => {
                    tail.segment.file.set_len(tail.bytes).map_err(|error| tail.segment.failed(error))?;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
