//! Records that are put into a delivery: kept from the acknowledgement on, in one file each.

use super::*;

fn lines_config() -> DeliveryConfig {
    DeliveryConfig { delimiter: b"\n".to_vec(), buffer_mib: 1, ..config() }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp(START)))
}

fn open(lake: &Lake) -> DirectPut {
    DirectPut::open(&lake.delivery(&lines_config()), clock()).unwrap()
}

fn pump(lake: &Lake) -> Pump {
    open(lake).pump(lake.delivery(&lines_config()), clock()).unwrap()
}

fn drain(pump: &mut Pump) {
    pump.drain(|| false, |_| ()).unwrap();
}

fn records(range: std::ops::Range<i64>, width: usize) -> Vec<String> {
    range.map(|n| format!(r#"{{"n":{n},"x":"{}"}}"#, "y".repeat(width))).collect()
}

#[test]
fn each_record_that_was_put_is_in_one_file() {
    let lake = Lake::new();
    let put = open(&lake);
    let report = put.put(&records(0..100, 0)).unwrap();
    assert_eq!((report.record_ids.len(), report.bytes), (100, records(0..100, 0).concat().len() as u64));
    let distinct: std::collections::HashSet<&String> = report.record_ids.iter().collect();
    assert_eq!(distinct.len(), 100);
    assert!(report.failure.is_none() && lake.files().is_empty());
    drain(&mut pump(&lake));
    assert_eq!(lake.delivered(), Vec::from_iter(0..100));
    put.put(&records(100..101, 0)).unwrap();
    put.put::<&[u8]>(&[]).unwrap();
    drain(&mut pump(&lake));
    drain(&mut pump(&lake));
    assert_eq!(lake.delivered(), Vec::from_iter(0..101));
}

#[test]
fn more_than_a_frame_keeps_its_order_and_its_ids() {
    let lake = Lake::new();
    let report = open(&lake).put(&records(0..1_500, 9_000)).unwrap();
    assert_eq!(report.record_ids.len(), 1_500);
    assert!(report.record_ids.is_sorted_by(|a, b| a < b), "ids of one log have one length and rise");
    drain(&mut pump(&lake));
    let in_order: Vec<i64> = lake.files().iter().map(|(path, bytes)| numbers(path, bytes)).map(|n| n[0]).collect();
    assert!(in_order.len() > 10, "{in_order:?}");
    assert_eq!(lake.delivered(), Vec::from_iter(0..1_500));
}

#[test]
fn a_record_that_is_too_large_is_named_and_none_is_put() {
    let lake = Lake::new();
    let put = open(&lake);
    let error = put.put(&[vec![0; LARGEST_RECORD], vec![0; LARGEST_RECORD + 1]]).unwrap_err();
    assert!(matches!(error, Error::RecordTooLarge { record: 1, .. }), "{error}");
    assert_eq!(lake.delivery(&lines_config()).progress(put.log()).unwrap().1, Backlog::default());
    put.put(&[vec![0; LARGEST_RECORD]]).unwrap();
}

#[test]
fn a_run_that_dies_anywhere_neither_loses_nor_repeats_what_was_put() {
    for steps in 0..5 {
        let lake = Lake::new();
        let put = open(&lake);
        for part in records(0..400, 9_000).chunks(100) {
            put.put(part).unwrap();
        }
        let mut first = pump(&lake);
        (0..steps).for_each(|_| _ = first.step().unwrap());
        drop(first); // what is in memory is lost, as when the process is killed
        put.put(&records(400..410, 0)).unwrap();
        let mut second = pump(&lake);
        drain(&mut second);
        assert_eq!(lake.delivered(), Vec::from_iter(0..410), "{steps} steps");
        let totals = second.totals();
        assert_eq!((totals.records, totals.delivered, totals.pending), (410, 410, 0), "{steps} steps");
        assert_eq!(totals.objects, lake.files().len() as u64, "{steps} steps");
    }
}

#[test]
fn progress_tells_what_is_taken_and_what_waits() {
    let lake = Lake::new();
    let put = open(&lake);
    let progress = || lake.delivery(&lines_config()).progress(put.log()).unwrap();
    put.put(&records(0..10, 0)).unwrap();
    assert_eq!(progress(), (DeliveryTotals::default(), Backlog { records: 10, oldest: Some(Timestamp(START)) }));
    drain(&mut pump(&lake));
    put.put(&records(10..13, 0)).unwrap();
    let (totals, backlog) = progress();
    assert_eq!((totals.records, totals.delivered, totals.objects, totals.pending), (10, 10, 1, 0));
    assert_eq!(totals.bytes, lake.files().values().map(|bytes| bytes.len() as u64).sum::<u64>());
    assert_eq!(backlog.records, 3);
}

#[test]
fn in_the_background_a_flush_publishes_what_was_put_before() {
    let lake = Lake::new();
    let put = open(&lake);
    let live = LivePump::start(pump(&lake), config().retry).unwrap();
    for n in 0..5 {
        put.put(&records(n * 10..n * 10 + 10, 0)).unwrap();
        live.flush().unwrap();
        assert_eq!(lake.delivered(), Vec::from_iter(0..n * 10 + 10));
    }
    put.put(&records(50..60, 0)).unwrap();
    live.stop().unwrap();
    live.stop().unwrap();
    assert_eq!((lake.delivered(), live.totals().delivered), (Vec::from_iter(0..60), 60));
    assert!(!live.is_running() && live.flush().is_err());
}

#[test]
fn in_the_background_a_lake_that_fails_is_tried_for_ever_and_takes_nothing_more() {
    let lake = Lake::new();
    let put = open(&lake);
    let live = LivePump::start(pump(&lake), config().retry).unwrap();
    // A file where the folder should be refuses everybody, root too.
    std::fs::write(lake.dir.path().join("data"), "").unwrap();
    put.put(&records(0..10, 0)).unwrap();
    assert!(matches!(live.flush(), Err(Error::Publish { .. })));
    put.put(&records(10..20, 0)).unwrap();
    assert!(matches!(live.flush(), Err(Error::Publish { .. })));
    let (failures, error) = live.failures();
    assert!(failures >= 2 && error.is_some_and(|error| error.contains("could not publish")));
    assert_eq!((live.totals().records, live.totals().pending), (10, 10), "the others wait in the log");
    std::fs::remove_file(lake.dir.path().join("data")).unwrap();
    live.flush().unwrap();
    assert_eq!((lake.delivered(), live.failures().1), (Vec::from_iter(0..20), None));
    // It fails again, and the delivery is stopped: the next run has everything.
    std::fs::rename(lake.dir.path().join("data"), lake.dir.path().join("aside")).unwrap();
    std::fs::write(lake.dir.path().join("data"), "").unwrap();
    put.put(&records(20..30, 0)).unwrap();
    assert!(live.stop().is_err());
    let mut pump = pump(&lake);
    assert!(pump.step().is_err());
    std::fs::remove_file(lake.dir.path().join("data")).unwrap();
    drain(&mut pump);
    assert_eq!(lake.delivered(), Vec::from_iter(0..30));
}

#[test]
fn segments_that_are_in_files_are_deleted_from_the_log() {
    let lake = Lake::new();
    let put = open(&lake);
    let segments =
        || std::fs::read_dir(lake.dir.path().join(".bayou/deliveries/anomalies/direct-put/shardId-000000000000"));
    let segments = || {
        segments()
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "log"))
            .count()
    };
    let large = vec![vec![b'x'; 1_000_000]; 10];
    put.put(&large).unwrap();
    put.put(&large).unwrap();
    assert!(segments() > 1);
    let mut pump = pump(&lake);
    drain(&mut pump);
    assert_eq!(segments(), 1);
    assert_eq!(pump.totals().delivered, 20);
    put.put(&records(0..1, 0)).unwrap();
    drain(&mut pump);
    assert_eq!(pump.totals().delivered, 21);
}
