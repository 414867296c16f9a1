//! Records of a stream: each in one object, through all steps, whenever the process dies.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::stream::{RecordBlock, StartPosition, Stream, StreamOptions, StreamStore};

const BY_CUSTOMER: &str = "data/c=!{partitionKeyFromQuery:c}/!{timestamp:yyyy}/";

fn stream(lake: &Lake, records: &[&str]) -> Stream {
    let clock = Arc::new(ManualClock::new(Timestamp(START)));
    let store = StreamStore::new(lake.dir.path().join(".bayou/streams"), clock);
    let stream = store.create("sensors", &StreamOptions { shards: 2, ..StreamOptions::default() }).unwrap();
    let mut block = RecordBlock::new();
    records.iter().enumerate().for_each(|(n, record)| block.push(record.as_bytes(), &n.to_string()).unwrap());
    stream.put_block(&block).unwrap();
    stream
}

fn pump(lake: &Lake, config: &DeliveryConfig, steps: Steps, stream: &Stream) -> Pump {
    let delivery = lake.delivery(config).with_steps(steps).unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(START + 5_000)));
    Pump::open(delivery, stream.clone(), StartPosition::TrimHorizon, clock).unwrap()
}

fn drain(pump: &mut Pump) {
    while pump.step().unwrap() > 0 {}
    pump.flush().unwrap();
}

/// The lines of all objects below each folder, sorted.
fn lines(lake: &Lake) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, bytes) in lake.files() {
        let folder = path.rsplit_once('/').unwrap().0.to_owned();
        let text = String::from_utf8(bytes).unwrap();
        found.entry(folder).or_default().extend(text.lines().map(str::to_owned));
    }
    found.values_mut().for_each(|lines| lines.sort_unstable());
    found
}

fn by_customer() -> DeliveryConfig {
    let query = Some("{c: .c}".to_owned());
    DeliveryConfig {
        prefix: BY_CUSTOMER.into(),
        delimiter: b"\n".to_vec(),
        partitioning: Some(Partitioning { query, ..Partitioning::default() }),
        ..config()
    }
}

#[test]
fn records_go_as_they_are_without_anything_between() {
    let lake = Lake::new();
    let stream = stream(&lake, &["a", "b\n", "c"]);
    drain(&mut pump(&lake, &config(), Steps::default(), &stream));
    let content: Vec<u8> = lake.files().into_values().flatten().collect();
    let mut sorted = content.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, b"\nabc");
    // Nothing is left to do, and nothing is done twice.
    drain(&mut pump(&lake, &config(), Steps::default(), &stream));
    assert_eq!(lake.files().into_values().flatten().count(), content.len());
}

#[test]
fn each_partition_has_its_object_and_a_record_without_keys_is_an_error() {
    let lake = Lake::new();
    let stream = stream(&lake, &[r#"{"c":1,"n":1}"#, r#"{"c":2,"n":2}"#, r#"{"c":1,"n":3}"#, r#"{"n":4}"#, "no json"]);
    drain(&mut pump(&lake, &by_customer(), Steps::default(), &stream));
    let found = lines(&lake);
    assert_eq!(found["data/c=1/2018"], [r#"{"c":1,"n":1}"#, r#"{"c":1,"n":3}"#]);
    assert_eq!(found["data/c=2/2018"], [r#"{"c":2,"n":2}"#]);
    let errors: Vec<Value> =
        found["data/errors/processing-failed"].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(errors.len(), 2, "{found:?}");
    assert!(errors.iter().all(|error| error["errorCode"] == "DynamicPartitioning.MetadataExtractionFailed"));
}

#[test]
fn partitions_beyond_the_limit_are_finished_early_or_are_errors() {
    for (is_strict, objects, failed) in [(false, 3, 0), (true, 2, 1)] {
        let lake = Lake::new();
        let stream = stream(&lake, &[r#"{"c":1}"#, r#"{"c":2}"#, r#"{"c":3}"#]);
        let partitioning = Partitioning { most_active: 2, is_strict, ..by_customer().partitioning.unwrap() };
        let config = DeliveryConfig { partitioning: Some(partitioning), ..by_customer() };
        drain(&mut pump(&lake, &config, Steps::default(), &stream));
        let found = lines(&lake);
        let error = |path: &&String| path.contains("activePartitionExceeded");
        assert_eq!(found.keys().filter(error).count(), failed, "{found:?}");
        assert_eq!(found.len() - failed, objects, "{found:?}");
    }
}

struct Upper;

impl Transform for Upper {
    fn invoke(&mut self, event: &Value) -> Result<Value, String> {
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD;
        let records = event["records"].as_array().unwrap().iter().map(|record| {
            assert!(record["kinesisRecordMetadata"]["shardId"].as_str().unwrap().starts_with("shardId-"));
            let text = String::from_utf8(base64.decode(record["data"].as_str().unwrap()).unwrap()).unwrap();
            let result = if text == "drop" { "Dropped" } else { "Ok" };
            let keys = json!({"partitionKeys": {"first": text.chars().next().unwrap().to_string()}});
            let data = base64.encode(text.to_uppercase());
            json!({"recordId": record["recordId"], "result": result, "data": data, "metadata": keys})
        });
        Ok(json!({"records": records.collect::<Vec<_>>()}))
    }
}

#[test]
fn records_are_taken_apart_then_transformed_then_partitioned() {
    let lake = Lake::new();
    let stream = stream(&lake, &["ab|drop|b", "ac"]);
    let config = DeliveryConfig {
        prefix: "data/!{partitionKeyFromLambda:first}/!{timestamp:yyyy}/".into(),
        delimiter: b"\n".to_vec(),
        split: Some(Split::Delimiter(b"|".to_vec())),
        partitioning: Some(Partitioning::default()),
        ..super::config()
    };
    let steps = Steps { transform: Some(Box::new(Upper)), stream: Some("sensors".into()) };
    drain(&mut pump(&lake, &config, steps, &stream));
    let found = lines(&lake);
    assert_eq!(found["data/a/2018"], ["AB", "AC"]);
    assert_eq!(found["data/b/2018"], ["B"]);
    assert_eq!(found.len(), 2);
}

#[test]
fn a_pump_that_dies_anywhere_delivers_each_record_once() {
    let records: Vec<String> =
        (0..400).map(|n| format!(r#"{{"c":{},"n":{n},"x":"{}"}}"#, n % 3, "y".repeat(9_000))).collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    for steps in 0..6 {
        let lake = Lake::new();
        let stream = stream(&lake, &[]);
        let put = |some: &[&str]| {
            let mut block = RecordBlock::new();
            some.iter().enumerate().for_each(|(n, record)| block.push(record.as_bytes(), &n.to_string()).unwrap());
            stream.put_block(&block).unwrap();
        };
        records.chunks(100).for_each(put);
        let config = DeliveryConfig { buffer_mib: 1, ..by_customer() };
        let mut first = pump(&lake, &config, Steps::default(), &stream);
        (0..steps).for_each(|_| assert!(first.step().unwrap() > 0));
        drop(first); // what is in memory is lost, as when the process is killed
        drain(&mut pump(&lake, &config, Steps::default(), &stream));
        let mut numbers: Vec<i64> = lake.delivered();
        numbers.sort_unstable();
        assert_eq!(numbers, Vec::from_iter(0..400), "{steps} steps");
    }
}

#[test]
fn a_damaged_checkpoint_and_one_of_another_stream_are_told() {
    let lake = Lake::new();
    let stream = stream(&lake, &["a"]);
    drain(&mut pump(&lake, &config(), Steps::default(), &stream));
    let path = lake.dir.path().join(".bayou/deliveries/anomalies/checkpoint");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(START)));
    let opened = Pump::open(lake.delivery(&config()), stream, StartPosition::TrimHorizon, clock);
    assert!(opened.unwrap_err().to_string().contains("checksum"));
}

#[test]
fn parquet_is_refused_for_records() {
    let lake = Lake::new();
    let delivery = lake.delivery(&DeliveryConfig { format: Format::Parquet, ..config() });
    assert!(delivery.with_steps(Steps::default()).unwrap_err().to_string().contains("as they are"));
}
