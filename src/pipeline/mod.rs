//! State machines: Amazon States Language, run unchanged.
//!
//! A [`Definition`] is read and checked once. A [`Machine`] starts executions of it; [`prepare`] takes hold of one, new or
//! left behind by a process that died, and [`Prepared::run`] runs it to its end. Whoever runs machines supplies the
//! tasks ([`Tasks`]) and the clock ([`Timer`]); this module knows nothing of either, nor of the rest of the lake.
//!
//! Every step is written before it is taken ([`Store`]), so an execution outlives its process: states that had finished
//! are not repeated, a task in flight runs again.

mod arrival;
mod definition;
mod error;
mod event;
mod execution;
mod failure;
mod intrinsic;
mod json;
mod jsonata;
mod path;
mod picture;
mod random;
mod run;
mod store;
mod task;
mod template;
mod timer;
mod timestamp;

pub use arrival::{Arrival, ArrivalState, Ledger, Seen};
pub use definition::{Definition, Problem, ResourceUse};
pub use error::{Error, Result};
pub use event::Event;
pub use execution::{Ended, Machine, Prepared, Surroundings, prepare, redrive, stop};
pub use failure::Failure;
pub use picture::picture;
pub use store::{ExecutionRecord, Filter, Status, Store};
pub use task::{TaskCall, Tasks};
pub use timer::{SystemTimer, Timer, VirtualTimer, Work};

#[cfg(test)]
mod tests;
