//! EXPLAIN: the plan of a statement, or what it did.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable};

use super::{Reply, Runner};
use crate::query::error::{Error, Result};
use crate::query::execution::ResultColumn;
use crate::query::lex::Language;
use crate::query::result::Rows;
use crate::query::trino::{ExplainFormat, ExplainOptions, ExplainType, TrinoStatement};
use crate::query::{hive, route, trino};

impl Runner<'_> {
    pub(super) async fn explain(&self, options: ExplainOptions, statement: Range<usize>) -> Result<Reply> {
        let inner = self.statement.blanked(statement.clone());
        let query = match route::language(&inner)? {
            Language::Hive => {
                hive::parse(&inner)?;
                None
            }
            Language::Trino => match trino::parse(&inner)? {
                TrinoStatement::Query { query }
                | TrinoStatement::Insert { query, .. }
                | TrinoStatement::Unload { query, .. }
                | TrinoStatement::CreateView { query, .. } => Some(query),
                TrinoStatement::CreateTableAs(create) => Some(create.query.clone()),
                TrinoStatement::DropView { .. }
                | TrinoStatement::ShowCreateView { .. }
                | TrinoStatement::Prepare { .. }
                | TrinoStatement::Execute { .. }
                | TrinoStatement::Deallocate { .. }
                | TrinoStatement::Explain { .. } => None,
            },
        };
        if let (false, ExplainType::Validate) = (options.analyze, options.kind) {
            if let Some(query) = query {
                self.plan(query)?;
            }
            return valid();
        }
        let Some(query) = query else {
            // A statement without a query has no plan beyond itself.
            let text = self.text().get(statement).unwrap_or_default().to_owned();
            return Ok(Reply::rows(Rows::varchar(["Query Plan"], vec![[text]])));
        };
        let planned = self.plan(query)?;
        let text = if options.analyze {
            let plan = self.session.physical(self.statement, &planned).await?;
            self.session.run_to_end(self.statement, Arc::clone(&plan)).await?;
            analyzed(plan.as_ref(), options)
        } else {
            match options.kind {
                ExplainType::Logical => logical(&self.session.optimized(self.statement, &planned)?, options.format),
                ExplainType::Io => io(planned.tables()),
                ExplainType::Distributed | ExplainType::Validate => {
                    let plan = self.session.physical(self.statement, &planned).await?;
                    match options.format {
                        ExplainFormat::Text => displayable(plan.as_ref()).indent(false).to_string(),
                        ExplainFormat::Graphviz => displayable(plan.as_ref()).graphviz().to_string(),
                        ExplainFormat::Json => physical_json(plan.as_ref()).to_string(),
                    }
                }
            }
        };
        let rows = match options.format {
            ExplainFormat::Text => text.lines().map(|line| [line.to_owned()]).collect(),
            // One document, one row.
            ExplainFormat::Graphviz | ExplainFormat::Json => vec![[text]],
        };
        Ok(Reply::rows(Rows::varchar(["Query Plan"], rows)))
    }
}

fn valid() -> Result<Reply> {
    let schema = Arc::new(Schema::new(vec![Field::new("Valid", DataType::Boolean, true)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(BooleanArray::from(vec![true]))]);
    let batch = batch.map_err(|error| Error::Execution(error.to_string()))?;
    let columns = vec![ResultColumn { name: "Valid".into(), data_type: "boolean".into() }];
    Ok(Reply::rows(Rows { columns, schema, batches: vec![batch] }))
}

fn logical(plan: &LogicalPlan, format: ExplainFormat) -> String {
    match format {
        ExplainFormat::Text => plan.display_indent().to_string(),
        ExplainFormat::Graphviz => plan.display_graphviz().to_string(),
        ExplainFormat::Json => plan.display_pg_json().to_string(),
    }
}

fn analyzed(plan: &dyn ExecutionPlan, options: ExplainOptions) -> String {
    match options.format {
        ExplainFormat::Json => physical_json(plan).to_string(),
        ExplainFormat::Text | ExplainFormat::Graphviz => {
            let shown = DisplayableExecutionPlan::with_metrics(plan);
            let shown = if options.verbose { DisplayableExecutionPlan::with_full_metrics(plan) } else { shown };
            shown.indent(options.verbose).to_string()
        }
    }
}

/// Name, details, metrics and children of each operator.
fn physical_json(plan: &dyn ExecutionPlan) -> serde_json::Value {
    let metrics = plan.metrics().map(|metrics| metrics.aggregate_by_name().to_string());
    serde_json::json!({
        "name": plan.name(),
        "details": displayable(plan).one_line().to_string().trim(),
        "metrics": metrics.filter(|text| !text.is_empty()),
        "children": plan.children().into_iter().map(|child| physical_json(child.as_ref())).collect::<Vec<_>>(),
    })
}

/// The tables that a query reads.
fn io(tables: &BTreeSet<(String, String)>) -> String {
    let table = |(schema, table): &(String, String)| {
        serde_json::json!({"table": {
            "catalog": crate::query::relation::CATALOG,
            "schemaTable": {"schema": schema, "table": table},
        }})
    };
    let tables: Vec<serde_json::Value> = tables.iter().map(table).collect();
    serde_json::to_string_pretty(&serde_json::json!({"inputTableColumnInfos": tables})).unwrap_or_default()
}
