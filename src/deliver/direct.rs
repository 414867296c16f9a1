//! Direct put: records that are put into the delivery itself.
//!
//! They go into a log of the delivery's own first, by the rules of a stream: what a put acknowledged survives `kill -9`,
//! several processes may put, and the one that runs the delivery takes them from there, once. What is in published files
//! is deleted from the log.
//!
//! Source: Firehose API reference, PutRecord and PutRecordBatch.

use std::sync::Arc;

use super::Error;
use super::checkpoint::DeliveryTotals;
use super::delivery::Delivery;
use super::pump::{last_checkpoint, source_error};
use super::{Pump, Result};
use crate::stream::{Durability, RecordBlock, StartPosition, Stream, StreamStore};
use crate::time::{Clock, Timestamp};

/// The largest record, in bytes: 1,000 KiB.
pub const LARGEST_RECORD: usize = 1000 * 1024;

/// Name of the log among the delivery's private files.
const LOG: &str = "direct-put";
/// A stream wants a partition key; with one shard it decides nothing.
const KEY: &str = "-";
/// Records of one write, and about their bytes.
const CHUNK_RECORDS: usize = 65_536;
const CHUNK_BYTES: usize = 4 << 20;

/// The way into a delivery. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DirectPut {
    log: Stream,
}

/// What a put did.
#[derive(Debug, Default)]
pub struct DirectPutReport {
    /// Ids of the records that are kept, which are the first ones of the call.
    pub record_ids: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// Why those behind were not taken, if there are any.
    pub failure: Option<crate::stream::Error>,
}

/// Records that wait in the source of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// How many.
    pub records: u64,
    /// When the oldest of them arrived.
    pub oldest: Option<Timestamp>,
}

impl DirectPut {
    /// The way into `delivery`, made when there is none.
    ///
    /// # Errors
    /// [`Error::Source`] when the log cannot be used.
    pub fn open(delivery: &Delivery, clock: Arc<dyn Clock>) -> Result<Self> {
        let store = StreamStore::new(delivery.private_dir(), clock);
        let log = store.open_or_create(LOG, Some(1), Durability::Os);
        log.map(|log| Self { log }).map_err(|source| Error::Source { stream: LOG.to_owned(), source: Box::new(source) })
    }

    /// Whether something was ever put into `delivery`.
    #[must_use]
    pub fn exists(delivery: &Delivery) -> bool {
        delivery.private_dir().join(LOG).exists()
    }

    /// Put records, keeping their order. Those of which the report has ids survive the end of this process.
    ///
    /// # Errors
    /// [`Error::RecordTooLarge`], and [`Error::Source`] when not one record could be kept. Nothing was put then.
    pub fn put<R: AsRef<[u8]>>(&self, records: &[R]) -> Result<DirectPutReport> {
        let sizes = records.iter().map(|record| record.as_ref().len());
        if let Some((record, bytes)) = sizes.enumerate().find(|(_, bytes)| *bytes > LARGEST_RECORD) {
            return Err(Error::RecordTooLarge { record, bytes, limit: LARGEST_RECORD });
        }
        let mut report = DirectPutReport::default();
        while let Some(rest) = records.get(report.record_ids.len()..).filter(|rest| !rest.is_empty()) {
            if let Err(failure) = self.put_chunk(rest, &mut report) {
                if report.record_ids.is_empty() {
                    return Err(source_error(&self.log, failure));
                }
                report.failure = Some(failure);
                break;
            }
        }
        Ok(report)
    }

    /// Put the first records in one write: all of them are kept, or none.
    fn put_chunk<R: AsRef<[u8]>>(&self, records: &[R], report: &mut DirectPutReport) -> crate::stream::Result<()> {
        let mut block = RecordBlock::new();
        for record in records.iter().take(CHUNK_RECORDS) {
            // With its keys a chunk stays within one frame, as the log's writer cuts them.
            if !block.is_empty() && block.bytes() + record.as_ref().len() + KEY.len() > CHUNK_BYTES {
                break;
            }
            block.push(record.as_ref(), KEY)?;
        }
        let put = self.log.put_block(&block)?;
        for shard in &put.shards {
            let ids = (shard.first.offset..=shard.last.offset)
                .map(|offset| crate::stream::SequenceNumber { offset, ..shard.first }.to_string());
            report.record_ids.extend(ids);
        }
        report.bytes += (block.bytes() - block.len() * KEY.len()) as u64;
        Ok(())
    }

    /// The pump that takes the records from here into `delivery`.
    ///
    /// # Errors
    /// As [`Pump::open`].
    pub fn pump(&self, delivery: Delivery, clock: Arc<dyn Clock>) -> Result<Pump> {
        Ok(Pump::open(delivery, self.log.clone(), StartPosition::TrimHorizon, clock)?.owning_stream())
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Stream {
        &self.log
    }
}

impl Delivery {
    /// What the delivery did by its last checkpoint, whichever process wrote it, and what waits in `source` behind it.
    ///
    /// # Errors
    /// A checkpoint that is damaged, and the stream's.
    pub fn progress(&self, source: &Stream) -> Result<(DeliveryTotals, Backlog)> {
        let (totals, positions) = last_checkpoint(self)?;
        let failed = |error| source_error(source, error);
        let mut backlog = Backlog::default();
        for shard in &source.refresh().map_err(failed)? {
            let (end, position) = (source.end(shard.id).map_err(failed)?, positions.get(&shard.id.to_string()));
            let start = position.map_or(StartPosition::TrimHorizon, |offset| {
                StartPosition::AtSequenceNumber(source.sequence_number(shard.id, *offset, Timestamp(0)))
            });
            if position.is_some_and(|position| *position >= end) {
                continue;
            }
            let mut reader = source.reader(shard.id, &start).map_err(failed)?;
            let oldest = reader.peek_arrival().map_err(failed)?;
            backlog.records += end.saturating_sub(reader.next_offset());
            backlog.oldest = [backlog.oldest, oldest].into_iter().flatten().min();
        }
        Ok((totals, backlog))
    }
}
