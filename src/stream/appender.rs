//! Appending to one shard: the lock, the tail, the write.
//!
//! The lock of the shard is an advisory file lock, which dies with its process, and is held for one frame. Whoever takes it
//! finds one of three tails: where it left it; longer, by frames of another process, whose headers it reads; or torn, by a
//! process that died in its write and has acknowledged nothing of it: that is cut off.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::buffer::MutableBuffer;

use super::error::{Error, Result};
use super::frame::{Frame, FrameHeader, HEADER, PendingFrame};
use crate::time::{Clock, Timestamp};

/// A segment of this size is followed by a new one.
const SEGMENT_BYTES: u64 = 128 * 1024 * 1024;

/// When a put may be acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the bytes are in the operating system: they survive `kill -9`, not a loss of power.
    #[default]
    Os,
    /// When the disk has them too: they survive a loss of power.
    Sync,
}

/// The file name of the segment whose first record has `offset`.
pub(crate) fn segment_name(offset: u64) -> String {
    format!("{offset:020}.log")
}

/// First offsets of a shard's segments, ascending.
pub(crate) fn segments(folder: &Path) -> Result<Vec<u64>> {
    let failed = |error| Error::io(folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if let Some(offset) =
            name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|digits| digits.parse().ok())
        {
            found.push(offset);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What one append did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    pub(crate) base: u64,
    pub(crate) arrival: Timestamp,
}

/// The tail of the newest segment, as this process knows it.
#[derive(Debug)]
struct Tail {
    path: PathBuf,
    file: File,
    /// Bytes of intact frames.
    bytes: u64,
}

/// The writing end of one shard. One per handle, behind a mutex.
#[derive(Debug)]
pub(crate) struct Appender {
    folder: PathBuf,
    lock: File,
    clock: Arc<dyn Clock>,
    durability: Durability,
    tail: Option<Tail>,
    next_offset: u64,
    last_arrival: Timestamp,
}

impl Appender {
    pub(crate) fn open(folder: &Path, clock: Arc<dyn Clock>, durability: Durability) -> Result<Self> {
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
            clock,
            durability,
            tail: None,
            next_offset: 0,
            last_arrival: Timestamp::MIN,
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

    /// Write one frame.
    pub(crate) fn append(&mut self, frame: &mut PendingFrame) -> Result<Appended> {
        self.locked(|appender| {
            appender.find_tail()?;
            appender.write(frame)
        })
    }

    fn locked<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.lock.lock().map_err(|error| Error::io(&self.folder, error))?;
        let done = work(self);
        self.lock.unlock().map_err(|error| Error::io(&self.folder, error))?;
        done
    }

    fn write(&mut self, frame: &mut PendingFrame) -> Result<Appended> {
        if self.tail.as_ref().is_none_or(|tail| tail.bytes >= SEGMENT_BYTES) {
            self.begin_segment()?;
        }
        let arrival = self.clock.now().max(self.last_arrival);
        let base = self.next_offset;
        let (header, bytes) = frame.stamp(base, arrival);
        let next = header.next();
        let Some(tail) = &mut self.tail else { return Ok(Appended { base, arrival }) };
        if let Err(error) = tail.file.write_all_at(bytes, tail.bytes) {
            // A half-written frame would be cut by the next writer; cutting it now keeps a full disk usable.
            let _ = tail.file.set_len(tail.bytes);
            return Err(Error::io(&tail.path, error));
        }
        if self.durability == Durability::Sync {
            tail.file.sync_data().map_err(|error| Error::io(&tail.path, error))?;
        }
        tail.bytes += bytes.len() as u64;
        self.next_offset = next;
        self.last_arrival = arrival;
        Ok(Appended { base, arrival })
    }

    fn begin_segment(&mut self) -> Result<()> {
        let path = self.folder.join(segment_name(self.next_offset));
        let failed = |error| Error::io(&path, error);
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        if self.durability == Durability::Sync {
            File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        self.tail = Some(Tail { path, file, bytes: 0 });
        Ok(())
    }

    /// Bring what is known about the tail up to date. The lock is held.
    fn find_tail(&mut self) -> Result<()> {
        if self.tail.is_none() {
            let Some(newest) = segments(&self.folder)?.pop() else { return Ok(()) };
            self.enter_segment(newest)?;
        }
        loop {
            self.read_tail()?;
            // A segment is only left when it is full.
            let full = self.tail.as_ref().is_some_and(|tail| tail.bytes >= SEGMENT_BYTES);
            if !full || !self.folder.join(segment_name(self.next_offset)).exists() {
                return Ok(());
            }
            self.enter_segment(self.next_offset)?;
        }
    }

    fn enter_segment(&mut self, first_offset: u64) -> Result<()> {
        let path = self.folder.join(segment_name(first_offset));
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| Error::io(&path, error))?;
        self.next_offset = first_offset;
        self.tail = Some(Tail { path, file, bytes: 0 });
        Ok(())
    }

    /// Read the frames behind what is known; cut what is torn.
    fn read_tail(&mut self) -> Result<()> {
        let Some(tail) = &mut self.tail else { return Ok(()) };
        let length = tail.file.metadata().map_err(|error| Error::io(&tail.path, error))?.len();
        while tail.bytes < length {
            match read_frame(&tail.file, tail.bytes, length).map_err(|error| Error::io(&tail.path, error))? {
                Some(frame) => {
                    tail.bytes += frame.header.frame_bytes();
                    self.next_offset = frame.header.next();
                    self.last_arrival = self.last_arrival.max(frame.header.arrival);
                }
                None if intact_frame_follows(&tail.file, tail.bytes, length)
                    .map_err(|error| Error::io(&tail.path, error))? =>
                {
                    let message = "a frame fails its checksum and intact ones follow".to_owned();
                    return Err(Error::Corrupt { path: tail.path.clone(), position: tail.bytes, message });
                }
                None => {
                    tail.file.set_len(tail.bytes).map_err(|error| Error::io(&tail.path, error))?;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The intact frame at `position` of a file of `length` bytes.
pub(crate) fn read_frame(file: &File, position: u64, length: u64) -> std::io::Result<Option<Frame>> {
    let Some(header) = read_header(file, position, length)? else { return Ok(None) };
    let mut payload = MutableBuffer::from_len_zeroed(header.payload as usize);
    file.read_exact_at(payload.as_slice_mut(), position + HEADER as u64)?;
    Ok(Frame::decode(header, payload.into()))
}

/// The intact header at `position`, when the whole frame lies in the file.
pub(crate) fn read_header(file: &File, position: u64, length: u64) -> std::io::Result<Option<FrameHeader>> {
    if position + HEADER as u64 > length {
        return Ok(None);
    }
    let mut bytes = [0; HEADER];
    file.read_exact_at(&mut bytes, position)?;
    Ok(FrameHeader::decode(&bytes).filter(|header| header.payload <= length - position - HEADER as u64))
}

/// Whether a whole frame stands anywhere behind the bad one at `position`: then the file is damaged, not torn.
pub(crate) fn intact_frame_follows(file: &File, position: u64, length: u64) -> std::io::Result<bool> {
    const WINDOW: usize = 1024 * 1024;
    let mut start = position + 8;
    let mut bytes = vec![0; WINDOW + HEADER];
    while start + HEADER as u64 <= length {
        let window = bytes.len().min((length - start) as usize);
        file.read_exact_at(&mut bytes[..window], start)?;
        for at in (0..(window - HEADER + 1).min(WINDOW)).step_by(8) {
            if FrameHeader::decode(&bytes[at..]).is_some() && read_frame(file, start + at as u64, length)?.is_some() {
                return Ok(true);
            }
        }
        start += WINDOW as u64;
    }
    Ok(false)
}
