//! What can go wrong with a statement, in Athena's words.
//!
//! Users search for the text that Athena gives, so the code (`COLUMN_NOT_FOUND`) and the place stand first, as there:
//! `CODE: line L:C: message` for Trino's language, `FAILED: SemanticException …` for Hive's. Behind that come the line of
//! the text with a caret and a hint.

use super::lex::Place;
use crate::sql::caret;

/// An error of a statement.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not valid, or names something that does not exist.
    #[error("{code}: line {line}:{column}: {message}\n{snippet}{}", hint_line(hint))]
    Sql {
        /// Trino's name of the error: `COLUMN_NOT_FOUND`.
        code: String,
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
    /// A Hive statement that cannot be read.
    #[error("FAILED: ParseException line {line}:{column} {message}\n{snippet}{}", hint_line(hint))]
    HiveSyntax {
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
    /// A Hive statement that cannot be done.
    #[error("FAILED: SemanticException {message}{}", hint_line(hint))]
    Hive {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A statement failed while running, with Trino's name for it: `DIVISION_BY_ZERO`, `HIVE_BAD_DATA`.
    #[error("{code}: {message}{}", hint_line(hint))]
    Failed {
        /// Trino's name of the error.
        code: String,
        /// What happened.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A statement or clause that is not run.
    #[error("NOT_SUPPORTED: {what} is not supported")]
    Unsupported {
        /// The statement or clause.
        what: String,
    },
    /// A file does not hold what its table says.
    #[error("{code}: The file `{path}` cannot be read as {format}: {message}\nhint: {hint}")]
    MalformedFile {
        /// Trino's name of the error.
        code: &'static str,
        /// The file.
        path: String,
        /// The table's format.
        format: &'static str,
        /// What is wrong, with the row where it is known.
        message: String,
        /// What to do.
        hint: &'static str,
    },
    /// The query needed more memory than the session may use.
    #[error(
        "EXCEEDED_LOCAL_MEMORY_LIMIT: The query needs more memory than the session has: {message}\n\
         hint: raise `memory_limit`, or query less at once"
    )]
    OutOfMemory {
        /// Which operator, and how much.
        message: String,
    },
    /// Somebody cancelled the statement.
    #[error("The query was cancelled")]
    Cancelled,
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] crate::catalog::Error),
    /// The lake's files failed.
    #[error(transparent)]
    Storage(#[from] crate::storage::Error),
    /// The engine failed in a way that has no name here.
    #[error("{0}")]
    Execution(String),
}

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn hint_line(hint: &Option<String>) -> String {
    hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default()
}

impl Error {
    /// A Trino error at a place of the text.
    pub(super) fn at(
        text: &str,
        place: Place,
        code: impl Into<String>,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        let Place { line, column } = place;
        Self::Sql {
            code: code.into(),
            message: message.into(),
            line,
            column,
            snippet: caret(text, line, column, 1),
            hint,
        }
    }

    /// A text that Trino's language does not allow.
    pub(super) fn syntax(text: &str, place: Place, message: impl Into<String>) -> Self {
        Self::at(text, place, "SYNTAX_ERROR", message, None)
    }

    /// A text that Hive's language does not allow; a second line of `message` is the hint.
    pub(super) fn hive_syntax(text: &str, place: Place, message: impl Into<String>) -> Self {
        let Place { line, column } = place;
        let (message, hint) = split_hint(message.into());
        Self::HiveSyntax { message, line, column, snippet: caret(text, line, column, 1), hint }
    }

    /// A Hive statement that cannot be done; a second line of `message` is the hint.
    pub(crate) fn hive(message: impl Into<String>) -> Self {
        let (message, hint) = split_hint(message.into());
        Self::Hive { message, hint }
    }

    /// A failure with Trino's name; a second line of `message` is the hint.
    pub(crate) fn failed(code: &str, message: impl Into<String>) -> Self {
        let (message, hint) = split_hint(message.into());
        Self::Failed { code: code.to_owned(), message, hint }
    }

    /// Trino's or Hive's name of the error.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Sql { code, .. } | Self::Failed { code, .. } => code,
            Self::HiveSyntax { .. } | Self::Hive { .. } => "HIVE_METASTORE_ERROR",
            Self::Unsupported { .. } => "NOT_SUPPORTED",
            Self::MalformedFile { code, .. } => code,
            Self::OutOfMemory { .. } => "EXCEEDED_LOCAL_MEMORY_LIMIT",
            Self::Cancelled => "USER_CANCELED",
            Self::Catalog(_) => "HIVE_METASTORE_ERROR",
            Self::Storage(_) => "HIVE_FILESYSTEM_ERROR",
            Self::Execution(_) => "GENERIC_INTERNAL_ERROR",
        }
    }
}

fn split_hint(message: String) -> (String, Option<String>) {
    match message.split_once("\nhint: ") {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (message, None),
    }
}
