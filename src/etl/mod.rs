//! Batch jobs: what they read, and what they have read before.
//!
//! A job reads a table of the catalog, of which a condition chooses partitions ([`Session::choose_files`]), or files
//! that nothing describes ([`read_folders`]). Bookmarks leave out what earlier runs have processed ([`unprocessed`]).
//! Transforms are queries over these; [`Session::stage_write`] writes them, and [`Session::commit_writes`] makes all
//! outputs of a run visible together with its bookmarks.
//!
//! [`Session::choose_files`]: crate::query::Session::choose_files
//! [`Session::stage_write`]: crate::query::Session::stage_write
//! [`Session::commit_writes`]: crate::query::Session::commit_writes

mod bookmark;
mod error;
mod folder;

pub use bookmark::unprocessed;
pub use error::{Error, Result};
pub use folder::{FolderOptions, read_folders};
