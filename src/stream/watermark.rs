//! How far the newest segment of a shard is acknowledged.
//!
//! A bad frame at the end of a log may be a write that its process did not live to end, and nothing of it was
//! acknowledged; or it was whole once and is damaged now. The checksum alone cannot tell the two apart, so writers note
//! in the shard's lock file how far they have come. The note holds while the system runs: after a loss of power, the
//! disk may have it without the records, and a bad end is taken for a torn one again.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::OnceLock;

use super::segment::Segment;

/// Boot (8), inode of the segment (8), its first offset (8), acknowledged bytes (8), CRC-32C of these (4).
const BYTES: usize = 36;

/// How far a segment is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watermark {
    inode: u64,
    first_offset: u64,
    bytes: u64,
}

impl Watermark {
    pub(crate) fn new(segment: &Segment, bytes: u64) -> std::io::Result<Self> {
        Ok(Self { inode: segment.file.metadata()?.ino(), first_offset: segment.first_offset, bytes })
    }

    pub(crate) fn with_bytes(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    /// The note in a lock file, when it was made since the system started.
    pub(crate) fn read(lock: &File) -> Option<Self> {
        let mut bytes = [0; BYTES];
        lock.read_exact_at(&mut bytes, 0).ok()?;
        let number = |at: usize| bytes[at..at + 8].iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let crc = crc32c::crc32c(&bytes[..32]).to_le_bytes();
        let holds = bytes[32..] == crc && boot().is_some_and(|boot| number(0) == boot);
        holds.then(|| Self { inode: number(8), first_offset: number(16), bytes: number(24) })
    }

    pub(crate) fn write(self, lock: &File) -> std::io::Result<()> {
        let Some(boot) = boot() else { return Ok(()) };
        let mut bytes = [0; BYTES];
        for (place, number) in [boot, self.inode, self.first_offset, self.bytes].into_iter().enumerate() {
            bytes[place * 8..place * 8 + 8].copy_from_slice(&number.to_le_bytes());
        }
        let crc = crc32c::crc32c(&bytes[..32]);
        bytes[32..].copy_from_slice(&crc.to_le_bytes());
        lock.write_all_at(&bytes, 0)
    }

    /// The bytes of `segment` that are acknowledged. A copy of the file has another inode, and no claim.
    pub(crate) fn of(self, segment: &Segment) -> u64 {
        let is_its = self.first_offset == segment.first_offset
            && segment.file.metadata().is_ok_and(|metadata| metadata.ino() == self.inode);
        if is_its { self.bytes } else { 0 }
    }
}

/// A number of this start of the system; nothing where it has none.
fn boot() -> Option<u64> {
    static BOOT: OnceLock<Option<u64>> = OnceLock::new();
    *BOOT.get_or_init(|| {
        let id = std::fs::read("/proc/sys/kernel/random/boot_id").ok()?;
        Some(u64::from(crc32c::crc32c(&id)) << 32 | id.len() as u64)
    })
}
