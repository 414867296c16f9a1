//! The pre-processing function at work on a stream's records.

use crate::analytics::error::{Error, Result};
use crate::analytics::input::{Preprocess, ProcessedRecord, RawRecord};
use crate::stream::{ShardBatch, Stream};

/// The records of a batch as the pre-processing function gives them.
pub(super) fn process(
    preprocess: &dyn Preprocess,
    stream: &Stream,
    batch: &ShardBatch,
) -> Result<Vec<ProcessedRecord>> {
    let record = |record: usize| RawRecord {
        data: batch.data.value(record),
        partition_key: batch.partition_keys.value(record),
        shard_id: batch.shard.to_string(),
        sequence_number: stream
            .sequence_number(batch.shard, batch.first_offset + record as u64, batch.arrival)
            .to_string(),
        arrival: batch.arrival.millis(),
    };
    let records: Vec<RawRecord<'_>> = (0..batch.len()).map(record).collect();
    let failed = |message| Error::Preprocess { stream: stream.name().to_owned(), message };
    let processed = preprocess.process(&records).map_err(failed)?;
    if processed.len() == records.len() {
        return Ok(processed);
    }
    Err(failed(format!("{} records came back for {}", processed.len(), records.len())))
}
