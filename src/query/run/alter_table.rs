//! ALTER TABLE: columns, location and properties.

use super::create_table::check_columns;
use super::{Reply, Runner};
use crate::catalog::{Column, Partition, StorageDescriptor, Table};
use crate::query::cursor::TableName;
use crate::query::error::{Error, Result};
use crate::query::hive::{ColumnPosition, PartitionSpec, Properties};

impl Runner<'_> {
    /// Change a table, or the description of one of its partitions, in one transaction.
    fn alter_storage(
        &self,
        table: &TableName,
        partition: Option<&PartitionSpec>,
        what: &str,
        change: impl Fn(&Table, &mut StorageDescriptor) -> Result<()>,
    ) -> Result<Reply> {
        let found = self.base_table(table)?;
        let mut table = found.table.clone();
        let summary = format!("ALTER TABLE {}.{} {what}", table.database, table.name);
        match partition {
            None => {
                let mut storage = table.storage.clone();
                change(&table, &mut storage)?;
                table.storage = storage;
                self.lake().catalog.transaction("sql", &summary, |tx| tx.put_table(&table))?;
            }
            Some(spec) => {
                let partition = self.named_partition(&table, spec)?;
                let mut storage = partition.storage.clone().unwrap_or_else(|| table.storage.clone());
                storage.location.clone_from(&partition.location);
                change(&table, &mut storage)?;
                let location = storage.location.clone();
                let partition = Partition { location, storage: Some(storage), ..partition };
                let (database, name) = (&table.database, &table.name);
                self.lake()
                    .catalog
                    .transaction("sql", &summary, |tx| tx.put_partitions(database, name, &[partition]))?;
            }
        }
        Ok(Reply::none())
    }

    pub(super) fn add_columns(
        &self,
        table: &TableName,
        partition: Option<&PartitionSpec>,
        columns: &[Column],
    ) -> Result<Reply> {
        self.alter_storage(table, partition, "ADD COLUMNS", |table, storage| {
            storage.columns.extend_from_slice(columns);
            check_columns(&storage.columns, &table.partition_keys)
        })
    }

    pub(super) fn replace_columns(
        &self,
        table: &TableName,
        partition: Option<&PartitionSpec>,
        columns: &[Column],
    ) -> Result<Reply> {
        self.alter_storage(table, partition, "REPLACE COLUMNS", |table, storage| {
            let class = storage.serde.serialization_library.rsplit('.').next().unwrap_or_default();
            if class != "LazySimpleSerDe" {
                return Err(Error::hive(format!("Replace columns is not supported for tables with the SerDe {class}")));
            }
            storage.columns = columns.to_vec();
            check_columns(&storage.columns, &table.partition_keys)
        })
    }

    pub(super) fn change_column(
        &self,
        table: &TableName,
        partition: Option<&PartitionSpec>,
        old: &str,
        column: &Column,
        position: Option<&ColumnPosition>,
    ) -> Result<Reply> {
        let missing = |name: &str| Error::hive(format!("Invalid column reference {name}"));
        self.alter_storage(table, partition, "CHANGE COLUMN", |table, storage| {
            let columns = &mut storage.columns;
            let place = columns.iter().position(|present| present.name == old).ok_or_else(|| missing(old))?;
            let present = columns.remove(place);
            let comment = column.comment.clone().or(present.comment);
            let target = match position {
                None => place,
                Some(ColumnPosition::First) => 0,
                Some(ColumnPosition::After(other)) => {
                    1 + columns.iter().position(|present| present.name == *other).ok_or_else(|| missing(other))?
                }
            };
            columns.insert(target, Column { comment, ..column.clone() });
            check_columns(columns, &table.partition_keys)
        })
    }

    pub(super) fn set_location(
        &self,
        table: &TableName,
        partition: Option<&PartitionSpec>,
        location: &str,
    ) -> Result<Reply> {
        let location = self.lake().folder_location(&self.lake().path(location)?);
        if let Some(spec) = partition {
            let found = self.base_table(table)?;
            let partition = self.named_partition(&found.table, spec)?;
            let mut storage = partition.storage.clone();
            if let Some(storage) = &mut storage {
                storage.location.clone_from(&location);
            }
            let moved = Partition { location, storage, ..partition };
            let (database, name) = (&found.table.database, &found.table.name);
            let summary = format!("ALTER TABLE {database}.{name} SET LOCATION");
            self.lake().catalog.transaction("sql", &summary, |tx| tx.put_partitions(database, name, &[moved]))?;
            return Ok(Reply::none());
        }
        self.alter_storage(table, None, "SET LOCATION", |_, storage| {
            storage.location.clone_from(&location);
            Ok(())
        })
    }

    pub(super) fn set_properties(&self, table: &TableName, properties: &Properties) -> Result<Reply> {
        let found = self.base_table(table)?;
        let mut table = found.table.clone();
        table.parameters.extend(properties.clone());
        let summary = format!("ALTER TABLE {}.{} SET TBLPROPERTIES", table.database, table.name);
        self.lake().catalog.transaction("sql", &summary, |tx| tx.put_table(&table))?;
        Ok(Reply::none())
    }
}
