//! What can go wrong between rows and the files they become.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use arrow::datatypes::DataType;

/// The result of a delivery operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed delivery operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A prefix or error prefix that the service would refuse.
    #[error("The {which} is not valid at character {position}: {reason}\n{text}\n{}^{}", " ".repeat(position.saturating_sub(1)), hint_line(hint))]
    InvalidPrefix {
        /// `prefix` or `error prefix`.
        which: &'static str,
        /// The text as given.
        text: String,
        /// Character in the text, from 1.
        position: usize,
        /// What is wrong.
        reason: String,
        /// What to do; may be empty.
        hint: String,
    },

    /// An option of a delivery outside of its range, or one that contradicts another.
    #[error("The option `{option}` of the delivery `{delivery}` is not valid: {reason}")]
    InvalidOption {
        /// The delivery.
        delivery: String,
        /// The option.
        option: &'static str,
        /// What is wrong.
        reason: String,
    },

    /// A column that the format cannot hold.
    #[error(
        "The column `{column}` of type {data_type} cannot be written as {format}\nhint: CAST it in the SQL to a type that can"
    )]
    UnsupportedColumn {
        /// The column.
        column: String,
        /// Its type.
        data_type: DataType,
        /// The format, as configured.
        format: &'static str,
    },

    /// Rows came with other columns than the first ones had.
    #[error("The delivery `{delivery}` takes the columns {expected}, not {found}")]
    ChangedColumns {
        /// The delivery.
        delivery: String,
        /// Columns so far.
        expected: String,
        /// Columns that came.
        found: String,
    },

    /// The lake does not take an object; it stays in staging.
    #[error("The delivery `{delivery}` could not publish `{object}` in {attempts} attempts; nothing is lost\n{source}")]
    Publish {
        /// The delivery.
        delivery: String,
        /// Path of the object inside the lake.
        object: String,
        /// Attempts made.
        attempts: u32,
        /// The last attempt's error.
        source: crate::storage::Error,
    },

    /// The local staging folder cannot be used.
    #[error(
        "The staging file `{path}` of a delivery cannot be used: {source}\nhint: check the free space and the rights of the lake's `.bayou` folder"
    )]
    Staging {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },

    /// An evaluated object key that the lake cannot hold.
    #[error("The delivery `{delivery}` cannot write to `{key}`: {source}")]
    Key {
        /// The delivery.
        delivery: String,
        /// The evaluated key.
        key: String,
        /// Why not.
        source: crate::storage::Error,
    },

    /// A checkpoint's part for this sink cannot be read.
    #[error("The checkpoint of the delivery `{delivery}` cannot be read: {reason}")]
    CorruptSnapshot {
        /// The delivery.
        delivery: String,
        /// What is wrong.
        reason: String,
    },

    /// A file that the checkpoint names is gone from staging and not in the lake either.
    #[error("The finished object `{object}` of the delivery `{delivery}` is neither in staging nor in the lake")]
    LostObject {
        /// The delivery.
        delivery: String,
        /// Path of the object inside the lake.
        object: String,
    },

    /// The encoder of a format failed.
    #[error("Rows cannot be written as {format}: {source}")]
    Encode {
        /// The format.
        format: &'static str,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },

    /// Published files could not be registered.
    #[error("The files of the delivery `{delivery}` are written but not registered in `{table}`: {source}")]
    Register {
        /// The delivery.
        delivery: String,
        /// The table.
        table: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },

    /// The stream that a delivery reads from cannot be read.
    #[error("The stream `{stream}` of a delivery cannot be read: {source}")]
    Source {
        /// The stream.
        stream: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },

    /// A record that was put directly is larger than the service takes.
    #[error("Record {record} has {bytes} bytes, a delivery takes {limit}; none of the call was put")]
    RecordTooLarge {
        /// Its place in the call, from 0.
        record: usize,
        /// Its size.
        bytes: usize,
        /// The largest size.
        limit: usize,
    },
    /// A delivery that should run in the background does not.
    #[error(
        "The delivery does not run in the background: {reason}\nhint: what was put is kept; start() or run() goes on with it"
    )]
    Background {
        /// Why not.
        reason: String,
    },
    /// A destination that is no delivery (another stream, a callable) failed.
    #[error("The destination `{destination}` failed: {source}")]
    Destination {
        /// The destination.
        destination: String,
        /// The cause.
        source: Box<dyn StdError + Send + Sync>,
    },
}

fn hint_line(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!("\nhint: {hint}") }
}
