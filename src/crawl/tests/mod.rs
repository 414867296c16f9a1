//! Whole crawls of small lakes.

mod grouping;
mod speed;
mod updates;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

use super::*;
use crate::catalog::{Catalog, DataFile, Database, HiveType, Origin, StorageDescriptor, Table};
use crate::storage::{LakePath, Storage, StorageOptions};

struct Lake {
    _folder: tempfile::TempDir,
    storage: Storage,
    catalog: Catalog,
}

impl Lake {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap(), &StorageOptions::default()).unwrap();
        let catalog = Catalog::open(&storage).unwrap();
        let lake = Self { _folder: folder, storage, catalog };
        for (path, text) in files {
            lake.write(path, text.as_bytes());
        }
        lake
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.storage.local_root().unwrap().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    fn remove(&self, path: &str) {
        let file = self.storage.local_root().unwrap().join(path);
        if file.is_dir() { std::fs::remove_dir_all(file).unwrap() } else { std::fs::remove_file(file).unwrap() }
    }

    async fn try_crawl(&self, target: &str, options: &CrawlOptions) -> Result<CrawlReport> {
        crawl(&self.storage, &self.catalog, &LakePath::parse(target).unwrap(), options).await
    }

    async fn crawl_with(&self, target: &str, options: CrawlOptions) -> CrawlReport {
        self.try_crawl(target, &options).await.unwrap()
    }

    async fn crawl(&self, target: &str) -> CrawlReport {
        self.crawl_with(target, options()).await
    }

    fn table(&self, name: &str) -> Table {
        self.catalog.table("iot", name).unwrap()
    }

    fn columns(&self, name: &str) -> String {
        described(&self.table(name).storage.columns)
    }

    fn keys(&self, name: &str) -> String {
        described(&self.table(name).partition_keys)
    }

    fn values(&self, name: &str) -> Vec<String> {
        let text = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
        let partitions = self.catalog.partitions("iot", name).unwrap();
        partitions
            .into_iter()
            .map(|partition| partition.values.into_iter().map(text).collect::<Vec<_>>().join("/"))
            .collect()
    }

    fn names(&self) -> Vec<String> {
        self.catalog.tables("iot").unwrap().into_iter().map(|table| table.name).collect()
    }
}

fn options() -> CrawlOptions {
    CrawlOptions { database: "iot".to_owned(), ..CrawlOptions::default() }
}

fn strict() -> CrawlOptions {
    CrawlOptions { strict_glue: true, ..options() }
}

fn described(columns: &[crate::catalog::Column]) -> String {
    columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect::<Vec<_>>().join(", ")
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn parquet(ids: &[i64]) -> Vec<u8> {
    let names: Vec<String> = ids.iter().map(|id| format!("n{id}")).collect();
    let columns: [(&str, ArrayRef); 2] =
        [("Id", Arc::new(Int64Array::from(ids.to_vec()))), ("name", Arc::new(StringArray::from(names)))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

const SENSOR: &str = "{\"sensor_id\":7,\"current_temperature\":120,\"location\":\"UK\"}\n{\"sensor_id\":9,\"current_temperature\":101,\"location\":\"USA\"}\n";

fn delivered(folder: &str, hour: &str) -> String {
    format!("data/{folder}/year=2026/month=11/day=24/hour={hour}/{folder}-1-2026-11-24-{hour}-00-00-x")
}
