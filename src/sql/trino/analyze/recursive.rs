//! WITH RECURSIVE: a first term, and a step over the rows of the step before.

use std::sync::Arc;

use arrow_schema::{Field as ArrowField, Schema};
use datafusion::common::Column;
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::LogicalPlanBuilder;

use super::query::{Cte, CteKind};
use super::scope::{Env, Field, Relation, Scope};
use super::{Planner, engine};
use crate::sql::trino::error::SqlError;
use crate::sql::trino::parse::ast;
use crate::sql::trino::parse::ast::{QueryBody, SetOperator};
use crate::sql::trino::types::TrinoType;

/// Whether a named query has the form of a recursive one. One of that form that does not name itself gives the same.
pub(super) fn names_itself(cte: &ast::Cte) -> bool {
    let is_bare = cte.query.with.is_empty() && cte.query.order_by.is_empty() && cte.query.limit.is_none();
    is_bare && matches!(cte.query.body, QueryBody::Set { operator: SetOperator::Union, .. })
}

impl Planner<'_> {
    pub(super) fn recursive(&mut self, cte: &ast::Cte, outer: Option<&Env<'_>>) -> Result<Relation, SqlError> {
        let QueryBody::Set { is_all, left, right, at, .. } = &cte.query.body else {
            return Err(SqlError::syntax(cte.name.at, "A recursive query is a UNION"));
        };
        let first = self.body(left, outer)?;
        let width = first.scope.fields.len();
        if cte.columns.len() != width {
            let message =
                format!("Column alias list of recursive query '{}' must have {width} entries", cte.name.written);
            return Err(SqlError::new("MISSING_COLUMN_ALIASES", cte.name.at, message));
        }
        // Lengths grow from step to step.
        let types: Vec<TrinoType> = first.scope.fields.iter().map(|field| field.data_type.without_lengths()).collect();
        let names: Vec<String> = (0..width).map(|_| self.fresh()).collect();
        let first = self.renamed(first, &types, &names, *at)?;
        let table = self.fresh();
        let arrow: Vec<ArrowField> =
            names.iter().zip(&types).map(|(name, of)| ArrowField::new(name, of.arrow(), true)).collect();
        let work = CteWorkTable::new(&table, Arc::new(Schema::new(arrow)));
        let step = LogicalPlanBuilder::scan(table.as_str(), provider_as_source(Arc::new(work)), None);
        let step = engine(*at, step.and_then(LogicalPlanBuilder::build))?;
        let field = |place: usize, relation: Option<&str>| Field {
            relation: vec![cte.name.text.clone()],
            name: Some(cte.columns[place].written.clone()),
            column: match relation {
                Some(relation) => Column::new(Some(relation), names[place].clone()),
                None => Column::new_unqualified(names[place].clone()),
            },
            data_type: types[place].clone(),
            is_hidden: false,
        };
        let step_scope = Scope { fields: (0..width).map(|place| field(place, Some(&table))).collect() };
        let scope = Scope { fields: (0..width).map(|place| field(place, None)).collect() };
        self.ctes
            .push(Cte { name: cte.name.text.clone(), kind: CteKind::Step(Relation { plan: step, scope: step_scope }) });
        let next = self.body(right, outer);
        self.ctes.pop();
        let next = next?;
        for (place, (found, wanted)) in next.scope.fields.iter().zip(&types).enumerate() {
            if !found.data_type.becomes(wanted) {
                let message = format!(
                    "recursion step relation output type ({}) is not coercible to recursion base relation output type ({wanted}) at column {}",
                    found.data_type,
                    place + 1
                );
                return Err(SqlError::mismatch(*at, message));
            }
        }
        if next.scope.fields.len() != width {
            return Err(SqlError::mismatch(
                *at,
                "base and step relations of recursion have different number of fields",
            ));
        }
        let next = self.renamed(next, &types, &names, *at)?;
        let plan = LogicalPlanBuilder::from(first).to_recursive_query(table, next, !is_all);
        Ok(Relation { plan: engine(*at, plan.and_then(LogicalPlanBuilder::build))?, scope })
    }
}
