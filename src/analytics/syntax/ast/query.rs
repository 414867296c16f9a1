//! Queries as written.

use super::{Expr, Name};
use crate::analytics::syntax::At;

/// A query and its order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) body: QueryBody,
    pub(crate) order_by: Vec<OrderItem>,
    pub(crate) at: At,
}

/// What a query is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum QueryBody {
    /// SELECT
    Select(Box<Select>),
    /// `VALUES (…), …`: rows, all of one width.
    Values(Vec<Vec<Expr>>),
    /// Two queries combined.
    Set { op: SetOp, all: bool, left: Box<Query>, right: Box<Query> },
}

/// How two queries are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOp {
    /// UNION
    Union,
    /// EXCEPT
    Except,
    /// INTERSECT
    Intersect,
}

/// A SELECT without its ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Select {
    /// Whether STREAM was written.
    pub(crate) stream: bool,
    pub(crate) distinct: bool,
    pub(crate) items: Vec<Item>,
    /// Joined by commas; never empty.
    pub(crate) from: Vec<TableRef>,
    pub(crate) filter: Option<Expr>,
    pub(crate) group: Grouping,
    pub(crate) having: Option<Expr>,
    pub(crate) windows: Vec<(Name, WindowSpec)>,
    pub(crate) at: At,
}

/// An item of the select list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// An expression, perhaps named.
    Expr { expr: Expr, alias: Option<Name> },
    /// `*`
    All(At),
    /// `t.*`
    AllOf(Name),
}

/// GROUP BY and its alternatives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Grouping {
    /// Neither.
    None,
    /// GROUP BY
    By(Vec<Expr>, At),
    /// WINDOWED BY STAGGER ( PARTITION BY … RANGE INTERVAL … )
    Stagger { partition: Vec<Expr>, range: Expr, at: At },
}

/// An expression of ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderItem {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    /// The interval of WITHIN.
    pub(crate) within: Option<Expr>,
}

/// A relation in FROM.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableRef {
    pub(crate) kind: TableKind,
    /// OVER, for a join.
    pub(crate) window: Option<Over>,
    pub(crate) alias: Option<Name>,
    /// `a(c, …)`; empty when not written.
    pub(crate) columns: Vec<Name>,
    pub(crate) at: At,
}

/// What a relation is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TableKind {
    /// A stream, table or view.
    Named(Name),
    /// `(query)`
    Query(Box<Query>),
    /// `TABLE ( f ( CURSOR(query), … ) )`
    Function(TableCall),
    /// A join.
    Join(Box<Join>),
}

/// A call of a table function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableCall {
    pub(crate) name: Name,
    pub(crate) arguments: Vec<TableArgument>,
}

/// An argument of a table function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TableArgument {
    /// `CURSOR(query)`
    Cursor(Box<Query>),
    /// A constant.
    Expr(Expr),
}

/// A join of two relations.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) natural: bool,
    pub(crate) left: TableRef,
    pub(crate) right: TableRef,
    pub(crate) constraint: JoinConstraint,
}

/// Which unmatched rows a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    /// None.
    Inner,
    /// Those of the left side.
    Left,
    /// Those of the right side.
    Right,
    /// Those of both sides.
    Full,
    /// CROSS JOIN
    Cross,
}

/// What makes two rows meet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JoinConstraint {
    /// Nothing written.
    None,
    /// ON
    On(Expr),
    /// USING
    Using(Vec<Name>),
}

/// What follows OVER.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Over {
    /// A window of the WINDOW clause.
    Named(Name),
    /// The window itself.
    Spec(Box<WindowSpec>),
}

/// A window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WindowSpec {
    pub(crate) partition: Vec<Expr>,
    pub(crate) order: Vec<OrderItem>,
    pub(crate) frame: Option<Frame>,
    pub(crate) at: At,
}

/// The frame of a window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) unit: FrameUnit,
    pub(crate) start: FrameBound,
    /// What follows AND in `BETWEEN … AND …`.
    pub(crate) end: Option<FrameBound>,
    pub(crate) at: At,
}

/// What a frame counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameUnit {
    /// RANGE: time.
    Range,
    /// ROWS
    Rows,
}

/// An end of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FrameBound {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// `n PRECEDING`
    Preceding(Expr),
    /// CURRENT ROW
    CurrentRow,
    /// `n FOLLOWING`
    Following(Expr),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
}
