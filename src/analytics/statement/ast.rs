//! The statements of an application.

use sqlparser::tokenizer::{Location, TokenWithSpan};

use crate::analytics::sql_type::SqlType;

/// A name as stored: unquoted ones in upper case.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) value: String,
    pub(crate) quoted: bool,
    pub(crate) at: Location,
}

/// A column of a CREATE STREAM.
#[derive(Clone, Debug)]
pub(crate) struct ColumnDeclaration {
    pub(crate) name: Name,
    pub(crate) sql_type: SqlType,
    pub(crate) not_null: bool,
}

/// CREATE [OR REPLACE] STREAM.
#[derive(Clone, Debug)]
pub(crate) struct CreateStream {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) columns: Vec<ColumnDeclaration>,
}

/// CREATE [OR REPLACE] PUMP … AS INSERT INTO … query.
#[derive(Clone, Debug)]
pub(crate) struct CreatePump {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) started: bool,
    pub(crate) target: Name,
    pub(crate) columns: Option<Vec<Name>>,
    /// The query's own tokens.
    pub(crate) query: Vec<TokenWithSpan>,
    /// Where the query begins, for errors about it as a whole.
    pub(crate) query_at: Location,
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// CREATE STREAM.
    Stream(CreateStream),
    /// CREATE PUMP.
    Pump(Box<CreatePump>),
}
