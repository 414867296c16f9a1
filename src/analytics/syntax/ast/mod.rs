//! The syntax tree: statements, queries, expressions.

mod expr;
mod query;
mod statement;
mod walk;

pub(crate) use expr::*;
pub(crate) use query::*;
pub(crate) use statement::*;
