//! What can go wrong between bayou and its files.

use std::error::Error as StdError;
use std::io;

/// The result of a storage operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed storage operation, with the path or URL it was about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no object at this path.
    #[error("There is no file `{path}` in the lake")]
    NotFound {
        /// Path inside the lake.
        path: String,
    },

    /// An object is there already and must not be replaced.
    #[error("The file `{path}` exists already")]
    AlreadyExists {
        /// Path inside the lake.
        path: String,
    },

    /// A text that is not a path inside a lake.
    #[error("`{path}` is not a path inside a lake: {reason}")]
    InvalidPath {
        /// The text as given.
        path: String,
        /// Why it was refused.
        reason: String,
    },

    /// A location that is not below the lake's root.
    #[error(
        "`{location}` is outside of the lake `{lake}`\n\
         hint: copy the files into the lake, or open a lake whose root is above them"
    )]
    OutsideLake {
        /// The location as given, or where a symbolic link leads.
        location: String,
        /// URL of the lake.
        lake: String,
    },

    /// The operating system or the service said no.
    #[error(
        "No permission for `{path}`: {source}\n\
         hint: check the owner and mode of the folder, or the credentials' rights"
    )]
    PermissionDenied {
        /// Path inside the lake, or a folder.
        path: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },

    /// The disk or the quota is full.
    #[error(
        "No space left to write `{path}`\n\
         hint: free some space and run again; what was acknowledged before is safe"
    )]
    NoSpace {
        /// Path inside the lake, or a folder.
        path: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },

    /// A URL of a kind that lakes cannot have.
    #[error(
        "Lakes cannot live at `{url}`: the scheme `{scheme}` is not supported\nhint: use a folder or `s3://bucket/prefix`"
    )]
    UnsupportedScheme {
        /// The URL as given.
        url: String,
        /// Its scheme.
        scheme: String,
    },

    /// A lake URL that cannot be understood.
    #[error("`{url}` is not the URL of a lake: {reason}")]
    InvalidUrl {
        /// The URL as given.
        url: String,
        /// What is wrong.
        reason: String,
    },

    /// Anything else, with its cause.
    #[error("Cannot access `{path}`: {source}")]
    Other {
        /// Path inside the lake, or a folder.
        path: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// The typed form of an input or output error about `path`.
    pub fn from_io(path: impl Into<String>, source: io::Error) -> Self {
        let path = path.into();
        classify(path, source.kind(), Box::new(source))
    }

    /// The typed form of an object store's error about `path`; looks through the chain for the operating system's.
    pub(crate) fn from_object_store(path: impl Into<String>, source: object_store::Error) -> Self {
        use object_store::Error as Remote;
        let path = path.into();
        match &source {
            Remote::NotFound { .. } => Self::NotFound { path },
            Remote::AlreadyExists { .. } => Self::AlreadyExists { path },
            Remote::PermissionDenied { .. } | Remote::Unauthenticated { .. } => {
                Self::PermissionDenied { path, source: Box::new(source) }
            }
            _ => {
                let kind = io_kind(&source).unwrap_or(io::ErrorKind::Other);
                classify(path, kind, Box::new(source))
            }
        }
    }

    /// Whether the object is simply not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

fn classify(path: String, kind: io::ErrorKind, source: Box<dyn StdError + Send + Sync>) -> Error {
    use io::ErrorKind as Kind;
    match kind {
        Kind::NotFound => Error::NotFound { path },
        Kind::AlreadyExists => Error::AlreadyExists { path },
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Error::PermissionDenied { path, source },
        Kind::StorageFull | Kind::QuotaExceeded => Error::NoSpace { path, source },
        _ => Error::Other { path, source },
    }
}

/// The first input or output error in a chain of causes.
fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        next = current.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told_apart_from_other_errors() {
        let mut full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let source = full.write_all(b"x").unwrap_err();
        assert!(matches!(Error::from_io("data/x", source), Error::NoSpace { path, .. } if path == "data/x"));
    }

    #[test]
    fn a_full_disk_is_found_inside_an_object_store_error() {
        let io = io::Error::from(io::ErrorKind::StorageFull);
        let source = object_store::Error::Generic { store: "test", source: Box::new(io) };
        assert!(matches!(Error::from_object_store("x", source), Error::NoSpace { .. }));
    }

    #[test]
    fn a_read_only_file_system_is_a_matter_of_permission() {
        let source = io::Error::from(io::ErrorKind::ReadOnlyFilesystem);
        assert!(matches!(Error::from_io("x", source), Error::PermissionDenied { .. }));
    }
}
