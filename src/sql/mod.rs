//! What the two SQL surfaces share.

mod letter;
mod message;
mod position;
#[allow(dead_code, reason = "the planner of Trino's SQL is being put on top of it")]
pub(crate) mod trino;

pub(crate) use letter::{simple_lower, simple_upper};
pub(crate) use message::{capitalised, parser_message};
pub use position::caret;
