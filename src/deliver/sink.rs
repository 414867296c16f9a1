//! Where a streaming application's rows go: the seam between epochs and destinations.
//!
//! A checkpoint is a consistent cut, and a destination takes part in it in three steps: [`Sink::snapshot`] puts everything
//! that is not visible outside yet into the checkpoint, the checkpoint becomes durable, [`Sink::commit`] publishes what
//! the snapshot calls finished. After a crash [`Sink::restore`] publishes again what the last checkpoint names, throws
//! away what it does not name, and goes on with the open buffers. So files appear once, whenever the process dies.

use arrow::array::{RecordBatch, TimestampMillisecondArray};

use super::Result;
use crate::time::Timestamp;

/// Rows of one in-application stream.
///
/// Invariant: `rowtime` has one value a row, without nulls, and never decreases, also from one call to the next.
#[derive(Debug, Clone)]
pub struct OutputRows {
    /// The columns as declared, without ROWTIME.
    pub batch: RecordBatch,
    /// ROWTIME of each row, in milliseconds UTC.
    pub rowtime: TimestampMillisecondArray,
}

/// A destination of rows. All calls block and come from the driver's thread.
pub trait Sink: Send {
    /// Take rows into the buffer, finishing objects that reach their size.
    ///
    /// # Errors
    /// A type that the format cannot write, or why a staging file cannot be written. No row of a failed call is kept twice:
    /// after an error the sink is as it was before the call, which can be repeated.
    fn write(&mut self, rows: &OutputRows) -> Result<()>;

    /// Finish the buffers whose interval is over at `now`; at [`Timestamp::MAX`], the end of a finite run, all of them. A sink
    /// that writes at once has none.
    fn advance(&mut self, _now: Timestamp) -> Result<()> {
        Ok(())
    }

    /// A cut: open buffers and finished objects that are not published yet, in a form that [`Self::restore`] understands.
    fn snapshot(&mut self) -> Result<SinkSnapshot>;

    /// The checkpoint that holds the last snapshot is durable: publish what was finished by then.
    ///
    /// # Errors
    /// When the destination refuses; nothing is lost, and the call can be repeated. A sink that writes at once has nothing
    /// left to publish.
    fn commit(&mut self) -> Result<()> {
        Ok(())
    }

    /// Go on from `snapshot`, or start fresh when there is none. To be called once, before anything else.
    fn restore(&mut self, snapshot: Option<&SinkSnapshot>) -> Result<()>;

    /// What has happened so far.
    fn metrics(&self) -> SinkMetrics;
}

/// What a sink puts into a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SinkSnapshot(pub Vec<u8>);

/// Counts since the sink was created or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SinkMetrics {
    /// Rows taken.
    pub records: u64,
    /// Bytes published, as stored.
    pub bytes: u64,
    /// Objects published.
    pub objects: u64,
    /// Failed attempts to write or publish, including those that a later attempt made good.
    pub failures: u64,
    /// Rows taken and not published yet.
    pub pending_records: u64,
    /// Bytes waiting, in buffers and staging.
    pub pending_bytes: u64,
    /// ROWTIME of the oldest row that is not published yet.
    pub oldest_pending: Option<Timestamp>,
}
