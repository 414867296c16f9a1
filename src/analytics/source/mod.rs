//! Where an application's rows come from: streams in shards, or a recording that is replayed.
//!
//! A source gives epochs: for each input the rows that came and the bound that they have reached. Rows of one instant are
//! never parted by an epoch, so what ties do does not depend on how epochs are cut.

mod decode;
mod discover;
mod input;
mod preprocess;
mod recording;
mod streams;

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::Result;
use super::error_stream::ErrorRow;
use super::operator::Delta;
use crate::time::Timestamp;

pub use discover::discover_from_stream;
pub(crate) use input::InputOptions;

pub(crate) use recording::{RecordedEvent, RecordedStream, Recording, Replay, What};
pub(crate) use streams::StreamSource;

/// Next offset of each shard of each input: what is before has been read.
pub(crate) type Positions = BTreeMap<String, BTreeMap<u32, u64>>;

/// What came in one epoch.
#[derive(Debug, Default)]
pub(crate) struct SourceEpoch {
    /// By input; also the bounds of those without rows.
    pub(crate) inputs: BTreeMap<String, Delta>,
    pub(crate) errors: Vec<ErrorRow>,
    /// Records read, good and bad.
    pub(crate) records: u64,
    /// Where the next epoch begins.
    pub(crate) positions: Positions,
    /// What the clock shows for this epoch.
    pub(crate) time: Timestamp,
}

impl SourceEpoch {
    /// The bound of each input.
    pub(crate) fn bounds(&self) -> BTreeMap<String, i64> {
        self.inputs.iter().map(|(name, delta)| (name.clone(), delta.bound)).collect()
    }
}

/// A source of epochs.
pub(crate) trait Source: Send {
    /// The present instant: every record stamped before it can be read.
    fn barrier(&self) -> Result<Timestamp>;

    /// About `limit` of the records before `before`; `None` when there are none.
    fn read_epoch(&mut self, limit: usize, before: Timestamp) -> Result<Option<SourceEpoch>>;

    /// An epoch without records: all inputs have come to `bound`.
    fn pass(&mut self, bound: Timestamp) -> SourceEpoch;

    /// Return when there may be records again, and after `timeout` at the latest.
    fn wait(&mut self, timeout: Duration) -> Result<()>;
}
