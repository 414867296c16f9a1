//! Rows that are there from the start: VALUES, and what is read from tables.

use arrow::array::RecordBatch;

use super::state::OperatorState;
use super::{Delta, Operator, Output};
use crate::analytics::error::Result;
use crate::analytics::expr::EvalEnv;

/// Gives its rows in the first epoch, with the start of the application as ROWTIME, and nothing ever after.
#[derive(Debug)]
pub(crate) struct Once {
    rows: Option<RecordBatch>,
}

impl Once {
    pub(crate) fn new(rows: RecordBatch) -> Self {
        Self { rows: Some(rows) }
    }
}

impl Operator for Once {
    fn process(&mut self, _inputs: &[&Delta], env: &EvalEnv, output: &mut Output) -> Result<()> {
        if let Some(rows) = self.rows.take() {
            let rowtime = vec![env.started; rows.num_rows()];
            output.push(rows, rowtime);
        }
        output.bound = i64::MAX;
        Ok(())
    }

    fn snapshot(&self) -> Result<OperatorState> {
        Ok(OperatorState { facts: vec![u8::from(self.rows.is_none())], batches: Vec::new() })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        if state.facts == [1] {
            self.rows = None;
        }
        Ok(())
    }
}
