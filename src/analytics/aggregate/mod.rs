//! Aggregate and analytic functions: what a group or a sliding window computes over its rows.
//!
//! A call is an [`Aggregate`] over columns of its operator's input. Groups keep a [`GroupAccumulator`] a call, sliding
//! windows a [`SlidingState`] a call and key; both are made of the same [`Partial`] results and so agree.

mod function;
mod group;
mod partial;
mod persist;
mod sliding;
mod value;

pub(crate) use function::{Aggregate, AggregateFunction};
pub(crate) use group::GroupAccumulator;
pub(crate) use persist::{Reader, Writer};
pub(crate) use sliding::{SlidingState, WindowRows};
pub(crate) use value::{Argument, Value, Values, to_array};

#[cfg(test)]
mod tests;
