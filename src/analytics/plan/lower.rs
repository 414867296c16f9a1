//! A planned query as steps over one stream's batches.
//!
//! Filters and projections are evaluated directly on batches: for stateless segments an execution plan would only add a
//! start and an end to every epoch.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::{DFSchemaRef, TableReference};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as PlannerStatement;
use sqlparser::ast::{Query, Statement as SqlStatement};
use sqlparser::tokenizer::Location;

use super::query::QueryContext;
use super::scope::StreamPlan;
use crate::analytics::error::{Error, Result};
use crate::sql::capitalised;
use crate::time::Timestamp;

/// One step of a segment.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Keep the rows for which it is TRUE.
    Filter(Arc<dyn PhysicalExpr>),
    /// Replace the columns.
    Project(Vec<Arc<dyn PhysicalExpr>>, SchemaRef),
}

/// One path from a stream to the pump's target; a UNION ALL has several.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    /// The stream read.
    pub(crate) stream: String,
    /// Columns of the stream's scan schema that the first step sees.
    pub(crate) columns: Vec<usize>,
    /// Those columns.
    pub(crate) scan_schema: SchemaRef,
    pub(crate) steps: Vec<Step>,
    /// The columns behind the last step.
    pub(crate) schema: SchemaRef,
}

/// Plans the queries of one application.
pub(crate) struct QueryPlanner {
    context: SessionContext,
}

impl QueryPlanner {
    /// A planner over the application's streams, for which the query's start is `started`.
    pub(crate) fn new(streams: &BTreeMap<String, StreamPlan>, started: Timestamp) -> Result<Self> {
        let mut config = SessionConfig::new().with_target_partitions(1).with_information_schema(false);
        let options = config.options_mut();
        options.sql_parser.enable_ident_normalization = false;
        options.sql_parser.parse_float_as_decimal = true;
        options.sql_parser.collect_spans = true;
        options.sql_parser.enable_subquery_sort_elimination = false;
        let mut state = SessionStateBuilder::new().with_config(config).with_default_features().build();
        if let Some(started) = started.to_utc() {
            let props = state.execution_props_mut();
            *props = props.clone().with_query_execution_start_time(started);
        }
        let context = SessionContext::new_with_state(state);
        for stream in streams.values() {
            let table = MemTable::try_new(stream.scan_schema(), vec![Vec::new()])?;
            context.register_table(TableReference::bare(stream.name.clone()), Arc::new(table))?;
        }
        Ok(Self { context })
    }

    /// The branches of a query.
    pub(crate) fn plan(&self, query: &Query, at: &QueryContext<'_>) -> Result<Vec<Branch>> {
        let state = self.context.state();
        let statement = PlannerStatement::Statement(Box::new(SqlStatement::Query(Box::new(query.clone()))));
        // The tables are in memory, so the future is ready at its first poll.
        let plan = futures::executor::block_on(state.statement_to_plan(statement))
            .map_err(|error| planning_error(at, &error))?;
        let plan = state.optimize(&plan).map_err(|error| planning_error(at, &error))?;
        let mut branches = Vec::new();
        Lowering { state: &state, at }.lower(&plan, &mut branches)?;
        Ok(branches)
    }
}

struct Lowering<'a> {
    state: &'a SessionState,
    at: &'a QueryContext<'a>,
}

impl Lowering<'_> {
    fn lower(&self, plan: &LogicalPlan, branches: &mut Vec<Branch>) -> Result<()> {
        match plan {
            LogicalPlan::TableScan(scan) => {
                let width = scan.source.schema().fields().len();
                let columns = scan.projection.clone().unwrap_or_else(|| (0..width).collect());
                if !scan.filters.is_empty() || scan.fetch.is_some() {
                    return Err(Error::Internal(format!("a filter was pushed into the scan of `{}`", scan.table_name)));
                }
                let schema = Arc::clone(scan.projected_schema.inner());
                branches.push(Branch {
                    stream: scan.table_name.table().to_owned(),
                    columns,
                    scan_schema: Arc::clone(&schema),
                    steps: Vec::new(),
                    schema,
                });
                Ok(())
            }
            LogicalPlan::Projection(projection) => {
                let exprs = projection
                    .expr
                    .iter()
                    .map(|expr| self.expression(expr, projection.input.schema()))
                    .collect::<Result<Vec<_>>>()?;
                let schema = Arc::clone(projection.schema.inner());
                self.extend(&projection.input, branches, &Step::Project(exprs, Arc::clone(&schema)), &schema)
            }
            LogicalPlan::Filter(filter) => {
                let predicate = self.expression(&filter.predicate, filter.input.schema())?;
                let schema = Arc::clone(filter.input.schema().inner());
                self.extend(&filter.input, branches, &Step::Filter(predicate), &schema)
            }
            LogicalPlan::SubqueryAlias(alias) => self.lower(&alias.input, branches),
            LogicalPlan::Union(union) => union.inputs.iter().try_for_each(|input| self.lower(input, branches)),
            // A condition that is never TRUE.
            LogicalPlan::EmptyRelation(empty) if !empty.produce_one_row => Ok(()),
            LogicalPlan::Aggregate(_) => Err(self.unsupported("An aggregate (a window)")),
            LogicalPlan::Window(_) => Err(self.unsupported("OVER (a sliding window)")),
            other => Err(self.unsupported(&format!("This query ({})", other.display()))),
        }
    }

    fn extend(&self, input: &LogicalPlan, branches: &mut Vec<Branch>, step: &Step, schema: &SchemaRef) -> Result<()> {
        let before = branches.len();
        self.lower(input, branches)?;
        for branch in &mut branches[before..] {
            branch.steps.push(step.clone());
            branch.schema = Arc::clone(schema);
        }
        Ok(())
    }

    fn expression(&self, expr: &datafusion::logical_expr::Expr, schema: &DFSchemaRef) -> Result<Arc<dyn PhysicalExpr>> {
        self.state.create_physical_expr(expr.clone(), schema).map_err(|error| planning_error(self.at, &error))
    }

    fn unsupported(&self, clause: &str) -> Error {
        Error::unsupported(self.at.text, self.at.at.line, self.at.at.column, clause)
    }
}

/// The planner's error with its place in the user's text.
fn planning_error(at: &QueryContext<'_>, error: &DataFusionError) -> Error {
    let diagnostic = error.diagnostic();
    let place = diagnostic
        .and_then(|diagnostic| diagnostic.span)
        .map_or(at.at, |span| Location::new(span.start.line, span.start.column));
    let (message, hint) = match diagnostic {
        Some(diagnostic) => {
            let helps: Vec<&str> = diagnostic
                .notes
                .iter()
                .map(|note| note.message.as_str())
                .chain(diagnostic.helps.iter().map(|help| help.message.as_str()))
                .collect();
            (capitalised(&diagnostic.message), (!helps.is_empty()).then(|| helps.join("; ")))
        }
        None => {
            let text = error.find_root().message().into_owned();
            (capitalised(text.lines().next().unwrap_or_default()), None)
        }
    };
    let hint = hint.or_else(|| near_column(at, &message));
    Error::sql(at.text, place.line, place.column, message, hint)
}

/// For an unknown column: the columns that there are, and the rule that trips most people.
fn near_column(at: &QueryContext<'_>, message: &str) -> Option<String> {
    if !message.contains("not found") && !message.contains("No field named") {
        return None;
    }
    let columns: Vec<String> =
        at.streams.values().flat_map(|columns| columns.iter().map(|name| format!("\"{name}\""))).take(12).collect();
    Some(format!("names are case-sensitive and upper case unless quoted; the streams have {}", columns.join(", ")))
}
