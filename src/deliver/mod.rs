//! Deliveries: rows become files, buffered by size and time, named by prefix expressions, each written exactly once.
//!
//! A [`Delivery`] is configured like the service's delivery streams, and gives the same keys. It is a [`Sink`] of a
//! streaming application: what it holds back is part of the application's checkpoints, and a file appears only when the
//! checkpoint that names it is durable, so a killed application neither loses a row nor delivers it twice. A [`Pump`] does
//! the same for the records of a stream, or for those that are put into the delivery itself ([`DirectPut`]).

mod buffer;
mod checkpoint;
mod compression;
mod config;
mod delivery;
mod direct;
mod error;
mod error_record;
mod format;
mod intake;
mod live;
mod object_name;
mod partitioning;
mod prefix;
mod publish;
mod pump;
mod record;
mod register;
mod sink;
mod snapshot;
mod split;
mod staging;
mod transform;

#[cfg(test)]
mod tests;

pub use checkpoint::DeliveryTotals;
pub use compression::Compression;
pub use config::{DeliveryConfig, Format, RetryPolicy};
pub use delivery::Delivery;
pub use direct::{Backlog, DirectPut, DirectPutReport, LARGEST_RECORD};
pub use error::{Error, Result};
pub use error_record::{ErrorOutputType, ErrorRecord};
pub use format::encode_records;
pub use intake::Steps;
pub use live::LivePump;
pub use partitioning::Partitioning;
pub use prefix::PrefixExpression;
pub use pump::Pump;
pub use record::{Fault, SourcePlace, SourceRecord};
pub use sink::{OutputRows, Sink, SinkMetrics, SinkSnapshot};
pub use split::Split;
pub use transform::Transform;
