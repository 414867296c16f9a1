//! Records on their way into objects: opaque bytes with the moment that they arrived.

use bytes::Bytes;

use crate::time::Timestamp;

/// A record, as its source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord {
    /// Its bytes.
    pub data: Bytes,
    /// When it arrived.
    pub arrival: Timestamp,
    /// Where in its stream it is; `None` for one that was put directly.
    pub place: Option<SourcePlace>,
}

/// Where in a stream a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// Its shard.
    pub shard_id: String,
    /// Its number in the shard.
    pub sequence_number: String,
    /// Its place in an aggregated record.
    pub sub_sequence_number: Option<u64>,
    /// The key that it was put with.
    pub partition_key: String,
}

/// Why a record could not be processed: the service's code, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Short code.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl Fault {
    /// A fault that trying again would not mend.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), attempts: 1 }
    }
}
