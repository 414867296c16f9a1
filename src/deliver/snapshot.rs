//! What a delivery puts into a checkpoint, as bytes.
//!
//! A header in JSON, behind its length, then the content of the open objects one after the other: their size is bounded by
//! the buffer hint, and text goes in as it is. Batches go as an Arrow stream.

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use serde::{Deserialize, Serialize};

use super::buffer::{Buffer, BufferHead, Content, Kind};
use super::config::Format;
use super::sink::SinkSnapshot;
use super::{Error, Result};
use crate::time::Timestamp;

/// Written into every snapshot; another number is another layout.
const LAYOUT: u32 = 1;

/// An object that is complete in staging and not published yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Finished {
    pub(super) kind: Kind,
    /// File name in staging.
    pub(super) staging: String,
    /// Key in the lake.
    pub(super) key: String,
    pub(super) rows: u64,
    /// Size as stored.
    pub(super) bytes: u64,
    /// Arrival of the oldest row.
    pub(super) first: Timestamp,
    /// Whether the last snapshot names it, so that it may be published.
    #[serde(skip)]
    pub(super) is_named: bool,
    /// Whether it is in the lake, though perhaps not in the catalog.
    #[serde(skip)]
    pub(super) is_published: bool,
}

/// Everything that must survive a crash.
#[derive(Debug)]
pub(super) struct State {
    /// Random number of the first start.
    pub(super) run: u64,
    pub(super) next_object: u64,
    pub(super) schema: Option<SchemaRef>,
    pub(super) finished: Vec<Finished>,
    pub(super) open: Vec<Buffer>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    layout: u32,
    delivery: String,
    run: u64,
    next_object: u64,
    finished: Vec<Finished>,
    open: Vec<BufferHead>,
    /// Lengths of the schema and of each open object's content, in the order in which they follow.
    lengths: Vec<usize>,
}

/// The parts of a delivery that go into a snapshot.
pub(super) struct StateRef<'a> {
    pub(super) delivery: &'a str,
    pub(super) run: u64,
    pub(super) next_object: u64,
    pub(super) schema: Option<&'a SchemaRef>,
    pub(super) finished: Vec<Finished>,
    pub(super) open: Vec<&'a Buffer>,
}

impl StateRef<'_> {
    pub(super) fn encode(self) -> Result<SinkSnapshot> {
        let fault = |source: ArrowError| Error::Encode { format: "a snapshot", source: Box::new(source) };
        let schema = self.schema.map(|schema| ipc(schema, &[])).transpose().map_err(fault)?.unwrap_or_default();
        let mut parts = vec![std::borrow::Cow::Owned(schema)];
        for buffer in &self.open {
            parts.push(match &buffer.content {
                Content::Text(bytes) => bytes.into(),
                Content::Batches { schema, batches, .. } => ipc(schema, batches).map_err(fault)?.into(),
            });
        }
        let header = Header {
            layout: LAYOUT,
            delivery: self.delivery.to_owned(),
            run: self.run,
            next_object: self.next_object,
            finished: self.finished,
            open: self.open.iter().map(|buffer| buffer.head.clone()).collect(),
            lengths: parts.iter().map(|part| part.len()).collect(),
        };
        let header = serde_json::to_vec(&header)
            .map_err(|source| Error::Encode { format: "a snapshot", source: Box::new(source) })?;
        let mut bytes = Vec::with_capacity(8 + header.len() + parts.iter().map(|part| part.len()).sum::<usize>());
        bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&header);
        for part in parts {
            bytes.extend_from_slice(&part);
        }
        Ok(SinkSnapshot(bytes))
    }
}

impl State {
    pub(super) fn decode(delivery: &str, snapshot: &SinkSnapshot) -> Result<Self> {
        let corrupt = |reason: String| Error::CorruptSnapshot { delivery: delivery.to_owned(), reason };
        let mut rest = snapshot.0.as_slice();
        let length = take(&mut rest, 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
        let header = length.and_then(|length| take(&mut rest, usize::try_from(length).ok()?));
        let header = header.ok_or_else(|| corrupt("it ends too early".into()))?;
        let header: Header = serde_json::from_slice(header).map_err(|error| corrupt(error.to_string()))?;
        if header.layout != LAYOUT {
            return Err(corrupt(format!(
                "its layout {} is not {LAYOUT}; another version of bayou wrote it",
                header.layout
            )));
        }
        if header.delivery != delivery {
            return Err(corrupt(format!("it belongs to the delivery `{}`", header.delivery)));
        }
        if header.lengths.len() != header.open.len() + 1 {
            return Err(corrupt("its parts do not fit its header".into()));
        }
        let mut parts = Vec::with_capacity(header.lengths.len());
        for length in header.lengths {
            parts.push(take(&mut rest, length).ok_or_else(|| corrupt("it ends too early".into()))?);
        }
        if !rest.is_empty() {
            return Err(corrupt("there is more than its header says".into()));
        }
        let mut parts = parts.into_iter();
        let schema = match parts.next().unwrap_or_default() {
            [] => None,
            bytes => Some(batches(bytes).map_err(|error| corrupt(error.to_string()))?.0),
        };
        let open = header.open.into_iter().zip(parts).map(|(head, bytes)| {
            let content = match head.format {
                Format::Parquet => {
                    let (schema, batches) = batches(bytes)?;
                    let joined = batches.len();
                    Content::Batches { schema, batches, joined }
                }
                Format::Json | Format::Csv => Content::Text(bytes.to_vec()),
            };
            Ok(Buffer { head, content, used: 0 })
        });
        let open = open.collect::<Result<Vec<Buffer>, ArrowError>>().map_err(|error| corrupt(error.to_string()))?;
        Ok(Self { run: header.run, next_object: header.next_object, schema, finished: header.finished, open })
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn ipc(schema: &Schema, batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), schema)?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.into_inner()
}

fn batches(bytes: &[u8]) -> Result<(SchemaRef, Vec<RecordBatch>), ArrowError> {
    let reader = StreamReader::try_new(bytes, None)?;
    Ok((reader.schema(), reader.collect::<Result<_, _>>()?))
}
