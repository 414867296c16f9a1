//! An expression of the engine with its type in Trino.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use crate::sql::trino::types::TrinoType;

/// An expression and its type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) expr: Expr,
    pub(crate) data_type: TrinoType,
    /// Whether some value makes it fail, so that it must not be evaluated where it is not wanted.
    pub(crate) can_fail: bool,
}

impl Typed {
    /// An expression that cannot fail.
    pub(crate) fn new(expr: Expr, data_type: TrinoType) -> Self {
        Self { expr, data_type, can_fail: false }
    }

    /// An expression that may fail.
    pub(crate) fn failing(expr: Expr, data_type: TrinoType, can_fail: bool) -> Self {
        Self { expr, data_type, can_fail }
    }

    /// NULL of the type `unknown`.
    pub(crate) fn null() -> Self {
        Self::new(Expr::Literal(ScalarValue::Null, None), TrinoType::Unknown)
    }

    /// A truth value.
    pub(crate) fn boolean(value: bool) -> Self {
        Self::new(Expr::Literal(ScalarValue::Boolean(Some(value)), None), TrinoType::Boolean)
    }

    /// A bigint.
    pub(crate) fn bigint(value: i64) -> Self {
        Self::new(Expr::Literal(ScalarValue::Int64(Some(value)), None), TrinoType::Bigint)
    }

    /// A text of unbounded type.
    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::new(Expr::Literal(ScalarValue::Utf8(Some(value.into())), None), TrinoType::VARCHAR)
    }

    /// The value, if it is a literal.
    pub(crate) fn literal(&self) -> Option<&ScalarValue> {
        match &self.expr {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        }
    }
}
