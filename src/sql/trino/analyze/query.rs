//! Queries: WITH around a body, its order and its limits.

use std::sync::Arc;

use datafusion::logical_expr::LogicalPlanBuilder;

use super::scope::{Env, Relation};
use super::{Planner, engine};
use crate::sql::trino::error::{Place, SqlError};
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{ExprKind, Name, Query, QueryBody};

/// A named query that can be used as a table.
#[derive(Clone)]
pub(super) struct Cte {
    pub(super) name: String,
    pub(super) kind: CteKind,
}

/// What a named query stands for.
#[derive(Clone)]
pub(super) enum CteKind {
    /// Its query, planned at each use among the named queries before it.
    Query { columns: Vec<Name>, query: Arc<Query>, visible: usize },
    /// The rows of a recursive query's last step.
    Step(Relation),
    /// A recursive query, planned already.
    Planned(Relation),
}

impl Planner<'_> {
    /// A query; `outer` is what correlated names refer to.
    pub(super) fn query(&mut self, query: &Query, outer: Option<&Env<'_>>) -> Result<Relation, SqlError> {
        let before = self.ctes.len();
        for cte in &query.with {
            if self.ctes[before..].iter().any(|known| known.name == cte.name.text) {
                let message = format!("WITH query name '{}' specified more than once", cte.name.written);
                return Err(SqlError::new("DUPLICATE_NAMED_QUERY", cte.name.at, message));
            }
            let kind = if query.is_recursive && super::recursive::names_itself(cte) {
                CteKind::Planned(self.recursive(cte, outer)?)
            } else {
                CteKind::Query {
                    columns: cte.columns.clone(),
                    query: Arc::new(cte.query.clone()),
                    visible: self.ctes.len(),
                }
            };
            self.ctes.push(Cte { name: cte.name.text.clone(), kind });
        }
        let planned = self.body_in_order(query, outer);
        self.ctes.truncate(before);
        planned
    }

    fn body_in_order(&mut self, query: &Query, outer: Option<&Env<'_>>) -> Result<Relation, SqlError> {
        match &query.body {
            QueryBody::Select(select) => self.select(select, query, outer),
            body => {
                let planned = self.body(body, outer)?;
                let keys = self.output_keys(&planned, &query.order_by, outer)?;
                self.ordered(planned, keys, query)
            }
        }
    }

    /// A body without order.
    pub(super) fn body(&mut self, body: &QueryBody, outer: Option<&Env<'_>>) -> Result<Relation, SqlError> {
        match body {
            QueryBody::Select(select) => {
                let plain = Query {
                    is_recursive: false,
                    with: Vec::new(),
                    body: QueryBody::Values { rows: Vec::new(), at: select.at },
                    order_by: Vec::new(),
                    offset: None,
                    limit: None,
                    at: select.at,
                };
                self.select(select, &plain, outer)
            }
            QueryBody::Set { operator, is_all, left, right, at } => {
                let (left, right) = (self.body(left, outer)?, self.body(right, outer)?);
                self.set_operation(*operator, *is_all, left, right, *at)
            }
            QueryBody::Values { rows, at } => self.values(rows, *at, outer),
            QueryBody::Table { name, at } => {
                let table = self.table(name, *at)?;
                Ok(without_hidden(table))
            }
            QueryBody::Nested(query) => self.query(query, outer),
        }
    }

    /// The count of OFFSET, LIMIT or FETCH.
    pub(super) fn count(&mut self, count: &ast::Expr, what: &str) -> Result<usize, SqlError> {
        let invalid = |at: Place| {
            SqlError::new("INVALID_LIMIT_CLAUSE", at, format!("{what} row count must be a non-negative integer"))
        };
        let value = match &count.kind {
            ExprKind::Parameter(place) => match self.parameters.get(*place) {
                Some(value) => value.clone(),
                None => return Err(invalid(count.at)),
            },
            _ => count.clone(),
        };
        match &value.kind {
            ExprKind::Number(digits) => digits.parse().map_err(|_| invalid(count.at)),
            _ => Err(invalid(count.at)),
        }
    }

    /// Rows with the skipped and the surplus ones taken out.
    pub(super) fn limited(
        &mut self,
        planned: Relation,
        skip: usize,
        fetch: Option<usize>,
        at: Place,
    ) -> Result<Relation, SqlError> {
        if skip == 0 && fetch.is_none() {
            return Ok(planned);
        }
        let plan = LogicalPlanBuilder::from(planned.plan).limit(skip, fetch).and_then(LogicalPlanBuilder::build);
        Ok(Relation { plan: engine(at, plan)?, scope: planned.scope })
    }
}

/// What `*` would give.
fn without_hidden(mut relation: Relation) -> Relation {
    relation.scope.fields.retain(|field| !field.is_hidden);
    relation
}
