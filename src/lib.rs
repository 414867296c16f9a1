//! bayou: the whole path of a cloud data lake in one package.
//!
//! A bayou is a slow stream that is already half a lake. Records are generated ([`generate`]), kept in a durable
//! sharded log ([`stream`]), transformed by streaming SQL ([`analytics`]), delivered as files ([`deliver`]),
//! discovered ([`crawl`]), registered ([`catalog`]) and queried ([`query`]); folders and buckets are copied ([`copy`]);
//! state machines ([`pipeline`]) tie jobs together.
//!
//! Modules depend downwards only; nothing outside `python` knows Python.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout))]

pub mod analytics;
pub mod catalog;
pub mod copy;
pub mod crawl;
pub mod deliver;
pub mod etl;
pub mod generate;
pub mod pipeline;
#[cfg(feature = "python")]
mod python;
pub mod query;
pub mod sql;
pub mod storage;
pub mod stream;
pub mod time;
