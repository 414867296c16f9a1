//! The crawler: finds out what lies in a folder of the lake and registers it as tables.
//!
//! A crawl lists the target once, skips what the catalog's file manifest knows unchanged, classifies and infers the rest
//! from bounded samples in parallel, groups folders into tables, and commits everything in one short transaction. It
//! answers with a [`CrawlReport`] that says for every table, folder and left-out file why.
//!
//! The rules are Glue's where they are known, and better where Glue's lose data or surprise: partition keys are typed,
//! headers of all-string files are found, Hive folders are never mistaken for partitions of the folder above.

mod cell;
mod classify;
mod cluster;
mod commit;
mod container;
mod csv;
mod describe;
mod error;
mod evidence;
mod folder;
mod group;
mod header;
mod json;
mod known;
mod merge;
mod naming;
mod options;
mod parquet;
mod partition;
mod plan;
mod read;
mod report;
mod report_html;
mod rules;
mod run;
mod sample;
mod seen;
mod shape;
mod split;
mod workers;

#[cfg(test)]
mod tests;

pub use error::{Error, Result};
pub use options::{CrawlOptions, CsvHints, DeleteBehavior, Grouping, PartitionTyping, UpdateBehavior};
pub use report::{CrawlReport, FolderNote, LeftOut, TableChange, TableOutcome};
pub use run::crawl;
