//! Streaming applications: SQL over streams, in the dialect of Kinesis Data Analytics.
//!
//! An application is in-application streams with pumps between them. One driver runs it, one epoch at a time: it takes the
//! records that have arrived, pushes them through all pumps in order, and hands the results to the destinations. After
//! an epoch every queue is empty, so a checkpoint is a consistent cut without further ado.
//!
//! Source of the dialect: Kinesis Data Analytics SQL Reference and Developer Guide.

mod application;
mod assign;
mod checkpoint;
mod collect;
mod driver;
mod error;
mod error_log;
mod error_stream;
#[allow(dead_code, unused_imports, reason = "the planner is moving over to this tree")]
mod expr;
#[allow(dead_code, unused_imports, reason = "the planner is moving over to this tree")]
mod function;
mod graph;
mod input;
mod plan;
mod reserved;
mod rows;
mod source;
mod sql_type;
mod statement;
#[allow(dead_code, unused_imports, reason = "the planner is moving over to this tree")]
mod syntax;

pub use application::{Application, ApplicationConfig, DEFAULT_INPUT, Live, RunResult};
pub use collect::{Collect, StreamResult};
pub use driver::Control;
pub use error::{Error, Result};
pub use error_stream::ERROR_STREAM;
pub use input::{InputColumn, InputSchema, discover};
pub use sql_type::SqlType;

#[cfg(test)]
mod tests;
