//! Statements around queries in Trino's language: CTAS, INSERT, UNLOAD, views, prepared statements, EXPLAIN.
//!
//! Only the frame is read here; the query inside is analysed by [`crate::sql`]. A query keeps its place in the user's
//! text, so that errors in it point there.

mod ast;
mod parse;

pub(super) use ast::{
    CreateTableAs, ExplainFormat, ExplainOptions, ExplainType, PropertyValue, TrinoProperties, TrinoStatement,
};
pub(super) use parse::parse;

#[cfg(test)]
mod tests;
