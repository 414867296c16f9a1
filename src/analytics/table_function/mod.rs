//! Table functions: stateful operators that a query names in `FROM TABLE(f(CURSOR(…), …))`.
//!
//! A function sees the rows of its cursor in order and the bounds of their ROWTIME, and gives rows with their own ROWTIME. Its
//! state goes into checkpoints as bytes and comes back exactly, so a restored function gives what an uninterrupted one would.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Functions": Machine Learning Functions, Statistical Functions.

mod anomaly;
mod argument;
mod count_distinct;
mod explanation;
mod forest;
mod group_rank;
mod hotspots;
mod hyper_log_log;
mod neighbours;
mod points;
#[cfg(test)]
mod tests;
mod top_k;
mod window;

use arrow::array::{RecordBatch, TimestampMillisecondArray};

pub(crate) use argument::{Argument, ArgumentError};

use super::error::Result;
use super::sql_type::SqlType;

/// A column of a function's input or output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) sql_type: SqlType,
}

impl Column {
    pub(crate) fn new(name: impl Into<String>, sql_type: SqlType) -> Self {
        Self { name: name.into(), sql_type }
    }
}

/// What a function gives: rows, in order of ROWTIME, and the places of input rows that it could not take.
#[derive(Clone, Debug)]
pub(crate) struct Emitted {
    pub(crate) rows: RecordBatch,
    pub(crate) rowtime: TimestampMillisecondArray,
    pub(crate) failed: Vec<FailedRow>,
}

/// A row of the batch pushed that goes to the error stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailedRow {
    pub(crate) row: usize,
    pub(crate) message: String,
}

/// A table function at work.
pub(crate) trait TableFunction: Send {
    /// The columns of the rows that it gives.
    fn columns(&self) -> &[Column];

    /// Take rows, in order of ROWTIME.
    fn push(&mut self, rows: &RecordBatch, rowtime: &TimestampMillisecondArray) -> Result<Emitted>;

    /// Take note that no later row has a ROWTIME before `bound`.
    fn on_time(&mut self, bound: i64) -> Result<Emitted>;

    /// The memory that what it remembers takes, in bytes.
    fn state_bytes(&self) -> usize;

    /// Everything that it remembers.
    fn snapshot(&self) -> Result<Vec<u8>>;

    /// Go on from what [`Self::snapshot`] gave, instead of from nothing.
    fn restore(&mut self, state: &[u8]) -> Result<()>;
}

/// The names that [`create`] knows.
pub(crate) const TABLE_FUNCTIONS: [&str; 6] = [
    "RANDOM_CUT_FOREST",
    "RANDOM_CUT_FOREST_WITH_EXPLANATION",
    "HOTSPOTS",
    "TOP_K_ITEMS_TUMBLING",
    "COUNT_DISTINCT_ITEMS_TUMBLING",
    "GROUP_RANK",
];

/// The function `name` over a cursor with the columns `input`, with the constant arguments behind the cursor.
///
/// `seed` decides whatever it draws at random. `None` when there is no such function.
pub(crate) fn create(
    name: &str,
    input: &[Column],
    arguments: &[Argument],
    seed: u64,
) -> Option<std::result::Result<Box<dyn TableFunction>, ArgumentError>> {
    fn boxed<F: TableFunction + 'static>(function: F) -> Box<dyn TableFunction> {
        Box::new(function)
    }
    Some(match name.to_ascii_uppercase().as_str() {
        "RANDOM_CUT_FOREST" => anomaly::RandomCutForest::new(input, arguments, seed, false).map(boxed),
        "RANDOM_CUT_FOREST_WITH_EXPLANATION" => anomaly::RandomCutForest::new(input, arguments, seed, true).map(boxed),
        "HOTSPOTS" => hotspots::Hotspots::new(input, arguments).map(boxed),
        "TOP_K_ITEMS_TUMBLING" => top_k::TopKItems::new(input, arguments).map(boxed),
        "COUNT_DISTINCT_ITEMS_TUMBLING" => count_distinct::CountDistinctItems::new(input, arguments).map(boxed),
        "GROUP_RANK" => group_rank::GroupRank::new(input, arguments).map(boxed),
        _ => return None,
    })
}
