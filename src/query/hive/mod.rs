//! Hive's language: DDL, SHOW and DESCRIBE.

mod alter;
mod ast;
mod clauses;
mod create_table;
mod parse;

pub(super) use ast::{
    ColumnPosition, CreateTable, Detail, FileFormat, HiveStatement, PartitionSpec, Properties, RowFormat,
};
pub(super) use parse::parse;

#[cfg(test)]
mod tests;
