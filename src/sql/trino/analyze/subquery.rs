//! Subqueries in expressions: scalar, EXISTS, IN, and comparisons with ALL and ANY.
//!
//! Conjuncts of WHERE use the engine's semi-joins; elsewhere EXISTS, IN and the quantified comparisons are put together
//! from scalar aggregates over the subquery, which the engine decorrelates.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::functions_aggregate as aggregates;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Subquery};

use super::emit::{is_native, not};
use super::scope::{Env, Field, Relation, Scope};
use super::special::branch;
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{Comparison, Quantifier, Query};
use crate::sql::trino::types::TrinoType;

/// What an aggregate over a subquery is to find.
enum Found<'t> {
    Count,
    CountOfNulls,
    Least,
    Greatest,
    CountWhere(&'t Typed),
}

impl Planner<'_> {
    /// A subquery of one column, which is a row when it has more.
    fn column_query(&mut self, query: &Query, at: Place, env: &Env<'_>) -> Result<(Relation, Field), SqlError> {
        let planned = self.query(query, Some(env))?;
        let fields: Vec<Field> = planned.scope.fields.clone();
        let name = self.fresh();
        let (item, data_type) = match fields.as_slice() {
            [only] => (only.expr(), only.data_type.clone()),
            _ => {
                let values: Vec<Typed> =
                    fields.iter().map(|field| Typed::new(field.expr(), field.data_type.clone())).collect();
                let result = TrinoType::row(fields.iter().map(|field| field.data_type.clone()));
                let kernel = crate::sql::trino::operator::row_of;
                let nulls = crate::sql::trino::registry::NullRule::Called;
                let row = self.kernel("row", kernel, nulls, values, result, false);
                (row.expr, row.data_type)
            }
        };
        let plan = LogicalPlanBuilder::from(planned.plan).project(vec![item.alias(name.clone())]);
        let plan = engine(at, plan.and_then(LogicalPlanBuilder::build))?;
        let column = datafusion::common::Column::new_unqualified(name);
        let field = Field { relation: Vec::new(), name: None, column, data_type, is_hidden: false };
        Ok((Relation { plan, scope: Scope { fields: vec![field.clone()] } }, field))
    }

    /// `(SELECT …)`
    pub(super) fn scalar_subquery(&mut self, query: &Query, at: Place, env: &Env<'_>) -> Result<Typed, SqlError> {
        let (planned, field) = self.column_query(query, at, env)?;
        let plan = if outer_references(&planned.plan).is_empty() {
            planned.plan
        } else {
            // A correlated subquery becomes a join, which must find one row at most.
            let single = self.single_value(&field);
            self.aggregated(planned.plan, single, at)?.0
        };
        Ok(Typed::failing(Expr::ScalarSubquery(subquery(plan)), field.data_type, true))
    }

    fn single_value(&self, field: &Field) -> Expr {
        let entry = crate::sql::trino::function::single_value();
        let types = (vec![field.data_type.clone()], field.data_type.clone());
        let function = crate::sql::trino::execute::bound_aggregate(
            "single_value".into(),
            entry,
            types,
            Vec::new(),
            &self.session,
            false,
            Vec::new(),
        );
        function.call(vec![field.expr()])
    }

    /// A plan aggregated to one row of one column.
    fn aggregated(&mut self, plan: LogicalPlan, aggregate: Expr, at: Place) -> Result<(LogicalPlan, String), SqlError> {
        let name = self.fresh();
        let plan = LogicalPlanBuilder::from(plan)
            .aggregate(Vec::<Expr>::new(), vec![aggregate.alias(name.clone())])
            .and_then(LogicalPlanBuilder::build);
        Ok((engine(at, plan)?, name))
    }

    /// EXISTS in a conjunct of WHERE.
    pub(super) fn exists_filter(&mut self, query: &Query, is_negated: bool, env: &Env<'_>) -> Result<Typed, SqlError> {
        let planned = self.query(query, Some(env))?;
        let exists = Exists { subquery: subquery(planned.plan), negated: is_negated };
        Ok(Typed::new(Expr::Exists(exists), TrinoType::Boolean))
    }

    /// EXISTS anywhere.
    pub(super) fn exists(&mut self, query: &Query, at: Place, env: &Env<'_>) -> Result<Typed, SqlError> {
        let planned = self.query(query, Some(env))?;
        let count = self.found(&planned.plan, &Found::Count, None, at)?;
        self.compare(Comparison::Greater, count, Typed::bigint(0), at)
    }

    /// An aggregate over a subquery, as a scalar.
    fn found(
        &mut self,
        plan: &LogicalPlan,
        found: &Found<'_>,
        field: Option<&Field>,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let column = field.map_or_else(|| Typed::bigint(1).expr, Field::expr);
        let mut plan = plan.clone();
        let (aggregate, data_type) = match found {
            Found::Count => (aggregates::count::count_udaf().call(vec![Typed::bigint(1).expr]), TrinoType::Bigint),
            Found::CountOfNulls => {
                plan = engine(
                    at,
                    LogicalPlanBuilder::from(plan).filter(column.is_null()).and_then(LogicalPlanBuilder::build),
                )?;
                (aggregates::count::count_udaf().call(vec![Typed::bigint(1).expr]), TrinoType::Bigint)
            }
            Found::CountWhere(condition) => {
                let filtered = LogicalPlanBuilder::from(plan).filter(condition.expr.clone());
                plan = engine(at, filtered.and_then(LogicalPlanBuilder::build))?;
                (aggregates::count::count_udaf().call(vec![Typed::bigint(1).expr]), TrinoType::Bigint)
            }
            Found::Least | Found::Greatest => {
                let function = match found {
                    Found::Least => aggregates::min_max::min_udaf(),
                    _ => aggregates::min_max::max_udaf(),
                };
                (function.call(vec![column]), field.map_or(TrinoType::Unknown, |field| field.data_type.clone()))
            }
        };
        let (plan, _) = self.aggregated(plan, aggregate, at)?;
        let scalar = Typed::new(Expr::ScalarSubquery(subquery(plan)), data_type);
        // A count of no rows is 0, also where a join found no partner.
        if matches!(scalar.data_type, TrinoType::Bigint) && !matches!(found, Found::Least | Found::Greatest) {
            let is_null = super::operators::is_null(scalar.clone(), false);
            return branch(vec![is_null], vec![Typed::bigint(0), scalar], at);
        }
        Ok(scalar)
    }

    /// IN in a conjunct of WHERE; `None` when the engine's semi-join does not compare as Trino does.
    pub(super) fn in_filter(
        &mut self,
        value: &ast::Expr,
        query: &Query,
        is_negated: bool,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Option<Typed>, SqlError> {
        let value = self.expression(value, env)?;
        let (planned, field) = self.column_query(query, at, env)?;
        let common = self.in_type(&value, &field, at)?;
        if !is_native(&common) {
            return Ok(None);
        }
        let value = self.coerce(value, &common);
        let plan = self.coerced_column(planned.plan, &field, &common, at)?.0;
        let within = InSubquery { expr: Box::new(value.expr), subquery: subquery(plan), negated: is_negated };
        Ok(Some(Typed::failing(Expr::InSubquery(within), TrinoType::Boolean, value.can_fail)))
    }

    fn in_type(&self, value: &Typed, field: &Field, at: Place) -> Result<TrinoType, SqlError> {
        value.data_type.common(&field.data_type).ok_or_else(|| {
            let message = format!(
                "value and result of subquery must be of the same type: {} vs {}",
                value.data_type, field.data_type
            );
            SqlError::mismatch(at, message)
        })
    }

    fn coerced_column(
        &mut self,
        plan: LogicalPlan,
        field: &Field,
        target: &TrinoType,
        at: Place,
    ) -> Result<(LogicalPlan, Field), SqlError> {
        if field.data_type == *target {
            return Ok((plan, field.clone()));
        }
        let item = self.coerce(Typed::new(field.expr(), field.data_type.clone()), target);
        let name = self.fresh();
        let plan = LogicalPlanBuilder::from(plan).project(vec![item.expr.alias(name.clone())]);
        let plan = engine(at, plan.and_then(LogicalPlanBuilder::build))?;
        let column = datafusion::common::Column::new_unqualified(name);
        Ok((plan, Field { column, data_type: target.clone(), ..field.clone() }))
    }

    /// IN anywhere.
    pub(super) fn in_query(
        &mut self,
        value: &ast::Expr,
        query: &Query,
        is_negated: bool,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let found = self.quantified(Comparison::Equal, Quantifier::Any, value, query, at, env)?;
        Ok(if is_negated { not(found) } else { found })
    }

    /// `value operator ALL|ANY (query)`
    pub(super) fn quantified(
        &mut self,
        operator: Comparison,
        quantifier: Quantifier,
        value: &ast::Expr,
        query: &Query,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        let value = self.expression(value, env)?;
        let (planned, field) = self.column_query(query, at, env)?;
        let common = self.in_type(&value, &field, at)?;
        let value = self.coerce(value, &common);
        let (plan, field) = self.coerced_column(planned.plan, &field, &common, at)?;
        let rows = self.found(&plan, &Found::Count, Some(&field), at)?;
        let none = self.compare(Comparison::Equal, rows, Typed::bigint(0), at)?;
        let nulls = self.found(&plan, &Found::CountOfNulls, Some(&field), at)?;
        let some_null = self.compare(Comparison::Greater, nulls, Typed::bigint(0), at)?;
        let value_null = super::operators::is_null(value.clone(), false);
        let is_all = quantifier == Quantifier::All;
        // ALL fails, and ANY holds, at the first row that decides.
        let decided = if matches!(operator, Comparison::Equal | Comparison::NotEqual) {
            let wanted = if is_all { opposite(operator) } else { operator };
            self.deciding_rows(&plan, &field, (wanted, &value), env.scope(), at)?
        } else {
            let takes_least = matches!(operator, Comparison::Greater | Comparison::GreaterOrEqual) != is_all;
            let bound = if takes_least { Found::Least } else { Found::Greatest };
            let bound = self.found(&plan, &bound, Some(&field), at)?;
            let holds = self.compare(operator, value, bound, at)?;
            if is_all { not(holds) } else { holds }
        };
        let unknown = self.coerce(Typed::null(), &TrinoType::Boolean);
        branch(
            vec![none, value_null, decided, some_null],
            vec![Typed::boolean(is_all), unknown.clone(), Typed::boolean(!is_all), unknown, Typed::boolean(is_all)],
            at,
        )
    }

    /// Whether there is a row that compares so to a value of around.
    fn deciding_rows(
        &mut self,
        plan: &LogicalPlan,
        field: &Field,
        (operator, value): (Comparison, &Typed),
        scope: Option<&Scope>,
        at: Place,
    ) -> Result<Typed, SqlError> {
        let inside = Typed { expr: as_outer(value.expr.clone(), scope, at)?, ..value.clone() };
        let column = Typed::new(field.expr(), field.data_type.clone());
        let condition = self.compare(operator, column, inside, at)?;
        let count = self.found(plan, &Found::CountWhere(&condition), Some(field), at)?;
        self.compare(Comparison::Greater, count, Typed::bigint(0), at)
    }
}

fn opposite(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Equal => Comparison::NotEqual,
        _ => Comparison::Equal,
    }
}

/// An expression over columns as one over columns of the query around.
fn as_outer(expr: Expr, scope: Option<&Scope>, at: Place) -> Result<Expr, SqlError> {
    let fields = scope.map_or(&[] as &[Field], |scope| scope.fields.as_slice());
    let replaced = expr.transform_down(|node| {
        Ok(match node {
            Expr::Column(column) => {
                let known = fields.iter().find(|field| field.column == column);
                let arrow = known.map_or(TrinoType::Unknown, |field| field.data_type.clone()).arrow();
                let field = Arc::new(arrow_schema::Field::new(column.name(), arrow, true));
                Transformed::yes(Expr::OuterReferenceColumn(field, column))
            }
            other => Transformed::no(other),
        })
    });
    engine(at, replaced).map(|replaced| replaced.data)
}

/// The columns of queries around that a plan uses.
pub(super) fn outer_references(plan: &LogicalPlan) -> Vec<Expr> {
    plan.all_out_ref_exprs()
}

/// A plan as a subquery.
pub(super) fn subquery(plan: LogicalPlan) -> Subquery {
    let outer_ref_columns = outer_references(&plan);
    Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: datafusion::common::Spans::new() }
}
