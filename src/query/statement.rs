//! Which statements are run, and which clauses of a query the engine would ignore.

use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use sqlparser::ast::{Query, Statement as SqlStatement, TableFactor, Visit, Visitor};
use sqlparser::dialect::GenericDialect;

use super::error::{Error, Result};

/// The one statement of `text`.
///
/// # Errors
/// [`Error::Sql`] with the place, [`Error::Unsupported`] for anything but a query.
pub(super) fn parse(text: &str) -> Result<Statement> {
    let dialect = GenericDialect {};
    let parsed =
        DFParserBuilder::new(text).with_dialect(&dialect).build().and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| Error::from_engine(text, error))?;
    match (statements.pop_front(), statements.len()) {
        (None, _) => Err(Error::sql(text, 1, 1, "The query is empty", None)),
        (Some(statement), 0) => {
            check(&statement)?;
            Ok(statement)
        }
        (Some(_), more) => {
            Err(Error::sql(text, 1, 1, format!("One statement is run at a time, this text has {}", more + 1), None))
        }
    }
}

fn check(statement: &Statement) -> Result<()> {
    match statement {
        Statement::Statement(inner) => match inner.as_ref() {
            query @ SqlStatement::Query(_) => match query.visit(&mut Ignored) {
                ControlFlow::Break(what) => Err(Error::Unsupported { what }),
                ControlFlow::Continue(()) => Ok(()),
            },
            other => Err(Error::Unsupported { what: format!("The statement {}", first_words(&other.to_string())) }),
        },
        Statement::Explain(explain) => check(&explain.statement),
        other => Err(Error::Unsupported { what: format!("The statement {}", first_words(&other.to_string())) }),
    }
}

/// The verb of a statement and its object, as in `CREATE TABLE`.
fn first_words(text: &str) -> String {
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// Finds clauses that the engine parses and then ignores.
struct Ignored;

impl Visitor for Ignored {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        if !query.locks.is_empty() || query.for_clause.is_some() {
            return ControlFlow::Break("FOR UPDATE".into());
        }
        if query.settings.is_some() || query.format_clause.is_some() {
            return ControlFlow::Break("SETTINGS or FORMAT".into());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<String> {
        match factor {
            TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. } => {
                ControlFlow::Break("TABLESAMPLE".into())
            }
            TableFactor::Table { version: Some(_), .. } => {
                ControlFlow::Break("A table version (FOR TIMESTAMP AS OF)".into())
            }
            TableFactor::Table { with_hints, index_hints, .. } if !with_hints.is_empty() || !index_hints.is_empty() => {
                ControlFlow::Break("A table hint".into())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
