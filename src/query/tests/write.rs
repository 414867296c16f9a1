//! CTAS, INSERT and UNLOAD: what is written, and when it is seen.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn every_format_is_read_back_as_it_was_written() {
    let fixture = Fixture::new();
    let query = "SELECT * FROM (VALUES (1, CAST('a' AS varchar), true, 2.5e0, DATE '2019-08-21', TIMESTAMP '2019-08-21 10:11:12.345'),
        (2, NULL, NULL, NULL, NULL, NULL)) AS t (i, s, b, d, day, at)";
    for format in ["PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE"] {
        let name = format.to_lowercase();
        fixture.run(&format!("CREATE TABLE iot.{name} WITH (format = '{format}') AS {query}")).await;
        let rows = fixture
            .rows(&format!(
                "SELECT i, s, b, d, day, at = TIMESTAMP '2019-08-21 10:11:12.345' FROM iot.{name} ORDER BY 1"
            ))
            .await;
        assert_eq!(rows, ["1,a,true,2.5,2019-08-21,true", "2,,,,,"], "{format}");
        fixture.run(&format!("INSERT INTO iot.{name} SELECT * FROM iot.{name} WHERE i = 1")).await;
        assert_eq!(fixture.rows(&format!("SELECT count(*) FROM iot.{name}")).await, ["3"], "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_values_survive_text_and_json() {
    let fixture = Fixture::new();
    let query = "SELECT 1 AS i, ARRAY[ARRAY['a', NULL], ARRAY['b']] AS l, MAP(ARRAY['k'], ARRAY[ARRAY[1, 2]]) AS m,
        CAST(ROW(1, 'x') AS row(n integer, t varchar)) AS r";
    for format in ["JSON", "TEXTFILE", "PARQUET"] {
        let name = format.to_lowercase();
        fixture.run(&format!("CREATE TABLE iot.{name} WITH (format = '{format}') AS {query}")).await;
        let rows = fixture
            .rows(&format!("SELECT l[1][1], l[1][2] IS NULL, l[2][1], m['k'][2], r.n, r.t FROM iot.{name}"))
            .await;
        assert_eq!(rows, ["a,true,b,2,1,x"], "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_the_last_columns() {
    let fixture = sensors().await;
    let text = "CREATE TABLE iot.byday WITH (format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['year', 'month'],
        external_location = 's3://lake/data/byday/') AS SELECT sensor_id, temp, year, month FROM iot.s";
    let execution = fixture.session.sql(text).await.unwrap();
    assert_eq!(execution.summary().update_count, Some(5));
    assert_eq!(execution.columns().iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["rows"]);
    assert_eq!(execution.collect().await.unwrap().1.iter().map(|batch| batch.num_rows()).sum::<usize>(), 0);
    assert_eq!(
        fixture.lines("SHOW PARTITIONS iot.byday").await,
        ["year=__HIVE_DEFAULT_PARTITION__/month=08", "year=2026/month=08", "year=2026/month=09"]
    );
    assert_eq!(fixture.rows("SELECT sensor_id FROM iot.byday WHERE year IS NULL").await, ["5"]);
    fixture.run("INSERT INTO iot.byday (month, sensor_id, year) VALUES ('10', 6, 2026), ('08', 7, 2026)").await;
    assert_eq!(fixture.rows("SELECT sensor_id, temp FROM iot.byday WHERE month = '10'").await, ["6,"]);
    assert_eq!(fixture.rows("SELECT count(*) FROM iot.byday WHERE year = 2026 AND month = '08'").await, ["3"]);
    let misplaced = "CREATE TABLE iot.x WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b";
    assert!(fixture.message(misplaced).await.contains("must be the last columns"));
    let again = "CREATE TABLE iot.y WITH (external_location = 'data/byday') AS SELECT 1 AS a";
    assert!(fixture.message(again).await.starts_with("HIVE_PATH_ALREADY_EXISTS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_are_files_of_their_own() {
    let fixture = Fixture::new();
    fixture
        .run("CREATE TABLE iot.b WITH (bucketed_by = ARRAY['i'], bucket_count = 4) AS SELECT * FROM (VALUES 1, 2, 3, 4, 5) AS t (i)")
        .await;
    let files = fixture.rows("SELECT DISTINCT \"$path\" FROM iot.b").await;
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(fixture.message("INSERT INTO iot.b VALUES (6)").await.contains("bucketed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_not_written() {
    let fixture = Fixture::new();
    fixture.run("CREATE EXTERNAL TABLE iot.t (a bigint, b string) STORED AS PARQUET LOCATION 'data/t/'").await;
    for (text, words) in [
        ("INSERT INTO iot.t VALUES ('x', 'y')", "Insert query has mismatched column types: Table: [bigint, varchar]"),
        ("INSERT INTO iot.t VALUES (1)", "mismatched column types"),
        ("INSERT INTO iot.t (a, nope) VALUES (1, 2)", "COLUMN_NOT_FOUND"),
        ("INSERT INTO iot.t (a, a) VALUES (1, 2)", "more than once"),
        ("INSERT INTO iot.nope VALUES (1)", "TABLE_NOT_FOUND: line 1:13"),
        ("CREATE TABLE iot.u AS SELECT 1", "Column name not specified at position 1"),
        ("CREATE TABLE iot.u AS SELECT 1 AS a, 2 AS a", "specified more than once"),
        ("CREATE TABLE iot.u AS SELECT JSON '1' AS j", "Unsupported Hive type: json"),
        ("CREATE TABLE iot.t AS SELECT 1 AS a", "TABLE_ALREADY_EXISTS"),
        ("CREATE TABLE iot.u WITH (nope = 1) AS SELECT 1 AS a", "no property `nope`"),
        ("UNLOAD (SELECT 1 AS a) TO 'out/' WITH (compression = 'GZIP')", "`format`"),
    ] {
        let message = fixture.message(text).await;
        assert!(message.contains(words), "{text}: {message}");
    }
    assert!(fixture.storage.list(&LakePath::parse("data").unwrap()).await.unwrap().is_empty());
    // An integer is a bigint, an error while running leaves nothing.
    fixture.error("INSERT INTO iot.t SELECT 1 / (x - x), 'a' FROM (VALUES 1) AS t (x)").await;
    fixture.run("INSERT INTO iot.t VALUES (1, 'one'), (2, NULL)").await;
    assert_eq!(fixture.rows("SELECT a, b FROM iot.t ORDER BY 1").await, ["1,one", "2,"]);
    let staged = fixture.storage.private_dir().join("writes");
    assert_eq!(std::fs::read_dir(staged).unwrap().count(), 0, "nothing is left in staging");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_a_write_as_a_whole() {
    let fixture = Fixture::new();
    fixture.run("CREATE EXTERNAL TABLE iot.w (a int) LOCATION 'data/w/'").await;
    fixture.put("data/w/others", "1\n").await;
    // A writer has said what its files are called, and has published the first of two.
    let begin = |token: &str| fixture.catalog.transaction("test", "", |tx| tx.begin_write("iot", "w", token)).unwrap();
    begin("tok");
    fixture.put("data/w/tok_0", "2\n").await;
    assert_eq!(fixture.rows("SELECT a FROM iot.w").await, ["1"]);
    fixture.put("data/w/tok_1", "3\n").await;
    fixture.catalog.transaction("test", "", |tx| tx.end_write("tok")).unwrap();
    assert_eq!(fixture.rows("SELECT a FROM iot.w ORDER BY 1").await, ["1", "2", "3"]);
    // One that died is never seen.
    begin("dead");
    fixture.put("data/w/dead_0", "4\n").await;
    assert_eq!(fixture.rows("SELECT count(*) FROM iot.w").await, ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unload_writes_files_and_a_manifest() {
    let fixture = sensors().await;
    let text = "UNLOAD (SELECT sensor_id, month FROM iot.s) TO 's3://lake/out/' WITH (format = 'JSON', compression = 'NONE', partitioned_by = ARRAY['month'])";
    let execution = fixture.session.sql(text).await.unwrap();
    let summary = execution.summary();
    assert_eq!((summary.update_count, execution.columns().len()), (Some(5), 0));
    let objects = fixture.storage.list(&LakePath::parse("out").unwrap()).await.unwrap();
    assert_eq!(objects.len(), 2, "{objects:?}");
    let manifest = fixture.storage.lake_path(&summary.manifest.unwrap()).unwrap();
    let manifest = String::from_utf8(fixture.storage.get(&manifest).await.unwrap().to_vec()).unwrap();
    assert_eq!(manifest.lines().count(), 2);
    assert!(fixture.message(text).await.starts_with("HIVE_PATH_ALREADY_EXISTS"), "the target must be empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rows_make_an_empty_table() {
    let fixture = Fixture::new();
    fixture.run("CREATE TABLE iot.e AS SELECT 1 AS a WITH NO DATA").await;
    fixture.run("CREATE TABLE IF NOT EXISTS iot.e AS SELECT 'x' AS b").await;
    assert!(fixture.rows("SELECT a FROM iot.e").await.is_empty());
}
