//! Tumbling windows: GROUP BY with a monotonic term.
//!
//! A monotonic term divides the rows, which come in order, into runs. So there is one open window at a time: it closes
//! when a term changes, by a row or by a bound that proves it, and all of its groups leave together, in the order in which
//! they were first seen.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch, RecordBatchOptions};
use arrow::compute::{concat, partition};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

use super::keys::{KeyTable, MANY};
use super::period::{Period, Periods};
use super::state::OperatorState;
use super::{Delta, Failure, Operator, Output, Rows};
use crate::analytics::aggregate::{Aggregate, Argument, GroupAccumulator, Reader, Writer};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;

/// How rows are grouped.
#[derive(Debug)]
pub(crate) struct TumblingSpec {
    /// Columns of the monotonic terms.
    pub(crate) terms: Vec<usize>,
    /// Columns of the other keys.
    pub(crate) keys: Vec<usize>,
    pub(crate) aggregates: Vec<Aggregate>,
    /// When the terms that are functions of ROWTIME change.
    pub(crate) periods: Periods,
    /// Whether there are other terms, whose changes only rows show.
    pub(crate) by_rows: bool,
    /// Of the output: terms, keys, aggregates.
    pub(crate) schema: SchemaRef,
}

/// Groups rows.
#[derive(Debug)]
pub(crate) struct Tumbling {
    spec: TumblingSpec,
    keys: KeyTable,
    accumulators: Vec<GroupAccumulator>,
    open: Option<Open>,
    /// The bin of the last bound, to tell how far the output is.
    reached: Option<Period>,
}

/// The window at hand.
#[derive(Debug)]
struct Open {
    period: Period,
    /// The terms' values, one row each.
    terms: Vec<ArrayRef>,
    /// Groups so far; without other keys there is one.
    groups: u32,
}

impl Tumbling {
    pub(crate) fn new(spec: TumblingSpec, input: &SchemaRef) -> Result<Self> {
        let types: Vec<DataType> = spec.keys.iter().map(|key| input.field(*key).data_type().clone()).collect();
        let accumulators = spec.aggregates.iter().cloned().map(GroupAccumulator::new).collect();
        Ok(Self { keys: KeyTable::new(types)?, accumulators, open: None, reached: None, spec })
    }

    fn take(&mut self, rows: &Rows, output: &mut Output) -> Result<()> {
        let terms: Vec<ArrayRef> = self.spec.terms.iter().map(|term| Arc::clone(rows.batch.column(*term))).collect();
        let keys: Vec<ArrayRef> = self.spec.keys.iter().map(|key| Arc::clone(rows.batch.column(*key))).collect();
        let encoded = if keys.is_empty() { None } else { Some(self.keys.encode(&keys)?) };
        let arguments = self
            .spec
            .aggregates
            .iter()
            .map(|aggregate| aggregate.argument.map(|column| Argument::new(rows.batch.column(column))).transpose())
            .collect::<Result<Vec<_>>>()?;
        let mut slots = Vec::new();
        for run in runs(&terms, rows.rowtime.len())? {
            let rowtimes = &rows.rowtime.values()[run.clone()];
            let Some(&first) = rowtimes.first() else { continue };
            let values: Vec<ArrayRef> = terms.iter().map(|term| term.slice(run.start, 1)).collect();
            let continues = self.open.as_ref().is_some_and(|open| open.terms == values);
            if !continues {
                self.close(Some(first), output)?;
                let period = self.spec.periods.from(first)?;
                self.open = Some(Open { period, terms: values, groups: 0 });
            }
            slots.clear();
            match &encoded {
                None => slots.resize(run.len(), 0),
                Some(encoded) => slots.extend(run.clone().map(|row| self.keys.slot(encoded, row).0)),
            }
            let groups = if encoded.is_some() { self.keys.capacity() } else { 1 };
            if let Some(open) = &mut self.open {
                open.groups = u32::try_from(groups).unwrap_or(u32::MAX);
            }
            for (accumulator, argument) in self.accumulators.iter_mut().zip(&arguments) {
                accumulator.reserve(groups);
                accumulator.update(&slots, run.start, argument.as_ref(), rowtimes);
            }
        }
        Ok(())
    }

    /// Close the open window; `at` is the ROWTIME of the row that does it, if one does.
    fn close(&mut self, at: Option<i64>, output: &mut Output) -> Result<()> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let rowtime = match (&self.spec.periods, at) {
            (Periods::Rowtime, _) => open.period.start,
            (_, Some(at)) if self.spec.by_rows => open.period.end.min(at),
            _ => open.period.end,
        };
        let slots: Vec<u32> = (0..open.groups).collect();
        let mut columns = repeat(&open.terms, slots.len())?;
        if !self.spec.keys.is_empty() {
            columns.extend(self.keys.columns(&slots)?);
        }
        let mut failed = Vec::new();
        for accumulator in &mut self.accumulators {
            let (column, failures) = accumulator.take(&slots, rowtime)?;
            columns.push(column);
            failed.extend(failures);
        }
        if slots.len() > MANY {
            self.accumulators = self.spec.aggregates.iter().cloned().map(GroupAccumulator::new).collect();
        }
        self.keys.clear();
        let options = RecordBatchOptions::new().with_row_count(Some(slots.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.spec.schema), columns, &options)?;
        push_without(&batch, vec![rowtime; slots.len()], &failed, output)
    }

    /// How far the output is when the input has come to `bound`.
    fn output_bound(&mut self, bound: i64) -> Result<i64> {
        if let Some(open) = &self.open
            && !self.spec.by_rows
        {
            return Ok(match self.spec.periods {
                Periods::Rowtime => open.period.start,
                _ => open.period.end,
            });
        }
        if self.spec.by_rows || matches!(self.spec.periods, Periods::Rowtime) {
            return Ok(bound);
        }
        if !self.reached.is_some_and(|period| period.holds(bound)) {
            self.reached = Some(self.spec.periods.from(bound)?);
        }
        Ok(self.reached.map_or(bound, |period| period.end))
    }
}

/// Rows of `batch` but for the failed ones, which become failures.
pub(super) fn push_without(
    batch: &RecordBatch,
    rowtime: Vec<i64>,
    failed: &[(usize, String)],
    output: &mut Output,
) -> Result<()> {
    if failed.is_empty() {
        output.push(batch.clone(), rowtime);
        return Ok(());
    }
    let mut kept = vec![true; batch.num_rows()];
    for (row, message) in failed {
        if std::mem::take(&mut kept[*row]) {
            output.failures.push(Failure::of_row("ROW_ERROR", message.as_str(), batch, *row, rowtime[*row]));
        }
    }
    let times = rowtime.into_iter().zip(&kept).filter_map(|(time, kept)| kept.then_some(time)).collect();
    output.push(arrow::compute::filter_record_batch(batch, &kept.into())?, times);
    Ok(())
}

/// The runs of rows over which the terms stay the same; all rows are one when there is no term.
pub(super) fn runs(terms: &[ArrayRef], rows: usize) -> Result<Vec<std::ops::Range<usize>>> {
    Ok(if terms.is_empty() { std::iter::once(0..rows).collect() } else { partition(terms)?.ranges() })
}

/// One-row columns, `length` times.
fn repeat(columns: &[ArrayRef], length: usize) -> Result<Vec<ArrayRef>> {
    let zeros = arrow::array::UInt32Array::from(vec![0; length]);
    columns.iter().map(|column| Ok(arrow::compute::take(column, &zeros, None)?)).collect()
}

impl Operator for Tumbling {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("GROUP BY has one input".into())) };
        for rows in &input.rows {
            self.take(rows, output)?;
        }
        if self.spec.terms.is_empty() && self.spec.keys.is_empty() && self.open.is_none() && input.bound == i64::MAX {
            // Everything as one group is a group even when there is nothing.
            self.accumulators.iter_mut().for_each(|accumulator| accumulator.reserve(1));
            self.open = Some(Open { period: Period { start: 0, end: i64::MAX }, terms: Vec::new(), groups: 1 });
        }
        if self.open.as_ref().is_some_and(|open| input.bound >= open.period.end) {
            self.close(None, output)?;
        }
        output.bound = self.output_bound(input.bound)?;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.keys.bytes() + self.accumulators.iter().map(GroupAccumulator::bytes).sum::<usize>()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let Some(open) = &self.open else { return Ok(OperatorState::default()) };
        let mut facts = Writer::default();
        facts.int(open.period.start);
        facts.int(open.period.end);
        let slots: Vec<u32> = (0..open.groups).collect();
        let mut columns = repeat(&open.terms, slots.len())?;
        if !self.spec.keys.is_empty() {
            columns.extend(self.keys.columns(&slots)?);
        }
        columns.push(partials(&self.accumulators, &slots));
        Ok(OperatorState { facts: facts.into_bytes(), batches: vec![state_batch(columns, slots.len())?] })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        let [batch] = &state.batches[..] else { return Ok(()) };
        let mut facts = Reader::new(&state.facts);
        let period = Period { start: facts.int()?, end: facts.int()? };
        let (terms, keys) = (self.spec.terms.len(), self.spec.keys.len());
        let groups = batch.num_rows();
        if keys > 0 {
            let encoded = self.keys.encode(&batch.columns()[terms..terms + keys])?;
            for row in 0..groups {
                self.keys.slot(&encoded, row);
            }
        }
        let slots: Vec<u32> = (0..u32::try_from(groups).unwrap_or(u32::MAX)).collect();
        restore_partials(&mut self.accumulators, &slots, batch.column(terms + keys))?;
        let terms = batch.columns()[..terms].iter().map(|term| term.slice(0, 1)).collect();
        self.open = Some(Open { period, terms, groups: u32::try_from(groups).unwrap_or(u32::MAX) });
        Ok(())
    }
}

/// The states of `slots` as a column of bytes.
pub(super) fn partials(accumulators: &[GroupAccumulator], slots: &[u32]) -> ArrayRef {
    let states = slots.iter().map(|slot| {
        let mut writer = Writer::default();
        for accumulator in accumulators {
            writer.partial(&accumulator.partial(*slot));
        }
        writer.into_bytes()
    });
    Arc::new(BinaryArray::from_iter_values(states))
}

/// Put the states of `slots` back.
pub(super) fn restore_partials(accumulators: &mut [GroupAccumulator], slots: &[u32], states: &ArrayRef) -> Result<()> {
    let largest = slots.iter().max().map_or(0, |slot| *slot as usize + 1);
    accumulators.iter_mut().for_each(|accumulator| accumulator.reserve(largest));
    let states = states.as_binary::<i32>();
    for (row, slot) in slots.iter().enumerate() {
        let mut reader = Reader::new(states.value(row));
        for accumulator in &mut *accumulators {
            accumulator.set_partial(*slot, reader.partial()?);
        }
    }
    Ok(())
}

/// Columns of a state, named by their places.
pub(super) fn state_batch(columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let fields: Vec<Field> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| Field::new(place.to_string(), column.data_type().clone(), true))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

/// Batches of one schema as one.
pub(super) fn together(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch> {
    if let [only] = batches {
        return Ok(only.clone());
    }
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let columns = (0..schema.fields().len()).map(|place| {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(place).as_ref()).collect();
        if parts.is_empty() {
            return Ok(arrow::array::new_empty_array(schema.field(place).data_type()));
        }
        concat(&parts)
    });
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect::<Result<_, _>>()?, &options)?)
}
