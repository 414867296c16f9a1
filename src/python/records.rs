//! Records of a stream as a table: data, partition key, sequence number, shard, arrival, subsequence number.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMillisecondArray};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::error::{InternalError, TrimmedRecordsWarning, arrow_error};
use super::table::PyTable;
use crate::stream::{ShardBatch, Stream, UserRecord, unpack};

/// Records that were read, as they lie in the stream's files.
#[derive(Default)]
pub(super) struct Records {
    batches: Vec<ShardBatch>,
    /// How many there are, an aggregate counted as one.
    pub(super) read: usize,
    /// How many that came before them were no longer kept.
    pub(super) trimmed: u64,
}

impl Records {
    pub(super) fn push(&mut self, batch: ShardBatch) {
        self.read += batch.len();
        self.batches.push(batch);
    }

    /// Bytes of data and partition keys.
    pub(super) fn bytes(&self) -> usize {
        let batch = |batch: &ShardBatch| span(batch.data.offsets()) + span(batch.partition_keys.offsets());
        self.batches.iter().map(batch).sum()
    }

    /// The table, aggregates unpacked. Data and keys are not copied.
    pub(super) fn table(&self, stream: &Stream) -> PyResult<PyTable> {
        let schema = schema();
        let batches = self.batches.iter().map(|batch| record_batch(stream, batch, &schema));
        Ok(PyTable::new(Arc::clone(&schema), batches.collect::<PyResult<_>>()?))
    }
}

fn span(offsets: &OffsetBuffer<i32>) -> usize {
    match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => (last - first) as usize,
        _ => 0,
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("data", DataType::Binary, true),
        Field::new("partition_key", DataType::Utf8, true),
        Field::new("sequence_number", DataType::Utf8, true),
        Field::new("shard_id", DataType::Utf8, true),
        Field::new("arrival", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), true),
        Field::new("subsequence_number", DataType::Int64, true),
    ]))
}

fn record_batch(stream: &Stream, batch: &ShardBatch, schema: &SchemaRef) -> PyResult<RecordBatch> {
    let first = stream.sequence_number(batch.shard, batch.first_offset, batch.arrival);
    let mut numbers = Vec::new();
    first.write_run(batch.len(), &mut numbers);
    let width = numbers.len() / batch.len().max(1);
    let (data, keys, subsequence_numbers): (ArrayRef, ArrayRef, _) = match batch.user_records() {
        None => (Arc::new(batch.data.clone()) as _, Arc::new(batch.partition_keys.clone()) as _, vec![0; batch.len()]),
        Some(unpacked) => {
            let mut each = Vec::with_capacity(unpacked.offsets.len() * width);
            for offset in &unpacked.offsets {
                let place = (offset - batch.first_offset) as usize * width;
                each.extend_from_slice(&numbers[place..place + width]);
            }
            numbers = each;
            (Arc::new(unpacked.data) as _, Arc::new(unpacked.partition_keys) as _, unpacked.subsequence_numbers)
        }
    };
    let rows = subsequence_numbers.len();
    let columns: Vec<ArrayRef> = vec![
        data,
        keys,
        Arc::new(texts(numbers, width, rows)?),
        Arc::new(texts(batch.shard.to_string().into_bytes().repeat(rows), batch.shard.to_string().len(), rows)?),
        Arc::new(TimestampMillisecondArray::from(vec![batch.arrival.0; rows]).with_timezone("UTC")),
        Arc::new(Int64Array::from(subsequence_numbers)),
    ];
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| arrow_error(&error))
}

/// An array of `rows` texts of one width that lie behind one another.
fn texts(bytes: Vec<u8>, width: usize, rows: usize) -> PyResult<StringArray> {
    let too_large = |_| InternalError::new_err("A batch of a stream has more than 2 GiB of sequence numbers");
    i32::try_from(bytes.len()).map_err(too_large)?;
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(width, rows));
    StringArray::try_new(offsets, Buffer::from_vec(bytes), None).map_err(|error| arrow_error(&error))
}

/// Warn that records which came next were past their retention.
pub(super) fn warn_of_gap(py: Python<'_>, stream: &str, trimmed: u64) -> PyResult<()> {
    if trimmed == 0 {
        return Ok(());
    }
    let options = PyDict::new(py);
    options.set_item("stacklevel", 2)?;
    let text = format!("{trimmed} records of the stream `{stream}` were past their retention; the oldest kept is next");
    let category = py.get_type::<TrimmedRecordsWarning>();
    py.import("warnings")?.call_method("warn", (text, category), Some(&options)).map(|_| ())
}

/// Partition key, explicit hash key and data of a record in an aggregate.
type AggregatedRecord<'py> = (String, Option<String>, Bound<'py, PyBytes>);

/// The records of an aggregate of the Kinesis Producer Library; None for other records.
#[pyfunction]
pub(super) fn unpack_aggregate<'py>(py: Python<'py>, record: &[u8]) -> Option<Vec<AggregatedRecord<'py>>> {
    let user = |user: UserRecord<'_>| {
        (user.partition_key.to_owned(), user.explicit_hash_key.map(str::to_owned), PyBytes::new(py, user.data))
    };
    Some(unpack(record)?.into_iter().map(user).collect())
}
