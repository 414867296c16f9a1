//! SELECT: relations, filter, groups, windows, the select list, DISTINCT, order and limit, in that order.

use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use super::expression::names_of;
use super::order::SortKey;
use super::scope::{Allowed, Env, Field, Relation, Scope, shown};
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{ExprKind, Name, Query, Select, SelectItem};
use crate::sql::trino::types::TrinoType;

/// A column of the select list.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) value: Typed,
    /// As the user wrote it.
    pub(super) name: Option<String>,
    pub(super) at: Place,
    relation: Vec<String>,
}

impl Planner<'_> {
    pub(super) fn select(
        &mut self,
        select: &Select,
        query: &Query,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let windows = self.windows.len();
        let planned = self.select_in_windows(select, query, outer);
        self.windows.truncate(windows);
        planned
    }

    fn select_in_windows(
        &mut self,
        select: &Select,
        query: &Query,
        outer: Option<&Env<'_>>,
    ) -> Result<Relation, SqlError> {
        let source = self.from(&select.from, select.at, outer)?;
        for (name, window) in &select.windows {
            let window = self.complete_window(window)?;
            self.windows.push((name.clone(), window));
        }
        let mut plan = source.plan;
        if let Some(filter) = &select.filter {
            let env = Env::query(&source.scope, outer, Allowed::scalars("WHERE"));
            let conjuncts = self.conjuncts(filter, &env)?;
            plan = self.filtered(plan, conjuncts, filter.at)?;
        }
        let allowed = Allowed { aggregates: true, windows: true, clause: "SELECT" };
        let env = Env::query(&source.scope, outer, allowed);
        let mut items = self.items(&select.items, &env)?;
        let mut keys = self.sort_keys(&query.order_by, &items, &env)?;
        let mut having = match &select.having {
            Some(having) => {
                let mut env = env;
                env.allowed.windows = false;
                env.allowed.clause = "HAVING";
                Some(self.condition(having, &env, "HAVING")?)
            }
            None => None,
        };
        plan = self.grouped(plan, select, &source.scope, outer, (&mut items, &mut keys, &mut having))?;
        if let Some(having) = having {
            let at = select.having.as_ref().map_or(select.at, |having| having.at);
            plan = self.filtered(plan, vec![having], at)?;
        }
        plan = self.windowed(plan, &mut items, &mut keys, select.at)?;
        self.projected(plan, select, query, items, keys)
    }

    /// The select list with its stars resolved.
    fn items(&mut self, items: &[SelectItem], env: &Env<'_>) -> Result<Vec<Item>, SqlError> {
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            match item {
                SelectItem::Expression { value, alias } => {
                    let name = match alias {
                        Some(alias) => Some(alias.written.clone()),
                        None => name_of(value),
                    };
                    let typed = self.expression(value, env)?;
                    all.push(Item { value: typed, name, at: value.at, relation: Vec::new() });
                }
                SelectItem::All { base, aliases, at } => all.extend(self.star(base.as_ref(), aliases, *at, env)?),
            }
        }
        Ok(all)
    }

    /// `*`, `t.*`, `row.*`
    fn star(
        &mut self,
        base: Option<&ast::Expr>,
        aliases: &[Name],
        at: Place,
        env: &Env<'_>,
    ) -> Result<Vec<Item>, SqlError> {
        let scope = env.scope().cloned().unwrap_or_default();
        let relation = match base {
            None => Some(Vec::new()),
            Some(base) => names_of(base).filter(|names| scope.has_relation(names)),
        };
        let mut found: Vec<Item> = match (relation, base) {
            (Some(relation), _) => {
                let fields = scope.visible(&relation);
                if fields.is_empty() && base.is_none() {
                    return Err(SqlError::new(
                        "COLUMN_NOT_FOUND",
                        at,
                        "SELECT * not allowed from relation that has no columns",
                    ));
                }
                fields.into_iter().map(|field| item_of(field, at)).collect()
            }
            (None, Some(base)) => {
                let row = match (names_of(base), self.expression(base, env)) {
                    (Some(names), Err(_)) => {
                        let message = format!("Unable to resolve reference {}", shown(&names));
                        return Err(SqlError::new("TABLE_NOT_FOUND", at, message));
                    }
                    (_, row) => row?,
                };
                let TrinoType::Row(fields) = row.data_type.clone() else {
                    return Err(SqlError::mismatch(at, "SELECT expression.* is for expressions of type ROW"));
                };
                let field = |(place, field): (usize, crate::sql::trino::types::RowField)| Item {
                    value: self.field_at(row.clone(), place, field.data_type),
                    name: field.name,
                    at,
                    relation: Vec::new(),
                };
                fields.into_iter().enumerate().map(field).collect()
            }
            (None, None) => Vec::new(),
        };
        if !aliases.is_empty() {
            if aliases.len() != found.len() {
                let message =
                    format!("Column alias list has {} entries but relation has {} columns", aliases.len(), found.len());
                return Err(SqlError::new("MISMATCHED_COLUMN_ALIASES", at, message));
            }
            for (item, alias) in found.iter_mut().zip(aliases) {
                item.name = Some(alias.written.clone());
            }
        }
        Ok(found)
    }

    /// The select list as columns, distinct, ordered and limited.
    fn projected(
        &mut self,
        plan: LogicalPlan,
        select: &Select,
        query: &Query,
        items: Vec<Item>,
        keys: Vec<SortKey>,
    ) -> Result<Relation, SqlError> {
        let mut fields = Vec::with_capacity(items.len());
        let mut columns = Vec::with_capacity(items.len());
        for item in &items {
            let name = self.fresh();
            columns.push(item.value.expr.clone().alias(name.clone()));
            fields.push(Field {
                relation: item.relation.clone(),
                name: item.name.clone(),
                column: datafusion::common::Column::new_unqualified(name),
                data_type: item.value.data_type.clone(),
                is_hidden: false,
            });
        }
        // Keys that are not in the list are columns beside it, until the rows are sorted.
        let mut sorts = Vec::with_capacity(keys.len());
        for key in keys {
            let known = items.iter().position(|item| item.value.expr == key.value.expr);
            let expr = match known.and_then(|place| fields.get(place)) {
                Some(field) => field.expr(),
                None if select.is_distinct => {
                    let message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list";
                    return Err(SqlError::new("EXPRESSION_NOT_IN_DISTINCT", key.at, message));
                }
                None => {
                    let name = self.fresh();
                    columns.push(key.value.expr.clone().alias(name.clone()));
                    Expr::Column(datafusion::common::Column::new_unqualified(name))
                }
            };
            let value = Typed::new(expr, key.value.data_type.clone());
            sorts.push(SortKey { value: self.sort_key(value, key.at)?, ..key });
        }
        let mut builder = engine(select.at, LogicalPlanBuilder::from(plan).project(columns))?;
        if select.is_distinct {
            for item in &items {
                if !is_comparable(&item.value.data_type) {
                    let message =
                        format!("DISTINCT can only be applied to comparable types (actual: {})", item.value.data_type);
                    return Err(SqlError::mismatch(item.at, message));
                }
            }
            builder = engine(select.at, builder.distinct())?;
        }
        let planned = Relation { plan: engine(select.at, builder.build())?, scope: Scope { fields } };
        self.ordered(planned, sorts, query)
    }
}

/// Whether values of a type can be compared for equality by grouping.
pub(super) fn is_comparable(data_type: &TrinoType) -> bool {
    match data_type {
        TrinoType::Array(element) => is_comparable(element),
        TrinoType::Map(key, value) => is_comparable(key) && is_comparable(value),
        TrinoType::Row(fields) => fields.iter().all(|field| is_comparable(&field.data_type)),
        _ => true,
    }
}

fn item_of(field: &Field, at: Place) -> Item {
    let value = Typed::new(field.expr(), field.data_type.clone());
    Item { value, name: field.name.clone(), at, relation: Vec::new() }
}

/// The name of a column or field, as it is written.
fn name_of(value: &ast::Expr) -> Option<String> {
    match &value.kind {
        ExprKind::Identifier(name) => Some(name.written.clone()),
        ExprKind::Dereference { field, .. } => Some(field.written.clone()),
        _ => None,
    }
}
