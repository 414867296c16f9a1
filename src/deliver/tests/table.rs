//! Registering in the catalog.

use super::*;

#[test]
fn files_and_partitions_are_registered_in_one_change() {
    let lake = Lake::new();
    let mut delivery = lake.delivery(&DeliveryConfig { table: Some("iot.anomaly".into()), ..config() });
    delivery.write(&rows(0..2, 1)).unwrap();
    let mut later = rows(2..4, 1);
    later.rowtime = TimestampMillisecondArray::from(vec![START + 3_600_000; 2]);
    delivery.write(&later).unwrap();
    finish(&mut delivery);
    let catalog = Catalog::open(&lake.storage()).unwrap();
    let table = catalog.table("iot", "anomaly").unwrap();
    assert_eq!(
        table.partition_keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(),
        ["year", "month", "day", "hour"]
    );
    let columns: Vec<_> = table.storage.columns.iter().map(|c| format!("{} {}", c.name, c.data_type)).collect();
    assert_eq!(columns, ["n bigint", "text string"]);
    assert!(table.storage.location.ends_with("/data/anomaly/"), "{}", table.storage.location);
    let partitions = catalog.partitions("iot", "anomaly").unwrap();
    let hours: Vec<_> = partitions.iter().map(|p| p.values.last().unwrap().clone().unwrap()).collect();
    assert_eq!(hours, ["10", "11"]);
    assert!(
        partitions[0].location.ends_with("/data/anomaly/year=2018/month=08/day=27/hour=10/"),
        "{}",
        partitions[0].location
    );
    let files = catalog.files("iot", "anomaly", None).unwrap();
    assert_eq!(files.iter().map(|file| file.rows).collect::<Vec<_>>(), [Some(2), Some(2)]);
    assert_eq!(catalog.changes(10).unwrap().len(), 1);
}

#[test]
fn a_prefix_without_partitions_makes_a_table_without_them() {
    let lake = Lake::new();
    let table = Some("iot.plain".into());
    let mut delivery = lake.delivery(&DeliveryConfig { prefix: "data/plain/".into(), table, ..config() });
    delivery.write(&rows(0..2, 1)).unwrap();
    finish(&mut delivery);
    let catalog = Catalog::open(&lake.storage()).unwrap();
    let table = catalog.table("iot", "plain").unwrap();
    assert!(table.partition_keys.is_empty() && table.storage.location.ends_with("/data/plain/"));
    assert_eq!(catalog.files("iot", "plain", None).unwrap().len(), 1);
}
