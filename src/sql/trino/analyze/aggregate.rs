//! Aggregate functions: the engine's between Trino's casts, or ours.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::SortOptions;
use arrow_schema::DataType;
use datafusion::logical_expr::expr::{AggregateFunction, Sort, WindowFunction};
use datafusion::logical_expr::{AggregateUDF, Cast, Expr, WindowFunctionDefinition};

use super::Planner;
use super::call::{Given, TypedLambda, argument, no_overload};
use super::capture::capture;
use super::scope::{Allowed, Env};
use super::typed::Typed;
use crate::sql::trino::call::Call;
use crate::sql::trino::cast::cast_kernel;
use crate::sql::trino::error::{Place, SqlError, TrinoError};
use crate::sql::trino::execute::{Body, bound_aggregate};
use crate::sql::trino::operator::{interval_of, interval_units};
use crate::sql::trino::parse::ast::{FunctionCall, SortItem};
use crate::sql::trino::registry::{AggregateBuild, AggregateEntry, Argument, NullRule, Overload, resolve};
use crate::sql::trino::types::TrinoType;

/// An aggregate function bound to its arguments, before it is put into a group or a window.
pub(super) struct BoundCall {
    pub(super) function: Arc<AggregateUDF>,
    pub(super) args: Vec<Expr>,
    pub(super) is_distinct: bool,
    pub(super) order_by: Vec<Sort>,
    pub(super) filter: Option<Box<Expr>>,
    /// What the engine's function gives, and what Trino's does.
    raw: Option<TrinoType>,
    pub(super) result: TrinoType,
}

impl BoundCall {
    /// The result of the engine's function as Trino's.
    pub(super) fn finished(&self, planner: &Planner<'_>, expr: Expr) -> Typed {
        match &self.raw {
            None => Typed::new(expr, self.result.clone()),
            Some(raw) => {
                let expr = Expr::Cast(Cast::new(Box::new(expr), raw.arrow()));
                let is_interval =
                    matches!(self.result, TrinoType::IntervalDayToSecond | TrinoType::IntervalYearToMonth);
                if is_interval && matches!(raw, TrinoType::Bigint) {
                    let units = vec![Typed::new(expr, raw.clone())];
                    return planner.kernel("sum", interval_of, NullRule::Called, units, self.result.clone(), true);
                }
                if matches!((raw, &self.result), (TrinoType::Decimal(38, 0), TrinoType::Bigint)) {
                    let wide = vec![Typed::new(expr, raw.clone())];
                    return planner.kernel("sum", narrow_sum, NullRule::Called, wide, TrinoType::Bigint, true);
                }
                let may_fail = raw != &self.result;
                let cast = planner.cast_to(Typed::new(expr, raw.clone()), &self.result, false);
                Typed::failing(cast.expr, self.result.clone(), may_fail && cast.can_fail)
            }
        }
    }
}

impl Planner<'_> {
    /// An aggregate function of a group.
    pub(super) fn aggregate(
        &mut self,
        name: &str,
        overloads: &'static [Overload<AggregateEntry>],
        call: &FunctionCall,
        at: Place,
        env: &Env<'_>,
    ) -> Result<Typed, SqlError> {
        if !env.allowed.aggregates {
            let message = format!(
                "{} cannot contain aggregations, window functions or grouping operations: {name}",
                env.allowed.clause
            );
            return Err(SqlError::new("EXPRESSION_NOT_SCALAR", at, message));
        }
        let mut inner = *env;
        inner.allowed = Allowed::scalars("an aggregate function");
        let bound = self.bind_aggregate(name, overloads, call, at, &inner)?;
        let function = AggregateFunction::new_udf(
            Arc::clone(&bound.function),
            bound.args.clone(),
            bound.is_distinct,
            bound.filter.clone(),
            bound.order_by.clone(),
            None,
        );
        Ok(bound.finished(self, Expr::AggregateFunction(function)))
    }

    /// An aggregate function over a window: the engine's window function of it.
    pub(super) fn bind_aggregate(
        &mut self,
        name: &str,
        overloads: &'static [Overload<AggregateEntry>],
        call: &FunctionCall,
        at: Place,
        env: &Env<'_>,
    ) -> Result<BoundCall, SqlError> {
        if call.is_star && name != "count" {
            return Err(SqlError::syntax(at, format!("Function {name} does not take *")));
        }
        let given = self.given(&call.arguments, env)?;
        let arguments: Vec<Argument> = given.iter().map(argument).collect();
        let mut lambdas: Vec<Option<TypedLambda>> = given.iter().map(|_| None).collect();
        let resolved = resolve(
            overloads,
            &arguments,
            |entry| entry.derive,
            |place, types| {
                let Some(Given::Lambda(names, body)) = given.get(place) else {
                    return Err(SqlError::mismatch(at, format!("Function {name} takes a lambda here")));
                };
                let typed = self.lambda(names, body, types, env)?;
                let data_type = typed.body.data_type.clone();
                lambdas[place] = Some(typed);
                Ok(data_type)
            },
        )?;
        let Some(resolved) = resolved else { return Err(no_overload(name, &arguments, overloads, at)) };
        let filter = match &call.filter {
            Some(filter) => Some(Box::new(self.condition(filter, env, "FILTER")?.expr)),
            None => None,
        };
        let mut values = Vec::new();
        let mut types = Vec::new();
        let mut bodies = Vec::new();
        for ((given, target), lambda) in given.into_iter().zip(resolved.arguments).zip(lambdas) {
            match (given, lambda) {
                (Given::Value(value, _), _) => {
                    values.push(self.cast_to(value, &target, false));
                    types.push(target);
                }
                (Given::Lambda(..), Some(lambda)) => {
                    let body = self.coerce(lambda.body, &target);
                    let mut captured = Vec::new();
                    let expr = capture(body.expr, &lambda.parameters, &mut captured, at)?;
                    if !captured.is_empty() {
                        return Err(SqlError::unsupported(at, format!("A lambda of {name} cannot use columns")));
                    }
                    bodies.push(Body::new(expr, target));
                }
                (Given::Lambda(..), None) => return Err(SqlError::mismatch(at, "A lambda without type")),
            }
        }
        let order_by = self.sorts(&call.order_by, env)?;
        match resolved.entry.build {
            AggregateBuild::Engine { function, inputs, output } => {
                let wanted = inputs(&types);
                let raw = output(&types);
                let mut args: Vec<Expr> = Vec::with_capacity(values.len());
                for (value, target) in values.into_iter().zip(&wanted) {
                    args.push(self.engine_input(value, target).expr);
                }
                if args.is_empty() {
                    args.push(Typed::bigint(1).expr);
                }
                // The order matters to no other of the engine's aggregates.
                let order_by = if name == "array_agg" { order_by } else { Vec::new() };
                let is_distinct = call.is_distinct && !matches!(name, "min" | "max" | "bool_and" | "bool_or" | "every");
                let order_by = order_by.into_iter().map(|(sort, _)| sort).collect();
                Ok(BoundCall {
                    function: function(),
                    args,
                    is_distinct,
                    order_by,
                    filter,
                    raw: Some(raw),
                    result: resolved.return_type,
                })
            }
            AggregateBuild::Own { .. } => {
                let mut args: Vec<Expr> = values.into_iter().map(|value| value.expr).collect();
                let mut order = Vec::with_capacity(order_by.len());
                for (sort, data_type) in order_by {
                    order.push((data_type, SortOptions { descending: !sort.asc, nulls_first: sort.nulls_first }));
                    args.push(sort.expr);
                }
                let (entry, result) = (resolved.entry, resolved.return_type);
                let typed = (types, result.clone());
                let function =
                    bound_aggregate(name.into(), entry, typed, bodies, &self.session, call.is_distinct, order);
                Ok(BoundCall { function, args, is_distinct: false, order_by: Vec::new(), filter, raw: None, result })
            }
        }
    }

    /// A value in the type that the engine's aggregate runs on; intervals are summed as numbers.
    fn engine_input(&self, value: Typed, target: &TrinoType) -> Typed {
        let is_interval = matches!(value.data_type, TrinoType::IntervalDayToSecond | TrinoType::IntervalYearToMonth);
        if is_interval && matches!(target, TrinoType::Bigint) {
            let bigint = TrinoType::Bigint;
            return self.kernel("units", interval_units, NullRule::Called, vec![value], bigint, false);
        }
        self.cast_to(value, target, false)
    }

    /// Items of ORDER BY inside of a call or a window, with their types.
    pub(super) fn sorts(&mut self, items: &[SortItem], env: &Env<'_>) -> Result<Vec<(Sort, DataType)>, SqlError> {
        let mut sorts = Vec::with_capacity(items.len());
        for item in items {
            let key = self.expression(&item.value, env)?;
            let key = self.sort_key(key, item.value.at)?;
            let data_type = key.data_type.arrow();
            sorts.push((Sort::new(key.expr, !item.is_descending, item.nulls_first), data_type));
        }
        Ok(sorts)
    }

    /// A value as the engine sorts it.
    pub(super) fn sort_key(&self, key: Typed, at: Place) -> Result<Typed, SqlError> {
        match &key.data_type {
            TrinoType::TimestampWithTimeZone(precision) => {
                // By instant, whatever the zone.
                let instant = TrinoType::Timestamp(*precision);
                Ok(self.field_at(key, 0, instant))
            }
            other if !other.is_orderable() => {
                let message = format!("Type {other} is not orderable, and therefore cannot be used in ORDER BY");
                Err(SqlError::mismatch(at, message))
            }
            _ => Ok(key),
        }
    }
}

/// The sum of bigints, which was computed wider.
fn narrow_sum(call: &Call<'_>) -> Result<ArrayRef, TrinoError> {
    cast_kernel(call).map_err(|_| TrinoError::range("bigint addition overflow"))
}

/// A function over a window.
pub(super) fn over(
    function: WindowFunctionDefinition,
    args: Vec<Expr>,
    window: &super::window::PlannedWindow,
) -> WindowFunction {
    let mut call = WindowFunction::new(function, args);
    call.params.partition_by = window.partition_by.clone();
    call.params.order_by = window.order_by.clone();
    call.params.window_frame = window.frame.clone();
    call
}
