//! Aggregate functions that the engine does not have.
//!
//! Each group has an [`Aggregation`](crate::sql::trino::call::Aggregation) of its own. Those that need all values keep
//! them as columns ([`collect`]) and work on the columns in the end.

mod checksum;
mod collect;
mod distinct;
mod extreme;
mod frequency;
mod interval;
mod keyed;
mod listagg;
mod moments;
mod percentile;
mod reduce;

pub(super) use checksum::ENTRIES as CHECKSUM;
pub(super) use distinct::ENTRIES as DISTINCT;
pub(super) use extreme::ENTRIES as EXTREME;
pub(super) use frequency::ENTRIES as FREQUENCY;
pub(super) use interval::ENTRIES as INTERVAL;
pub(super) use keyed::ENTRIES as KEYED;
pub(super) use listagg::ENTRIES as LISTAGG;
pub(super) use moments::ENTRIES as MOMENTS;
pub(super) use percentile::ENTRIES as PERCENTILE;
pub(super) use reduce::ENTRIES as REDUCE;

use crate::sql::trino::registry::{AggregateBuild, AggregateEntry};

/// An aggregate of ours that skips rows with a NULL argument.
const fn own(
    signature: &'static str,
    build: AggregateBuild,
    sql: &'static str,
    result: &'static str,
) -> AggregateEntry {
    AggregateEntry::new(signature, build, (sql, result))
}
