//! Instants, clocks and Java date patterns.
//!
//! Time is an argument everywhere in bayou: whoever needs "now" takes a [`Clock`], so that a test can drive it and a
//! recorded stream can be replayed. Java patterns live here because deliveries, streaming SQL and ETL share them.

mod clock;
pub mod java;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
