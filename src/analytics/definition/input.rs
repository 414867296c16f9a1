//! Inputs and reference tables of an application's JSON.

use serde_json::Value;

use super::resource::{Resource, ResourceKind, last_part, take_resource};
use super::{Read, take_either};
use crate::analytics::input::{InputSchema, SchemaFields};

/// The longest prefix of in-application input streams.
const LONGEST_PREFIX: usize = 32;
/// The most in-application streams of an input.
const MOST_STREAMS: u64 = 64;

/// What feeds one or several in-application streams.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDefinition {
    /// The in-application streams: `<prefix>_001` and so on.
    pub streams: Vec<String>,
    /// The source.
    pub source: Resource,
    /// How records become rows.
    pub schema: InputSchema,
    /// Where to begin: NOW, TRIM_HORIZON or LAST_STOPPED_POINT.
    pub start: Option<String>,
    /// The function that gets records before they are decoded.
    pub processor: Option<Resource>,
}

/// A reference table.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceDefinition {
    /// Its name, exactly as queries must quote it.
    pub table: String,
    /// The bucket of its object.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// Its columns.
    pub schema: InputSchema,
}

pub(super) fn read_input(value: &Value) -> Read<InputDefinition> {
    let mut fields = SchemaFields::of("an input", value)?;
    fields.ignore(&["Id", "InputId", "InAppStreamNames"]);
    let prefix = fields.require_text("NamePrefix")?;
    if prefix.is_empty() || prefix.chars().count() > LONGEST_PREFIX {
        return Err(format!("the NamePrefix `{prefix}` must have 1 to {LONGEST_PREFIX} characters"));
    }
    let count = fields.take("InputParallelism").map(|value| read_parallelism(&value)).transpose()?.unwrap_or(1);
    let stream = take_resource(&mut fields, "KinesisStreamsInput", ResourceKind::Stream)?;
    let delivery = take_resource(&mut fields, "KinesisFirehoseInput", ResourceKind::Delivery)?;
    let source = match (stream, delivery) {
        (Some(source), None) | (None, Some(source)) => source,
        (None, None) => return Err(format!("the input `{prefix}` needs KinesisStreamsInput or KinesisFirehoseInput")),
        (Some(_), Some(_)) => return Err(format!("the input `{prefix}` has two sources")),
    };
    let schema = InputSchema::from_api(&fields.require("InputSchema")?)?;
    let processor = take_either(&mut fields, "InputProcessingConfiguration");
    let processor = processor.map(|value| read_processor(&value)).transpose()?;
    let start = fields.take("InputStartingPositionConfiguration").map(|value| read_start(&value)).transpose()?;
    fields.end()?;
    let streams = (1..=count).map(|nth| format!("{prefix}_{nth:03}")).collect();
    Ok(InputDefinition { streams, source, schema, start: start.flatten(), processor })
}

fn read_parallelism(value: &Value) -> Read<u64> {
    let mut fields = SchemaFields::of("InputParallelism", value)?;
    let count = fields.take("Count");
    fields.end()?;
    match count {
        None => Ok(1),
        Some(count) => match count.as_u64() {
            Some(count @ 1..=MOST_STREAMS) => Ok(count),
            _ => Err(format!("`Count` of InputParallelism must be 1 to {MOST_STREAMS}, not {count}")),
        },
    }
}

fn read_processor(value: &Value) -> Read<Resource> {
    let mut fields = SchemaFields::of("InputProcessingConfiguration", value)?;
    let processor = take_resource(&mut fields, "InputLambdaProcessor", ResourceKind::Function)?;
    fields.end()?;
    processor.ok_or_else(|| "InputProcessingConfiguration needs the member `InputLambdaProcessor`".into())
}

fn read_start(value: &Value) -> Read<Option<String>> {
    let mut fields = SchemaFields::of("InputStartingPositionConfiguration", value)?;
    let start = fields.take_text("InputStartingPosition")?;
    fields.end()?;
    match start.as_deref() {
        None | Some("NOW" | "TRIM_HORIZON" | "LAST_STOPPED_POINT") => Ok(start),
        Some(other) => {
            Err(format!("InputStartingPosition must be NOW, TRIM_HORIZON or LAST_STOPPED_POINT, not `{other}`"))
        }
    }
}

pub(super) fn read_reference(value: &Value) -> Read<ReferenceDefinition> {
    let mut fields = SchemaFields::of("a reference table", value)?;
    fields.ignore(&["ReferenceId"]);
    let table = fields.require_text("TableName")?;
    let source = take_either(&mut fields, "S3ReferenceDataSource")
        .ok_or_else(|| format!("the reference table `{table}` needs the member `S3ReferenceDataSource`"))?;
    let schema = InputSchema::from_api(&fields.require("ReferenceSchema")?)?;
    fields.end()?;
    let mut source = SchemaFields::of("S3ReferenceDataSource", &source)?;
    source.ignore(&["ReferenceRoleARN"]);
    let (bucket, key) = (source.require_text("BucketARN")?, source.require_text("FileKey")?);
    source.end()?;
    Ok(ReferenceDefinition { table, bucket: last_part(&bucket).to_owned(), key, schema })
}
