//! The function library: one file a family, each with the list of its entries.
//!
//! To add a function, write its kernel and its [`FunctionEntry`] into the file of its family; a new family is added to
//! the lists below. What is syntax in Trino (CAST, CASE, IF, COALESCE, NULLIF, TRY, EXTRACT, subscripts, `||`,
//! comparisons, arithmetic, LIKE, AT TIME ZONE, `typeof`, `now` and its relatives, `grouping`) and the window
//! functions are the analyzer's.

mod basic_aggregate;
mod engine_aggregate;

use super::registry::{AggregateEntry, FunctionEntry};

/// The families of scalar functions.
pub(crate) fn scalar_families() -> &'static [&'static [FunctionEntry]] {
    &[]
}

/// The families of aggregate functions.
pub(crate) fn aggregate_families() -> &'static [&'static [AggregateEntry]] {
    &[engine_aggregate::ENTRIES, basic_aggregate::ENTRIES]
}

/// The aggregate that a correlated scalar subquery becomes.
pub(super) fn single_value() -> &'static AggregateEntry {
    &basic_aggregate::SINGLE_VALUE
}
