//! An object as a listing shows it.

use serde::{Deserialize, Serialize};

/// An object or a file; keys are relative to the folder that is copied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Key below the folder, with `/` between folders; one that ends with `/` marks a folder.
    pub(crate) key: String,
    /// Size in bytes.
    pub(crate) size: u64,
    /// ETag without quotation marks; made of inode, time and size for files.
    pub(crate) etag: Option<Box<str>>,
    /// When it was written, in milliseconds since the epoch.
    pub(crate) modified: i64,
    /// Storage class when it is not the standard one.
    pub(crate) storage_class: Option<Box<str>>,
}

impl Entry {
    /// Whether this is the marker of a folder, not an object with content.
    pub(crate) fn is_folder(&self) -> bool {
        self.key.ends_with('/') && self.size == 0
    }

    /// The ETag when it is the MD5 of the content, as far as one can see.
    pub(crate) fn md5(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| is_md5(etag))
    }
}

/// Whether an ETag has the form of an MD5; those of objects in several parts have a `-`.
pub(crate) fn is_md5(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|byte| byte.is_ascii_hexdigit())
}
