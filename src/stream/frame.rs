//! Frames: what one put writes to one shard.
//!
//! A header of 64 bytes, then the payload: data offsets, key offsets, data, keys, each padded to 8 bytes, so that a
//! reader can use the offsets where they lie. Two checksums: the payload's is computed before the shard is locked, the
//! header's, which covers it, afterwards, when offset and arrival are known.

use arrow::array::{Array, BinaryArray, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use super::block::RecordBlock;
use crate::time::Timestamp;

/// Bytes of a header.
pub(crate) const HEADER: usize = 64;
const MAGIC: [u8; 4] = *b"BYF1";

/// A header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// Bytes behind the header.
    pub(crate) payload: u64,
    pub(crate) payload_crc: u32,
    pub(crate) count: u32,
    /// Offset of the first record.
    pub(crate) base: u64,
    pub(crate) arrival: Timestamp,
    pub(crate) data_bytes: u32,
    pub(crate) key_bytes: u32,
}

impl FrameHeader {
    pub(crate) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[8..16].copy_from_slice(&self.payload.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.payload_crc.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.count.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.base.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.arrival.millis().to_le_bytes());
        bytes[48..52].copy_from_slice(&self.data_bytes.to_le_bytes());
        bytes[52..56].copy_from_slice(&self.key_bytes.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[8..]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The fields of an intact header.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER] = bytes.get(..HEADER)?.try_into().ok()?;
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        if bytes[..4] != MAGIC || u32_at(4) != crc32c::crc32c(&bytes[8..]) {
            return None;
        }
        let header = Self {
            payload: u64_at(8),
            payload_crc: u32_at(16),
            count: u32_at(20),
            base: u64_at(24),
            arrival: Timestamp(u64_at(32).cast_signed()),
            data_bytes: u32_at(48),
            key_bytes: u32_at(52),
        };
        (header.payload == header.layout().total as u64).then_some(header)
    }

    /// Bytes of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        HEADER as u64 + self.payload
    }

    /// The offset behind the last record.
    pub(crate) fn next(&self) -> u64 {
        self.base + u64::from(self.count)
    }

    fn layout(&self) -> Layout {
        Layout::new(self.count as usize, self.data_bytes as usize, self.key_bytes as usize)
    }
}

/// Where the parts of a payload lie.
struct Layout {
    key_offsets: usize,
    data: usize,
    keys: usize,
    total: usize,
}

impl Layout {
    fn new(count: usize, data_bytes: usize, key_bytes: usize) -> Self {
        let key_offsets = pad(4 * (count + 1));
        let data = key_offsets + pad(4 * (count + 1));
        let keys = data + pad(data_bytes);
        Self { key_offsets, data, keys, total: keys + pad(key_bytes) }
    }
}

const fn pad(bytes: usize) -> usize {
    bytes.next_multiple_of(8)
}

/// A frame whose offset and arrival are still open.
#[derive(Debug)]
pub(crate) struct PendingFrame {
    /// Room for the header, and the payload.
    bytes: Vec<u8>,
    header: FrameHeader,
}

impl PendingFrame {
    /// The frame of the given records of a block.
    pub(crate) fn build(block: &RecordBlock, records: &[u32]) -> Self {
        let size = |lengths: &[i32]| {
            records.iter().map(|&r| (lengths[r as usize + 1] - lengths[r as usize]) as usize).sum::<usize>()
        };
        let (data_bytes, key_bytes) = (size(&block.data_offsets), size(&block.key_offsets));
        let layout = Layout::new(records.len(), data_bytes, key_bytes);
        let mut bytes = Vec::with_capacity(HEADER + layout.total);
        bytes.resize(HEADER, 0);
        push_offsets(&mut bytes, records.iter().map(|&r| block.data(r as usize).len()));
        push_offsets(&mut bytes, records.iter().map(|&r| block.key(r as usize).len()));
        for &record in records {
            bytes.extend_from_slice(block.data(record as usize));
        }
        bytes.resize(HEADER + layout.keys, 0);
        for &record in records {
            bytes.extend_from_slice(block.key(record as usize));
        }
        bytes.resize(HEADER + layout.total, 0);
        Self::sealed(bytes, records.len(), data_bytes, key_bytes)
    }

    /// The frame of all records of a block, copied as they lie.
    pub(crate) fn build_whole(block: &RecordBlock) -> Self {
        let layout = Layout::new(block.len(), block.data.len(), block.keys.len());
        let mut bytes = Vec::with_capacity(HEADER + layout.total);
        bytes.resize(HEADER, 0);
        bytes.extend(block.data_offsets.iter().flat_map(|offset| offset.to_le_bytes()));
        bytes.resize(HEADER + layout.key_offsets, 0);
        bytes.extend(block.key_offsets.iter().flat_map(|offset| offset.to_le_bytes()));
        bytes.resize(HEADER + layout.data, 0);
        bytes.extend_from_slice(&block.data);
        bytes.resize(HEADER + layout.keys, 0);
        bytes.extend_from_slice(&block.keys);
        bytes.resize(HEADER + layout.total, 0);
        Self::sealed(bytes, block.len(), block.data.len(), block.keys.len())
    }

    fn sealed(bytes: Vec<u8>, count: usize, data_bytes: usize, key_bytes: usize) -> Self {
        let header = FrameHeader {
            payload: (bytes.len() - HEADER) as u64,
            payload_crc: crc32c::crc32c(&bytes[HEADER..]),
            count: count as u32,
            base: 0,
            arrival: Timestamp(0),
            data_bytes: data_bytes as u32,
            key_bytes: key_bytes as u32,
        };
        Self { bytes, header }
    }

    /// How many records it has.
    pub(crate) fn records(&self) -> u64 {
        u64::from(self.header.count)
    }

    /// Give the frame its place and arrival; the bytes are ready to be written then.
    pub(crate) fn stamp(&mut self, base: u64, arrival: Timestamp) -> (&FrameHeader, &[u8]) {
        self.header.base = base;
        self.header.arrival = arrival;
        self.bytes[..HEADER].copy_from_slice(&self.header.encode());
        (&self.header, &self.bytes)
    }
}

fn push_offsets(bytes: &mut Vec<u8>, lengths: impl Iterator<Item = usize>) {
    let mut end = 0u32;
    bytes.extend_from_slice(&end.to_le_bytes());
    for length in lengths {
        end += length as u32;
        bytes.extend_from_slice(&end.to_le_bytes());
    }
    bytes.resize(pad(bytes.len()), 0);
}

/// A frame's records as Arrow arrays over the bytes that were read.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) header: FrameHeader,
    pub(crate) data: BinaryArray,
    pub(crate) keys: StringArray,
}

impl Frame {
    /// The records of `payload`; `None` when they do not match the header's checksum.
    pub(crate) fn decode(header: FrameHeader, payload: Buffer) -> Option<Self> {
        if crc32c::crc32c(&payload) != header.payload_crc {
            return None;
        }
        let layout = header.layout();
        let rows = header.count as usize + 1;
        let offsets = |at: usize| -> Option<OffsetBuffer<i32>> {
            let offsets = ScalarBuffer::<i32>::new(payload.clone(), at / size_of::<i32>(), rows);
            let ascending = offsets.first() == Some(&0) && offsets.windows(2).all(|pair| pair[0] <= pair[1]);
            ascending.then(|| OffsetBuffer::new(offsets))
        };
        // On a big-endian machine the offsets would have to be turned; arrow does not run there with these files either.
        let data = payload.slice_with_length(layout.data, header.data_bytes as usize);
        let keys = payload.slice_with_length(layout.keys, header.key_bytes as usize);
        let data = BinaryArray::try_new(offsets(0)?, data, None).ok()?;
        let keys = StringArray::try_new(offsets(layout.key_offsets)?, keys, None).ok()?;
        debug_assert_eq!(data.len(), keys.len());
        Some(Self { header, data, keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> RecordBlock {
        let mut block = RecordBlock::new();
        for (data, key) in [("one", "a"), ("", "bc"), ("three", "d")] {
            block.push(data.as_bytes(), key).unwrap();
        }
        block
    }

    fn decoded(mut pending: PendingFrame) -> Frame {
        let (_, bytes) = pending.stamp(7, Timestamp(42));
        let header = FrameHeader::decode(bytes).unwrap();
        assert_eq!(header.frame_bytes() as usize, bytes.len());
        Frame::decode(header, Buffer::from(&bytes[HEADER..])).unwrap()
    }

    #[test]
    fn frames_read_what_they_wrote() {
        for pending in [PendingFrame::build_whole(&block()), PendingFrame::build(&block(), &[0, 1, 2])] {
            let frame = decoded(pending);
            assert_eq!((frame.header.base, frame.header.next(), frame.header.arrival), (7, 10, Timestamp(42)));
            assert_eq!(frame.data.iter().flatten().collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
            assert_eq!(frame.keys.iter().flatten().collect::<Vec<_>>(), ["a", "bc", "d"]);
        }
        let picked = decoded(PendingFrame::build(&block(), &[2]));
        assert_eq!(picked.data.value(0), b"three");
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let mut pending = PendingFrame::build_whole(&block());
        let (_, bytes) = pending.stamp(0, Timestamp(0));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let intact = FrameHeader::decode(&damaged)
                .and_then(|header| Frame::decode(header, Buffer::from(&damaged[HEADER..])));
            assert!(intact.is_none(), "bit {bit}");
        }
    }
}
