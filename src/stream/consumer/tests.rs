//! Workers that share shards, stop, die and go on.

use std::sync::Arc;

use super::*;
use crate::stream::{RecordBlock, StreamOptions, StreamStore};
use crate::time::SystemClock;

fn stream(shards: u32) -> (tempfile::TempDir, Stream) {
    let folder = tempfile::tempdir().unwrap();
    let store = StreamStore::new(folder.path(), Arc::new(SystemClock));
    let stream = store.create("s", &StreamOptions { shards, ..StreamOptions::default() }).unwrap();
    (folder, stream)
}

fn put(stream: &Stream, from: u32, count: u32) {
    let mut block = RecordBlock::new();
    for number in from..from + count {
        block.push(number.to_string().as_bytes(), &number.to_string()).unwrap();
    }
    stream.put_block(&block).unwrap();
}

fn drain(consumer: &mut Consumer) -> Vec<u32> {
    let mut found = Vec::new();
    while let Some(batch) = consumer.poll(1000).unwrap() {
        found.extend(batch.data.iter().map(|data| std::str::from_utf8(data.unwrap()).unwrap().parse::<u32>().unwrap()));
    }
    found.sort_unstable();
    found
}

#[test]
fn a_consumer_goes_on_behind_its_checkpoint() {
    let (_folder, stream) = stream(3);
    put(&stream, 0, 100);
    let mut consumer = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
    assert_eq!(drain(&mut consumer), (0..100).collect::<Vec<_>>());
    consumer.checkpoint(None).unwrap();
    put(&stream, 100, 10);
    assert_eq!(drain(&mut consumer).len(), 10);
    drop(consumer);
    // What was handed out and not settled comes again.
    let mut again = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
    assert_eq!(drain(&mut again), (100..110).collect::<Vec<_>>());
    assert!(again.held().iter().all(|lease| lease.owner_switches_since_checkpoint == 1));
    assert_eq!(stream.consumers().unwrap(), ["c"]);
    assert!(stream.delete_consumer("c").is_err());
    drop(again);
    stream.delete_consumer("c").unwrap();
    assert!(stream.consumers().unwrap().is_empty());
}

#[test]
fn workers_share_the_shards_and_take_over_from_the_dead() {
    let (_folder, stream) = stream(4);
    put(&stream, 0, 200);
    let mut one = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
    one.balance().unwrap();
    assert_eq!(one.held().len(), 4);
    let first = one.poll(10).unwrap().unwrap();
    let mut other = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
    one.balance().unwrap();
    other.balance().unwrap();
    assert!(other.held().len() <= 2);
    let mut seen = drain(&mut one);
    seen.extend(first.data.iter().map(|data| std::str::from_utf8(data.unwrap()).unwrap().parse::<u32>().unwrap()));
    one.checkpoint(None).unwrap();
    other.balance().unwrap();
    assert_eq!((one.held().len(), other.held().len()), (2, 2));
    drop(one);
    seen.extend(drain(&mut other));
    other.balance().unwrap();
    assert_eq!(other.held().len(), 4);
    seen.extend(drain(&mut other));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
    assert!(stream.leases("c").unwrap().iter().all(|lease| lease.is_held));
}

#[test]
fn a_checkpoint_never_goes_back_nor_ahead_of_what_was_read() {
    let (_folder, stream) = stream(1);
    put(&stream, 0, 10);
    let mut consumer = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
    let number = |offset| stream.sequence_number(ShardId(0), offset, Timestamp(0));
    assert!(consumer.checkpoint(Some(number(0))).is_err());
    consumer.poll(5).unwrap().unwrap();
    consumer.checkpoint(Some(number(3))).unwrap();
    assert!(consumer.checkpoint(Some(number(7))).is_err());
    assert!(consumer.checkpoint(Some(number(1))).is_err());
    assert!(consumer.millis_behind_latest().unwrap() >= 0);
    drop(consumer);
    let mut again = stream.consumer("c", StartPosition::Latest).unwrap();
    assert_eq!(drain(&mut again), (4..10).collect::<Vec<_>>());
    assert!(stream.consumer("../x", StartPosition::Latest).is_err());
}
