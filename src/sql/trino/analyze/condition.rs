//! WHERE and HAVING: conjuncts apart, so that the engine can push each to where its columns come from.
//!
//! A conjunct that can fail is kept behind those before it: `x <> 0 AND 10 / x > 1` must not divide by the zeros.

use datafusion::common::Column;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr as Engine, LogicalPlan, LogicalPlanBuilder};

use super::operators::connect;
use super::scope::Env;
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast::{Expr, ExprKind};
use crate::sql::trino::types::TrinoType;

impl Planner<'_> {
    /// The conjuncts of a condition of WHERE, typed.
    pub(super) fn conjuncts(&mut self, condition: &Expr, env: &Env<'_>) -> Result<Vec<Typed>, SqlError> {
        match &condition.kind {
            ExprKind::And(terms) => {
                let mut all = Vec::with_capacity(terms.len());
                for term in terms {
                    all.extend(self.conjuncts(term, env)?);
                }
                Ok(all)
            }
            ExprKind::Exists(query) => Ok(vec![self.exists_filter(query, false, env)?]),
            ExprKind::Not(inner) => match &inner.kind {
                ExprKind::Exists(query) => Ok(vec![self.exists_filter(query, true, env)?]),
                _ => self.conjunct(condition, env),
            },
            ExprKind::InQuery { value, query, is_negated } => {
                match self.in_filter(value, query, *is_negated, condition.at, env)? {
                    Some(within) => Ok(vec![within]),
                    None => self.conjunct(condition, env),
                }
            }
            _ => self.conjunct(condition, env),
        }
    }

    fn conjunct(&mut self, condition: &Expr, env: &Env<'_>) -> Result<Vec<Typed>, SqlError> {
        let value = self.expression(condition, env)?;
        if !value.data_type.becomes(&TrinoType::Boolean) {
            let message =
                format!("{} clause must evaluate to a boolean: actual type {}", env.allowed.clause, value.data_type);
            return Err(SqlError::mismatch(condition.at, message));
        }
        Ok(vec![self.coerce(value, &TrinoType::Boolean)])
    }

    /// Rows for which all conjuncts hold.
    ///
    /// Two kinds of conjuncts need care with the engine's optimiser. It pushes `rand() < 0.1` below an UNNEST or a
    /// join, where it would be drawn once for many rows: such a value becomes a column first. And it loses columns
    /// of correlated conjuncts when those stand in filters of their own, one on the other: they share one filter.
    pub(super) fn filtered(
        &mut self,
        plan: LogicalPlan,
        conjuncts: Vec<Typed>,
        at: Place,
    ) -> Result<LogicalPlan, SqlError> {
        let columns = plan.schema().columns();
        let mut builder = LogicalPlanBuilder::from(plan);
        let mut before: Vec<Typed> = Vec::new();
        let mut correlated: Vec<Engine> = Vec::new();
        let mut is_wider = false;
        for mut conjunct in conjuncts {
            let mut held = conjunct.expr.clone();
            if conjunct.can_fail && !before.is_empty() && !has_subquery(&conjunct) {
                let guards = before.iter().filter(|guard| !has_subquery(guard)).cloned();
                held = connect(guards.chain([conjunct.clone()]).collect(), false, at)?.expr;
            }
            if held.is_volatile() {
                let name = self.fresh();
                let kept = builder.schema().columns().into_iter().map(Engine::Column);
                builder = engine(at, builder.project(kept.chain([held.alias(name.clone())]).collect::<Vec<_>>()))?;
                held = Engine::Column(Column::new_unqualified(name));
                conjunct = Typed::new(held.clone(), TrinoType::Boolean);
                is_wider = true;
            }
            if held.contains_outer() {
                correlated.push(held);
            } else {
                builder = engine(at, builder.filter(held))?;
            }
            before.push(conjunct);
        }
        if let Some(all) = conjunction(correlated) {
            builder = engine(at, builder.filter(all))?;
        }
        if is_wider {
            builder = engine(at, builder.project(columns.into_iter().map(Engine::Column)))?;
        }
        engine(at, builder.build())
    }
}

/// Whether an expression holds a subquery, which only the engine's own forms may.
fn has_subquery(typed: &Typed) -> bool {
    let is_subquery =
        |expr: &Engine| Ok(matches!(expr, Engine::Exists(_) | Engine::InSubquery(_) | Engine::ScalarSubquery(_)));
    typed.expr.exists(is_subquery).unwrap_or(true)
}
