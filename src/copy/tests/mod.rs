//! Copies against the service of the tests, and between folders.

#[path = "../../../tests/s3_double/mod.rs"]
mod s3_double;

mod buckets;
mod faults;
mod files;
mod memory;
mod pitfalls;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use s3_double::Double;

use super::{CopyOptions, CopyReport, Result, Tally, copy};
use crate::storage::StorageOptions;

/// A service that checks signatures, with room for manifests.
struct Bench {
    double: Double,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let double = Double::start(0).await.unwrap();
        double.faults().verify.store(1, Ordering::Relaxed);
        double.store().create_bucket("a");
        double.store().create_bucket("b");
        Self { double, folder: tempfile::tempdir().unwrap() }
    }

    fn reach(&self) -> StorageOptions {
        StorageOptions {
            endpoint_url: Some(self.double.url()),
            region: Some("us-east-1".into()),
            access_key_id: Some("test".into()),
            secret_access_key: Some("test".into()),
            ..StorageOptions::default()
        }
    }

    fn options(&self) -> CopyOptions {
        CopyOptions {
            source: self.reach(),
            destination: self.reach(),
            state_dir: Some(self.folder.path().join("state")),
            ..CopyOptions::default()
        }
    }

    async fn copy(&self, source: &str, target: &str) -> CopyReport {
        run(source, target, &self.options()).await.unwrap()
    }

    /// A folder in the temporary folder of the test, as text.
    fn local(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    fn content(&self, bucket: &str, key: &str) -> Vec<u8> {
        self.double.store().get(bucket, key).unwrap().content()
    }

    fn set(&self, fault: &str, value: &str) {
        assert!(self.double.faults().set(fault, value), "{fault}");
    }
}

async fn run(source: &str, target: &str, options: &CopyOptions) -> Result<CopyReport> {
    copy(source, target, options, &Arc::new(Tally::default())).await
}

/// Bytes that differ everywhere.
fn noise(count: usize) -> Vec<u8> {
    (0..count as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

/// No file that was being written is left.
fn has_leftovers(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let entry = entry.unwrap();
        entry.file_name().to_string_lossy().starts_with("._tmp-")
            || entry.file_type().unwrap().is_dir() && has_leftovers(&entry.path())
    })
}
