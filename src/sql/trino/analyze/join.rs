//! Joins, with UNNEST and LATERAL on their right side.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, JoinType};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};

use super::relation::aliased;
use super::scope::{Allowed, Env, Field, Relation, Scope};
use super::subquery::{outer_references, subquery};
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::execute::LazyKind;
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{Comparison, ExprKind, JoinCriteria, JoinKind, Name};

impl Planner<'_> {
    pub(super) fn join(
        &mut self,
        left: Relation,
        right: &ast::Relation,
        kind: JoinKind,
        criteria: &JoinCriteria,
        at: Place,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let (inner, alias) = match right {
            ast::Relation::Aliased { relation, alias, columns } => (relation.as_ref(), Some((alias, columns))),
            other => (other, None),
        };
        match inner {
            ast::Relation::Unnest { arrays, with_ordinality, at: unnest_at } => {
                self.check_lateral(kind, criteria, "UNNEST", at)?;
                let width = left.scope.fields.len();
                let keeps = kind == JoinKind::Left;
                let joined = self.unnest(left, arrays, *with_ordinality, keeps, *unnest_at, outer)?;
                match alias {
                    None => Ok(joined),
                    Some((alias, columns)) => {
                        let mut scope = joined.scope;
                        let own = scope.fields.split_off(width);
                        let made = Relation { plan: joined.plan, scope: Scope { fields: own } };
                        let made = aliased(made, alias, columns)?;
                        scope.fields.extend(made.scope.fields);
                        Ok(Relation { plan: made.plan, scope })
                    }
                }
            }
            ast::Relation::Lateral { query, .. } => {
                self.check_lateral(kind, criteria, "LATERAL", at)?;
                let env = Env::query(&left.scope, outer, Allowed::scalars("LATERAL"));
                let mut planned = self.query(query, Some(&env))?;
                if let Some((alias, columns)) = alias {
                    planned = aliased(planned, alias, columns)?;
                }
                self.lateral(left, planned, kind, at)
            }
            _ => {
                let right = self.relation(right, outer)?;
                self.joined(left, right, kind, criteria, at, outer)
            }
        }
    }

    /// What depends on the left side's rows can be joined with all of its own rows only.
    fn check_lateral(&self, kind: JoinKind, criteria: &JoinCriteria, what: &str, at: Place) -> Result<(), SqlError> {
        let is_true = match criteria {
            JoinCriteria::None => true,
            JoinCriteria::On(condition) => condition.kind == ExprKind::Boolean(true),
            JoinCriteria::Using(_) | JoinCriteria::Natural => false,
        };
        if is_true && !matches!(kind, JoinKind::Right | JoinKind::Full) {
            return Ok(());
        }
        let message = if is_true {
            format!("RIGHT and FULL JOIN involving {what} are not supported")
        } else {
            format!("JOIN involving {what} is only supported with condition ON TRUE")
        };
        Err(SqlError::unsupported(at, message))
    }

    fn lateral(&mut self, left: Relation, right: Relation, kind: JoinKind, at: Place) -> Result<Relation, SqlError> {
        let plan = if outer_references(&right.plan).is_empty() {
            right.plan
        } else if let LogicalPlan::Projection(projection) = &right.plan
            && matches!(projection.input.as_ref(), LogicalPlan::EmptyRelation(_))
        {
            // One row of expressions: columns beside those of the left side.
            let mut items: Vec<Expr> = left.plan.schema().columns().into_iter().map(Expr::Column).collect();
            for item in &projection.expr {
                items.push(engine(at, inner(item.clone()))?);
            }
            let plan = LogicalPlanBuilder::from(left.plan).project(items).and_then(LogicalPlanBuilder::build);
            let mut scope = left.scope;
            scope.fields.extend(right.scope.fields);
            return Ok(Relation { plan: engine(at, plan)?, scope });
        } else {
            LogicalPlan::Subquery(subquery(right.plan))
        };
        let join_type = if kind == JoinKind::Left { JoinType::Left } else { JoinType::Inner };
        let joined = LogicalPlanBuilder::from(left.plan).join_on(plan, join_type, [lit(true)]);
        let plan = engine(at, joined.and_then(LogicalPlanBuilder::build))?;
        let mut scope = left.scope;
        scope.fields.extend(right.scope.fields);
        Ok(Relation { plan, scope })
    }

    fn joined(
        &mut self,
        left: Relation,
        right: Relation,
        kind: JoinKind,
        criteria: &JoinCriteria,
        at: Place,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let join_type = match kind {
            JoinKind::Cross | JoinKind::Implicit | JoinKind::Inner => JoinType::Inner,
            JoinKind::Left => JoinType::Left,
            JoinKind::Right => JoinType::Right,
            JoinKind::Full => JoinType::Full,
        };
        match criteria {
            JoinCriteria::None => {
                let mut scope = left.scope;
                scope.fields.extend(right.scope.fields);
                let plan = LogicalPlanBuilder::from(left.plan).cross_join(right.plan);
                Ok(Relation { plan: engine(at, plan.and_then(LogicalPlanBuilder::build))?, scope })
            }
            JoinCriteria::On(condition) => {
                let mut scope = left.scope;
                scope.fields.extend(right.scope.fields);
                let env = Env::query(&scope, outer, Allowed::scalars("JOIN"));
                if join_type == JoinType::Inner {
                    // As WHERE, so that subqueries may stand in the condition.
                    let conjuncts = self.conjuncts(condition, &env)?;
                    let plan = LogicalPlanBuilder::from(left.plan).cross_join(right.plan);
                    let plan = engine(at, plan.and_then(LogicalPlanBuilder::build))?;
                    let plan = self.filtered(plan, conjuncts, condition.at)?;
                    return Ok(Relation { plan, scope });
                }
                let condition = self.condition(condition, &env, "JOIN ON clause")?;
                let plan = LogicalPlanBuilder::from(left.plan).join_on(right.plan, join_type, conjuncts_of(condition));
                Ok(Relation { plan: engine(at, plan.and_then(LogicalPlanBuilder::build))?, scope })
            }
            JoinCriteria::Using(names) => self.using(left, right, (kind, join_type), names, at),
            JoinCriteria::Natural => {
                Err(SqlError::unsupported(at, "Natural join not supported").hint("name the columns: JOIN … USING (…)"))
            }
        }
    }

    /// USING: the named columns once, then the rest of both sides.
    fn using(
        &mut self,
        left: Relation,
        right: Relation,
        (kind, join_type): (JoinKind, JoinType),
        names: &[Name],
        at: Place,
    ) -> Result<Relation, SqlError> {
        let mut on = Vec::with_capacity(names.len());
        let mut merged = Vec::with_capacity(names.len());
        let mut used: Vec<Column> = Vec::new();
        for name in names {
            let left_column = side(&left.scope, name, "left")?;
            let right_column = side(&right.scope, name, "right")?;
            let typed = |field: &Field| Typed::new(field.expr(), field.data_type.clone());
            let equal = self.compare(Comparison::Equal, typed(&left_column), typed(&right_column), name.at)?;
            on.push(equal.expr);
            let (a, b, _) = self.common(typed(&left_column), typed(&right_column), "=", name.at)?;
            let value = match kind {
                JoinKind::Full => {
                    let result = a.data_type.clone();
                    super::capture::lazy(LazyKind::Coalesce, vec![a, b], result, name.at)?
                }
                JoinKind::Right => b,
                _ => a,
            };
            merged.push((name.written.clone(), value));
            used.extend([left_column.column, right_column.column]);
        }
        let plan = LogicalPlanBuilder::from(left.plan).join_on(right.plan, join_type, on);
        let plan = engine(at, plan.and_then(LogicalPlanBuilder::build))?;
        let mut items = Vec::new();
        let mut fields = Vec::new();
        for (name, value) in merged {
            let column = self.fresh();
            items.push(value.expr.alias(column.clone()));
            fields.push(Field {
                relation: Vec::new(),
                name: Some(name),
                column: Column::new_unqualified(column),
                data_type: value.data_type,
                is_hidden: false,
            });
        }
        for field in left.scope.fields.into_iter().chain(right.scope.fields) {
            if !used.contains(&field.column) {
                items.push(field.expr());
                fields.push(field);
            }
        }
        let plan = LogicalPlanBuilder::from(plan).project(items).and_then(LogicalPlanBuilder::build);
        Ok(Relation { plan: engine(at, plan)?, scope: Scope { fields } })
    }
}

fn side(scope: &Scope, name: &Name, which: &str) -> Result<Field, SqlError> {
    let is_named = |field: &&Field| field.name.as_ref().is_some_and(|own| own.to_lowercase() == name.text);
    let mut found = scope.fields.iter().filter(is_named);
    match (found.next(), found.next()) {
        (Some(field), None) => Ok(field.clone()),
        (Some(_), Some(_)) => {
            Err(SqlError::new("AMBIGUOUS_NAME", name.at, format!("Column '{}' is ambiguous", name.written)))
        }
        (None, _) => {
            let message = format!("Column '{}' is missing from {which} side of join", name.written);
            Err(SqlError::new("COLUMN_NOT_FOUND", name.at, message))
        }
    }
}

/// An expression over columns of the query around as one over columns at hand.
fn inner(expr: Expr) -> datafusion::error::Result<Expr> {
    let replaced = expr.transform_down(|node| {
        Ok(match node {
            Expr::OuterReferenceColumn(_, column) => Transformed::yes(Expr::Column(column)),
            other => Transformed::no(other),
        })
    })?;
    Ok(replaced.data)
}

/// The conjuncts of a condition of an outer join.
fn conjuncts_of(condition: Typed) -> Vec<Expr> {
    datafusion::logical_expr::utils::split_conjunction_owned(condition.expr)
}
