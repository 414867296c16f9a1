//! Error documents: records that could not be processed, as the service writes them under the error prefix.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::time::Timestamp;

/// Why records are under the error prefix; also the value of `!{firehose:error-output-type}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ErrorOutputType {
    /// The transformation failed.
    ProcessingFailed,
    /// The record does not fit the table's columns.
    FormatConversionFailed,
    /// Dynamic partitioning had more open partitions than allowed.
    ActivePartitionExceeded,
}

impl ErrorOutputType {
    /// The service's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProcessingFailed => "processing-failed",
            Self::FormatConversionFailed => "format-conversion-failed",
            Self::ActivePartitionExceeded => "activePartitionExceeded",
        }
    }
}

/// A record that could not be processed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorRecord {
    /// How often it was tried.
    pub attempts_made: u32,
    /// When the record arrived.
    pub arrival: Timestamp,
    /// Short code of the last error.
    pub error_code: String,
    /// Text of the last error.
    pub error_message: String,
    /// When the last attempt ended.
    pub attempt_ending: Timestamp,
    /// The record as it was given.
    pub raw_data: Vec<u8>,
    /// Where in the source stream it is, when it came from one.
    pub sequence_number: Option<String>,
    /// Where in an aggregated record it is.
    pub sub_sequence_number: Option<u64>,
    /// Database, table and version whose columns it does not fit.
    pub catalog_table: Option<(String, String, u64)>,
}

impl ErrorRecord {
    /// The record as a line of an error object. Names of cloud resources, which do not exist here, are null.
    pub(super) fn write_line(&self, kind: ErrorOutputType, out: &mut Vec<u8>) {
        let document = match kind {
            ErrorOutputType::FormatConversionFailed => json!({
                "attemptsMade": self.attempts_made,
                "arrivalTimestamp": self.arrival.millis(),
                "lastErrorCode": self.error_code,
                "lastErrorMessage": self.error_message,
                "attemptEndingTimestamp": self.attempt_ending.millis(),
                "rawData": STANDARD.encode(&self.raw_data),
                "sequenceNumber": self.sequence_number,
                "subSequenceNumber": self.sub_sequence_number,
                "dataCatalogTable": self.catalog_table.as_ref().map(|(database, table, version)| json!({
                    "catalogId": Value::Null,
                    "databaseName": database,
                    "tableName": table,
                    "region": Value::Null,
                    "versionId": version.to_string(),
                    "catalogArn": Value::Null,
                })),
            }),
            ErrorOutputType::ProcessingFailed | ErrorOutputType::ActivePartitionExceeded => json!({
                "attemptsMade": self.attempts_made,
                "arrivalTimestamp": self.arrival.millis(),
                "errorCode": self.error_code,
                "errorMessage": self.error_message,
                "attemptEndingTimestamp": self.attempt_ending.millis(),
                "rawData": STANDARD.encode(&self.raw_data),
                "lambdaArn": Value::Null,
            }),
        };
        out.extend_from_slice(document.to_string().as_bytes());
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: ErrorOutputType) -> String {
        let record = ErrorRecord {
            attempts_made: 4,
            arrival: Timestamp(1_535_365_800_000),
            error_code: "Lambda.FunctionError".into(),
            error_message: "broken".into(),
            attempt_ending: Timestamp(1_535_365_801_000),
            raw_data: b"{\"a\":1}".to_vec(),
            catalog_table: Some(("iot".into(), "anomaly".into(), 3)),
            ..ErrorRecord::default()
        };
        let mut out = Vec::new();
        record.write_line(kind, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn processing_errors_have_the_documented_fields() {
        assert_eq!(
            line(ErrorOutputType::ProcessingFailed),
            r#"{"attemptsMade":4,"arrivalTimestamp":1535365800000,"errorCode":"Lambda.FunctionError","errorMessage":"broken","attemptEndingTimestamp":1535365801000,"rawData":"eyJhIjoxfQ==","lambdaArn":null}
"#
        );
    }

    #[test]
    fn conversion_errors_name_the_table() {
        let document: Value = serde_json::from_str(&line(ErrorOutputType::FormatConversionFailed)).unwrap();
        assert_eq!(document["lastErrorCode"], "Lambda.FunctionError");
        assert_eq!(document["dataCatalogTable"]["tableName"], "anomaly");
        assert_eq!(document["dataCatalogTable"]["versionId"], "3");
        assert_eq!(document["dataCatalogTable"]["catalogArn"], Value::Null);
        assert_eq!(document["sequenceNumber"], Value::Null);
    }
}
