//! Records of the Kinesis Producer Library: several of a user's records in one of the stream.
//!
//! An aggregate is four magic bytes, a message of Protocol Buffers and the MD5 of that message. Whatever does not look like
//! that to the last byte is a record of its own, as the Kinesis Client Library has it.
//!
//! Source: aggregation-format.md of the Kinesis Producer Library.

use arrow::array::{Array, BinaryArray, BinaryBuilder, StringArray, StringBuilder};
use md5::{Digest, Md5};

use super::reader::ShardBatch;

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST: usize = 16;

/// One of the records of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRecord<'a> {
    /// Its partition key.
    pub partition_key: &'a str,
    /// The hash that it asked for in place of its key's.
    pub explicit_hash_key: Option<&'a str>,
    /// Its data.
    pub data: &'a [u8],
}

/// The records of an aggregate; `None` for a record that is none.
#[must_use]
pub fn unpack(record: &[u8]) -> Option<Vec<UserRecord<'_>>> {
    let body = record.strip_prefix(&MAGIC)?;
    let (message, digest) = body.split_at_checked(body.len().checked_sub(DIGEST)?)?;
    if Md5::digest(message)[..] != *digest {
        return None;
    }
    let (mut keys, mut hashes, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for field in Fields(message) {
        match field? {
            (1, Value::Bytes(key)) => keys.push(std::str::from_utf8(key).ok()?),
            (2, Value::Bytes(hash)) => hashes.push(std::str::from_utf8(hash).ok()?),
            (3, Value::Bytes(record)) => records.push(record),
            _ => {}
        }
    }
    records.into_iter().map(|record| user_record(record, &keys, &hashes)).collect()
}

fn user_record<'a>(message: &'a [u8], keys: &[&'a str], hashes: &[&'a str]) -> Option<UserRecord<'a>> {
    let (mut key, mut hash, mut data) = (None, None, None);
    for field in Fields(message) {
        match field? {
            (1, Value::Number(index)) => key = Some(*keys.get(usize::try_from(index).ok()?)?),
            (2, Value::Number(index)) => hash = Some(*hashes.get(usize::try_from(index).ok()?)?),
            (3, Value::Bytes(bytes)) => data = Some(bytes),
            _ => {}
        }
    }
    Some(UserRecord { partition_key: key?, explicit_hash_key: hash, data: data? })
}

/// A value of Protocol Buffers, as far as aggregates have them.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, by number; `None` when it is malformed.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Bytes(self.bytes(8)?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.bytes(length)?)
            }
            5 => Value::Bytes(self.bytes(4)?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Value<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// The records of a batch, those of aggregates one by one.
#[derive(Clone, Debug)]
pub struct UserRecords {
    /// Their data.
    pub data: BinaryArray,
    /// Their partition keys.
    pub partition_keys: StringArray,
    /// The offset of the stream's record that each came in.
    pub offsets: Vec<u64>,
    /// Their places in aggregates, from 0; 0 for those that came alone.
    pub subsequence_numbers: Vec<i64>,
}

impl ShardBatch {
    /// Whether a record may be an aggregate.
    #[must_use]
    pub fn may_hold_aggregates(&self) -> bool {
        (0..self.data.len()).any(|row| self.data.value(row).starts_with(&MAGIC))
    }

    /// The records with aggregates unpacked; `None` when there are none.
    #[must_use]
    pub fn user_records(&self) -> Option<UserRecords> {
        if !self.may_hold_aggregates() {
            return None;
        }
        let (mut data, mut keys) = (BinaryBuilder::new(), StringBuilder::new());
        let (mut offsets, mut places) = (Vec::new(), Vec::new());
        for (row, offset) in (0..self.data.len()).zip(self.first_offset..) {
            let record = self.data.value(row);
            let alone =
                [UserRecord { partition_key: self.partition_keys.value(row), explicit_hash_key: None, data: record }];
            let unpacked = unpack(record);
            for (place, user) in (0..).zip(unpacked.as_deref().unwrap_or(&alone)) {
                data.append_value(user.data);
                keys.append_value(user.partition_key);
                offsets.push(offset);
                places.push(place);
            }
        }
        Some(UserRecords { data: data.finish(), partition_keys: keys.finish(), offsets, subsequence_numbers: places })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::ShardId;
    use crate::time::Timestamp;

    fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn sealed(message: &[u8]) -> Vec<u8> {
        [&MAGIC[..], message, &Md5::digest(message)[..]].concat()
    }

    /// Two keys, one hash, three records; the last with a tag and a field that nobody knows.
    fn message() -> Vec<u8> {
        let record = |key: u8, more: &[u8], data: &[u8]| [&[8, key][..], more, &bytes_field(3, data)].concat();
        [
            bytes_field(1, b"a"),
            bytes_field(1, "ü".as_bytes()),
            bytes_field(2, b"42"),
            bytes_field(3, &record(0, &[], b"one")),
            bytes_field(3, &record(1, &[16, 0], b"")),
            bytes_field(3, &[record(1, &[], b"three"), bytes_field(4, b"\x0a\x01k"), vec![15 << 3, 0x96, 1]].concat()),
        ]
        .concat()
    }

    #[test]
    fn aggregates_are_unpacked() {
        let record = sealed(&message());
        let user = |partition_key, explicit_hash_key, data| UserRecord { partition_key, explicit_hash_key, data };
        let expected = [user("a", None, &b"one"[..]), user("ü", Some("42"), b""), user("ü", None, b"three")];
        assert_eq!(unpack(&record).unwrap(), expected);
    }

    #[test]
    fn what_is_damaged_or_malformed_is_a_record_of_its_own() {
        let record = sealed(&message());
        for bit in 0..record.len() * 8 {
            let mut damaged = record.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unpack(&damaged).is_none(), "bit {bit}");
        }
        for cut in 0..record.len() {
            assert!(unpack(&record[..cut]).is_none(), "cut at {cut}");
        }
        // Sealed well, but with keys that are not there, cut short, or with a group.
        for message in [&bytes_field(3, &[8, 0, 26, 0])[..], &message()[..9], &[11], &[0x80; 12]] {
            assert!(unpack(&sealed(message)).is_none(), "{message:?}");
        }
        assert_eq!(unpack(&sealed(&[])).unwrap(), []);
    }

    #[test]
    fn a_batch_keeps_the_place_of_every_record() {
        let aggregate = sealed(&message());
        let batch = ShardBatch {
            shard: ShardId(0),
            first_offset: 7,
            data: BinaryArray::from_vec(vec![b"plain", &aggregate, &MAGIC]),
            partition_keys: StringArray::from(vec!["p", "ignored", "q"]),
            arrival: Timestamp(0),
        };
        let records = batch.user_records().unwrap();
        assert_eq!(records.offsets, [7, 8, 8, 8, 9]);
        assert_eq!(records.subsequence_numbers, [0, 0, 1, 2, 0]);
        assert_eq!(records.partition_keys.iter().flatten().collect::<Vec<_>>(), ["p", "a", "ü", "ü", "q"]);
        let plain = ShardBatch { data: BinaryArray::from_vec(vec![b"x"]), ..batch };
        assert!(plain.user_records().is_none());
    }
}
