//! Copying between folders and buckets: list, compare, transfer, verify, resume.
//!
//! ```text
//! list(source) -> batches -> what does the destination have? -> transfers -> verify -> report
//!                                                                        \-> manifest (SQLite)
//! ```
//!
//! Listing is the limit of every tool in the field, so a bucket is listed with many requests at once and copying begins
//! with the first page. A batch of keys is compared with the listing of the same range at the destination, so nothing has
//! to be asked object by object and nothing has to be kept but the batches in flight. Within a service the bytes do not
//! come here. Whatever is copied is checked; whatever is not is in the report, with the reason.

mod clean;
mod compare;
mod crc64;
mod dice;
mod ends;
mod entry;
mod error;
mod extras;
mod given;
mod job;
mod list;
mod location;
mod lookup;
mod manifest;
mod options;
mod pace;
mod part;
mod rename;
mod report;
mod report_html;
mod s3;
mod scratch;
mod selection;
mod settle;
mod side;
mod tally;
mod transfer;

#[cfg(test)]
mod tests;

pub use clean::{Cleaned, clean};
pub use error::{Error, Result};
pub use job::copy;
pub use options::{Compare, CopyOptions, Verify};
pub use part::{CopyPart, plan, run};
pub use report::{CopyReport, Failure, Sample};
pub use tally::{Progress, Tally};

/// The error for a thread that ended without a result.
fn stopped_worker(error: tokio::task::JoinError) -> Error {
    if error.is_cancelled() { Error::Stopped } else { Error::Worker { reason: error.to_string() } }
}
