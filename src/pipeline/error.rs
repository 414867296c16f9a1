//! What can go wrong with machines and executions themselves; failures *of* an execution are its result.

use std::path::PathBuf;

use super::definition::Problem;

/// Result of the pipeline module.
pub type Result<T> = std::result::Result<T, Error>;

/// An error about a machine, an execution or the files that keep them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The definition is no JSON.
    #[error("The definition is not JSON: {reason}")]
    NotJson {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// The definition breaks rules of the language.
    #[error("The definition has {}:\n{}", count(problems.len()), list(problems))]
    Definition {
        /// All of them.
        problems: Vec<Problem>,
    },
    /// An execution of that name ran with other input.
    #[error(
        "ExecutionAlreadyExists: the execution `{name}` of `{machine}` exists with other input\n\
         hint: the same name and input give the same execution; choose another name for another run"
    )]
    ExecutionAlreadyExists {
        /// The state machine.
        machine: String,
        /// The execution.
        name: String,
    },
    /// There is no such execution.
    #[error("There is no execution `{id}`\nhint: `lake.executions()` lists those that there are")]
    UnknownExecution {
        /// What was asked for.
        id: String,
    },
    /// A name that cannot be one.
    #[error(
        "`{name}` cannot be the name of {what}\n\
         hint: 1 to 80 characters without blanks, brackets and any of ? * \" # % \\ ^ | ~ ` $ & , ; : /"
    )]
    InvalidName {
        /// The name.
        name: String,
        /// A state machine or an execution.
        what: &'static str,
    },
    /// Another process runs the execution.
    #[error("The execution `{id}` is run by another process\nhint: it can be resumed here when that process has ended")]
    InUse {
        /// The execution.
        id: String,
    },
    /// The execution's state does not allow it.
    #[error("The execution `{id}` cannot be {what}: it is {status}")]
    Status {
        /// The execution.
        id: String,
        /// What was asked for.
        what: &'static str,
        /// Its status.
        status: String,
    },
    /// No task waits with that token.
    #[error(
        "No task waits with the token `{token}`\nhint: it was answered before, timed out, or its execution has ended"
    )]
    UnknownToken {
        /// The token.
        token: String,
    },
    /// The file that keeps executions cannot be used.
    #[error("The file `{path}` of executions cannot be used: {source}")]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The file is of a newer bayou.
    #[error("The file `{path}` was written by a newer bayou (format {found})\nhint: upgrade bayou")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// A file beside it cannot be used.
    #[error("The file `{path}` cannot be used: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

fn count(problems: usize) -> String {
    if problems == 1 { "a problem".to_owned() } else { format!("{problems} problems") }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}
