//! What a configuration may say.

use super::*;

#[test]
fn options_outside_their_range_are_refused_by_name() {
    let lake = Lake::new();
    let base = config;
    for (option, config) in [
        ("name", DeliveryConfig { name: "a/b".into(), ..base() }),
        ("name", DeliveryConfig { name: "..".into(), ..base() }),
        ("buffer_mib", DeliveryConfig { buffer_mib: 0, ..base() }),
        ("buffer_mib", DeliveryConfig { buffer_mib: 129, ..base() }),
        ("buffer_seconds", DeliveryConfig { buffer_seconds: 901, ..base() }),
        ("custom_time_zone", DeliveryConfig { custom_time_zone: Some("Mars/Base".into()), ..base() }),
        ("file_extension", DeliveryConfig { file_extension: Some("JSON".into()), ..base() }),
        ("compression", DeliveryConfig { format: Format::Parquet, compression: Compression::Gzip, ..base() }),
        ("version", DeliveryConfig { version: 0, ..base() }),
        ("table", DeliveryConfig { table: Some("anomaly".into()), ..base() }),
        ("table", DeliveryConfig { table: Some("iot.x".into()), prefix: "!{timestamp:yyyy}/".into(), ..base() }),
    ] {
        match lake.try_delivery(&config) {
            Err(Error::InvalidOption { option: found, .. }) => assert_eq!(found, option),
            other => panic!("{option}: {other:?}"),
        }
    }
    for prefix in ["../!{timestamp:yyyy}/", "/data/", "a//b/", ".bayou/../x/"] {
        let config = DeliveryConfig { prefix: prefix.into(), ..config() };
        assert!(matches!(lake.try_delivery(&config), Err(Error::Key { .. })), "{prefix}");
    }
}

#[test]
fn week_based_years_are_warned_about() {
    let lake = Lake::new();
    let prefix = "data/year=!{timestamp:YYYY}/month=!{timestamp:MM}/".to_owned();
    let delivery = lake.delivery(&DeliveryConfig { prefix, ..config() });
    assert!(delivery.warnings()[0].contains("2018-12-30 to 2018-12-31"), "{:?}", delivery.warnings());
    assert!(lake.delivery(&config()).warnings().is_empty());
}
