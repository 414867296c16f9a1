//! Several inputs as one, in order of ROWTIME: UNION ALL, and several pumps into one stream.
//!
//! A row leaves when every input has come to its ROWTIME. Rows that leave together and have the same one keep the order of
//! the inputs.

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::SchemaRef;

use super::state::{OperatorState, rows_bytes};
use super::tumbling::together;
use super::{Delta, Operator, Output, Rows};
use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::Result;
use crate::analytics::expr::EvalEnv;

/// Merges its inputs.
#[derive(Debug)]
pub(crate) struct Union {
    schema: SchemaRef,
    inputs: Vec<Waiting>,
}

/// What one input brought and others have not come to.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) rows: Vec<Rows>,
    pub(super) bound: i64,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new(), bound: i64::MIN }
    }

    pub(super) fn take(&mut self, delta: &Delta) {
        self.rows.extend(delta.rows.iter().cloned());
        self.bound = self.bound.max(delta.bound);
    }

    /// The memory that the rows take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        rows_bytes(self.rows.iter().map(|rows| &rows.batch))
    }

    /// The rows with a ROWTIME up to `time`.
    pub(super) fn until(&mut self, time: i64) -> Vec<Rows> {
        let mut due = Vec::new();
        let mut rest = Vec::new();
        for rows in self.rows.drain(..) {
            let count = rows.rowtime.values().partition_point(|rowtime| *rowtime <= time);
            let length = rows.rowtime.len();
            if count == length {
                due.push(rows);
            } else if count == 0 {
                rest.push(rows);
            } else {
                due.push(slice(&rows, 0, count));
                rest.push(slice(&rows, count, length - count));
            }
        }
        self.rows = rest;
        due
    }

    pub(super) fn state(&self, schema: &SchemaRef, facts: &mut Writer) -> Result<RecordBatch> {
        facts.int(self.bound);
        let times: Vec<i64> = self.rows.iter().flat_map(|rows| rows.rowtime.values().iter().copied()).collect();
        facts.count(times.len());
        times.iter().for_each(|time| facts.int(*time));
        let batches: Vec<RecordBatch> = self.rows.iter().map(|rows| rows.batch.clone()).collect();
        together(schema, &batches)
    }

    pub(super) fn restore(batch: &RecordBatch, facts: &mut Reader<'_>) -> Result<Self> {
        let bound = facts.int()?;
        let count = facts.count()?;
        let times = (0..count).map(|_| facts.int()).collect::<Result<Vec<_>>>()?;
        let rows =
            if times.is_empty() { Vec::new() } else { vec![Rows { batch: batch.clone(), rowtime: times.into() }] };
        Ok(Self { rows, bound })
    }
}

fn slice(rows: &Rows, start: usize, length: usize) -> Rows {
    Rows { batch: rows.batch.slice(start, length), rowtime: rows.rowtime.slice(start, length) }
}

impl Union {
    pub(crate) fn new(inputs: usize, schema: SchemaRef) -> Self {
        Self { schema, inputs: (0..inputs).map(|_| Waiting::new()).collect() }
    }
}

impl Operator for Union {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        for (waiting, delta) in self.inputs.iter_mut().zip(inputs) {
            waiting.take(delta);
        }
        let bound = self.inputs.iter().map(|waiting| waiting.bound).min().unwrap_or(i64::MAX);
        let due: Vec<Vec<Rows>> = self.inputs.iter_mut().map(|waiting| waiting.until(bound)).collect();
        let mut busy = due.iter().filter(|rows| !rows.is_empty());
        match (busy.next(), busy.next()) {
            (None, _) => {}
            (Some(only), None) => output.rows.extend(only.iter().cloned()),
            (Some(_), Some(_)) => merge(&self.schema, due.into_iter().flatten().collect(), output)?,
        }
        output.bound = bound;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.inputs.iter().map(Waiting::bytes).sum()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let mut facts = Writer::default();
        let batches = self.inputs.iter().map(|waiting| waiting.state(&self.schema, &mut facts));
        Ok(OperatorState { batches: batches.collect::<Result<_>>()?, facts: facts.into_bytes() })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        let mut facts = Reader::new(&state.facts);
        for (waiting, batch) in self.inputs.iter_mut().zip(&state.batches) {
            *waiting = Waiting::restore(batch, &mut facts)?;
        }
        Ok(())
    }
}

/// Rows of several inputs in order of ROWTIME; equal ones keep the order given.
pub(super) fn merge(schema: &SchemaRef, parts: Vec<Rows>, output: &mut Output) -> Result<()> {
    let times: Vec<i64> = parts.iter().flat_map(|rows| rows.rowtime.values().iter().copied()).collect();
    let batches: Vec<RecordBatch> = parts.iter().map(|rows| rows.batch.clone()).collect();
    let batch = together(schema, &batches)?;
    if times.is_sorted() {
        output.push(batch, times);
        return Ok(());
    }
    let mut places: Vec<u32> = (0..u32::try_from(times.len()).unwrap_or(u32::MAX)).collect();
    places.sort_by_key(|place| times[*place as usize]);
    let sorted = places.iter().map(|place| times[*place as usize]).collect();
    output.push(take_record_batch(&batch, &UInt32Array::from(places))?, sorted);
    Ok(())
}
