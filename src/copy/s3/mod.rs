//! The requests to S3 that a copy is made of, many of which the object store's interface does not have: copies between
//! buckets, ranged part copies, conditions on the source, metadata and checksums.
//!
//! [`S3`] is one bucket, reached as a lake there would be. Every request is signed, repeated where that helps, and
//! reported to the [`Pace`](super::pace::Pace) of its service.

mod calls;
mod client;
mod hedge;
mod http;
mod listing;
mod sign;
mod upload;
mod xml;

pub(crate) use calls::{Copied, ObjectHead, PutOptions, SOURCE_ETAG};
pub(crate) use client::S3;
pub(crate) use listing::{PAGE_KEYS, Page};
