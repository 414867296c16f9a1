//! What can go wrong while a job reads.

/// The result of choosing what to read.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Files that cannot be read as a table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files are not what they should be.
    #[error("The files at `{target}` cannot be read as one table: {message}")]
    Format {
        /// The place as given.
        target: String,
        /// What is wrong.
        message: String,
    },
    /// Looking at the files failed.
    #[error(transparent)]
    Crawl(#[from] crate::crawl::Error),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] crate::catalog::Error),
    /// The lake's files failed.
    #[error(transparent)]
    Storage(#[from] crate::storage::Error),
}
