//! The schema of an input, discovered from what its stream holds.

use super::preprocess::process;
use crate::analytics::error::Result;
use crate::analytics::input::{Discovery, Preprocess, ProcessedRecord, discover};
use crate::stream::{StartPosition, Stream};
use crate::time::Timestamp;

/// Records that discovery looks at.
const SAMPLE: usize = 1_000;

/// Discover the schema of the input `name` from the oldest records of `stream`, some of each shard, as `preprocess` gives
/// them.
///
/// # Errors
/// [`Error::Discovery`] when there is nothing to learn from.
pub fn discover_from_stream(name: &str, stream: &Stream, preprocess: Option<&dyn Preprocess>) -> Result<Discovery> {
    let shards = stream.refresh()?;
    let each = SAMPLE.div_ceil(shards.len().max(1));
    let mut records: Vec<Vec<u8>> = Vec::new();
    for shard in &shards {
        let mut reader = stream.reader(shard.id, &StartPosition::TrimHorizon)?;
        let mut left = each;
        while left > 0
            && let Some(batch) = reader.next_batch(left, Timestamp::MAX)?
        {
            left -= batch.len();
            match preprocess {
                None => {
                    let unpacked = batch.user_records();
                    let data = unpacked.as_ref().map_or(&batch.data, |records| &records.data);
                    records.extend(data.iter().flatten().map(<[u8]>::to_vec));
                }
                Some(preprocess) => {
                    let processed = process(preprocess, stream, &batch)?.into_iter();
                    records.extend(processed.filter_map(|record| match record {
                        ProcessedRecord::Ok(data) => Some(data),
                        ProcessedRecord::Dropped | ProcessedRecord::Failed(_) => None,
                    }));
                }
            }
        }
    }
    discover(name, records.iter().map(Vec::as_slice))
}
