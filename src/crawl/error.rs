//! What can stop a crawl. A file that cannot be understood does not: it is listed in the report.

use crate::{catalog, storage};

/// A crawl that could not be done. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is neither a file nor a folder with files at the target.
    #[error(
        "There is no data at `{target}`\nhint: the target is a folder or a file of the lake, for example `data/raw/`"
    )]
    NothingThere {
        /// The target as given.
        target: String,
    },

    /// More tables than the caller allows.
    #[error(
        "The crawl of `{target}` found {found} tables, the threshold is {threshold}\n\
         hint: crawl a folder further down, pass `group=\"one table\"` or `levels=`, or raise the threshold"
    )]
    TooManyTables {
        /// The target as given.
        target: String,
        /// Tables found.
        found: usize,
        /// Tables allowed.
        threshold: usize,
    },

    /// An exclusion that is not a glob.
    #[error("The exclusion `{pattern}` is not a glob: {reason}")]
    Exclusion {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// Another process changed the same tables again and again while this crawl tried to commit.
    #[error("The table `{table}` was changed by another process during the crawl, {attempts} times\nhint: crawl again")]
    Contended {
        /// Name of the table.
        table: String,
        /// Attempts made.
        attempts: usize,
    },

    /// A worker thread died.
    #[error("A worker of the crawl stopped: {reason}")]
    Worker {
        /// What the runtime says.
        reason: String,
    },

    /// Listing or reading failed.
    #[error(transparent)]
    Storage(#[from] storage::Error),

    /// The catalog refused.
    #[error(transparent)]
    Catalog(#[from] catalog::Error),
}

/// The result of a crawl's steps.
pub type Result<T, E = Error> = std::result::Result<T, E>;
