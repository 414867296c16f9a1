//! One input: records of a stream's shards, merged by arrival and decoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder, TimestampMillisecondArray};
use arrow::datatypes::SchemaRef;

use crate::analytics::error::{Error, Result};
use crate::analytics::error_stream::ErrorRow;
use crate::analytics::input::{
    BadRecord, Discovery, InputSchema, Preprocess, ProcessedRecord, RawRecord, RecordDecoder, discover,
};
use crate::analytics::operator::{Delta, Rows};
use crate::stream::{SequenceNumber, ShardBatch, ShardId, ShardReader, StartPosition, Stream};
use crate::time::Timestamp;

/// Records that discovery looks at.
const SAMPLE: usize = 1_000;

/// How an input is read.
#[derive(Clone, Debug)]
pub(crate) struct InputOptions {
    /// The in-application stream that it feeds.
    pub(crate) name: String,
    pub(crate) stream: Stream,
    /// Only these shards; all when absent.
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
    decoder: RecordDecoder,
    shards: Vec<ShardSource>,
    /// Of its rows: declared and implicit columns.
    rows: SchemaRef,
    with_origin: bool,
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
        let wanted = |id: ShardId| options.shards.as_ref().is_none_or(|shards| shards.contains(&id.0));
        for shard in stream.shards().iter().filter(|shard| wanted(shard.id)) {
            let start = match positions.get(&shard.id.0) {
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
        let decoder = RecordDecoder::new(&options.schema)?;
        Ok(Self { options, decoder, shards, rows, with_origin, bound, seen: 0 })
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
        for shard in self.shards.iter_mut().filter(|shard| shard.head.is_none()) {
            shard.head = shard.reader.next_batch(usize::MAX, before)?;
        }
        Ok(())
    }

    /// Rows of records that lie before `bound`.
    fn decode(&mut self, batches: &[ShardBatch], bound: Timestamp) -> Result<Read> {
        let records: usize = batches.iter().map(ShardBatch::len).sum();
        let mut rowtimes: Vec<i64> = Vec::with_capacity(records);
        let mut arrivals: Vec<i64> = Vec::new();
        let (mut errors, mut bad) = (Vec::new(), Vec::new());
        let mut origin = self.with_origin.then(OriginBuilder::default);
        for batch in batches {
            let arrival = batch.arrival.millis();
            // Rows from before the bound of an earlier run are taken to be of that moment.
            if arrival < self.bound && arrivals.is_empty() {
                arrivals.clone_from(&rowtimes);
            }
            self.bound = self.bound.max(arrival);
            let offsets = batch.data.value_offsets();
            let block = &batch.data.value_data()[offsets[0] as usize..offsets[batch.len()] as usize];
            let utf8 = std::str::from_utf8(block).is_ok();
            let processed = match &self.options.preprocess {
                None => None,
                Some(preprocess) => Some(process(preprocess.as_ref(), &self.options.stream, batch)?),
            };
            for record in 0..batch.len() {
                let (data, utf8) = match processed.as_ref().map(|processed| &processed[record]) {
                    None => (batch.data.value(record), utf8),
                    Some(ProcessedRecord::Ok(data)) => (data.as_slice(), false),
                    Some(ProcessedRecord::Dropped) => continue,
                    Some(ProcessedRecord::Failed(data)) => {
                        let message = "the pre-processing function answered ProcessingFailed".into();
                        errors.push(error_row(self.bound, "PREPROCESSING_ERROR", BadRecord { message }, data));
                        continue;
                    }
                };
                let rows = self.decoder.decode(data, utf8, &mut bad);
                rowtimes.resize(rowtimes.len() + rows, self.bound);
                if let Some(origin) = &mut origin
                    && rows > 0
                {
                    let offset = batch.first_offset + record as u64;
                    let number = self.options.stream.sequence_number(batch.shard, offset, batch.arrival);
                    origin.append(batch.partition_keys.value(record), &number, rows);
                }
                errors.extend(bad.drain(..).map(|bad| error_row(self.bound, "INPUT_RECORD_ERROR", bad, data)));
            }
            if arrival < self.bound || !arrivals.is_empty() {
                arrivals.resize(rowtimes.len(), arrival);
            }
        }
        self.bound = self.bound.max(bound.millis());
        let mut rows = Vec::new();
        if !rowtimes.is_empty() {
            let rowtime = TimestampMillisecondArray::from(rowtimes);
            let mut columns = self.decoder.finish()?;
            columns.push(if arrivals.is_empty() {
                Arc::new(rowtime.clone())
            } else {
                Arc::new(TimestampMillisecondArray::from(arrivals))
            });
            columns.extend(origin.map(OriginBuilder::finish).into_iter().flatten());
            rows.push(Rows { batch: RecordBatch::try_new(Arc::clone(&self.rows), columns)?, rowtime });
        }
        Ok(Read { delta: Delta { rows, bound: self.bound }, errors, records: records as u64 })
    }
}

#[derive(Default)]
struct OriginBuilder {
    partition_key: StringBuilder,
    shard_id: StringBuilder,
    sequence_number: StringBuilder,
}

impl OriginBuilder {
    fn append(&mut self, key: &str, number: &SequenceNumber, rows: usize) {
        let (shard, number) = (number.shard.to_string(), number.to_string());
        for _ in 0..rows {
            self.partition_key.append_value(key);
            self.shard_id.append_value(&shard);
            self.sequence_number.append_value(&number);
        }
    }

    fn finish(mut self) -> [ArrayRef; 3] {
        [
            Arc::new(self.partition_key.finish()),
            Arc::new(self.shard_id.finish()),
            Arc::new(self.sequence_number.finish()),
        ]
    }
}

fn error_row(time: i64, name: &'static str, bad: BadRecord, data: &[u8]) -> ErrorRow {
    ErrorRow { time, name, message: bad.message, data_rowtime: time, data: data.to_vec(), pump: String::new() }
}

/// The records of a batch as the pre-processing function gives them.
fn process(preprocess: &dyn Preprocess, stream: &Stream, batch: &ShardBatch) -> Result<Vec<ProcessedRecord>> {
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

/// Discover the schema of the input `name` from the oldest records of `stream`, some of each shard, as `preprocess` gives
/// them.
///
/// # Errors
/// [`Error::Discovery`] when there is nothing to learn from.
pub fn discover_from_stream(name: &str, stream: &Stream, preprocess: Option<&dyn Preprocess>) -> Result<Discovery> {
    let each = SAMPLE.div_ceil(stream.shards().len().max(1));
    let mut records: Vec<Vec<u8>> = Vec::new();
    for shard in stream.shards() {
        let mut reader = stream.reader(shard.id, &StartPosition::TrimHorizon)?;
        let mut left = each;
        while left > 0
            && let Some(batch) = reader.next_batch(left, Timestamp::MAX)?
        {
            left -= batch.len();
            match preprocess {
                None => records.extend((0..batch.len()).map(|row| batch.data.value(row).to_vec())),
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
