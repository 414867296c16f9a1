//! How an application is made: its text, the streams and tables that it reads, and how it runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::input::{InputSchema, Preprocess};
use super::reference::ReferenceTable;
use crate::stream::{StartPosition, Stream};
use crate::time::Clock;

/// The in-application stream that a source feeds unless it is given another name.
pub const DEFAULT_INPUT: &str = "SOURCE_SQL_STREAM_001";

/// A stream that an application reads.
#[derive(Clone, Debug)]
pub struct ApplicationInput {
    /// The in-application stream that it feeds.
    pub name: String,
    /// Where its records are.
    pub stream: Stream,
    /// Only these shards; all of them when absent.
    pub shards: Option<Vec<u32>>,
    /// How records become rows; discovered when absent.
    pub schema: Option<InputSchema>,
    /// What gets records before they are decoded.
    pub preprocess: Option<Arc<dyn Preprocess>>,
    /// Where to begin when there is no checkpoint.
    pub start: StartPosition,
}

impl ApplicationInput {
    /// A stream as the inputs `prefix_001`, `prefix_002` …: its shards, split evenly over `parallelism` of them.
    #[must_use]
    pub fn parallel(
        prefix: &str,
        stream: &Stream,
        parallelism: usize,
        schema: Option<&InputSchema>,
        preprocess: Option<&Arc<dyn Preprocess>>,
        start: StartPosition,
    ) -> Vec<Self> {
        let shards: Vec<u32> = stream.first_shards().iter().map(|shard| shard.0).collect();
        let parallelism = parallelism.max(1);
        let input = |number: usize| Self {
            name: format!("{prefix}_{:03}", number + 1),
            stream: stream.clone(),
            shards: Some(
                shards
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| place % parallelism == number)
                    .map(|(_, id)| *id)
                    .collect(),
            ),
            schema: schema.cloned(),
            preprocess: preprocess.cloned(),
            start,
        };
        (0..parallelism).map(input).collect()
    }
}

/// How an application is made.
#[derive(Clone, Debug)]
pub struct ApplicationConfig {
    /// Its name: checkpoints are found by it.
    pub name: String,
    /// Its SQL text.
    pub sql: String,
    /// The folder for its checkpoints.
    pub folder: PathBuf,
    /// The streams that it reads.
    pub inputs: Vec<ApplicationInput>,
    /// The tables that its queries join.
    pub tables: Vec<ReferenceTable>,
    /// Forget the checkpoint.
    pub reset: bool,
    /// Most records of one epoch, those of its last instant aside.
    pub epoch_records: usize,
    /// Time between checkpoints while records keep coming.
    pub checkpoint_every: Duration,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
}
