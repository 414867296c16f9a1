//! Running statements: one file a statement or a family of them.

mod alter_table;
mod commit;
mod create_table;
mod create_table_as;
mod create_text;
mod database;
mod describe;
mod explain;
mod formats;
mod insert;
mod partition;
mod prepared;
mod repair;
mod show;
mod staged;
mod target;
mod unload;
mod vacuum;
mod view;

use std::ops::Range;
use std::sync::Arc;

pub(super) use partition::partition_folder;
pub use staged::StagedWrite;
pub use vacuum::Orphan;

use super::cursor::TableName;
use super::error::{Error, Result};
use super::hive::HiveStatement;
use super::lex::Place;
use super::plan::Planned;
use super::result::Rows;
use super::scan::{Lake, TableSnapshot};
use super::session::Session;
use super::statement::Statement;
use super::trino::TrinoStatement;
use super::write::{WriteTarget, Writer};
use crate::catalog;

/// What a statement gives.
pub(super) struct Reply {
    pub(super) rows: Rows,
    pub(super) update_count: Option<u64>,
}

impl Reply {
    fn none() -> Self {
        Self { rows: Rows::none(), update_count: None }
    }

    fn rows(rows: Rows) -> Self {
        Self { rows, update_count: None }
    }
}

/// One statement with what it needs.
#[derive(Clone, Copy)]
pub(super) struct Runner<'a> {
    pub(super) session: &'a Session,
    pub(super) statement: &'a Statement,
}

impl<'a> Runner<'a> {
    fn lake(&self) -> &'a Arc<Lake> {
        self.session.lake()
    }

    fn text(&self) -> &'a str {
        &self.statement.text
    }

    /// Database and name of a table.
    fn names(&self, table: &TableName) -> (String, String) {
        let database = table.database.clone().unwrap_or_else(|| self.statement.database.clone());
        (database, table.name.clone())
    }

    /// A table or view that a Hive statement names.
    fn table(&self, table: &TableName) -> Result<Arc<TableSnapshot>> {
        let (database, name) = self.names(table);
        self.lake().table(&database, &name).map_err(|error| self.hive_missing(error))
    }

    /// A table that is no view.
    fn base_table(&self, table: &TableName) -> Result<Arc<TableSnapshot>> {
        let found = self.table(table)?;
        if found.table.table_type == view::VIRTUAL_VIEW {
            return Err(Error::hive(format!("`{}.{}` is a view, not a table", found.table.database, found.table.name)));
        }
        Ok(found)
    }

    /// What the catalog did not find, in Hive's words.
    fn hive_missing(&self, error: Error) -> Error {
        match error {
            Error::Catalog(catalog::Error::UnknownTable { database, name, hint }) => {
                Error::hive(format!("Table not found {database}.{name}{hint}"))
            }
            Error::Catalog(catalog::Error::UnknownDatabase { name, hint }) => {
                Error::hive(format!("Database does not exist: {name}{hint}"))
            }
            other => other,
        }
    }

    /// An error at a name of the statement, in Trino's words.
    fn error_at(&self, place: Place, code: &str, message: impl Into<String>) -> Error {
        Error::at(self.text(), place, code, message, None)
    }

    /// What a Trino statement names and the catalog does not have.
    fn missing_at(&self, name: &TableName, error: Error) -> Error {
        match error {
            Error::Catalog(catalog::Error::UnknownTable { database, name: table, hint }) => {
                let hint = hint.trim_start_matches("\nhint: ").to_owned();
                let hint = Some(hint).filter(|hint| !hint.is_empty());
                let message = format!("Table '{}.{database}.{table}' does not exist", super::relation::CATALOG);
                Error::at(self.text(), name.place, "TABLE_NOT_FOUND", message, hint)
            }
            Error::Catalog(catalog::Error::UnknownDatabase { name: database, hint }) => {
                let hint = hint.trim_start_matches("\nhint: ").to_owned();
                let hint = Some(hint).filter(|hint| !hint.is_empty());
                let message = format!("Schema '{database}' does not exist");
                Error::at(self.text(), name.place, "SCHEMA_NOT_FOUND", message, hint)
            }
            other => other,
        }
    }

    fn plan(&self, query: Range<usize>) -> Result<Planned> {
        self.session.plan(self.statement, query)
    }

    fn writer(&self, target: WriteTarget) -> Result<Writer> {
        let folder = self.lake().storage.private_dir().join("writes").join(&self.statement.id);
        Writer::new(target, folder)
    }

    async fn write_all(&self, planned: Planned, writer: &mut Writer) -> Result<()> {
        self.session.write(self.statement, planned, writer).await
    }

    pub(super) async fn hive(&self, statement: &HiveStatement) -> Result<Reply> {
        match statement {
            HiveStatement::CreateDatabase { name, if_not_exists, comment, location, properties } => {
                self.create_database(name, *if_not_exists, comment.as_deref(), location.as_deref(), properties)
            }
            HiveStatement::AlterDatabase { name, properties } => self.alter_database(name, properties),
            HiveStatement::DropDatabase { name, if_exists, cascade } => self.drop_database(name, *if_exists, *cascade),
            HiveStatement::CreateTable(create) => self.create_table(create).await,
            HiveStatement::DropTable { table, if_exists } => self.drop_table(table, *if_exists),
            HiveStatement::AddPartitions { table, if_not_exists, partitions } => {
                self.add_partitions(table, *if_not_exists, partitions)
            }
            HiveStatement::DropPartitions { table, if_exists, partitions } => {
                self.drop_partitions(table, *if_exists, partitions)
            }
            HiveStatement::RenamePartition { table, from, to } => self.rename_partition(table, from, to),
            HiveStatement::AddColumns { table, partition, columns } => {
                self.add_columns(table, partition.as_ref(), columns)
            }
            HiveStatement::ReplaceColumns { table, partition, columns } => {
                self.replace_columns(table, partition.as_ref(), columns)
            }
            HiveStatement::ChangeColumn { table, partition, old, column, position } => {
                self.change_column(table, partition.as_ref(), old, column, position.as_ref())
            }
            HiveStatement::SetLocation { table, partition, location } => {
                self.set_location(table, partition.as_ref(), location)
            }
            HiveStatement::SetProperties { table, properties } => self.set_properties(table, properties),
            HiveStatement::Repair { table } => self.repair(table).await,
            HiveStatement::ShowDatabases { pattern } => self.show_databases(pattern.as_deref()),
            HiveStatement::ShowTables { database, pattern } => {
                self.show_tables(database.as_deref(), pattern.as_deref())
            }
            HiveStatement::ShowViews { database, pattern } => self.show_views(database.as_deref(), pattern.as_deref()),
            HiveStatement::ShowColumns { table } => self.show_columns(table),
            HiveStatement::ShowPartitions { table } => self.show_partitions(table),
            HiveStatement::ShowProperties { table, key } => self.show_properties(table, key.as_deref()),
            HiveStatement::ShowCreateTable { table } => self.show_create_table(table),
            HiveStatement::ShowFunctions { pattern } => self.show_functions(pattern.as_deref()),
            HiveStatement::Describe { table, detail, partition, path } => {
                self.describe(table, *detail, partition.as_ref(), path)
            }
        }
    }

    /// Every Trino statement but a query itself, which streams.
    pub(super) async fn trino(&self, statement: &TrinoStatement) -> Result<Reply> {
        match statement {
            TrinoStatement::Query { .. } => Err(Error::Execution("a query streams its rows".into())),
            TrinoStatement::CreateTableAs(create) => self.create_table_as(create).await,
            TrinoStatement::Insert { table, columns, query } => {
                self.insert(table, columns.as_deref(), query.clone()).await
            }
            TrinoStatement::Unload { query, location, properties } => {
                self.unload(query.clone(), location, properties).await
            }
            TrinoStatement::CreateView { view, or_replace, comment, query } => {
                self.create_view(view, *or_replace, comment.as_deref(), query.clone()).await
            }
            TrinoStatement::DropView { view, if_exists } => self.drop_view(view, *if_exists),
            TrinoStatement::ShowCreateView { view } => self.show_create_view(view),
            TrinoStatement::Prepare { name, statement } => self.prepare(name, statement.clone()),
            TrinoStatement::Deallocate { name, place } => self.deallocate(name, *place),
            TrinoStatement::Explain { options, statement } => self.explain(*options, statement.clone()).await,
            TrinoStatement::Execute { name, place, .. } => {
                // The session replaces EXECUTE by the prepared statement before it runs anything.
                Err(self.error_at(
                    *place,
                    "SYNTAX_ERROR",
                    format!("EXECUTE {name} cannot stand inside another statement"),
                ))
            }
        }
    }
}
