//! All shards of a stream in one reader, in order of arrival, through splits and merges.
//!
//! A child's records never arrive before its parents' last ones, and its id is higher: taking the earliest record, and
//! of equal ones the lowest shard's, reads every parent to its end before its children.

use super::error::Result;
use super::handle::Stream;
use super::reader::{ShardBatch, ShardReader, StartPosition};
use super::sequence::ShardId;
use super::shard::ShardInfo;
use crate::time::Timestamp;

/// A reader of all shards of a stream, also of those that come later.
#[derive(Debug)]
pub struct MergedReader {
    stream: Stream,
    readers: Vec<ShardReader>,
    /// Shards with ids from here on are new.
    known: u32,
    /// Records of shards that are left that were no longer kept.
    trimmed: u64,
}

impl MergedReader {
    pub(crate) fn open(stream: &Stream, start: &StartPosition) -> Result<Self> {
        let table = stream.current()?;
        let shards = table.listed(stream.now());
        let readers = shards.iter().map(|shard| stream.reader(shard.id, start)).collect::<Result<Vec<_>>>()?;
        let known = next_id(&table.all);
        Ok(Self { stream: stream.clone(), readers, known, trimmed: 0 })
    }

    /// The next records, at most `limit` of them, of the shard whose come first; `None` when there are none now.
    ///
    /// # Errors
    /// Those of reading, and the operating system's.
    pub fn next_batch(&mut self, limit: usize) -> Result<Option<ShardBatch>> {
        self.follow()?;
        let mut first: Option<(Timestamp, ShardId, usize)> = None;
        for (place, reader) in self.readers.iter_mut().enumerate() {
            if let Some(arrival) = reader.peek_arrival()? {
                let candidate = (arrival, reader.shard(), place);
                first = Some(first.map_or(candidate, |known| known.min(candidate)));
            }
        }
        match first.and_then(|(_, _, place)| self.readers.get_mut(place)) {
            Some(reader) => reader.next_batch(limit, Timestamp::MAX),
            None => Ok(None),
        }
    }

    /// How many records that came next were no longer kept, since this was asked the last time.
    pub fn take_trimmed(&mut self) -> u64 {
        std::mem::take(&mut self.trimmed) + self.readers.iter_mut().map(ShardReader::take_trimmed).sum::<u64>()
    }

    /// Begin shards that a split or merge has made, and leave those that are read to their end.
    fn follow(&mut self) -> Result<()> {
        let table = self.stream.current()?;
        for shard in table.all.iter().filter(|shard| shard.id.0 >= self.known) {
            self.readers.push(self.stream.reader(shard.id, &StartPosition::TrimHorizon)?);
        }
        self.known = self.known.max(next_id(&table.all));
        let mut trimmed = 0;
        self.readers.retain_mut(|reader| {
            trimmed += reader.take_trimmed();
            let shard = table.all.iter().find(|shard| shard.id == reader.shard());
            shard.is_some_and(|shard| !reader.is_at_end(shard))
        });
        self.trimmed += trimmed;
        Ok(())
    }
}

/// The id that a new shard would get.
fn next_id(shards: &[ShardInfo]) -> u32 {
    shards.iter().map(|shard| shard.id.0 + 1).max().unwrap_or(0)
}

impl Stream {
    /// A reader of all shards, also of those that splits and merges will make.
    ///
    /// # Errors
    /// As [`Stream::reader`].
    pub fn merged_reader(&self, start: &StartPosition) -> Result<MergedReader> {
        MergedReader::open(self, start)
    }
}
