//! Streams: a durable log of records, sharded by partition key.
//!
//! A put returns when its bytes are in the operating system, so what is acknowledged survives `kill -9`. One frame holds
//! one put's records for one shard, column by column, so that a reader hands out Arrow arrays without copying. Any
//! number of processes may write and read one stream.
//!
//! Source of the model: Amazon Kinesis Data Streams Developer Guide and API reference.

mod appender;
mod block;
mod consumer;
mod error;
mod extent;
mod frame;
mod handle;
mod hash;
mod kpl;
mod limits;
mod manifest;
mod merged;
mod reader;
mod reshard;
mod retention;
mod segment;
mod sequence;
mod shard;
mod store;
mod watermark;

pub use appender::Durability;
pub use block::RecordBlock;
pub use consumer::{Consumer, LeaseInfo};
pub use error::{Error, Result};
pub use handle::{FramePlace, PutSummary, ShardPut, Stream};
pub use hash::{HashRange, hash_key};
pub use kpl::{UserRecord, UserRecords, unpack};
pub use limits::ServiceLimits;
pub use merged::MergedReader;
pub use reader::{ShardBatch, ShardReader, StartPosition};
pub use retention::Retention;
pub use sequence::{SequenceNumber, ShardId};
pub use shard::{ShardInfo, ShardState};
pub use store::{StreamOptions, StreamStore};

#[cfg(test)]
mod tests;
