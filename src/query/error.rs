//! What can go wrong with a query.

use datafusion::error::DataFusionError;
use sqlparser::parser::ParserError;

use crate::sql::{capitalised, caret, parser_message};

/// An error of a query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not valid, or names something that does not exist.
    #[error("{message} at line {line}, column {column}\n{snippet}{}", hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
    Sql {
        /// What is wrong, without position.
        message: String,
        /// Line in the text, from 1.
        line: u64,
        /// Column in characters, from 1.
        column: u64,
        /// The line of the text with a caret under the place.
        snippet: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A statement or clause that is not run.
    #[error("{what} is not supported yet")]
    Unsupported {
        /// The statement or clause.
        what: String,
    },
    /// A file does not hold what its table says.
    #[error(
        "The file `{path}` cannot be read as {format}: {message}\nhint: crawl the folder again, or move the file away"
    )]
    MalformedFile {
        /// The file.
        path: String,
        /// The table's format.
        format: &'static str,
        /// What is wrong, with the row where it is known.
        message: String,
    },
    /// The query needed more memory than the session may use.
    #[error(
        "The query needs more memory than the session has: {message}\nhint: raise `memory_limit`, or query less at once"
    )]
    OutOfMemory {
        /// Which operator, and how much.
        message: String,
    },
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] crate::catalog::Error),
    /// The lake's files failed.
    #[error(transparent)]
    Storage(#[from] crate::storage::Error),
    /// The query failed while running.
    #[error("{0}")]
    Execution(String),
}

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The engine's error as ours, with its place in `text`.
    pub(crate) fn from_engine(text: &str, error: DataFusionError) -> Self {
        match take_own(error) {
            Ok(own) => own,
            Err(error) => Self::describe(text, &error),
        }
    }

    fn describe(text: &str, error: &DataFusionError) -> Self {
        if let Some(diagnostic) = error.diagnostic() {
            let (line, column) = diagnostic.span.map_or((1, 1), |span| (span.start.line, span.start.column));
            let notes = diagnostic
                .notes
                .iter()
                .map(|note| &note.message)
                .chain(diagnostic.helps.iter().map(|help| &help.message));
            let hint = notes.cloned().collect::<Vec<_>>().join("; ");
            return Self::sql(
                text,
                line,
                column,
                capitalised(&diagnostic.message),
                Some(hint).filter(|hint| !hint.is_empty()),
            );
        }
        match error.find_root() {
            DataFusionError::SQL(parse, _) => Self::parse(text, parse),
            DataFusionError::ResourcesExhausted(message) => Self::OutOfMemory { message: message.clone() },
            DataFusionError::NotImplemented(what) => Self::Unsupported { what: capitalised(what) },
            DataFusionError::Plan(message) => Self::sql(text, 1, 1, capitalised(first_line(message)), None),
            DataFusionError::SchemaError(error, _) => Self::sql(text, 1, 1, capitalised(&error.to_string()), None),
            other => Self::Execution(capitalised(&other.strip_backtrace())),
        }
    }

    /// The parser's error at its place, or behind the text's end.
    pub(crate) fn parse(text: &str, error: &ParserError) -> Self {
        let (message, place) = parser_message(error);
        let (line, column) = place.unwrap_or_else(|| {
            let lines = text.trim_end().lines();
            let last = lines.clone().last().map_or(0, |last| last.chars().count());
            (lines.count().max(1) as u64, last as u64 + 1)
        });
        Self::sql(text, line, column, message, None)
    }

    pub(crate) fn sql(text: &str, line: u64, column: u64, message: impl Into<String>, hint: Option<String>) -> Self {
        Self::Sql { message: message.into(), line, column, snippet: caret(text, line, column, 1), hint }
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

/// Our own error from inside of the engine's, if that is what it is.
fn take_own(error: DataFusionError) -> Result<Error, DataFusionError> {
    match error {
        DataFusionError::External(inner) => match inner.downcast::<Error>() {
            Ok(own) => Ok(*own),
            Err(inner) => Err(DataFusionError::External(inner)),
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) if holds_own(&inner) => {
            take_own(*inner)
        }
        DataFusionError::ArrowError(inner, trace) => match *inner {
            arrow::error::ArrowError::ExternalError(inner) => match inner.downcast::<DataFusionError>() {
                Ok(inner) => take_own(*inner),
                Err(inner) => match inner.downcast::<Error>() {
                    Ok(own) => Ok(*own),
                    Err(inner) => Err(DataFusionError::External(inner)),
                },
            },
            other => Err(DataFusionError::ArrowError(Box::new(other), trace)),
        },
        other => Err(other),
    }
}

fn holds_own(error: &DataFusionError) -> bool {
    match error {
        DataFusionError::External(inner) => inner.is::<Error>(),
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => holds_own(inner),
        _ => false,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
