//! What fails is said, and nothing is lost by it.

use super::*;

#[test]
fn an_unwritable_folder_is_an_error_and_loses_nothing() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    delivery.snapshot().unwrap();
    // A file where the folder should be refuses everybody, root too.
    std::fs::write(lake.dir.path().join("data"), "").unwrap();
    let error = delivery.commit().unwrap_err();
    assert!(matches!(error, Error::Publish { attempts: 2, .. }), "{error}");
    assert_eq!(delivery.metrics().failures, 2);
    // The application goes on; what waits is in the next checkpoint as well.
    delivery.write(&rows(3..5, 1)).unwrap();
    let snapshot = delivery.snapshot().unwrap();
    drop(delivery);
    std::fs::remove_file(lake.dir.path().join("data")).unwrap();
    let mut delivery = lake.delivery(&config());
    delivery.restore(Some(&snapshot)).unwrap();
    finish(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1, 2, 3, 4]);
}

#[test]
fn attempts_have_pauses_between_them() {
    let lake = Lake::new();
    let retry =
        RetryPolicy { attempts: 3, first_pause: Duration::from_millis(1), longest_pause: Duration::from_millis(1) };
    let mut delivery = lake.delivery(&DeliveryConfig { retry, ..config() });
    delivery.write(&rows(0..3, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    delivery.snapshot().unwrap();
    std::fs::write(lake.dir.path().join("data"), "").unwrap();
    assert!(matches!(delivery.commit(), Err(Error::Publish { attempts: 3, .. })));
    std::fs::remove_file(lake.dir.path().join("data")).unwrap();
    delivery.commit().unwrap();
    assert_eq!(lake.delivered(), [0, 1, 2]);
}

#[test]
fn staging_that_fails_keeps_the_rows_and_can_be_repeated() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    std::fs::remove_dir(lake.staging()).unwrap();
    for _ in 0..2 {
        assert!(matches!(delivery.advance(Timestamp::MAX), Err(Error::Staging { .. })));
    }
    // Rows are refused, not taken, while the object before them cannot be written.
    assert!(matches!(delivery.write(&rows(3..5, 1)), Err(Error::Staging { .. })));
    assert!(matches!(delivery.snapshot(), Err(Error::Staging { .. })));
    assert_eq!((delivery.metrics().pending_records, delivery.metrics().failures), (3, 4));
    std::fs::create_dir(lake.staging()).unwrap();
    delivery.write(&rows(3..5, 1)).unwrap();
    finish(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_file_lost_from_staging_is_named() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    delivery.advance(Timestamp::MAX).unwrap();
    delivery.snapshot().unwrap();
    std::fs::remove_dir_all(lake.staging()).unwrap();
    assert!(matches!(delivery.commit(), Err(Error::LostObject { .. })));
}

#[test]
fn other_columns_than_before_are_refused() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&config());
    delivery.write(&rows(0..3, 1)).unwrap();
    let mut other = rows(3..4, 1);
    other.batch = other.batch.project(&[0]).unwrap();
    let error = delivery.write(&other).unwrap_err();
    assert_eq!(error.to_string(), "The delivery `anomalies` takes the columns `n` Int64, `text` Utf8, not `n` Int64");
    finish(&mut delivery);
    assert_eq!(lake.delivered(), [0, 1, 2]);
}
