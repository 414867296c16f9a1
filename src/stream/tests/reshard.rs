//! Splits and merges: before, during and after.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn read_all(stream: &Stream) -> Vec<String> {
    let mut reader = stream.merged_reader(&StartPosition::TrimHorizon).unwrap();
    let mut records = Vec::new();
    while let Some(batch) = reader.next_batch(3).unwrap() {
        records.extend((0..batch.len()).map(|row| String::from_utf8(batch.data.value(row).to_vec()).unwrap()));
    }
    records
}

fn ranges_are_whole(stream: &Stream) {
    let open = stream.open_shards();
    assert_eq!((open[0].range.start, open[open.len() - 1].range.end), (0, u128::MAX));
    for pair in open.windows(2) {
        assert_eq!(pair[0].range.end + 1, pair[1].range.start);
    }
}

#[test]
fn a_split_closes_the_parent_and_opens_two_children() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["a", "sensor-1"]);
    stream.split_shard(ShardId(0), None).unwrap();
    ranges_are_whole(&stream);
    let shards = stream.refresh().unwrap();
    assert_eq!(shards.iter().map(|shard| shard.id.0).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((shards[0].end_offset, stream.shard_state(&shards[0])), (Some(2), ShardState::Closed));
    assert_eq!(
        (shards[1].parent, shards[2].parent, shards[2].adjacent_parent),
        (Some(ShardId(0)), Some(ShardId(0)), None)
    );
    assert_eq!(shards[2].range.start, 1 << 127);
    put(&stream, &["a", "sensor-1"]);
    assert_eq!(read(&stream, 1, &StartPosition::TrimHorizon), ["a"]);
    assert_eq!(read(&stream, 2, &StartPosition::TrimHorizon), ["sensor-1"]);
    assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["a", "sensor-1"]);
    let mut parent = stream.reader(ShardId(0), &StartPosition::Latest).unwrap();
    assert!(parent.is_at_end(&shards[0]));
    assert_eq!(read_all(&stream), ["a", "sensor-1", "a", "sensor-1"]);
}

#[test]
fn a_merge_joins_neighbours_only() {
    let fixture = Fixture::new();
    let stream = fixture.stream(3);
    let refused = stream.merge_shards(ShardId(0), ShardId(2)).unwrap_err();
    assert_eq!(refused.code(), "InvalidArgumentException");
    stream.merge_shards(ShardId(2), ShardId(1)).unwrap();
    let shards = stream.refresh().unwrap();
    assert_eq!((shards[3].parent, shards[3].adjacent_parent), (Some(ShardId(2)), Some(ShardId(1))));
    ranges_are_whole(&stream);
    assert!(matches!(stream.merge_shards(ShardId(0), ShardId(1)), Err(Error::ClosedShard { .. })));
    assert!(matches!(stream.split_shard(ShardId(2), None), Err(Error::ClosedShard { .. })));
    assert!(matches!(stream.split_shard(ShardId(9), None), Err(Error::UnknownShard { .. })));
}

#[test]
fn a_split_lies_inside_of_the_shard() {
    let fixture = Fixture::new();
    let stream = fixture.stream(2);
    let range = stream.open_shards()[1].range;
    for wrong in [0, range.start, range.start + 1, range.end] {
        let refused = stream.split_shard(ShardId(1), Some(wrong)).unwrap_err();
        assert!(matches!(refused, Error::InvalidArgument { .. }), "{wrong}: {refused}");
    }
    assert_eq!(stream.refresh().unwrap().len(), 2);
    stream.split_shard(ShardId(1), Some(range.start + 2)).unwrap();
    ranges_are_whole(&stream);
}

#[test]
fn any_number_of_shards_can_be_had_in_one_change() {
    let fixture = Fixture::new();
    let stream = fixture.stream(2);
    let mut expected = Vec::new();
    for (round, shards) in [5, 3, 3, 8, 1, 4].into_iter().enumerate() {
        let records: Vec<String> = (0..20).map(|number| format!("{round}-{number}")).collect();
        put(&stream, &records.iter().map(String::as_str).collect::<Vec<_>>());
        expected.extend(records);
        stream.update_shard_count(shards).unwrap();
        ranges_are_whole(&stream);
        let open: Vec<HashRange> = stream.open_shards().iter().map(|shard| shard.range).collect();
        assert_eq!(open, HashRange::divide(shards));
        assert!(stream.refresh().unwrap().iter().all(|shard| shard.is_open() || shard.end_offset.is_some()));
    }
    let mut found = read_all(&stream);
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(matches!(stream.update_shard_count(0), Err(Error::InvalidArgument { .. })));
}

#[test]
fn other_handles_notice_and_every_key_keeps_its_order() {
    let fixture = Fixture::new();
    let stop = Arc::new(AtomicBool::new(false));
    let keys = ["a", "sensor-1", "user@example.com", "日本"];
    let resharding = fixture.stream(2);
    let tail = resharding.merged_reader(&StartPosition::TrimHorizon).unwrap();
    let writers: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let (stream, stop) = (fixture.store().open("s", Durability::Os).unwrap(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) || count < 50 {
                    let mut block = RecordBlock::new();
                    for number in count..count + 10 {
                        block.push(number.to_string().as_bytes(), key).unwrap();
                    }
                    stream.put_block(&block).unwrap();
                    count += 10;
                }
                count
            })
        })
        .collect();
    for shards in [4, 1, 3, 2, 6, 2] {
        resharding.update_shard_count(shards).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let counts: Vec<u64> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    let fresh = resharding.merged_reader(&StartPosition::TrimHorizon).unwrap();
    for mut reader in [tail, fresh] {
        let mut next: BTreeMap<String, u64> = BTreeMap::new();
        while let Some(batch) = reader.next_batch(1000).unwrap() {
            for row in 0..batch.len() {
                let number: u64 = std::str::from_utf8(batch.data.value(row)).unwrap().parse().unwrap();
                let expected = next.entry(batch.partition_keys.value(row).to_owned()).or_default();
                assert_eq!(number, *expected, "{}", batch.partition_keys.value(row));
                *expected += 1;
            }
        }
        assert_eq!(keys.map(|key| next[key]).to_vec(), counts);
    }
}

#[test]
fn a_resharding_that_died_has_not_happened() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["a"]);
    // What is there when the process dies before the rename: children's folders, and half of a manifest.
    fs::create_dir_all(fixture.shard(1)).unwrap();
    fs::create_dir_all(fixture.shard(2)).unwrap();
    fs::write(fixture.folder.path().join("s/stream.json.next"), b"{\"form").unwrap();
    let again = fixture.stream(1);
    put(&again, &["b"]);
    again.split_shard(ShardId(0), None).unwrap();
    put(&stream, &["c"]);
    assert_eq!(read_all(&fixture.stream(2)), ["a", "b", "c"]);
}

#[test]
fn consumers_read_parents_to_their_end_before_the_children() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["1", "2"]);
    let mut consumer = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
    let first = consumer.poll(1).unwrap().unwrap();
    assert_eq!(first.data.value(0), b"1");
    stream.update_shard_count(2).unwrap();
    put(&stream, &["3", "4", "5", "6"]);
    consumer.balance().unwrap();
    assert_eq!(consumer.held().len(), 1, "the children wait");
    assert_eq!(consumer.poll(10).unwrap().unwrap().data.value(0), b"2");
    assert!(consumer.poll(10).unwrap().is_none(), "the parent is not checkpointed");
    consumer.checkpoint(None).unwrap();
    let leases = stream.leases("c").unwrap();
    assert_eq!(leases.iter().map(|lease| lease.is_ended).collect::<Vec<_>>(), [true, false, false]);
    let mut rest = 0;
    while let Some(batch) = consumer.poll(10).unwrap() {
        rest += batch.len();
    }
    assert_eq!(rest, 4);
    consumer.checkpoint(None).unwrap();
    stream.merge_shards(ShardId(1), ShardId(2)).unwrap();
    put(&stream, &["7"]);
    drop(consumer);
    let mut again = stream.consumer("c", StartPosition::Latest).unwrap();
    let found = (0..10).find_map(|_| again.poll(10).unwrap()).unwrap();
    assert_eq!((found.shard, found.data.value(0)), (ShardId(3), &b"7"[..]));
}

#[test]
fn a_consumer_of_the_latest_reads_children_that_come_later_from_their_beginning() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["old"]);
    stream.update_shard_count(2).unwrap();
    put(&stream, &["old", "older"]);
    let mut consumer = stream.consumer("c", StartPosition::Latest).unwrap();
    for _ in 0..5 {
        assert!(consumer.poll(10).unwrap().is_none());
    }
    assert_eq!(consumer.held().len(), 2);
    drop(consumer);
    // Nobody was there when they came, and nothing had a checkpoint.
    put(&stream, &["new"]);
    stream.update_shard_count(1).unwrap();
    put(&stream, &["newer"]);
    let mut consumer = stream.consumer("c", StartPosition::Latest).unwrap();
    let mut found = Vec::new();
    for _ in 0..10 {
        if let Some(batch) = consumer.poll(10).unwrap() {
            found.extend((0..batch.len()).map(|row| batch.data.value(row).to_vec()));
            consumer.checkpoint(None).unwrap();
        }
    }
    assert_eq!(found, [b"new".to_vec(), b"newer".to_vec()]);
}
