//! One statement on its way: its columns, its rows as they come, and what is known about it.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use futures::TryStreamExt;

use super::error::{Error, Result};
use super::history::{QueryRecord, QuerySummary};
use super::result::Rows;

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its name; `_col0` when the query gives none. Names may repeat.
    pub name: String,
    /// Its type as Trino prints it; `string` for Hive's statements.
    pub data_type: String,
}

impl ResultColumn {
    /// Type name, precision and scale, as Athena's metadata and PyAthena's `description` have them.
    ///
    /// Source: PyAthena's table of types; `float` stands for `real`.
    #[must_use]
    pub fn metadata(&self) -> (&str, u32, u32) {
        let base = self.data_type.split('(').next().unwrap_or_default();
        let mut numbers =
            self.data_type.split(['(', ')', ',']).skip(1).map_while(|text| text.trim().parse::<u32>().ok());
        match base {
            "tinyint" => (base, 3, 0),
            "smallint" => (base, 5, 0),
            "integer" => (base, 10, 0),
            "bigint" => (base, 19, 0),
            "real" => ("float", 17, 0),
            "double" => (base, 17, 0),
            "decimal" => (base, numbers.next().unwrap_or(38), numbers.next().unwrap_or(0)),
            "varchar" => (base, numbers.next().unwrap_or(2_147_483_647), 0),
            "char" => (base, numbers.next().unwrap_or(1), 0),
            "varbinary" => (base, 1_073_741_824, 0),
            "timestamp" | "time" if self.data_type.ends_with("with time zone") => {
                (if base == "time" { "time with time zone" } else { "timestamp with time zone" }, 3, 0)
            }
            "timestamp" | "time" => (base, 3, 0),
            _ => (base, 0, 0),
        }
    }
}

/// Where the rows come from.
pub(super) enum Source {
    /// They are there.
    Rows(std::vec::IntoIter<RecordBatch>),
    /// They come from a plan that is running.
    Stream { stream: SendableRecordBatchStream, plan: Arc<dyn ExecutionPlan> },
}

/// A statement that was begun; queries run while their rows are taken.
pub struct Execution {
    pub(super) text: String,
    columns: Vec<ResultColumn>,
    schema: SchemaRef,
    source: Source,
    record: Arc<QueryRecord>,
    started: Instant,
}

impl Execution {
    pub(super) fn of_rows(text: String, rows: Rows, record: Arc<QueryRecord>, started: Instant) -> Self {
        let Rows { columns, schema, batches } = rows;
        let count = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        record.add_rows(count as u64);
        record.finish(started.elapsed(), Ok(0));
        Self { text, columns, schema, source: Source::Rows(batches.into_iter()), record, started }
    }

    pub(super) fn of_stream(
        text: String,
        columns: Vec<ResultColumn>,
        schema: SchemaRef,
        stream: SendableRecordBatchStream,
        plan: Arc<dyn ExecutionPlan>,
        record: Arc<QueryRecord>,
        started: Instant,
    ) -> Self {
        Self { text, columns, schema, source: Source::Stream { stream, plan }, record, started }
    }

    /// The statement's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.record.id()
    }

    /// The columns of the result; empty for a statement without one.
    #[must_use]
    pub fn columns(&self) -> &[ResultColumn] {
        &self.columns
    }

    /// The columns as Arrow has them; a name may repeat.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What is known so far.
    #[must_use]
    pub fn summary(&self) -> QuerySummary {
        self.record.summary()
    }

    /// Stop it: taking more rows is an error from here on.
    pub fn cancel(&self) {
        self.record.cancel();
    }

    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// What failed while running, or [`Error::Cancelled`].
    pub async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let next = match &mut self.source {
            Source::Rows(batches) => return Ok(batches.next()),
            Source::Stream { stream, .. } => {
                tokio::select! {
                    biased;
                    () = self.record.cancelled() => Err(Error::Cancelled),
                    next = stream.try_next() => next.map_err(|error| Error::from_engine(&self.text, error)),
                }
            }
        };
        match next {
            Ok(Some(batch)) => {
                self.record.add_rows(batch.num_rows() as u64);
                self.named(batch).map(Some)
            }
            Ok(None) => {
                self.finish(Ok(()));
                Ok(None)
            }
            Err(error) => {
                self.finish(Err(&error));
                Err(error)
            }
        }
    }

    /// The rows under the result's own names.
    fn named(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), batch.columns().to_vec(), &options)
            .map_err(|error| Error::Execution(error.to_string()))
    }

    fn finish(&mut self, outcome: Result<(), &Error>) {
        let bytes = match &self.source {
            Source::Stream { plan, .. } => scanned_bytes(plan.as_ref()),
            Source::Rows(_) => 0,
        };
        self.record.finish(self.started.elapsed(), outcome.map(|()| bytes));
    }

    /// All rows.
    ///
    /// # Errors
    /// What failed while running.
    pub async fn collect(mut self) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await? {
            batches.push(batch);
        }
        Ok((self.schema(), batches))
    }
}

impl Drop for Execution {
    /// Rows that nobody took: the query ends here.
    fn drop(&mut self) {
        let bytes = match &self.source {
            Source::Stream { plan, .. } => scanned_bytes(plan.as_ref()),
            Source::Rows(_) => 0,
        };
        self.record.abandon(self.started.elapsed(), bytes);
    }
}

/// What the scans of a plan read, as far as the engine counts it.
pub(super) fn scanned_bytes(plan: &dyn ExecutionPlan) -> u64 {
    let own = plan.metrics().and_then(|metrics| metrics.sum_by_name("bytes_scanned")).map_or(0, |sum| sum.as_usize());
    own as u64 + plan.children().into_iter().map(|child| scanned_bytes(child.as_ref())).sum::<u64>()
}
