use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::deliver::{RetryPolicy, Sink};
use crate::stream::{StartPosition, StreamOptions, StreamStore};
use crate::time::{SystemClock, Timestamp};

fn rows(values: &[i32]) -> OutputRows {
    let texts: StringArray = values.iter().map(|value| (*value % 2 == 0).then(|| format!("a,{value}"))).collect();
    let columns: [(&str, ArrayRef); 2] = [("n", Arc::new(Int32Array::from(values.to_vec()))), ("t", Arc::new(texts))];
    OutputRows { batch: RecordBatch::try_from_iter(columns).unwrap(), rowtime: vec![0i64; values.len()].into() }
}

/// What a function answers to a request.
type Answer = Box<dyn Fn(&Value) -> std::result::Result<Value, String> + Send>;

/// Gives prepared answers, one an invocation, and then `Ok` for everything; remembers what it got.
struct Scripted {
    answers: VecDeque<Answer>,
    got: Arc<Mutex<Vec<Value>>>,
}

impl Invoke for Scripted {
    fn invoke(&mut self, request: &Value) -> std::result::Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        self.got.lock().unwrap().push(request.clone());
        match self.answers.pop_front() {
            Some(answer) => answer(request).map_err(Into::into),
            None => Ok(all(request, "Ok")),
        }
    }
}

fn all(request: &Value, result: &str) -> Value {
    let records = request["records"].as_array().unwrap().iter();
    json!({"records": records.map(|record| json!({"recordId": record["recordId"], "result": result})).collect::<Vec<_>>()})
}

fn sink(answers: Vec<Answer>) -> (FunctionSink, Arc<Mutex<Vec<Value>>>) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let function = Scripted { answers: answers.into(), got: Arc::clone(&got) };
    let retry = RetryPolicy { attempts: 3, first_pause: Duration::ZERO, longest_pause: Duration::ZERO };
    (FunctionSink::new("app", "S", "alarm", Box::new(function), Format::Json).with_retry(retry), got)
}

fn data(record: &Value) -> String {
    String::from_utf8(STANDARD.decode(record["data"].as_str().unwrap()).unwrap()).unwrap()
}

#[test]
fn records_that_were_not_delivered_are_sent_again_with_their_ids() {
    let only_first_fails = |request: &Value| {
        let mut response = all(request, "Ok");
        response["records"][0]["result"] = json!("DeliveryFailed");
        Ok(response)
    };
    let (mut sink, got) = sink(vec![Box::new(only_first_fails), Box::new(|_| Err("down".to_owned()))]);
    sink.write(&rows(&[1, 2])).unwrap();
    sink.write(&rows(&[3])).unwrap();
    let got = got.lock().unwrap();
    let ids: Vec<Vec<&str>> = got
        .iter()
        .map(|request| request["records"].as_array().unwrap().iter().map(|r| r["recordId"].as_str().unwrap()).collect())
        .collect();
    assert_eq!(ids, [vec!["app/S/0", "app/S/1"], vec!["app/S/0"], vec!["app/S/0"], vec!["app/S/2"]]);
    assert_eq!(got[2]["records"][0]["lambdaDeliveryRecordMetadata"]["retryHint"], 2);
    assert_eq!(data(&got[0]["records"][1]), r#"{"n":2,"t":"a,2"}"#);
    assert_eq!(sink.metrics().failures, 2);
    assert_eq!(sink.metrics().records, 3);
}

#[test]
fn a_function_that_never_delivers_stops_the_application() {
    let fail = || -> Answer { Box::new(|request| Ok(all(request, "DeliveryFailed"))) };
    let (mut failing, _) = sink(vec![fail(), fail(), fail()]);
    let message = failing.write(&rows(&[1])).unwrap_err().to_string();
    assert!(message.contains("alarm"), "{message}");
    let (mut lacking, _) = sink((0..3).map(|_| -> Answer { Box::new(|_| Ok(json!({"records": []}))) }).collect());
    assert!(lacking.write(&rows(&[1])).is_err());
}

#[test]
fn numbers_of_rows_go_on_behind_a_checkpoint() {
    let (mut first, _) = sink(vec![]);
    first.write(&rows(&[1, 2, 3])).unwrap();
    let snapshot = first.snapshot().unwrap();
    let (mut second, got) = sink(vec![]);
    second.restore(Some(&snapshot)).unwrap();
    second.write(&rows(&[4])).unwrap();
    assert_eq!(got.lock().unwrap()[0]["records"][0]["recordId"], "app/S/3");
    assert!(second.restore(Some(&SinkSnapshot(vec![1]))).is_err());
}

#[test]
fn streams_get_one_record_a_row_with_its_id_as_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = StreamStore::new(folder.path(), Arc::new(SystemClock));
    let stream = store.create("out", &StreamOptions::default()).unwrap();
    let mut sink = StreamSink::new("app", "S", stream.clone(), Format::Csv);
    sink.write(&rows(&[1, 2])).unwrap();
    let mut reader = stream.reader(stream.shards()[0].id, &StartPosition::TrimHorizon).unwrap();
    let batch = reader.next_batch(10, Timestamp::MAX).unwrap().unwrap();
    let records: Vec<&[u8]> = (0..batch.len()).map(|row| batch.data.value(row)).collect();
    assert_eq!(records, [&b"1,"[..], b"2,\"a,2\""]);
    assert_eq!(batch.partition_keys.value(1), "app/S/1");
}
