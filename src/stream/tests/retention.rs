//! What is past its retention goes, and who asks for it hears so.

use std::fs;

use super::*;

const HOUR: i64 = 3_600_000;

fn daily(fixture: &Fixture) -> Stream {
    let options = StreamOptions { retention: Retention::hours(24).unwrap(), ..StreamOptions::default() };
    fixture.store().create("s", &options).unwrap()
}

fn segments(fixture: &Fixture) -> usize {
    let entries = fs::read_dir(fixture.shard(0)).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "log")).count()
}

#[test]
fn the_trim_horizon_moves_with_the_clock() {
    let fixture = Fixture::new();
    let stream = daily(&fixture);
    let old = put(&stream, &["a", "b"]).shards[0];
    fixture.clock.set(Timestamp(12 * HOUR));
    put(&stream, &["c"]);
    fixture.clock.set(Timestamp(25 * HOUR));
    assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["c"]);
    assert_eq!(read(&stream, 0, &StartPosition::AtTimestamp(Timestamp(0))), ["c"]);
    let mut reader = stream.reader(ShardId(0), &StartPosition::AtSequenceNumber(old.first)).unwrap();
    assert_eq!(reader.take_trimmed(), 2, "the gap is told once");
    assert_eq!(reader.take_trimmed(), 0);
    assert_eq!(reader.next_batch(10, Timestamp::MAX).unwrap().unwrap().data.value(0), b"c");
    let mut behind = stream.reader(ShardId(0), &StartPosition::AfterSequenceNumber(old.first)).unwrap();
    assert_eq!(behind.take_trimmed(), 1);
    assert_eq!(segments(&fixture), 1, "the file that is written stays");
}

#[test]
fn files_go_when_all_of_their_records_have_expired() {
    let fixture = Fixture::new();
    let stream = daily(&fixture);
    put(&stream, &["a"]);
    let mut slow = stream.reader(ShardId(0), &StartPosition::TrimHorizon).unwrap();
    let idle = fixture.store().open("s", Durability::Os).unwrap();
    put(&idle, &["b"]);
    for day in 2..5 {
        fixture.clock.set(Timestamp(day * 25 * HOUR));
        put(&stream, &[&format!("day {day}")]);
    }
    assert_eq!(segments(&fixture), 1);
    assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["day 4"]);
    // A reader finishes the file that it has open, and hears of the gap behind it.
    assert_eq!(slow.next_batch(10, Timestamp::MAX).unwrap().unwrap().data.value(0), b"a");
    assert_eq!(slow.next_batch(10, Timestamp::MAX).unwrap().unwrap().data.value(0), b"b");
    assert_eq!(slow.next_batch(10, Timestamp::MAX).unwrap().unwrap().data.value(0), b"day 4");
    assert_eq!(slow.take_trimmed(), 2);
    // A writer whose file is gone goes on in the newest one.
    assert_eq!(put(&idle, &["late"]).shards[0].first.offset, 5);
    assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["day 4", "late"]);
}

#[test]
fn a_closed_shard_expires_as_a_whole() {
    let fixture = Fixture::new();
    let stream = daily(&fixture);
    let old = put(&stream, &["a"]).shards[0];
    stream.update_shard_count(2).unwrap();
    let parent = stream.shard(ShardId(0)).unwrap();
    fixture.clock.set(Timestamp(25 * HOUR));
    put(&stream, &["x"]);
    assert_eq!(stream.shard_state(&parent), ShardState::Expired);
    assert_eq!(stream.refresh().unwrap().len(), 2, "it is no longer listed");
    assert_eq!(stream.trim_expired().unwrap(), 1);
    assert_eq!(segments(&fixture), 0);
    let mut reader = stream.reader(ShardId(0), &StartPosition::AtSequenceNumber(old.first)).unwrap();
    assert!(reader.is_at_end(&parent));
    assert_eq!(reader.take_trimmed(), 1);
    let mut consumer = stream.consumer("c", StartPosition::TrimHorizon).unwrap();
    assert_eq!(consumer.poll(10).unwrap().unwrap().data.value(0), b"x");
}

#[test]
fn the_size_of_a_shard_is_bounded() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    let large = "x".repeat(100_000);
    for _ in 0..60 {
        let mut block = RecordBlock::new();
        block.push(large.as_bytes(), "k").unwrap();
        stream.put_block(&block).unwrap();
    }
    assert!(segments(&fixture) > 3);
    assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon).len(), 60);
    stream.set_retention(Retention { hours: None, bytes: Some(2_500_000) }).unwrap();
    let kept = read(&stream, 0, &StartPosition::TrimHorizon).len();
    assert!((12..=25).contains(&kept), "{kept}");
    stream.set_retention(Retention { hours: None, bytes: Some(1) }).unwrap();
    assert_eq!(segments(&fixture), 1);
    assert_eq!(fixture.store().open("s", Durability::Os).unwrap().retention().bytes, Some(1));
}

#[test]
fn hours_are_those_of_the_api() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    assert_eq!(stream.retention(), Retention::default());
    for hours in [0, 23, 8761] {
        let refused = stream.set_retention(Retention { hours: Some(hours), bytes: None }).unwrap_err();
        assert_eq!(refused.code(), "InvalidArgumentException");
    }
    stream.set_retention(Retention { hours: Some(8760), bytes: None }).unwrap();
    assert_eq!(fixture.stream(1).retention().hours, Some(8760));
}
