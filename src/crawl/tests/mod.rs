//! Whole crawls of small lakes.

mod speed;

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

#[tokio::test]
async fn deliveries_become_one_table_each() {
    let lake = Lake::new(&[
        (&delivered("anomaly", "13"), SENSOR),
        (&delivered("anomaly", "14"), SENSOR),
        (&delivered("normal", "13"), SENSOR),
        ("data/errors/processing-failed/2026/11/24/13/e-1", "{\"attemptsMade\":1,\"errorCode\":\"x\"}\n"),
    ]);
    let report = lake.crawl("data").await;
    assert_eq!(lake.names(), ["anomaly", "normal", "processing_failed"], "{}", report.explain());
    assert_eq!(lake.columns("anomaly"), "sensor_id int, current_temperature int, location string");
    assert_eq!(lake.keys("anomaly"), "year int, month string, day string, hour string");
    assert_eq!(lake.values("anomaly"), ["2026/11/24/13", "2026/11/24/14"]);
    let table = lake.table("anomaly");
    assert!(table.storage.location.ends_with("/data/anomaly/"), "{}", table.storage.location);
    assert_eq!(table.storage.serde.parameters["paths"], "current_temperature,location,sensor_id");
    for (key, value) in [
        ("classification", "json"),
        ("compressionType", "none"),
        ("typeOfData", "file"),
        ("objectCount", "2"),
        ("UPDATED_BY_CRAWLER", "bayou"),
        ("CrawlerSchemaSerializerVersion", "1.0"),
        ("recordCount", "4"),
    ] {
        assert_eq!(table.parameters[key], value, "{key}");
        assert_eq!(table.storage.parameters[key], value, "{key}");
    }
    let outcome = report.table("anomaly").unwrap();
    assert_eq!((outcome.outcome, outcome.files, outcome.partitions_added), (TableChange::Added, 2, 2));
    assert!(outcome.reason.contains("its folders are named `key=value`"), "{}", outcome.reason);
    assert_eq!(lake.catalog.files("iot", "anomaly", None).unwrap().len(), 2);
}

#[tokio::test]
async fn the_table_folder_itself_is_a_target_and_so_is_a_file() {
    let lake =
        Lake::new(&[(&delivered("anomaly", "13"), SENSOR), ("data/x/customers 2019.csv", "id,name\n1,ann\n2,bob\n")]);
    let report = lake.crawl("data/anomaly").await;
    assert_eq!(report.tables.len(), 1);
    assert_eq!(lake.keys("anomaly"), "year int, month string, day string, hour string");
    lake.crawl("data/x/customers 2019.csv").await;
    assert_eq!(lake.columns("customers_2019_csv"), "id bigint, name string");
    assert!(lake.table("customers_2019_csv").storage.location.ends_with(".csv"));
}

#[tokio::test]
async fn a_second_crawl_reads_nothing_and_writes_nothing() {
    let lake = Lake::new(&[
        (&delivered("anomaly", "13"), SENSOR),
        (&delivered("normal", "13"), "id,name\n1,ann\n2,bob\n"),
        ("data/normal/year=2026/month=11/day=24/stray.json", SENSOR),
        ("data/notes/letter.txt", "Dear reader, hello\nbye\n"),
        ("data/notes/a.json", "{\"a\":1}\n"),
    ]);
    let first = lake.crawl("data").await;
    assert_eq!((first.files_read, first.unclassified.len(), first.misplaced.len()), (5, 1, 1), "{}", first.explain());
    let second = lake.crawl("data").await;
    assert_eq!((second.files_read, second.bytes_read, second.change_id), (0, 0, None), "{}", second.explain());
    assert!(second.tables.iter().all(|table| table.outcome == TableChange::Unchanged), "{}", second.explain());
    assert_eq!((second.unclassified, second.misplaced.len()), (first.unclassified, 1));
    assert_eq!(lake.table("anomaly").version, 0);
    assert_eq!(lake.catalog.changes(10).unwrap().len(), 1);
}

#[tokio::test]
async fn new_partitions_and_columns_are_added_and_nothing_is_removed() {
    let lake = Lake::new(&[(&delivered("anomaly", "13"), SENSOR)]);
    lake.crawl("data/anomaly").await;
    lake.write(&delivered("anomaly", "14"), b"{\"sensor_id\":7,\"humidity\":0.5}\n");
    let report = lake.crawl("data/anomaly").await;
    let outcome = report.table("anomaly").unwrap();
    assert_eq!(outcome.outcome, TableChange::Changed);
    assert_eq!(
        (outcome.partitions_added, outcome.partitions_unchanged, outcome.files_new, report.files_read),
        (1, 1, 1, 1)
    );
    assert!(
        outcome.reason.contains("new columns: humidity") && outcome.reason.contains("1 new partition"),
        "{}",
        outcome.reason
    );
    assert_eq!(lake.columns("anomaly"), "sensor_id int, current_temperature int, location string, humidity double");
    assert_eq!(lake.table("anomaly").version, 1);
    assert_eq!(
        lake.table("anomaly").storage.serde.parameters["paths"],
        "current_temperature,humidity,location,sensor_id"
    );
}

#[tokio::test]
async fn a_target_inside_of_a_table_adds_to_the_table() {
    let lake = Lake::new(&[(&delivered("anomaly", "13"), SENSOR)]);
    lake.crawl("data/anomaly").await;
    lake.write(&delivered("anomaly", "14"), SENSOR.as_bytes());
    let report = lake.crawl("data/anomaly/year=2026/month=11/day=24/hour=14").await;
    assert_eq!(lake.names(), ["anomaly"], "{}", report.explain());
    assert_eq!(lake.values("anomaly").len(), 2);
    assert_eq!(lake.table("anomaly").parameters["objectCount"], "2");
    // Without a table yet, `key=value` folders above the target are keys all the same.
    let fresh = Lake::new(&[(&delivered("anomaly", "13"), SENSOR)]);
    fresh.crawl("data/anomaly/year=2026/month=11/day=24").await;
    assert_eq!(fresh.keys("anomaly"), "year int, month string, day string, hour string");
}

#[tokio::test]
async fn values_are_decoded_null_is_null_and_zeros_stay() {
    let lake = Lake::new(&[
        ("data/t/year=2019/month=08/city=S%2FW%20x/a.json", "{\"a\":1}"),
        ("data/t/year=2019/month=09/city=__HIVE_DEFAULT_PARTITION__/a.json", "{\"a\":1}"),
    ]);
    lake.crawl("data/t").await;
    assert_eq!(lake.values("t"), ["2019/08/S/W x", "2019/09/NULL"]);
    assert_eq!(lake.keys("t"), "year int, month string, city string");
    let files = lake.catalog.files("iot", "t", None).unwrap();
    assert_eq!(files[1].partition, Some(vec![Some("2019".into()), Some("09".into()), None]));
    let location = &lake.catalog.partitions("iot", "t").unwrap()[0].location;
    assert_eq!(lake.storage.lake_path(location).unwrap().as_str(), "data/t/year=2019/month=08/city=S%2FW%20x");
}

#[tokio::test]
async fn every_format_of_the_job_is_read() {
    let lake = Lake::new(&[
        ("data/concatenated/a", "{\"a\":1}{\"a\":2}"),
        ("data/all_text/a.csv", "name,city\nann,London\nann,Paris\nann,Rome\nann,Oslo\n"),
    ]);
    lake.write("data/packed/a.json.gz", &gzip(SENSOR));
    lake.write("data/columnar/year=2019/a.parquet", &parquet(&[1, 2, 3]));
    lake.write("data/columnar/year=2020/b", &parquet(&[4]));
    let report = lake.crawl("data").await;
    assert_eq!(lake.names(), ["all_text", "columnar", "concatenated", "packed"], "{}", report.explain());
    assert_eq!(lake.columns("packed"), "sensor_id int, current_temperature int, location string");
    let packed = lake.table("packed");
    assert!(packed.storage.compressed);
    assert_eq!(packed.parameters["compressionType"], "gzip");
    assert_eq!(lake.columns("columnar"), "id bigint, name string");
    assert_eq!(lake.table("columnar").parameters["recordCount"], "4");
    assert_eq!(lake.catalog.files("iot", "columnar", None).unwrap()[0].rows, Some(3));
    assert_eq!(lake.table("concatenated").parameters["bayou.json.framing"], "concatenated");
    assert_eq!(lake.columns("all_text"), "name string, city string");
    assert_eq!(lake.table("all_text").parameters["skip.header.line.count"], "1");
}

#[tokio::test]
async fn alike_plain_folders_are_partitions_and_others_are_tables() {
    let lake = Lake::new(&[
        ("logs/web/2019/a.json", "{\"a\":1,\"b\":2}"),
        ("logs/web/2020/a.json", "{\"a\":1,\"b\":2}"),
        ("db/customers/a.csv", "id,name\n1,ann\n2,bob\n"),
        ("db/orders/a.csv", "order_no,total,customer\n1,2.5,1\n2,3.5,1\n"),
    ]);
    lake.crawl("logs").await;
    assert_eq!((lake.names(), lake.keys("web")), (vec!["web".to_owned()], "partition_0 int".to_owned()));
    let report = lake.crawl("db").await;
    assert_eq!(lake.names(), ["customers", "orders", "web"]);
    let note = report.folders.iter().find(|note| note.folder == "db/orders").unwrap();
    assert_eq!((note.nearest.as_deref(), note.similarity), (Some("db/customers"), Some(0.0)));
    assert!(report.explain().contains("no majority of the folders here is alike"), "{}", report.explain());
}

#[tokio::test]
async fn glue_joins_what_we_keep_apart() {
    let files = [(delivered("anomaly", "13"), SENSOR), (delivered("normal", "13"), SENSOR)];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let lake = Lake::new(&files);
    let report = lake.crawl_with("data", strict()).await;
    assert_eq!(lake.names(), ["data"], "{}", report.explain());
    assert_eq!(lake.keys("data"), "partition_0 string, year string, month string, day string, hour string");
}

#[tokio::test]
async fn files_of_different_kinds_in_one_folder_are_tables_of_their_own() {
    let lake = Lake::new(&[
        ("data/landing/customers.csv", "id,name\n1,ann\n2,bob\n"),
        ("data/landing/orders.csv", "order_no,total,customer\n1,2.5,1\n2,3.5,1\n"),
    ]);
    let report = lake.crawl("data/landing").await;
    assert_eq!(lake.names(), ["customers_csv", "orders_csv"], "{}", report.explain());
    let again = lake.crawl("data/landing").await;
    assert!(!again.is_change() && again.files_read == 0, "{}", again.explain());
}

#[tokio::test]
async fn what_is_not_the_tables_is_excluded_for_other_readers() {
    let lake = Lake::new(&[
        ("t/dt=2019-08-21/a.json", "{\"a\":1}"),
        ("t/dt=2019-08-22/a.json", "{\"a\":1}"),
        ("t/dt=2019-08-22/readme.txt", "hello\n"),
        ("t/other/b.json", "{\"z\":1}"),
    ]);
    lake.crawl("t").await;
    assert_eq!(lake.keys("t"), "dt date");
    let globs: Vec<String> = serde_json::from_str(&lake.table("t").parameters["exclusions"]).unwrap();
    let base = lake.storage.url();
    assert_eq!(globs, [format!("{base}/t/dt=2019-08-22/readme.txt"), format!("{base}/t/other/**")]);
}

#[tokio::test]
async fn empty_hidden_and_excluded_files_are_no_data() {
    let lake = Lake::new(&[
        ("t/a.json", "{\"a\":1}"),
        ("t/_SUCCESS", ""),
        ("t/_temporary/b.json", "{\"zzz\":1}"),
        ("t/.hidden", "{\"zzz\":1}"),
        ("t/empty", ""),
        ("t/skip/me.json", "{\"zzz\":1}"),
    ]);
    let report = lake.crawl_with("t", CrawlOptions { exclusions: vec!["skip/**".into()], ..options() }).await;
    assert_eq!((report.files_listed, report.files_skipped, report.files_read), (6, 5, 1), "{}", report.explain());
    assert_eq!(lake.columns("t"), "a int");
}

#[tokio::test]
async fn files_and_partitions_that_are_gone_leave() {
    let lake = Lake::new(&[
        ("t/p=a/1.json", "{\"a\":1}"),
        ("t/p=b/1.json", "{\"a\":1}"),
        ("t/p=b/2.json", "{\"a\":1}"),
        ("u/x.json", "{\"b\":1}"),
    ]);
    lake.crawl("t").await;
    lake.crawl("u").await;
    lake.remove("t/p=a");
    lake.remove("t/p=b/2.json");
    let report = lake.crawl("t").await;
    let outcome = report.table("t").unwrap();
    assert_eq!((outcome.files_removed, outcome.partitions_removed, outcome.files), (2, 1, 1), "{}", report.explain());
    assert_eq!(lake.catalog.files("iot", "t", None).unwrap().len(), 1);
    assert!(lake.catalog.partitions("iot", "t").unwrap()[0].parameters.contains_key("DEPRECATED_BY_CRAWLER"));
    lake.remove("u/x.json");
    let gone = lake.crawl_with("u", CrawlOptions { on_delete: DeleteBehavior::Delete, ..options() }).await;
    assert_eq!((gone.tables[0].outcome, lake.names()), (TableChange::Removed, vec!["t".to_owned()]));
    assert!(!lake.crawl("t").await.is_change());
}

#[tokio::test]
async fn an_incompatible_file_never_gets_into_a_table() {
    let lake = Lake::new(&[("t/p=a/1.json", "{\"a\":1}"), ("t/p=b/1.json", "{\"a\":1}")]);
    lake.crawl("t").await;
    lake.write("t/p=c/1.csv", b"x,y\n1,2\n3,4\n");
    lake.write("t/p=d/q=1/1.json", b"{\"a\":1}");
    let report = lake.crawl("t").await;
    assert_eq!(lake.values("t"), ["a", "b"]);
    let reasons: Vec<&str> = report.misplaced.iter().map(|file| file.reason.as_str()).collect();
    assert!(reasons[0].contains("csv") && reasons[1].contains("p=/q="), "{reasons:?}");
}

#[tokio::test]
async fn a_table_that_changed_its_format_is_marked_and_replaced_when_asked() {
    let lake = Lake::new(&[("t/1.json", "{\"a\":1}")]);
    lake.crawl("t").await;
    lake.remove("t/1.json");
    lake.write("t/1.csv", b"x,y\n1,2\n3,4\n");
    let report = lake.crawl("t").await;
    assert_eq!(report.tables[0].outcome, TableChange::Conflict);
    assert!(report.tables[0].reason.contains("the table is json, the files are csv"), "{}", report.explain());
    assert_eq!(lake.columns("t"), "a int");
    lake.crawl_with("t", CrawlOptions { on_update: UpdateBehavior::Replace, ..options() }).await;
    assert_eq!(lake.columns("t"), "x bigint, y bigint");
    assert_eq!(lake.catalog.files("iot", "t", None).unwrap().len(), 1);
}

#[tokio::test]
async fn types_are_kept_and_what_does_not_fit_is_said() {
    let lake = Lake::new(&[("t/1.json", "{\"a\":1}")]);
    lake.crawl("t").await;
    lake.write("t/2.json", b"{\"a\":\"N/A\"}");
    let report = lake.crawl("t").await;
    assert_eq!(lake.columns("t"), "a int");
    assert!(report.tables[0].notes[0].contains("column `a` is int in the catalog"), "{}", report.explain());
    lake.crawl_with("t", CrawlOptions { on_update: UpdateBehavior::Replace, ..options() }).await;
    assert_eq!(lake.columns("t"), "a string");
}

#[tokio::test]
async fn one_odd_value_makes_a_string_and_no_table_of_its_own() {
    let lake = Lake::new(&[("t/1.csv", "id,n\n1,1\n2,2\n"), ("t/2.csv", "id,n\n3,N/A\n4,4\n")]);
    let report = lake.crawl("t").await;
    assert_eq!(
        (lake.names(), lake.columns("t")),
        (vec!["t".to_owned()], "id bigint, n string".to_owned()),
        "{}",
        report.explain()
    );
}

#[tokio::test]
async fn what_our_writers_registered_is_trusted() {
    let lake = Lake::new(&[("t/p=a/1.json", "{\"a\":1}")]);
    let path = LakePath::parse("t/p=a/1.json").unwrap();
    let columns = vec![crate::catalog::Column::new("a", HiveType::Double)];
    let keys = vec![crate::catalog::Column::new("p", HiveType::String)];
    let location = format!("{}/", lake.storage.location(&LakePath::parse("t").unwrap()));
    let table = Table::new("iot", "mine", StorageDescriptor::json(columns, location), keys);
    let file = DataFile {
        path: path.clone(),
        partition: Some(vec![Some("a".into())]),
        bytes: 7,
        rows: Some(1),
        etag: None,
        modified: crate::time::Timestamp(1),
        origin: Origin::Written,
        column_stats: None,
    };
    lake.catalog
        .transaction("write", "test", |change| {
            change.create_database(&Database::new("iot"), true)?;
            change.put_table(&table)?;
            change.put_files("iot", "mine", std::slice::from_ref(&file))
        })
        .unwrap();
    let report = lake.crawl("t").await;
    assert_eq!(
        (lake.names(), lake.columns("mine"), report.files_read),
        (vec!["mine".to_owned()], "a double".to_owned(), 0),
        "{}",
        report.explain()
    );
    assert_eq!(lake.catalog.files("iot", "mine", None).unwrap(), [file]);
    assert_eq!(lake.values("mine"), ["a"]);
}

#[tokio::test]
async fn the_header_of_a_sibling_counts_for_all() {
    let lake = Lake::new(&[
        ("t/d=1/a.csv", "name,town\nabcd,efgh\nijkl,mnop\n"),
        ("t/d=2/a.csv", "name,town\nabcd,efgh\nijkl,mnop\nqrst,uvwx\n"),
    ]);
    lake.crawl("t").await;
    assert_eq!(lake.columns("t"), "name string, town string");
    assert_eq!(lake.table("t").parameters["skip.header.line.count"], "1");
}

#[tokio::test]
async fn one_table_and_levels_override_the_grouping() {
    let files = [("d/x/a.json", "{\"a\":1}"), ("d/y/b.json", "{\"b\":1,\"c\":1}"), ("d/y/c.csv", "p,q\n1,2\n3,4\n")];
    let lake = Lake::new(&files);
    let report = lake.crawl_with("d", CrawlOptions { group: Grouping::OneTable, ..options() }).await;
    assert_eq!(
        (lake.names(), lake.columns("d")),
        (vec!["d".to_owned()], "a int, b int, c int".to_owned()),
        "{}",
        report.explain()
    );
    assert_eq!((lake.keys("d"), report.misplaced.len()), ("partition_0 string".to_owned(), 1));
    let lake = Lake::new(&[("d/x/1/a.json", "{\"a\":1}"), ("d/y/1/b.json", "{\"a\":1}")]);
    lake.crawl_with("d", CrawlOptions { levels: Some(1), ..options() }).await;
    assert_eq!(lake.names(), ["x", "y"]);
}

#[tokio::test]
async fn names_that_clash_are_told_apart() {
    let lake = Lake::new(&[("a/t/k=1/x.json", "{\"a\":1}"), ("b/t/k=1/x.json", "{\"b\":1}")]);
    lake.crawl("").await;
    let names = lake.names();
    assert!(names[0] == "t" && names[1].len() == 34 && names[1].starts_with("t_"), "{names:?}");
    assert!(!lake.crawl("").await.is_change());
}

#[tokio::test]
async fn partition_types_can_be_given() {
    let lake = Lake::new(&[("t/month=11/x.json", "{\"a\":1}")]);
    let given = PartitionTyping::Given(BTreeMap::from([("month".to_owned(), HiveType::Int)]));
    lake.crawl_with("t", CrawlOptions { partition_types: given, ..options() }).await;
    assert_eq!(lake.keys("t"), "month int");
}

#[tokio::test]
async fn refusals_write_nothing() {
    let lake = Lake::new(&[("d/x/k=1/a.json", "{\"a\":1}"), ("d/y/k=1/b.json", "{\"b\":1}")]);
    let too_few = CrawlOptions { table_threshold: Some(1), ..options() };
    assert!(matches!(lake.try_crawl("d", &too_few).await, Err(Error::TooManyTables { found: 2, threshold: 1, .. })));
    assert!(matches!(lake.try_crawl("nowhere", &options()).await, Err(Error::NothingThere { .. })));
    let broken = CrawlOptions { exclusions: vec!["[".into()], ..options() };
    assert!(matches!(lake.try_crawl("d", &broken).await, Err(Error::Exclusion { .. })));
    assert!(lake.catalog.databases().unwrap().is_empty());
}

#[tokio::test]
async fn unclassified_files_are_listed_with_a_reason() {
    let lake = Lake::new(&[("d/a.json", "{\"a\":1}"), ("d/b.avro", "Obj\u{1}xyz"), ("d/c.bin", "\0\0\0")]);
    let report = lake.crawl("d").await;
    let listed: Vec<_> =
        report.unclassified.iter().map(|file| (file.path.as_str(), file.nearest.as_deref(), file.bytes_seen)).collect();
    assert_eq!(listed, [("d/b.avro", Some("avro"), 7), ("d/c.bin", None, 3)]);
    assert!(report.explain().contains("Unclassified: 2 files"));
}

#[tokio::test]
async fn two_crawls_at_once_agree() {
    let lake = Lake::new(&[(&delivered("anomaly", "13"), SENSOR), (&delivered("normal", "14"), SENSOR)]);
    let options = options();
    let (a, b) = tokio::join!(lake.try_crawl("data", &options), lake.try_crawl("data", &options));
    assert_eq!(usize::from(a.unwrap().is_change()) + usize::from(b.unwrap().is_change()), 1);
    assert_eq!((lake.names().len(), lake.values("anomaly").len()), (2, 1));
}
