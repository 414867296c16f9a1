//! CREATE VIEW, DROP VIEW, SHOW CREATE VIEW.

use std::ops::Range;

use super::{Reply, Runner};
use crate::catalog::{self, Column, HiveType, StorageDescriptor, Table};
use crate::query::cursor::TableName;
use crate::query::error::Result;
use crate::query::hive_trino::hive_type;
use crate::query::result::Rows;
pub(super) use crate::query::view::VIRTUAL_VIEW;
use crate::query::view::{EXPANDED, original_text, query_of};

impl Runner<'_> {
    pub(super) async fn create_view(
        &self,
        name: &TableName,
        or_replace: bool,
        comment: Option<&str>,
        query: Range<usize>,
    ) -> Result<Reply> {
        let (database, view) = self.names(name);
        let planned = self.plan(query.clone())?;
        let columns = planned.named_columns(self.text(), name.place)?;
        let sql = self.text().get(query).unwrap_or_default();
        let described: Vec<(String, String)> =
            columns.iter().map(|(name, data_type)| (name.clone(), data_type.to_string())).collect();
        let columns = columns
            .into_iter()
            // What tables cannot hold is only described here; queries have the real type.
            .map(|(name, data_type)| Column::new(name, hive_type(&data_type).unwrap_or(HiveType::String)))
            .collect();
        let storage = StorageDescriptor { columns, ..StorageDescriptor::default() };
        let mut table = Table::new(&database, &view, storage, Vec::new());
        table.table_type = VIRTUAL_VIEW.into();
        table.view_original_text = Some(original_text(sql, &database, &described));
        table.view_expanded_text = Some(EXPANDED.into());
        table.parameters.insert("presto_view".into(), "true".into());
        table.parameters.insert("comment".into(), comment.unwrap_or("Presto View").to_owned());
        let summary = format!("CREATE VIEW {database}.{view}");
        let present = self.lake().catalog.transaction("sql", &summary, |tx| match tx.table(&database, &view) {
            Ok(present) if !or_replace || present.table_type != VIRTUAL_VIEW => Ok(Some(present.table_type)),
            Ok(_) | Err(catalog::Error::UnknownTable { .. }) => tx.put_table(&table).map(|_| None),
            Err(error) => Err(error),
        });
        match present.map_err(|error| self.missing_at(name, error.into()))? {
            None => Ok(Reply::none()),
            Some(kind) if kind == VIRTUAL_VIEW => {
                let message = format!("View already exists: {database}.{view}");
                Err(self.error_at(name.place, "TABLE_ALREADY_EXISTS", message))
            }
            Some(_) => {
                let message = format!("Table already exists: {database}.{view}");
                Err(self.error_at(name.place, "TABLE_ALREADY_EXISTS", message))
            }
        }
    }

    pub(super) fn drop_view(&self, name: &TableName, if_exists: bool) -> Result<Reply> {
        let (database, view) = self.names(name);
        let dropped = self.lake().catalog.transaction("sql", &format!("DROP VIEW {database}.{view}"), |tx| {
            let is_view = tx.table(&database, &view)?.table_type == VIRTUAL_VIEW;
            if is_view { tx.drop_table(&database, &view).map(|()| true) } else { Ok(false) }
        });
        match dropped {
            Ok(true) => Ok(Reply::none()),
            Ok(false) => {
                let message = format!("View '{database}.{view}' does not exist, but a table with that name exists");
                Err(self.error_at(name.place, "TABLE_NOT_FOUND", message))
            }
            Err(catalog::Error::UnknownTable { .. } | catalog::Error::UnknownDatabase { .. }) if if_exists => {
                Ok(Reply::none())
            }
            Err(error) => Err(self.missing_at(name, error.into())),
        }
    }

    pub(super) fn show_create_view(&self, name: &TableName) -> Result<Reply> {
        let (database, view) = self.names(name);
        let found = self.lake().table(&database, &view).map_err(|error| self.missing_at(name, error))?;
        let Some(query) = query_of(&found.table)? else {
            let message = format!("Relation '{database}.{view}' is a table, not a view");
            return Err(self.error_at(name.place, "NOT_SUPPORTED", message));
        };
        let text = format!("CREATE VIEW {database}.{view} AS\n{}", query.sql);
        Ok(Reply::rows(Rows::varchar(["Create View"], vec![[text]])))
    }
}
