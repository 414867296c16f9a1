//! Trino's SQL on the engine: what Athena's users write, with Trino's types, names, conversions and errors.
//!
//! Text becomes a syntax tree of our own ([`parse`]), the analyzer gives every expression a [`types::TrinoType`] and
//! emits a plan of the engine in which every conversion is explicit and every function is ours, so that nothing of the
//! engine's own typing decides a result.

pub(crate) mod analyze;
pub(crate) mod call;
pub(crate) mod cast;
pub(crate) mod error;
pub(crate) mod evaluate;
pub(crate) mod execute;
pub(crate) mod function;
pub(crate) mod operator;
pub(crate) mod parse;
pub(crate) mod registry;
pub(crate) mod render;
pub(crate) mod types;

#[cfg(test)]
mod tests;
