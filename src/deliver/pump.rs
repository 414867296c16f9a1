//! From a stream into a delivery, with a checkpoint of its own.
//!
//! The checkpoint holds the place in every shard together with the delivery's state, and is replaced as a whole; objects
//! are published once it is written. So every record is in one object, whenever the process dies.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::delivery::Delivery;
use super::record::{SourcePlace, SourceRecord};
use super::sink::{Sink as _, SinkMetrics, SinkSnapshot};
use super::{Error, Result};
use crate::stream::{ShardBatch, ShardReader, StartPosition, Stream};
use crate::time::{Clock, Timestamp};

/// Records of one step.
const RECORDS: usize = 8_192;

/// Delivers the records of a stream.
pub struct Pump {
    delivery: Delivery,
    stream: Stream,
    readers: Vec<ShardReader>,
    checkpoint: PathBuf,
    clock: Arc<dyn Clock>,
}

/// What a checkpoint says besides the delivery's state.
#[derive(Serialize, Deserialize)]
struct Head {
    stream: String,
    /// The next offset of every shard.
    positions: BTreeMap<String, u64>,
    /// CRC-32C of the state.
    crc: u32,
}

impl Pump {
    /// Go on where the delivery's checkpoint is, or begin at `start` when there is none.
    ///
    /// # Errors
    /// A checkpoint that is damaged or of another stream, another process that runs the delivery, and the stream's.
    pub fn open(mut delivery: Delivery, stream: Stream, start: StartPosition, clock: Arc<dyn Clock>) -> Result<Self> {
        let checkpoint = delivery.private_dir().join("checkpoint");
        let loaded = load(&delivery, &stream, &checkpoint)?;
        let (positions, snapshot) = loaded.map_or((None, None), |(head, state)| (Some(head.positions), Some(state)));
        delivery.restore(snapshot.as_ref())?;
        let failed = |source| source_error(&stream, source);
        let open = |shard: &crate::stream::ShardInfo| {
            let position = match positions.as_ref().and_then(|positions| positions.get(&shard.id.to_string())) {
                Some(offset) => {
                    StartPosition::AtSequenceNumber(stream.sequence_number(shard.id, *offset, Timestamp(0)))
                }
                None => start,
            };
            stream.reader(shard.id, &position).map_err(failed)
        };
        let readers = stream.shards().iter().map(open).collect::<Result<_>>()?;
        Ok(Self { delivery, stream, readers, checkpoint, clock })
    }

    /// Deliver some records: the next ones of the shard whose come first. Gives how many; 0 when there is none now.
    ///
    /// # Errors
    /// The stream's, and those of [`Delivery::write_records`]. What was taken and not in a checkpoint is read again when
    /// the pump is opened again.
    pub fn step(&mut self) -> Result<usize> {
        let mut first: Option<(Timestamp, usize)> = None;
        for (place, reader) in self.readers.iter_mut().enumerate() {
            let arrival = reader.peek_arrival().map_err(|source| source_error(&self.stream, source))?;
            if let Some(arrival) = arrival.filter(|arrival| first.is_none_or(|(known, _)| *arrival < known)) {
                first = Some((arrival, place));
            }
        }
        let Some(reader) = first.and_then(|(_, place)| self.readers.get_mut(place)) else { return Ok(0) };
        let batch = reader.next_batch(RECORDS, Timestamp::MAX).map_err(|source| source_error(&self.stream, source))?;
        let Some(batch) = batch else { return Ok(0) };
        self.delivery.write_records(&records(&self.stream, &batch), self.clock.now())?;
        if self.delivery.has_finished() {
            self.commit()?;
        }
        Ok(batch.len())
    }

    /// Finish all open objects, and publish them.
    ///
    /// # Errors
    /// The checkpoint's and the lake's; the call can be repeated.
    pub fn flush(&mut self) -> Result<()> {
        self.delivery.advance(Timestamp::MAX)?;
        self.commit()
    }

    /// What has happened so far.
    #[must_use]
    pub fn metrics(&self) -> SinkMetrics {
        self.delivery.metrics()
    }

    /// Write the checkpoint, and publish what it names.
    fn commit(&mut self) -> Result<()> {
        let state = self.delivery.snapshot()?;
        let next =
            |(shard, reader): (&crate::stream::ShardInfo, &ShardReader)| (shard.id.to_string(), reader.next_offset());
        let positions = self.stream.shards().iter().zip(&self.readers).map(next).collect();
        let head = Head { stream: self.stream.name().to_owned(), positions, crc: crc32c::crc32c(&state.0) };
        let failed = |source| Error::Staging { path: self.checkpoint.clone(), source };
        save(&self.checkpoint, &head, &state).map_err(failed)?;
        self.delivery.commit()
    }
}

impl std::fmt::Debug for Pump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pump").field("delivery", &self.delivery).field("stream", &self.stream.name()).finish()
    }
}

fn records(stream: &Stream, batch: &ShardBatch) -> Vec<SourceRecord> {
    let shard_id = batch.shard.to_string();
    let keys = batch.partition_keys.iter().map(Option::unwrap_or_default);
    let data = batch.data.iter().map(Option::unwrap_or_default);
    let record = |((offset, data), key): ((u64, &[u8]), &str)| SourceRecord {
        data: Bytes::copy_from_slice(data),
        arrival: batch.arrival,
        place: Some(SourcePlace {
            shard_id: shard_id.clone(),
            sequence_number: stream.sequence_number(batch.shard, offset, batch.arrival).to_string(),
            sub_sequence_number: None,
            partition_key: key.to_owned(),
        }),
    };
    (batch.first_offset..).zip(data).zip(keys).map(record).collect()
}

/// The head behind its length, then the state.
fn save(path: &Path, head: &Head, state: &SinkSnapshot) -> std::io::Result<()> {
    let head = serde_json::to_vec(head)?;
    let staged = path.with_extension("new");
    let mut file = File::create(&staged)?;
    file.write_all(&(head.len() as u64).to_le_bytes())?;
    file.write_all(&head)?;
    file.write_all(&state.0)?;
    file.sync_all()?;
    fs::rename(&staged, path)
}

fn load(delivery: &Delivery, stream: &Stream, path: &Path) -> Result<Option<(Head, SinkSnapshot)>> {
    let corrupt = |reason: &str| {
        let (delivery, reason) = (delivery.name().to_owned(), format!("{reason} (`{}`)", path.display()));
        Error::CorruptSnapshot { delivery, reason }
    };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Staging { path: path.to_owned(), source }),
    };
    let (length, rest) = bytes.split_first_chunk().ok_or_else(|| corrupt("it ends too early"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (head, state) = rest.split_at_checked(length).ok_or_else(|| corrupt("it ends too early"))?;
    let head: Head = serde_json::from_slice(head).map_err(|error| corrupt(&error.to_string()))?;
    if crc32c::crc32c(state) != head.crc {
        return Err(corrupt("its content does not fit its checksum"));
    }
    if head.stream != stream.name() {
        let hint = "give the delivery another name, or call `reset()`";
        return Err(corrupt(&format!("it is of the stream `{}`\nhint: {hint}", head.stream)));
    }
    Ok(Some((head, SinkSnapshot(state.to_vec()))))
}

fn source_error(stream: &Stream, source: crate::stream::Error) -> Error {
    Error::Source { stream: stream.name().to_owned(), source: Box::new(source) }
}
