//! Streaming applications: SQL over streams, in the dialect of Kinesis Data Analytics.
//!
//! An application is in-application streams with pumps between them. One driver runs it, one epoch at a time: it takes the
//! records that have arrived, pushes them through all pumps in order, and hands the results to the destinations. After
//! an epoch every queue is empty, so a checkpoint is a consistent cut without further ado.
//!
//! Source of the dialect: Kinesis Data Analytics SQL Reference and Developer Guide.

mod aggregate;
mod application;
mod case;
mod checkpoint;
mod codec;
mod collect;
mod config;
mod definition;
mod driver;
mod error;
mod error_log;
mod error_stream;
mod evaluate;
mod expr;
mod function;
mod graph;
mod input;
mod live;
mod log_parser;
mod operator;
mod output;
mod plan;
mod reference;
mod reserved;
mod source;
mod sql_type;
mod syntax;
mod table_function;

pub use application::{Application, RunResult};
pub use case::{CaseMode, run_case};
pub use collect::{Collect, StreamResult};
pub use config::{ApplicationConfig, ApplicationInput, DEFAULT_INPUT};
pub use definition::{
    ApplicationDefinition, InputDefinition, OutputDefinition, OutputFormat, ReferenceDefinition, Resource, ResourceKind,
};
pub use driver::Control;
pub use error::{Error, Result};
pub use error_stream::ERROR_STREAM;
pub use evaluate::evaluate;
pub use input::{
    Discovery, InputColumn, InputSchema, Preprocess, ProcessedRecord, RawRecord, RecordFormat, discover, read_response,
    write_request,
};
pub use live::Live;
pub use output::{FunctionSink, Invoke, StreamSink};
pub use reference::{LARGEST_REFERENCE, ReferenceTable};
pub use source::discover_from_stream;
pub use sql_type::SqlType;

#[cfg(test)]
mod tests;
