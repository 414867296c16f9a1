//! Statements over a lake of the test's own: what they give, what they leave, how they fail.

mod ddl;
mod projection;
mod query;
mod serde;
mod show;
mod write;

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::util::pretty::pretty_format_batches;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;

use super::*;
use crate::catalog::{Catalog, Column, Database, HiveType, Partition, StorageDescriptor, Table};
use crate::storage::{LakePath, Storage, StorageOptions};

struct Fixture {
    _folder: tempfile::TempDir,
    storage: Storage,
    catalog: Catalog,
    session: Session,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap(), &StorageOptions::default()).unwrap();
        let catalog = Catalog::open(&storage).unwrap();
        catalog
            .transaction("test", "database", |change| change.create_database(&Database::new("iot"), true).map(drop))
            .unwrap();
        let session =
            Session::new(&storage, &catalog, &SessionOptions { threads: Some(2), ..SessionOptions::default() })
                .unwrap();
        Self { _folder: folder, storage, catalog, session }
    }

    async fn put(&self, path: &str, bytes: impl Into<Bytes>) {
        self.storage.put(&LakePath::parse(path).unwrap(), bytes.into()).await.unwrap();
    }

    fn table(&self, name: &str, storage: StorageDescriptor, keys: &[(&str, HiveType)], partitions: &[&[Option<&str>]]) {
        let location = storage.location.clone();
        let keys: Vec<Column> = keys.iter().map(|(name, data_type)| Column::new(*name, data_type.clone())).collect();
        let partitions: Vec<Partition> = partitions
            .iter()
            .map(|values| {
                let folder: Vec<String> = keys
                    .iter()
                    .zip(*values)
                    .map(|(key, value)| format!("{}={}", key.name, value.unwrap_or("__HIVE_DEFAULT_PARTITION__")))
                    .collect();
                Partition::new(
                    values.iter().map(|value| value.map(str::to_owned)).collect(),
                    format!("{location}{}/", folder.join("/")),
                )
            })
            .collect();
        self.catalog
            .transaction("test", "table", |change| {
                change.put_table(&Table::new("iot", name, storage.clone(), keys.clone()))?;
                change.put_partitions("iot", name, &partitions).map(drop)
            })
            .unwrap();
    }

    fn location(&self, folder: &str) -> String {
        format!("{}/", self.storage.location(&LakePath::parse(folder).unwrap()))
    }

    /// Run a statement for what it does.
    async fn run(&self, sql: &str) {
        self.session.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).collect().await.unwrap();
    }

    /// The only column of a result of text.
    async fn lines(&self, sql: &str) -> Vec<String> {
        let (_, batches) = self.session.sql(sql).await.unwrap().collect().await.unwrap();
        let column = |batch: &arrow::array::RecordBatch| {
            let texts = arrow::array::AsArray::as_string::<i32>(batch.column(0));
            texts.iter().map(|text| text.unwrap().to_owned()).collect::<Vec<_>>()
        };
        batches.iter().flat_map(column).collect()
    }

    async fn message(&self, sql: &str) -> String {
        self.error(sql).await.to_string()
    }

    async fn shown(&self, sql: &str) -> String {
        let (_, batches) = self.session.sql(sql).await.unwrap().collect().await.unwrap();
        pretty_format_batches(&batches).unwrap().to_string()
    }

    async fn rows(&self, sql: &str) -> Vec<String> {
        let shown = self.shown(sql).await;
        let lines = shown.lines().skip(3).filter(|line| line.starts_with('|'));
        lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(",")).collect()
    }

    async fn error(&self, sql: &str) -> Error {
        match self.session.sql(sql).await {
            Err(error) => error,
            Ok(result) => result.collect().await.unwrap_err(),
        }
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn parquet(ids: &[i64], names: &[Option<&str>]) -> Vec<u8> {
    let columns: [(&str, ArrayRef); 2] =
        [("id", Arc::new(Int64Array::from(ids.to_vec()))), ("name", Arc::new(StringArray::from(names.to_vec())))];
    let batch = arrow::array::RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

async fn sensors() -> Fixture {
    let fixture = Fixture::new();
    fixture
        .put("data/s/year=2026/month=08/a.json", "{\"Sensor_Id\":1,\"temp\":10}\n{\"Sensor_Id\":2,\"temp\":20}\n")
        .await;
    fixture.put("data/s/year=2026/month=09/b.json.gz", gzip("{\"Sensor_Id\":3,\"temp\":30}{\"temp\":40}")).await;
    fixture.put("data/s/year=2026/month=09/_hidden.json", "nonsense").await;
    fixture.put("data/s/year=2026/month=09/.part/x.json", "nonsense").await;
    fixture.put("data/s/year=__HIVE_DEFAULT_PARTITION__/month=08/c.json", "{\"Sensor_Id\":5}").await;
    let columns = vec![Column::new("Sensor_Id", HiveType::Int), Column::new("temp", HiveType::BigInt)];
    let storage = StorageDescriptor::json(columns, fixture.location("data/s"));
    let partitions: &[&[Option<&str>]] =
        &[&[Some("2026"), Some("08")], &[Some("2026"), Some("09")], &[None, Some("08")]];
    fixture.table("s", storage, &[("year", HiveType::Int), ("month", HiveType::String)], partitions);
    fixture
}
