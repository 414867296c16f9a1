//! From statements to something that runs: in-application streams, and pumps as segments between them.

mod application;
mod lower;
mod names;
mod query;
mod scope;
mod supported;

pub(crate) use application::{ApplicationPlan, PumpPlan, plan_application};
pub(crate) use lower::{Branch, Step};
pub(crate) use scope::StreamPlan;
