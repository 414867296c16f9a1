//! A table function between its cursor and the query that reads it.

use super::state::OperatorState;
use super::{Delta, Failure, Operator, Output, Rows};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::EvalEnv;
use crate::analytics::table_function::{Emitted, TableFunction};

/// Feeds a table function and passes on what it gives.
pub(crate) struct FunctionHost {
    function: Box<dyn TableFunction>,
}

impl FunctionHost {
    pub(crate) fn new(function: Box<dyn TableFunction>) -> Self {
        Self { function }
    }
}

fn give(emitted: Emitted, input: Option<&Rows>, output: &mut Output) {
    let Emitted { rows, rowtime, failed } = emitted;
    for failure in failed {
        let Some(input) = input else { continue };
        let at = input.rowtime.value(failure.row);
        output.failures.push(Failure::of_row("ROW_ERROR", failure.message, &input.batch, failure.row, at));
    }
    if !rowtime.is_empty() {
        output.rows.push(Rows { batch: rows, rowtime });
    }
}

impl Operator for FunctionHost {
    fn process(&mut self, inputs: &[&Delta], _env: &EvalEnv, output: &mut Output) -> Result<()> {
        let [input] = inputs else { return Err(Error::Internal("a table function has one cursor".into())) };
        for rows in &input.rows {
            let emitted = self.function.push(&rows.batch, &rows.rowtime)?;
            give(emitted, Some(rows), output);
        }
        give(self.function.on_time(input.bound)?, None, output);
        output.bound = input.bound;
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.function.state_bytes()
    }

    fn snapshot(&self) -> Result<OperatorState> {
        Ok(OperatorState { facts: self.function.snapshot()?, batches: Vec::new() })
    }

    fn restore(&mut self, state: &OperatorState) -> Result<()> {
        if state.facts.is_empty() { Ok(()) } else { self.function.restore(&state.facts) }
    }
}
