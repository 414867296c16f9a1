//! An application's text taken apart: tokens with places, statements, names.
//!
//! The SQL engine below knows neither streams nor pumps, so statements are read here, over tokens rather than
//! strings, and every error points into the user's own text.

mod ast;
pub(crate) mod lex;
mod parse;

pub(crate) use ast::{CreatePump, CreateStream, Name, Statement};
pub(crate) use lex::{StreamingDialect, is_word};
pub(crate) use parse::parse_statements;
