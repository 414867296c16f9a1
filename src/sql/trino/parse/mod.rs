//! Trino's grammar: text to tokens, tokens to a syntax tree.
//!
//! A parser of our own rather than a general one, because a general one accepts what Trino does not (and then somebody
//! has to refuse each of those clauses by name), lacks places on most of its nodes, and cannot read `array(integer)`,
//! `VALUES 1, 2`, `U&'…'`, `INTERVAL '1:30' HOUR TO MINUTE` or the SQL/JSON functions. Source: `SqlBase.g4` of Trino.

pub(crate) mod ast;
mod call;
mod data_type;
mod expression;
mod json;
mod lex;
mod parser;
mod primary;
mod query;
mod query_ast;
mod relation;

pub(crate) use parser::Parser;

#[cfg(test)]
mod tests;
