//! The catalog: databases, tables, partitions, versions and file manifests of one lake.
//!
//! A [`Catalog`] is a SQLite database in the lake's private folder, so that notebooks, schedulers and the command line can
//! share it. Objects have the shape and the names that Glue gives them. Every public change is one
//! [`transaction`](Catalog::transaction) with a row in the list of changes: a reader sees all of it or none, and every
//! version of a table stays readable.

mod bookmark;
mod change;
mod connection;
mod error;
mod hive_arrow;
mod hive_parse;
mod hive_type;
mod manifest;
mod model;
mod prepared;
mod schema;
mod snapshot;
mod store;
mod suggest;
mod undo;
mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod undo_tests;

pub use bookmark::Bookmark;
pub use change::{Change, Outcome, PutSummary};
pub use error::{Error, Result};
pub use hive_type::HiveType;
pub use manifest::{DataFile, Origin, Partition};
pub use model::{Column, Database, SerdeInfo, StorageDescriptor, Table};
pub use snapshot::{ChangeRecord, Snapshot, TableVersion};
pub use store::Catalog;
pub use write::{PendingWrite, RetiredFile};
