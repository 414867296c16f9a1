//! GROUP BY with its sets, aggregates, and windows: expressions over rows become expressions over groups.

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::logical_plan::Aggregate;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, GroupingSet, LogicalPlan, LogicalPlanBuilder, Operator, lit};

use super::order::{SortKey, ordinal};
use super::scope::{Allowed, Env, Scope};
use super::select::{Item, is_comparable};
use super::typed::Typed;
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{GroupingElement, Select};
use crate::sql::trino::types::TrinoType;

/// Name of the column that stands for a `grouping(…)` call, before its number.
const GROUPING: &str = "$grouping";
/// Most sets that ROLLUP, CUBE and GROUPING SETS may give together. Source: Trino's default.
const MAX_SETS: usize = 2048;

/// What window functions have in common that share a node: partitions and order.
type WindowKeys = (Vec<Expr>, Vec<Sort>);
/// What is over the rows of a SELECT: its list, its sort keys, HAVING.
type OverRows<'v> = (&'v mut Vec<Item>, &'v mut Vec<SortKey>, &'v mut Option<Typed>);

impl Planner<'_> {
    /// `grouping(a, b)`
    pub(super) fn grouping(&mut self, values: &[ast::Expr], at: Place, env: &Env<'_>) -> Result<Typed, SqlError> {
        if !env.allowed.aggregates {
            return Err(SqlError::new("EXPRESSION_NOT_SCALAR", at, "grouping is allowed with GROUP BY only"));
        }
        let mut arguments = Vec::with_capacity(values.len());
        for value in values {
            arguments.push(self.expression(value, env)?.expr);
        }
        let data_type = if arguments.len() <= 31 { TrinoType::Integer } else { TrinoType::Bigint };
        self.groupings.push(arguments);
        let column = Column::new_unqualified(format!("{GROUPING}{}", self.groupings.len() - 1));
        Ok(Typed::new(Expr::Column(column), data_type))
    }

    /// The plan's rows in groups, and the expressions over them; unchanged for a query without groups.
    pub(super) fn grouped(
        &mut self,
        plan: LogicalPlan,
        select: &Select,
        scope: &Scope,
        outer: Option<&Env<'_>>,
        (items, keys, having): OverRows<'_>,
    ) -> Result<LogicalPlan, SqlError> {
        let over_rows =
            items.iter().map(|item| &item.value).chain(keys.iter().map(|key| &key.value)).chain(having.iter());
        let aggregates = collect(over_rows, |expr| matches!(expr, Expr::AggregateFunction(_)));
        if aggregates.is_empty() && select.group_by.is_none() && select.having.is_none() {
            return Ok(plan);
        }
        let at = select.at;
        let sets = self.grouping_sets(select, items, scope, outer)?;
        let mut groups: Vec<Expr> = Vec::new();
        for expr in sets.iter().flatten() {
            if !groups.contains(expr) {
                groups.push(expr.clone());
            }
        }
        let (plan, columns) = self.group_columns(plan, &groups, at)?;
        let column_of =
            |expr: &Expr| groups.iter().position(|group| group == expr).and_then(|place| columns.get(place).cloned());
        let group_exprs = match sets.as_slice() {
            [_] => columns.clone(),
            several => {
                let sets = several.iter().map(|set| set.iter().filter_map(column_of).collect()).collect();
                vec![Expr::GroupingSet(GroupingSet::GroupingSets(sets))]
            }
        };
        let mut known: Vec<(Expr, Expr)> = groups.iter().cloned().zip(columns.iter().cloned()).collect();
        let mut named = Vec::with_capacity(aggregates.len());
        for aggregate in aggregates {
            let name = self.fresh();
            named.push(aggregate.clone().alias(name.clone()));
            known.push((aggregate, Expr::Column(Column::new_unqualified(name))));
        }
        if named.is_empty() && columns.is_empty() {
            named.push(count_udaf().call(vec![lit(1i64)]).alias(self.fresh()));
        }
        let plan = LogicalPlanBuilder::from(plan).aggregate(group_exprs, named).and_then(LogicalPlanBuilder::build);
        let plan = engine(at, plan)?;
        let is_several = sets.len() > 1;
        for place in 0..self.groupings.len() {
            let stand_in = Expr::Column(Column::new_unqualified(format!("{GROUPING}{place}")));
            let value = self.grouping_value(place, &groups, is_several, at)?;
            known.push((stand_in, value));
        }
        for item in items.iter_mut() {
            item.value.expr = over_groups(&item.value.expr, &known, scope, item.at)?;
        }
        for key in keys.iter_mut() {
            key.value.expr = over_groups(&key.value.expr, &known, scope, key.at)?;
        }
        if let Some(having) = having {
            let at = select.having.as_ref().map_or(at, |having| having.at);
            having.expr = over_groups(&having.expr, &known, scope, at)?;
        }
        Ok(plan)
    }

    /// Group expressions as columns of the plan.
    fn group_columns(
        &mut self,
        plan: LogicalPlan,
        groups: &[Expr],
        at: Place,
    ) -> Result<(LogicalPlan, Vec<Expr>), SqlError> {
        if groups.iter().all(|group| matches!(group, Expr::Column(_))) {
            return Ok((plan, groups.to_vec()));
        }
        let mut items: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut columns = Vec::with_capacity(groups.len());
        for group in groups {
            if matches!(group, Expr::Column(_)) {
                columns.push(group.clone());
                continue;
            }
            let name = self.fresh();
            items.push(group.clone().alias(name.clone()));
            columns.push(Expr::Column(Column::new_unqualified(name)));
        }
        let plan = LogicalPlanBuilder::from(plan).project(items).and_then(LogicalPlanBuilder::build);
        Ok((engine(at, plan)?, columns))
    }

    /// The sets of GROUP BY: every combination of what its elements give.
    fn grouping_sets(
        &mut self,
        select: &Select,
        items: &[Item],
        scope: &Scope,
        outer: Option<&Env<'_>>,
    ) -> Result<Vec<Vec<Expr>>, SqlError> {
        let Some(group_by) = &select.group_by else { return Ok(vec![Vec::new()]) };
        let env = Env::query(scope, outer, Allowed::scalars("GROUP BY"));
        let mut sets: Vec<Vec<Expr>> = vec![Vec::new()];
        for element in &group_by.elements {
            let alternatives = match element {
                GroupingElement::Simple(values) => vec![self.group_set(values, items, &env)?],
                GroupingElement::Sets(all) => {
                    all.iter().map(|set| self.group_set(set, items, &env)).collect::<Result<_, _>>()?
                }
                GroupingElement::Rollup(all) => {
                    let parts = all.iter().map(|set| self.group_set(set, items, &env));
                    let parts = parts.collect::<Result<Vec<_>, _>>()?;
                    (0..=parts.len()).rev().map(|length| parts[..length].concat()).collect()
                }
                GroupingElement::Cube(all) => {
                    let parts = all.iter().map(|set| self.group_set(set, items, &env));
                    let parts = parts.collect::<Result<Vec<_>, _>>()?;
                    if parts.len() > 11 {
                        return Err(too_many(select.at));
                    }
                    let subset = |mask: usize| {
                        let taken =
                            parts.iter().enumerate().filter(|(place, _)| mask >> (parts.len() - 1 - place) & 1 == 1);
                        taken.flat_map(|(_, part)| part.clone()).collect()
                    };
                    (0..1usize << parts.len()).rev().map(subset).collect::<Vec<Vec<Expr>>>()
                }
            };
            if sets.len() * alternatives.len() > MAX_SETS {
                return Err(too_many(select.at));
            }
            sets = sets
                .iter()
                .flat_map(|set| alternatives.iter().map(move |other| [set.as_slice(), other.as_slice()].concat()))
                .collect();
        }
        for set in &mut sets {
            let mut unique: Vec<Expr> = Vec::with_capacity(set.len());
            for expr in set.drain(..) {
                if !unique.contains(&expr) {
                    unique.push(expr);
                }
            }
            *set = unique;
        }
        if group_by.is_distinct {
            let mut unique: Vec<Vec<Expr>> = Vec::new();
            for set in sets {
                let is_known =
                    |known: &Vec<Expr>| known.len() == set.len() && set.iter().all(|expr| known.contains(expr));
                if !unique.iter().any(is_known) {
                    unique.push(set);
                }
            }
            sets = unique;
        }
        Ok(sets)
    }

    fn group_set(&mut self, values: &[ast::Expr], items: &[Item], env: &Env<'_>) -> Result<Vec<Expr>, SqlError> {
        let mut set = Vec::with_capacity(values.len());
        for value in values {
            let typed = match ordinal(value, items.len(), "GROUP BY")? {
                Some(place) => {
                    let item = &items[place];
                    let is_plain =
                        |expr: &Expr| Ok(matches!(expr, Expr::AggregateFunction(_) | Expr::WindowFunction(_)));
                    if item.value.expr.exists(is_plain).unwrap_or(true) {
                        let message =
                            "GROUP BY clause cannot contain aggregations, window functions or grouping operations";
                        return Err(SqlError::new("EXPRESSION_NOT_SCALAR", value.at, message));
                    }
                    item.value.clone()
                }
                None => self.expression(value, env)?,
            };
            if !is_comparable(&typed.data_type) {
                let message =
                    format!("{} is not comparable, and therefore cannot be used in GROUP BY", typed.data_type);
                return Err(SqlError::mismatch(value.at, message));
            }
            set.push(typed.expr);
        }
        Ok(set)
    }

    /// The bits of a `grouping(…)` call: 1 for what the row's set leaves out.
    fn grouping_value(&self, place: usize, groups: &[Expr], is_several: bool, at: Place) -> Result<Expr, SqlError> {
        let arguments = self.groupings.get(place).cloned().unwrap_or_default();
        let data_type = if arguments.len() <= 31 { TrinoType::Integer } else { TrinoType::Bigint }.arrow();
        let mut bits = lit(0i64);
        let id = Expr::Column(Column::new_unqualified(Aggregate::INTERNAL_GROUPING_ID));
        let id = Expr::Cast(Cast::new(Box::new(id), arrow_schema::DataType::Int64));
        let binary = |left: Expr, operator: Operator, right: Expr| {
            Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
        };
        for argument in &arguments {
            let Some(group) = groups.iter().position(|group| group == argument) else {
                let message = "The arguments to GROUPING() must be expressions referenced by the GROUP BY";
                return Err(SqlError::new("INVALID_ARGUMENTS", at, message));
            };
            bits = binary(bits, Operator::Multiply, lit(2i64));
            if is_several {
                let shift = i64::try_from(groups.len() - 1 - group).unwrap_or_default();
                let bit = binary(id.clone(), Operator::BitwiseShiftRight, lit(shift));
                bits = binary(bits, Operator::Plus, binary(bit, Operator::BitwiseAnd, lit(1i64)));
            }
        }
        Ok(Expr::Cast(Cast::new(Box::new(bits), data_type)))
    }

    /// The window functions of a SELECT as columns of its plan.
    pub(super) fn windowed(
        &mut self,
        mut plan: LogicalPlan,
        items: &mut [Item],
        keys: &mut [SortKey],
        at: Place,
    ) -> Result<LogicalPlan, SqlError> {
        let over_rows = items.iter().map(|item| &item.value).chain(keys.iter().map(|key| &key.value));
        let functions = collect(over_rows, |expr| matches!(expr, Expr::WindowFunction(_)));
        if functions.is_empty() {
            return Ok(plan);
        }
        // Functions over the same partitions and order share a node.
        let mut nodes: Vec<(WindowKeys, Vec<Expr>)> = Vec::new();
        let mut known = Vec::with_capacity(functions.len());
        for function in functions {
            let window = match &function {
                Expr::WindowFunction(window) => (window.params.partition_by.clone(), window.params.order_by.clone()),
                _ => (Vec::new(), Vec::new()),
            };
            let name = self.fresh();
            let aliased = function.clone().alias(name.clone());
            match nodes.iter_mut().find(|(known, _)| *known == window) {
                Some((_, functions)) => functions.push(aliased),
                None => nodes.push((window, vec![aliased])),
            }
            known.push((function, Expr::Column(Column::new_unqualified(name))));
        }
        for (_, functions) in nodes {
            let windowed = LogicalPlanBuilder::from(plan).window(functions).and_then(LogicalPlanBuilder::build);
            plan = engine(at, windowed)?;
        }
        for item in items {
            item.value.expr = replaced(&item.value.expr, &known, item.at)?;
        }
        for key in keys {
            key.value.expr = replaced(&key.value.expr, &known, key.at)?;
        }
        Ok(plan)
    }
}

fn too_many(at: Place) -> SqlError {
    SqlError::new("TOO_MANY_GROUPING_SETS", at, format!("GROUP BY has more than {MAX_SETS} grouping sets"))
}

/// The outermost parts of some expressions that are wanted, each once.
fn collect<'t>(values: impl Iterator<Item = &'t Typed>, is_wanted: impl Fn(&Expr) -> bool) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for value in values {
        // Nothing in the closure fails.
        let _ = value.expr.apply(|expr| {
            if !is_wanted(expr) {
                return Ok(TreeNodeRecursion::Continue);
            }
            if !found.contains(expr) {
                found.push(expr.clone());
            }
            Ok(TreeNodeRecursion::Jump)
        });
    }
    found
}

fn replaced(expr: &Expr, known: &[(Expr, Expr)], at: Place) -> Result<Expr, SqlError> {
    let result = expr.clone().transform_down(|node| {
        Ok(match known.iter().find(|(from, _)| *from == node) {
            Some((_, to)) => Transformed::new(to.clone(), true, TreeNodeRecursion::Jump),
            None => Transformed::no(node),
        })
    });
    engine(at, result).map(|result| result.data)
}

/// An expression over rows as one over groups; columns that are no group's are an error.
fn over_groups(expr: &Expr, known: &[(Expr, Expr)], scope: &Scope, at: Place) -> Result<Expr, SqlError> {
    let result = replaced(expr, known, at)?;
    let is_known = |column: &Expr| {
        matches!(column, Expr::Column(own) if own.name == Aggregate::INTERNAL_GROUPING_ID)
            || known.iter().any(|(_, to)| to == column)
    };
    let mut lost = None;
    let _ = result.apply(|node| {
        if let Expr::Column(column) = node
            && !is_known(node)
        {
            lost = scope.fields.iter().find(|field| field.column == *column).map(|field| field.name.clone());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    match lost {
        None => Ok(result),
        Some(name) => {
            let name = name.unwrap_or_else(|| "the expression".into());
            let message = format!("'{name}' must be an aggregate expression or appear in GROUP BY clause");
            Err(SqlError::new("EXPRESSION_NOT_AGGREGATE", at, message)
                .hint(format!("add {name} to GROUP BY, or take any_value({name})")))
        }
    }
}
