//! What conditions on one key say about its values, as far as comparisons with literals tell. Whatever is not understood
//! allows everything; the conditions are evaluated exactly on the values that are made.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator};

use crate::sql::trino::types::TrinoType;

/// Which values may satisfy the conditions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Allowed {
    /// These and no others, as text.
    pub(super) values: Option<Vec<String>>,
    /// None below.
    pub(super) least: Option<String>,
    /// None above.
    pub(super) most: Option<String>,
}

impl Allowed {
    /// By all of these conditions.
    pub(super) fn by(conditions: &[Expr], key: &str) -> Self {
        conditions.iter().fold(Self::default(), |allowed, condition| allowed.and(Self::of(condition, key)))
    }

    fn of(condition: &Expr, key: &str) -> Self {
        match condition {
            Expr::BinaryExpr(binary) if binary.op == Operator::And => {
                Self::of(&binary.left, key).and(Self::of(&binary.right, key))
            }
            Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
                Self::of(&binary.left, key).or(Self::of(&binary.right, key))
            }
            Expr::BinaryExpr(binary) => {
                if is_key(&binary.left, key) {
                    Self::compared(binary.op, literal(&binary.right))
                } else if is_key(&binary.right, key) {
                    binary.op.swap().map_or_else(Self::default, |op| Self::compared(op, literal(&binary.left)))
                } else {
                    Self::default()
                }
            }
            Expr::InList(list) if !list.negated && is_key(&list.expr, key) => {
                let values: Option<Vec<String>> = list.list.iter().map(literal).collect();
                Self { values, ..Self::default() }
            }
            Expr::Between(between) if !between.negated && is_key(&between.expr, key) => {
                Self { values: None, least: literal(&between.low), most: literal(&between.high) }
            }
            _ => Self::default(),
        }
    }

    fn compared(op: Operator, value: Option<String>) -> Self {
        let Some(value) = value else { return Self::default() };
        match op {
            Operator::Eq => Self { values: Some(vec![value]), ..Self::default() },
            Operator::Lt | Operator::LtEq => Self { most: Some(value), ..Self::default() },
            Operator::Gt | Operator::GtEq => Self { least: Some(value), ..Self::default() },
            _ => Self::default(),
        }
    }

    fn and(self, other: Self) -> Self {
        let values = match (self.values, other.values) {
            (Some(these), Some(those)) => Some(these.into_iter().filter(|value| those.contains(value)).collect()),
            (these, those) => these.or(those),
        };
        // Either bound is right; which is the tighter one depends on the type.
        Self { values, least: other.least.or(self.least), most: other.most.or(self.most) }
    }

    fn or(self, other: Self) -> Self {
        match (self.values, other.values) {
            (Some(mut these), Some(those)) => {
                these.extend(those);
                Self { values: Some(these), ..Self::default() }
            }
            _ => Self::default(),
        }
    }
}

/// The key itself, perhaps in a cast.
fn is_key(expr: &Expr, key: &str) -> bool {
    match expr {
        Expr::Column(column) => column.name == key,
        Expr::Cast(cast) => is_key(&cast.expr, key),
        Expr::TryCast(cast) => is_key(&cast.expr, key),
        Expr::Alias(alias) => is_key(&alias.expr, key),
        _ => false,
    }
}

/// The literal as partition values write it.
fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(value, _) => scalar_text(value),
        Expr::Cast(cast) => literal(&cast.expr),
        Expr::Alias(alias) => literal(&alias.expr),
        _ => None,
    }
}

fn scalar_text(value: &ScalarValue) -> Option<String> {
    match value {
        ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text) => text.clone(),
        ScalarValue::Int8(_) | ScalarValue::Int16(_) | ScalarValue::Int32(_) | ScalarValue::Int64(_)
            if !value.is_null() =>
        {
            Some(value.to_string())
        }
        ScalarValue::Date32(Some(_)) => match value.cast_to(&TrinoType::VARCHAR.arrow()).ok()? {
            ScalarValue::Utf8(text) => text,
            _ => None,
        },
        _ => None,
    }
}
