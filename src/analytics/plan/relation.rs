//! Relations: what a query reads and gives while it is planned.
//!
//! A relation is the output of a stream or an operator: columns in the order of the batch, and ROWTIME, which is not in the
//! batch but goes with every row. In a scope ROWTIME stands behind the columns.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};

use super::monotonic::Motion;
use crate::analytics::expr::{ExprType, Scope, ScopeColumn, TableQueries};
use crate::analytics::sql_type::SqlType;

/// The time column of every stream.
pub(crate) const ROWTIME: &str = "ROWTIME";

/// The columns that an input stream has beside the declared ones and ROWTIME; none of them is part of `*`.
pub(crate) const IMPLICIT: [&str; 4] = ["APPROXIMATE_ARRIVAL_TIME", "PARTITION_KEY", "SHARD_ID", "SEQUENCE_NUMBER"];

/// A column of an in-application stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StreamColumn {
    pub(crate) name: String,
    pub(crate) sql_type: SqlType,
    pub(crate) not_null: bool,
}

/// An in-application stream: fed by an input, or declared and fed by pumps.
#[derive(Clone, Debug)]
pub(crate) struct StreamPlan {
    pub(crate) name: String,
    pub(crate) columns: Vec<StreamColumn>,
    pub(crate) is_input: bool,
}

impl StreamPlan {
    /// The declared columns.
    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |column: &StreamColumn| Field::new(&column.name, column.sql_type.to_arrow(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// The columns of its rows inside of the application: an input's implicit ones stand behind the declared ones.
    pub(crate) fn inner_schema(&self, with_origin: bool) -> SchemaRef {
        let mut fields = self.schema().fields().to_vec();
        fields.extend(
            self.implicit(with_origin).map(|(name, sql_type)| Arc::new(Field::new(name, sql_type.to_arrow(), true))),
        );
        Arc::new(Schema::new(fields))
    }

    fn implicit(&self, with_origin: bool) -> impl Iterator<Item = (&'static str, SqlType)> + use<> {
        let columns = if !self.is_input {
            0
        } else if with_origin {
            IMPLICIT.len()
        } else {
            1
        };
        let sql_type = |place| if place == 0 { SqlType::Timestamp } else { SqlType::Varchar(128) };
        IMPLICIT.into_iter().take(columns).enumerate().map(move |(place, name)| (name, sql_type(place)))
    }

    /// Its columns as those of a relation called `qualifier`.
    pub(super) fn columns(&self, qualifier: &str, with_origin: bool) -> Vec<Column> {
        let declared = self.columns.iter().map(|column| (column.name.as_str(), column.sql_type, false));
        let implicit = self.implicit(with_origin).map(|(name, sql_type)| (name, sql_type, true));
        declared
            .chain(implicit)
            .map(|(name, sql_type, hidden)| Column {
                hidden,
                ..Column::new(Some(qualifier.to_owned()), name, ExprType::Sql(sql_type))
            })
            .collect()
    }
}

/// Where rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The stream at a place in the application's list.
    Stream(usize),
    /// The node at a place in the application's list.
    Node(usize),
}

/// A column of a relation.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) qualifier: Option<String>,
    /// Empty for columns that no query can name.
    pub(super) name: String,
    pub(super) sql_type: ExprType,
    /// Not part of `*`.
    pub(super) hidden: bool,
    /// How it moves from row to row.
    pub(super) motion: Motion,
}

impl Column {
    pub(super) fn new(qualifier: Option<String>, name: &str, sql_type: ExprType) -> Self {
        Self { qualifier, name: name.to_owned(), sql_type, hidden: false, motion: Motion::Free }
    }

    /// A column that no query can name.
    pub(super) fn unnamed(sql_type: ExprType) -> Self {
        Self { hidden: true, ..Self::new(None, "", sql_type) }
    }
}

/// What a query reads or gives.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) origin: Origin,
    pub(super) columns: Vec<Column>,
    /// The alias or name before `ROWTIME`; none for the result of a join or of groups.
    pub(super) qualifier: Option<String>,
    pub(super) is_stream: bool,
    /// The place among the select list's items of the one that was `AS ROWTIME`.
    pub(super) rowtime_item: Option<usize>,
    /// Whether ROWTIME is the end of a window, so that a key of it belongs to the moment before.
    pub(super) is_grouped: bool,
}

impl Relation {
    pub(super) fn new(origin: Origin, columns: Vec<Column>, qualifier: Option<String>, is_stream: bool) -> Self {
        Self { origin, columns, qualifier, is_stream, rowtime_item: None, is_grouped: false }
    }

    /// The place of ROWTIME in the scope.
    pub(super) fn rowtime_place(&self) -> usize {
        self.columns.len()
    }

    /// What expressions over its rows may name.
    pub(super) fn scope(&self, tables: Option<&Arc<dyn TableQueries>>) -> Scope {
        let mut columns: Vec<ScopeColumn> = self.columns.iter().map(|column| self.scope_column(column)).collect();
        if self.is_stream {
            columns.push(ScopeColumn {
                qualifier: self.qualifier.clone(),
                name: ROWTIME.to_owned(),
                sql_type: ExprType::TIMESTAMP,
                hidden: true,
            });
        }
        Scope { columns, tables: tables.map(Arc::clone) }
    }

    fn scope_column(&self, column: &Column) -> ScopeColumn {
        // A selected ROWTIME does not hide the row's own.
        let is_shadowed = self.is_stream && column.name == ROWTIME && column.qualifier == self.qualifier;
        ScopeColumn {
            qualifier: column.qualifier.clone(),
            name: if is_shadowed { String::new() } else { column.name.clone() },
            sql_type: column.sql_type.clone(),
            hidden: column.hidden,
        }
    }

    /// The columns of its batches.
    pub(super) fn schema(&self) -> SchemaRef {
        schema_of(&self.columns)
    }

    /// The columns that `*` stands for.
    pub(super) fn visible(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| !column.hidden)
    }
}

pub(super) fn schema_of(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(&column.name, column.sql_type.to_arrow(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}
