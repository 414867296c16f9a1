//! What can go wrong with a streaming application before and while it runs.

use std::path::PathBuf;

use crate::sql::caret;

/// An error of a streaming application.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The application's text is not valid SQL, or names something that does not exist.
    #[error("{message} at line {line}, column {column}\n{snippet}{}", hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
    Sql {
        /// What is wrong, without position.
        message: String,
        /// Line in the application's text, from 1.
        line: u64,
        /// Column in characters, from 1.
        column: u64,
        /// The line of the text with a caret under the place.
        snippet: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A row of a table, or of VALUES, cannot be computed.
    #[error("A row of a table cannot be computed: {message}")]
    TableRow {
        /// Why.
        message: String,
    },
    /// A destination, tail or schema asked for a stream that the application does not have.
    #[error("The application `{application}` has no in-application stream `{stream}`\nhint: it has {known}")]
    UnknownStream {
        /// The application.
        application: String,
        /// The name asked for.
        stream: String,
        /// The names that exist, quoted and joined.
        known: String,
    },
    /// The input schema is not usable.
    #[error("The input schema of `{stream}` is not valid: {message}")]
    InputSchema {
        /// The in-application input stream.
        stream: String,
        /// What is wrong.
        message: String,
    },
    /// Discovery saw no record to learn from.
    #[error("The schema of `{stream}` cannot be discovered: {message}\nhint: put records first, or give `schema=`")]
    Discovery {
        /// The source stream.
        stream: String,
        /// Why.
        message: String,
    },
    /// The function that pre-processes records failed, or broke its contract.
    #[error(
        "The records of `{stream}` could not be pre-processed: {message}\nhint: the records will be read again by the next run"
    )]
    Preprocess {
        /// The source stream.
        stream: String,
        /// Why.
        message: String,
    },
    /// A reference table cannot be loaded.
    #[error("The reference table `{table}` cannot be loaded: {message}")]
    ReferenceData {
        /// The table.
        table: String,
        /// What is wrong.
        message: String,
    },
    /// An application's JSON is not what the API defines, or needs what is not there.
    #[error("The application's JSON is not valid: {message}")]
    Definition {
        /// What is wrong, with the member's name.
        message: String,
    },
    /// Another process runs the application.
    #[error(
        "The application `{application}` is being run by another process\nhint: stop it there, or give this one another name"
    )]
    AlreadyRunning {
        /// The application.
        application: String,
    },
    /// The checkpoint was written by another text of the application.
    #[error(
        "The checkpoint of the application `{application}` was written by a different SQL text or schema\nhint: give the changed application another name, or run it with `reset=True` to begin again from its start position"
    )]
    ChangedApplication {
        /// The application.
        application: String,
    },
    /// The checkpoint names a destination that is no longer attached, so rows that wait there would be lost.
    #[error(
        "The checkpoint of the application `{application}` holds rows for `{sink}`, which is not attached\nhint: attach it again with `deliver()`, or run with `reset=True`"
    )]
    MissingSink {
        /// The application.
        application: String,
        /// The destination.
        sink: String,
    },
    /// A checkpoint file is damaged.
    #[error(
        "The checkpoint file `{path}` is damaged: {message}\nhint: run with `reset=True` to begin again from the start position"
    )]
    CorruptCheckpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A file of the application's own state cannot be read or written.
    #[error("The application's file `{path}` cannot be used: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The source stream failed.
    #[error(transparent)]
    Stream(#[from] crate::stream::Error),
    /// A destination failed.
    #[error(transparent)]
    Sink(#[from] crate::deliver::Error),
    /// An expression could not be planned or evaluated for a reason that is ours.
    #[error("Internal error of the streaming engine: {0}")]
    Internal(String),
}

/// Result of this module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An SQL error at a place in `text`.
    pub(crate) fn sql(text: &str, line: u64, column: u64, message: impl Into<String>, hint: Option<String>) -> Self {
        Self::Sql { message: message.into(), line, column, snippet: caret(text, line, column, 1), hint }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Internal(error.to_string())
    }
}
