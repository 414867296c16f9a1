//! CREATE TABLE AS: the rows of a query become a table.

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use std::sync::Arc;

use super::target::{Taken, described};
use super::{Reply, Runner};
use crate::catalog::{self, Column, StorageDescriptor, Table};
use crate::query::error::{Error, Result};
use crate::query::execution::ResultColumn;
use crate::query::hive_trino::hive_type;
use crate::query::plan::given_name;
use crate::query::result::Rows;
use crate::query::trino::CreateTableAs;
use crate::query::write::{Buckets, WriteTarget};
use crate::sql::trino::analyze::OutputColumn;
use crate::storage::LakePath;

impl Runner<'_> {
    pub(super) async fn create_table_as(&self, create: &CreateTableAs) -> Result<Reply> {
        let (database, name) = self.names(&create.table);
        let place = create.table.place;
        match self.lake().table(&database, &name) {
            Ok(_) if create.if_not_exists => return Ok(created(0)),
            Ok(_) => {
                let message = format!("Table '{database}.{name}' already exists");
                return Err(self.error_at(place, "TABLE_ALREADY_EXISTS", message));
            }
            Err(Error::Catalog(catalog::Error::UnknownTable { .. })) => {}
            Err(error) => return Err(self.missing_at(&create.table, error)),
        }
        let mut taken = Taken::new(self.text(), &create.properties);
        let is_iceberg = taken.text("table_type")?.is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("iceberg"));
        if is_iceberg {
            return Err(Error::Unsupported { what: "An Iceberg table".into() });
        }
        taken.boolean("is_external")?;
        let (format, compression, format_name) = taken.format(false)?;
        let external = taken.text("external_location")?;
        let partitioned_by = taken.list("partitioned_by")?;
        let bucketed_by = taken.list("bucketed_by")?;
        let bucket_count = taken.number("bucket_count")?;

        let planned = self.plan(create.query.clone())?;
        let columns = self.hive_columns(create, planned.columns())?;
        let split = match &partitioned_by {
            None => columns.len(),
            Some((keys, at)) => {
                let split = columns.len().saturating_sub(keys.len());
                let last = columns.iter().skip(split).map(|column| &column.name);
                if split == 0 || !last.eq(keys.iter()) {
                    return Err(taken.error(
                        *at,
                        format!("Partition keys must be the last columns in the table and in the same order as the table properties: [{}]", keys.join(", ")),
                    ));
                }
                split
            }
        };
        let buckets = match (bucketed_by, bucket_count) {
            (None, None) => None,
            (Some((names, at)), Some((count, _))) => {
                let data = columns.get(..split).unwrap_or_default();
                let place = |name: &String| {
                    let found = data.iter().position(|column| column.name == *name);
                    found.ok_or_else(|| {
                        taken.error(at, format!("Bucketing column `{name}` is not a column of the table"))
                    })
                };
                let count = u32::try_from(count).ok().filter(|count| *count > 0);
                let count = count.ok_or_else(|| taken.error(at, "`bucket_count` must be above 0"))?;
                Some((Buckets { columns: names.iter().map(place).collect::<Result<_>>()?, count }, names))
            }
            (_, Some((_, at))) | (Some((_, at)), _) => {
                return Err(taken.error(at, "`bucketed_by` and `bucket_count` must be set together"));
            }
        };
        let folder = match &external {
            Some((location, _)) => self.lake().path(location)?,
            None => self.session.results_folder()?.join(&format!("tables/{}", self.statement.id))?,
        };
        taken.end("CREATE TABLE AS")?;
        self.check_empty(&folder, external.as_ref().map(|(location, _)| location.as_str())).await?;

        let (classes, serde) = described(&format, &format_name);
        let (data, keys) = columns.split_at(split);
        let mut storage = StorageDescriptor {
            columns: data.to_vec(),
            location: self.lake().folder_location(&folder),
            input_format: classes.input.into(),
            output_format: classes.output.into(),
            serde,
            ..StorageDescriptor::default()
        };
        if let Some((buckets, names)) = &buckets {
            storage.bucket_columns.clone_from(names);
            storage.number_of_buckets = buckets.count;
        }
        let mut table = Table::new(&database, &name, storage, keys.to_vec());
        table.parameters.insert("EXTERNAL".into(), "TRUE".into());
        if let Some(comment) = &create.comment {
            table.parameters.insert("comment".into(), comment.clone());
        }
        let target = WriteTarget {
            buckets: buckets.map(|(buckets, _)| buckets),
            ..WriteTarget::new(data, keys, format, compression, &self.statement.id)
        };
        let mut writer = self.writer(target)?;
        if create.with_data {
            self.write_all(planned, &mut writer).await?;
        }
        let written = writer.finish()?.publish(self.lake(), &folder).await?;
        let summary = format!("CREATE TABLE {database}.{name} AS");
        let exists = self.lake().catalog.transaction("sql", &summary, |tx| {
            if tx.table(&database, &name).is_ok() {
                return Ok(true);
            }
            tx.put_table(&table)?;
            tx.put_partitions(&database, &name, &written.partitions)?;
            tx.put_files(&database, &name, &written.files)?;
            Ok(false)
        })?;
        if exists {
            let message = format!("Table '{database}.{name}' was created by another statement meanwhile");
            return Err(self.error_at(place, "TABLE_ALREADY_EXISTS", message));
        }
        Ok(created(written.rows))
    }

    /// The columns of the new table.
    fn hive_columns(&self, create: &CreateTableAs, columns: &[OutputColumn]) -> Result<Vec<Column>> {
        let place = create.table.place;
        if let Some(names) = &create.columns
            && names.len() != columns.len()
        {
            let message =
                format!("Column alias list has {} entries but relation has {} columns", names.len(), columns.len());
            return Err(self.error_at(place, "MISMATCHED_COLUMN_ALIASES", message));
        }
        let mut found: Vec<Column> = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            let alias = create.columns.as_ref().and_then(|names| names.get(at).cloned());
            let Some(name) = alias.or_else(|| given_name(column)) else {
                let message = format!("Column name not specified at position {}", at + 1);
                return Err(self.error_at(place, "MISSING_COLUMN_NAME", message));
            };
            if found.iter().any(|other| other.name == name) {
                return Err(self.error_at(
                    place,
                    "DUPLICATE_COLUMN_NAME",
                    format!("Column name '{name}' specified more than once"),
                ));
            }
            let Some(data_type) = hive_type(&column.data_type) else {
                let message = format!("Unsupported Hive type: {} of column {name}", column.data_type);
                return Err(self.error_at(place, "NOT_SUPPORTED", message));
            };
            found.push(Column::new(name, data_type));
        }
        Ok(found)
    }

    /// A target must be empty: files that are there would become rows.
    pub(super) async fn check_empty(&self, folder: &LakePath, shown: Option<&str>) -> Result<()> {
        if self.lake().storage.list(folder).await?.is_empty() {
            return Ok(());
        }
        let location = shown.map_or_else(|| self.lake().folder_location(folder), str::to_owned);
        Err(Error::failed(
            "HIVE_PATH_ALREADY_EXISTS",
            format!("Target directory for table already exists: {location}\nhint: name an empty folder"),
        ))
    }
}

/// One column and no row; the count is the update count.
fn created(rows: u64) -> Reply {
    let schema = Arc::new(Schema::new(vec![Field::new("rows", arrow::datatypes::DataType::Int64, true)]));
    let batch = RecordBatch::new_empty(Arc::clone(&schema));
    let columns = vec![ResultColumn { name: "rows".into(), data_type: "bigint".into() }];
    Reply { rows: Rows { columns, schema, batches: vec![batch] }, update_count: Some(rows) }
}
