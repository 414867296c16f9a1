//! Snapshots of operators as bytes: facts, and batches in Arrow's IPC format, compressed.

use std::io::Cursor;

use arrow::array::{Array, RecordBatch};
use arrow::ipc::CompressionType;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};

use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::{Error, Result};

/// The bytes that the rows of `batches` take.
pub(crate) fn rows_bytes<'a>(batches: impl IntoIterator<Item = &'a RecordBatch>) -> usize {
    let columns = batches.into_iter().flat_map(RecordBatch::columns);
    columns.map(|column| column.to_data().get_slice_memory_size().unwrap_or_default()).sum()
}

/// What an operator knows, for a checkpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct OperatorState {
    /// Numbers and partial results, written by a [`Writer`].
    pub(crate) facts: Vec<u8>,
    /// Rows and keys.
    pub(crate) batches: Vec<RecordBatch>,
}

impl OperatorState {
    pub(crate) fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.batches.is_empty()
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let mut writer = Writer::default();
        writer.bytes(&self.facts);
        writer.count(self.batches.len());
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD))?;
        for batch in &self.batches {
            let mut stream = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options.clone())?;
            stream.write(batch)?;
            stream.finish()?;
            writer.bytes(&stream.into_inner()?);
        }
        Ok(writer.into_bytes())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let facts = reader.bytes()?.to_vec();
        let count = reader.count()?;
        let mut batches = Vec::new();
        for _ in 0..count {
            let mut stream = StreamReader::try_new(Cursor::new(reader.bytes()?), None)?;
            let batch = stream.next().ok_or_else(|| Error::Internal("a state file holds no rows".into()))??;
            batches.push(batch);
        }
        Ok(Self { facts, batches })
    }
}
