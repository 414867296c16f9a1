//! INSERT INTO: rows become new files of a table, visible together.

use std::ops::Range;

use super::target::of_table;
use super::{Reply, Runner};
use crate::catalog::Column;
use crate::query::cursor::TableName;
use crate::query::error::{Error, Result};
use crate::query::hive_trino::trino_type;
use crate::query::plan::Planned;
use crate::query::scan::TableSnapshot;
use crate::query::write::{WriteTarget, Writer};
use crate::sql::trino::types::TrinoType;

impl Runner<'_> {
    pub(super) async fn insert(
        &self,
        name: &TableName,
        columns: Option<&[String]>,
        query: Range<usize>,
    ) -> Result<Reply> {
        let (database, table) = self.names(name);
        let found = self.lake().table(&database, &table).map_err(|error| self.missing_at(name, error))?;
        let table = &found.table;
        if table.table_type == super::view::VIRTUAL_VIEW {
            return Err(self.error_at(name.place, "NOT_SUPPORTED", "Inserting into views is not supported"));
        }
        if table.storage.number_of_buckets > 0 {
            let message = "Inserting into bucketed tables is not supported";
            return Err(self.error_at(name.place, "NOT_SUPPORTED", message));
        }
        let (format, compression) = of_table(table)?;
        let all: Vec<Column> = table.storage.columns.iter().chain(&table.partition_keys).cloned().collect();
        let targets = self.insert_columns(name, &all, columns)?;
        let planned = self.plan(query)?;
        let planned = self.matched(name, planned, &all, &targets)?;
        let (columns, keys) = (&table.storage.columns, &table.partition_keys);
        let target = WriteTarget::new(columns, keys, format, compression, &self.statement.id);
        let mut writer = self.writer(target)?;
        self.write_all(planned, &mut writer).await?;
        let rows = self.register(&found, writer).await?;
        Ok(Reply { rows: crate::query::result::Rows::none(), update_count: Some(rows) })
    }

    /// Publish the files and register them and their partitions.
    async fn register(&self, found: &TableSnapshot, writer: Writer) -> Result<u64> {
        let (database, name) = (&found.table.database, &found.table.name);
        let token = &self.statement.id;
        let catalog = &self.lake().catalog;
        // From here on files may lie in the table's folder; readers leave them out until all are there.
        catalog.transaction("sql", &format!("begin INSERT INTO {database}.{name}"), |tx| {
            tx.begin_write(database, name, token)
        })?;
        let folder = self.lake().path(&found.table.storage.location)?;
        let written = writer.finish()?.publish(self.lake(), &folder).await?;
        let summary = format!("INSERT INTO {database}.{name}: {} rows", written.rows);
        catalog.transaction("sql", &summary, |tx| {
            tx.put_new_partitions(database, name, &written.partitions)?;
            tx.put_files(database, name, &written.files)?;
            tx.end_write(token)
        })?;
        Ok(written.rows)
    }

    /// For each column of the query its place in the table.
    fn insert_columns(&self, name: &TableName, all: &[Column], columns: Option<&[String]>) -> Result<Vec<usize>> {
        let Some(columns) = columns else { return Ok((0..all.len()).collect()) };
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let Some(place) = all.iter().position(|known| known.name == *column) else {
                let message = format!("Insert column name does not exist in target table: {column}");
                return Err(self.error_at(name.place, "COLUMN_NOT_FOUND", message));
            };
            if places.contains(&place) {
                let message = format!("Insert column name is specified more than once: {column}");
                return Err(self.error_at(name.place, "DUPLICATE_COLUMN_NAME", message));
            }
            places.push(place);
        }
        Ok(places)
    }

    /// The query's columns in the table's order and with its types; NULL where the query has none.
    fn matched(&self, name: &TableName, planned: Planned, all: &[Column], places: &[usize]) -> Result<Planned> {
        let given = planned.columns();
        let wanted: Vec<TrinoType> =
            places.iter().filter_map(|place| all.get(*place)).map(|column| trino_type(&column.data_type)).collect();
        let fits = given.len() == wanted.len()
            && given.iter().zip(&wanted).all(|(given, wanted)| given.data_type.becomes(wanted));
        if !fits {
            let list = |types: &mut dyn Iterator<Item = String>| types.collect::<Vec<_>>().join(", ");
            let message = format!(
                "Insert query has mismatched column types: Table: [{}], Query: [{}]",
                list(&mut wanted.iter().map(ToString::to_string)),
                list(&mut given.iter().map(|column| column.data_type.to_string()))
            );
            return Err(self.error_at(name.place, "TYPE_MISMATCH", message));
        }
        let targets: Vec<(TrinoType, Option<usize>)> = all
            .iter()
            .enumerate()
            .map(|(place, column)| (trino_type(&column.data_type), places.iter().position(|given| *given == place)))
            .collect();
        planned.rearranged(&targets).map_err(|error| Error::from_engine(self.text(), error))
    }
}
