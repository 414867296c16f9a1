//! Torn tails are cut, and every damaged bit is found.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;

/// As if the last writer had died before it noted what it wrote.
fn unacknowledge(fixture: &Fixture, lock: &[u8]) {
    fs::write(fixture.shard(0).join("lock"), lock).unwrap();
}

/// What a reader finds before it meets the damage, and whether it does.
fn read_until_damage(stream: &Stream) -> (Vec<String>, bool) {
    let mut reader = stream.reader(ShardId(0), &StartPosition::TrimHorizon).unwrap();
    let mut records = Vec::new();
    loop {
        match reader.next_batch(100, Timestamp::MAX) {
            Ok(Some(batch)) => {
                records.extend((0..batch.len()).map(|row| String::from_utf8(batch.data.value(row).to_vec()).unwrap()));
            }
            Ok(None) => return (records, false),
            Err(Error::Corrupt { .. }) => return (records, true),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_torn_tail_is_cut_at_every_byte_of_the_last_frame() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["kept", "too"]);
    let good = fs::metadata(fixture.segment()).unwrap().len();
    let before = fs::read(fixture.shard(0).join("lock")).unwrap();
    put(&stream, &["torn"]);
    let whole = fs::read(fixture.segment()).unwrap();
    drop(stream);
    for cut in good as usize..whole.len() {
        fs::write(fixture.segment(), &whole[..cut]).unwrap();
        unacknowledge(&fixture, &before);
        let stream = fixture.stream(1);
        assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["kept", "too"], "cut at {cut}");
        assert_eq!(put(&stream, &["next"]).shards[0].first.offset, 2);
        assert_eq!(read(&stream, 0, &StartPosition::TrimHorizon), ["kept", "too", "next"]);
    }
}

#[test]
fn damage_in_the_middle_is_reported_and_nothing_is_written() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["one"]);
    let second = fs::metadata(fixture.segment()).unwrap().len();
    put(&stream, &["two"]);
    put(&stream, &["three"]);
    flip(&fixture.segment(), second + 70);
    let before = fs::read(fixture.segment()).unwrap();
    let reopened = fixture.stream(1);
    let mut block = RecordBlock::new();
    block.push(b"x", "k").unwrap();
    assert!(matches!(reopened.put_block(&block), Err(Error::Corrupt { position, .. }) if position == second));
    let mut reader = reopened.reader(ShardId(0), &StartPosition::TrimHorizon).unwrap();
    assert_eq!(reader.next_batch(10, Timestamp::MAX).unwrap().unwrap().len(), 1);
    assert!(matches!(reader.next_batch(10, Timestamp::MAX), Err(Error::Corrupt { .. })));
    assert_eq!(fs::read(fixture.segment()).unwrap(), before);
}

fn flip(path: &Path, at: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 4], at).unwrap();
}

#[test]
fn every_flipped_bit_is_found_by_readers_and_writers() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    let mut ends = vec![0];
    for record in ["one", "two", "three"] {
        put(&stream, &[record]);
        ends.push(fs::metadata(fixture.segment()).unwrap().len());
    }
    let whole = fs::read(fixture.segment()).unwrap();
    let file = OpenOptions::new().write(true).open(fixture.segment()).unwrap();
    for bit in 0..whole.len() * 8 {
        let place = bit as u64 / 8;
        file.write_all_at(&[whole[bit / 8] ^ (1 << (bit % 8))], place).unwrap();
        let intact = ends.iter().filter(|end| **end <= place).count() - 1;
        let damaged = fixture.stream(1);
        let (records, is_found) = read_until_damage(&damaged);
        assert!(is_found, "bit {bit}");
        assert_eq!(records, ["one", "two", "three"][..intact], "bit {bit}");
        let mut block = RecordBlock::new();
        block.push(b"x", "k").unwrap();
        let refused = damaged.put_block(&block).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { position, .. } if position == ends[intact]), "bit {bit}: {refused}");
        file.write_all_at(&whole[bit / 8..=bit / 8], place).unwrap();
    }
    assert_eq!(fs::read(fixture.segment()).unwrap(), whole, "nothing was written or cut");
    assert_eq!(read_until_damage(&fixture.stream(1)), (vec!["one".into(), "two".into(), "three".into()], false));
}

#[test]
fn what_was_acknowledged_and_is_cut_off_is_missed_at_every_byte() {
    let fixture = Fixture::new();
    put(&fixture.stream(1), &["one"]);
    let whole = fs::read(fixture.segment()).unwrap();
    for cut in 0..whole.len() {
        fs::write(fixture.segment(), &whole[..cut]).unwrap();
        let stream = fixture.stream(1);
        assert!(read_until_damage(&stream).1, "cut at {cut}");
        let mut block = RecordBlock::new();
        block.push(b"x", "k").unwrap();
        assert!(matches!(stream.put_block(&block), Err(Error::Corrupt { .. })), "cut at {cut}");
    }
}

#[test]
fn a_damaged_note_or_one_of_another_system_is_no_proof() {
    let fixture = Fixture::new();
    put(&fixture.stream(1), &["one"]);
    let lock = fixture.shard(0).join("lock");
    let note = fs::read(&lock).unwrap();
    for bit in 0..note.len() * 8 {
        flip_bit(&lock, &note, bit);
        let stream = fixture.stream(1);
        assert_eq!(read_until_damage(&stream), (vec!["one".into()], false));
    }
    fs::write(&lock, b"").unwrap();
    let bytes = fs::read(fixture.segment()).unwrap();
    fs::write(fixture.segment(), &bytes[..bytes.len() - 1]).unwrap();
    let stream = fixture.stream(1);
    assert_eq!(put(&stream, &["two"]).shards[0].first.offset, 0);
    assert_eq!(read_until_damage(&stream), (vec!["two".into()], false));
}

fn flip_bit(path: &Path, bytes: &[u8], bit: usize) {
    let mut damaged = bytes.to_vec();
    damaged[bit / 8] ^= 1 << (bit % 8);
    fs::write(path, damaged).unwrap();
}

#[test]
fn a_frame_out_of_its_place_is_damage() {
    let fixture = Fixture::new();
    let stream = fixture.stream(1);
    put(&stream, &["one"]);
    let whole = fs::read(fixture.segment()).unwrap();
    put(&stream, &["two"]);
    // The first frame again, where the second one was: its checksums are right.
    let file = OpenOptions::new().write(true).open(fixture.segment()).unwrap();
    file.write_all_at(&whole, whole.len() as u64).unwrap();
    let (records, is_found) = read_until_damage(&fixture.stream(1));
    assert_eq!((records, is_found), (vec!["one".into()], true));
}

#[test]
fn a_manifest_of_a_later_version_is_refused() {
    let fixture = Fixture::new();
    fixture.stream(1);
    let path = fixture.folder.path().join("s/stream.json");
    fs::write(&path, r#"{"format": 9, "else": true}"#).unwrap();
    let error = fixture.store().open("s", Durability::Os).unwrap_err();
    assert!(matches!(error, Error::NewerFormat { found: 9, .. }), "{error}");
    fs::write(
        &path,
        r#"{"format": 1, "name": "s", "created_second": 7, "shards":
        [{"id": 0, "range": {"start": "0", "end": "340282366920938463463374607431768211455"}}]}"#,
    )
    .unwrap();
    assert_eq!(fixture.store().open("s", Durability::Os).unwrap().open_shards()[0].created_second, 7);
}
