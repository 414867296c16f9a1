//! Checkpoints: whenever the process dies, each row is delivered once.

use super::*;

#[test]
fn nothing_is_visible_before_the_checkpoint_is_durable() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    delivery.snapshot().unwrap();
    assert!(lake.files().is_empty());
    assert_eq!(delivery.metrics().oldest_pending, Some(Timestamp(START)));
    delivery.commit().unwrap();
    assert_eq!(lake.files().len(), 1);
}

#[test]
fn objects_finished_after_the_snapshot_wait_for_the_next_one() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..1, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    delivery.snapshot().unwrap();
    delivery.write(&rows(1..2, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    delivery.commit().unwrap();
    assert_eq!(lake.delivered(), [0]);
    checkpoint(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1]);
}

/// What the driver of an application does, epoch after epoch, with a crash after step `crash`.
fn run_with_crash(lake: &Lake, config: &DeliveryConfig, crash: usize) -> usize {
    let mut delivery = lake.delivery(config);
    delivery.restore(None).unwrap();
    let mut durable: Option<(SinkSnapshot, i64)> = None;
    let (mut next, mut step, mut has_crashed) = (0, 0, false);
    loop {
        let is_last = next == 40;
        let mut pending = None;
        for action in 0..4 {
            step += 1;
            if step == crash && !has_crashed {
                has_crashed = true;
                drop(delivery);
                delivery = lake.delivery(config);
                delivery.restore(durable.as_ref().map(|(snapshot, _)| snapshot)).unwrap();
                next = durable.as_ref().map_or(0, |(_, next)| *next);
                break;
            }
            match action {
                0 if !is_last => {
                    delivery.write(&rows(next..next + 5, 100_000)).unwrap();
                    next += 5;
                }
                0 => delivery.advance(Timestamp::MAX).unwrap(),
                1 => pending = Some((delivery.snapshot().unwrap(), next)),
                2 => durable = pending.take(),
                _ => {
                    delivery.commit().unwrap();
                    if is_last {
                        return step;
                    }
                }
            }
        }
    }
}

#[test]
fn a_crash_between_any_two_steps_neither_loses_nor_repeats_a_row() {
    for (format, table) in [(Format::Json, Some("iot.anomaly")), (Format::Parquet, None)] {
        let config = DeliveryConfig { format, buffer_mib: 1, table: table.map(Into::into), ..config() };
        let whole = Lake::new();
        let steps = run_with_crash(&whole, &config, usize::MAX);
        assert!(steps > 30 && whole.files().len() == 3, "{steps} {:?}", whole.files().keys());
        for crash in 1..=steps {
            let lake = Lake::new();
            run_with_crash(&lake, &config, crash);
            assert_eq!(lake.delivered(), Vec::from_iter(0..40), "crash before step {crash}");
            assert_eq!(lake.files(), whole.files(), "crash before step {crash}");
            assert_eq!(std::fs::read_dir(lake.staging()).unwrap().count(), 0, "crash before step {crash}");
            if config.table.is_some() {
                let registered = Catalog::open(&lake.storage()).unwrap().files("iot", "anomaly", None).unwrap();
                assert_eq!(registered.len(), 3, "crash before step {crash}");
            }
        }
    }
}

#[test]
fn a_snapshot_can_be_restored_again_and_again() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    delivery.write(&rows(3..5, 1)).unwrap();
    let snapshot = delivery.snapshot().unwrap();
    for _ in 0..3 {
        drop(delivery);
        delivery = lake.delivery(&config());
        delivery.restore(Some(&snapshot)).unwrap();
        assert_eq!(lake.delivered(), [0, 1, 2]);
    }
    finish(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1, 2, 3, 4]);
}

#[test]
fn leftovers_that_no_checkpoint_names_are_deleted() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    assert_eq!(std::fs::read_dir(lake.staging()).unwrap().count(), 1);
    drop(delivery);
    lake.delivery(&config()).restore(None).unwrap();
    assert_eq!(std::fs::read_dir(lake.staging()).unwrap().count(), 0);
    assert!(lake.files().is_empty());
}

#[test]
fn fresh_starts_never_write_over_each_other() {
    let lake = Lake::new();
    for _ in 0..2 {
        let mut delivery = lake.delivery(&DeliveryConfig { seed: None, ..config() });
        delivery.write(&rows(0..1, 1)).unwrap();
        finish(&mut delivery);
    }
    assert_eq!(lake.delivered(), [0, 0]);
}

#[test]
fn an_object_begun_in_another_format_is_finished_in_it() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..2, 1)).unwrap();
    let snapshot = checkpoint(&mut delivery);
    drop(delivery);
    let mut delivery = lake.delivery(&DeliveryConfig { format: Format::Parquet, ..config() });
    delivery.restore(Some(&snapshot)).unwrap();
    delivery.write(&rows(2..4, 1)).unwrap();
    finish(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1, 2, 3]);
    assert_eq!(lake.files().keys().filter(|path| path.ends_with(".parquet")).count(), 1);
}

#[test]
fn damaged_snapshots_are_refused() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    let SinkSnapshot(bytes) = delivery.snapshot().unwrap();
    let mut looked_at = 0;
    for length in 0..bytes.len() {
        let cut = SinkSnapshot(bytes[..length].to_vec());
        assert!(matches!(delivery.restore(Some(&cut)), Err(Error::CorruptSnapshot { .. })), "{length}");
        looked_at += 1;
    }
    assert!(looked_at > 100);
    delivery.restore(Some(&SinkSnapshot(bytes))).unwrap();
    finish(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1, 2]);
}
