//! The input of an application: records of a stream's shards, merged by arrival and decoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray, StringBuilder};

use super::error::{Error, Result};
use super::error_stream::ErrorRow;
use super::input::{
    BadRecord, Discovery, InputSchema, Preprocess, ProcessedRecord, RawRecord, RecordDecoder, discover,
};
use super::rows::{RecordOrigin, StreamRows};
use crate::stream::{SequenceNumber, ShardBatch, ShardId, ShardReader, StartPosition, Stream};
use crate::time::Timestamp;

/// Records that discovery looks at.
const SAMPLE: usize = 1_000;

/// Next offset of each shard: what is before has been read.
pub(crate) type Positions = BTreeMap<u32, u64>;

/// Records of one epoch, decoded.
#[derive(Debug)]
pub(crate) struct SourceEpoch {
    pub(crate) rows: Option<StreamRows>,
    pub(crate) errors: Vec<ErrorRow>,
    /// Records read, good and bad.
    pub(crate) records: u64,
    /// Where the next epoch begins.
    pub(crate) positions: Positions,
    pub(crate) last_rowtime: i64,
}

/// Reads a stream for one in-application input stream.
#[derive(Debug)]
pub(crate) struct Source {
    stream: Stream,
    schema: InputSchema,
    decoder: RecordDecoder,
    preprocess: Option<Arc<dyn Preprocess>>,
    shards: Vec<ShardSource>,
    with_origin: bool,
    last_rowtime: i64,
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

impl Source {
    /// A source that goes on at `positions`, or at `start` in shards that those do not name.
    pub(crate) fn open(
        stream: &Stream,
        schema: &InputSchema,
        start: &StartPosition,
        positions: &Positions,
        last_rowtime: i64,
        with_origin: bool,
        preprocess: Option<Arc<dyn Preprocess>>,
    ) -> Result<Self> {
        let mut shards = Vec::new();
        for shard in stream.shards() {
            let start = match positions.get(&shard.id.0) {
                None => *start,
                Some(0) => StartPosition::TrimHorizon,
                Some(&next) => {
                    StartPosition::AfterSequenceNumber(stream.sequence_number(shard.id, next - 1, Timestamp(0)))
                }
            };
            let reader = stream.reader(shard.id, &start)?;
            let consumed = reader.next_offset();
            shards.push(ShardSource { reader, id: shard.id, head: None, consumed });
        }
        let decoder = RecordDecoder::new(schema)?;
        Ok(Self {
            stream: stream.clone(),
            schema: schema.clone(),
            decoder,
            preprocess,
            shards,
            with_origin,
            last_rowtime,
        })
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// At most about `limit` of the records that arrived before `before`; `None` when there are none.
    pub(crate) fn read_epoch(&mut self, limit: usize, before: Timestamp) -> Result<Option<SourceEpoch>> {
        let mut batches = Vec::new();
        let mut taken = 0;
        while taken < limit {
            let Some(batch) = self.next_batch(limit - taken, before)? else { break };
            taken += batch.len();
            batches.push(batch);
        }
        if batches.is_empty() { Ok(None) } else { self.decode(&batches).map(Some) }
    }

    /// The next batch in order of (arrival, shard).
    fn next_batch(&mut self, limit: usize, before: Timestamp) -> Result<Option<ShardBatch>> {
        let mut earliest: Option<(Timestamp, usize)> = None;
        for (place, shard) in self.shards.iter_mut().enumerate() {
            if shard.head.is_none() {
                shard.head = shard.reader.next_batch(limit, before)?;
            }
            if let Some(head) = &shard.head
                && earliest.is_none_or(|(arrival, _)| head.arrival < arrival)
            {
                earliest = Some((head.arrival, place));
            }
        }
        let Some((_, place)) = earliest else { return Ok(None) };
        let shard = &mut self.shards[place];
        let Some(head) = shard.head.take() else { return Ok(None) };
        // A head that was read for a larger limit is cut now.
        let (batch, rest) = split(head, limit);
        shard.consumed = batch.next_offset();
        shard.head = rest;
        Ok(Some(batch))
    }

    fn decode(&mut self, batches: &[ShardBatch]) -> Result<SourceEpoch> {
        let records: usize = batches.iter().map(ShardBatch::len).sum();
        let mut rowtimes: Vec<i64> = Vec::with_capacity(records);
        let (mut errors, mut bad) = (Vec::new(), Vec::new());
        let mut origin = self.with_origin.then(OriginBuilder::default);
        for batch in batches {
            self.last_rowtime = self.last_rowtime.max(batch.arrival.millis());
            let offsets = batch.data.value_offsets();
            let block = &batch.data.value_data()[offsets[0] as usize..offsets[batch.len()] as usize];
            let utf8 = std::str::from_utf8(block).is_ok();
            let processed = match &self.preprocess {
                None => None,
                Some(preprocess) => Some(process(preprocess.as_ref(), &self.stream, batch)?),
            };
            for record in 0..batch.len() {
                let (data, utf8) = match processed.as_ref().map(|processed| &processed[record]) {
                    None => (batch.data.value(record), utf8),
                    Some(ProcessedRecord::Ok(data)) => (data.as_slice(), false),
                    Some(ProcessedRecord::Dropped) => continue,
                    Some(ProcessedRecord::Failed(data)) => {
                        let message = "the pre-processing function answered ProcessingFailed".into();
                        errors.push(error_row(self.last_rowtime, "PREPROCESSING_ERROR", BadRecord { message }, data));
                        continue;
                    }
                };
                let rows = self.decoder.decode(data, utf8, &mut bad);
                rowtimes.resize(rowtimes.len() + rows, self.last_rowtime);
                if let Some(origin) = &mut origin
                    && rows > 0
                {
                    let number =
                        self.stream.sequence_number(batch.shard, batch.first_offset + record as u64, batch.arrival);
                    origin.append(batch.partition_keys.value(record), &number, rows);
                }
                errors.extend(bad.drain(..).map(|bad| error_row(self.last_rowtime, "INPUT_RECORD_ERROR", bad, data)));
            }
        }
        let rows = if rowtimes.is_empty() {
            None
        } else {
            let batch = RecordBatch::try_new(self.schema.to_arrow(), self.decoder.finish()?)?;
            let mut rows = StreamRows::new(batch, rowtimes.into());
            rows.origin = origin.map(OriginBuilder::finish);
            Some(rows)
        };
        let positions = self.shards.iter().map(|shard| (shard.id.0, shard.consumed)).collect();
        Ok(SourceEpoch { rows, errors, records: records as u64, positions, last_rowtime: self.last_rowtime })
    }
}

/// The first `limit` records, and the rest if there is one.
fn split(batch: ShardBatch, limit: usize) -> (ShardBatch, Option<ShardBatch>) {
    if batch.len() <= limit {
        return (batch, None);
    }
    let part = |start: usize, length: usize| ShardBatch {
        first_offset: batch.first_offset + start as u64,
        data: batch.data.slice(start, length),
        partition_keys: batch.partition_keys.slice(start, length),
        ..batch.clone()
    };
    (part(0, limit), Some(part(limit, batch.len() - limit)))
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

    fn finish(mut self) -> RecordOrigin {
        let column = |builder: &mut StringBuilder| -> StringArray { builder.finish() };
        RecordOrigin {
            partition_key: column(&mut self.partition_key),
            shard_id: column(&mut self.shard_id),
            sequence_number: column(&mut self.sequence_number),
        }
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
