//! Queries over tables as crawlers and writers leave them.

use super::*;

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
    assert!(
        unknown.contains("COLUMN_NOT_FOUND: line 2:3") && unknown.contains('^') && unknown.contains("temp"),
        "{unknown}"
    );
    let syntax = fixture.error("SELECT temp FROM iot.s WHERE").await.to_string();
    assert!(syntax.contains("line 1") && syntax.contains('^'), "{syntax}");
    for (text, words) in [
        ("SELECT * FROM iot.nope", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.iot.nope' does not exist"),
        ("SELECT * FROM nope.s", "SCHEMA_NOT_FOUND: line 1:15"),
        ("SELECT *\nFROM s", "line 2:6"),
        ("SELECT *\nFROM s", "name its database: there is `iot.s`"),
    ] {
        let message = fixture.message(text).await;
        assert!(message.contains(words), "{message}");
    }
    assert!(fixture.error("").await.to_string().contains("empty"));
    assert!(fixture.error("SELECT 1; SELECT 2").await.to_string().contains("One statement"));
}

#[tokio::test(flavor = "multi_thread")]
async fn athena_orders_nulls_last() {
    let fixture = Fixture::new();
    assert_eq!(fixture.rows("SELECT x FROM (VALUES (1), (NULL), (2)) AS t(x) ORDER BY x DESC").await, ["2", "1", ""]);
    assert_eq!(fixture.rows("SELECT 1.10 AS d").await, ["1.10"], "decimal literals stay decimal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subquery_may_be_correlated_by_several_conditions() {
    let fixture = Fixture::new();
    fixture.run("CREATE TABLE iot.a WITH (format = 'JSON') AS SELECT * FROM (VALUES (1, 1, 9), (1, 2, 1), (2, 1, 9)) AS t(x, y, n)").await;
    fixture.run("CREATE TABLE iot.b WITH (format = 'JSON') AS SELECT * FROM (VALUES (1, 1, 2), (1, 1, 3), (1, 2, 7)) AS t(u, v, m)").await;
    let sum = "(SELECT 2 * sum(m) FROM iot.b WHERE u = x AND v = y AND m > 0)";
    assert_eq!(
        fixture.rows(&format!("SELECT x, y, {sum} FROM iot.a ORDER BY 1, 2")).await,
        ["1,1,10", "1,2,14", "2,1,"]
    );
    assert_eq!(fixture.rows(&format!("SELECT n FROM iot.a WHERE n + 2 > {sum}")).await, ["9"]);
    let within = format!("SELECT n FROM iot.a WHERE x IN (SELECT x FROM iot.a WHERE n + 2 > {sum}) ORDER BY n");
    assert_eq!(fixture.rows(&within).await, ["1", "9"]);
    let exists = "EXISTS (SELECT * FROM iot.b WHERE u = x AND v <> y AND m > 2)";
    assert_eq!(fixture.rows(&format!("SELECT x, y FROM iot.a WHERE {exists} ORDER BY 1, 2")).await, ["1,1", "1,2"]);
    assert_eq!(fixture.rows(&format!("SELECT x, y FROM iot.a WHERE NOT {exists}")).await, ["2,1"]);
    let refused =
        "SELECT x, y FROM iot.a WHERE EXISTS (SELECT * FROM iot.b WHERE u = x AND m / (v - y) > 0 AND v <> y)";
    assert!(fixture.message(refused).await.starts_with("DIVISION_BY_ZERO"), "conditions hold from left to right");
}

#[tokio::test(flavor = "multi_thread")]
async fn chance_is_drawn_for_each_row() {
    let fixture = Fixture::new();
    let numbers = "UNNEST(sequence(1, 100)) AS a(x)";
    let pairs = format!("(SELECT x, y FROM {numbers} CROSS JOIN UNNEST(sequence(1, 100)) AS b(y))");
    for sampled in [
        format!("{pairs} TABLESAMPLE BERNOULLI (50)"),
        format!("{pairs} WHERE rand() < 5e-1"),
        format!("{pairs} WHERE x > 0 AND random() < 5e-1 / x * x"),
        format!("{numbers} JOIN UNNEST(sequence(1, 100)) AS b(y) ON true WHERE rand() < 5e-1"),
    ] {
        let found = fixture.rows(&format!("SELECT count(*) FROM {sampled}")).await.remove(0);
        let count: u32 = found.parse().unwrap();
        // 10,000 rows: 4,000 and 6,000 are 20 standard deviations away.
        assert!((4_000..6_000).contains(&count), "{count} rows of {sampled}");
        let groups = fixture.rows(&format!("SELECT x, count(*) FROM {sampled} GROUP BY x HAVING count(*) < 100")).await;
        assert_eq!(groups.len(), 100, "each x keeps some of its rows: {sampled}");
    }
    assert_eq!(fixture.rows(&format!("SELECT count(*) FROM {pairs} TABLESAMPLE BERNOULLI (0)")).await, ["0"]);
    assert_eq!(fixture.rows(&format!("SELECT count(*) FROM {pairs} TABLESAMPLE BERNOULLI (100)")).await, ["10000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_of_compression_out_of_range_is_named() {
    let fixture = Fixture::new();
    let text = "CREATE TABLE iot.z WITH (write_compression = 'ZSTD', compression_level = 23) AS SELECT 1 AS a";
    let message = fixture.message(text).await;
    assert!(message.contains("`compression_level` is 23; 1 to 22"), "{message}");
}
