//! T-sort: ORDER BY a timestamp WITHIN an interval, which puts rows that came late in order again.
//!
//! A row waits until one has come whose timestamp is later by the interval; then it leaves, in the order of timestamps,
//! with its timestamp as ROWTIME. A row older than what has left comes too late.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{SchemaRef, TimestampMillisecondType};
use arrow::row::{RowConverter, SortField};

use super::sort::options;
use super::state::{OperatorState, rows_bytes};
use super::tumbling::together;
use super::{Delta, Failure, Operator, Output, Rows};
use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;
use crate::time::Timestamp;

/// How rows are sorted.
#[derive(Debug)]
pub(crate) struct TimeSortSpec {
    /// The column of the timestamp.
    pub(crate) time: usize,
    /// Milliseconds to wait.
    pub(crate) within: i64,
    /// Columns of the other expressions, and whether each falls.
    pub(crate) by: Vec<(usize, bool)>,
}

/// A row that waits: its timestamp, the bytes that order it among rows of the same one, and its place in the rows held.
type Waiting = Reverse<(i64, Box<[u8]>, u32)>;

/// Sorts rows by a timestamp of theirs.
#[derive(Debug)]
pub(crate) struct TimeSort {
    spec: TimeSortSpec,
    schema: SchemaRef,
    order: RowConverter,
    held: Vec<RecordBatch>,
    rows: u32,
    waiting: BinaryHeap<Waiting>,
    /// The latest timestamp seen, and the latest one that has left.
    latest: i64,
    left: i64,
}

impl TimeSort {
    pub(crate) fn new(spec: TimeSortSpec, input: &SchemaRef) -> Result<Self> {
        let fields = spec.by.iter().map(|(column, falls)| {
            SortField::new_with_options(input.field(*column).data_type().clone(), options(*falls))
        });
        let order = RowConverter::new(fields.collect())?;
        Ok(Self {
            spec,
            schema: Arc::clone(input),
            order,
            held: Vec::new(),
            rows: 0,
            waiting: BinaryHeap::new(),
            latest: i64::MIN,
            left: i64::MIN,
        })
    }

    fn take(&mut self, rows: &Rows, released: &mut Vec<(i64, u32)>, output: &mut Output) -> Result<()> {
        let times = rows.batch.column(self.spec.time).as_primitive::<TimestampMillisecondType>();
        let columns: Vec<ArrayRef> =
            self.spec.by.iter().map(|(column, _)| Arc::clone(rows.batch.column(*column))).collect();
        let order = if columns.is_empty() { None } else { Some(self.order.convert_columns(&columns)?) };
        for row in 0..times.len() {
            if times.is_null(row) {
                continue;
            }
            let time = times.value(row);
            if time < self.left {
                let message = format!(
                    "The row's timestamp {} lies before {}, which has left the sort already",
                    Timestamp(time),
                    Timestamp(self.left)
                );
                output.failures.push(Failure::of_row("ROW_OUT_OF_ORDER", message, &rows.batch, row, time));
                continue;
            }
            let bytes = order.as_ref().map(|order| order.row(row).as_ref().into()).unwrap_or_default();
            self.waiting.push(Reverse((time, bytes, self.rows + u32::try_from(row).unwrap_or(u32::MAX))));
            self.latest = self.latest.max(time);
            let due = self.latest.saturating_sub(self.spec.within);
            while let Some(Reverse((time, _, place))) = self.waiting.peek().filter(|first| first.0.0 <= due) {
                self.left = *time;
                released.push((*time, *place));
                self.waiting.pop();
            }
        }
        self.rows += u32::try_from(times.len()).unwrap_or(u32::MAX);
        self.held.push(rows.batch.clone());
        Ok(())
    }

    /// Keep only the rows that wait.
    fn compact(&mut self, all: &RecordBatch) -> Result<()> {
        let mut waiting = std::mem::take(&mut self.waiting).into_vec();
        waiting.sort_unstable_by_key(|Reverse((_, _, place))| *place);
        let places: UInt32Array = waiting.iter().map(|Reverse((_, _, place))| Some(*place)).collect();
        self.held = vec![take_record_batch(all, &places)?];
        self.rows = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        for (place, Reverse((_, _, old))) in waiting.iter_mut().enumerate() {
            *old = u32::try_from(place).unwrap_or(u32::MAX);
        }
        waiting.shrink_to(waiting.len() * 2);
        self.waiting = waiting.into();
        Ok(())
    }
}

impl Operator for TimeSort {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("ORDER BY … WITHIN has one input".into())) };
        let mut released = Vec::new();
        for rows in &input.rows {
            self.take(rows, &mut released, output)?;
        }
        // Gathering copies every row that waits: not for each epoch, but when half of what is held has left.
        if !released.is_empty() {
            let all = together(&self.schema, &self.held)?;
            let places: UInt32Array = released.iter().map(|(_, place)| Some(*place)).collect();
            output.push(take_record_batch(&all, &places)?, released.iter().map(|(time, _)| *time).collect());
            self.held = vec![all.clone()];
            if self.waiting.len() * 2 <= all.num_rows() {
                self.compact(&all)?;
            }
        }
        output.bound = self.left;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let order: usize = self.waiting.iter().map(|Reverse((_, bytes, _))| bytes.len()).sum();
        rows_bytes(&self.held) + self.waiting.capacity() * size_of::<Waiting>() + order
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let mut facts = Writer::default();
        facts.int(self.latest);
        facts.int(self.left);
        let mut places: Vec<u32> = self.waiting.iter().map(|Reverse((_, _, place))| *place).collect();
        places.sort_unstable();
        let held = take_record_batch(&together(&self.schema, &self.held)?, &UInt32Array::from(places))?;
        Ok(OperatorState { facts: facts.into_bytes(), batches: vec![held] })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        let [held] = &state.batches[..] else { return Ok(()) };
        let mut facts = Reader::new(&state.facts);
        (self.latest, self.left) = (facts.int()?, facts.int()?);
        let (latest, left) = (self.latest, self.left);
        // Nothing can leave while these come back in: none of them was due.
        self.latest = i64::MIN;
        self.left = i64::MIN;
        let rows = Rows { batch: held.clone(), rowtime: vec![0; held.num_rows()].into() };
        let within = std::mem::replace(&mut self.spec.within, i64::MAX);
        self.take(&rows, &mut Vec::new(), &mut Output::new())?;
        self.spec.within = within;
        (self.latest, self.left) = (latest, left);
        Ok(())
    }
}
