//! The operators: arithmetic, comparison, LIKE, `||`, subscripts, and the constructors of arrays and rows.

mod access;
mod arithmetic;
mod compare;
mod concat;
mod construct;
mod like;
mod temporal;

pub(crate) use access::{array_at, field_at, map_at};
pub(crate) use arithmetic::{arithmetic, negative};
pub(crate) use compare::{comparison, distinct};
pub(crate) use concat::concatenation;
pub(crate) use construct::{array_of, entries_of, ordinals, row_of};
pub(crate) use like::{like, like_escape};
pub(crate) use temporal::{interval_of, interval_units};

#[cfg(test)]
mod tests;
