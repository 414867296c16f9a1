//! `expr AS ROWTIME`: the row's time is what the query says.

use arrow::array::{Array, AsArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::TimestampMillisecondType;

use super::state::OperatorState;
use super::{Delta, Failure, Operator, Output};
use crate::analytics::aggregate::{Reader, Writer};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;
use crate::time::Timestamp;

/// Takes ROWTIME from a column: rows without one are dropped, rows that go back are errors.
///
/// The bounds of the input say nothing about the new times, so the last row is the only bound there is.
#[derive(Debug)]
pub(crate) struct SetRowtime {
    column: usize,
    last: i64,
}

impl SetRowtime {
    pub(crate) fn new(column: usize) -> Self {
        Self { column, last: i64::MIN }
    }
}

impl Operator for SetRowtime {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("AS ROWTIME has one input".into())) };
        for rows in &input.rows {
            let set = rows.batch.column(self.column).as_primitive::<TimestampMillisecondType>();
            let mut times = Vec::with_capacity(set.len());
            let mut kept = Vec::with_capacity(set.len());
            for row in 0..set.len() {
                let time = set.is_valid(row).then(|| set.value(row));
                let keeps = time.is_some_and(|time| time >= self.last);
                match time {
                    Some(time) if keeps => {
                        self.last = time;
                        times.push(time);
                    }
                    Some(time) => {
                        let message =
                            format!("The row's ROWTIME {} lies before the last one of the pump", Timestamp(time));
                        output.failures.push(Failure::of_row("ROW_OUT_OF_ORDER", message, &rows.batch, row, time));
                    }
                    None => {}
                }
                kept.push(keeps);
            }
            output.push(filter_record_batch(&rows.batch, &kept.into())?, times);
        }
        output.bound = self.last;
        Ok(())
    }

    fn snapshot(&self) -> Result<OperatorState> {
        let mut facts = Writer::default();
        facts.int(self.last);
        Ok(OperatorState { facts: facts.into_bytes(), batches: Vec::new() })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        if !state.facts.is_empty() {
            self.last = Reader::new(&state.facts).int()?;
        }
        Ok(())
    }
}
