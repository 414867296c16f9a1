//! Scanning tables: from the catalog's description and a query's conditions to the files that are read.
//!
//! Partitions come from the catalog, or from a table's projection, and are pruned by exact evaluation of the conditions.
//! Files come from the manifest where it holds and from a listing of the surviving folders where others write too.

mod batches;
mod compression;
mod file_table;
mod files;
mod hidden;
mod lake;
mod parquet;
mod partitions;
mod projection;
mod quotes;
mod snapshot;
mod table;
mod text;

pub use file_table::FileTable;
pub(super) use hidden::HIDDEN;
pub(super) use lake::{Lake, ScanCounter};
pub(super) use partitions::HIVE_NULL;
pub(super) use projection::HIVE_ESCAPES;
pub(super) use quotes::Quoting;
pub(super) use snapshot::TableSnapshot;
pub(super) use table::CatalogTable;
