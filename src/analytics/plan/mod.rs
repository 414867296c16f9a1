//! From statements to something that runs: in-application streams, and operators between them.
//!
//! Queries are planned from the inside out. Each clause becomes an operator over a [`relation`], whose columns know how they
//! move along the stream: what rises with ROWTIME ends windows, and everything that would need a stream's end is refused
//! with the place in the user's text.
//!
//! Source: Kinesis Data Analytics SQL Reference, "Streaming SQL Language Elements".

mod application;
mod calls;
mod from;
mod group;
mod insert;
mod join;
mod monotonic;
mod order;
mod planner;
mod query;
mod relation;
mod select;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use application::{ApplicationPlan, Sources, Step, plan_application};
pub(crate) use planner::{Catalog, run_table_query, table_schema};
pub(crate) use relation::{Origin, StreamColumn, StreamPlan};
