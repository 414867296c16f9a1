//! Expressions as written.

use super::{Over, Query};
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{At, IntervalQualifier, Unit};

/// A name as stored: an unquoted one in upper case.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) value: String,
    pub(crate) quoted: bool,
    pub(crate) at: At,
}

/// Names are equal when they store the same, quoted or not.
impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// An expression and where it begins. Equality is structural; places do not count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) at: At,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// `a`, `t.a`, `t.r.c`.
    Column(Vec<Name>),
    /// A column by its place in the scope: never written, put here by the planner instead of what it computed before.
    Place(usize),
    /// `-a`, `+a`, `NOT a`.
    Unary { op: UnaryOp, expr: Box<Expr> },
    /// Arithmetic, `||` and comparison.
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr> },
    /// `a AND b AND …`, two or more.
    And(Vec<Expr>),
    /// `a OR b OR …`, two or more.
    Or(Vec<Expr>),
    /// `a IS [NOT] NULL | TRUE | FALSE | UNKNOWN`.
    Is { expr: Box<Expr>, test: Test, negated: bool },
    /// `a IS [NOT] DISTINCT FROM b`.
    IsDistinct { left: Box<Expr>, right: Box<Expr>, negated: bool },
    /// `a [NOT] BETWEEN low AND high`.
    Between { expr: Box<Expr>, low: Box<Expr>, high: Box<Expr>, negated: bool },
    /// `a [NOT] IN (b, …)`.
    In { expr: Box<Expr>, list: Vec<Expr>, negated: bool },
    /// `a [NOT] IN (query)`.
    InQuery { expr: Box<Expr>, query: Box<Query>, negated: bool },
    /// `EXISTS (query)`.
    Exists(Box<Query>),
    /// `a [NOT] LIKE | SIMILAR TO pattern [ESCAPE e]`.
    Like { expr: Box<Expr>, pattern: Box<Expr>, escape: Option<Box<Expr>>, similar: bool, negated: bool },
    /// A period predicate; both sides are rows, `right` may be an instant after CONTAINS.
    Period { op: PeriodOp, left: Box<Expr>, right: Box<Expr> },
    /// `CASE [operand] WHEN … THEN … [ELSE …] END`.
    Case { operand: Option<Box<Expr>>, branches: Vec<(Expr, Expr)>, otherwise: Option<Box<Expr>> },
    /// `CAST(a AS type)`.
    Cast { expr: Box<Expr>, to: TypeName },
    /// `(a - b) qualifier`.
    Qualified { expr: Box<Expr>, qualifier: IntervalQualifier },
    /// `(a, b)`, `ROW(a, b)`, `PERIOD(a, b)`.
    Row(Vec<Expr>),
    /// `EXTRACT(unit FROM a)`.
    Extract { unit: Unit, from: Box<Expr> },
    /// `FLOOR(a TO unit)`, `CEIL(a TO unit)`.
    RoundTo { up: bool, expr: Box<Expr>, unit: Unit },
    /// `STEP(a BY b)`.
    Step { expr: Box<Expr>, by: Box<Expr> },
    /// `SUBSTRING(a FROM b [FOR c])`, where b is a number, or a regular expression without FOR.
    Substring { text: Box<Expr>, from: Box<Expr>, length: Option<Box<Expr>> },
    /// `SUBSTRING(a SIMILAR b ESCAPE c)`.
    SubstringSimilar { text: Box<Expr>, pattern: Box<Expr>, escape: Box<Expr> },
    /// `POSITION(a IN b)`.
    Position { needle: Box<Expr>, text: Box<Expr> },
    /// `OVERLAY(a PLACING b FROM c [FOR d])`.
    Overlay { text: Box<Expr>, placing: Box<Expr>, from: Box<Expr>, length: Option<Box<Expr>> },
    /// `TRIM([side] [what] FROM a)`.
    Trim { side: TrimSide, what: Option<Box<Expr>>, text: Box<Expr> },
    /// `CURRENT_TIMESTAMP` and its like.
    Clock(Clock),
    /// `f(…)`: scalar, aggregate or analytic; which one is not known here.
    Call(Box<Call>),
}

/// A literal value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    /// NULL.
    Null,
    /// TRUE, FALSE; UNKNOWN is `None`.
    Boolean(Option<bool>),
    /// An exact number: `digits` / 10^`scale`; `scale` is `None` when written without a point.
    Number { digits: i128, scale: Option<u8> },
    /// A number with an exponent.
    Double(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since midnight.
    Time(i32),
    /// Milliseconds since 1970-01-01.
    Timestamp(i64),
    /// Months or milliseconds, by the qualifier.
    Interval(i64, IntervalQualifier),
}

/// A type as written in CAST and in declarations of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeName {
    /// A column type.
    Sql(SqlType),
    /// `INTERVAL qualifier`.
    Interval(IntervalQualifier),
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    /// `+a`
    Plus,
    /// `-a`
    Minus,
    /// `NOT a`
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `||`
    Concat,
    /// `=`
    Equal,
    /// `<>`, `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl BinaryOp {
    /// The operator as written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Concat => "||",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    pub(crate) fn is_comparison(self) -> bool {
        !matches!(self, Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Concat)
    }
}

/// What `IS` tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// IS NULL
    Null,
    /// IS TRUE
    True,
    /// IS FALSE
    False,
    /// IS UNKNOWN
    Unknown,
}

/// How two periods lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PeriodOp {
    pub(crate) relation: PeriodRelation,
    /// STRICTLY
    pub(crate) strictly: bool,
    /// IMMEDIATELY
    pub(crate) immediately: bool,
}

/// The relation of a period predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeriodRelation {
    /// They share an instant.
    Overlaps,
    /// The right one lies in the left one.
    Contains,
    /// Same ends.
    Equals,
    /// The left one ends before the right one begins.
    Precedes,
    /// The left one begins after the right one has ended.
    Succeeds,
    /// The left one begins and ends first.
    Leads,
    /// The left one begins and ends last.
    Lags,
}

/// Which ends TRIM works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrimSide {
    /// LEADING
    Leading,
    /// TRAILING
    Trailing,
    /// BOTH, and when nothing is said.
    Both,
}

/// A reading of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// CURRENT_TIMESTAMP, LOCALTIMESTAMP: the start of the query.
    Timestamp,
    /// CURRENT_DATE
    Date,
    /// CURRENT_TIME, LOCALTIME
    Time,
    /// CURRENT_ROW_TIMESTAMP: when the row is processed.
    RowTimestamp,
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// Schema qualifiers are gone; the last part is the name.
    pub(crate) name: Name,
    pub(crate) arguments: Vec<Expr>,
    /// `COUNT(*)`
    pub(crate) star: bool,
    /// `SUM(DISTINCT x)`
    pub(crate) distinct: bool,
    /// `FILTER (WHERE …)`, which the dialect refuses.
    pub(crate) filter: Option<Box<Expr>>,
    /// IGNORE or RESPECT NULLS, inside or behind the parenthesis.
    pub(crate) nulls: Option<NullTreatment>,
    /// FROM FIRST or FROM LAST of NTH_VALUE.
    pub(crate) from_end: Option<FromEnd>,
    /// OVER
    pub(crate) over: Option<Over>,
}

/// What an analytic function does with NULLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NullTreatment {
    /// IGNORE NULLS
    Ignore,
    /// RESPECT NULLS
    Respect,
}

/// From which end NTH_VALUE counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FromEnd {
    /// FROM FIRST
    First,
    /// FROM LAST
    Last,
}
