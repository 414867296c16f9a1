//! An output that is another stream of the lake.

use super::RecordWriter;
use crate::deliver::{Error, Format, OutputRows, Result, Sink, SinkMetrics, SinkSnapshot};
use crate::stream::{RecordBlock, Stream};

/// Puts rows into a stream. The partition key of a record is its id, which spreads rows evenly and tells repeated ones.
#[derive(Debug)]
pub struct StreamSink {
    stream: Stream,
    writer: RecordWriter,
}

impl StreamSink {
    /// The output of `in_application` of the application `application` to `stream`.
    #[must_use]
    pub fn new(application: &str, in_application: &str, stream: Stream, format: Format) -> Self {
        let writer = RecordWriter::new(application, in_application, stream.name(), format);
        Self { stream, writer }
    }
}

impl Sink for StreamSink {
    fn write(&mut self, rows: &OutputRows) -> Result<()> {
        let records = self.writer.records(rows)?;
        let mut block = RecordBlock::new();
        let put = records
            .iter()
            .try_for_each(|record| block.push(&record.data, &record.id))
            .and_then(|()| self.stream.put_block(&block));
        match put {
            Ok(_) => {
                self.writer.delivered(&records);
                Ok(())
            }
            Err(error) => {
                self.writer.metrics.failures += 1;
                Err(Error::Destination { destination: self.stream.name().to_owned(), source: Box::new(error) })
            }
        }
    }

    fn snapshot(&mut self) -> Result<SinkSnapshot> {
        Ok(self.writer.snapshot())
    }

    fn restore(&mut self, snapshot: Option<&SinkSnapshot>) -> Result<()> {
        self.writer.restore(snapshot)
    }

    fn metrics(&self) -> SinkMetrics {
        self.writer.metrics
    }
}
