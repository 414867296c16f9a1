//! The syntax tree: what Trino's grammar accepts, and nothing else. Expressions are here, queries beside them.

pub(crate) use super::query_ast::{
    Cte, GroupBy, GroupingElement, JoinCriteria, JoinKind, Limit, Query, QueryBody, Relation, Select, SelectItem,
    SetOperator,
};
use crate::sql::trino::error::Place;
use crate::sql::trino::types::TrinoType;

/// A name: compared without case, printed as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// In lower case.
    pub(crate) text: String,
    /// As it stands in the text, without quotes.
    pub(crate) written: String,
    pub(crate) at: Place,
}

/// An expression and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) at: Place,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExprKind {
    Null,
    Boolean(bool),
    /// Digits as written, with point or exponent.
    Number(String),
    Text(String),
    Binary(Vec<u8>),
    /// `DATE '…'`, `DECIMAL '…'`, `bigint '…'`.
    Typed {
        type_name: String,
        value: String,
    },
    Interval {
        is_negative: bool,
        value: String,
        from: IntervalField,
        to: Option<IntervalField>,
    },
    /// `?`, by its place among them, from 0.
    Parameter(usize),
    Identifier(Name),
    /// `base.field`
    Dereference {
        base: Box<Expr>,
        field: Name,
    },
    Subscript {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    Row(Vec<Expr>),
    Array(Vec<Expr>),
    Negative(Box<Expr>),
    Positive(Box<Expr>),
    Not(Box<Expr>),
    Arithmetic {
        operator: Arithmetic,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Concat {
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Comparison {
        operator: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    IsNull {
        value: Box<Expr>,
        is_negated: bool,
    },
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
        is_negated: bool,
    },
    Between {
        value: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        is_negated: bool,
    },
    InList {
        value: Box<Expr>,
        list: Vec<Expr>,
        is_negated: bool,
    },
    InQuery {
        value: Box<Expr>,
        query: Box<Query>,
        is_negated: bool,
    },
    Like {
        value: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
        is_negated: bool,
    },
    Quantified {
        operator: Comparison,
        quantifier: Quantifier,
        value: Box<Expr>,
        query: Box<Query>,
    },
    Exists(Box<Query>),
    Subquery(Box<Query>),
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Cast {
        value: Box<Expr>,
        target: TrinoType,
        is_safe: bool,
    },
    AtTimeZone {
        value: Box<Expr>,
        zone: Box<Expr>,
    },
    Extract {
        field: Name,
        value: Box<Expr>,
    },
    Function(Box<FunctionCall>),
    Lambda {
        parameters: Vec<Name>,
        body: Box<Expr>,
    },
    Current {
        what: Current,
        precision: Option<u32>,
    },
    Trim {
        side: TrimSide,
        characters: Option<Box<Expr>>,
        value: Box<Expr>,
    },
    Normalize {
        value: Box<Expr>,
        form: String,
    },
    Grouping(Vec<Expr>),
    JsonExists {
        path: JsonPath,
        on_error: &'static str,
    },
    JsonValue {
        path: JsonPath,
        returning: Option<TrinoType>,
        on_empty: JsonDefault,
        on_error: JsonDefault,
    },
    JsonQuery {
        path: JsonPath,
        wrapper: &'static str,
        quotes: &'static str,
        on_empty: &'static str,
        on_error: &'static str,
        returning: Option<TrinoType>,
    },
    JsonObject {
        members: Vec<(Expr, JsonInput)>,
        null_on_null: bool,
        unique_keys: bool,
        returning: Option<TrinoType>,
    },
    JsonArray {
        elements: Vec<JsonInput>,
        null_on_null: bool,
        returning: Option<TrinoType>,
    },
}

/// `+ - * / %`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

impl Arithmetic {
    /// As it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulus => "%",
        }
    }
}

/// `= <> < <= > >=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// `ALL`, or `ANY` and `SOME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    All,
    Any,
}

/// A unit of an interval literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IntervalField {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

/// Where TRIM trims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrimSide {
    Both,
    Leading,
    Trailing,
}

/// What is the same in a whole query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Current {
    Date,
    Time,
    Timestamp,
    LocalTime,
    LocalTimestamp,
    User,
    Catalog,
    Schema,
    Path,
}

/// `input, 'path' PASSING …` of the SQL/JSON functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonPath {
    pub(crate) input: Box<JsonInput>,
    pub(crate) path: String,
    pub(crate) passing: Vec<(Name, JsonInput)>,
}

/// A value, and whether its text is JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonInput {
    pub(crate) value: Expr,
    pub(crate) is_json: bool,
}

/// What JSON_VALUE gives instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonDefault {
    Null,
    Error,
    Default(Box<Expr>),
}

/// A call with everything that may stand behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionCall {
    pub(crate) name: Vec<Name>,
    pub(crate) arguments: Vec<Expr>,
    /// `count(*)`
    pub(crate) is_star: bool,
    pub(crate) is_distinct: bool,
    /// In the parentheses, or WITHIN GROUP.
    pub(crate) order_by: Vec<SortItem>,
    pub(crate) filter: Option<Expr>,
    pub(crate) nulls: Option<NullTreatment>,
    pub(crate) over: Option<Over>,
}

/// `IGNORE NULLS`, `RESPECT NULLS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullTreatment {
    Ignore,
    Respect,
}

/// What stands behind OVER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Over {
    Named(Name),
    Window(Window),
}

/// `(base PARTITION BY … ORDER BY … frame)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) base: Option<Name>,
    pub(crate) partition_by: Vec<Expr>,
    pub(crate) order_by: Vec<SortItem>,
    pub(crate) frame: Option<Frame>,
    pub(crate) at: Place,
}

/// A window frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) unit: FrameUnit,
    pub(crate) start: Bound,
    pub(crate) end: Bound,
    pub(crate) at: Place,
}

/// What frame offsets count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameUnit {
    Rows,
    Range,
    Groups,
}

/// An end of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    UnboundedPreceding,
    Preceding(Box<Expr>),
    CurrentRow,
    Following(Box<Expr>),
    UnboundedFollowing,
}

/// An item of ORDER BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortItem {
    pub(crate) value: Expr,
    pub(crate) is_descending: bool,
    pub(crate) nulls_first: bool,
}
