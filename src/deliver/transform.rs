//! The record transformation: a function by the contract of the service's transformation functions.
//!
//! Source: Firehose Developer Guide, "Transform source data": required parameters, failure handling.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::record::{Fault, SourcePlace};
use crate::time::Timestamp;

/// Bytes of the records of one call, before base64; the service's default.
const CALL_BYTES: usize = 1 << 20;
/// Calls before the records of a failing one are errors: the first, and three more.
const ATTEMPTS: u32 = 4;

/// A function that transforms records.
pub trait Transform: Send {
    /// Call it with an event; what it gives back.
    ///
    /// # Errors
    /// What it raised.
    fn invoke(&mut self, event: &Value) -> Result<Value, String>;
}

/// A record on its way to the function.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) data: &'a Bytes,
    pub(super) arrival: Timestamp,
    pub(super) place: Option<&'a SourcePlace>,
    pub(super) sub: Option<u64>,
}

/// What the function made of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Transformed {
    /// To be delivered, with keys of dynamic partitioning.
    Ok { data: Bytes, keys: Vec<(String, String)> },
    /// Left out on purpose.
    Dropped,
}

/// Transform records, with a result for each in their order.
pub(super) fn transform(
    function: &mut dyn Transform,
    (delivery, stream): (&str, Option<&str>),
    inputs: &[Input<'_>],
) -> Vec<Result<Transformed, Fault>> {
    let mut results = Vec::with_capacity(inputs.len());
    let mut from = 0;
    while from < inputs.len() {
        let call = first_call(inputs.get(from..).unwrap_or_default());
        let ids: Vec<String> = call.iter().enumerate().map(|(index, input)| id(input, from + index)).collect();
        let event = event(delivery, stream, call, &ids);
        results.extend(invoke(function, &event, &ids));
        from += call.len();
    }
    results
}

/// The records at the front that go into one call: at least one.
fn first_call<'a, 'b>(inputs: &'a [Input<'b>]) -> &'a [Input<'b>] {
    let mut bytes = 0;
    let fits = inputs.iter().take_while(|input| {
        bytes += input.data.len();
        bytes <= CALL_BYTES
    });
    let count = fits.count().max(1).min(inputs.len());
    inputs.get(..count).unwrap_or_default()
}

fn id(input: &Input<'_>, index: usize) -> String {
    match (input.place, input.sub) {
        (Some(place), Some(sub)) => format!("{}:{}:{sub}", place.shard_id, place.sequence_number),
        (Some(place), None) => format!("{}:{}", place.shard_id, place.sequence_number),
        (None, _) => format!("{index}"),
    }
}

fn event(delivery: &str, stream: Option<&str>, inputs: &[Input<'_>], ids: &[String]) -> Value {
    let record = |(input, id): (&Input<'_>, &String)| {
        let mut record = json!({
            "recordId": id,
            "approximateArrivalTimestamp": input.arrival.millis(),
            "data": STANDARD.encode(input.data),
        });
        if let (Some(place), Some(record)) = (input.place, record.as_object_mut()) {
            let metadata = json!({
                "sequenceNumber": place.sequence_number,
                "subsequenceNumber": input.sub.or(place.sub_sequence_number).unwrap_or(0),
                "partitionKey": place.partition_key,
                "shardId": place.shard_id,
                "approximateArrivalTimestamp": input.arrival.millis(),
            });
            record.insert("kinesisRecordMetadata".to_owned(), metadata);
        }
        record
    };
    let mut event = Map::new();
    event.insert("invocationId".to_owned(), Uuid::new_v4().to_string().into());
    let arn = format!("arn:aws:firehose:local:000000000000:deliverystream/{delivery}");
    event.insert("deliveryStreamArn".to_owned(), arn.into());
    if let Some(stream) = stream {
        let arn = format!("arn:aws:kinesis:local:000000000000:stream/{stream}");
        event.insert("sourceKinesisStreamArn".to_owned(), arn.into());
    }
    event.insert("region".to_owned(), "local".into());
    event.insert("records".to_owned(), inputs.iter().zip(ids).map(record).collect());
    Value::Object(event)
}

/// Call until it works; a function that keeps failing fails all its records.
fn invoke(function: &mut dyn Transform, event: &Value, ids: &[String]) -> Vec<Result<Transformed, Fault>> {
    let mut last = Fault::new("Lambda.FunctionError", "");
    for attempt in 1..=ATTEMPTS {
        let reply = function.invoke(event).map_err(|message| Fault::new("Lambda.FunctionError", message));
        let read = reply.and_then(|reply| read(&reply, ids));
        match read {
            Ok(results) => return results,
            Err(fault) => last = Fault { attempts: attempt, ..fault },
        }
    }
    ids.iter().map(|_| Err(last.clone())).collect()
}

/// The results by their ids. A reply that is none at all fails the call; a record that is not in order fails alone.
fn read(reply: &Value, ids: &[String]) -> Result<Vec<Result<Transformed, Fault>>, Fault> {
    let Some(Value::Array(records)) = reply.get("records") else {
        return Err(Fault::new("Lambda.JsonProcessingException", "the function must return `{\"records\": […]}`"));
    };
    let mut by_id: HashMap<&str, &Value> = HashMap::with_capacity(records.len());
    let mut repeated = HashSet::new();
    for record in records {
        let Some(id) = record.get("recordId").and_then(Value::as_str) else {
            return Err(Fault::new("Lambda.MissingRecordId", "a record of the reply has no `recordId`"));
        };
        if by_id.insert(id, record).is_some() {
            repeated.insert(id);
        }
    }
    if let Some(unknown) = by_id.keys().find(|id| !ids.iter().any(|known| known == *id)) {
        tracing::warn!(record = unknown, "the reply of a transformation has a record that it did not get");
    }
    let result = |id: &String| match by_id.get(id.as_str()) {
        None => Err(Fault::new("Lambda.MissingRecordId", "the reply of the function lacks the record")),
        Some(_) if repeated.contains(id.as_str()) => {
            Err(Fault::new("Lambda.DuplicatedRecordId", "the reply of the function has the record more than once"))
        }
        Some(record) => read_record(record),
    };
    Ok(ids.iter().map(result).collect())
}

fn read_record(record: &Value) -> Result<Transformed, Fault> {
    match record.get("result").and_then(Value::as_str) {
        Some("Dropped") => Ok(Transformed::Dropped),
        Some("ProcessingFailed") => Err(Fault::new(
            "Lambda.ProcessingFailedStatus",
            "the function gave the record the result `ProcessingFailed`",
        )),
        Some("Ok") => {
            let data = record.get("data").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
            let data = data.ok_or_else(|| Fault::new("Lambda.InvalidData", "`data` of the record is not base64"))?;
            let keys = record.pointer("/metadata/partitionKeys").and_then(Value::as_object);
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let keys = keys.into_iter().flatten().filter(|(_, value)| !value.is_null());
            Ok(Transformed::Ok {
                data: data.into(),
                keys: keys.map(|(key, value)| (key.clone(), text(value))).collect(),
            })
        }
        other => {
            let other = other.map_or_else(|| "missing".to_owned(), |other| format!("`{other}`"));
            let rule = "not one of `Ok`, `Dropped`, `ProcessingFailed`";
            Err(Fault::new("Lambda.InvalidResult", format!("`result` of the record is {other}, {rule}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Function<F>(F, u32);

    impl<F: FnMut(&Value) -> Result<Value, String> + Send> Transform for Function<F> {
        fn invoke(&mut self, event: &Value) -> Result<Value, String> {
            self.1 += 1;
            (self.0)(event)
        }
    }

    fn run(
        count: usize,
        size: usize,
        function: impl FnMut(&Value) -> Result<Value, String> + Send,
    ) -> (Vec<Result<Transformed, Fault>>, u32) {
        let data: Vec<Bytes> = (0..count).map(|n| format!("{n}{}", "x".repeat(size)).into()).collect();
        let input = |data| Input { data, arrival: Timestamp(7), place: None, sub: None };
        let inputs: Vec<Input<'_>> = data.iter().map(input).collect();
        let mut function = Function(function, 0);
        (transform(&mut function, ("d", Some("s")), &inputs), function.1)
    }

    fn each(event: &Value, result: impl Fn(&Value) -> Value) -> Result<Value, String> {
        Ok(json!({"records": event["records"].as_array().unwrap().iter().map(result).collect::<Vec<_>>()}))
    }

    #[test]
    fn records_are_matched_by_their_ids() {
        let (results, calls) = run(3, 0, |event| {
            assert!(event["deliveryStreamArn"].as_str().unwrap().ends_with("/d"));
            assert!(event["sourceKinesisStreamArn"].as_str().unwrap().ends_with("/s"));
            let mut reply = each(event, |record| {
                let keys = json!({"partitionKeys": {"k": 1, "l": "x", "m": null}});
                json!({"recordId": record["recordId"], "result": "Ok", "data": record["data"], "metadata": keys})
            })?;
            reply["records"].as_array_mut().unwrap().reverse();
            reply["records"][1] = json!({"recordId": reply["records"][1]["recordId"], "result": "Dropped"});
            Ok(reply)
        });
        let keys = vec![("k".to_owned(), "1".to_owned()), ("l".to_owned(), "x".to_owned())];
        assert_eq!(results[0], Ok(Transformed::Ok { data: "0".into(), keys }));
        assert_eq!((&results[1], calls), (&Ok(Transformed::Dropped), 1));
    }

    #[test]
    fn a_record_that_is_not_in_order_fails_alone() {
        let (results, _) = run(6, 0, |event| {
            let ids: Vec<&Value> =
                event["records"].as_array().unwrap().iter().map(|record| &record["recordId"]).collect();
            Ok(json!({"records": [
                {"recordId": ids[0], "result": "Ok", "data": "AA=="},
                {"recordId": ids[1], "result": "Ok", "data": "*"},
                {"recordId": ids[2], "result": "Fine", "data": ""},
                {"recordId": ids[3], "result": "ProcessingFailed", "data": ""},
                {"recordId": ids[4], "result": "Ok", "data": ""},
                {"recordId": ids[4], "result": "Ok", "data": ""},
                {"recordId": "never seen", "result": "Ok", "data": ""},
            ]}))
        });
        let codes: Vec<&str> =
            results.iter().map(|result| result.as_ref().map_or_else(|fault| fault.code, |_| "")).collect();
        assert_eq!(
            codes,
            [
                "",
                "Lambda.InvalidData",
                "Lambda.InvalidResult",
                "Lambda.ProcessingFailedStatus",
                "Lambda.DuplicatedRecordId",
                "Lambda.MissingRecordId"
            ]
        );
    }

    #[test]
    fn a_failing_function_is_called_three_times_more() {
        let (results, calls) = run(2, 0, |_| Err("ValueError: no".into()));
        let fault = results[1].as_ref().unwrap_err();
        assert_eq!((calls, fault.attempts, fault.code), (4, 4, "Lambda.FunctionError"));
        assert!(fault.message.contains("ValueError"));
        let mut left = 2;
        let (results, calls) = run(1, 0, |event| {
            left -= 1;
            if left > 0 {
                Ok(json!("nonsense"))
            } else {
                each(event, |r| json!({"recordId": r["recordId"], "result": "Dropped"}))
            }
        });
        assert_eq!((results, calls), (vec![Ok(Transformed::Dropped)], 2));
    }

    #[test]
    fn calls_get_a_megabyte_at_most() {
        let mut sizes = Vec::new();
        let (results, calls) = run(5, 500_000, |event| {
            sizes.push(event["records"].as_array().unwrap().len());
            each(event, |record| json!({"recordId": record["recordId"], "result": "Dropped"}))
        });
        assert_eq!((results.len(), calls, sizes), (5, 3, vec![2, 2, 1]));
    }
}
