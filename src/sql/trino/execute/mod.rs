//! How Trino's functions run inside of the engine: each call is a function of the engine bound to its types.

mod aggregate;
mod body;
mod collect;
mod lazy;
mod scalar;

pub(crate) use aggregate::bound_aggregate;
pub(crate) use body::Body;
pub(crate) use lazy::{Lazy, LazyKind};
pub(crate) use scalar::{Bound, BoundLambda};
