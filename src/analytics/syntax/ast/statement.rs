//! Statements as written.

use super::{Expr, Name, Query, TypeName};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::At;

/// One statement of an application.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Statement {
    /// CREATE STREAM
    Stream(CreateStream),
    /// CREATE PUMP
    Pump(Box<CreatePump>),
    /// CREATE VIEW
    View(Box<CreateView>),
    /// CREATE FUNCTION
    Function(Box<CreateFunction>),
    /// A bare INSERT.
    Insert(Box<Insert>),
    /// ALTER PUMP … START or STOP
    AlterPump { name: Name, start: bool },
    /// DROP
    Drop { object: ObjectKind, name: Name },
}

/// What DROP removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    /// DROP STREAM
    Stream,
    /// DROP PUMP
    Pump,
    /// DROP VIEW
    View,
    /// DROP FUNCTION
    Function,
}

/// A column of a CREATE STREAM.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnDeclaration {
    pub(crate) name: Name,
    pub(crate) sql_type: SqlType,
    pub(crate) not_null: bool,
}

/// CREATE [OR REPLACE] STREAM
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreateStream {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) columns: Vec<ColumnDeclaration>,
}

/// CREATE [OR REPLACE] PUMP
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreatePump {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) started: bool,
    pub(crate) insert: Insert,
}

/// INSERT INTO target [(columns)] query
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Insert {
    pub(crate) target: Name,
    pub(crate) columns: Option<Vec<Name>>,
    pub(crate) query: Query,
    pub(crate) at: At,
}

/// CREATE [OR REPLACE] VIEW
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreateView {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) query: Query,
}

/// CREATE [OR REPLACE] FUNCTION
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreateFunction {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    pub(crate) parameters: Vec<(Name, TypeName)>,
    pub(crate) returns: TypeName,
    /// RETURNS NULL ON NULL INPUT
    pub(crate) null_on_null: bool,
    pub(crate) body: Expr,
}
