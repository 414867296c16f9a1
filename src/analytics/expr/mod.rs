//! Typed expressions: names resolved, types derived, values computed over Arrow arrays.
//!
//! [`bind`] turns the syntax tree into an [`Expr`], by the dialect's own rules of types and conversions; what it refuses is
//! refused with the place in the user's text. [`Expr::evaluate`] computes a whole batch at once. A row that fails while
//! running (division by zero, a conversion, an overflow) does not fail its batch: it is listed in [`RowFailures`] and
//! its value is NULL. Branches that a row does not take cannot fail it.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Data Types", "SQL Operators".

mod assign;
mod bind;
pub(crate) mod cast;
mod common;
mod display;
mod env;
mod failures;
pub(crate) mod kernel;
mod node;
mod scope;
mod types;
mod values;

pub(crate) use assign::assign;
pub(crate) use bind::bind;
pub(crate) use common::common_type;
pub(crate) use display::render;
pub(crate) use env::EvalEnv;
pub(crate) use failures::{Message, RowFailures};
pub(crate) use kernel::Kernel;
pub(crate) use node::Expr;
pub(crate) use scope::{Scope, ScopeColumn, TableQueries};
pub(crate) use types::ExprType;
pub(crate) use values::{Texts, Values};

#[cfg(test)]
mod tests;
