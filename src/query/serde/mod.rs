//! SerDes: how the rows of a table's files are written, by the class that the catalog names.
//!
//! A [`Serde`] is made from a storage descriptor once a scan and gives each file a [`RowDecoder`], which turns bytes into
//! rows of the wanted columns. Whether a cell that does not fit is NULL or an error is the SerDe's rule, not the type's.

mod cell;
mod column;
mod grok;
mod json;
mod lazy_simple;
mod lines;
mod open_csv;
mod regex_rows;
mod settings;
mod text_builder;
mod value;

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;

use super::error::{Error, Result};
use super::scan::Quoting;
use crate::catalog::{Column, StorageDescriptor, Table};
use settings::Settings;
pub(super) use value::text_column;

/// What is wrong with a file: Trino's code, and a sentence with the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowError {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Row of the batch, from 0.
    pub(super) row: usize,
    /// Where the row begins in the decoded bytes, if it is known.
    pub(super) offset: Option<usize>,
}

impl RowError {
    fn bad_data(row: usize, message: impl Into<String>) -> Self {
        Self { code: "HIVE_BAD_DATA", message: message.into(), row, offset: None }
    }

    fn cursor(row: usize, message: impl Into<String>) -> Self {
        Self { code: "HIVE_CURSOR_ERROR", message: message.into(), row, offset: None }
    }
}

impl RowError {
    fn at(self, offset: usize) -> Self {
        Self { offset: Some(offset), ..self }
    }
}

impl From<ArrowError> for RowError {
    fn from(error: ArrowError) -> Self {
        Self::bad_data(0, error.to_string())
    }
}

/// Turns the bytes of one file into rows.
pub(super) trait RowDecoder: Send {
    /// Take whole records from the front of `bytes`, `limit` rows in all; gives how many bytes. 0 means that no whole
    /// record is there. At the file's end the rest is a record.
    fn decode(&mut self, bytes: &[u8], limit: usize, is_end: bool) -> Result<usize, RowError>;
    /// Rows since the last flush.
    fn rows(&self) -> usize;
    /// The columns of these rows.
    fn flush(&mut self) -> Result<Vec<ArrayRef>, RowError>;
}

/// How the rows of a text table are written.
#[derive(Debug, Clone)]
pub(super) enum Serde {
    LazySimple(Arc<lazy_simple::LazySimple>),
    OpenCsv(Arc<open_csv::OpenCsv>),
    Json(Arc<json::Json>),
    Regex(Arc<regex_rows::RegexRows>),
}

/// How a table's files are read.
#[derive(Debug, Clone)]
pub(super) enum Format {
    Parquet,
    Avro,
    Orc,
    Text(Serde),
}

impl Format {
    /// The format that a storage descriptor names; `table` has the properties.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a SerDe that is registered but cannot be read.
    pub(super) fn new(table: &Table, storage: &StorageDescriptor) -> Result<Self> {
        let class = storage.serde.serialization_library.rsplit('.').next().unwrap_or_default();
        let settings = Settings::new(table, storage);
        let columns = &storage.columns;
        Ok(match class {
            "ParquetHiveSerDe" => Self::Parquet,
            "AvroSerDe" => Self::Avro,
            "OrcSerde" => Self::Orc,
            "LazySimpleSerDe" | "MetadataTypedColumnsetSerDe" => {
                Self::Text(Serde::LazySimple(Arc::new(lazy_simple::LazySimple::new(&settings)?)))
            }
            "OpenCSVSerde" => Self::Text(Serde::OpenCsv(Arc::new(open_csv::OpenCsv::new(&settings)?))),
            "JsonSerDe" | "HiveJsonSerDe" => Self::Text(Serde::Json(Arc::new(json::Json::new(&settings, columns)))),
            "RegexSerDe" => Self::Text(Serde::Regex(Arc::new(regex_rows::RegexRows::regex(&settings)?))),
            "GrokSerDe" => Self::Text(Serde::Regex(Arc::new(regex_rows::RegexRows::grok(&settings, columns)?))),
            // Tables that other tools made without a class.
            "" if storage.classification() == Some("parquet") => Self::Parquet,
            "" if storage.classification() == Some("json") => {
                Self::Text(Serde::Json(Arc::new(json::Json::new(&settings, columns))))
            }
            "" => Self::Text(Serde::LazySimple(Arc::new(lazy_simple::LazySimple::new(&settings)?))),
            other => return Err(Error::Unsupported { what: format!("Reading a table with the SerDe `{other}`") }),
        })
    }
}

impl Serde {
    /// What the rows are called in messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::LazySimple(_) => "delimited text",
            Self::OpenCsv(_) => "CSV",
            Self::Json(_) => "JSON",
            Self::Regex(regex) => regex.name(),
        }
    }

    /// Whether columns are found by name, and not by place.
    pub(super) fn is_by_name(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    /// What makes a line break a part of a row; `None` when nothing does, or more than quotes.
    pub(super) fn quoting(&self) -> Option<Quoting> {
        match self {
            Self::OpenCsv(serde) => Some(serde.quoting()),
            Self::LazySimple(_) | Self::Json(_) | Self::Regex(_) => None,
        }
    }

    /// A decoder for one file: all columns of the file in order, and the places of those that are wanted.
    pub(super) fn decoder(&self, columns: &[Column], wanted: &[usize]) -> Box<dyn RowDecoder> {
        match self {
            Self::LazySimple(serde) => Box::new(lazy_simple::Decoder::new(Arc::clone(serde), columns, wanted)),
            Self::OpenCsv(serde) => Box::new(open_csv::Decoder::new(Arc::clone(serde), columns, wanted)),
            Self::Json(serde) => Box::new(json::Decoder::new(Arc::clone(serde), columns, wanted)),
            Self::Regex(serde) => Box::new(regex_rows::Decoder::new(Arc::clone(serde), columns, wanted)),
        }
    }
}
