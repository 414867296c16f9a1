//! What SHOW, DESCRIBE, EXPLAIN and information_schema give, and what is known of a statement afterwards.

use super::*;

async fn described() -> Fixture {
    let fixture = Fixture::new();
    fixture
        .run(
            "CREATE EXTERNAL TABLE iot.orders (id int COMMENT 'it''s', tags array<struct<k:string,v:map<string,int>>>)
             PARTITIONED BY (year int, month string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t'
             LOCATION 'data/orders/' TBLPROPERTIES ('a'='1', 'skip.header.line.count'='1')"
                .replace("it''s", "it\\'s")
                .as_str(),
        )
        .await;
    fixture
}

#[tokio::test(flavor = "multi_thread")]
async fn show_create_table_makes_the_same_table_again() {
    let fixture = described().await;
    let before = fixture.catalog.table("iot", "orders").unwrap();
    let lines = fixture.lines("SHOW CREATE TABLE iot.orders").await;
    assert_eq!(lines[0], "CREATE EXTERNAL TABLE `iot.orders`(");
    assert!(lines.len() > 15, "one row a line: {lines:?}");
    fixture.run("DROP TABLE iot.orders").await;
    fixture.run(&lines.join("\n")).await;
    let after = fixture.catalog.table("iot", "orders").unwrap();
    assert_eq!(
        (after.storage, after.partition_keys, after.parameters),
        (before.storage, before.partition_keys, before.parameters)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn show_lists_what_matches() {
    let fixture = described().await;
    fixture.run("CREATE EXTERNAL TABLE iot.customers (a int)").await;
    fixture.run("CREATE VIEW iot.v AS SELECT 1 AS a").await;
    assert_eq!(fixture.lines("SHOW TABLES IN iot").await, ["customers", "orders", "v"]);
    assert_eq!(fixture.lines("SHOW TABLES IN iot '*ers'").await, ["customers", "orders"]);
    assert_eq!(fixture.lines("SHOW TABLES IN iot 'cust.*|v'").await, ["customers", "v"]);
    assert!(fixture.message("SHOW TABLES IN nope").await.contains("Database does not exist: nope"));
    let fields = ["id", "tags", "year", "month"].map(|name| format!("{name:20}"));
    assert_eq!(fixture.lines("SHOW COLUMNS IN orders IN iot").await, fields);
    assert_eq!(fixture.lines("SHOW COLUMNS FROM iot.orders").await, fields);
    assert!(fixture.lines("SHOW TBLPROPERTIES iot.orders").await.contains(&"a\t1".to_owned()));
    assert_eq!(fixture.lines("SHOW TBLPROPERTIES iot.orders('a')").await, ["a\t1"]);
    assert!(fixture.message("SHOW PARTITIONS iot.customers").await.contains("not a partitioned table"));
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_names_keys_twice_and_goes_into_columns() {
    let fixture = described().await;
    let lines = fixture.lines("DESCRIBE iot.orders").await;
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    assert_eq!(trimmed, ["id", "tags", "year", "month", "", "# Partition Information", "# col_name", "year", "month"]);
    assert!(lines.iter().all(|line| line.len() >= 20));
    assert_eq!(fixture.rows("DESCRIBE iot.orders tags.'$elem$'.v.'$value$'").await, ["$value$,int,from deserializer"]);
    assert_eq!(fixture.rows("DESCRIBE iot.orders tags.'$elem$'").await.len(), 2);
    let formatted = fixture.lines("DESCRIBE FORMATTED iot.orders").await;
    for heading in ["# Detailed Table Information", "# Storage Information", "Location:", "SerDe Library:"] {
        assert!(formatted.iter().any(|line| line.trim_end() == heading), "{heading}");
    }
    assert!(fixture.message("DESCRIBE iot.orders nope").await.contains("nope"));
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_plans_validates_and_runs() {
    let fixture = sensors().await;
    let plan = fixture.lines("EXPLAIN SELECT count(*) FROM iot.s").await;
    assert!(plan.len() > 1 && plan.iter().any(|line| line.contains("Aggregate")), "{plan:?}");
    assert_eq!(fixture.rows("EXPLAIN (TYPE VALIDATE) SELECT 1").await, ["true"]);
    assert!(fixture.message("EXPLAIN (TYPE VALIDATE) SELECT nope FROM iot.s").await.contains("COLUMN_NOT_FOUND"));
    let io = fixture.lines("EXPLAIN (TYPE IO, FORMAT JSON) SELECT * FROM iot.s").await.concat();
    assert!(io.contains("\"schema\": \"iot\"") && io.contains("\"table\": \"s\""), "{io}");
    assert_eq!(fixture.lines("EXPLAIN (FORMAT GRAPHVIZ) SELECT 1").await.len(), 1);
    let analyzed = fixture.lines("EXPLAIN ANALYZE SELECT * FROM iot.s").await.concat();
    assert!(analyzed.contains("output_rows"), "{analyzed}");
    fixture.run("EXPLAIN CREATE TABLE iot.x AS SELECT 1 AS a").await;
    assert!(fixture.catalog.table("iot", "x").is_err(), "EXPLAIN runs nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn information_schema_tells_of_everything() {
    let fixture = described().await;
    fixture.run("CREATE VIEW iot.v AS SELECT 1 AS a").await;
    let rows = fixture.rows("SELECT schema_name FROM information_schema.schemata ORDER BY 1").await;
    assert_eq!(rows, ["information_schema", "iot"]);
    let tables = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'iot' ORDER BY 1";
    assert_eq!(fixture.rows(tables).await, ["orders,BASE TABLE", "v,VIEW"]);
    let columns = "SELECT column_name, ordinal_position, data_type FROM AwsDataCatalog.INFORMATION_SCHEMA.columns
        WHERE table_name = 'orders' AND ordinal_position > 2 ORDER BY 2";
    assert_eq!(fixture.rows(columns).await, ["year,3,integer", "month,4,varchar"]);
    let views = "SELECT view_definition FROM information_schema.views WHERE table_name = 'v'";
    assert_eq!(fixture.rows(views).await, ["SELECT 1 AS a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_columns_tell_of_files_and_prune_them() {
    let fixture = sensors().await;
    let rows = fixture.rows("SELECT DISTINCT \"$path\" FROM iot.s WHERE month = '09'").await;
    assert!(rows.len() == 1 && rows[0].ends_with("/data/s/year=2026/month=09/b.json.gz"), "{rows:?}");
    assert_eq!(
        fixture.rows("SELECT * FROM iot.s LIMIT 1").await[0].split(',').count(),
        4,
        "not among the columns of *"
    );
    fixture.put("data/s/year=2026/month=08/broken.json", "{{{").await;
    let sql = "SELECT count(*) FROM iot.s WHERE \"$path\" LIKE '%a.json' AND \"$file_size\" > 0";
    assert_eq!(fixture.rows(sql).await, ["2"], "other files are not opened");
    let partitions = fixture.rows("SELECT year, month FROM iot.\"s$partitions\" ORDER BY 1, 2").await;
    assert_eq!(partitions, ["2026,08", "2026,09", ",08"]);
    assert!(fixture.message("SELECT * FROM iot.\"s$history\"").await.contains("$history"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_leaves_its_figures_in_the_history() {
    let fixture = sensors().await;
    fixture.rows("SELECT sensor_id FROM iot.s WHERE month = '08'").await;
    fixture.error("SELECT nope FROM iot.s").await;
    let mut execution = fixture.session.sql("SELECT * FROM iot.s").await.unwrap();
    assert_eq!(execution.summary().state, QueryState::Running);
    assert!(fixture.session.cancel(execution.id()));
    assert!(matches!(execution.next().await, Err(Error::Cancelled)));
    let [cancelled, failed, done] = <[QuerySummary; 3]>::try_from(fixture.session.queries(3)).unwrap();
    assert_eq!(cancelled.state, QueryState::Cancelled);
    assert_eq!((failed.state, failed.error_code.as_deref()), (QueryState::Failed, Some("COLUMN_NOT_FOUND")));
    assert_eq!((done.state, done.rows, done.substatement_type.as_str()), (QueryState::Succeeded, 3, "SELECT"));
    assert!(done.bytes_scanned > 0 && done.total_ms > 0.0);
    assert_eq!((done.partitions, done.all_partitions, done.files), (2, 3, 2));
    assert!(fixture.session.query(&done.id).is_some() && !fixture.session.cancel("nope"));
}
