//! The open object: rows that wait for its size or its interval.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use super::Error;
use super::compression::Compression;
use super::config::Format;
use super::error_record::ErrorOutputType;
use super::format::parquet;
use super::partitioning::PartitionValues;
use super::staging::WriteFault;
use crate::time::Timestamp;

/// Batches smaller than this are joined, so that an object is not made of thousands of them.
const JOINED_ROWS: usize = 8192;

/// What an object is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Kind {
    /// Rows.
    Records,
    /// Error documents.
    Errors(ErrorOutputType),
}

impl Kind {
    pub(super) fn error(self) -> Option<ErrorOutputType> {
        match self {
            Self::Records => None,
            Self::Errors(kind) => Some(kind),
        }
    }
}

/// Which open object a record belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Slot {
    pub(super) kind: Kind,
    pub(super) partition: PartitionValues,
}

impl Slot {
    /// The object of all records, or all errors of a kind, without partitioning.
    pub(super) fn of(kind: Kind) -> Self {
        Self { kind, partition: PartitionValues::default() }
    }
}

/// What is known of an object while it is open; it goes into snapshots as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BufferHead {
    /// Number of the object.
    pub(super) number: u64,
    pub(super) kind: Kind,
    /// The keys of its records.
    #[serde(default)]
    pub(super) partition: PartitionValues,
    pub(super) format: Format,
    pub(super) compression: Compression,
    /// Arrival of the oldest row.
    pub(super) first: Timestamp,
    pub(super) rows: u64,
    /// Size before compression.
    pub(super) bytes: u64,
}

/// An open object.
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) head: BufferHead,
    pub(super) content: Content,
    /// When it was written to last, as a count; the smallest was idle for longest.
    pub(super) used: u64,
}

/// The rows of an open object, in the form that is best for its format.
#[derive(Debug)]
pub(super) enum Content {
    /// Encoded.
    Text(Vec<u8>),
    /// As batches; those from `joined` on are still small.
    Batches { schema: SchemaRef, batches: Vec<RecordBatch>, joined: usize },
}

impl Buffer {
    /// Count rows whose text was appended to the content.
    pub(super) fn count_text(&mut self, rows: u64) {
        self.head.rows += rows;
        if let Content::Text(bytes) = &self.content {
            self.head.bytes = bytes.len() as u64;
        }
    }

    /// Append rows to content that is batches.
    pub(super) fn push_batch(&mut self, batch: RecordBatch) {
        let Content::Batches { schema, batches, joined } = &mut self.content else { return };
        self.head.rows += batch.num_rows() as u64;
        self.head.bytes += parquet::size(&batch);
        batches.push(batch);
        let small = batches.get(*joined..).unwrap_or_default();
        if small.iter().map(RecordBatch::num_rows).sum::<usize>() < JOINED_ROWS {
            return;
        }
        // A copy also lets go of the larger batches that slices hold on to. If it cannot be made they are kept as they are.
        if let Ok(whole) = concat_batches(schema, small) {
            batches.truncate(*joined);
            batches.push(whole);
        }
        *joined = batches.len();
    }

    /// Write the object as it will be published, under a key that ends with `name`.
    pub(super) fn encode<W: Write + Send>(&self, name: &str, out: &mut W) -> Result<(), WriteFault> {
        match &self.content {
            Content::Text(bytes) => self.head.compression.write(bytes, name, out)?,
            Content::Batches { schema, batches, .. } => {
                let mut fault = None;
                let watched = Watched { out, fault: &mut fault };
                parquet::encode(schema, batches, watched).map_err(|source| match fault {
                    Some(source) => WriteFault::Io(source),
                    None => {
                        WriteFault::Encode(Error::Encode { format: Format::Parquet.as_str(), source: Box::new(source) })
                    }
                })?;
            }
        }
        Ok(())
    }
}

/// Remembers the operating system's error, which the Parquet writer turns into text.
struct Watched<'a, W> {
    out: &'a mut W,
    fault: &'a mut Option<std::io::Error>,
}

impl<W: Write> Watched<'_, W> {
    fn watch<T>(&mut self, result: std::io::Result<T>) -> std::io::Result<T> {
        result.inspect_err(|error| {
            let copy = error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error);
            *self.fault = Some(copy);
        })
    }
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let result = self.out.write(bytes);
        self.watch(result)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let result = self.out.flush();
        self.watch(result)
    }
}
