//! What the two SQL surfaces share.

mod message;
mod position;

pub(crate) use message::{capitalised, parser_message};
pub use position::caret;
