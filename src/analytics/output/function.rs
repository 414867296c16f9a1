//! An output that is a function, by the contract of the service's functions.
//!
//! The function gets records and says of each whether it was delivered. Those that were not are sent again, and the
//! application waits meanwhile: a destination that is too slow slows the application down, and loses nothing.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::retry::{ATTEMPTS, pauses};
use super::{OutputRecord, RecordWriter};
use crate::deliver::{Error, Format, OutputRows, Result, RetryPolicy, Sink, SinkMetrics, SinkSnapshot};

/// The most records of one invocation.
const MOST_RECORDS: usize = 500;

/// A function that takes and gives JSON documents.
pub trait Invoke: Send {
    /// Call it.
    ///
    /// # Errors
    /// Why it failed; it is called again.
    fn invoke(&mut self, request: &Value) -> std::result::Result<Value, Box<dyn std::error::Error + Send + Sync>>;
}

/// Hands rows to a function.
pub struct FunctionSink {
    function: Box<dyn Invoke>,
    application: String,
    writer: RecordWriter,
    retry: RetryPolicy,
}

/// Why an attempt did not deliver everything.
enum Attempt {
    /// The records of these places were not delivered.
    Undelivered(Vec<usize>),
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl FunctionSink {
    /// The output of `in_application` of the application `application` to `function`, which is known as `name`.
    #[must_use]
    pub fn new(application: &str, in_application: &str, name: &str, function: Box<dyn Invoke>, format: Format) -> Self {
        let writer = RecordWriter::new(application, in_application, name, format);
        let retry = RetryPolicy { attempts: ATTEMPTS, longest_pause: Duration::from_secs(5), ..RetryPolicy::default() };
        Self { function, application: application.to_owned(), writer, retry }
    }

    /// Try again as `retry` says.
    #[must_use]
    pub fn with_retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    fn deliver(&mut self, records: &[OutputRecord]) -> Result<()> {
        let mut waiting: Vec<&OutputRecord> = records.iter().collect();
        let mut pauses = pauses(&self.retry);
        for hint in 0.. {
            let attempt = self.attempt(&waiting, hint);
            let source = match attempt {
                Attempt::Undelivered(places) if places.is_empty() => return Ok(()),
                Attempt::Undelivered(places) => {
                    waiting = places.iter().map(|place| waiting[*place]).collect();
                    format!("{} records were not delivered, the first is `{}`", waiting.len(), waiting[0].id).into()
                }
                Attempt::Failed(source) => source,
            };
            self.writer.metrics.failures += 1;
            match pauses.next() {
                Some(pause) => std::thread::sleep(pause),
                None => return Err(Error::Destination { destination: self.writer.destination.clone(), source }),
            }
        }
        Ok(())
    }

    fn attempt(&mut self, records: &[&OutputRecord], retry_hint: u32) -> Attempt {
        let request = write_request(&self.application, records, retry_hint);
        match self.function.invoke(&request) {
            Ok(response) => match undelivered(&response, records) {
                Ok(places) => Attempt::Undelivered(places),
                Err(message) => Attempt::Failed(message.into()),
            },
            Err(error) => Attempt::Failed(error),
        }
    }
}

fn write_request(application: &str, records: &[&OutputRecord], retry_hint: u32) -> Value {
    let records: Vec<Value> = records
        .iter()
        .map(|record| {
            json!({
                "recordId": record.id,
                "lambdaDeliveryRecordMetadata": {"retryHint": retry_hint},
                "data": STANDARD.encode(&record.data),
            })
        })
        .collect();
    let first = records.first().map_or(Value::Null, |record| record["recordId"].clone());
    json!({
        "invocationId": first,
        "applicationArn": format!("arn:aws:kinesisanalytics:local:000000000000:application/{application}"),
        "records": records,
    })
}

/// The places of the records that were not delivered.
fn undelivered(response: &Value, records: &[&OutputRecord]) -> std::result::Result<Vec<usize>, String> {
    let Some(Value::Array(results)) = response.get("records") else {
        return Err("the function must return `{\"records\": […]}`".into());
    };
    let text = |result: &Value, name: &str| result.get(name).and_then(Value::as_str).map(str::to_owned);
    let by_id: HashMap<String, Option<String>> =
        results.iter().filter_map(|result| Some((text(result, "recordId")?, text(result, "result")))).collect();
    let mut places = Vec::new();
    for (place, record) in records.iter().enumerate() {
        match by_id.get(&record.id).map(Option::as_deref) {
            Some(Some("Ok")) => {}
            Some(Some("DeliveryFailed")) => places.push(place),
            Some(Some(other)) => {
                return Err(format!("`result` of the record `{}` is `{other}`, not Ok or DeliveryFailed", record.id));
            }
            Some(None) => return Err(format!("the record `{}` of the result has no `result`", record.id)),
            None => return Err(format!("the result lacks the record `{}`", record.id)),
        }
    }
    Ok(places)
}

impl Sink for FunctionSink {
    fn write(&mut self, rows: &OutputRows) -> Result<()> {
        let records = self.writer.records(rows)?;
        for records in records.chunks(MOST_RECORDS) {
            self.deliver(records)?;
            self.writer.delivered(records);
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Result<SinkSnapshot> {
        Ok(self.writer.snapshot())
    }

    fn restore(&mut self, snapshot: Option<&SinkSnapshot>) -> Result<()> {
        self.writer.restore(snapshot)
    }

    fn metrics(&self) -> SinkMetrics {
        self.writer.metrics
    }
}
