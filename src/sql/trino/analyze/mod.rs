//! The analyzer: a syntax tree becomes a plan of the engine in which every type was decided by Trino's rules.
//!
//! Columns have names of our own inside of plans (`#7`), so that duplicate and missing names are no trouble; what the
//! user calls them is kept in [`scope::Scope`] and given out beside the plan.

mod aggregate;
mod call;
mod capture;
mod condition;
mod emit;
mod expression;
mod grouping;
mod join;
mod json;
mod literal;
mod operators;
mod order;
mod query;
mod recursive;
mod relation;
mod scope;
mod select;
mod set;
mod special;
mod subquery;
mod typed;
mod unnest;
mod window;

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};

use self::query::Cte;
use super::call::SessionInfo;
use super::error::{Place, SqlError, TrinoError};
use super::parse::Parser;
use super::parse::ast;
use super::types::TrinoType;

/// A query ready for the engine.
#[derive(Debug)]
pub(crate) struct PlannedQuery {
    /// The plan; the names of its columns are of no meaning.
    pub(crate) plan: LogicalPlan,
    /// The columns of the result, in the plan's order. Names may repeat.
    pub(crate) columns: Vec<OutputColumn>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputColumn {
    /// The name, `_colN` where the query gives none.
    pub(crate) name: String,
    /// Whether the query gives a name.
    pub(crate) is_named: bool,
    /// The type.
    pub(crate) data_type: TrinoType,
}

/// The name of a table as a query has it, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TableName {
    /// The catalog, if it is named.
    pub(crate) catalog: Option<String>,
    /// The database, if it is named.
    pub(crate) schema: Option<String>,
    /// The table.
    pub(crate) table: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableColumn {
    /// The name, in lower case; also that of the provider's field.
    pub(crate) name: String,
    /// The type.
    pub(crate) data_type: TrinoType,
    /// Whether `*` leaves it out, as `$path`.
    pub(crate) is_hidden: bool,
    /// Whether its values are those of the table's partitions.
    pub(crate) is_partition_key: bool,
}

/// What a table name stands for.
pub(crate) enum ResolvedTable {
    /// A table that is scanned.
    Table {
        /// The engine's table.
        provider: Arc<dyn TableProvider>,
        /// Its columns, in order; each is a field of the provider's schema.
        columns: Vec<TableColumn>,
    },
    /// A view: its query is planned in its place.
    View {
        /// The query's text.
        sql: String,
        /// The columns' names and types as the view was made; those of its query when empty.
        columns: Vec<(String, TrinoType)>,
        /// The database of tables that the view names without one.
        schema: Option<String>,
    },
}

/// Finds tables by name.
pub(crate) trait TableResolver {
    /// The table or view of a name.
    ///
    /// # Errors
    /// `TABLE_NOT_FOUND`, `SCHEMA_NOT_FOUND`, `CATALOG_NOT_FOUND` and what reading the catalog may fail with.
    fn resolve(&self, name: &TableName, at: Place) -> Result<ResolvedTable, SqlError>;
}

/// A session without tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoTables;

impl TableResolver for NoTables {
    fn resolve(&self, name: &TableName, at: Place) -> Result<ResolvedTable, SqlError> {
        Err(SqlError::new("TABLE_NOT_FOUND", at, format!("Table '{}' does not exist", name.table)))
    }
}

/// Plan the query of a text.
///
/// # Errors
/// [`SqlError`] with its place in the text.
pub(crate) fn plan_query(
    text: &str,
    resolver: &dyn TableResolver,
    session: &Arc<SessionInfo>,
) -> Result<PlannedQuery, SqlError> {
    plan_parsed(&Parser::parse_query(text)?, &[], resolver, session)
}

/// Plan a query that was parsed; `parameters` stand for its `?`.
///
/// # Errors
/// [`SqlError`] with its place in the text.
pub(crate) fn plan_parsed(
    query: &ast::Query,
    parameters: &[ast::Expr],
    resolver: &dyn TableResolver,
    session: &Arc<SessionInfo>,
) -> Result<PlannedQuery, SqlError> {
    let mut planner = Planner::new(resolver, session, parameters);
    let planned = planner.query(query, None)?;
    let columns = planned.scope.output();
    let plan = planner.finished(planned, query.at)?;
    Ok(PlannedQuery { plan, columns })
}

/// The state of planning one statement.
pub(crate) struct Planner<'a> {
    resolver: &'a dyn TableResolver,
    session: Arc<SessionInfo>,
    parameters: &'a [ast::Expr],
    ctes: Vec<Cte>,
    /// Names handed out so far.
    names: usize,
    /// Views that are being planned, to find one that names itself.
    views: Vec<TableName>,
    /// Arguments of `grouping(…)` calls, by the number in their stand-in column.
    groupings: Vec<Vec<datafusion::logical_expr::Expr>>,
    /// The windows of the WINDOW clauses around.
    windows: Vec<(ast::Name, ast::Window)>,
    /// The database of tables named without one, while a view is planned.
    schema: Option<String>,
    /// Columns of scans that are partition keys.
    partition_keys: HashSet<Column>,
}

impl<'a> Planner<'a> {
    fn new(resolver: &'a dyn TableResolver, session: &Arc<SessionInfo>, parameters: &'a [ast::Expr]) -> Self {
        Self {
            resolver,
            session: Arc::clone(session),
            parameters,
            ctes: Vec::new(),
            names: 0,
            views: Vec::new(),
            groupings: Vec::new(),
            windows: Vec::new(),
            schema: None,
            partition_keys: HashSet::new(),
        }
    }

    /// A name that no other column has.
    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("#{}", self.names)
    }

    /// The plan with exactly the columns of its scope, in order.
    fn finished(&mut self, planned: scope::Relation, at: Place) -> Result<LogicalPlan, SqlError> {
        let schema = planned.plan.schema();
        let is_exact = schema.fields().len() == planned.scope.fields.len()
            && planned.scope.fields.iter().zip(schema.columns()).all(|(field, column)| field.column == column);
        if is_exact {
            return Ok(planned.plan);
        }
        let mut items = Vec::with_capacity(planned.scope.fields.len());
        for field in &planned.scope.fields {
            items.push(field.expr().alias(self.fresh()));
        }
        engine(at, LogicalPlanBuilder::from(planned.plan).project(items).and_then(LogicalPlanBuilder::build))
    }
}

/// A result of the engine's plan builder at a place.
fn engine<T>(at: Place, result: datafusion::error::Result<T>) -> Result<T, SqlError> {
    result.map_err(|error| SqlError::wrap(at, TrinoError::from(error)))
}
