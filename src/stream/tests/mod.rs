//! The log as its users see it: several writers, readers, torn tails, damage.

mod damage;
mod reshard;
mod retention;

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::Array;

use super::*;
use crate::time::{Clock, ManualClock, Timestamp};

struct Fixture {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Fixture {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::new(Timestamp(1_000))) }
    }

    fn store(&self) -> StreamStore {
        StreamStore::new(self.folder.path(), Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    fn stream(&self, shards: u32) -> Stream {
        self.store().open_or_create("s", Some(shards), Durability::Os).unwrap()
    }

    fn shard(&self, index: u32) -> PathBuf {
        self.folder.path().join("s").join(ShardId(index).to_string())
    }

    fn segment(&self) -> PathBuf {
        self.folder.path().join("s/shardId-000000000000/00000000000000000000.log")
    }
}

fn put(stream: &Stream, records: &[&str]) -> PutSummary {
    let mut block = RecordBlock::new();
    for record in records {
        block.push(record.as_bytes(), record).unwrap();
    }
    stream.put_block(&block).unwrap()
}

fn read(stream: &Stream, shard: u32, start: &StartPosition) -> Vec<String> {
    let mut reader = stream.reader(ShardId(shard), start).unwrap();
    let mut records = Vec::new();
    while let Some(batch) = reader.next_batch(2, Timestamp::MAX).unwrap() {
        for row in 0..batch.data.len() {
            records.push(String::from_utf8(batch.data.value(row).to_vec()).unwrap());
        }
    }
    records
}

#[test]
fn records_come_back_in_order_from_every_start() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["a", "b", "c"]);
    fixture.clock.set(Timestamp(2_000));
    let second = put(&stream, &["d", "e"]).shards[0];
    assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["a", "b", "c", "d", "e"]);
    assert_eq!(read(&stream, 0, &StartPosition::AtSequenceNumber(second.first)), ["d", "e"]);
    assert_eq!(read(&stream, 0, &StartPosition::AfterSequenceNumber(second.first)), ["e"]);
    assert_eq!(read(&stream, 0, &StartPosition::AtTimestamp(Timestamp(1_001))), ["d", "e"]);
    assert_eq!(read(&stream, 0, &StartPosition::AtTimestamp(Timestamp(1_000))).len(), 5);
    let mut latest = stream.reader(ShardId(0), &StartPosition::Latest).unwrap();
    assert!(latest.next_batch(10, Timestamp::MAX).unwrap().is_none());
    put(&stream, &["f"]);
    assert_eq!(latest.next_batch(10, Timestamp::MAX).unwrap().unwrap().data.value(0), b"f");
    assert_eq!(latest.next_offset(), 6);
}

#[test]
fn only_records_before_the_bound_are_handed_out() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["a"]);
    fixture.clock.set(Timestamp(2_000));
    put(&stream, &["b"]);
    let mut reader = stream.reader(ShardId(0), &StartPosition::TrimHorizon).unwrap();
    assert_eq!(reader.next_batch(10, Timestamp(2_000)).unwrap().unwrap().len(), 1);
    assert!(reader.next_batch(10, Timestamp(2_000)).unwrap().is_none());
    assert_eq!(reader.next_batch(10, Timestamp(2_001)).unwrap().unwrap().data.value(0), b"b");
}

#[test]
fn arrival_never_goes_back() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["a"]);
    fixture.clock.set(Timestamp(10));
    put(&stream, &["b"]);
    let mut reader = stream.reader(ShardId(0), &StartPosition::TrimHorizon).unwrap();
    reader.next_batch(1, Timestamp::MAX).unwrap();
    assert_eq!(reader.next_batch(1, Timestamp::MAX).unwrap().unwrap().arrival, Timestamp(1_000));
}

#[test]
fn keys_are_spread_and_each_key_keeps_its_shard() {
    let fixture = Fixture::new();
    let stream = fixture.stream(2);
    put(&stream, &["a", "sensor-1", "a", "user@example.com"]);
    assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["a", "a"]);
    assert_eq!(read(&stream, 1, &StartPosition::TrimHorizon), ["sensor-1", "user@example.com"]);
}

#[test]
fn two_writers_take_turns_without_reusing_offsets() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.stream(1), fixture.stream(1));
    for turn in 0..5 {
        let first = put(&one, &["x", "y"]).shards[0];
        let second = put(&two, &["z"]).shards[0];
        assert_eq!((first.first.offset, second.first.offset), (turn * 3, turn * 3 + 2));
    }
    assert_eq!(read(&two, 0, &StartPosition::TrimHorizon).len(), 15);
}

#[test]
fn names_and_shards_are_checked() {
    let fixture = Fixture::new();
    let store = fixture.store();
    for name in ["", "a b", "../x", "..", "ü"] {
        assert!(
            matches!(store.open_or_create(name, None, Durability::Os), Err(Error::InvalidArgument { .. })),
            "{name}"
        );
    }
    let missing = store.open("nothing", Durability::Os).unwrap_err();
    assert_eq!(missing.code(), "ResourceNotFoundException");
    fixture.stream(2);
    assert!(matches!(store.open_or_create("s", Some(3), Durability::Os), Err(Error::DifferentShards { found: 2, .. })));
    assert_eq!(store.open_or_create("s", None, Durability::Os).unwrap().shards().len(), 2);
    assert_eq!(store.list().unwrap(), ["s"]);
    store.delete("s").unwrap();
    assert!(store.list().unwrap().is_empty());
}

#[test]
fn sequence_numbers_of_others_are_refused() {
    let fixture = Fixture::new();
    let stream = fixture.stream(2);
    let put = put(&stream, &["a"]).shards[0];
    assert!(stream.reader(ShardId(1), &StartPosition::AtSequenceNumber(put.first)).is_err());
    let foreign = SequenceNumber { created_second: 77, ..put.first };
    assert!(stream.reader(ShardId(0), &StartPosition::AtSequenceNumber(foreign)).is_err());
    assert!(stream.reader(ShardId(9), &StartPosition::TrimHorizon).is_err());
}

#[test]
fn large_blocks_are_cut_to_frames() {
    let fixture = Fixture::new();
    let stream = fixture.stream(2);
    let mut block = RecordBlock::new();
    for number in 0..200_000 {
        block.push(format!("{number:0>60}").as_bytes(), &number.to_string()).unwrap();
    }
    let summary = stream.put_block(&block).unwrap();
    assert_eq!(summary.shards.iter().map(|put| put.records).sum::<u64>(), 200_000);
    let total: usize = (0..2).map(|shard| read(&stream, shard, &StartPosition::TrimHorizon).len()).sum();
    assert_eq!(total, 200_000);
}
