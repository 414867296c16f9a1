//! Outputs that take records: rows of an in-application stream as JSON or CSV, for streams and functions.
//!
//! A record is delivered at least once. After a crash the rows behind the last checkpoint are delivered again, with the same
//! ids, so that a receiver can leave out what it has: the number of a row in its stream is part of every checkpoint.
//!
//! Source: Kinesis Data Analytics Developer Guide, "Configuring Application Output"; "Using a Lambda Function as Output".

mod function;
mod retry;
mod stream;
#[cfg(test)]
mod tests;

pub use function::{FunctionSink, Invoke};
pub use stream::StreamSink;

use crate::deliver::{Error, Format, OutputRows, Result, SinkMetrics, SinkSnapshot, encode_records};

/// A row as a record.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OutputRecord {
    /// `<application>/<in-application stream>/<number of the row>`, the same whenever the row is delivered.
    id: String,
    data: Vec<u8>,
}

/// Makes records of rows and counts them.
#[derive(Debug)]
struct RecordWriter {
    /// What stands before the number in an id.
    prefix: String,
    destination: String,
    format: Format,
    /// Rows delivered so far, over all runs.
    rows: u64,
    metrics: SinkMetrics,
}

impl RecordWriter {
    fn new(application: &str, stream: &str, destination: &str, format: Format) -> Self {
        Self {
            prefix: format!("{application}/{stream}"),
            destination: destination.to_owned(),
            format,
            rows: 0,
            metrics: SinkMetrics::default(),
        }
    }

    fn records(&self, rows: &OutputRows) -> Result<Vec<OutputRecord>> {
        let records = encode_records(self.format, &rows.batch)?;
        let number = |(place, data)| OutputRecord { id: format!("{}/{}", self.prefix, self.rows + place), data };
        Ok((0..).zip(records).map(number).collect())
    }

    /// Count records that have been delivered.
    fn delivered(&mut self, records: &[OutputRecord]) {
        self.rows += records.len() as u64;
        self.metrics.records += records.len() as u64;
        self.metrics.bytes += records.iter().map(|record| record.data.len() as u64).sum::<u64>();
    }

    fn snapshot(&self) -> SinkSnapshot {
        SinkSnapshot(self.rows.to_le_bytes().to_vec())
    }

    fn restore(&mut self, snapshot: Option<&SinkSnapshot>) -> Result<()> {
        let Some(SinkSnapshot(bytes)) = snapshot else { return Ok(()) };
        // Checkpoints of callables without a format have nothing here.
        self.rows = match bytes.as_slice() {
            [] => 0,
            bytes => u64::from_le_bytes(bytes.try_into().map_err(|_| Error::CorruptSnapshot {
                delivery: self.destination.clone(),
                reason: format!("it has {} bytes instead of 8", bytes.len()),
            })?),
        };
        Ok(())
    }
}
