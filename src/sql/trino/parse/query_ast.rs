//! The syntax tree of queries and relations.

use super::ast::{Expr, Name, SortItem, Window};
use crate::sql::trino::error::Place;

/// A query with all that may stand around its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) is_recursive: bool,
    pub(crate) with: Vec<Cte>,
    pub(crate) body: QueryBody,
    pub(crate) order_by: Vec<SortItem>,
    pub(crate) offset: Option<Expr>,
    pub(crate) limit: Option<Limit>,
    pub(crate) at: Place,
}

/// `name (columns) AS (query)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cte {
    pub(crate) name: Name,
    pub(crate) columns: Vec<Name>,
    pub(crate) query: Query,
}

/// LIMIT or FETCH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    /// `None` for `LIMIT ALL`.
    pub(crate) count: Option<Expr>,
    pub(crate) with_ties: bool,
    pub(crate) at: Place,
}

/// What a query takes its rows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum QueryBody {
    Select(Box<Select>),
    Set { operator: SetOperator, is_all: bool, left: Box<Self>, right: Box<Self>, at: Place },
    Values { rows: Vec<Expr>, at: Place },
    Table { name: Vec<Name>, at: Place },
    Nested(Box<Query>),
}

/// UNION and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetOperator {
    Union,
    Intersect,
    Except,
}

impl SetOperator {
    /// As it is written.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Union => "UNION",
            Self::Intersect => "INTERSECT",
            Self::Except => "EXCEPT",
        }
    }
}

/// `SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW …`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Select {
    pub(crate) is_distinct: bool,
    pub(crate) items: Vec<SelectItem>,
    pub(crate) from: Vec<Relation>,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Option<GroupBy>,
    pub(crate) having: Option<Expr>,
    pub(crate) windows: Vec<(Name, Window)>,
    pub(crate) at: Place,
}

/// An item of a select list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SelectItem {
    Expression {
        value: Expr,
        alias: Option<Name>,
    },
    /// `*`, `t.*`, `row_expression.* AS (a, b)`
    All {
        base: Option<Expr>,
        aliases: Vec<Name>,
        at: Place,
    },
}

/// `GROUP BY [ALL|DISTINCT] element, …`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupBy {
    pub(crate) is_distinct: bool,
    pub(crate) elements: Vec<GroupingElement>,
}

/// An element of GROUP BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GroupingElement {
    /// One set: `a`, `(a, b)`, `()`.
    Simple(Vec<Expr>),
    Rollup(Vec<Vec<Expr>>),
    Cube(Vec<Vec<Expr>>),
    Sets(Vec<Vec<Expr>>),
}

/// What stands in FROM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Relation {
    Table { name: Vec<Name>, at: Place },
    Subquery { query: Box<Query>, at: Place },
    Lateral { query: Box<Query>, at: Place },
    Unnest { arrays: Vec<Expr>, with_ordinality: bool, at: Place },
    Aliased { relation: Box<Self>, alias: Name, columns: Vec<Name> },
    Sampled { relation: Box<Self>, is_system: bool, percentage: Box<Expr>, at: Place },
    Join { left: Box<Self>, right: Box<Self>, kind: JoinKind, criteria: JoinCriteria, at: Place },
}

/// How a join treats rows without partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinKind {
    Cross,
    /// A comma.
    Implicit,
    Inner,
    Left,
    Right,
    Full,
}

/// Which rows are partners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JoinCriteria {
    None,
    On(Expr),
    Using(Vec<Name>),
    Natural,
}
