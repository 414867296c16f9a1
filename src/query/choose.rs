//! Which files of a table a job reads: those of the partitions for which a condition can hold.

use std::sync::Arc;

use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::error::{Error, Result};
use super::plan::placed;
use super::scan::{CatalogTable, FileTable, ScanCounter};
use super::session::Session;
use super::statement::Statement;
use super::view::VIRTUAL_VIEW;
use crate::catalog::Table;
use crate::sql::trino::parse::Parser;

/// The files that a condition chose.
#[derive(Debug)]
pub struct Chosen {
    /// The table with these files.
    pub files: FileTable,
    /// Columns of the condition that are no partition keys, in the order in which they stand there.
    pub other_columns: Vec<String>,
    /// Partitions that were looked at.
    pub all_partitions: u64,
    /// Partitions that were chosen.
    pub partitions: u64,
}

impl Session {
    /// The files of a table in the partitions for which a condition can hold; all when there is none.
    ///
    /// # Errors
    /// [`Error::Catalog`] when there is no such table, [`Error::Sql`] with the place in the condition.
    pub async fn choose_files(&self, database: &str, table: &str, condition: Option<&str>) -> Result<Chosen> {
        let snapshot = self.lake().table(database, table)?;
        if snapshot.table.table_type == VIRTUAL_VIEW {
            let what = format!("Reading the view `{database}.{table}` as files");
            return Err(Error::Unsupported { what });
        }
        let counter = Arc::new(ScanCounter::default());
        let filters = match condition {
            Some(condition) => self.filters(&snapshot.table, condition, &counter)?,
            None => Some(Filters::default()),
        };
        let mut chosen = Chosen {
            files: FileTable { table: snapshot.table.clone(), partitions: Vec::new(), files: Vec::new() },
            other_columns: Vec::new(),
            all_partitions: snapshot.partitions(&self.lake().catalog)?.partitions.len() as u64,
            partitions: 0,
        };
        // A condition that can never hold leaves nothing to scan.
        let Some(filters) = filters else { return Ok(chosen) };
        let provider = CatalogTable::new(Arc::clone(&snapshot), Arc::clone(self.lake()), Arc::clone(&counter));
        let selected = provider.selected(&self.state(), &filters.over_partitions).await;
        let selected = selected.map_err(|error| Error::from_engine(condition.unwrap_or_default(), error))?;
        chosen.files = selected;
        chosen.other_columns = filters.other_columns;
        chosen.partitions = counter.partitions.load(std::sync::atomic::Ordering::Relaxed);
        Ok(chosen)
    }

    /// The parts of a condition; `None` when it never holds.
    fn filters(&self, table: &Table, condition: &str, counter: &Arc<ScanCounter>) -> Result<Option<Filters>> {
        // Alone first: what is missing at its end is missing there.
        Parser::parse_expression(condition).map_err(|error| placed(condition, error))?;
        let name = format!("{}.{}", quoted(&table.database), quoted(&table.name));
        // The condition has its own lines, so that errors can tell their place in it.
        let text = format!("SELECT 1 FROM {name} WHERE (\n{condition}\n)");
        let end = text.len();
        let statement = Statement::new(text, table.database.clone(), Vec::new(), Arc::clone(counter));
        let planned = self.plan(&statement, 0..end).map_err(one_line_up)?;
        let plan = self.optimized(&statement, &planned)?;
        let mut filters = None;
        collect(&plan, &mut filters);
        if let Some(filters) = &mut filters {
            let keys = &table.partition_keys;
            for column in filter_columns(&planned.plan) {
                if !keys.iter().any(|key| key.name == column) && !filters.other_columns.contains(&column) {
                    filters.other_columns.push(column);
                }
            }
        }
        Ok(filters)
    }
}

#[derive(Debug, Default)]
struct Filters {
    over_partitions: Vec<Expr>,
    other_columns: Vec<String>,
}

/// The conditions that were pushed into the scan; nothing when the optimizer left no scan.
fn collect(plan: &LogicalPlan, filters: &mut Option<Filters>) {
    if let LogicalPlan::TableScan(scan) = plan
        && source_as_provider(&scan.source).is_ok()
    {
        filters.get_or_insert_default().over_partitions.extend(scan.filters.iter().cloned());
    }
    for input in plan.inputs() {
        collect(input, filters);
    }
}

/// Names of the columns in the filters of a plan.
fn filter_columns(plan: &LogicalPlan) -> Vec<String> {
    let mut found = Vec::new();
    if let LogicalPlan::Filter(filter) = plan {
        found.extend(filter.predicate.column_refs().into_iter().map(|column| column.name.clone()));
        found.sort_unstable();
    }
    found.extend(plan.inputs().into_iter().flat_map(filter_columns));
    found
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An error of a text that has one line more in front.
fn one_line_up(error: Error) -> Error {
    match error {
        Error::Sql { code, message, line, column, snippet, hint } if line > 1 => {
            Error::Sql { code, message, line: line - 1, column, snippet, hint }
        }
        other => other,
    }
}
