//! Writing the rows of a query as files of a folder: partitioned, bucketed, in any format that tables can have.
//!
//! Files are finished in the lake's private folder first. They are published one after the other, and the caller
//! registers them in one transaction, so that readers of the catalog see all of them or none.

mod bucket;
mod csv;
mod encode;
mod json;
mod partition;
mod publish;
mod text;

pub(super) use bucket::Buckets;
pub(super) use encode::{Compression, FileFormat};
pub(super) use partition::{Finished, Naming, WriteTarget, Writer};
pub(super) use publish::Written;
pub(super) use text::Delimiters;
