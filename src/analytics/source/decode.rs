//! Batches of records to rows, by as many threads as pay.
//!
//! Decoding is most of what an application does, and a record's rows depend on nothing but the record. So the records of an
//! epoch are cut into parts, one a decoder, and the parts' rows follow each other as the records did.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder, TimestampMillisecondArray};
use arrow::datatypes::SchemaRef;

use super::input::InputOptions;
use super::preprocess::process;
use crate::analytics::error::{Error, Result};
use crate::analytics::error_stream::ErrorRow;
use crate::analytics::input::{BadRecord, ProcessedRecord, RecordDecoder};
use crate::analytics::operator::Rows;
use crate::stream::{SequenceNumber, ShardBatch, UserRecord, unpack};

/// Records that are worth a thread.
const PART_RECORDS: usize = 4_096;
/// More threads would find no work: the pumps behind them are one.
const MOST_THREADS: usize = 4;

/// Decodes the records of one input.
#[derive(Debug)]
pub(super) struct Decoding {
    decoders: Vec<RecordDecoder>,
    /// Of its rows: declared and implicit columns.
    rows: SchemaRef,
    with_origin: bool,
}

/// Records of one batch, and the ROWTIME that their rows get.
pub(super) struct Piece<'a> {
    pub(super) batch: &'a ShardBatch,
    pub(super) records: Range<usize>,
    pub(super) rowtime: i64,
}

/// What came of some records.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) rows: Vec<Rows>,
    pub(super) errors: Vec<ErrorRow>,
}

impl Decoding {
    pub(super) fn new(options: &InputOptions, rows: SchemaRef, with_origin: bool) -> Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        // A pre-processing function is called for one batch after the other.
        let threads = if options.preprocess.is_some() { 1 } else { threads };
        let decoders = (0..threads).map(|_| RecordDecoder::new(&options.schema)).collect::<Result<_>>()?;
        Ok(Self { decoders, rows, with_origin })
    }

    /// The rows of all pieces, in their order.
    pub(super) fn decode(&mut self, options: &InputOptions, pieces: Vec<Piece<'_>>) -> Result<Decoded> {
        let records: usize = pieces.iter().map(|piece| piece.records.len()).sum();
        let parts = divide(pieces, records.div_ceil(self.decoders.len()).max(PART_RECORDS));
        let (rows, with_origin) = (&self.rows, self.with_origin);
        let decode = |decoder: &mut RecordDecoder, pieces: &[Piece<'_>]| {
            Part { options, decoder, rows, with_origin }.decode(pieces)
        };
        let decode = &decode;
        let parts: Vec<Result<Decoded>> = std::thread::scope(|scope| {
            let mut work = self.decoders.iter_mut().zip(&parts);
            let Some((decoder, first)) = work.next() else { return Vec::new() };
            let others: Vec<_> = work.map(|(decoder, part)| scope.spawn(move || decode(decoder, part))).collect();
            let first = decode(decoder, first);
            let panicked = || Err(Error::Internal("a thread that decodes records panicked".into()));
            let others = others.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked()));
            std::iter::once(first).chain(others).collect()
        });
        let mut all = Decoded::default();
        for part in parts {
            let Decoded { rows, errors } = part?;
            all.rows.extend(rows);
            all.errors.extend(errors);
        }
        Ok(all)
    }
}

/// The pieces in parts of `size` records each but for the last.
fn divide(pieces: Vec<Piece<'_>>, size: usize) -> Vec<Vec<Piece<'_>>> {
    let mut parts = Vec::new();
    let (mut part, mut room) = (Vec::new(), size);
    for Piece { batch, mut records, rowtime } in pieces {
        while !records.is_empty() {
            let end = records.end.min(records.start + room);
            part.push(Piece { batch, records: records.start..end, rowtime });
            room -= end - records.start;
            records.start = end;
            if room == 0 {
                parts.push(std::mem::take(&mut part));
                room = size;
            }
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// What one thread works with.
struct Part<'a> {
    options: &'a InputOptions,
    decoder: &'a mut RecordDecoder,
    rows: &'a SchemaRef,
    with_origin: bool,
}

impl Part<'_> {
    fn decode(&mut self, pieces: &[Piece<'_>]) -> Result<Decoded> {
        let records = pieces.iter().map(|piece| piece.records.len()).sum();
        let mut rowtimes: Vec<i64> = Vec::with_capacity(records);
        // Absent while every row's ROWTIME is its arrival.
        let mut arrivals: Vec<i64> = Vec::new();
        let mut origin = self.with_origin.then(OriginBuilder::default);
        let mut decoded = Decoded::default();
        for piece in pieces {
            let arrival = piece.batch.arrival.millis();
            if arrival < piece.rowtime && arrivals.is_empty() {
                arrivals.clone_from(&rowtimes);
            }
            let rows = self.decode_piece(piece, origin.as_mut(), &mut decoded.errors)?;
            rowtimes.resize(rowtimes.len() + rows, piece.rowtime);
            if arrival < piece.rowtime || !arrivals.is_empty() {
                arrivals.resize(rowtimes.len(), arrival);
            }
        }
        if !rowtimes.is_empty() {
            let rowtime = TimestampMillisecondArray::from(rowtimes);
            let mut columns = self.decoder.finish()?;
            columns.push(if arrivals.is_empty() {
                Arc::new(rowtime.clone())
            } else {
                Arc::new(TimestampMillisecondArray::from(arrivals))
            });
            columns.extend(origin.map(OriginBuilder::finish).into_iter().flatten());
            decoded.rows.push(Rows { batch: RecordBatch::try_new(Arc::clone(self.rows), columns)?, rowtime });
        }
        Ok(decoded)
    }

    /// Decode one piece into the columns; gives its number of rows.
    fn decode_piece(
        &mut self,
        piece: &Piece<'_>,
        mut origin: Option<&mut OriginBuilder>,
        errors: &mut Vec<ErrorRow>,
    ) -> Result<usize> {
        let Piece { batch, records, rowtime } = piece;
        let offsets = batch.data.value_offsets();
        let block = &batch.data.value_data()[offsets[records.start] as usize..offsets[records.end] as usize];
        let utf8 = std::str::from_utf8(block).is_ok();
        let stream = &self.options.stream;
        let processed = match &self.options.preprocess {
            None => None,
            Some(preprocess) => Some(process(preprocess.as_ref(), stream, batch)?),
        };
        let mut bad = Vec::new();
        let mut decoded = 0;
        for record in records.clone() {
            let (data, utf8) = match processed.as_ref().map(|processed| &processed[record]) {
                None => (batch.data.value(record), utf8),
                Some(ProcessedRecord::Ok(data)) => (data.as_slice(), false),
                Some(ProcessedRecord::Dropped) => continue,
                Some(ProcessedRecord::Failed(data)) => {
                    let message = "the pre-processing function answered ProcessingFailed".into();
                    errors.push(error_row(*rowtime, "PREPROCESSING_ERROR", BadRecord { message }, data));
                    continue;
                }
            };
            let alone =
                [UserRecord { partition_key: batch.partition_keys.value(record), explicit_hash_key: None, data }];
            // A pre-processing function has seen the aggregate as a whole, and answered for it.
            let aggregate = if processed.is_none() { unpack(data) } else { None };
            for user in aggregate.as_deref().unwrap_or(&alone) {
                let rows = self.decoder.decode(user.data, utf8, &mut bad);
                decoded += rows;
                if let Some(origin) = &mut origin
                    && rows > 0
                {
                    let offset = batch.first_offset + record as u64;
                    let number = stream.sequence_number(batch.shard, offset, batch.arrival);
                    origin.append(user.partition_key, &number, rows);
                }
                errors.extend(bad.drain(..).map(|bad| error_row(*rowtime, "INPUT_RECORD_ERROR", bad, user.data)));
            }
        }
        Ok(decoded)
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
