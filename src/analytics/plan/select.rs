//! SELECT: from its clauses to operators.
//!
//! The rows of FROM that meet WHERE go through groups, or sliding windows, or neither; then the select list is computed,
//! with whatever ORDER BY needs besides; DISTINCT, ORDER BY and AS ROWTIME follow in this order.

use super::calls::{Found, as_call, calls_in};
use super::from::conjuncts;
use super::group::Keys;
use super::monotonic::{Motion, motion};
use super::order::SortKey;
use super::planner::Planner;
use super::relation::{Column, ROWTIME, Relation};
use super::window::with_results;
use crate::analytics::error::Result;
use crate::analytics::expr::{Expr, ExprType};
use crate::analytics::operator::{Distinct, SetRowtime};
use crate::analytics::syntax::{self, At, ExprKind, Grouping, Item, Name, OrderItem, Select};

/// An item of the select list behind the expansion of `*`.
struct OutputItem {
    name: String,
    expr: syntax::Expr,
    /// `AS ROWTIME`
    is_rowtime: bool,
}

/// What the select list is computed over, and how its expressions are written there.
pub(super) struct Stage {
    pub(super) relation: Relation,
    /// What is still to be filtered: WHERE, or HAVING.
    pub(super) filter: Option<Expr>,
    pub(super) rewrite: Rewrite,
}

/// How an expression of the query becomes one over the stage's relation.
pub(super) enum Rewrite {
    /// As it is.
    Plain,
    /// With the results of analytic calls.
    Analytic(Vec<Found>, Vec<usize>),
    /// By keys and results of groups.
    Grouped(Keys),
}

impl Planner<'_> {
    pub(super) fn select(&mut self, select: &Select, order_by: &[OrderItem]) -> Result<Relation> {
        self.refuse_calls(select.filter.as_ref(), "WHERE", "filter in an outer query, or by HAVING")?;
        let conditions = conjuncts(select.filter.as_ref());
        let input = self.from(&select.from, &conditions, &select.windows)?;
        if select.stream && !input.is_stream {
            return Err(self.refuse(select.at, "SELECT STREAM reads no stream", "leave STREAM out"));
        }
        let grouped = !matches!(select.group, Grouping::None);
        let items = self.items(&select.items, &input, grouped)?;
        let stage = self.stage(select, input, &items, order_by)?;
        self.output(select, stage, items, order_by)
    }

    /// Everything between FROM and the select list.
    fn stage(
        &mut self,
        select: &Select,
        input: Relation,
        items: &[OutputItem],
        order_by: &[OrderItem],
    ) -> Result<Stage> {
        let filter = select.filter.as_ref().map(|filter| self.bind_condition(filter, &input)).transpose()?;
        let exprs = items.iter().map(|item| &item.expr).chain(order_by.iter().map(|item| &item.expr));
        let calls = calls_in(exprs.chain(&select.having));
        match &select.group {
            Grouping::By(keys, at) => self.tumbling(input, filter, keys, *at, calls, select.having.as_ref()),
            Grouping::Stagger { partition, range, at } => {
                self.stagger(input, filter, partition, range, *at, calls, select.having.as_ref())
            }
            Grouping::None if !input.is_stream && calls.iter().any(|found| found.call.over.is_none()) => {
                self.tumbling(input, filter, &[], select.at, calls, select.having.as_ref())
            }
            Grouping::None => {
                if let Some(having) = &select.having {
                    let hint = "WHERE filters rows; HAVING filters groups";
                    return Err(self.refuse(having.at, "HAVING on a stream needs GROUP BY", hint));
                }
                if calls.is_empty() {
                    return Ok(Stage { relation: input, filter, rewrite: Rewrite::Plain });
                }
                let (relation, places) = self.analytic(&input, filter, &calls, &select.windows)?;
                Ok(Stage { relation, filter: None, rewrite: Rewrite::Analytic(calls, places) })
            }
        }
    }

    fn refuse_calls(&self, expr: Option<&syntax::Expr>, clause: &str, hint: &str) -> Result<()> {
        match calls_in(expr.into_iter()).first() {
            Some(found) => {
                let message = format!("{} cannot stand in {clause}", found.call.name.value);
                Err(self.refuse(found.at, message, hint))
            }
            None => Ok(()),
        }
    }

    /// The select list without stars.
    fn items(&mut self, items: &[Item], input: &Relation, grouped: bool) -> Result<Vec<OutputItem>> {
        let mut all = Vec::with_capacity(items.len());
        let star = |place: usize, column: &Column, at: At| OutputItem {
            name: column.name.clone(),
            expr: syntax::Expr { kind: ExprKind::Place(place), at },
            is_rowtime: false,
        };
        for item in items {
            match item {
                Item::All(at) | Item::AllOf(Name { at, .. }) if grouped => {
                    let hint = "name the keys, and aggregates of the other columns";
                    return Err(self.refuse(*at, "`*` cannot be selected from groups", hint));
                }
                Item::All(at) => all.extend(input.visible().map(|(place, column)| star(place, column, *at))),
                Item::AllOf(name) => {
                    let before = all.len();
                    let fits = |column: &Column, loose: bool| {
                        column.qualifier.as_ref().is_some_and(|qualifier| {
                            *qualifier == name.value
                                || (loose && !name.quoted && qualifier.eq_ignore_ascii_case(&name.value))
                        })
                    };
                    let loose = !input.columns.iter().any(|column| fits(column, false));
                    let own = input.columns.iter().enumerate().filter(|(_, column)| fits(column, loose));
                    // A column that USING has merged is still one of its relation's.
                    let own =
                        own.filter(|(_, column)| !column.hidden || input.qualifier.is_none() && is_declared(column));
                    all.extend(own.map(|(place, column)| star(place, column, name.at)));
                    if all.len() == before {
                        return Err(self.error(name.at, format!("There is no input called `{}`", name.value)));
                    }
                }
                Item::Expr { expr, alias } => {
                    let name = match alias {
                        Some(alias) => alias.value.clone(),
                        None => self.derived_name(expr, input).unwrap_or_else(|| format!("EXPR${}", all.len())),
                    };
                    let is_rowtime = alias.as_ref().is_some_and(|alias| alias.value == ROWTIME);
                    all.push(OutputItem { name, expr: expr.clone(), is_rowtime });
                }
            }
        }
        Ok(all)
    }

    /// A column keeps its name.
    fn derived_name(&self, expr: &syntax::Expr, input: &Relation) -> Option<String> {
        let ExprKind::Column(parts) = &expr.kind else { return None };
        let scope = self.scope(input);
        let place = scope.find(parts, self.text).ok().flatten();
        place
            .and_then(|place| scope.columns.get(place))
            .map(|column| column.name.clone())
            .or_else(|| parts.last().map(|name| name.value.clone()))
    }

    /// The select list and what follows it.
    fn output(
        &mut self,
        select: &Select,
        stage: Stage,
        items: Vec<OutputItem>,
        order_by: &[OrderItem],
    ) -> Result<Relation> {
        let Stage { relation, filter, rewrite } = stage;
        let mut exprs = Vec::with_capacity(items.len());
        let mut bound = Vec::with_capacity(items.len());
        let mut columns: Vec<Column> = Vec::with_capacity(items.len());
        let mut visible = Vec::new();
        let mut rowtime = None;
        for (number, item) in items.iter().enumerate() {
            let expr = self.rewritten(&item.expr, &relation, &rewrite)?;
            let value = self.bind(&expr, &relation)?;
            let moves = motion(&self.scope(&relation).resolved(&expr, self.text), &relation);
            let mut column = Column { motion: moves, ..Column::new(None, &item.name, value.sql_type().clone()) };
            if item.is_rowtime {
                if rowtime.is_some() {
                    return Err(self.error(item.expr.at, "ROWTIME is set twice"));
                }
                if *value.sql_type() != ExprType::TIMESTAMP {
                    let message = format!("ROWTIME is a TIMESTAMP, not a value of type {}", value.sql_type());
                    return Err(self.refuse(item.expr.at, message, "TO_TIMESTAMP(milliseconds) makes one"));
                }
                rowtime = Some((number, columns.len()));
                column = Column { hidden: true, name: String::new(), ..column };
            } else {
                visible.push(columns.len());
            }
            exprs.push(expr);
            bound.push(value);
            columns.push(column);
        }
        let keys = self.sort_keys(order_by, &items, &mut exprs, &mut bound, &mut columns, &relation, &rewrite)?;
        let mut output = self.project(&relation, filter, bound, columns);
        output.qualifier = None;
        if select.distinct {
            output = self.distinct(output, &visible, select.at)?;
        }
        if !keys.is_empty() {
            output = self.sorted(output, &keys, rowtime.map(|(_, place)| place))?;
        }
        if let Some((number, place)) = rowtime {
            if !output.columns[place].motion.is_rowtime() {
                output.origin = self.node("rowtime", vec![output.origin], SetRowtime::new(place));
                let same: Vec<bool> = exprs.iter().map(|expr| *expr == exprs[place]).collect();
                for (column, same) in output.columns.iter_mut().zip(same) {
                    column.motion = if same { Motion::rowtime() } else { Motion::Free };
                }
                output.is_grouped = false;
            }
            output.rowtime_item = Some(number);
        }
        self.trimmed(output, &visible)
    }

    /// The places and directions that ORDER BY names; expressions that are not selected become further columns.
    #[expect(clippy::too_many_arguments, reason = "the columns of the output grow in three lists")]
    fn sort_keys(
        &mut self,
        order_by: &[OrderItem],
        items: &[OutputItem],
        exprs: &mut Vec<syntax::Expr>,
        bound: &mut Vec<Expr>,
        columns: &mut Vec<Column>,
        relation: &Relation,
        rewrite: &Rewrite,
    ) -> Result<Vec<SortKey>> {
        let mut keys = Vec::with_capacity(order_by.len());
        for item in order_by {
            let selected = |name: &str| items.iter().position(|item| !item.is_rowtime && item.name == name);
            let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            let place = match self.ordinal(&item.expr, names.len())? {
                Some(place) => place,
                None => match alias_of(&item.expr).and_then(selected) {
                    Some(place) => place,
                    None => {
                        let expr = self.rewritten(&item.expr, relation, rewrite)?;
                        if let Some(place) = exprs.iter().position(|other| *other == expr) {
                            place
                        } else {
                            let value = self.bind(&expr, relation)?;
                            let moves = motion(&self.scope(relation).resolved(&expr, self.text), relation);
                            columns.push(Column { motion: moves, ..Column::unnamed(value.sql_type().clone()) });
                            exprs.push(expr);
                            bound.push(value);
                            exprs.len() - 1
                        }
                    }
                },
            };
            keys.push(self.sort_key(item, place)?);
        }
        Ok(keys)
    }

    pub(super) fn rewritten(
        &self,
        expr: &syntax::Expr,
        relation: &Relation,
        rewrite: &Rewrite,
    ) -> Result<syntax::Expr> {
        match rewrite {
            Rewrite::Plain => Ok(expr.clone()),
            Rewrite::Analytic(calls, places) => Ok(with_results(expr, calls, places)),
            Rewrite::Grouped(keys) => keys.rewritten(self, expr, relation),
        }
    }

    /// SELECT DISTINCT
    fn distinct(&mut self, relation: Relation, visible: &[usize], at: At) -> Result<Relation> {
        let is_rowtime = |place: &usize| relation.columns[*place].motion.is_rowtime();
        let moving = |place: &usize| relation.columns[*place].motion.is_monotonic();
        let mut terms: Vec<usize> =
            visible.iter().copied().filter(|place| moving(place) && !is_rowtime(place)).collect();
        if terms.is_empty() {
            terms = visible.iter().copied().filter(is_rowtime).collect();
        }
        if terms.is_empty() && relation.is_stream {
            let hint = "select FLOOR(s.ROWTIME TO MINUTE) or s.ROWTIME as well: rows are told apart as long as it stays the same";
            return Err(self.refuse(at, "SELECT DISTINCT on a stream needs a monotonic item", hint));
        }
        let columns: Vec<usize> = visible.iter().copied().filter(|place| !is_rowtime(place)).collect();
        let motions: Vec<Motion> = terms.iter().map(|term| relation.columns[*term].motion.clone()).collect();
        let periods = self.periods(&motions)?.0;
        let operator = Distinct::new(terms, columns, periods, &relation.schema())?;
        let origin = self.node("distinct", vec![relation.origin], operator);
        Ok(Relation { origin, ..relation })
    }

    /// Only the columns at `places`, in that order.
    fn trimmed(&mut self, relation: Relation, places: &[usize]) -> Result<Relation> {
        if places.len() == relation.columns.len() {
            return Ok(relation);
        }
        let items =
            places.iter().map(|place| Expr::column(*place, relation.columns[*place].sql_type.clone())).collect();
        let columns = places.iter().map(|place| relation.columns[*place].clone()).collect();
        let rowtime_item = relation.rowtime_item;
        Ok(Relation { rowtime_item, ..self.project(&relation, None, items, columns) })
    }

    /// The relation with its visible columns alone.
    pub(super) fn only_visible(&mut self, relation: &Relation) -> Result<Relation> {
        let places: Vec<usize> = relation.visible().map(|(place, _)| place).collect();
        self.trimmed(relation.clone(), &places)
    }

    /// The item that an ordinal in ORDER BY names.
    pub(super) fn ordinal(&self, expr: &syntax::Expr, items: usize) -> Result<Option<usize>> {
        let ExprKind::Literal(syntax::Literal::Number { digits, scale: None }) = &expr.kind else { return Ok(None) };
        match usize::try_from(*digits) {
            Ok(number) if (1..=items).contains(&number) => Ok(Some(number - 1)),
            _ => Err(self.error(expr.at, format!("ORDER BY {digits} names no item: there are {items}"))),
        }
    }
}

/// The name, when `expr` is nothing but one that could be an alias.
pub(super) fn alias_of(expr: &syntax::Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Column(parts) if parts.len() == 1 => parts.first().map(|name| name.value.as_str()),
        _ => None,
    }
}

/// Whether a hidden column is one that its relation declares.
fn is_declared(column: &Column) -> bool {
    column.name != ROWTIME && !column.name.is_empty() && !super::relation::IMPLICIT.contains(&column.name.as_str())
}

/// Whether an expression aggregates.
pub(super) fn aggregates(expr: &syntax::Expr) -> bool {
    expr.any(&|part| as_call(part).is_some())
}
