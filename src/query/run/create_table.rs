//! CREATE EXTERNAL TABLE and DROP TABLE.

use super::formats::{self, classes, names};
use super::{Reply, Runner};
use crate::catalog::{self, Column, SerdeInfo, StorageDescriptor, Table};
use crate::query::cursor::TableName;
use crate::query::error::{Error, Result};
use crate::query::hive::{CreateTable, FileFormat, RowFormat};
use crate::query::scan::Lake;
use crate::storage::LakePath;

/// Names of columns of a table must not repeat, in whatever case.
pub(super) fn check_columns(columns: &[Column], keys: &[Column]) -> Result<()> {
    for (place, column) in columns.iter().enumerate() {
        if columns.iter().take(place).any(|other| other.name == column.name) {
            return Err(Error::hive(format!("Duplicate column name: {}", column.name)));
        }
    }
    for key in keys {
        if columns.iter().any(|column| column.name == key.name) {
            return Err(Error::hive(format!("Column repeated in partitioning columns: {}", key.name)));
        }
        if !key.data_type.is_primitive() {
            let (name, data_type) = (&key.name, &key.data_type);
            return Err(Error::hive(format!(
                "The partition key {name} has type {data_type}; it must be a single value"
            )));
        }
    }
    Ok(())
}

/// The folder that a location names.
pub(super) async fn folder(lake: &Lake, location: &str) -> Result<LakePath> {
    if location.contains(['*', '?']) && !location.contains("://") || location.contains('*') {
        return Err(Error::hive(format!(
            "The location `{location}` has a wildcard\nhint: a location is a folder; all files in it belong to the table"
        )));
    }
    let path = lake.path(location)?;
    if !path.is_root() && !location.ends_with('/') && lake.storage.head(&path).await.is_ok() {
        return Err(Error::hive(format!("The location `{location}` is a file\nhint: name the folder that holds it")));
    }
    Ok(path)
}

impl Runner<'_> {
    pub(super) async fn create_table(&self, create: &CreateTable) -> Result<Reply> {
        let (database, name) = self.names(&create.table);
        let is_iceberg = create.properties.get("table_type").is_some_and(|kind| kind.eq_ignore_ascii_case("iceberg"));
        if is_iceberg {
            return Err(Error::Unsupported { what: "An Iceberg table".into() });
        }
        if !create.external {
            return Err(Error::hive(
                "CREATE TABLE without EXTERNAL makes Iceberg tables, which are not supported\n\
                 hint: write CREATE EXTERNAL TABLE",
            ));
        }
        check_columns(&create.columns, &create.partition_keys)?;
        let table = self.described(create, &database, &name).await?;
        let summary = format!("CREATE EXTERNAL TABLE {database}.{name}");
        let created = self.lake().catalog.transaction("sql", &summary, |tx| match tx.table(&database, &name) {
            Ok(_) if create.if_not_exists => Ok(true),
            Ok(_) => Ok(false),
            Err(catalog::Error::UnknownTable { .. }) => tx.put_table(&table).map(|_| true),
            Err(error) => Err(error),
        });
        if !created.map_err(|error| self.hive_missing(error.into()))? {
            let message =
                format!("Table {name} already exists in {database}\nhint: write CREATE EXTERNAL TABLE IF NOT EXISTS");
            return Err(Error::hive(message));
        }
        Ok(Reply::none())
    }

    async fn described(&self, create: &CreateTable, database: &str, name: &str) -> Result<Table> {
        let lake = self.lake();
        let (input_format, output_format, default_serde) = match &create.file_format {
            None => ("TEXTFILE".to_owned(), None, None),
            Some(FileFormat::Named(format, _)) => (format.clone(), None, None),
            Some(FileFormat::Classes { input, output }) => (input.clone(), Some(output.clone()), Some(input.clone())),
        };
        let named = classes(&input_format);
        if let (None, None, Some(FileFormat::Named(format, place))) = (&output_format, named, &create.file_format) {
            let message = format!("the file format `{format}` is not known\nhint: one of {}", names());
            return Err(Error::hive_syntax(self.text(), *place, message));
        }
        let serde = match (&create.row_format, named) {
            (Some(RowFormat::Serde { class, properties }), _) => {
                SerdeInfo { name: None, serialization_library: class.clone(), parameters: properties.clone() }
            }
            (Some(RowFormat::Delimited(properties)), _) => {
                let mut serde = formats::serde(formats::LAZY_SIMPLE);
                serde.parameters.extend(properties.clone());
                serde
            }
            (None, Some(named)) => formats::serde(named.serde),
            (None, None) => {
                let input = default_serde.unwrap_or_default().to_lowercase();
                let format = ["parquet", "orc", "avro"].into_iter().find(|format| input.contains(format));
                let classes = format.and_then(|format| classes(&format.to_uppercase()));
                formats::serde(classes.map_or(formats::LAZY_SIMPLE, |classes| classes.serde))
            }
        };
        let location = match &create.location {
            Some(location) => folder(lake, location).await?,
            None => self.default_folder(database, name)?,
        };
        let mut storage = StorageDescriptor {
            columns: create.columns.clone(),
            location: lake.folder_location(&location),
            input_format: named.map_or(input_format, |named| named.input.to_owned()),
            output_format: output_format.or_else(|| named.map(|named| named.output.to_owned())).unwrap_or_default(),
            serde,
            ..StorageDescriptor::default()
        };
        if let Some(buckets) = &create.buckets {
            storage.bucket_columns.clone_from(&buckets.columns);
            storage.number_of_buckets = buckets.count;
        }
        let mut table = Table::new(database, name, storage, create.partition_keys.clone());
        table.parameters = create.properties.clone();
        table.parameters.insert("EXTERNAL".into(), "TRUE".into());
        if let Some(comment) = &create.comment {
            table.parameters.insert("comment".into(), comment.clone());
        }
        Ok(table)
    }

    /// Where a table goes when nothing is said: below its database's folder.
    pub(super) fn default_folder(&self, database: &str, name: &str) -> Result<LakePath> {
        let lake = self.lake();
        let found = lake.catalog.database(database).map_err(|error| self.hive_missing(error.into()))?;
        let parent = match found.location_uri.filter(|location| !location.is_empty()) {
            Some(location) => lake.path(&location)?,
            None => LakePath::parse(database)?,
        };
        Ok(parent.join(name)?)
    }

    pub(super) fn drop_table(&self, table: &TableName, if_exists: bool) -> Result<Reply> {
        let (database, name) = self.names(table);
        let summary = format!("DROP TABLE {database}.{name}");
        let dropped = self.lake().catalog.transaction("sql", &summary, |tx| {
            let is_view = tx.table(&database, &name)?.table_type == super::view::VIRTUAL_VIEW;
            if is_view { Ok(false) } else { tx.drop_table(&database, &name).map(|()| true) }
        });
        match dropped {
            Ok(true) => Ok(Reply::none()),
            Ok(false) => Err(Error::hive(format!(
                "Cannot drop the view {database}.{name} with DROP TABLE\nhint: write DROP VIEW"
            ))),
            Err(catalog::Error::UnknownTable { .. } | catalog::Error::UnknownDatabase { .. }) if if_exists => {
                Ok(Reply::none())
            }
            Err(error) => Err(self.hive_missing(error.into())),
        }
    }
}
