//! SELECT DISTINCT: each different row once, at its first occurrence, until a monotonic item changes.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, SchemaRef};

use super::keys::KeyTable;
use super::period::{Period, Periods};
use super::state::OperatorState;
use super::tumbling::{runs, state_batch};
use super::{Delta, Operator, Output, Rows};
use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;

/// Lets first occurrences through.
#[derive(Debug)]
pub(crate) struct Distinct {
    /// Columns of the monotonic items.
    terms: Vec<usize>,
    /// Columns that tell rows apart.
    columns: Vec<usize>,
    periods: Periods,
    keys: KeyTable,
    /// The terms' values that the memory belongs to, and how long they hold.
    current: Option<(Vec<ArrayRef>, Period)>,
}

impl Distinct {
    pub(crate) fn new(terms: Vec<usize>, columns: Vec<usize>, periods: Periods, input: &SchemaRef) -> Result<Self> {
        let types: Vec<DataType> = columns.iter().map(|column| input.field(*column).data_type().clone()).collect();
        Ok(Self { terms, columns, periods, keys: KeyTable::new(types)?, current: None })
    }

    fn take(&mut self, rows: &Rows, output: &mut Output) -> Result<()> {
        let terms: Vec<ArrayRef> = self.terms.iter().map(|term| Arc::clone(rows.batch.column(*term))).collect();
        let columns: Vec<ArrayRef> = self.columns.iter().map(|column| Arc::clone(rows.batch.column(*column))).collect();
        let encoded = if columns.is_empty() { None } else { Some(self.keys.encode(&columns)?) };
        let mut kept: Vec<u32> = Vec::new();
        for run in runs(&terms, rows.rowtime.len())? {
            let values: Vec<ArrayRef> = terms.iter().map(|term| term.slice(run.start, 1)).collect();
            let continues = self.current.as_ref().is_some_and(|(current, _)| *current == values);
            if !continues {
                self.keys.clear();
                self.current = Some((values, self.periods.from(rows.rowtime.value(run.start))?));
            }
            for row in run.clone() {
                let is_new = match &encoded {
                    Some(encoded) => self.keys.slot(encoded, row).1,
                    None => !continues && row == run.start,
                };
                if is_new {
                    kept.extend(u32::try_from(row));
                }
            }
        }
        let rowtime = kept.iter().map(|row| rows.rowtime.value(*row as usize)).collect();
        output.push(take_record_batch(&rows.batch, &UInt32Array::from(kept))?, rowtime);
        Ok(())
    }
}

impl Operator for Distinct {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("DISTINCT has one input".into())) };
        for rows in &input.rows {
            self.take(rows, output)?;
        }
        if self.current.as_ref().is_some_and(|(_, period)| input.bound >= period.end) {
            self.keys.clear();
            self.current = None;
        }
        output.bound = input.bound;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.keys.bytes()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let Some((terms, period)) = &self.current else { return Ok(OperatorState::default()) };
        let mut facts = Writer::default();
        facts.int(period.start);
        facts.int(period.end);
        let slots: Vec<u32> = (0..u32::try_from(self.keys.capacity()).unwrap_or(u32::MAX)).collect();
        let keys = if self.columns.is_empty() { Vec::new() } else { self.keys.columns(&slots)? };
        let batches = vec![state_batch(terms.clone(), 1)?, state_batch(keys, slots.len())?];
        Ok(OperatorState { facts: facts.into_bytes(), batches })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        let [terms, keys] = &state.batches[..] else { return Ok(()) };
        let mut facts = Reader::new(&state.facts);
        let period = Period { start: facts.int()?, end: facts.int()? };
        self.current = Some((terms.columns().to_vec(), period));
        if !self.columns.is_empty() {
            let encoded = self.keys.encode(keys.columns())?;
            for row in 0..keys.num_rows() {
                self.keys.slot(&encoded, row);
            }
        }
        Ok(())
    }
}
