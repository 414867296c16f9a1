//! Samples: the bounded part of a file that inference sees.
//!
//! The head grows until it holds a thousand records or a megabyte. Of longer uncompressed text the middle and the tail
//! are read too, so that a late `N/A` is seen before it breaks a query.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::Result;
use super::evidence::Compression;
use crate::storage::{ObjectInfo, Storage};

/// The first read; most files need no other.
const FIRST_BYTES: u64 = 256 * 1024;
/// The most that is read of a head.
pub(super) const HEAD_BYTES: u64 = 1024 * 1024;
/// A head without one complete record grows to this.
pub(super) const LARGEST_HEAD_BYTES: u64 = 10 * 1024 * 1024;
/// Size of the samples from the middle and the tail.
const LATER_BYTES: u64 = 64 * 1024;
/// Records that are enough.
pub(super) const ENOUGH_RECORDS: usize = 1000;

/// The part of a file that inference sees, uncompressed.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Path inside the lake; its extension is a hint.
    pub(super) path: String,
    pub(super) compression: Compression,
    pub(super) head: Bytes,
    /// The head is the whole file.
    pub(super) is_whole: bool,
    /// Parts of the middle and the end; they begin and end anywhere.
    pub(super) later: Vec<Bytes>,
    /// Bytes read from storage.
    pub(super) bytes_read: u64,
}

/// The bytes of a file from its start, as read so far.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) bytes: Bytes,
    pub(super) is_whole: bool,
}

impl Head {
    /// Reads the start of a file.
    pub(super) async fn read(storage: &Storage, file: &ObjectInfo) -> Result<Self> {
        Self::read_to(storage, file, FIRST_BYTES).await
    }

    /// Reads to `limit`, or to the file's end.
    pub(super) async fn read_to(storage: &Storage, file: &ObjectInfo, limit: u64) -> Result<Self> {
        let end = file.bytes.min(limit);
        Ok(Self { bytes: storage.get_range(&file.path, 0..end).await?, is_whole: end == file.bytes })
    }

    /// What the compression of the file is, by its first bytes.
    pub(super) fn compression(&self) -> Option<Compression> {
        match self.bytes.as_ref() {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            _ => Some(Compression::None),
        }
    }
}

impl Sample {
    /// The sample that a head makes, with the later parts read when the head is not everything.
    pub(super) async fn complete(storage: &Storage, file: &ObjectInfo, head: Head, limit: u64) -> Result<Self> {
        let compression = head.compression().unwrap_or(Compression::None);
        let mut bytes_read = head.bytes.len() as u64;
        let mut later = Vec::new();
        if !head.is_whole && compression == Compression::None {
            for range in later_ranges(file.bytes, head.bytes.len() as u64) {
                let part = storage.get_range(&file.path, range).await?;
                bytes_read += part.len() as u64;
                later.push(part);
            }
        }
        let (text, is_whole) = match compression {
            Compression::None => (head.bytes, head.is_whole),
            Compression::Gzip => inflate(&head.bytes, head.is_whole, limit),
        };
        Ok(Self { path: file.path.as_str().to_owned(), compression, head: text, is_whole, later, bytes_read })
    }
}

/// The middle and the tail of what lies behind the head.
fn later_ranges(size: u64, head: u64) -> Vec<std::ops::Range<u64>> {
    let rest = size.saturating_sub(head);
    if rest <= 4 * LATER_BYTES {
        return (rest > 0).then_some(head..size).into_iter().collect();
    }
    let middle = head + (rest - LATER_BYTES) / 2;
    vec![middle..middle + LATER_BYTES, size - LATER_BYTES..size]
}

/// Unpacks as much as there is, up to `limit`. A cut or broken member yields what comes before the damage.
fn inflate(packed: &[u8], is_whole: bool, limit: u64) -> (Bytes, bool) {
    let mut text = Vec::new();
    let mut decoder = MultiGzDecoder::new(packed).take(limit + 1);
    let finished = decoder.read_to_end(&mut text).is_ok();
    let is_whole = is_whole && finished && text.len() as u64 <= limit;
    text.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    (text.into(), is_whole)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn middle_and_tail_lie_behind_the_head_and_do_not_overlap() {
        assert_eq!(later_ranges(100, 100), vec![]);
        assert_eq!(later_ranges(1000, 900), vec![900..1000]);
        let size = 10 * HEAD_BYTES;
        let ranges = later_ranges(size, HEAD_BYTES);
        assert_eq!(ranges.len(), 2);
        assert!(ranges[0].start > HEAD_BYTES && ranges[0].end < ranges[1].start && ranges[1].end == size);
    }

    #[test]
    fn a_cut_gzip_member_yields_its_beginning() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let text: String = (0..20_000).map(|n| format!("line {}\n", n * 7919 % 10_007)).collect();
        encoder.write_all(text.as_bytes()).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(inflate(&packed, true, 1 << 20), (text.clone().into(), true));
        let (head, is_whole) = inflate(&packed[..packed.len() / 2], false, 1 << 20);
        assert!(!is_whole && head.len() > 1000 && text.as_bytes().starts_with(&head));
        assert_eq!(inflate(&packed, true, 10).0.as_ref(), b"line 0\nlin");
    }
}
