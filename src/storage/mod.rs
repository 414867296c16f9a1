//! Lake roots: a local folder or a prefix of a bucket, behind one type.
//!
//! A [`Storage`] names one root; everything inside is a [`LakePath`], which cannot leave it. Writes appear as a whole
//! or not at all: a reader never sees half a file. What a lake keeps for itself lives in `.bayou/` and is never listed.
//!
//! Local folders are reached through the file system directly, because listing and publishing staged files by renaming
//! them is much faster there than through a general object store interface; everything else goes through
//! [`object_store`]. One conformance suite holds them to the same behaviour.

mod credentials;
mod error;
mod glob;
mod list_cache;
mod local;
mod options;
mod path;
mod remote;
mod root;
mod store;
mod walk;

#[cfg(test)]
mod conformance;

pub use credentials::S3Access;
pub use error::{Error, Result};
pub use glob::Glob;
pub(crate) use list_cache::ListCache;
pub use options::StorageOptions;
pub use path::LakePath;
pub use store::{ObjectInfo, Storage};
