//! First crawls: which tables, columns and partitions files make.

use super::*;

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
async fn gzip_that_readers_would_not_recognise_is_no_table() {
    let lake = Lake::new(&[]);
    lake.write("t/packed", &gzip(SENSOR));
    let report = lake.crawl("t").await;
    assert!(report.tables.is_empty() && report.unclassified[0].reason.contains("`.gz`"), "{}", report.explain());
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
    assert_eq!(lake.table("t").parameters["bayou.mode"], "manifest");
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

#[test]
fn a_crawl_needs_no_runtime() {
    let lake = Lake::new(&[("t/1.json", "{\"a\":1}")]);
    futures::executor::block_on(lake.crawl("t"));
    assert_eq!(lake.columns("t"), "a int");
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
async fn unclassified_files_are_listed_with_a_reason() {
    let lake = Lake::new(&[("d/a.json", "{\"a\":1}"), ("d/b.avro", "Obj\u{1}xyz"), ("d/c.bin", "\0\0\0")]);
    let report = lake.crawl("d").await;
    let listed: Vec<_> =
        report.unclassified.iter().map(|file| (file.path.as_str(), file.nearest.as_deref(), file.bytes_seen)).collect();
    assert_eq!(listed, [("d/b.avro", Some("avro"), 7), ("d/c.bin", None, 3)]);
    assert!(report.explain().contains("Unclassified: 2 files"));
}

#[tokio::test]
async fn strict_glue_writes_what_the_crawler_would() {
    let files = [
        ("d/names/a.csv", "first,last\nann,lee\nbob,ray\n"),
        ("d/codes/a.csv", "code,born,note\n007,2019-08-21,\"a\"\n008,2019-08-22,\"b\"\n"),
    ];
    let lake = Lake::new(&files);
    lake.crawl_with("d", strict()).await;
    assert_eq!(lake.columns("names"), "col0 string, col1 string");
    assert!(!lake.table("names").parameters.contains_key("skip.header.line.count"));
    assert_eq!(lake.columns("codes"), "code bigint, born string, note string");
    assert!(lake.table("codes").storage.serde.serialization_library.ends_with("LazySimpleSerDe"));
    let ours = Lake::new(&files);
    ours.crawl("d").await;
    assert_eq!(ours.columns("codes"), "code string, born date, note string");
    assert!(ours.table("codes").storage.serde.serialization_library.ends_with("OpenCSVSerde"));
}

#[tokio::test]
async fn explain_tells_every_table_and_folder_with_its_rule() {
    let lake = Lake::new(&[
        ("logs/2019/a.json", "{\"a\":1,\"b\":2}"),
        ("logs/2020/a.json", "{\"a\":1,\"b\":2}"),
        ("logs/2021/a.json", "{\"z\":1,\"y\":2}"),
    ]);
    let text = lake.crawl("logs").await.explain();
    for line in [
        "\nlogs: added, json at `logs/`",
        "\n2021: added, json at `logs/2021/`",
        "  logs/2019/: json [a:int, b:int], 1.00 similar to `logs/2020`: a partition: most of the 3 folders here are alike",
        "  logs/2021/: json [z:int, y:int], 0.00 similar to `logs/2020`: a table: most folders here are alike, this one is not",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
