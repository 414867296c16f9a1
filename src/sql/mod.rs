//! What the two SQL surfaces share.

mod position;

pub use position::caret;
