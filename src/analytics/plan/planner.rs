//! What planning needs to know, and the nodes that it makes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Int32Type, Int64Type, Schema, SchemaRef};

use super::relation::{Column, Origin, Relation, StreamPlan, schema_of};
use crate::analytics::error::{Error, Result};
use crate::analytics::expr::{EvalEnv, Expr, ExprType, Scope, TableQueries, bind};
use crate::analytics::function::Functions;
use crate::analytics::operator::{Delta, Operator, Output, Select};
use crate::analytics::reference::ReferenceTable;
use crate::analytics::sql_type::SqlType;
use crate::analytics::syntax::{self, At, Clock, ExprKind, Name, Query};

/// What queries can read, as known when the application is planned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) streams: Vec<StreamPlan>,
    pub(crate) tables: Vec<ReferenceTable>,
    pub(crate) views: BTreeMap<String, Query>,
    pub(crate) functions: Functions,
    /// Whether rows of inputs carry where they come from.
    pub(crate) with_origin: bool,
    pub(crate) env: EvalEnv,
}

/// An operator and what it reads.
pub(crate) struct PlanNode {
    /// What it does and for which pump, as checkpoints name it.
    pub(crate) name: String,
    pub(crate) pump: String,
    pub(crate) inputs: Vec<Origin>,
    pub(crate) operator: Box<dyn Operator>,
}

impl fmt::Debug for PlanNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanNode").field("name", &self.name).field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

/// Plans queries into nodes.
pub(super) struct Planner<'a> {
    pub(super) text: &'a str,
    pub(super) catalog: &'a Catalog,
    tables: Arc<dyn TableQueries>,
    pub(super) nodes: Vec<PlanNode>,
    pub(super) pump: String,
    pub(super) warnings: Vec<String>,
    /// Views being planned, so that none reads itself.
    pub(super) within: Vec<String>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(text: &'a str, catalog: &'a Catalog) -> Self {
        let streamless = Catalog { streams: Vec::new(), ..catalog.clone() };
        let tables: Arc<dyn TableQueries> = Arc::new(SubQueries { catalog: streamless });
        Self { text, catalog, tables, nodes: Vec::new(), pump: String::new(), warnings: Vec::new(), within: Vec::new() }
    }

    /// Add a node; `what` names its kind.
    pub(super) fn node(&mut self, what: &str, inputs: Vec<Origin>, operator: impl Operator + 'static) -> Origin {
        let place = self.nodes.len();
        let name = format!("{place}-{what}");
        self.nodes.push(PlanNode { name, pump: self.pump.clone(), inputs, operator: Box::new(operator) });
        Origin::Node(place)
    }

    pub(super) fn scope(&self, relation: &Relation) -> Scope {
        relation.scope(Some(&self.tables))
    }

    /// A typed expression over the rows of `relation`.
    ///
    /// The clock of a row is its ROWTIME, the moment at which it came: so a replay reads the same.
    pub(super) fn bind(&mut self, expr: &syntax::Expr, relation: &Relation) -> Result<Expr> {
        let scope = self.scope(relation);
        if !relation.is_stream {
            return self.bind_in(expr, &scope);
        }
        let rowtime = ExprKind::Place(relation.rowtime_place());
        let timed = expr.replaced(&mut |part| {
            let is_clock = part.kind == ExprKind::Clock(Clock::RowTimestamp);
            is_clock.then(|| syntax::Expr { kind: rowtime.clone(), at: part.at })
        });
        self.bind_in(&timed, &scope)
    }

    /// A typed expression over `scope`.
    pub(super) fn bind_in(&mut self, expr: &syntax::Expr, scope: &Scope) -> Result<Expr> {
        self.warn_of_case(expr, scope);
        bind(&without_monotonic(expr), scope, &self.catalog.functions, self.text)
    }

    /// A condition over the rows of `relation`.
    pub(super) fn bind_condition(&mut self, expr: &syntax::Expr, relation: &Relation) -> Result<Expr> {
        let bound = self.bind(expr, relation)?;
        if bound.sql_type().is_boolean() || bound.sql_type().is_null() {
            return Ok(bound);
        }
        let message = format!("A condition is expected here, not a value of type {}", bound.sql_type());
        Err(expr.at.error_with_hint(self.text, message, "compare the value with something"))
    }

    /// Remember unquoted names that fit a column only when case is ignored.
    fn warn_of_case(&mut self, expr: &syntax::Expr, scope: &Scope) {
        let mut found = Vec::new();
        expr.walk(&mut |part| {
            if let ExprKind::Column(parts) = &part.kind
                && let Some(name) = parts.last()
                && let Ok(Some(place)) = scope.find(parts, self.text)
                && let Some(column) = scope.columns.get(place)
                && column.name != name.value
            {
                found.push((name.clone(), column.name.clone()));
            }
            true
        });
        for (written, stored) in found {
            self.warn(&written, "column", &stored);
        }
    }

    pub(super) fn warn(&mut self, written: &Name, what: &str, stored: &str) {
        let warning = format!(
            "The unquoted name `{}` in line {} stands for the {what} \"{stored}\": quote it",
            written.value, written.at.line
        );
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    pub(super) fn error(&self, at: At, message: impl Into<String>) -> Error {
        at.error(self.text, message)
    }

    pub(super) fn refuse(&self, at: At, message: impl Into<String>, hint: impl Into<String>) -> Error {
        at.error_with_hint(self.text, message, hint)
    }

    /// The value of an expression without columns: its type and an array of one value.
    pub(super) fn constant(&mut self, expr: &syntax::Expr) -> Result<(ExprType, ArrayRef)> {
        let bound = self.bind_in(expr, &Scope::default())?;
        if !bound.is_constant() {
            return Err(self.error(expr.at, "A constant is expected here"));
        }
        let found = bound.evaluate(&one_row()?, &self.catalog.env)?;
        match found.failed.and_then(|failed| failed.iter().next().map(|(_, message)| message.to_owned())) {
            Some(message) => Err(self.error(expr.at, message)),
            None => Ok((bound.sql_type().clone(), found.values)),
        }
    }

    /// A constant day-time interval in milliseconds.
    pub(super) fn milliseconds(&mut self, expr: &syntax::Expr, what: &str) -> Result<i64> {
        let (sql_type, value) = self.constant(expr)?;
        match sql_type.interval() {
            Some(qualifier) if qualifier.is_year_month() => Err(self.refuse(
                expr.at,
                format!("{what} cannot be in months and years, which differ in length"),
                "use DAY, HOUR, MINUTE or SECOND",
            )),
            Some(_) if value.is_valid(0) => Ok(value.as_primitive::<Int64Type>().value(0)),
            _ => Err(self.refuse(
                expr.at,
                format!("{what} must be an interval, not a value of type {sql_type}"),
                "for example INTERVAL '1' MINUTE",
            )),
        }
    }

    /// A constant integer.
    pub(super) fn integer(&mut self, expr: &syntax::Expr, what: &str) -> Result<i64> {
        let (sql_type, value) = self.constant(expr)?;
        match sql_type {
            ExprType::Sql(SqlType::Integer) if value.is_valid(0) => {
                Ok(i64::from(value.as_primitive::<Int32Type>().value(0)))
            }
            ExprType::Sql(SqlType::BigInt) if value.is_valid(0) => Ok(value.as_primitive::<Int64Type>().value(0)),
            other => Err(self.error(expr.at, format!("{what} must be a whole number, not a value of type {other}"))),
        }
    }

    /// Rows of `relation` that meet `filter`, with the columns `items`.
    pub(super) fn project(
        &mut self,
        relation: &Relation,
        filter: Option<Expr>,
        items: Vec<Expr>,
        columns: Vec<Column>,
    ) -> Relation {
        let select = Select::new(filter, items, &relation.schema(), schema_of(&columns));
        let origin = self.node("select", vec![relation.origin], select);
        Relation {
            origin,
            columns,
            qualifier: relation.qualifier.clone(),
            is_stream: relation.is_stream,
            rowtime_item: None,
            is_grouped: relation.is_grouped,
        }
    }

    /// All rows of a relation that no stream feeds.
    pub(super) fn rows_of(&mut self, relation: &Relation) -> Result<RecordBatch> {
        let env = self.catalog.env;
        let delta = self.run_once(relation.origin, &env)?;
        let batches: Vec<RecordBatch> = delta.rows.into_iter().map(|rows| rows.batch).collect();
        Ok(arrow::compute::concat_batches(&relation.schema(), &batches)?)
    }

    /// The output of a node over everything that its inputs will ever give.
    fn run_once(&mut self, origin: Origin, env: &EvalEnv) -> Result<Delta> {
        let Origin::Node(place) = origin else {
            return Err(Error::Internal("a stream was read as a table".into()));
        };
        let inputs = self.nodes.get(place).map(|node| node.inputs.clone()).unwrap_or_default();
        let deltas = inputs.into_iter().map(|input| self.run_once(input, env)).collect::<Result<Vec<_>>>()?;
        let Some(node) = self.nodes.get_mut(place) else {
            return Err(Error::Internal("a query reads a node that is not there".into()));
        };
        let mut output = Output::new();
        node.operator.process(&deltas.iter().collect::<Vec<_>>(), env, &mut output)?;
        match output.failures.into_iter().next() {
            Some(failure) => Err(Error::TableRow { message: failure.message }),
            None => Ok(Delta { rows: output.rows, bound: i64::MAX }),
        }
    }
}

/// MONOTONIC(x) is x: it only tells how x moves.
fn without_monotonic(expr: &syntax::Expr) -> syntax::Expr {
    expr.replaced(&mut |part| match &part.kind {
        ExprKind::Call(call) if call.name.value == "MONOTONIC" && call.over.is_none() => match &call.arguments[..] {
            [argument] => Some(without_monotonic(argument)),
            _ => None,
        },
        _ => None,
    })
}

fn one_row() -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?)
}

/// The schema of a table's rows.
pub(crate) fn table_schema(columns: &[(String, SqlType)]) -> SchemaRef {
    let field = |(name, sql_type): &(String, SqlType)| Field::new(name, sql_type.to_arrow(), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// Runs sub-queries of IN and EXISTS over tables.
#[derive(Debug)]
struct SubQueries {
    catalog: Catalog,
}

impl TableQueries for SubQueries {
    fn run(&self, query: &Query, text: &str) -> Result<(RecordBatch, Vec<ExprType>)> {
        let (rows, columns) = run_table_query(query, text, &self.catalog)?;
        Ok((rows, columns.into_iter().map(|(_, sql_type)| sql_type).collect()))
    }
}

/// All rows of a query over tables and VALUES, with its columns.
///
/// # Errors
/// [`Error::Sql`] for what the query says, [`Error::TableRow`] for a row that fails.
pub(crate) fn run_table_query(
    query: &Query,
    text: &str,
    catalog: &Catalog,
) -> Result<(RecordBatch, Vec<(String, ExprType)>)> {
    let mut planner = Planner::new(text, catalog);
    let relation = planner.query(query)?;
    let all = planner.rows_of(&relation)?;
    let places: Vec<usize> = relation.visible().map(|(place, _)| place).collect();
    let columns = relation.visible().map(|(_, column)| (column.name.clone(), column.sql_type.clone())).collect();
    Ok((all.project(&places)?, columns))
}
