//! Batch SQL over the catalog: Athena's surface on DataFusion.
//!
//! Tables are read through a provider of our own: partitions come from the catalog and are pruned by exact evaluation,
//! files from the manifest where it holds and from a listing of the surviving folders where others write too. Nothing
//! is cached that another process could change.

mod csv;
mod error;
mod json;
mod partitions;
mod schema;
mod session;
mod statement;
mod table;
mod text;

pub use error::{Error, Result};
pub use session::{QueryResult, Session, SessionOptions};

#[cfg(test)]
mod tests;
