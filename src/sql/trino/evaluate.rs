//! Run a query that needs no tables: for tests of the surface, and for trying an expression.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::collect;
use datafusion::prelude::{SessionConfig, SessionContext};
use serde_json::Value;

use super::analyze::{NoTables, plan_query};
use super::call::SessionInfo;
use super::error::{SqlError, TrinoError};
use super::render::json_value;

/// A result, its values as JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evaluated {
    /// The types, as `typeof` prints them but without varchar lengths.
    pub(crate) types: Vec<String>,
    /// The names.
    pub(crate) names: Vec<String>,
    /// The rows.
    pub(crate) rows: Vec<Vec<Value>>,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EvaluateError {
    /// The query cannot be planned.
    Sql(SqlError),
    /// It failed while running.
    Value(TrinoError),
}

impl fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql(error) => error.fmt(f),
            Self::Value(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EvaluateError {}

impl From<SqlError> for EvaluateError {
    fn from(error: SqlError) -> Self {
        Self::Sql(error)
    }
}

impl From<TrinoError> for EvaluateError {
    fn from(error: TrinoError) -> Self {
        Self::Value(error)
    }
}

impl From<DataFusionError> for EvaluateError {
    fn from(error: DataFusionError) -> Self {
        Self::Value(runtime_error(&error))
    }
}

/// The engine's error as Trino names it.
pub(crate) fn runtime_error(error: &DataFusionError) -> TrinoError {
    if let Some(own) = TrinoError::find(error) {
        return own.clone();
    }
    let message = error.strip_backtrace();
    if message.contains("Scalar subquery returned more than one row") {
        return TrinoError::new("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows");
    }
    match error.find_root() {
        DataFusionError::NotImplemented(what) => TrinoError::unsupported(what.clone()),
        DataFusionError::ResourcesExhausted(what) => TrinoError::new("EXCEEDED_LOCAL_MEMORY_LIMIT", what.clone()),
        _ => TrinoError::internal(message),
    }
}

/// The engine's settings under which plans of this module run.
pub(crate) fn engine_config(threads: usize) -> SessionConfig {
    let mut config = SessionConfig::new().with_target_partitions(threads.max(1)).with_information_schema(false);
    let settings = config.options_mut();
    settings.execution.collect_statistics = false;
    config
}

/// An engine without tables and without functions of its own.
pub(crate) fn bare_state() -> SessionState {
    SessionStateBuilder::new().with_config(engine_config(1)).build()
}

/// Run a query that names no table, at a moment.
///
/// # Errors
/// Why it cannot be planned, or what failed.
pub(crate) async fn evaluate(text: &str, start: DateTime<Utc>) -> Result<Evaluated, EvaluateError> {
    let session = Arc::new(SessionInfo::at(start));
    let planned = plan_query(text, &NoTables, &session)?;
    let context = SessionContext::new_with_state(bare_state());
    let physical = context.state().create_physical_plan(&planned.plan).await?;
    let batches = collect(physical, context.task_ctx()).await?;
    let types: Vec<_> = planned.columns.iter().map(|column| column.data_type.clone()).collect();
    let mut rows = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().zip(&types).map(|(column, of)| json_value(column, row, of));
            rows.push(values.collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(Evaluated {
        types: types.iter().map(|of| of.without_lengths().to_string()).collect(),
        names: planned.columns.into_iter().map(|column| column.name).collect(),
        rows,
    })
}
