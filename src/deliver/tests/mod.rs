//! Deliveries into a folder: what appears there, and that it is the same whenever the process dies.

mod config;
mod crash;
mod direct;
mod faults;
mod objects;
mod records;
mod table;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{AsArray as _, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::datatypes::Int64Type;
use tokio::runtime::Runtime;

use super::*;
use crate::catalog::Catalog;
use crate::storage::{Storage, StorageOptions};
use crate::time::{ManualClock, Timestamp};

/// 2018-08-27 10:30:00 UTC.
const START: i64 = 1_535_365_800_000;
const PREFIX: &str =
    "data/anomaly/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/";
const ERRORS: &str = "data/errors/!{firehose:error-output-type}/";

struct Lake {
    dir: tempfile::TempDir,
    runtime: Runtime,
}

impl Lake {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), runtime: Runtime::new().unwrap() }
    }

    fn storage(&self) -> Storage {
        Storage::open(self.dir.path().to_str().unwrap(), &StorageOptions::default()).unwrap()
    }

    fn delivery(&self, config: &DeliveryConfig) -> Delivery {
        self.try_delivery(config).unwrap()
    }

    fn try_delivery(&self, config: &DeliveryConfig) -> Result<Delivery> {
        let catalog = config.table.is_some().then(|| Catalog::open(&self.storage()).unwrap());
        let clock = ManualClock::new(Timestamp(START));
        Delivery::new(config, self.storage(), catalog, self.runtime.handle().clone(), &clock)
    }

    /// Visible files with their content, by path.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        walk(self.dir.path(), self.dir.path(), &mut found);
        found.retain(|path, _| !path.starts_with(".bayou"));
        found
    }

    fn staging(&self) -> std::path::PathBuf {
        self.dir.path().join(".bayou/deliveries/anomalies/staging")
    }

    /// The `n` of all rows, in the order of the objects' arrival times.
    fn delivered(&self) -> Vec<i64> {
        let mut rows: Vec<i64> = self.files().iter().flat_map(|(path, bytes)| numbers(path, bytes)).collect();
        rows.sort_unstable();
        rows
    }
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

fn numbers(path: &str, bytes: &[u8]) -> Vec<i64> {
    if path.ends_with(".parquet") {
        let bytes = bytes::Bytes::copy_from_slice(bytes);
        let reader = ::parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(bytes, 1024).unwrap();
        return reader.flat_map(|batch| batch.unwrap()["n"].as_primitive::<Int64Type>().values().to_vec()).collect();
    }
    let mut text = String::new();
    if path.ends_with(".gz") {
        flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    } else if path.ends_with(".zip") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    } else if path.ends_with(".snappy") {
        snap::read::FrameDecoder::new(bytes).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes.to_vec()).unwrap();
    }
    text.lines()
        .map(|line| match line.split_once(',') {
            Some((n, _)) if !line.starts_with('{') => n.parse().unwrap(),
            _ => serde_json::from_str::<serde_json::Value>(line).unwrap()["n"].as_i64().unwrap(),
        })
        .collect()
}

/// Rows `range`, one a second, with a text that is `width` characters longer than `n`.
fn rows(range: std::ops::Range<i64>, width: usize) -> OutputRows {
    let n = Int64Array::from_iter_values(range.clone());
    let text = StringArray::from_iter_values(range.clone().map(|n| n.to_string() + &"x".repeat(width)));
    let batch = RecordBatch::try_from_iter([("n", Arc::new(n) as _), ("text", Arc::new(text) as _)]).unwrap();
    OutputRows { batch, rowtime: TimestampMillisecondArray::from_iter_values(range.map(|n| START + n * 1000)) }
}

fn config() -> DeliveryConfig {
    DeliveryConfig {
        error_prefix: Some(ERRORS.into()),
        retry: RetryPolicy { attempts: 2, first_pause: Duration::ZERO, longest_pause: Duration::ZERO },
        seed: Some(7),
        ..DeliveryConfig::new("anomalies", PREFIX)
    }
}

fn checkpoint(delivery: &mut Delivery) -> SinkSnapshot {
    let snapshot = delivery.snapshot().unwrap();
    delivery.commit().unwrap();
    snapshot
}

fn finish(delivery: &mut Delivery) {
    delivery.advance(Timestamp::MAX).unwrap();
    checkpoint(delivery);
}
