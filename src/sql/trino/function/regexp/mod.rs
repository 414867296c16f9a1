//! Regular expressions in Java's syntax.
//!
//! Patterns without look-around and back-references run in linear time; the others backtrack. A match that is empty
//! may follow another one directly, as in Java, where Rust's own iterators would skip it.

mod pattern;
mod replace;
mod search;

pub(super) use replace::ENTRIES as REPLACE;
pub(super) use search::ENTRIES as SEARCH;
