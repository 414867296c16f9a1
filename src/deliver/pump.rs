//! From a stream into a delivery, with a checkpoint of its own.
//!
//! The checkpoint holds the place in every shard together with the delivery's state, and is replaced as a whole; objects
//! are published once it is written. So every record is in one object, whenever the process dies.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::checkpoint::{Checkpoint, DeliveryTotals};
use super::delivery::Delivery;
use super::record::{SourcePlace, SourceRecord};
use super::sink::{Sink as _, SinkMetrics};
use super::{Error, Result};
use crate::stream::{ShardBatch, ShardInfo, ShardReader, StartPosition, Stream};
use crate::time::{Clock, Timestamp};

/// Records of one step.
const RECORDS: usize = 8_192;

/// Delivers the records of a stream.
pub struct Pump {
    delivery: Delivery,
    stream: Stream,
    readers: Vec<ShardReader>,
    /// Records that were read and that the delivery could not take yet.
    held: Option<ShardBatch>,
    /// What earlier runs did.
    before: DeliveryTotals,
    is_owner: bool,
    checkpoint: Checkpoint,
    clock: Arc<dyn Clock>,
}

impl Pump {
    /// Go on where the delivery's checkpoint is, or begin at `start` when there is none.
    ///
    /// # Errors
    /// A checkpoint that is damaged or of another stream, another process that runs the delivery, and the stream's.
    pub fn open(mut delivery: Delivery, stream: Stream, start: StartPosition, clock: Arc<dyn Clock>) -> Result<Self> {
        let checkpoint = Checkpoint::new(delivery.name(), delivery.private_dir());
        // Before the checkpoint is read, or another process could still write a newer one.
        delivery.lock()?;
        let loaded = checkpoint.load()?;
        if let Some((head, _)) = loaded.as_ref().filter(|(head, _)| head.stream != stream.name()) {
            let hint = "give the delivery another name";
            return Err(checkpoint.corrupt(&format!("it is of the stream `{}`\nhint: {hint}", head.stream)));
        }
        let (head, snapshot) = loaded.unzip();
        if let Err(error) = delivery.restore(snapshot.as_ref()) {
            if !delivery.is_started() {
                return Err(error);
            }
            // What it could not publish now is published before anything else is taken.
            tracing::warn!(delivery = delivery.name(), %error, "files of an earlier run wait");
        }
        let failed = |source| source_error(&stream, source);
        let open = |shard: &ShardInfo| {
            let position = match head.as_ref().and_then(|head| head.positions.get(&shard.id.to_string())) {
                Some(offset) => {
                    StartPosition::AtSequenceNumber(stream.sequence_number(shard.id, *offset, Timestamp(0)))
                }
                None => start,
            };
            stream.reader(shard.id, &position).map_err(failed)
        };
        let readers = stream.shards().iter().map(open).collect::<Result<_>>()?;
        let before = head.map(|head| head.totals).unwrap_or_default();
        Ok(Self { delivery, stream, readers, held: None, before, is_owner: false, checkpoint, clock })
    }

    /// The stream is the delivery's own: what is in published files is deleted from it.
    #[must_use]
    pub fn owning_stream(mut self) -> Self {
        self.is_owner = true;
        self
    }

    /// Deliver some records: the next ones of the shard whose come first. Gives how many; 0 when there is none now.
    ///
    /// # Errors
    /// The stream's, why a finished object cannot be written or published. Nothing is lost, and the call can be repeated.
    pub fn step(&mut self) -> Result<usize> {
        // While files wait nothing more is taken: the source keeps it.
        self.commit_finished()?;
        if self.held.is_none() {
            self.held = self.read()?;
        }
        let Some(batch) = &self.held else { return Ok(0) };
        let count = batch.len();
        let records = records(&self.stream, batch, self.is_owner);
        self.delivery.write_records(&records, self.clock.now())?;
        self.held = None;
        self.commit_finished()?;
        Ok(count)
    }

    /// The next records of the shard whose come first.
    fn read(&mut self) -> Result<Option<ShardBatch>> {
        let mut first: Option<(Timestamp, usize)> = None;
        for (place, reader) in self.readers.iter_mut().enumerate() {
            let arrival = reader.peek_arrival().map_err(|source| source_error(&self.stream, source))?;
            if let Some(arrival) = arrival.filter(|arrival| first.is_none_or(|(known, _)| *arrival < known)) {
                first = Some((arrival, place));
            }
        }
        let Some(reader) = first.and_then(|(_, place)| self.readers.get_mut(place)) else { return Ok(None) };
        reader.next_batch(RECORDS, Timestamp::MAX).map_err(|source| source_error(&self.stream, source))
    }

    /// Finish the objects whose interval is over, and publish them.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn advance(&mut self) -> Result<()> {
        self.delivery.advance(self.clock.now())?;
        self.commit_finished()
    }

    /// Finish all open objects, and publish them.
    ///
    /// # Errors
    /// The checkpoint's and the lake's; the call can be repeated.
    pub fn flush(&mut self) -> Result<()> {
        self.delivery.advance(Timestamp::MAX)?;
        self.commit()?;
        // Once more, so that what it says of the files is true when nothing runs.
        self.save()
    }

    /// Deliver what was put before this call, finish all open objects, and publish them. `is_stopped` ends it early, and
    /// `delivered` hears of each step.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn drain(&mut self, mut is_stopped: impl FnMut() -> bool, mut delivered: impl FnMut(usize)) -> Result<()> {
        let ends = |shard: &ShardInfo| self.stream.end(shard.id).map_err(|source| source_error(&self.stream, source));
        let ends: Vec<u64> = self.stream.shards().iter().map(ends).collect::<Result<_>>()?;
        while !is_stopped() && self.positions().zip(&ends).any(|((_, offset), end)| offset < *end) {
            match self.step()? {
                0 => break,
                count => delivered(count),
            }
        }
        self.flush()
    }

    /// What has happened since the pump was opened.
    #[must_use]
    pub fn metrics(&self) -> SinkMetrics {
        self.delivery.metrics()
    }

    /// What the delivery did over all its runs.
    #[must_use]
    pub fn totals(&self) -> DeliveryTotals {
        let (metrics, (delivered, failed)) = (self.delivery.metrics(), self.delivery.published_rows());
        DeliveryTotals {
            records: self.before.records + metrics.records,
            delivered: self.before.delivered + delivered,
            failed: self.before.failed + failed,
            objects: self.before.objects + metrics.objects,
            bytes: self.before.bytes + metrics.bytes,
            pending: metrics.pending_records,
            oldest_pending: metrics.oldest_pending,
        }
    }

    fn commit_finished(&mut self) -> Result<()> {
        if self.delivery.has_finished() { self.commit() } else { Ok(()) }
    }

    /// Write the checkpoint, and publish what it names.
    fn commit(&mut self) -> Result<()> {
        self.save()?;
        self.delivery.commit()?;
        if self.is_owner {
            for (shard, offset) in self.positions() {
                self.stream.trim(shard.id, offset).map_err(|source| source_error(&self.stream, source))?;
            }
        }
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        let state = self.delivery.snapshot()?;
        let positions = self.positions().map(|(shard, offset)| (shard.id.to_string(), offset)).collect();
        self.checkpoint.save(self.stream.name(), positions, self.totals(), &state)
    }

    /// The next record of each shard that the delivery has not taken.
    fn positions(&self) -> impl Iterator<Item = (&ShardInfo, u64)> {
        let next = |(shard, reader): (_, &ShardReader)| {
            let shard: &ShardInfo = shard;
            let held = self.held.as_ref().filter(|batch| batch.shard == shard.id);
            (shard, held.map_or_else(|| reader.next_offset(), |batch| batch.first_offset))
        };
        self.stream.shards().iter().zip(&self.readers).map(next)
    }
}

impl std::fmt::Debug for Pump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pump").field("delivery", &self.delivery).field("stream", &self.stream.name()).finish()
    }
}

/// What a delivery did, by its last checkpoint, and the place up to which it has read each shard.
pub(super) fn last_checkpoint(delivery: &Delivery) -> Result<(DeliveryTotals, BTreeMap<String, u64>)> {
    let head = Checkpoint::new(delivery.name(), delivery.private_dir()).head()?;
    Ok(head.map_or_else(Default::default, |head| (head.totals, head.positions)))
}

/// The records as a delivery takes them. Those that were put directly have no place in a stream that a user knows.
fn records(stream: &Stream, batch: &ShardBatch, is_direct: bool) -> Vec<SourceRecord> {
    let shard_id = batch.shard.to_string();
    let keys = batch.partition_keys.iter().map(Option::unwrap_or_default);
    let data = batch.data.iter().map(Option::unwrap_or_default);
    let record = |((offset, data), key): ((u64, &[u8]), &str)| SourceRecord {
        data: Bytes::copy_from_slice(data),
        arrival: batch.arrival,
        place: (!is_direct).then(|| SourcePlace {
            shard_id: shard_id.clone(),
            sequence_number: stream.sequence_number(batch.shard, offset, batch.arrival).to_string(),
            sub_sequence_number: None,
            partition_key: key.to_owned(),
        }),
    };
    (batch.first_offset..).zip(data).zip(keys).map(record).collect()
}

pub(super) fn source_error(stream: &Stream, source: crate::stream::Error) -> Error {
    Error::Source { stream: stream.name().to_owned(), source: Box::new(source) }
}
