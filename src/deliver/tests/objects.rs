//! What objects hold and when they are finished.

use super::*;

#[test]
fn the_end_of_a_run_delivers_one_object_under_the_evaluated_prefix() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    finish(&mut delivery);
    let files = lake.files();
    let (path, bytes) = files.first_key_value().unwrap();
    let start = "data/anomaly/year=2018/month=08/day=27/hour=10/anomalies-1-2018-08-27-10-30-00-";
    assert!(files.len() == 1 && path.starts_with(start) && path.len() == start.len() + 36, "{path}");
    assert_eq!(
        String::from_utf8_lossy(bytes),
        "{\"n\":0,\"text\":\"0x\"}\n{\"n\":1,\"text\":\"1x\"}\n{\"n\":2,\"text\":\"2x\"}\n"
    );
    let metrics = delivery.metrics();
    assert_eq!((metrics.records, metrics.objects, metrics.bytes), (3, 1, bytes.len() as u64));
    assert_eq!((metrics.pending_records, metrics.pending_bytes, metrics.oldest_pending), (0, 0, None));
}

#[test]
fn an_object_is_finished_when_its_interval_is_over() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..2, 1)).unwrap();
    delivery.advance(Timestamp(START + 299_999)).unwrap();
    checkpoint(&mut delivery);
    assert!(lake.files().is_empty());
    delivery.advance(Timestamp(START + 300_000)).unwrap();
    checkpoint(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1]);
}

#[test]
fn a_replay_cuts_objects_by_interval_as_the_live_run_did() {
    let (live, replay) = (Lake::new(), Lake::new());
    let mut delivery = live.delivery(&config());
    for n in 0..1000 {
        delivery.advance(Timestamp(START + n * 1000)).unwrap();
        delivery.write(&rows(n..n + 1, 1)).unwrap();
    }
    finish(&mut delivery);
    let mut delivery = replay.delivery(&config());
    delivery.write(&rows(0..1000, 1)).unwrap();
    finish(&mut delivery);
    assert_eq!(live.files().len(), 4);
    assert_eq!(live.files(), replay.files());
}

#[test]
fn objects_are_finished_by_size_before_compression() {
    for (compression, extension) in [
        (Compression::None, ""),
        (Compression::Gzip, ".gz"),
        (Compression::Zip, ".zip"),
        (Compression::Snappy, ".snappy"),
    ] {
        let lake = Lake::new();
        let config = DeliveryConfig { compression, buffer_mib: 1, buffer_seconds: 900, ..config() };
        let mut delivery = lake.delivery(&config);
        for n in 0..30 {
            delivery.write(&rows(n * 10..n * 10 + 10, 10_000)).unwrap();
        }
        finish(&mut delivery);
        let files = lake.files();
        assert_eq!(files.len(), 3, "{:?}", files.keys());
        assert!(files.keys().all(|path| path.ends_with(extension)));
        assert_eq!(lake.delivered(), Vec::from_iter(0..300));
    }
}

#[test]
fn interval_zero_delivers_at_every_advance() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&DeliveryConfig { buffer_seconds: 0, ..config() });
    for n in 0..3 {
        delivery.write(&rows(n * 2..n * 2 + 2, 1)).unwrap();
        delivery.advance(Timestamp(START + n * 2000 + 1000)).unwrap();
        checkpoint(&mut delivery);
        assert_eq!(lake.files().len() as i64, n + 1);
    }
}

#[test]
fn each_format_holds_all_rows() {
    for (format, extension) in [(Format::Json, ""), (Format::Csv, ""), (Format::Parquet, ".parquet")] {
        let lake = Lake::new();
        let mut delivery = lake.delivery(&DeliveryConfig { format, buffer_seconds: 900, ..config() });
        for n in 0..20 {
            delivery.write(&rows(n * 1000..n * 1000 + 1000, 3)).unwrap();
        }
        finish(&mut delivery);
        assert!(lake.files().keys().all(|path| path.ends_with(extension)));
        assert_eq!(lake.delivered(), Vec::from_iter(0..20_000), "{format:?}");
    }
}

#[test]
fn error_records_become_documents_under_the_error_prefix() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    let record = ErrorRecord { arrival: Timestamp(START), raw_data: b"not json".to_vec(), ..ErrorRecord::default() };
    delivery.write_errors(ErrorOutputType::FormatConversionFailed, &[record.clone(), record]).unwrap();
    delivery.write(&rows(0..1, 1)).unwrap();
    let snapshot = checkpoint(&mut delivery);
    drop(delivery);
    let mut delivery = lake.delivery(&config());
    delivery.restore(Some(&snapshot)).unwrap();
    finish(&mut delivery);
    let files = lake.files();
    let (path, bytes) = files.iter().find(|(path, _)| path.starts_with("data/errors/")).unwrap();
    assert!(path.starts_with("data/errors/format-conversion-failed/anomalies-1-2018-08-27-10-30-00-"), "{path}");
    let documents = String::from_utf8_lossy(bytes);
    assert_eq!(documents.lines().count(), 2);
    assert!(documents.contains("\"rawData\":\"bm90IGpzb24=\""), "{documents}");
    assert_eq!(files.len(), 2);
}
