//! Trino statements as values; queries in them are byte ranges of the text.

use std::ops::Range;

use crate::query::cursor::TableName;
use crate::query::lex::Place;

/// The value of a property in `WITH (…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) enum PropertyValue {
    Text(String),
    Number(String),
    Boolean(bool),
    List(Vec<String>),
}

/// Properties of `WITH (…)`, names in lower case, with their places.
pub(in crate::query) type TrinoProperties = Vec<(String, PropertyValue, Place)>;

/// `CREATE TABLE … AS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct CreateTableAs {
    pub(in crate::query) table: TableName,
    pub(in crate::query) if_not_exists: bool,
    /// Names for the columns, when they are given.
    pub(in crate::query) columns: Option<Vec<String>>,
    pub(in crate::query) comment: Option<String>,
    pub(in crate::query) properties: TrinoProperties,
    pub(in crate::query) query: Range<usize>,
    pub(in crate::query) with_data: bool,
}

/// How `EXPLAIN` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum ExplainFormat {
    Text,
    Graphviz,
    Json,
}

/// What `EXPLAIN` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum ExplainType {
    Logical,
    Distributed,
    Validate,
    Io,
}

/// `EXPLAIN [ANALYZE [VERBOSE]] [(…)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) struct ExplainOptions {
    pub(in crate::query) analyze: bool,
    pub(in crate::query) verbose: bool,
    pub(in crate::query) format: ExplainFormat,
    pub(in crate::query) kind: ExplainType,
}

/// A statement in Trino's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) enum TrinoStatement {
    Query { query: Range<usize> },
    CreateTableAs(Box<CreateTableAs>),
    Insert { table: TableName, columns: Option<Vec<String>>, query: Range<usize> },
    Unload { query: Range<usize>, location: String, properties: TrinoProperties },
    CreateView { view: TableName, or_replace: bool, comment: Option<String>, query: Range<usize> },
    DropView { view: TableName, if_exists: bool },
    ShowCreateView { view: TableName },
    Prepare { name: String, statement: Range<usize> },
    Execute { name: String, place: Place, arguments: Vec<Range<usize>> },
    Deallocate { name: String, place: Place },
    Explain { options: ExplainOptions, statement: Range<usize> },
}
