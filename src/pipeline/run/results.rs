//! `ResultWriter`: outcomes of a distributed Map state as files.

use serde_json::{Value, json};

use super::children::Outcome;
use super::{Engine, Run, Visit};
use crate::pipeline::definition::Writer;
use crate::pipeline::failure::{Failure, RESULT_WRITER};

impl Engine {
    /// Write the outcomes and a manifest below the writer's prefix; where they are is the state's result.
    pub(super) async fn write_results(&self, visit: &Visit<'_>, writer: &Writer, outcomes: &[Outcome]) -> Run<Value> {
        let arguments = match &writer.arguments {
            Some(template) => self.field(visit, template, "object", Value::is_object)?,
            None => json!({}),
        };
        let bucket = arguments.get("Bucket").cloned().unwrap_or(Value::Null);
        let prefix = arguments.get("Prefix").and_then(Value::as_str).unwrap_or_default().trim_end_matches('/');
        let run = self.run_id(visit);
        let folder = format!("{prefix}/{}", run.rsplit(':').next().unwrap_or_default());
        let folder = folder.trim_start_matches('/');
        let mut listed = json!({"FAILED": [], "PENDING": [], "SUCCEEDED": []});
        for (status, wanted) in [("SUCCEEDED", true), ("FAILED", false)] {
            let chosen: Vec<_> = outcomes.iter().filter(|outcome| outcome.result.is_ok() == wanted).collect();
            if chosen.is_empty() {
                continue;
            }
            let body = Value::Array(chosen.into_iter().map(|outcome| entry(outcome, status)).collect()).to_string();
            let key = format!("{folder}/{status}_0.json");
            listed[status] = json!([{"Key": key, "Size": body.len()}]);
            self.put(visit, writer, &bucket, &key, body).await?;
        }
        let key = format!("{folder}/manifest.json");
        let manifest = json!({"DestinationBucket": bucket, "MapRunArn": run, "ResultFiles": listed});
        self.put(visit, writer, &bucket, &key, manifest.to_string()).await?;
        Ok(json!({"MapRunArn": run, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}))
    }

    async fn put(&self, visit: &Visit<'_>, writer: &Writer, bucket: &Value, key: &str, body: String) -> Run<()> {
        let input = json!({"Bucket": bucket, "Key": key, "Body": body});
        let written = self.side_call(visit, &writer.resource.text(), input).await;
        written.map_err(|failure| {
            let cause = failure.cause.unwrap_or_default();
            Failure::task(RESULT_WRITER, format!("{}: {cause}", failure.error.unwrap_or_default()))
        })?;
        Ok(())
    }
}

fn entry(outcome: &Outcome, status: &str) -> Value {
    let input = outcome.input.to_string();
    match &outcome.result {
        Ok(output) => json!({"Input": input, "Output": output.to_string(), "Status": status}),
        Err(failure) => json!({"Input": input, "Error": failure.error, "Cause": failure.cause, "Status": status}),
    }
}
