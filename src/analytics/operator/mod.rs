//! Operators: what stands between a stream and the target of a pump.
//!
//! An operator takes what an epoch brought to each of its inputs, rows in order of ROWTIME and the bound that they have
//! reached, and gives rows and a bound of its own. What it gives depends on the rows and bounds alone, not on how epochs
//! cut them (ties between several inputs excepted). Its state is bounded by its windows, and a snapshot of it goes on
//! where it was.

mod distinct;
mod join;
mod keys;
mod lookup;
mod once;
mod period;
mod rowtime;
mod select;
mod sliding;
mod sort;
mod stagger;
mod state;
mod table_function;
mod time_sort;
mod tumbling;
mod union;

use arrow::array::RecordBatch;

pub(crate) use distinct::Distinct;
pub(crate) use join::{Condition, JoinSide, JoinSpec, JoinWindow, StreamJoin};
pub(crate) use lookup::{Lookup, LookupSpec};
pub(crate) use once::Once;
pub(crate) use period::Periods;
pub(crate) use rowtime::SetRowtime;
pub(crate) use select::Select;
pub(crate) use sliding::{Frame, Sliding, SlidingSpec};
pub(crate) use sort::{Sort, SortSpec};
pub(crate) use stagger::{Stagger, StaggerSpec};
pub(crate) use state::{OperatorState, rows_bytes};
pub(crate) use table_function::FunctionHost;
pub(crate) use time_sort::{TimeSort, TimeSortSpec};
pub(crate) use tumbling::{Tumbling, TumblingSpec};
pub(crate) use union::Union;

use super::error::Result;
use super::error_stream::row_text;
use super::expr::EvalEnv;

/// Rows with the ROWTIME of each.
pub(crate) use crate::deliver::OutputRows as Rows;

/// What an epoch brought to one input.
#[derive(Clone, Debug)]
pub(crate) struct Delta {
    /// In order of ROWTIME, also from one to the next.
    pub(crate) rows: Vec<Rows>,
    /// No later row has a ROWTIME before it.
    pub(crate) bound: i64,
}

impl Delta {
    /// Nothing known yet.
    pub(crate) fn nothing() -> Self {
        Self { rows: Vec::new(), bound: i64::MIN }
    }
}

/// A row that could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) name: &'static str,
    pub(crate) message: String,
    pub(crate) rowtime: i64,
    pub(crate) data: Vec<u8>,
}

impl Failure {
    pub(crate) fn of_row(
        name: &'static str,
        message: impl Into<String>,
        rows: &RecordBatch,
        row: usize,
        at: i64,
    ) -> Self {
        Self { name, message: message.into(), rowtime: at, data: row_text(rows, row) }
    }
}

/// What an operator gives in one epoch.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) rows: Vec<Rows>,
    pub(crate) bound: i64,
    pub(crate) failures: Vec<Failure>,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), bound: i64::MIN, failures: Vec::new() }
    }

    /// Give rows, if there are any.
    pub(crate) fn push(&mut self, batch: RecordBatch, rowtime: Vec<i64>) {
        if !rowtime.is_empty() {
            self.rows.push(Rows { batch, rowtime: rowtime.into() });
        }
    }
}

/// One step between streams.
pub(crate) trait Operator: Send {
    /// Take what the epoch brought, one [`Delta`] an input; bounds never go back.
    ///
    /// # Errors
    /// Only for faults of ours; rows that fail become [`Failure`]s.
    fn process(&mut self, inputs: &[&Delta], env: &EvalEnv, output: &mut Output) -> Result<()>;

    /// Which columns of its input it reads, when nothing of the others can show: not in results, and not in failures.
    fn reads(&self) -> Option<&[bool]> {
        None
    }

    /// Nobody reads the other columns of the output: they may be of type NULL from now on.
    fn narrow(&mut self, _read: &[bool]) {}

    /// The memory that its state takes, in bytes; room that is kept for later counts, small fixed parts do not.
    fn state_bytes(&self) -> usize {
        0
    }

    /// Everything that a later epoch depends on.
    fn snapshot(&self) -> Result<OperatorState> {
        Ok(OperatorState::default())
    }

    /// Go on from a snapshot.
    fn restore(&mut self, _state: &OperatorState) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
