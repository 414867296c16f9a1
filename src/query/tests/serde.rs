//! Files through their SerDes.

use super::*;

async fn table(fixture: &Fixture, name: &str, rest: &str, files: &[(&str, &[u8])]) {
    for (file, bytes) in files {
        fixture.put(&format!("data/{name}/{file}"), bytes.to_vec()).await;
    }
    fixture
        .run(&format!("CREATE EXTERNAL TABLE iot.{name} {rest}").replace("@", &format!("LOCATION 'data/{name}/'")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lazy_simple_makes_null_of_what_does_not_fit() {
    let fixture = Fixture::new();
    let text = b"1|a|true|2019-08-21|2019-08-21 10:11:12.5|1.5\n\
        x||maybe|2019-02-30|soon|\n\
        \\N|\\N|FALSE\n\
        4|\"q\"|true|2019-08-21|2019-08-21 00:00:00|9.999|extra\n";
    let columns = "(i int, s string, b boolean, d date, t timestamp, n decimal(4,2)) ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' @";
    table(&fixture, "lazy", columns, &[("f", text)]).await;
    assert_eq!(
        fixture.rows("SELECT i, s, s IS NULL, b, d, n FROM iot.lazy").await,
        ["1,a,false,true,2019-08-21,1.50", ",,false,,,", ",,true,false,,", "4,\"q\",false,true,2019-08-21,10.00"]
    );
    assert_eq!(fixture.rows("SELECT count(t), count(*) FROM iot.lazy").await, ["2,4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lazy_simple_nests_with_a_separator_a_level() {
    let fixture = Fixture::new();
    let text = b"1\x01a\x02b\x01k\x031\x02l\x03x\x017\x02s\x03t\n2\x01\x01\x01\\N\n";
    let columns = "(i int, a array<string>, m map<string,int>, s struct<n:int,l:array<string>>) @";
    table(&fixture, "nested", columns, &[("f", text)]).await;
    let sql = "SELECT i, cardinality(a), a[1], m['k'], m['l'] IS NULL, s.n, s.l[2] FROM iot.nested WHERE i = 1";
    assert_eq!(fixture.rows(sql).await, ["1,2,a,1,true,7,t"]);
    assert_eq!(
        fixture.rows("SELECT cardinality(a), cardinality(m), s IS NULL FROM iot.nested WHERE i = 2").await,
        ["0,0,true"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn escapes_nulls_headers_and_footers_are_properties() {
    let fixture = Fixture::new();
    let text = b"head,er\na\\,b,1\nNULL,2\ntotal,2\n";
    let columns =
        "(s string, n int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\\\' NULL DEFINED AS 'NULL' @
        TBLPROPERTIES ('skip.header.line.count'='1', 'skip.footer.line.count'='1')";
    table(
        &fixture,
        "props",
        columns,
        &[("f.gz", &gzip(std::str::from_utf8(text).unwrap())), ("g", b"h\r\nx,3\r\nend\r\n")],
    )
    .await;
    assert_eq!(fixture.rows("SELECT n FROM iot.props ORDER BY 1").await, ["1", "2", "3"]);
    assert_eq!(fixture.rows("SELECT s FROM iot.props WHERE n <> 2 ORDER BY n").await, ["a,b", "x"]);
    assert_eq!(fixture.rows("SELECT s IS NULL FROM iot.props WHERE n = 2").await, ["true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn open_csv_is_strict_where_athena_is() {
    let fixture = Fixture::new();
    let serde = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' @";
    let text = b"1,\"a, \"\"b\"\"\",18000,1566390896000\n2,\"x\\\"y\",0,0\n3\n";
    table(&fixture, "csv", &format!("(i int, s string, d date, t timestamp) {serde}"), &[("f", text)]).await;
    assert_eq!(
        fixture.rows("SELECT i, s, d FROM iot.csv ORDER BY i").await,
        ["1,a, \"b\",2019-04-14", "2,x\"y,1970-01-01", "3,,"]
    );
    table(&fixture, "empty", &format!("(i int, s string) {serde}"), &[("f", b",\n")]).await;
    let message = fixture.message("SELECT i FROM iot.empty").await;
    assert!(message.starts_with("HIVE_BAD_DATA") && message.contains("row 1"), "{message}");
    assert_eq!(fixture.rows("SELECT s = '' FROM iot.empty").await, ["true"], "an empty string is not NULL");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_serdes_differ_in_what_they_forgive() {
    let fixture = Fixture::new();
    let columns = "(id int, a_b string, kind string, m map<string,int>, l array<int>)";
    let hive = format!("{columns} ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' @");
    let openx = |properties: &str| {
        format!("{columns} ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ({properties}) @")
    };
    let good = b"{\"ID\":1,\"a_b\":\"x\",\"m\":{\"k\":2},\"l\":[1,null],\"unknown\":{}}\n{\"id\":null}\n";
    table(&fixture, "hive", &hive, &[("f", good)]).await;
    assert_eq!(fixture.rows("SELECT id, a_b, m['k'], cardinality(l) FROM iot.hive WHERE id = 1").await, ["1,x,2,2"]);
    table(&fixture, "twice", &hive, &[("f", b"{\"id\":1,\"ID\":2}\n")]).await;
    assert!(fixture.message("SELECT * FROM iot.twice").await.contains("Duplicate key"));
    table(&fixture, "bad", &hive, &[("f", b"{\"id\":1}\nnot json\n")]).await;
    let message = fixture.message("SELECT * FROM iot.bad").await;
    assert!(
        message.starts_with("HIVE_CURSOR_ERROR") && message.contains("Row is not a valid JSON Object"),
        "{message}"
    );
    let lenient = openx("'ignore.malformed.json'='true', 'dots.in.keys'='true', 'mapping.kind'='type'");
    table(
        &fixture,
        "openx",
        &lenient,
        &[("f", b"{\"id\":\"7\",\"a.b\":5,\"type\":\"t\"}\nnot json\n{\"id\":\"x\"}\n")],
    )
    .await;
    assert_eq!(fixture.rows("SELECT id, a_b, kind FROM iot.openx").await, ["7,5,t", ",,", ",,"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn regex_and_grok_take_whole_lines() {
    let fixture = Fixture::new();
    let regex = "(who string, n int) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
        WITH SERDEPROPERTIES ('input.regex'='(\\\\w+) is (\\\\d+)') @";
    table(&fixture, "rx", regex, &[("f", b"ana is 30\nno match here\n")]).await;
    assert_eq!(fixture.rows("SELECT who, n FROM iot.rx").await, ["ana,30", ","]);
    let grok = "(n int, client string) ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe'
        WITH SERDEPROPERTIES ('input.format'='%{IP:client} %{NUMBER:n}') @";
    table(&fixture, "gk", grok, &[("f", b"10.0.0.1 5\n")]).await;
    assert_eq!(fixture.rows("SELECT n, client FROM iot.gk").await, ["5,10.0.0.1"]);
    let message = fixture.message("INSERT INTO iot.rx VALUES ('a', 1)").await;
    assert!(message.contains("RegexSerDe"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_columns_are_found_by_name_and_must_fit() {
    let fixture = Fixture::new();
    table(
        &fixture,
        "pq",
        "(NAME string, id bigint, missing int) STORED AS PARQUET @",
        &[("f", &parquet(&[1], &[Some("a")]))],
    )
    .await;
    assert_eq!(fixture.rows("SELECT name, id, missing FROM iot.pq").await, ["a,1,"]);
    table(&fixture, "unfit", "(id bigint, name int) STORED AS PARQUET @", &[("f", &parquet(&[1], &[Some("1")]))]).await;
    let message = fixture.message("SELECT name FROM iot.unfit").await;
    assert!(message.contains("HIVE_BAD_DATA") && message.contains("name"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_may_be_written_in_another_way() {
    let fixture = Fixture::new();
    table(
        &fixture,
        "mixed",
        "(a int, b string) PARTITIONED BY (k int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' @",
        &[("k=1/f", b"1,x\n"), ("k=2/f", b"2;y\n")],
    )
    .await;
    fixture.run("MSCK REPAIR TABLE iot.mixed").await;
    let mut partition = fixture.catalog.partition("iot", "mixed", &[Some("2".into())]).unwrap();
    let mut storage = fixture.catalog.table("iot", "mixed").unwrap().storage;
    storage.serde.parameters.insert("field.delim".into(), ";".into());
    storage.columns[0].data_type = HiveType::SmallInt;
    partition.storage = Some(storage);
    fixture
        .catalog
        .transaction("test", "", |tx| tx.put_partitions("iot", "mixed", &[partition.clone()]).map(drop))
        .unwrap();
    assert_eq!(fixture.rows("SELECT a, b, k FROM iot.mixed ORDER BY 1").await, ["1,x,1", "2,y,2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_of_lines_is_read_in_pieces_without_losing_any() {
    let fixture = Fixture::new();
    let mut text = String::from("header\n");
    let rows: i64 = 900_000;
    for row in 0..rows {
        text.push_str(&format!("{row},{:0width$}\n", 0, width = 30 + usize::try_from(row % 17).unwrap()));
    }
    let columns = "(n bigint, s string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' @ TBLPROPERTIES ('skip.header.line.count'='1')";
    table(&fixture, "large", columns, &[("f", text.as_bytes())]).await;
    assert!(text.len() > 2 * 16 * 1024 * 1024);
    let expected = format!("{rows},{},0,{}", rows * (rows - 1) / 2, rows - 1);
    assert_eq!(fixture.rows("SELECT count(*), sum(n), min(n), max(n) FROM iot.large").await, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_with_quoted_line_breaks_is_read_in_pieces_like_in_one() {
    let fixture = Fixture::new();
    let mut text = String::from("header\n");
    let rows: i64 = 700_000;
    for row in 0..rows {
        let cell = match row % 5 {
            0 => format!("\"{row}\n\"\"quoted\"\",\r\n{row}\""),
            1 => format!("\"with \\\" escape {row}\n\""),
            2 => "\"\"".to_owned(),
            _ => format!("plain text of row {row}, not quoted").replace(',', ";"),
        };
        text.push_str(&format!("\"{row}\",{cell},{:030}\n", row % 7));
    }
    assert!(text.len() > 2 * 16 * 1024 * 1024);
    let columns = "(n bigint, s string, k bigint) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' @ TBLPROPERTIES ('skip.header.line.count'='1')";
    table(&fixture, "quoted", columns, &[("f", text.as_bytes())]).await;
    let sum = "SELECT count(*), sum(n), count(distinct n), sum(k), count_if(s = ''), sum(length(s)) FROM iot.quoted";
    let keys: i64 = (0..rows).map(|row| row % 7).sum();
    let length = |row: i64| match row % 5 {
        0 => 2 * row.to_string().len() + "\n\"quoted\",\r\n".len(),
        1 => "with \" escape \n".len() + row.to_string().len(),
        2 => 0,
        _ => "plain text of row ; not quoted".len() + row.to_string().len(),
    };
    let lengths: usize = (0..rows).map(length).sum();
    let expected = format!("{rows},{},{rows},{keys},{},{lengths}", rows * (rows - 1) / 2, rows / 5);
    assert_eq!(fixture.rows(sum).await, [expected]);
    // A malformed row is told by its place in the file, whoever read it.
    let offset = text.len();
    text.push_str("x,y,z\n");
    table(&fixture, "broken", columns, &[("f", text.as_bytes())]).await;
    let message = fixture.message("SELECT sum(n) FROM iot.broken").await;
    assert!(message.contains(&format!("(row {}, byte {offset})", rows + 1)), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_that_cannot_be_read_is_registered_and_named_when_scanned() {
    let fixture = Fixture::new();
    table(&fixture, "ion", "(a int) STORED AS ION @", &[("f", b"{}")]).await;
    let message = fixture.message("SELECT * FROM iot.ion").await;
    assert!(message.contains("NOT_SUPPORTED") && message.contains("IonHiveSerDe"), "{message}");
}
