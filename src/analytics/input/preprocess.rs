//! Pre-processing: a function that gets records before they are decoded, by the contract of the service's functions.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Lambda Preprocessing Data Input and Output".

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A record on its way to the function.
#[derive(Clone, Debug)]
pub struct RawRecord<'a> {
    /// Its bytes.
    pub data: &'a [u8],
    /// The key that it was put with.
    pub partition_key: &'a str,
    /// The shard it came from.
    pub shard_id: String,
    /// Its number in the shard.
    pub sequence_number: String,
    /// When it arrived, in milliseconds.
    pub arrival: i64,
}

/// What the function made of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessedRecord {
    /// To be decoded.
    Ok(Vec<u8>),
    /// Left out on purpose.
    Dropped,
    /// To the error stream.
    Failed(Vec<u8>),
}

/// Something that pre-processes records.
pub trait Preprocess: std::fmt::Debug + Send + Sync {
    /// Pre-process records; one result for each, in their order.
    ///
    /// # Errors
    /// Why the function failed, or how it broke the contract.
    fn process(&self, records: &[RawRecord<'_>]) -> Result<Vec<ProcessedRecord>, String>;
}

/// The document that the function gets.
#[must_use]
pub fn write_request(application: &str, stream: &str, records: &[RawRecord<'_>]) -> Value {
    let invocation = records.first().map(record_id);
    let records: Vec<Value> = records
        .iter()
        .map(|record| {
            json!({
                "recordId": record_id(record),
                "data": STANDARD.encode(record.data),
                "kinesisStreamRecordMetadata": {
                    "shardId": record.shard_id,
                    "partitionKey": record.partition_key,
                    "sequenceNumber": record.sequence_number,
                    "approximateArrivalTimestamp": record.arrival,
                },
            })
        })
        .collect();
    json!({
        "invocationId": invocation,
        "applicationArn": format!("arn:aws:kinesisanalytics:local:000000000000:application/{application}"),
        "streamArn": format!("arn:aws:kinesis:local:000000000000:stream/{stream}"),
        "records": records,
    })
}

/// The same for a record whenever it is processed.
fn record_id(record: &RawRecord<'_>) -> String {
    format!("{}:{}", record.shard_id, record.sequence_number)
}

/// Read what the function gave for `records`.
///
/// # Errors
/// How it breaks the contract: every record must come back once, by its id.
pub fn read_response(response: &Value, records: &[RawRecord<'_>]) -> Result<Vec<ProcessedRecord>, String> {
    let Some(Value::Array(results)) = response.get("records") else {
        return Err("the function must return `{\"records\": […]}`".into());
    };
    let mut by_id: HashMap<&str, &Value> = HashMap::with_capacity(results.len());
    for result in results {
        let id = result.get("recordId").and_then(Value::as_str).ok_or("a record of the result has no `recordId`")?;
        if by_id.insert(id, result).is_some() {
            return Err(format!("the result has the record `{id}` twice"));
        }
    }
    let mut processed = Vec::with_capacity(records.len());
    for record in records {
        let id = record_id(record);
        let result = by_id.remove(id.as_str()).ok_or_else(|| format!("the result lacks the record `{id}`"))?;
        processed.push(read_record(&id, result, record)?);
    }
    match by_id.keys().next() {
        None => Ok(processed),
        Some(id) => Err(format!("the result has the record `{id}`, which the function did not get")),
    }
}

fn read_record(id: &str, result: &Value, record: &RawRecord<'_>) -> Result<ProcessedRecord, String> {
    let data = || match result.get("data").and_then(Value::as_str) {
        Some(text) => STANDARD.decode(text).map_err(|_| format!("`data` of the record `{id}` is not base64")),
        None => Err(format!("the record `{id}` has no `data`")),
    };
    match result.get("result").and_then(Value::as_str) {
        Some("Ok") => data().map(ProcessedRecord::Ok),
        Some("Dropped") => Ok(ProcessedRecord::Dropped),
        Some("ProcessingFailed") => Ok(ProcessedRecord::Failed(data().unwrap_or_else(|_| record.data.to_vec()))),
        other => Err(format!(
            "`result` of the record `{id}` is {}, not one of Ok, Dropped, ProcessingFailed",
            other.map_or("missing".to_owned(), |other| format!("`{other}`"))
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<RawRecord<'static>> {
        let record = |data: &'static [u8], number: &str| RawRecord {
            data,
            partition_key: "p",
            shard_id: "shardId-0".into(),
            sequence_number: number.into(),
            arrival: 5,
        };
        vec![record(b"one", "1"), record(b"two", "2"), record(b"three", "3")]
    }

    #[test]
    fn the_request_follows_the_contract() {
        let request = write_request("app", "sensors", &records());
        assert_eq!(request["records"][0]["data"], "b25l");
        assert_eq!(request["records"][1]["kinesisStreamRecordMetadata"]["sequenceNumber"], "2");
        assert_eq!(request["invocationId"], "shardId-0:1");
        assert!(request["streamArn"].as_str().unwrap().ends_with(":stream/sensors"));
    }

    #[test]
    fn results_are_told_apart_and_matched_by_id() {
        let response = json!({"records": [
            {"recordId": "shardId-0:3", "result": "ProcessingFailed", "data": "eA=="},
            {"recordId": "shardId-0:1", "result": "Ok", "data": "MQ=="},
            {"recordId": "shardId-0:2", "result": "Dropped"},
        ]});
        assert_eq!(
            read_response(&response, &records()).unwrap(),
            [ProcessedRecord::Ok(b"1".to_vec()), ProcessedRecord::Dropped, ProcessedRecord::Failed(b"x".to_vec())]
        );
    }

    #[test]
    fn a_broken_contract_is_told() {
        let ok = |id: &str| json!({"recordId": id, "result": "Ok", "data": ""});
        for (response, word) in [
            (json!(null), "records"),
            (json!({"records": [ok("shardId-0:1")]}), "lacks"),
            (json!({"records": [ok("shardId-0:1"), ok("shardId-0:1")]}), "twice"),
            (json!({"records": [{"recordId": "shardId-0:1", "result": "Fine", "data": ""}]}), "Fine"),
            (json!({"records": [{"recordId": "shardId-0:1", "result": "Ok", "data": "*"}]}), "base64"),
            (json!({"records": [ok("shardId-0:1"), ok("shardId-0:2"), ok("shardId-0:3"), ok("x")]}), "did not get"),
        ] {
            let message = read_response(&response, &records()).unwrap_err();
            assert!(message.contains(word), "{message}");
        }
    }
}
