//! Batch SQL over the catalog: Athena's surface.
//!
//! A text is in Hive's language (DDL, SHOW, DESCRIBE; [`hive`]) or in Trino's (queries and what stands around them;
//! [`trino`]), told apart by its first words ([`route`]). [`run`] has a file for each statement, [`scan`] reads tables,
//! [`write`] writes them, [`serde`] knows how rows are written. What happened to a statement is in its [`Execution`]
//! and in the session's history.
//!
//! Tables are read through a provider of our own: partitions come from the catalog and are pruned by exact evaluation,
//! files from the manifest where it holds and from a listing of the surviving folders where others write too. What is
//! kept between queries is checked before it is used, against the catalog's generation and the folders' times.

mod choose;
mod client;
mod cursor;
mod engine_error;
mod error;
mod execution;
mod history;
mod hive;
mod hive_trino;
mod information_schema;
mod lex;
mod plan;
mod relation;
mod result;
mod route;
mod run;
mod scan;
mod scope;
mod serde;
mod session;
mod statement;
mod trino;
mod view;
mod write;
mod write_request;

pub use choose::Chosen;
pub use client::for_clients;
pub use error::{Error, Result};
pub use execution::{Execution, ResultColumn};
pub use history::{QueryState, QuerySummary, StatementType};
pub use run::{Orphan, StagedWrite};
pub use scan::FileTable;
pub use scope::Scope;
pub use session::{Session, SessionOptions};
pub use write_request::{BookmarkUpdate, CsvStyle, FileLimits, WriteFormat, WriteMode, WriteReport, WriteRequest};

#[cfg(test)]
mod tests;
