//! Expressions taken out of their place: what they use of the rows around them becomes numbered columns.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr;

use super::engine;
use super::typed::Typed;
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::execute::{Body, Lazy, LazyKind};
use crate::sql::trino::types::TrinoType;

/// Replace what an expression takes from around it by the columns `$0`, `$1`, …: first `parameters`, then what is
/// found, which is added to `captured` (each once).
pub(super) fn capture(expr: Expr, parameters: &[Expr], captured: &mut Vec<Expr>, at: Place) -> Result<Expr, SqlError> {
    let replaced = expr.transform_down(|node| {
        let is_taken = matches!(
            node,
            Expr::Column(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::ScalarSubquery(_)
                | Expr::InSubquery(_)
                | Expr::Exists(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
        );
        if !is_taken {
            return Ok(Transformed::no(node));
        }
        let place = match parameters.iter().position(|parameter| *parameter == node) {
            Some(place) => place,
            None => {
                let known = captured.iter().position(|known| *known == node);
                let place = known.unwrap_or_else(|| {
                    captured.push(node);
                    captured.len() - 1
                });
                parameters.len() + place
            }
        };
        Ok(Transformed::new(Body::column(place), true, TreeNodeRecursion::Jump))
    });
    engine(at, replaced).map(|replaced| replaced.data)
}

/// A lazy form over expressions.
pub(super) fn lazy(kind: LazyKind, parts: Vec<Typed>, result: TrinoType, at: Place) -> Result<Typed, SqlError> {
    let can_fail = kind != LazyKind::Try;
    let mut captured = Vec::new();
    let mut bodies = Vec::with_capacity(parts.len());
    for part in parts {
        let expr = capture(part.expr, &[], &mut captured, at)?;
        bodies.push(Body::new(expr, part.data_type));
    }
    Ok(Typed::failing(Lazy::call(kind, bodies, captured, result.clone()), result, can_fail))
}
