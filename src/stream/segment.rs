//! The files of a shard: segments named by their first offset, and the frames in them.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use arrow::buffer::MutableBuffer;

use super::error::{Error, Result};
use super::frame::{Frame, FrameHeader, HEADER};
use crate::time::Timestamp;

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

/// When the first record of a segment arrived, if it has one and is still there.
pub(crate) fn first_arrival(folder: &Path, offset: u64) -> Result<Option<Timestamp>> {
    let path = folder.join(segment_name(offset));
    let failed = |error| Error::io(&path, error);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let length = file.metadata().map_err(failed)?.len();
    Ok(read_header(&file, 0, length).map_err(failed)?.map(|header| header.arrival))
}

/// A segment that is open for reading, and maybe for writing.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) first_offset: u64,
}

impl Segment {
    /// Open for reading.
    pub(crate) fn open(folder: &Path, first_offset: u64) -> Result<Self> {
        let path = folder.join(segment_name(first_offset));
        let file = File::open(&path).map_err(|error| Error::io(&path, error))?;
        Ok(Self { path, file, first_offset })
    }

    pub(crate) fn length(&self) -> Result<u64> {
        self.file.metadata().map(|metadata| metadata.len()).map_err(|error| self.failed(error))
    }

    /// Whether it is trimmed: it is read to its end all the same.
    pub(crate) fn is_removed(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }

    pub(crate) fn failed(&self, error: std::io::Error) -> Error {
        Error::io(&self.path, error)
    }

    pub(crate) fn corrupt(&self, position: u64, message: impl Into<String>) -> Error {
        Error::Corrupt { path: self.path.clone(), position, message: message.into() }
    }

    /// The intact frame at `position` of the file's first `length` bytes.
    pub(crate) fn frame(&self, position: u64, length: u64) -> Result<Option<Frame>> {
        read_frame(&self.file, position, length).map_err(|error| self.failed(error))
    }

    /// The intact header at `position`, when the whole frame lies in the file.
    pub(crate) fn header(&self, position: u64, length: u64) -> Result<Option<FrameHeader>> {
        read_header(&self.file, position, length).map_err(|error| self.failed(error))
    }

    /// Whether a whole frame stands anywhere behind the bad one at `position`: then the file is damaged, not torn.
    pub(crate) fn intact_frame_follows(&self, position: u64, length: u64) -> Result<bool> {
        intact_frame_follows(&self.file, position, length).map_err(|error| self.failed(error))
    }
}

fn read_frame(file: &File, position: u64, length: u64) -> std::io::Result<Option<Frame>> {
    let Some(header) = read_header(file, position, length)? else { return Ok(None) };
    let mut payload = MutableBuffer::from_len_zeroed(header.payload as usize);
    file.read_exact_at(payload.as_slice_mut(), position + HEADER as u64)?;
    Ok(Frame::decode(header, payload.into()))
}

fn read_header(file: &File, position: u64, length: u64) -> std::io::Result<Option<FrameHeader>> {
    if position + HEADER as u64 > length {
        return Ok(None);
    }
    let mut bytes = [0; HEADER];
    file.read_exact_at(&mut bytes, position)?;
    Ok(FrameHeader::decode(&bytes).filter(|header| header.payload <= length - position - HEADER as u64))
}

fn intact_frame_follows(file: &File, position: u64, length: u64) -> std::io::Result<bool> {
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

/// Reads headers one after the other, several at once where frames are small.
#[derive(Debug, Default)]
pub(crate) struct HeaderWindow {
    start: u64,
    bytes: Vec<u8>,
    /// Bytes of the last frame.
    last: u64,
}

impl HeaderWindow {
    const BYTES: u64 = 64 * 1024;

    /// The intact header at `position`, when the whole frame lies in the file's first `length` bytes.
    pub(crate) fn header(&mut self, segment: &Segment, position: u64, length: u64) -> Result<Option<FrameHeader>> {
        let end = position + HEADER as u64;
        if end > length {
            return Ok(None);
        }
        if position < self.start || end > self.start + self.bytes.len() as u64 {
            let wanted = if self.last > 0 && self.last < Self::BYTES / 8 { Self::BYTES } else { HEADER as u64 };
            self.bytes.resize(wanted.min(length - position) as usize, 0);
            self.start = position;
            segment.file.read_exact_at(&mut self.bytes, position).map_err(|error| segment.failed(error))?;
        }
        let at = (position - self.start) as usize;
        let header = FrameHeader::decode(&self.bytes[at..]).filter(|header| header.payload <= length - end);
        self.last = header.map_or(0, |header| header.frame_bytes());
        Ok(header)
    }
}
