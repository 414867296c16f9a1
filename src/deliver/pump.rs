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
use crate::stream::{ShardBatch, ShardId, ShardInfo, ShardReader, StartPosition, Stream};
use crate::time::{Clock, Timestamp};

/// Records of one step.
const RECORDS: usize = 8_192;

/// Delivers the records of a stream.
pub struct Pump {
    delivery: Delivery,
    stream: Stream,
    readers: Vec<ShardReader>,
    /// Shards with ids from here on are new.
    known: u32,
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
        let positions = head.as_ref().map(|head| &head.positions);
        // Shards that were made since the checkpoint go on where their parents end.
        let known = positions.map_or(u32::MAX, |positions| {
            let ids = positions.keys().filter_map(|id| id.parse::<ShardId>().ok());
            ids.map(|id| id.0 + 1).max().unwrap_or(u32::MAX)
        });
        let open = |shard: &ShardInfo| {
            let position = match positions.and_then(|positions| positions.get(&shard.id.to_string())) {
                Some(offset) => {
                    StartPosition::AtSequenceNumber(stream.sequence_number(shard.id, *offset, Timestamp(0)))
                }
                None if shard.id.0 >= known => StartPosition::TrimHorizon,
                None => start,
            };
            stream.reader(shard.id, &position).map_err(failed)
        };
        let shards = stream.refresh().map_err(failed)?;
        let readers = shards.iter().map(open).collect::<Result<_>>()?;
        let known = next_id(&shards);
        let before = head.map(|head| head.totals).unwrap_or_default();
        Ok(Self { delivery, stream, readers, known, held: None, before, is_owner: false, checkpoint, clock })
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

    /// Begin the shards that splits and merges have made. Their records come behind those of their parents: they arrived
    /// later, and of records that arrived together the lower shard's come first.
    fn follow(&mut self) -> Result<Vec<ShardInfo>> {
        let failed = |source| source_error(&self.stream, source);
        let shards = self.stream.refresh().map_err(failed)?;
        for shard in shards.iter().filter(|shard| shard.id.0 >= self.known) {
            self.readers.push(self.stream.reader(shard.id, &StartPosition::TrimHorizon).map_err(failed)?);
        }
        self.known = self.known.max(next_id(&shards));
        Ok(shards)
    }

    /// The next records of the shard whose come first.
    fn read(&mut self) -> Result<Option<ShardBatch>> {
        self.follow()?;
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
        let shards = self.follow()?;
        let end = |shard: &ShardInfo| {
            self.stream.end(shard.id).map(|end| (shard.id, end)).map_err(|source| source_error(&self.stream, source))
        };
        let ends: BTreeMap<ShardId, u64> = shards.iter().map(end).collect::<Result<_>>()?;
        let is_before = |(shard, offset): (ShardId, u64)| ends.get(&shard).is_some_and(|end| offset < *end);
        while !is_stopped() && self.positions().any(is_before) {
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
                self.stream.trim(shard, offset).map_err(|source| source_error(&self.stream, source))?;
            }
        }
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        let state = self.delivery.snapshot()?;
        let positions = self.positions().map(|(shard, offset)| (shard.to_string(), offset)).collect();
        self.checkpoint.save(self.stream.name(), positions, self.totals(), &state)
    }

    /// The next record of each shard that the delivery has not taken.
    fn positions(&self) -> impl Iterator<Item = (ShardId, u64)> {
        self.readers.iter().map(|reader| {
            let held = self.held.as_ref().filter(|batch| batch.shard == reader.shard());
            (reader.shard(), held.map_or_else(|| reader.next_offset(), |batch| batch.first_offset))
        })
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

/// The id that a new shard would get.
fn next_id(shards: &[ShardInfo]) -> u32 {
    shards.iter().map(|shard| shard.id.0 + 1).max().unwrap_or(0)
}

/// The records as a delivery takes them, those of aggregates one by one. What was put directly has no place in a stream
/// that a user knows, and is delivered as it is.
fn records(stream: &Stream, batch: &ShardBatch, is_direct: bool) -> Vec<SourceRecord> {
    let shard_id = batch.shard.to_string();
    let record = |offset: u64, data: Option<&[u8]>, key: Option<&str>, sub: Option<i64>| SourceRecord {
        data: Bytes::copy_from_slice(data.unwrap_or_default()),
        arrival: batch.arrival,
        place: (!is_direct).then(|| SourcePlace {
            shard_id: shard_id.clone(),
            sequence_number: stream.sequence_number(batch.shard, offset, batch.arrival).to_string(),
            sub_sequence_number: sub.and_then(|sub| u64::try_from(sub).ok()),
            partition_key: key.unwrap_or_default().to_owned(),
        }),
    };
    match batch.user_records().filter(|_| !is_direct) {
        None => {
            let each = (batch.first_offset..).zip(batch.data.iter()).zip(batch.partition_keys.iter());
            each.map(|((offset, data), key)| record(offset, data, key, None)).collect()
        }
        Some(user) => {
            let each = user.offsets.iter().zip(user.data.iter()).zip(user.partition_keys.iter());
            let each = each.zip(&user.subsequence_numbers);
            each.map(|(((offset, data), key), sub)| record(*offset, data, key, Some(*sub))).collect()
        }
    }
}

pub(super) fn source_error(stream: &Stream, source: crate::stream::Error) -> Error {
    Error::Source { stream: stream.name().to_owned(), source: Box::new(source) }
}
