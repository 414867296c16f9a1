//! JSON: kept as compact text, read in place.
//!
//! Simple paths ([`extract`]) walk the text and build nothing. SQL/JSON paths ([`path`], [`evaluate`]) work on a tree.
//! Casts to and from JSON are those of [`crate::sql::trino::cast`].

mod construct;
mod evaluate;
mod extract;
mod inspect;
mod number;
mod path;
mod query;
mod scan;
mod value;

pub(super) use construct::ENTRIES as CONSTRUCT;
pub(super) use extract::ENTRIES as EXTRACT;
pub(super) use inspect::ENTRIES as INSPECT;
pub(super) use query::ENTRIES as QUERY;
