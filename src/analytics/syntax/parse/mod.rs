//! The parser: recursive descent over tokens.

mod call;
mod cursor;
mod expr;
mod literal;
mod predicate;
mod primary;
mod query;
mod select;
mod statement;
mod table;
mod type_name;
mod window;

use super::ast::{Expr, Query, Statement};
use crate::analytics::error::Result;
use cursor::Parser;

/// The statements of an application, in order.
///
/// # Errors
/// [`Error::Sql`](crate::analytics::error::Error::Sql) with the place.
pub(crate) fn parse_statements(text: &str) -> Result<Vec<Statement>> {
    Parser::new(text)?.statements()
}

/// A query that is the whole text; a semicolon may end it.
///
/// # Errors
/// [`Error::Sql`](crate::analytics::error::Error::Sql) with the place.
pub(crate) fn parse_query(text: &str) -> Result<Query> {
    let mut parser = Parser::new(text)?;
    let query = parser.query()?;
    parser.finish()?;
    Ok(query)
}

/// An expression that is the whole text.
///
/// # Errors
/// [`Error::Sql`](crate::analytics::error::Error::Sql) with the place.
pub(crate) fn parse_expression(text: &str) -> Result<Expr> {
    let mut parser = Parser::new(text)?;
    let expr = parser.expr()?;
    parser.finish()?;
    Ok(expr)
}
