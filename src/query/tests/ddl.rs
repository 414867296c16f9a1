//! DDL: databases, tables, partitions, views, prepared statements.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn databases_come_change_and_go() {
    let fixture = Fixture::new();
    fixture.run("CREATE DATABASE Sales COMMENT 'all' LOCATION 's3://bucket/sales/' WITH DBPROPERTIES ('a'='1')").await;
    fixture.run("CREATE SCHEMA IF NOT EXISTS sales").await;
    fixture.run("ALTER DATABASE sales SET DBPROPERTIES ('a'='2', 'b'='3')").await;
    let found = fixture.catalog.database("sales").unwrap();
    assert_eq!(found.parameters, [("a".to_owned(), "2".to_owned()), ("b".to_owned(), "3".to_owned())].into());
    assert!(found.location_uri.unwrap().ends_with("/sales/"), "a bucket's path is a path in the lake");
    fixture.run("CREATE EXTERNAL TABLE sales.t (a int)").await;
    let kept = fixture.message("DROP DATABASE sales").await;
    assert!(kept.starts_with("FAILED: SemanticException") && kept.contains("not empty"), "{kept}");
    fixture.run("DROP DATABASE sales CASCADE").await;
    fixture.run("DROP DATABASE IF EXISTS sales").await;
    assert_eq!(fixture.lines("SHOW DATABASES").await, ["iot"]);
    assert!(fixture.message("CREATE DATABASE iot").await.contains("already exists"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_what_its_statement_says() {
    let fixture = Fixture::new();
    let text = "CREATE EXTERNAL TABLE IF NOT EXISTS iot.t (id int COMMENT 'key', name string) COMMENT 'people'
        PARTITIONED BY (year int) STORED AS PARQUET LOCATION 's3://lake/data/t' TBLPROPERTIES ('classification'='parquet')";
    fixture.run(text).await;
    fixture.run(text).await;
    let table = fixture.catalog.table("iot", "t").unwrap();
    assert!(table.storage.location.ends_with("/data/t/") && table.storage.location.starts_with("file://"));
    assert!(table.storage.serde.serialization_library.ends_with("ParquetHiveSerDe"));
    assert_eq!(table.parameters["classification"], "parquet");
    fixture.put("data/t/year=2019/a.parquet", parquet(&[1, 2], &[Some("a"), None])).await;
    assert!(fixture.rows("SELECT * FROM iot.t").await.is_empty(), "folders are no partitions until they are added");
    let lines = fixture.lines("MSCK REPAIR TABLE iot.t").await;
    assert_eq!(lines[1], "Repair: Added partition to metastore t:year=2019");
    // bigint in the file, int in the table.
    assert_eq!(fixture.rows("SELECT id, name, year FROM iot.t ORDER BY 1").await, ["1,a,2019", "2,,2019"]);
    fixture.run("DROP TABLE iot.t").await;
    assert!(!fixture.storage.list(&LakePath::parse("data/t").unwrap()).await.unwrap().is_empty(), "files stay");
    assert!(fixture.message("DROP TABLE iot.t").await.contains("Table not found iot.t"));
    fixture.run("DROP TABLE IF EXISTS iot.t").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_table_is_refused() {
    let fixture = Fixture::new();
    fixture.put("data/x.csv", "1").await;
    for (text, words) in [
        ("CREATE EXTERNAL TABLE iot.t (a int, A string)", "Duplicate column name: a"),
        ("CREATE EXTERNAL TABLE iot.t (a int) PARTITIONED BY (a int)", "repeated in partitioning columns: a"),
        ("CREATE EXTERNAL TABLE iot.t (a int) PARTITIONED BY (b array<int>)", "partition key b"),
        ("CREATE EXTERNAL TABLE iot.t (a int) LOCATION 'data/*.csv'", "wildcard"),
        ("CREATE EXTERNAL TABLE iot.t (a int) LOCATION 'data/x.csv'", "is a file"),
        ("CREATE EXTERNAL TABLE nope.t (a int)", "Database does not exist: nope"),
        ("CREATE EXTERNAL TABLE iot.t (a int) STORED AS CLAY", "`CLAY` is not known"),
        ("CREATE TABLE iot.t (a int)", "without EXTERNAL"),
        ("CREATE TABLE iot.t (a int) LOCATION 'x' TBLPROPERTIES ('table_type'='ICEBERG')", "An Iceberg table"),
    ] {
        let message = fixture.message(text).await;
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_added_dropped_and_renamed() {
    let fixture = Fixture::new();
    fixture
        .run("CREATE EXTERNAL TABLE iot.p (v int) PARTITIONED BY (y int, m string) ROW FORMAT DELIMITED LOCATION 'data/p/'")
        .await;
    fixture.put("data/p/y=2019/m=08/f", "1\n").await;
    fixture.put("other/f", "2\n").await;
    fixture.run("ALTER TABLE iot.p ADD PARTITION (y=2019, m='08') PARTITION (m='09', y=2019) LOCATION 'other/'").await;
    assert_eq!(fixture.rows("SELECT v, m FROM iot.p ORDER BY 1").await, ["1,08", "2,09"]);
    assert!(fixture.message("ALTER TABLE iot.p ADD PARTITION (y=2019, m='08')").await.contains("already exists"));
    assert!(fixture.message("ALTER TABLE iot.p ADD PARTITION (y=2019)").await.contains("`m` is missing"));
    assert!(fixture.message("ALTER TABLE iot.p ADD PARTITION (y=2019, d=1)").await.contains("column d not found"));
    fixture.run("ALTER TABLE iot.p ADD IF NOT EXISTS PARTITION (y=2019, m='08')").await;
    fixture.run("ALTER TABLE iot.p PARTITION (y=2019, m='09') RENAME TO PARTITION (y=2020, m='01')").await;
    assert_eq!(fixture.rows("SELECT v, y, m FROM iot.p WHERE y = 2020").await, ["2,2020,01"]);
    fixture.run("ALTER TABLE iot.p PARTITION (y=2020, m='01') SET LOCATION 'data/p/y=2019/m=08'").await;
    assert_eq!(fixture.rows("SELECT v FROM iot.p WHERE y = 2020").await, ["1"]);
    fixture.run("ALTER TABLE iot.p DROP PARTITION (y=2019, m='08'), PARTITION (y=2020, m='01')").await;
    assert!(fixture.lines("SHOW PARTITIONS iot.p").await.is_empty());
    assert!(fixture.message("ALTER TABLE iot.p DROP PARTITION (y=2019, m='08')").await.contains("Partition not found"));
    fixture.run("ALTER TABLE iot.p DROP IF EXISTS PARTITION (y=2019, m='08')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_finds_every_folder_and_removes_none() {
    let fixture = Fixture::new();
    fixture.run("CREATE EXTERNAL TABLE iot.r (v int) PARTITIONED BY (k string, n int) LOCATION 'data/r'").await;
    for folder in ["k=a%2Fb/n=1", "K=10:30/n=2", "k=__HIVE_DEFAULT_PARTITION__/n=3", "k=x", "z=1/n=4", "n=5/k=x"] {
        fixture.put(&format!("data/r/{folder}/f"), "7\n").await;
    }
    fixture.run("MSCK REPAIR TABLE iot.r").await;
    assert_eq!(fixture.rows("SELECT k, n, v FROM iot.r ORDER BY n").await, ["a/b,1,7", "10:30,2,7", ",3,7"]);
    assert_eq!(fixture.lines("SHOW PARTITIONS iot.r").await.len(), 3);
    fixture.storage.delete(&LakePath::parse("data/r/k=a%2Fb/n=1/f").unwrap()).await.unwrap();
    assert!(fixture.lines("MSCK REPAIR TABLE iot.r").await.is_empty());
    assert_eq!(fixture.lines("SHOW PARTITIONS iot.r").await.len(), 3, "nothing is removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_added_replaced_and_changed() {
    let fixture = Fixture::new();
    fixture
        .run("CREATE EXTERNAL TABLE iot.c (a int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 'data/c'")
        .await;
    fixture.put("data/c/f", "1,x,2.5\n").await;
    fixture.run("ALTER TABLE iot.c ADD COLUMNS (b string, c double)").await;
    assert_eq!(fixture.rows("SELECT * FROM iot.c").await, ["1,x,2.5"]);
    fixture.run("ALTER TABLE iot.c CHANGE a first_one bigint COMMENT 'n'").await;
    assert_eq!(fixture.rows("SELECT first_one FROM iot.c").await, ["1"]);
    fixture.run("ALTER TABLE iot.c REPLACE COLUMNS (z string)").await;
    assert_eq!(fixture.rows("SELECT * FROM iot.c").await, ["1"]);
    fixture.run("ALTER TABLE iot.c SET TBLPROPERTIES ('skip.header.line.count'='1')").await;
    assert!(fixture.rows("SELECT * FROM iot.c").await.is_empty());
    assert_eq!(fixture.catalog.table_history("iot", "c").unwrap().len(), 5, "every change is a version");
    fixture.run("CREATE EXTERNAL TABLE iot.q (a int) STORED AS PARQUET LOCATION 'data/q'").await;
    assert!(fixture.message("ALTER TABLE iot.q REPLACE COLUMNS (z int)").await.contains("not supported"));
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_their_text() {
    let fixture = sensors().await;
    fixture.run("CREATE VIEW iot.warm AS SELECT sensor_id, temp FROM iot.s WHERE temp > 10").await;
    assert_eq!(fixture.rows("SELECT sensor_id FROM iot.warm ORDER BY temp").await, ["2", "3", ""]);
    assert!(fixture.message("CREATE VIEW iot.warm AS SELECT 1 AS a").await.contains("View already exists"));
    fixture.run("CREATE OR REPLACE VIEW iot.warm AS SELECT count(*) AS n FROM iot.s").await;
    assert_eq!(fixture.rows("SELECT * FROM iot.warm").await, ["5"]);
    let stored = fixture.catalog.table("iot", "warm").unwrap();
    assert!(stored.view_original_text.unwrap().starts_with("/* Presto View: "));
    assert_eq!(
        fixture.lines("SHOW CREATE VIEW iot.warm").await,
        ["CREATE VIEW iot.warm AS\nSELECT count(*) AS n FROM iot.s"]
    );
    assert_eq!(fixture.lines("SHOW VIEWS IN iot").await, ["warm"]);
    assert!(fixture.message("CREATE OR REPLACE VIEW iot.s AS SELECT 1 AS a").await.contains("Table already exists"));
    assert!(fixture.message("CREATE VIEW iot.x AS SELECT 1").await.contains("Column name not specified"));
    assert!(fixture.message("DROP TABLE iot.warm").await.contains("DROP VIEW"));
    assert!(fixture.message("DROP VIEW iot.s").await.contains("a table with that name exists"));
    fixture.run("DROP VIEW iot.warm").await;
    fixture.run("DROP VIEW IF EXISTS iot.warm").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prepared_statements_stay_and_count_their_parameters() {
    let fixture = sensors().await;
    fixture.run("PREPARE p FROM SELECT sensor_id FROM iot.s WHERE temp > ? AND month = ?").await;
    assert_eq!(fixture.rows("EXECUTE p USING 10, '08'").await, ["2"]);
    assert_eq!(fixture.rows("EXECUTE p USING 5 + 6, lower('09') ").await.len(), 2);
    assert!(
        fixture.message("EXECUTE p USING 10").await.contains("Incorrect number of parameters: expected 2 but found 1")
    );
    assert!(fixture.message("PREPARE p FROM SELECT 1").await.contains("exists already"));
    let other = Session::new(&fixture.storage, &fixture.catalog, &SessionOptions::default()).unwrap();
    assert!(other.sql("EXECUTE p USING 10, '08'").await.is_ok(), "another session has it too");
    fixture.run("DEALLOCATE PREPARE p").await;
    assert!(fixture.message("EXECUTE p USING 1, 2").await.contains("Prepared statement not found: p"));
    let parameters = ["20".to_owned(), "'08'".to_owned()];
    let execution =
        fixture.session.execute("SELECT sensor_id, '?' FROM iot.s WHERE temp = ? AND month = ?", &parameters);
    assert_eq!(execution.await.unwrap().collect().await.unwrap().1[0].num_rows(), 1);
    assert!(fixture.message("SELECT ?").await.contains("Incorrect number of parameters"));
}
