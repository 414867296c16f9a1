//! Records from templates: the language of the Kinesis Data Generator, compiled once.
//!
//! A template is literal text with tags such as `{{random.number(50)}}`. It becomes a flat list of literal bytes and
//! samplers with checked arguments, so errors come when it is compiled and rendering cannot fail. Every draw depends on
//! the seed, the record's index and the tag's place alone: the same records come out whatever the number of threads,
//! the size of the batches, or the form (text or Arrow columns).

mod arguments;
mod column;
mod date_format;
mod draw;
mod error;
mod functions;
mod fused;
mod generator;
mod keys;
mod local_time;
mod mixture;
mod module;
mod number;
mod parallel;
mod permutation;
mod repeat;
mod sampler;
mod schedule;
mod shape;
mod template;

pub use error::TemplateError;
pub use functions::{FunctionInfo, functions};
pub use generator::{Generator, GeneratorOptions, PartitionKey, Rendered};
pub use schedule::{Due, Schedule, WeekGrid};
