//! Deliveries: rows become files, buffered by size and time, named by prefix expressions, each written exactly once.
//!
//! A [`Delivery`] is configured like the service's delivery streams, and gives the same keys. It is a [`Sink`] of a
//! streaming application: what it holds back is part of the application's checkpoints, and a file appears only when the
//! checkpoint that names it is durable, so a killed application neither loses a row nor delivers it twice.

mod buffer;
mod config;
mod delivery;
mod error;
mod error_record;
mod format;
mod object_name;
mod prefix;
mod publish;
mod register;
mod sink;
mod snapshot;
mod staging;

#[cfg(test)]
mod tests;

pub use config::{Compression, DeliveryConfig, Format, RetryPolicy};
pub use delivery::Delivery;
pub use error::{Error, Result};
pub use error_record::{ErrorOutputType, ErrorRecord};
pub use format::encode_records;
pub use prefix::PrefixExpression;
pub use sink::{OutputRows, Sink, SinkMetrics, SinkSnapshot};
