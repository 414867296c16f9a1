//! Numbers: elementary functions, rounding, bases, distributions, buckets, similarity.

mod basic;
mod bits;
mod distribution;
mod floating;
mod radix;
mod random;
mod round;
mod similarity;
mod width_bucket;

pub(super) use basic::ENTRIES as BASIC;
pub(super) use bits::ENTRIES as BITS;
pub(super) use distribution::ENTRIES as DISTRIBUTION;
pub(super) use floating::ENTRIES as FLOATING;
pub(super) use radix::ENTRIES as RADIX;
pub(super) use random::{ENTRIES as RANDOM, Generator};
pub(super) use round::{CEIL, CEILING, ENTRIES as ROUND, FLOOR, ROUND as ROUND_WHOLE};
pub(super) use similarity::ENTRIES as SIMILARITY;
pub(super) use width_bucket::ENTRIES as WIDTH_BUCKET;
