//! The one table from core errors to Python exceptions.
//!
//! Every enum is matched without `_`: a new variant does not compile until it has a class here. The classes live in
//! `python/bayou/errors.py`, where they can inherit from PEP 249's and from built-in exceptions at once; the message is
//! the error's own text, whose `hint:` line becomes the exception's `hint`.

use std::io;
use std::path::Path;

use arrow::error::ArrowError;
use pyo3::import_exception;
use pyo3::prelude::*;

use crate::{analytics, catalog, copy, crawl, deliver, etl, generate, pipeline, query, storage, stream};

import_exception!(bayou.errors, AccessDeniedError);
import_exception!(bayou.errors, AlreadyExistsError);
import_exception!(bayou.errors, ApplicationError);
import_exception!(bayou.errors, CatalogBusyError);
import_exception!(bayou.errors, CheckpointError);
import_exception!(bayou.errors, CorruptCatalogError);
import_exception!(bayou.errors, CorruptStreamError);
import_exception!(bayou.errors, DataError);
import_exception!(bayou.errors, DefinitionError);
import_exception!(bayou.errors, DiskFullError);
import_exception!(bayou.errors, ExecutionAlreadyExistsError);
import_exception!(bayou.errors, ExecutionInUseError);
import_exception!(bayou.errors, ExecutionStatusError);
import_exception!(bayou.errors, ExpiredIteratorError);
import_exception!(bayou.errors, ForkedProcessError);
import_exception!(bayou.errors, InterfaceError);
import_exception!(bayou.errors, InternalError);
import_exception!(bayou.errors, InvalidArgumentError);
import_exception!(bayou.errors, InvalidIteratorError);
import_exception!(bayou.errors, InvalidOptionError);
import_exception!(bayou.errors, InvalidPathError);
import_exception!(bayou.errors, MalformedFileError);
import_exception!(bayou.errors, MissingDependencyError);
import_exception!(bayou.errors, OutOfMemoryError);
import_exception!(bayou.errors, NotSupportedError);
import_exception!(bayou.errors, ObjectNotFoundError);
import_exception!(bayou.errors, OperationalError);
import_exception!(bayou.errors, PrefixError);
import_exception!(bayou.errors, ProgrammingError);
import_exception!(bayou.errors, RecordTooLargeError);
import_exception!(bayou.errors, SchemaError);
import_exception!(bayou.errors, ShardClosedError);
import_exception!(bayou.errors, SqlError);
import_exception!(bayou.errors, StorageError);
import_exception!(bayou.errors, StreamExistsError);
import_exception!(bayou.errors, TemplateError);
import_exception!(bayou.errors, TemplateWarning);
import_exception!(bayou.errors, ThroughputExceededError);
import_exception!(bayou.errors, TrimmedRecordsWarning);
import_exception!(bayou.errors, UnknownDatabaseError);
import_exception!(bayou.errors, UnknownExecutionError);
import_exception!(bayou.errors, UnknownPartitionError);
import_exception!(bayou.errors, UnknownShardError);
import_exception!(bayou.errors, UnknownStreamError);
import_exception!(bayou.errors, UnknownTableError);
import_exception!(bayou.errors, UnknownTokenError);
import_exception!(bayou.errors, UnsupportedSqlError);
import_exception!(bayou.errors, ValidationError);

/// An error of the core that has its row in the table.
pub(super) trait IntoPyErr {
    /// The exception for this error.
    fn into_py_err(self) -> PyErr;
}

/// `result.or_raise()?`: the core's result as Python's.
pub(super) trait OrRaise<T> {
    /// The value, or the exception of the error.
    fn or_raise(self) -> PyResult<T>;
}

impl<T, E: IntoPyErr> OrRaise<T> for Result<T, E> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(IntoPyErr::into_py_err)
    }
}

/// An error of arrow's kernels: the data does not fit what was asked of it.
pub(super) fn arrow_error(error: &ArrowError) -> PyErr {
    DataError::new_err(error.to_string())
}

impl IntoPyErr for storage::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::NotFound { .. } => ObjectNotFoundError::new_err(message),
            Self::AlreadyExists { .. } => AlreadyExistsError::new_err(message),
            Self::InvalidPath { .. } | Self::OutsideLake { .. } | Self::InvalidUrl { .. } => {
                InvalidPathError::new_err(message)
            }
            Self::PermissionDenied { .. } => AccessDeniedError::new_err(message),
            Self::NoSpace { .. } => DiskFullError::new_err(message),
            Self::UnsupportedScheme { .. } => NotSupportedError::new_err(message),
            Self::Other { .. } => StorageError::new_err(message),
        }
    }
}

impl IntoPyErr for etl::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::Format { .. } => SchemaError::new_err(message),
            Self::Crawl(error) => error.into_py_err(),
            Self::Catalog(error) => error.into_py_err(),
            Self::Storage(error) => error.into_py_err(),
        }
    }
}

impl IntoPyErr for catalog::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::UnknownDatabase { .. } => UnknownDatabaseError::new_err(message),
            Self::UnknownTable { .. } | Self::UnknownVersion { .. } => UnknownTableError::new_err(message),
            Self::UnknownPartition { .. } => UnknownPartitionError::new_err(message),
            Self::DatabaseExists { .. } | Self::StatementExists { .. } | Self::BackupExists { .. } => {
                AlreadyExistsError::new_err(message)
            }
            Self::BookmarkTaken { .. } => OperationalError::new_err(message),
            Self::UnknownRun { .. }
            | Self::UnknownChange { .. }
            | Self::ChangedSince { .. }
            | Self::NotUndoable { .. } => ProgrammingError::new_err(message),
            Self::DatabaseNotEmpty { .. } | Self::PartitionValues { .. } => ProgrammingError::new_err(message),
            Self::InvalidName { .. } => InvalidOptionError::new_err(message),
            Self::InvalidType { .. } | Self::UnsupportedType { .. } => SchemaError::new_err(message),
            Self::Corrupt { .. } => CorruptCatalogError::new_err(message),
            Self::TooNew { .. } => NotSupportedError::new_err(message),
            Self::Busy { .. } => CatalogBusyError::new_err(message),
            Self::Storage(error) => error.into_py_err(),
            Self::Database { .. } => OperationalError::new_err(message),
        }
    }
}

impl IntoPyErr for stream::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::NotFound { .. } => UnknownStreamError::new_err(message),
            Self::UnknownShard { .. } => UnknownShardError::new_err(message),
            Self::ClosedShard { .. } => ShardClosedError::new_err(message),
            Self::InUse { .. } | Self::DifferentShards { .. } => StreamExistsError::new_err(message),
            Self::InvalidArgument { .. } => InvalidArgumentError::new_err(message),
            Self::Validation { .. } => ValidationError::new_err(message),
            Self::Throughput { .. } => ThroughputExceededError::new_err(message),
            Self::ExpiredIterator { .. } => ExpiredIteratorError::new_err(message),
            Self::NoSpace { .. } => DiskFullError::new_err(message),
            Self::PermissionDenied { .. } => AccessDeniedError::new_err(message),
            Self::Corrupt { .. } => CorruptStreamError::new_err(message),
            Self::NewerFormat { .. } => NotSupportedError::new_err(message),
            Self::Forked { .. } => ForkedProcessError::new_err(message),
            Self::Io { .. } => StorageError::new_err(message),
        }
    }
}

impl IntoPyErr for deliver::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::InvalidPrefix { .. } => PrefixError::new_err(message),
            Self::InvalidOption { .. } => InvalidOptionError::new_err(message),
            Self::UnsupportedColumn { .. } | Self::ChangedColumns { .. } => SchemaError::new_err(message),
            Self::Publish { source, .. } | Self::Key { source, .. } => with_class_of(source.into_py_err(), message),
            Self::Staging { source, .. } => with_class_of(io_error(&source), message),
            Self::CorruptSnapshot { .. } | Self::LostObject { .. } => CheckpointError::new_err(message),
            Self::Encode { .. } => DataError::new_err(message),
            Self::RecordTooLarge { .. } => RecordTooLargeError::new_err(message),
            Self::Register { .. } | Self::Destination { .. } | Self::Source { .. } | Self::Background { .. } => {
                OperationalError::new_err(message)
            }
        }
    }
}

impl IntoPyErr for analytics::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::Sql { .. } => SqlError::new_err(message),
            Self::TableRow { .. } => SqlError::new_err(message),
            Self::UnknownStream { .. } => UnknownStreamError::new_err(message),
            Self::InputSchema { .. } | Self::Discovery { .. } | Self::ReferenceData { .. } => {
                SchemaError::new_err(message)
            }
            Self::Definition { .. } => InvalidOptionError::new_err(message),
            Self::Preprocess { .. } => OperationalError::new_err(message),
            Self::AlreadyRunning { .. } => ApplicationError::new_err(message),
            Self::ChangedApplication { .. } | Self::MissingSink { .. } | Self::CorruptCheckpoint { .. } => {
                CheckpointError::new_err(message)
            }
            Self::Io { source, .. } => with_class_of(io_error(&source), message),
            Self::Stream(error) => error.into_py_err(),
            Self::Sink(error) => error.into_py_err(),
            Self::Internal(_) => InternalError::new_err(message),
        }
    }
}

impl IntoPyErr for crawl::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::NothingThere { .. } => ObjectNotFoundError::new_err(message),
            Self::TooManyTables { .. } | Self::Contended { .. } => OperationalError::new_err(message),
            Self::Exclusion { .. } => InvalidOptionError::new_err(message),
            Self::Worker { .. } => InternalError::new_err(message),
            Self::Storage(error) => error.into_py_err(),
            Self::Catalog(error) => error.into_py_err(),
        }
    }
}

impl IntoPyErr for copy::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::InvalidLocation { .. } | Self::Overlap { .. } | Self::UnsafeName { .. } => {
                InvalidPathError::new_err(message)
            }
            Self::InvalidOption { .. } => InvalidOptionError::new_err(message),
            Self::NothingThere { .. } => ObjectNotFoundError::new_err(message),
            Self::Exists { .. } => AlreadyExistsError::new_err(message),
            Self::Credentials { .. } | Self::Service { status: 403, .. } => AccessDeniedError::new_err(message),
            Self::Service { status: 404, .. } => ObjectNotFoundError::new_err(message),
            Self::Service { .. }
            | Self::Network { .. }
            | Self::Changed { .. }
            | Self::Mismatch { .. }
            | Self::Protocol { .. } => StorageError::new_err(message),
            Self::File { source, .. } => with_class_of(io_error(&source), message),
            Self::Manifest { .. } | Self::InUse { .. } | Self::Stopped => OperationalError::new_err(message),
            Self::Worker { .. } => InternalError::new_err(message),
            Self::Storage(error) => error.into_py_err(),
        }
    }
}

impl IntoPyErr for query::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::Sql { code, .. } | Self::Failed { code, .. } => match code.as_str() {
                "TABLE_NOT_FOUND" => UnknownTableError::new_err(message),
                "SCHEMA_NOT_FOUND" => UnknownDatabaseError::new_err(message),
                "NOT_SUPPORTED" => UnsupportedSqlError::new_err(message),
                "TABLE_LOCATION" | "TABLE_FORMAT" | "PARTITION_KEYS" | "INVALID_PARTITION_KEY" => {
                    SchemaError::new_err(message)
                }
                "ALREADY_EXISTS" => AlreadyExistsError::new_err(message),
                "HIVE_BAD_DATA" | "HIVE_CURSOR_ERROR" => MalformedFileError::new_err(message),
                _ => SqlError::new_err(message),
            },
            Self::HiveSyntax { .. } | Self::Hive { .. } => SqlError::new_err(message),
            Self::Unsupported { .. } => UnsupportedSqlError::new_err(message),
            Self::MalformedFile { .. } => MalformedFileError::new_err(message),
            Self::Cancelled => OperationalError::new_err(message),
            Self::OutOfMemory { .. } => OutOfMemoryError::new_err(message),
            Self::Catalog(error) => error.into_py_err(),
            Self::Storage(error) => error.into_py_err(),
            Self::Execution(_) => OperationalError::new_err(message),
        }
    }
}

impl IntoPyErr for pipeline::Error {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::NotJson { .. } | Self::Definition { .. } => DefinitionError::new_err(message),
            Self::ExecutionAlreadyExists { .. } => ExecutionAlreadyExistsError::new_err(message),
            Self::UnknownExecution { .. } => UnknownExecutionError::new_err(message),
            Self::InvalidName { .. } => InvalidOptionError::new_err(message),
            Self::InUse { .. } => ExecutionInUseError::new_err(message),
            Self::Status { .. } => ExecutionStatusError::new_err(message),
            Self::UnknownToken { .. } => UnknownTokenError::new_err(message),
            Self::Database { .. } => OperationalError::new_err(message),
            Self::TooNew { .. } => NotSupportedError::new_err(message),
            Self::Io { source, .. } => with_class_of(io_error(&source), message),
        }
    }
}

impl IntoPyErr for generate::TemplateError {
    fn into_py_err(self) -> PyErr {
        TemplateError::new_err(self.to_string())
    }
}

/// An error of the operating system about a file that a call of the bindings names.
pub(super) fn file_error(path: &Path, error: &io::Error) -> PyErr {
    with_class_of(io_error(error), format!("The file `{}` cannot be used: {error}", path.display()))
}

/// The class that an error of the operating system has on its own.
fn io_error(error: &io::Error) -> PyErr {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DiskFullError::new_err(()),
        io::ErrorKind::NotFound => ObjectNotFoundError::new_err(()),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => AccessDeniedError::new_err(()),
        _ => StorageError::new_err(()),
    }
}

/// The message of an outer error, with the class of its cause: a full disk is a full disk, whoever met it.
fn with_class_of(cause: PyErr, message: String) -> PyErr {
    Python::attach(|py| PyErr::from_type(cause.get_type(py), message))
}
