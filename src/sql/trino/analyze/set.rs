//! UNION, INTERSECT, EXCEPT and VALUES.

use datafusion::common::Column;
use datafusion::common::tree_node::TreeNode;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, WindowFunctionDefinition};

use super::scope::{Allowed, Env, Field, Relation, Scope};
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{ExprKind, SetOperator};
use crate::sql::trino::types::TrinoType;

impl Planner<'_> {
    pub(super) fn set_operation(
        &mut self,
        operator: SetOperator,
        is_all: bool,
        left: Relation,
        right: Relation,
        at: Place,
    ) -> Result<Relation, SqlError> {
        let keyword = operator.keyword();
        let (width, other) = (left.scope.fields.len(), right.scope.fields.len());
        if width != other {
            let message = format!("{keyword} query has different number of fields: {width}, {other}");
            return Err(SqlError::mismatch(at, message));
        }
        let mut types = Vec::with_capacity(width);
        for (place, (left, right)) in left.scope.fields.iter().zip(&right.scope.fields).enumerate() {
            types.push(left.data_type.common(&right.data_type).ok_or_else(|| {
                let message = format!(
                    "column {} in {keyword} query has incompatible types: {}, {}",
                    place + 1,
                    left.data_type,
                    right.data_type
                );
                SqlError::mismatch(at, message)
            })?);
        }
        let names: Vec<Option<String>> = left.scope.fields.iter().map(|field| field.name.clone()).collect();
        let left_names: Vec<String> = (0..width).map(|_| self.fresh()).collect();
        let right_names: Vec<String> = match operator {
            SetOperator::Union => left_names.clone(),
            _ => (0..width).map(|_| self.fresh()).collect(),
        };
        let mut left = self.renamed(left, &types, &left_names, at)?;
        let mut right = self.renamed(right, &types, &right_names, at)?;
        if is_all && operator != SetOperator::Union {
            left = self.numbered(left, &left_names, at)?;
            right = self.numbered(right, &right_names, at)?;
        }
        let plan = match operator {
            SetOperator::Union if is_all => LogicalPlanBuilder::from(left).union(right),
            SetOperator::Union => LogicalPlanBuilder::from(left).union_distinct(right),
            SetOperator::Intersect => LogicalPlanBuilder::intersect(left, right, false).map(LogicalPlanBuilder::from),
            SetOperator::Except => LogicalPlanBuilder::except(left, right, false).map(LogicalPlanBuilder::from),
        };
        let plan = engine(at, plan.and_then(LogicalPlanBuilder::build))?;
        let fields = left_names.into_iter().zip(names).zip(types);
        let field = |((column, name), data_type): ((String, Option<String>), TrinoType)| Field {
            relation: Vec::new(),
            name,
            column: Column::new_unqualified(column),
            data_type,
            is_hidden: false,
        };
        Ok(Relation { plan, scope: Scope { fields: fields.map(field).collect() } })
    }

    /// A relation's columns in other types and under other names.
    pub(super) fn renamed(
        &mut self,
        relation: Relation,
        types: &[TrinoType],
        names: &[String],
        at: Place,
    ) -> Result<LogicalPlan, SqlError> {
        let fields = relation.scope.fields.iter().zip(types).zip(names);
        let items: Vec<Expr> = fields
            .map(|((field, target), name)| {
                let value = Typed::new(field.expr(), field.data_type.clone());
                self.coerce(value, target).expr.alias(name.clone())
            })
            .collect();
        engine(at, LogicalPlanBuilder::from(relation.plan).project(items).and_then(LogicalPlanBuilder::build))
    }

    /// Equal rows numbered, so that the operations without ALL count them.
    fn numbered(&mut self, plan: LogicalPlan, names: &[String], at: Place) -> Result<LogicalPlan, SqlError> {
        let mut number = WindowFunction::new(WindowFunctionDefinition::WindowUDF(row_number_udwf()), Vec::new());
        let column = |name: &String| Expr::Column(Column::new_unqualified(name.clone()));
        number.params.partition_by = names.iter().map(column).collect();
        let number = Expr::WindowFunction(Box::new(number)).alias(self.fresh());
        engine(at, LogicalPlanBuilder::from(plan).window(vec![number]).and_then(LogicalPlanBuilder::build))
    }

    /// VALUES
    pub(super) fn values(
        &mut self,
        rows: &[ast::Expr],
        at: Place,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let scope = Scope::default();
        let env = Env::query(&scope, outer, Allowed::scalars("VALUES"));
        let mut table: Vec<Vec<Typed>> = Vec::with_capacity(rows.len());
        for row in rows {
            let values = match &row.kind {
                ExprKind::Row(values) => values.as_slice(),
                _ => std::slice::from_ref(row),
            };
            table.push(values.iter().map(|value| self.expression(value, &env)).collect::<Result<_, _>>()?);
        }
        let mut types: Vec<TrinoType> =
            table.first().map(|row| row.iter().map(|value| value.data_type.clone()).collect()).unwrap_or_default();
        for (row, expr) in table.iter().zip(rows) {
            if row.len() != types.len() {
                let message = format!("Values rows have mismatched sizes: {} vs {}", types.len(), row.len());
                return Err(SqlError::mismatch(expr.at, message));
            }
            for (common, value) in types.iter_mut().zip(row) {
                *common = common.common(&value.data_type).ok_or_else(|| {
                    let message = format!("Values rows have mismatched types: {common} vs {}", value.data_type);
                    SqlError::mismatch(expr.at, message)
                })?;
            }
        }
        let names: Vec<String> = types.iter().map(|_| self.fresh()).collect();
        let table: Vec<Vec<Expr>> = table
            .into_iter()
            .map(|row| row.into_iter().zip(&types).map(|(value, target)| self.coerce(value, target).expr).collect())
            .collect();
        let plan = engine(at, rows_plan(table, &names))?;
        let field = |(name, data_type): (String, TrinoType)| Field {
            relation: Vec::new(),
            name: None,
            column: Column::new_unqualified(name),
            data_type,
            is_hidden: false,
        };
        Ok(Relation { plan, scope: Scope { fields: names.into_iter().zip(types).map(field).collect() } })
    }
}

/// Rows of expressions as a plan: the engine's VALUES where they are constant, else one projection a row.
fn rows_plan(table: Vec<Vec<Expr>>, names: &[String]) -> datafusion::error::Result<LogicalPlan> {
    let is_open = |expr: &Expr| {
        let is_open = |node: &Expr| {
            Ok(matches!(
                node,
                Expr::Column(_)
                    | Expr::OuterReferenceColumn(..)
                    | Expr::ScalarSubquery(_)
                    | Expr::Exists(_)
                    | Expr::InSubquery(_)
            ))
        };
        expr.exists(is_open).unwrap_or(true)
    };
    if !table.iter().flatten().any(is_open) {
        let builder = LogicalPlanBuilder::values(table)?;
        let columns = builder.schema().columns();
        let items = columns.into_iter().zip(names).map(|(column, name)| Expr::Column(column).alias(name.clone()));
        return builder.project(items.collect::<Vec<_>>())?.build();
    }
    let mut plans = table.into_iter().map(|row| {
        let items = row.into_iter().zip(names).map(|(value, name)| value.alias(name.clone()));
        LogicalPlanBuilder::empty(true).project(items.collect::<Vec<_>>())?.build()
    });
    let first = plans.next().unwrap_or_else(|| LogicalPlanBuilder::empty(false).build())?;
    plans.try_fold(first, |all, next| LogicalPlanBuilder::from(all).union(next?)?.build())
}
