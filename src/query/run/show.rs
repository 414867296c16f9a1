//! SHOW: databases, tables, views, columns, partitions, properties, functions.

use super::partition::partition_folder;
use super::view::VIRTUAL_VIEW;
use super::{Reply, Runner};
use crate::catalog::Table;
use crate::query::cursor::TableName;
use crate::query::error::{Error, Result};
use crate::query::result::{Rows, matches_pattern, padded};

impl Runner<'_> {
    pub(super) fn show_databases(&self, pattern: Option<&str>) -> Result<Reply> {
        let databases = self.lake().catalog.databases()?;
        let names = databases.into_iter().map(|database| database.name);
        let rows = names.filter(|name| matches_pattern(pattern, name)).map(|name| [name]).collect();
        Ok(Reply::rows(Rows::text(["database_name"], rows)))
    }

    fn tables(&self, database: Option<&str>) -> Result<Vec<Table>> {
        let database = database.unwrap_or(&self.statement.database);
        self.lake().catalog.tables(database).map_err(|error| self.hive_missing(error.into()))
    }

    /// Views are among the tables.
    pub(super) fn show_tables(&self, database: Option<&str>, pattern: Option<&str>) -> Result<Reply> {
        let names = self.tables(database)?.into_iter().map(|table| table.name);
        let rows = names.filter(|name| matches_pattern(pattern, name)).map(|name| [name]).collect();
        Ok(Reply::rows(Rows::text(["tab_name"], rows)))
    }

    pub(super) fn show_views(&self, database: Option<&str>, pattern: Option<&str>) -> Result<Reply> {
        let views = self.tables(database)?.into_iter().filter(|table| table.table_type == VIRTUAL_VIEW);
        let names = views.map(|table| table.name).filter(|name| matches_pattern(pattern, name));
        Ok(Reply::rows(Rows::text(["views"], names.map(|name| [name]).collect())))
    }

    pub(super) fn show_columns(&self, table: &TableName) -> Result<Reply> {
        let found = self.table(table)?;
        let columns = found.table.storage.columns.iter().chain(&found.table.partition_keys);
        Ok(Reply::rows(Rows::text(["field"], columns.map(|column| [padded(&column.name)]).collect())))
    }

    /// Registered partitions, also of a table with projection.
    pub(super) fn show_partitions(&self, table: &TableName) -> Result<Reply> {
        let found = self.base_table(table)?;
        let table = &found.table;
        if table.partition_keys.is_empty() {
            return Err(Error::hive(format!("Table {}.{} is not a partitioned table", table.database, table.name)));
        }
        let partitions = self.lake().catalog.partitions(&table.database, &table.name)?;
        let rows = partitions.iter().map(|partition| [partition_folder(&table.partition_keys, &partition.values)]);
        Ok(Reply::rows(Rows::text(["partition"], rows.collect())))
    }

    pub(super) fn show_properties(&self, table: &TableName, key: Option<&str>) -> Result<Reply> {
        let found = self.table(table)?;
        let parameters = &found.table.parameters;
        let rows: Vec<[String; 1]> = match key {
            None => parameters.iter().map(|(name, value)| [format!("{name}\t{value}")]).collect(),
            Some(key) => match parameters.get(key) {
                Some(value) => vec![[format!("{key}\t{value}")]],
                None => {
                    let (database, name) = (&found.table.database, &found.table.name);
                    vec![[format!("Table {database}.{name} does not have property: {key}")]]
                }
            },
        };
        Ok(Reply::rows(Rows::text(["prpt_name"], rows)))
    }

    pub(super) fn show_create_table(&self, table: &TableName) -> Result<Reply> {
        let found = self.base_table(table)?;
        Ok(Reply::rows(Rows::lines("createtab_stmt", &super::create_text::create_text(&found.table))))
    }

    pub(super) fn show_functions(&self, pattern: Option<&str>) -> Result<Reply> {
        let functions = self.session.functions();
        let rows = functions.into_iter().filter(|[name, ..]| matches_pattern(pattern, name)).collect();
        Ok(Reply::rows(Rows::varchar(["Function", "Return Type", "Argument Types"], rows)))
    }
}
