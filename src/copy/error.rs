//! What can go wrong with a copy, or with one object of it.

use std::io;
use std::path::PathBuf;

use crate::storage;

/// The result of a step of a copy.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A copy, or one object of it, that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that is no place to copy from or to.
    #[error("`{location}` is not a place to copy from or to: {reason}")]
    InvalidLocation {
        /// The text as given.
        location: String,
        /// What is wrong.
        reason: String,
    },

    /// The source is empty or missing.
    #[error(
        "There is nothing at `{location}` to copy\nhint: a folder is named with a `/` at its end, an object without"
    )]
    NothingThere {
        /// The source.
        location: String,
    },

    /// Source and destination overlap in a way that cannot work.
    #[error("Cannot copy `{source_url}` to `{destination_url}`: {reason}")]
    Overlap {
        /// The source.
        source_url: String,
        /// The destination.
        destination_url: String,
        /// In which way.
        reason: &'static str,
    },

    /// An option whose value makes no sense.
    #[error("The option `{option}` is not valid: {reason}")]
    InvalidOption {
        /// Name of the option.
        option: &'static str,
        /// What is wrong.
        reason: String,
    },

    /// The service said no, or gave up, after all attempts.
    #[error("{request}: the service answered {status} `{code}`: {message}{}", hint(code))]
    Service {
        /// The request: `PUT s3://bucket/key`.
        request: String,
        /// HTTP status; 200 when the error was in the body of a success.
        status: u16,
        /// The service's name of the error.
        code: String,
        /// The service's explanation.
        message: String,
    },

    /// The service could not be reached, after all attempts.
    #[error("{request}: {source}")]
    Network {
        /// The request: `PUT s3://bucket/key`.
        request: String,
        /// The cause.
        source: io::Error,
    },

    /// Nobody said who we are.
    #[error(
        "There are no credentials for the bucket `{bucket}`: {source}\n\
         hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a `profile`; for the source alone in `source_options`"
    )]
    Credentials {
        /// The bucket.
        bucket: String,
        /// What was tried last.
        source: object_store::Error,
    },

    /// The source is not what was listed any more.
    #[error("`{key}` changed while it was copied\nhint: copy again; what is there is whole, the old or the new")]
    Changed {
        /// Key or path of the object.
        key: String,
    },

    /// The copy is not equal to the source.
    #[error("`{key}` was not copied well: its {what} is {found}, the source's is {expected}")]
    Mismatch {
        /// Key or path of the object.
        key: String,
        /// What was compared.
        what: &'static str,
        /// The source's value.
        expected: String,
        /// The destination's value.
        found: String,
    },

    /// A key that cannot be the name of a file.
    #[error(
        "`{key}` cannot be the name of a file: {reason}\nhint: copy it to a bucket, or under another name with `rename`"
    )]
    UnsafeName {
        /// The key.
        key: String,
        /// Why.
        reason: String,
    },

    /// The destination exists and must not be replaced.
    #[error("`{key}` exists at the destination already, and is not replaced")]
    Exists {
        /// Key or path of the object.
        key: String,
    },

    /// A local file or folder.
    #[error("The file `{}` cannot be copied: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },

    /// The file that remembers how far a copy got.
    #[error("The manifest `{}` cannot be used: {source}\nhint: delete it, or copy with resume=False", path.display())]
    Manifest {
        /// The SQLite file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },

    /// Another process runs the same copy.
    #[error("The same copy is running already; its manifest is `{}`\nhint: wait for its end, or stop it", path.display())]
    InUse {
        /// The SQLite file.
        path: PathBuf,
    },

    /// An answer that is not what the protocol says.
    #[error("{request}: the answer cannot be understood: {reason}")]
    Protocol {
        /// The request.
        request: String,
        /// What is wrong.
        reason: String,
    },

    /// The copy was stopped before its end.
    #[error("The copy was stopped\nhint: run the same copy again, it goes on where it was")]
    Stopped,

    /// A thread of the copy ended without a result.
    #[error("A worker of the copy stopped: {reason}")]
    Worker {
        /// What is known.
        reason: String,
    },

    /// What opens the lake or its bucket.
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// What to do about an error of the service.
fn hint(code: &str) -> &'static str {
    match code {
        "AccessDenied" => "\nhint: check the rights of the credentials in use",
        "ExpiredToken" | "TokenRefreshRequired" => "\nhint: get new credentials and run the same copy again",
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" => "\nhint: check access key, secret and region",
        "NoSuchBucket" => "\nhint: check the name of the bucket, and the endpoint",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => {
            "\nhint: the bucket is in another region; say which with `region`"
        }
        "InvalidObjectState" => "\nhint: restore the object from its archive first",
        _ => "",
    }
}

impl Error {
    /// An error of the operating system about a file.
    pub(crate) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { path: path.into(), source }
    }

    /// Whether it is pointless to go on with other objects.
    pub(crate) fn is_fatal(&self) -> bool {
        match self {
            Self::Service { code, .. } => matches!(
                code.as_str(),
                "ExpiredToken"
                    | "TokenRefreshRequired"
                    | "InvalidAccessKeyId"
                    | "InvalidToken"
                    | "SignatureDoesNotMatch"
                    | "NoSuchBucket"
                    | "PermanentRedirect"
                    | "AuthorizationHeaderMalformed"
            ),
            Self::File { source, .. } => {
                use io::ErrorKind as Kind;
                matches!(source.kind(), Kind::StorageFull | Kind::QuotaExceeded | Kind::ReadOnlyFilesystem)
            }
            Self::Credentials { .. }
            | Self::Manifest { .. }
            | Self::InUse { .. }
            | Self::Stopped
            | Self::Worker { .. } => true,
            Self::InvalidLocation { .. }
            | Self::NothingThere { .. }
            | Self::Overlap { .. }
            | Self::InvalidOption { .. }
            | Self::Network { .. }
            | Self::Changed { .. }
            | Self::Mismatch { .. }
            | Self::UnsafeName { .. }
            | Self::Exists { .. }
            | Self::Protocol { .. }
            | Self::Storage(_) => false,
        }
    }

    /// The service's code and status, when it is the service's error.
    pub(crate) fn service(&self) -> Option<(u16, &str)> {
        match self {
            Self::Service { status, code, .. } => Some((*status, code)),
            _ => None,
        }
    }

    /// Whether the object is not there.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Service { status, code, .. } => *status == 404 && code != "NoSuchBucket",
            Self::File { source, .. } => {
                matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
            }
            _ => false,
        }
    }

    /// Whether a condition of the request did not hold.
    pub(crate) fn is_precondition(&self) -> bool {
        matches!(self.service(), Some((412, _)))
    }
}
