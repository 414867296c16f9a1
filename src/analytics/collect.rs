//! What callers see of in-application streams: whole results of a run, and the tails of a live one.

use std::collections::{BTreeMap, VecDeque};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;

use super::error::Result;
use crate::deliver::OutputRows;

/// Rows that a tail keeps of each stream.
const TAIL_ROWS: usize = 1_000;

/// Which streams a run returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Collect {
    /// Streams without a destination as a whole, others as long as they are small.
    #[default]
    Auto,
    /// All declared streams as a whole.
    All,
    /// None.
    Nothing,
    /// The named ones.
    Streams(Vec<String>),
}

/// A delivered stream larger than this is not returned unless asked for.
const SMALL_BYTES: usize = 64 * 1024 * 1024;

/// Gathers the rows of one run.
#[derive(Debug)]
pub(crate) struct Collector {
    collect: Collect,
    streams: BTreeMap<String, Collected>,
}

#[derive(Debug)]
struct Collected {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    bytes: usize,
    /// Whether it may be left out when it grows.
    delivered: bool,
    left_out: bool,
    rows: u64,
}

/// What a run returns of one stream.
#[derive(Clone, Debug)]
pub struct StreamResult {
    /// Columns: ROWTIME, then the declared ones.
    pub schema: SchemaRef,
    /// The rows; `None` when they were not collected.
    pub batches: Option<Vec<RecordBatch>>,
    /// Rows that the run gave, collected or not.
    pub rows: u64,
}

impl Collector {
    /// A collector for streams given as (name, columns, whether a destination takes it).
    pub(crate) fn new(collect: Collect, streams: impl IntoIterator<Item = (String, SchemaRef, bool)>) -> Self {
        let streams = streams.into_iter().map(|(name, schema, delivered)| {
            let left_out = match &collect {
                Collect::Nothing => true,
                Collect::Streams(names) => !names.contains(&name),
                Collect::Auto | Collect::All => false,
            };
            (
                name,
                Collected {
                    schema: with_rowtime(&schema),
                    batches: Vec::new(),
                    bytes: 0,
                    delivered,
                    left_out,
                    rows: 0,
                },
            )
        });
        Self { streams: streams.collect(), collect }
    }

    pub(crate) fn add(&mut self, stream: &str, rows: &[OutputRows]) -> Result<()> {
        let Some(collected) = self.streams.get_mut(stream) else { return Ok(()) };
        for rows in rows {
            collected.rows += rows.batch.num_rows() as u64;
            if collected.left_out {
                continue;
            }
            let batch = shown(rows, &collected.schema)?;
            collected.bytes += batch.get_array_memory_size();
            collected.batches.push(batch);
            if self.collect == Collect::Auto && collected.delivered && collected.bytes > SMALL_BYTES {
                collected.left_out = true;
                collected.batches = Vec::new();
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> BTreeMap<String, StreamResult> {
        let result = |collected: Collected| StreamResult {
            schema: collected.schema,
            rows: collected.rows,
            batches: (!collected.left_out).then_some(collected.batches),
        };
        self.streams.into_iter().map(|(name, collected)| (name, result(collected))).collect()
    }
}

/// The last rows of each stream of a live application.
#[derive(Debug, Default)]
pub(crate) struct Tails {
    streams: BTreeMap<String, VecDeque<RecordBatch>>,
}

impl Tails {
    pub(crate) fn add(&mut self, stream: &str, rows: &[OutputRows]) -> Result<()> {
        for rows in rows {
            let schema = with_rowtime(&rows.batch.schema());
            let batch = shown(rows, &schema)?;
            let from = batch.num_rows().saturating_sub(TAIL_ROWS);
            let tail = self.streams.entry(stream.to_owned()).or_default();
            tail.push_back(batch.slice(from, batch.num_rows() - from));
            // Drop what lies wholly before the last rows.
            let mut kept: usize = tail.iter().map(RecordBatch::num_rows).sum();
            while let Some(first) = tail.front().map(RecordBatch::num_rows).filter(|first| kept - first >= TAIL_ROWS) {
                kept -= first;
                tail.pop_front();
            }
        }
        Ok(())
    }

    /// The last `count` rows of a stream.
    pub(crate) fn last(&self, stream: &str, count: usize) -> Vec<RecordBatch> {
        let mut missing = count;
        let mut batches = Vec::new();
        for batch in self.streams.get(stream).into_iter().flat_map(|tail| tail.iter().rev()) {
            let taken = batch.num_rows().min(missing);
            batches.push(batch.slice(batch.num_rows() - taken, taken));
            missing -= taken;
            if missing == 0 {
                break;
            }
        }
        batches.reverse();
        batches
    }
}

/// The columns of a stream with ROWTIME in front.
pub(crate) fn with_rowtime(schema: &SchemaRef) -> SchemaRef {
    let mut fields = vec![Arc::new(Field::new("ROWTIME", DataType::Timestamp(TimeUnit::Millisecond, None), true))];
    fields.extend(schema.fields().iter().cloned());
    Arc::new(Schema::new(fields))
}

fn shown(rows: &OutputRows, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut columns: Vec<ArrayRef> = vec![Arc::new(rows.rowtime.clone())];
    columns.extend(rows.batch.columns().iter().cloned());
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
