//! Queries over tables as crawlers and writers leave them.

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

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_with_keys_in_their_own_case() {
    let fixture = sensors().await;
    let rows = fixture.rows("SELECT sensor_id, temp, year, month FROM iot.s ORDER BY temp, sensor_id").await;
    assert_eq!(rows, ["1,10,2026,08", "2,20,2026,08", "3,30,2026,09", ",40,2026,09", "5,,,08"]);
    assert_eq!(fixture.rows("SELECT count(*), sum(Temp) FROM IOT.S").await, ["5,100"]);
    assert_eq!(fixture.rows("SELECT month FROM iot.s LIMIT 1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_pruned_and_null_is_a_value() {
    let fixture = sensors().await;
    fixture.put("data/s/year=2026/month=08/broken.json", "{{{").await;
    assert_eq!(
        fixture.rows("SELECT count(*) FROM iot.s WHERE month = '09' AND year = 2026").await,
        ["2"],
        "the broken file is not opened"
    );
    assert_eq!(fixture.rows("SELECT sensor_id FROM iot.s WHERE year IS NULL").await, ["5"]);
    assert_eq!(fixture.rows("SELECT count(*) FROM iot.s WHERE year + 1 > 2026 AND month IN ('09', '10')").await, ["2"]);
    let error = fixture.error("SELECT * FROM iot.s").await.to_string();
    assert!(error.contains("broken.json") && error.contains("JSON") && error.contains("hint"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_partitions_are_listed_at_once() {
    let fixture = Fixture::new();
    let values: Vec<String> = (10..40).map(|day| day.to_string()).collect();
    for value in &values {
        fixture.put(&format!("data/d/day={value}/f.json"), format!("{{\"v\":{value}}}")).await;
    }
    let partitions: Vec<Vec<Option<&str>>> = values.iter().map(|value| vec![Some(value.as_str())]).collect();
    let partitions: Vec<&[Option<&str>]> = partitions.iter().map(Vec::as_slice).collect();
    let storage = StorageDescriptor::json(vec![Column::new("v", HiveType::BigInt)], fixture.location("data/d"));
    fixture.table("d", storage, &[("day", HiveType::Int)], &partitions);
    assert_eq!(fixture.rows("SELECT count(*), sum(v), sum(day) FROM iot.d").await, ["30,735,735"]);
    fixture.put("data/d/day=11/new.json", "{\"v\":1000}").await;
    assert_eq!(
        fixture.rows("SELECT sum(v) FROM iot.d WHERE day < 12").await,
        ["1021"],
        "a file that others add is seen"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_and_parquet_are_read() {
    let fixture = Fixture::new();
    fixture.put("data/c/x.csv", "id,name\n1,\"a, b\"\n2,\n").await;
    fixture.put("data/c/y.csv.gz", gzip("id,name\r\n3,\"line\nbreak\"\r\n")).await;
    let columns = || vec![Column::new("id", HiveType::BigInt), Column::new("name", HiveType::String)];
    fixture.table("c", StorageDescriptor::quoted_csv(columns(), fixture.location("data/c"), ',', '"', true), &[], &[]);
    assert_eq!(fixture.rows("SELECT sum(id), max(length(name)) FROM iot.c").await, ["6,10"]);
    fixture.put("data/p/k=1/x.parquet", parquet(&[1, 2], &[Some("a"), None])).await;
    fixture.table(
        "p",
        StorageDescriptor::parquet(columns(), fixture.location("data/p")),
        &[("k", HiveType::Int)],
        &[&[Some("1")]],
    );
    assert_eq!(fixture.rows("SELECT id, name, k FROM iot.p WHERE id > 1").await, ["2,,1"]);
    assert_eq!(fixture.rows("SELECT count(*) FROM iot.p JOIN iot.c ON p.id = c.id").await, ["2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_point_into_the_text() {
    let fixture = sensors().await;
    let unknown = fixture.error("SELECT\n  tempp FROM iot.s").await.to_string();
    assert!(unknown.contains("line 2, column 3") && unknown.contains('^') && unknown.contains("temp"), "{unknown}");
    let syntax = fixture.error("SELECT temp FROM iot.s WHERE").await.to_string();
    assert!(syntax.contains("line 1") && syntax.contains('^'), "{syntax}");
    assert!(matches!(fixture.error("SELECT * FROM iot.nope").await, Error::Catalog(_)));
    assert!(matches!(fixture.error("SELECT * FROM nope.s").await, Error::Catalog(_)));
    for refused in ["DROP TABLE iot.s", "SELECT * FROM iot.s TABLESAMPLE BERNOULLI (10)", "CREATE TABLE x AS SELECT 1"]
    {
        assert!(matches!(fixture.error(refused).await, Error::Unsupported { .. }), "{refused}");
    }
    let unqualified = fixture.error("SELECT *\nFROM s").await.to_string();
    assert!(unqualified.contains("'s'") || unqualified.contains("`s`") || unqualified.contains(".s"), "{unqualified}");
    assert_eq!(fixture.rows("SELECT sum(value) FROM generate_series(1, 4)").await, ["10"]);
    assert!(fixture.error("").await.to_string().contains("empty"));
    assert!(fixture.error("SELECT 1; SELECT 2").await.to_string().contains("One statement"));
}

#[tokio::test(flavor = "multi_thread")]
async fn athena_orders_nulls_last() {
    let fixture = Fixture::new();
    assert_eq!(fixture.rows("SELECT x FROM (VALUES (1), (NULL), (2)) AS t(x) ORDER BY x DESC").await, ["2", "1", ""]);
    assert_eq!(fixture.rows("SELECT 1.10 AS d").await, ["1.10"], "decimal literals stay decimal");
}
