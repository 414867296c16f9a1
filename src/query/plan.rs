//! A query's text to a plan of the engine, with the names and types of its columns.

use arrow::datatypes::{Field, Schema, SchemaRef};
use std::sync::Arc;

use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::error::Result as EngineResult;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, lit};
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::DFParserBuilder;
use sqlparser::dialect::GenericDialect;

use super::error::{Error, Result};
use super::execution::ResultColumn;
use super::lex::Place;
use super::relation::{Relation, Relations};
use crate::sql::trino::types::TrinoType;

/// A column of a planned query.
#[derive(Debug, Clone)]
pub(super) struct PlannedColumn {
    /// The name that the query gives it.
    name: Option<String>,
    /// Place in the select list.
    place: usize,
    pub(super) data_type: TrinoType,
}

impl PlannedColumn {
    /// The name, when the query gives one.
    pub(super) fn given_name(&self) -> Option<String> {
        self.name.clone()
    }

    /// The name as results show it.
    pub(super) fn shown_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("_col{}", self.place))
    }
}

/// A query that can be run.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) plan: LogicalPlan,
    columns: Vec<PlannedColumn>,
}

impl Planned {
    pub(super) fn columns(&self) -> &[PlannedColumn] {
        &self.columns
    }

    pub(super) fn result_columns(&self) -> Vec<ResultColumn> {
        let column = |column: &PlannedColumn| ResultColumn {
            name: column.shown_name(),
            data_type: column.data_type.to_string(),
        };
        self.columns.iter().map(column).collect()
    }

    /// The columns of the result as Arrow has them.
    pub(super) fn result_schema(&self) -> SchemaRef {
        let fields = self.plan.schema().fields();
        let named = fields
            .iter()
            .zip(&self.columns)
            .map(|(field, column)| Field::new(column.shown_name(), field.data_type().clone(), true));
        Arc::new(Schema::new(named.collect::<Vec<_>>()))
    }

    /// Names and types, every column having a name and none of them twice.
    pub(super) fn named_columns(&self, text: &str, place: Place) -> Result<Vec<(String, TrinoType)>> {
        let mut named: Vec<(String, TrinoType)> = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let Some(name) = column.given_name() else {
                let message = format!("Column name not specified at position {}", column.place + 1);
                return Err(Error::at(text, place, "MISSING_COLUMN_NAME", message, None));
            };
            if named.iter().any(|(other, _)| *other == name) {
                let message = format!("Column name '{name}' specified more than once");
                return Err(Error::at(text, place, "DUPLICATE_COLUMN_NAME", message, None));
            }
            named.push((name, column.data_type.clone()));
        }
        Ok(named)
    }

    /// Other columns from these: each of a type, from a place of this query or NULL.
    pub(super) fn rearranged(self, targets: &[(TrinoType, Option<usize>)]) -> EngineResult<Self> {
        let inputs: Vec<Expr> = self.plan.schema().columns().into_iter().map(Expr::Column).collect();
        let expression = |(place, (data_type, source)): (usize, &(TrinoType, Option<usize>))| {
            let input = source.and_then(|source| inputs.get(source)).cloned();
            cast(input.unwrap_or_else(|| lit(datafusion::common::ScalarValue::Null)), data_type.arrow())
                .alias(format!("c{place}"))
        };
        let expressions: Vec<Expr> = targets.iter().enumerate().map(expression).collect();
        let plan = LogicalPlanBuilder::from(self.plan).project(expressions)?.build()?;
        let column = |(place, (data_type, _)): (usize, &(TrinoType, Option<usize>))| PlannedColumn {
            name: Some(format!("c{place}")),
            place,
            data_type: data_type.clone(),
        };
        Ok(Self { plan, columns: targets.iter().enumerate().map(column).collect() })
    }
}

/// The plan of the query that is the whole of `text`.
///
/// # Errors
/// [`Error::Sql`] with the place in the text.
pub(super) async fn plan(
    state: &SessionState,
    relations: &Relations,
    text: &str,
    database: &str,
    _parameters: &[String],
) -> Result<Planned> {
    let failed = |error| Error::from_engine(text, error);
    let plan = Box::pin(logical(state, relations, text, database)).await?;
    let _ = failed;
    let columns = plan
        .schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(place, field)| {
            let is_given = field.name().chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
            let data_type = TrinoType::from_arrow(field.data_type());
            let data_type =
                data_type.ok_or_else(|| Error::Unsupported { what: format!("The type {}", field.data_type()) });
            Ok(PlannedColumn { name: is_given.then(|| field.name().clone()), place, data_type: data_type? })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Planned { plan, columns })
}

async fn logical(state: &SessionState, relations: &Relations, text: &str, database: &str) -> Result<LogicalPlan> {
    let failed = |error| Error::from_engine(text, error);
    let dialect = GenericDialect {};
    let parser = DFParserBuilder::new(text).with_dialect(&dialect).build();
    let statement = parser.and_then(|mut parser| parser.parse_statement()).map_err(failed)?;
    let mut config = state.config().clone();
    config.options_mut().catalog.default_schema = database.to_owned();
    let own = SessionStateBuilder::new_from_existing(state.clone())
        .with_config(config)
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .build();
    let context = SessionContext::new_with_state(own);
    context.register_catalog("awsdatacatalog", Arc::new(datafusion::catalog::MemoryCatalogProvider::new()));
    let references = context.state().resolve_table_references(&statement).map_err(failed)?;
    for reference in references {
        let resolved = reference.clone().resolve("awsdatacatalog", database);
        let provider = match relations.find(Some(&resolved.catalog), &resolved.schema, &resolved.table)? {
            Relation::Table { provider, .. } => provider,
            Relation::View { text, database } => {
                let plan = Box::pin(logical(state, relations, &text, &database)).await?;
                Arc::new(datafusion::catalog::view::ViewTable::new(plan, Some(text)))
            }
        };
        let catalog = context.catalog("awsdatacatalog").ok_or_else(|| Error::Execution("no catalog".into()))?;
        if catalog.schema(&resolved.schema).is_none() {
            catalog
                .register_schema(&resolved.schema, Arc::new(datafusion::catalog::MemorySchemaProvider::new()))
                .map_err(failed)?;
        }
        context.register_table(reference, provider).map_err(failed)?;
    }
    context.state().statement_to_plan(statement).await.map_err(failed)
}

/// Name, return type and argument types of each function.
pub(super) fn functions() -> Vec<[String; 3]> {
    Vec::new()
}
