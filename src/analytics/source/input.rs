//! One input: records of a stream's shards, merged by arrival and decoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use super::decode::{Decoded, Decoding, Piece};
use crate::analytics::error::Result;
use crate::analytics::error_stream::ErrorRow;
use crate::analytics::input::{InputSchema, Preprocess};
use crate::analytics::operator::Delta;
use crate::stream::{ShardBatch, ShardId, ShardInfo, ShardReader, StartPosition, Stream};
use crate::time::Timestamp;

/// How an input is read.
#[derive(Clone, Debug)]
pub(crate) struct InputOptions {
    /// The in-application stream that it feeds.
    pub(crate) name: String,
    pub(crate) stream: Stream,
    /// Only these first shards of the stream and what becomes of them; all when absent.
    pub(crate) shards: Option<Vec<u32>>,
    pub(crate) schema: InputSchema,
    /// What gets records before they are decoded.
    pub(crate) preprocess: Option<Arc<dyn Preprocess>>,
    pub(crate) start: StartPosition,
}

/// Reads a stream for one in-application input stream.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) options: InputOptions,
    decoding: Decoding,
    shards: Vec<ShardSource>,
    /// Shards with ids from here on are new.
    known: u32,
    /// No row will have a ROWTIME before it.
    bound: i64,
    /// The bytes of the stream when it was last found to be read up.
    seen: u64,
}

#[derive(Debug)]
struct ShardSource {
    reader: ShardReader,
    id: ShardId,
    /// A batch read and not consumed yet.
    head: Option<ShardBatch>,
    /// The offset behind the last record consumed.
    consumed: u64,
}

/// Whether an input reads a shard: one of those that it was given, or one that splits and merges made of them.
fn is_wanted(options: &InputOptions, shard: ShardId) -> bool {
    options.shards.as_ref().is_none_or(|given| given.contains(&options.stream.first_ancestor(shard).0))
}

fn next_id(shards: &[ShardInfo]) -> u32 {
    shards.iter().map(|shard| shard.id.0 + 1).max().unwrap_or(0)
}

/// What an input brought.
pub(super) struct Read {
    pub(super) delta: Delta,
    pub(super) errors: Vec<ErrorRow>,
    pub(super) records: u64,
}

impl Input {
    /// An input that goes on at `positions`, or at its start in shards that those do not name.
    pub(super) fn open(
        options: InputOptions,
        positions: &BTreeMap<u32, u64>,
        bound: i64,
        with_origin: bool,
        rows: SchemaRef,
    ) -> Result<Self> {
        let mut shards = Vec::new();
        let stream = &options.stream;
        let all = stream.refresh()?;
        // Shards that were made since the checkpoint go on where their parents end.
        let known = positions.keys().max().map_or(u32::MAX, |last| last + 1);
        for shard in all.iter().filter(|shard| is_wanted(&options, shard.id)) {
            let start = match positions.get(&shard.id.0) {
                None if shard.id.0 >= known => StartPosition::TrimHorizon,
                None => options.start,
                Some(0) => StartPosition::TrimHorizon,
                Some(&next) => {
                    StartPosition::AfterSequenceNumber(stream.sequence_number(shard.id, next - 1, Timestamp(0)))
                }
            };
            let reader = stream.reader(shard.id, &start)?;
            let consumed = reader.next_offset();
            shards.push(ShardSource { reader, id: shard.id, head: None, consumed });
        }
        let decoding = Decoding::new(&options, rows, with_origin)?;
        let known = next_id(&all);
        Ok(Self { options, decoding, shards, known, bound, seen: 0 })
    }

    /// Begin the shards that splits and merges have made. Their records come behind those of their parents: they arrived
    /// later, and of records that arrived together the lower shard's come first.
    fn follow(&mut self) -> Result<()> {
        let stream = &self.options.stream;
        let all = stream.refresh()?;
        for shard in all.iter().filter(|shard| shard.id.0 >= self.known) {
            if is_wanted(&self.options, shard.id) {
                let reader = stream.reader(shard.id, &StartPosition::TrimHorizon)?;
                self.shards.push(ShardSource { reader, id: shard.id, head: None, consumed: 0 });
            }
        }
        self.known = self.known.max(next_id(&all));
        Ok(())
    }

    /// Next offsets by shard.
    pub(super) fn positions(&self) -> BTreeMap<u32, u64> {
        self.shards.iter().map(|shard| (shard.id.0, shard.consumed)).collect()
    }

    /// About `limit` of the records that arrived before `before`: all of an instant or none.
    pub(super) fn read(&mut self, limit: usize, before: Timestamp) -> Result<Read> {
        let mut batches: Vec<ShardBatch> = Vec::new();
        let mut taken = 0;
        loop {
            self.fill_heads(before)?;
            let heads =
                self.shards.iter().enumerate().filter_map(|(place, shard)| Some((shard.head.as_ref()?.arrival, place)));
            let Some((arrival, place)) = heads.min() else { break };
            if taken >= limit && batches.last().is_none_or(|last| last.arrival < arrival) {
                break;
            }
            let shard = &mut self.shards[place];
            let Some(batch) = shard.head.take() else { break };
            shard.consumed = batch.next_offset();
            taken += batch.len();
            batches.push(batch);
        }
        let left = self.shards.iter().filter_map(|shard| shard.head.as_ref()).map(|head| head.arrival).min();
        let read = self.decode(&batches, left.unwrap_or(before))?;
        Ok(read)
    }

    /// The input has come to `bound`.
    pub(super) fn pass(&mut self, bound: Timestamp) -> Delta {
        self.bound = self.bound.max(bound.millis());
        Delta { rows: Vec::new(), bound: self.bound }
    }

    /// Whether there may be more than was read.
    pub(super) fn has_more(&mut self) -> Result<bool> {
        let written = self.options.stream.written_bytes()?;
        let more = written != self.seen;
        self.seen = written;
        if more {
            return Ok(true);
        }
        // A record of the very instant up to which was read is seen but not taken.
        for shard in &mut self.shards {
            if shard.head.is_some() || shard.reader.peek_arrival()?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// See that every shard has a head, if it has records.
    fn fill_heads(&mut self, before: Timestamp) -> Result<()> {
        self.follow()?;
        for shard in self.shards.iter_mut().filter(|shard| shard.head.is_none()) {
            shard.head = shard.reader.next_batch(usize::MAX, before)?;
        }
        Ok(())
    }

    /// Rows of records that lie before `bound`.
    fn decode(&mut self, batches: &[ShardBatch], bound: Timestamp) -> Result<Read> {
        let mut pieces = Vec::with_capacity(batches.len());
        for batch in batches {
            // Rows from before the bound of an earlier run are taken to be of that moment.
            self.bound = self.bound.max(batch.arrival.millis());
            pieces.push(Piece { batch, records: 0..batch.len(), rowtime: self.bound });
        }
        self.bound = self.bound.max(bound.millis());
        let Decoded { rows, errors } = self.decoding.decode(&self.options, pieces)?;
        let records: usize = batches.iter().map(ShardBatch::len).sum();
        Ok(Read { delta: Delta { rows, bound: self.bound }, errors, records: records as u64 })
    }
}
