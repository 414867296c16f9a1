//! ORDER BY with a leading expression of time: rows wait while it stays the same and leave sorted when it changes.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{SortColumn, SortOptions, partition, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};

use super::period::{Period, Periods};
use super::state::{OperatorState, rows_bytes};
use super::tumbling::{state_batch, together};
use super::{Delta, Operator, Output, Rows};
use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;

/// How rows are sorted.
#[derive(Debug)]
pub(crate) struct SortSpec {
    /// The column of the leading expression; without one, all rows are one run.
    pub(crate) lead: Option<usize>,
    /// Columns of the others, and whether each falls.
    pub(crate) by: Vec<(usize, bool)>,
    pub(crate) periods: Periods,
    /// Whether a run leaves with the ROWTIME of its last row instead of the end of its period.
    pub(crate) keeps_last: bool,
}

/// Sorts runs of rows.
#[derive(Debug)]
pub(crate) struct Sort {
    spec: SortSpec,
    schema: SchemaRef,
    held: Vec<RecordBatch>,
    times: Vec<i64>,
    current: Option<(ArrayRef, Period)>,
    reached: Option<Period>,
}

impl Sort {
    pub(crate) fn new(spec: SortSpec, input: &SchemaRef) -> Self {
        Self { spec, schema: Arc::clone(input), held: Vec::new(), times: Vec::new(), current: None, reached: None }
    }

    fn take(&mut self, rows: &Rows, output: &mut Output) -> Result<()> {
        let lead: ArrayRef = match self.spec.lead {
            Some(lead) => Arc::clone(rows.batch.column(lead)),
            None => Arc::new(BooleanArray::from(vec![true; rows.rowtime.len()])),
        };
        for run in partition(std::slice::from_ref(&lead))?.ranges() {
            let value = lead.slice(run.start, 1);
            let first = rows.rowtime.value(run.start);
            let continues = self.current.as_ref().is_some_and(|(current, _)| current.as_ref() == value.as_ref());
            if !continues {
                self.release(Some(first), output)?;
                self.current = Some((value, self.spec.periods.from(first)?));
            }
            self.held.push(rows.batch.slice(run.start, run.len()));
            self.times.extend_from_slice(&rows.rowtime.values()[run]);
        }
        Ok(())
    }

    /// Let the rows go; `at` is the ROWTIME of the row that makes them, if one does.
    fn release(&mut self, at: Option<i64>, output: &mut Output) -> Result<()> {
        let Some((_, period)) = self.current.take() else { return Ok(()) };
        let batch = together(&self.schema, &std::mem::take(&mut self.held))?;
        let times = std::mem::take(&mut self.times);
        let rowtime = match (&self.spec.periods, at) {
            _ if self.spec.keeps_last => times.last().copied().unwrap_or(period.start),
            (Periods::Rowtime, _) => period.start,
            (Periods::Rows, Some(at)) => at,
            _ => period.end,
        };
        let order = sorted(&batch, &self.spec.by)?;
        output.push(take_record_batch(&batch, &order)?, vec![rowtime; times.len()]);
        Ok(())
    }

    fn output_bound(&mut self, bound: i64) -> Result<i64> {
        if self.spec.keeps_last {
            return Ok(self.times.last().copied().unwrap_or(bound));
        }
        if matches!(self.spec.periods, Periods::Rows) {
            return Ok(bound);
        }
        if let Some((_, period)) = &self.current {
            return Ok(if matches!(self.spec.periods, Periods::Rowtime) { period.start } else { period.end });
        }
        if matches!(self.spec.periods, Periods::Rowtime) {
            return Ok(bound);
        }
        if !self.reached.is_some_and(|period| period.holds(bound)) {
            self.reached = Some(self.spec.periods.from(bound)?);
        }
        Ok(self.reached.map_or(bound, |period| period.end))
    }
}

/// NULLs sort last, whichever way the values go.
pub(super) fn options(descending: bool) -> SortOptions {
    SortOptions { descending, nulls_first: false }
}

/// Places of the rows in order; rows that are equal keep theirs.
fn sorted(batch: &RecordBatch, by: &[(usize, bool)]) -> Result<UInt32Array> {
    let mut places: Vec<u32> = (0..u32::try_from(batch.num_rows()).unwrap_or(u32::MAX)).collect();
    if by.is_empty() {
        return Ok(places.into());
    }
    let columns: Vec<SortColumn> = by
        .iter()
        .map(|(column, falls)| SortColumn { values: Arc::clone(batch.column(*column)), options: Some(options(*falls)) })
        .collect();
    let fields = columns.iter().map(|column| {
        SortField::new_with_options(column.values.data_type().clone(), column.options.unwrap_or_default())
    });
    let converter = RowConverter::new(fields.collect())?;
    let values: Vec<ArrayRef> = columns.iter().map(|column| Arc::clone(&column.values)).collect();
    let rows = converter.convert_columns(&values)?;
    places.sort_by(|a, b| rows.row(*a as usize).cmp(&rows.row(*b as usize)));
    Ok(places.into())
}

impl Operator for Sort {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("ORDER BY has one input".into())) };
        for rows in &input.rows {
            self.take(rows, output)?;
        }
        if self.current.as_ref().is_some_and(|(_, period)| input.bound >= period.end) {
            self.release(None, output)?;
        }
        output.bound = self.output_bound(input.bound)?;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        rows_bytes(&self.held) + self.times.capacity() * size_of::<i64>()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let Some((lead, period)) = &self.current else { return Ok(OperatorState::default()) };
        let mut facts = Writer::default();
        facts.int(period.start);
        facts.int(period.end);
        facts.count(self.times.len());
        self.times.iter().for_each(|time| facts.int(*time));
        let batches = vec![state_batch(vec![Arc::clone(lead)], 1)?, together(&self.schema, &self.held)?];
        Ok(OperatorState { facts: facts.into_bytes(), batches })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        let [lead, held] = &state.batches[..] else { return Ok(()) };
        let mut facts = Reader::new(&state.facts);
        let period = Period { start: facts.int()?, end: facts.int()? };
        let rows = facts.count()?;
        self.times = (0..rows).map(|_| facts.int()).collect::<Result<_>>()?;
        self.current = Some((Arc::clone(lead.column(0)), period));
        self.held = vec![held.clone()];
        Ok(())
    }
}
