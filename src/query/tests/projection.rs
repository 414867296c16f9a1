//! Partition projection in queries.

use super::*;

async fn projected(properties: &str) -> Fixture {
    let fixture = Fixture::new();
    for day in ["2019-08-20", "2019-08-21", "2019-08-22"] {
        fixture.put(&format!("data/p/dt={day}/f"), format!("{day}\n")).await;
    }
    fixture
        .run(&format!(
            "CREATE EXTERNAL TABLE iot.p (v string) PARTITIONED BY (dt string) LOCATION 'data/p/'
             TBLPROPERTIES ('projection.enabled'='true', {properties})"
        ))
        .await;
    fixture
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_projected_without_registration() {
    let fixture = projected(
        "'projection.dt.type'='date', 'projection.dt.range'='2019-08-21,2019-08-30', 'projection.dt.format'='yyyy-MM-dd'",
    )
    .await;
    assert_eq!(
        fixture.rows("SELECT v, dt FROM iot.p ORDER BY 1").await,
        ["2019-08-21,2019-08-21", "2019-08-22,2019-08-22"]
    );
    assert_eq!(fixture.rows("SELECT v FROM iot.p WHERE dt = '2019-08-22'").await, ["2019-08-22"]);
    assert!(fixture.rows("SELECT v FROM iot.p WHERE dt = '2019-08-20'").await.is_empty(), "outside of the range");
    assert!(fixture.lines("SHOW PARTITIONS iot.p").await.is_empty());
    fixture.run("ALTER TABLE iot.p ADD PARTITION (dt='2019-08-20')").await;
    assert_eq!(fixture.rows("SELECT count(*) FROM iot.p").await, ["2"], "registered partitions are ignored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_configuration_is_named() {
    let fixture = projected("'x'='y'").await;
    let message = fixture.message("SELECT * FROM iot.p").await;
    assert!(message.starts_with("HIVE_METASTORE_ERROR") && message.contains("`dt`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn injected_keys_and_templates_work_together() {
    let fixture =
        projected("'projection.dt.type'='injected', 'storage.location.template'='s3://b/data/p/dt=${dt}'").await;
    assert_eq!(fixture.rows("SELECT v FROM iot.p WHERE dt IN ('2019-08-20', '2019-08-21') ORDER BY 1").await.len(), 2);
    let message = fixture.message("SELECT v FROM iot.p WHERE dt > '2019'").await;
    assert!(message.contains("CONSTRAINT_VIOLATION"), "{message}");
}
