//! Deliveries: rows become files, buffered by size and time, named by prefix expressions, each written exactly once.

mod error;
mod sink;

pub use error::{Error, Result};
pub use sink::{OutputRows, Sink, SinkMetrics, SinkSnapshot};
