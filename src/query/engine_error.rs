//! Errors on their way through the engine: ours go in and come out as they were, the engine's own become ours.

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use super::error::Error;
use super::lex::Place;
use crate::sql::trino::error::TrinoError;
use crate::sql::trino::evaluate::runtime_error;
use crate::sql::{capitalised, parser_message};

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
            let place = diagnostic.span.map_or(Place { line: 1, column: 1 }, |span| Place {
                line: span.start.line,
                column: span.start.column,
            });
            let notes = diagnostic.notes.iter().map(|note| &note.message);
            let hint = notes.chain(diagnostic.helps.iter().map(|help| &help.message)).cloned().collect::<Vec<_>>();
            let hint = Some(hint.join("; ")).filter(|hint| !hint.is_empty());
            return Self::at(text, place, code(&diagnostic.message), capitalised(&diagnostic.message), hint);
        }
        if let Some(own) = TrinoError::find(error) {
            return Self::failed(own.name, own.message.clone());
        }
        let start = Place { line: 1, column: 1 };
        match error.find_root() {
            DataFusionError::SQL(parse, _) => {
                let (message, place) = parser_message(parse);
                let place = place.map(|(line, column)| Place { line, column });
                Self::syntax(text, place.unwrap_or_else(|| Place::of(text, text.trim_end().len())), message)
            }
            DataFusionError::ResourcesExhausted(message) => Self::OutOfMemory { message: message.clone() },
            DataFusionError::NotImplemented(what) => Self::Unsupported { what: capitalised(what) },
            DataFusionError::Plan(message) => {
                let message = message.lines().next().unwrap_or_default();
                Self::at(text, start, code(message), capitalised(message), None)
            }
            DataFusionError::SchemaError(error, _) => {
                let message = error.to_string();
                Self::at(text, start, code(&message), capitalised(&message), None)
            }
            DataFusionError::ArrowError(error, _) => match error.as_ref() {
                ArrowError::DivideByZero => Self::failed("DIVISION_BY_ZERO", "Division by zero"),
                ArrowError::ArithmeticOverflow(message) => Self::failed("NUMERIC_VALUE_OUT_OF_RANGE", message),
                other => Self::Execution(capitalised(&other.to_string())),
            },
            other => match runtime_error(other) {
                TrinoError { name: "GENERIC_INTERNAL_ERROR", .. } => {
                    Self::Execution(capitalised(&other.strip_backtrace()))
                }
                TrinoError { name, message } => Self::failed(name, message),
            },
        }
    }
}

/// Trino's name for what the engine's planner says.
fn code(message: &str) -> &'static str {
    let message = message.to_lowercase();
    match () {
        () if message.starts_with("table ") && message.contains("not found") => "TABLE_NOT_FOUND",
        () if message.contains("invalid function") => "FUNCTION_NOT_FOUND",
        () if message.contains("column") && message.contains("not found") => "COLUMN_NOT_FOUND",
        () if message.contains("no field named") => "COLUMN_NOT_FOUND",
        () if message.contains("cannot coerce") || message.contains("type") => "TYPE_MISMATCH",
        () => "SYNTAX_ERROR",
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
            Err(inner) => match inner.downcast::<DataFusionError>() {
                Ok(inner) => take_own(*inner),
                Err(inner) => Err(DataFusionError::External(inner)),
            },
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) if holds_own(&inner) => {
            take_own(*inner)
        }
        DataFusionError::ArrowError(inner, trace) => match *inner {
            ArrowError::ExternalError(inner) => match inner.downcast::<DataFusionError>() {
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
