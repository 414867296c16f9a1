//! Crawls over what the catalog knows already.

use super::*;

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
async fn names_in_capitals_and_twice_stay_the_same_columns() {
    let lake = Lake::new(&[("c/1.csv", "Id,Total,ID\n1,2,3\n4,5,6\n")]);
    lake.write("p/d=1/1.parquet", &parquet(&[1]));
    lake.crawl("c").await;
    lake.crawl("p").await;
    lake.write("c/2.csv", b"Id,Total,ID\n7,8,9\n1,2,3\n");
    lake.write("p/d=2/1.parquet", &parquet(&[2]));
    let again = lake.crawl("c").await;
    assert_eq!(lake.columns("c"), "id bigint, total bigint, id_1 bigint", "{}", again.explain());
    assert_eq!((again.tables.len(), again.tables[0].outcome, again.tables[0].files), (1, TableChange::Changed, 2));
    assert!(again.tables[0].notes[0].contains("is there twice"), "{}", again.explain());
    lake.crawl("p").await;
    assert_eq!(lake.columns("p"), "id bigint, name string");
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
async fn two_crawls_at_once_agree() {
    let lake = Lake::new(&[(&delivered("anomaly", "13"), SENSOR), (&delivered("normal", "14"), SENSOR)]);
    let options = options();
    let (a, b) = tokio::join!(lake.try_crawl("data", &options), lake.try_crawl("data", &options));
    assert_eq!(usize::from(a.unwrap().is_change()) + usize::from(b.unwrap().is_change()), 1);
    assert_eq!((lake.names().len(), lake.values("anomaly").len()), (2, 1));
}
