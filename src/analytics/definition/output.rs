//! Outputs of an application's JSON.

use serde_json::Value;

use super::Read;
use super::resource::{Resource, ResourceKind, take_resource};
use crate::analytics::input::SchemaFields;

/// How rows are written for a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// One object a row.
    Json,
    /// One line a row.
    Csv,
}

impl OutputFormat {
    /// Its name in Python.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// Where the rows of an in-application stream go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputDefinition {
    /// The in-application stream, exactly as it is stored, or `error_stream`.
    pub stream: String,
    /// The destination.
    pub destination: Resource,
    /// How rows are written.
    pub format: OutputFormat,
}

pub(super) fn read_output(value: &Value) -> Read<OutputDefinition> {
    let mut fields = SchemaFields::of("an output", value)?;
    fields.ignore(&["OutputId"]);
    let stream = fields.require_text("Name")?;
    let kinds = [
        ("KinesisStreamsOutput", ResourceKind::Stream),
        ("KinesisFirehoseOutput", ResourceKind::Delivery),
        ("LambdaOutput", ResourceKind::Function),
    ];
    let mut destinations = Vec::new();
    for (name, kind) in kinds {
        destinations.extend(take_resource(&mut fields, name, kind)?);
    }
    let format = fields.take("DestinationSchema").map(|value| read_format(&value)).transpose()?;
    fields.end()?;
    match (destinations.pop(), destinations.is_empty()) {
        (Some(destination), true) => {
            Ok(OutputDefinition { stream, destination, format: format.unwrap_or(OutputFormat::Json) })
        }
        (None, _) => {
            Err(format!("the output `{stream}` needs KinesisStreamsOutput, KinesisFirehoseOutput or LambdaOutput"))
        }
        (Some(_), false) => Err(format!("the output `{stream}` has several destinations")),
    }
}

fn read_format(value: &Value) -> Read<OutputFormat> {
    let mut fields = SchemaFields::of("DestinationSchema", value)?;
    let name = fields.require_text("RecordFormatType")?;
    fields.end()?;
    match name.as_str() {
        "JSON" => Ok(OutputFormat::Json),
        "CSV" => Ok(OutputFormat::Csv),
        other => Err(format!("RecordFormatType of DestinationSchema must be JSON or CSV, not `{other}`")),
    }
}
