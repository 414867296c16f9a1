//! Stagger windows: one window per key, opened by its first row.
//!
//! Tumbling windows cut related rows apart when they arrive around a boundary. A stagger window opens with the key's first
//! ROWTIME and closes by deadline, so an idle key still reports. All windows are of one width, so they close in the order
//! in which they were opened.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions, TimestampMillisecondArray};
use arrow::datatypes::{DataType, SchemaRef, TimestampMillisecondType};

use super::keys::{KeyTable, MANY};
use super::state::OperatorState;
use super::tumbling::{partials, push_without, restore_partials, state_batch};
use super::{Delta, Operator, Output, Rows};
use crate::analytics::aggregate::{Aggregate, Argument, GroupAccumulator};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;

/// How rows are grouped.
#[derive(Debug)]
pub(crate) struct StaggerSpec {
    /// Columns of the partition.
    pub(crate) keys: Vec<usize>,
    /// Width in milliseconds.
    pub(crate) width: i64,
    pub(crate) aggregates: Vec<Aggregate>,
    /// Of the output: keys, aggregates.
    pub(crate) schema: SchemaRef,
}

/// Groups rows.
#[derive(Debug)]
pub(crate) struct Stagger {
    spec: StaggerSpec,
    keys: KeyTable,
    accumulators: Vec<GroupAccumulator>,
    /// Deadlines and slots of the open windows, first to close first.
    deadlines: VecDeque<(i64, u32)>,
}

impl Stagger {
    pub(crate) fn new(spec: StaggerSpec, input: &SchemaRef) -> Result<Self> {
        let types: Vec<DataType> = spec.keys.iter().map(|key| input.field(*key).data_type().clone()).collect();
        let accumulators = spec.aggregates.iter().cloned().map(GroupAccumulator::new).collect();
        Ok(Self { keys: KeyTable::new(types)?, accumulators, deadlines: VecDeque::new(), spec })
    }

    fn take(&mut self, rows: &Rows, output: &mut Output) -> Result<()> {
        let keys: Vec<ArrayRef> = self.spec.keys.iter().map(|key| Arc::clone(rows.batch.column(*key))).collect();
        let encoded = self.keys.encode(&keys)?;
        let arguments = self
            .spec
            .aggregates
            .iter()
            .map(|aggregate| aggregate.argument.map(|column| Argument::new(rows.batch.column(column))).transpose())
            .collect::<Result<Vec<_>>>()?;
        let times = rows.rowtime.values();
        let mut start = 0;
        let mut slots = Vec::new();
        while start < times.len() {
            self.close(times[start], output)?;
            // The rows before the next deadline change nothing but their groups.
            let deadline = self.deadlines.front().map_or_else(|| times[start].saturating_add(self.spec.width), |d| d.0);
            let end = start + times[start..].partition_point(|time| *time < deadline).max(1);
            slots.clear();
            for row in start..end {
                let (slot, is_new) = self.keys.slot(&encoded, row);
                if is_new {
                    self.deadlines.push_back((times[row].saturating_add(self.spec.width), slot));
                }
                slots.push(slot);
            }
            for (accumulator, argument) in self.accumulators.iter_mut().zip(&arguments) {
                accumulator.reserve(self.keys.capacity());
                accumulator.update(&slots, start, argument.as_ref(), &times[start..end]);
            }
            start = end;
        }
        Ok(())
    }

    /// Close the windows whose deadline is at `time` or before.
    fn close(&mut self, time: i64, output: &mut Output) -> Result<()> {
        while let Some(&(deadline, _)) = self.deadlines.front().filter(|(deadline, _)| *deadline <= time) {
            let together = self.deadlines.iter().take_while(|(other, _)| *other == deadline).count();
            let slots: Vec<u32> = self.deadlines.drain(..together).map(|(_, slot)| slot).collect();
            let mut columns = self.keys.columns(&slots)?;
            let mut failed = Vec::new();
            for accumulator in &mut self.accumulators {
                let (column, failures) = accumulator.take(&slots, deadline)?;
                columns.push(column);
                failed.extend(failures);
            }
            slots.iter().for_each(|slot| self.keys.release(*slot));
            let options = RecordBatchOptions::new().with_row_count(Some(slots.len()));
            let batch = RecordBatch::try_new_with_options(Arc::clone(&self.spec.schema), columns, &options)?;
            push_without(&batch, vec![deadline; slots.len()], &failed, output)?;
        }
        if self.deadlines.is_empty() {
            // Whatever many keys took is given back.
            self.accumulators = self.spec.aggregates.iter().cloned().map(GroupAccumulator::new).collect();
            self.deadlines.shrink_to(0);
        } else if self.deadlines.capacity() > MANY && self.deadlines.len() < self.deadlines.capacity() / 8 {
            self.deadlines.shrink_to(self.deadlines.len() * 2);
        }
        let slots = self.keys.capacity();
        self.accumulators.iter_mut().for_each(|accumulator| accumulator.shrink(slots));
        Ok(())
    }
}

impl Operator for Stagger {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("WINDOWED BY STAGGER has one input".into())) };
        for rows in &input.rows {
            self.take(rows, output)?;
        }
        self.close(input.bound, output)?;
        output.bound =
            self.deadlines.front().map_or_else(|| input.bound.saturating_add(self.spec.width), |first| first.0);
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        let states: usize = self.accumulators.iter().map(GroupAccumulator::bytes).sum();
        self.keys.bytes() + states + self.deadlines.capacity() * size_of::<(i64, u32)>()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        if self.deadlines.is_empty() {
            return Ok(OperatorState::default());
        }
        let slots: Vec<u32> = self.deadlines.iter().map(|(_, slot)| *slot).collect();
        let deadlines: TimestampMillisecondArray = self.deadlines.iter().map(|(deadline, _)| Some(*deadline)).collect();
        let mut columns = self.keys.columns(&slots)?;
        columns.push(Arc::new(deadlines));
        columns.push(partials(&self.accumulators, &slots));
        Ok(OperatorState { facts: Vec::new(), batches: vec![state_batch(columns, slots.len())?] })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        let [batch] = &state.batches[..] else { return Ok(()) };
        let keys = self.spec.keys.len();
        let encoded = self.keys.encode(&batch.columns()[..keys])?;
        let deadlines = batch.column(keys).as_primitive::<TimestampMillisecondType>();
        let slots: Vec<u32> = (0..batch.num_rows()).map(|row| self.keys.slot(&encoded, row).0).collect();
        self.deadlines = deadlines.values().iter().copied().zip(slots.iter().copied()).collect();
        restore_partials(&mut self.accumulators, &slots, batch.column(keys + 1))
    }
}
