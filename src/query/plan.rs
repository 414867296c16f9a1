//! A query's text to a plan of the engine, with the names and types of its columns.
//!
//! The analysis itself is [`crate::sql::trino`]'s; here its questions about tables are answered and its errors become
//! those of this module.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, lit};

use super::error::{Error, Result};
use super::execution::ResultColumn;
use super::lex::Place;
use super::relation::{CATALOG, Relation, Relations};
use crate::catalog;
use crate::sql::trino::analyze::{OutputColumn, ResolvedTable, TableColumn, TableName, TableResolver, plan_parsed};
use crate::sql::trino::call::SessionInfo;
use crate::sql::trino::error::{self as trino, SqlError};
use crate::sql::trino::parse::Parser;
use crate::sql::trino::registry::{Overload, Registry};
use crate::sql::trino::types::TrinoType;

/// A query that can be run.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) plan: LogicalPlan,
    columns: Vec<OutputColumn>,
    tables: BTreeSet<(String, String)>,
}

/// The name of a column, when the query gives one.
pub(super) fn given_name(column: &OutputColumn) -> Option<String> {
    column.is_named.then(|| column.name.to_lowercase())
}

impl Planned {
    pub(super) fn columns(&self) -> &[OutputColumn] {
        &self.columns
    }

    /// Databases and names of the tables that it reads.
    pub(super) fn tables(&self) -> &BTreeSet<(String, String)> {
        &self.tables
    }

    pub(super) fn result_columns(&self) -> Vec<ResultColumn> {
        let column =
            |column: &OutputColumn| ResultColumn { name: column.name.clone(), data_type: column.data_type.to_string() };
        self.columns.iter().map(column).collect()
    }

    /// The columns of the result as Arrow has them.
    pub(super) fn result_schema(&self) -> SchemaRef {
        let named = self.columns.iter().map(|column| Field::new(&column.name, column.data_type.arrow(), true));
        Arc::new(Schema::new(named.collect::<Vec<_>>()))
    }

    /// Names and types, every column having a name and none of them twice.
    pub(super) fn named_columns(&self, text: &str, place: Place) -> Result<Vec<(String, TrinoType)>> {
        let mut named: Vec<(String, TrinoType)> = Vec::with_capacity(self.columns.len());
        for (at, column) in self.columns.iter().enumerate() {
            let Some(name) = given_name(column) else {
                let message = format!("Column name not specified at position {}", at + 1);
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
            let input = input.unwrap_or_else(|| lit(datafusion::common::ScalarValue::Null));
            cast(input, data_type.arrow()).alias(format!("c{place}"))
        };
        let expressions: Vec<Expr> = targets.iter().enumerate().map(expression).collect();
        let plan = LogicalPlanBuilder::from(self.plan.clone()).project(expressions)?.build()?;
        let column = |(place, (data_type, _)): (usize, &(TrinoType, Option<usize>))| OutputColumn {
            name: format!("c{place}"),
            is_named: true,
            data_type: data_type.clone(),
        };
        Ok(Self { plan, columns: targets.iter().enumerate().map(column).collect(), tables: self.tables })
    }
}

/// The plan of the query that is the whole of `text`; `parameters` are SQL expressions for its `?`.
///
/// # Errors
/// [`Error::Sql`] with the place in the text.
pub(super) fn plan(
    relations: &Relations,
    text: &str,
    parameters: &[String],
    session: &Arc<SessionInfo>,
) -> Result<Planned> {
    let failed = |error: SqlError| placed(text, error);
    let mut parser = Parser::new(text).map_err(failed)?;
    let query = parser.query().map_err(failed)?;
    parser.end().map_err(failed)?;
    let wanted = parser.parameter_count();
    if wanted != parameters.len() {
        let message = format!("Incorrect number of parameters: expected {wanted} but found {}", parameters.len());
        return Err(Error::at(text, Place { line: 1, column: 1 }, "INVALID_PARAMETER_USAGE", message, None));
    }
    let parameters = parameters
        .iter()
        .map(|parameter| Parser::parse_expression(parameter).map_err(|error| placed(parameter, error)))
        .collect::<Result<Vec<_>>>()?;
    let resolver = Resolver { relations, database: &session.schema };
    let planned = plan_parsed(&query, &parameters, &resolver, session).map_err(failed)?;
    Ok(Planned { plan: planned.plan, columns: planned.columns, tables: relations.used() })
}

pub(super) fn placed(text: &str, error: SqlError) -> Error {
    let place = Place { line: u64::from(error.place.line), column: u64::from(error.place.column) };
    Error::at(text, place, error.name, error.message, error.hint)
}

/// Answers the analyzer from the catalog.
struct Resolver<'a> {
    relations: &'a Relations,
    database: &'a str,
}

impl TableResolver for Resolver<'_> {
    fn resolve(&self, name: &TableName, at: trino::Place) -> Result<ResolvedTable, SqlError> {
        let database = name.schema.as_deref().unwrap_or(self.database);
        let found = self.relations.find(name.catalog.as_deref(), database, &name.table);
        let found = found.or_else(|error| self.in_scope(name).unwrap_or(Err(error)));
        match found {
            Ok(Relation::Table { provider, columns }) => {
                let column = |column: super::relation::RelationColumn| TableColumn {
                    name: column.name,
                    data_type: column.data_type,
                    is_hidden: column.is_hidden,
                    is_partition_key: column.is_partition_key,
                };
                Ok(ResolvedTable::Table { provider, columns: columns.into_iter().map(column).collect() })
            }
            Ok(Relation::View { text, database }) => {
                Ok(ResolvedTable::View { sql: text, columns: Vec::new(), schema: Some(database) })
            }
            Err(error) => Err(self.unresolved(name, at, error)),
        }
    }
}

impl Resolver<'_> {
    /// The caller's rows of this name, for a name without a database.
    fn in_scope(&self, name: &TableName) -> Option<Result<Relation>> {
        let is_plain = name.schema.is_none() && name.catalog.is_none();
        self.relations.in_scope(&name.table).filter(|_| is_plain)
    }

    fn unresolved(&self, name: &TableName, at: trino::Place, error: Error) -> SqlError {
        let hinted = |error: SqlError, hint: &str| match hint.trim_start_matches("\nhint: ") {
            "" => error,
            hint => error.hint(hint),
        };
        match error {
            Error::Catalog(catalog::Error::UnknownTable { database, name: table, hint }) => {
                let message = format!("Table '{CATALOG}.{database}.{table}' does not exist");
                let elsewhere = self.elsewhere(name);
                let hint = elsewhere.map_or(hint, |found| format!("\nhint: name its database: there is {found}"));
                hinted(SqlError::new("TABLE_NOT_FOUND", at, message), &hint)
            }
            Error::Catalog(catalog::Error::UnknownDatabase { name: database, hint }) => {
                let elsewhere = self.elsewhere(name);
                let hint = elsewhere.map_or(hint, |found| format!("\nhint: name its database: there is {found}"));
                hinted(SqlError::new("SCHEMA_NOT_FOUND", at, format!("Schema '{database}' does not exist")), &hint)
            }
            Error::Failed { code, message, hint } if code == "CATALOG_NOT_FOUND" => {
                hinted(SqlError::new("CATALOG_NOT_FOUND", at, message), hint.as_deref().unwrap_or_default())
            }
            Error::Unsupported { what } => SqlError::unsupported(at, format!("{what} is not supported")),
            other => SqlError::new("HIVE_METASTORE_ERROR", at, other.to_string()),
        }
    }

    /// Where a table of this name is, for a name without a database.
    fn elsewhere(&self, name: &TableName) -> Option<String> {
        if name.schema.is_some() {
            return None;
        }
        let catalog = &self.relations.lake.catalog;
        let databases = catalog.databases().ok()?;
        let found: Vec<String> = databases
            .iter()
            .filter(|database| catalog.table(&database.name, &name.table).is_ok())
            .map(|database| format!("`{}.{}`", database.name, name.table))
            .collect();
        (!found.is_empty()).then(|| found.join(", "))
    }
}

/// Name, return type and argument types of each function.
pub(super) fn functions() -> Vec<[String; 3]> {
    let registry = Registry::get();
    let mut rows = Vec::new();
    for name in registry.names() {
        let scalars = registry.function(name).unwrap_or_default().iter().map(Overload::text);
        let aggregates = registry.aggregate(name).unwrap_or_default().iter().map(Overload::text);
        for signature in scalars.chain(aggregates) {
            let (call, result) = signature.split_once(" -> ").unwrap_or((signature, ""));
            let arguments = call.split_once('(').map_or("", |(_, arguments)| arguments.trim_end_matches(')'));
            rows.push([name.to_owned(), result.to_owned(), arguments.to_owned()]);
        }
    }
    rows.sort();
    rows
}
