//! The dialect's grammar: tokens, syntax tree, parser.
//!
//! The whole language is read here: statements, queries, expressions. Every node knows its place in the user's text,
//! so that every later refusal can point at the word that caused it. Nothing here knows whether a name exists or
//! what type it has; that is the business of `expr`.
//!
//! Source: Kinesis Data Analytics SQL Reference, "SQL Reserved Words and Keywords", "Streaming SQL Language Elements".

pub(crate) mod ast;
pub(crate) mod datetime;
mod interval;
mod lex;
mod parse;

pub(crate) use ast::*;
pub(crate) use interval::{IntervalQualifier, Unit};
pub(crate) use lex::At;
pub(crate) use parse::{parse_expression, parse_query, parse_statements};

#[cfg(test)]
mod tests;
