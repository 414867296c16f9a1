//! ORDER BY, OFFSET, LIMIT and FETCH FIRST … WITH TIES.

use datafusion::common::Column;
use datafusion::functions_window::rank::rank_udwf;
use datafusion::logical_expr::expr::{Sort, WindowFunction};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, WindowFrame, WindowFunctionDefinition, lit};

use super::scope::{Allowed, Env, Relation};
use super::select::Item;
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{ExprKind, Query, SortItem};

/// An item of ORDER BY.
#[derive(Debug, Clone)]
pub(super) struct SortKey {
    pub(super) value: Typed,
    pub(super) is_descending: bool,
    pub(super) nulls_first: bool,
    pub(super) at: Place,
}

impl SortKey {
    fn sort(&self) -> Sort {
        Sort::new(self.value.expr.clone(), !self.is_descending, self.nulls_first)
    }
}

/// The place in the select list that an ordinal means, from 0.
pub(super) fn ordinal(value: &ast::Expr, columns: usize, clause: &str) -> Result<Option<usize>, SqlError> {
    let ExprKind::Number(digits) = &value.kind else { return Ok(None) };
    let Ok(number) = digits.parse::<usize>() else { return Ok(None) };
    if number == 0 || number > columns {
        let message = format!("{clause} position {number} is not in select list");
        return Err(SqlError::new("INVALID_COLUMN_REFERENCE", value.at, message));
    }
    Ok(Some(number - 1))
}

impl Planner<'_> {
    /// The keys of a SELECT: ordinals, names of the select list, or expressions over both lists.
    pub(super) fn sort_keys(
        &mut self,
        order_by: &[SortItem],
        items: &[Item],
        env: &Env<'_>,
    ) -> Result<Vec<SortKey>, SqlError> {
        let named: Vec<(String, Typed)> =
            items.iter().filter_map(|item| Some((item.name.as_ref()?.to_lowercase(), item.value.clone()))).collect();
        let mut inner = env.named(&named);
        inner.allowed.clause = "ORDER BY";
        let mut keys = Vec::with_capacity(order_by.len());
        for item in order_by {
            let value = match ordinal(&item.value, items.len(), "ORDER BY")? {
                Some(place) => items[place].value.clone(),
                None => {
                    ambiguous(&item.value, items)?;
                    self.expression(&item.value, &inner)?
                }
            };
            keys.push(self.key(item, value)?);
        }
        Ok(keys)
    }

    /// The keys of a set operation or of VALUES: ordinals, or expressions over the result's columns.
    pub(super) fn output_keys(
        &mut self,
        planned: &Relation,
        order_by: &[SortItem],
        outer: Option<&Env<'_>>,
    ) -> Result<Vec<SortKey>, SqlError> {
        let env = Env::query(&planned.scope, outer, Allowed::scalars("ORDER BY"));
        let mut keys = Vec::with_capacity(order_by.len());
        for item in order_by {
            let fields = &planned.scope.fields;
            let value = match ordinal(&item.value, fields.len(), "ORDER BY")? {
                Some(place) => Typed::new(fields[place].expr(), fields[place].data_type.clone()),
                None => self.expression(&item.value, &env)?,
            };
            let value = self.sort_key(value, item.value.at)?;
            keys.push(self.key(item, value)?);
        }
        Ok(keys)
    }

    fn key(&self, item: &SortItem, value: Typed) -> Result<SortKey, SqlError> {
        // Refused here, where the place is known; the key itself is made over the columns.
        self.sort_key(value.clone(), item.value.at)?;
        Ok(SortKey { value, is_descending: item.is_descending, nulls_first: item.nulls_first, at: item.value.at })
    }

    /// The rows sorted by their keys, which are columns, without those before the offset and behind the limit.
    pub(super) fn ordered(
        &mut self,
        mut planned: Relation,
        keys: Vec<SortKey>,
        query: &Query,
    ) -> Result<Relation, SqlError> {
        let sorts: Vec<Sort> = keys.iter().map(SortKey::sort).collect();
        let skip = match &query.offset {
            Some(offset) => self.count(offset, "OFFSET")?,
            None => 0,
        };
        let fetch = match query.limit.as_ref().and_then(|limit| limit.count.as_ref()) {
            Some(count) => Some(self.count(count, "LIMIT")?),
            None => None,
        };
        let ties = query.limit.as_ref().filter(|limit| limit.with_ties);
        if let Some(limit) = ties
            && sorts.is_empty()
        {
            return Err(SqlError::new("MISSING_ORDER_BY", limit.at, "FETCH FIRST WITH TIES clause requires ORDER BY"));
        }
        let fields = planned.scope.fields.clone();
        if !sorts.is_empty() {
            let sorted = LogicalPlanBuilder::from(planned.plan).sort(sorts.clone()).and_then(LogicalPlanBuilder::build);
            planned.plan = engine(query.at, sorted)?;
        }
        if let (Some(limit), Some(count)) = (ties, fetch) {
            planned = self.limited(planned, skip, None, limit.at)?;
            planned = self.with_ties(planned, sorts, count, limit.at)?;
        } else {
            planned = self.limited(planned, skip, fetch, query.at)?;
        }
        let is_wider = planned.plan.schema().fields().len() > fields.len();
        if is_wider {
            let columns: Vec<Expr> = fields.iter().map(super::scope::Field::expr).collect();
            let narrowed = LogicalPlanBuilder::from(planned.plan).project(columns).and_then(LogicalPlanBuilder::build);
            planned.plan = engine(query.at, narrowed)?;
        }
        Ok(planned)
    }

    fn with_ties(
        &mut self,
        planned: Relation,
        sorts: Vec<Sort>,
        count: usize,
        at: Place,
    ) -> Result<Relation, SqlError> {
        let name = self.fresh();
        let mut rank = WindowFunction::new(WindowFunctionDefinition::WindowUDF(rank_udwf()), Vec::new());
        rank.params.order_by.clone_from(&sorts);
        rank.params.window_frame = WindowFrame::new(Some(false));
        let rank = Expr::WindowFunction(Box::new(rank)).alias(name.clone());
        let rank_column = Expr::Column(Column::new_unqualified(name));
        let limit = u64::try_from(count).unwrap_or(u64::MAX);
        let plan = LogicalPlanBuilder::from(planned.plan)
            .window(vec![rank])
            .and_then(|builder| builder.filter(rank_column.lt_eq(lit(limit))))
            .and_then(|builder| builder.sort(sorts))
            .and_then(LogicalPlanBuilder::build);
        Ok(Relation { plan: engine(at, plan)?, scope: planned.scope })
    }
}

/// A name that two different columns of the select list have cannot be sorted by.
fn ambiguous(value: &ast::Expr, items: &[Item]) -> Result<(), SqlError> {
    let ExprKind::Identifier(name) = &value.kind else { return Ok(()) };
    let is_named = |item: &&Item| item.name.as_ref().is_some_and(|own| own.to_lowercase() == name.text);
    let mut found = items.iter().filter(is_named);
    match found.next() {
        Some(first) if found.any(|other| other.value.expr != first.value.expr) => {
            Err(SqlError::new("AMBIGUOUS_NAME", value.at, format!("Column '{}' is ambiguous", name.written)))
        }
        _ => Ok(()),
    }
}
