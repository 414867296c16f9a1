//! Published files become part of a catalog table: files and partitions in one transaction.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use arrow::datatypes::Schema;
use percent_encoding::percent_decode_str;

use super::compression::Compression;
use super::config::{Format, TableTarget};
use crate::catalog::{
    self, Catalog, Change, Column, DataFile, Database, HiveType, Origin, Partition, StorageDescriptor, Table,
};
use crate::storage::{ObjectInfo, Storage};

/// How Hive writes a NULL into a folder's name.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

type Cause = Box<dyn StdError + Send + Sync>;

/// What a table that does not exist yet is made of.
pub(super) struct TableShape<'a> {
    pub(super) schema: Option<&'a Schema>,
    pub(super) format: Format,
    pub(super) compression: Compression,
}

/// A published object.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) object: ObjectInfo,
    pub(super) rows: u64,
}

/// Partition keys and values of a folder, in order.
type PartitionFolder = Vec<(String, Option<String>)>;

/// Register `objects`; doing it again changes nothing.
pub(super) fn register(
    catalog: &Catalog,
    storage: &Storage,
    target: &TableTarget,
    shape: &TableShape<'_>,
    objects: &[Published],
) -> Result<(), Cause> {
    let mut partitions = BTreeMap::new();
    let mut keys: Option<Vec<String>> = None;
    let mut files = Vec::with_capacity(objects.len());
    for published in objects {
        let (folder, location) = partition_folder(published, target);
        let (names, values): (Vec<String>, Vec<Option<String>>) = folder.into_iter().unzip();
        if *keys.get_or_insert_with(|| names.clone()) != names {
            return Err(format!("the folders of `{}` have different partition keys", published.object.path).into());
        }
        if !values.is_empty() {
            partitions.insert(location, values.clone());
        }
        files.push(data_file(published, values));
    }
    let keys = keys.unwrap_or_default();
    let summary = format!("delivered {} files to {}.{}", files.len(), target.database, target.name);
    catalog.transaction("deliver", &summary, |tx| {
        ensure_table(tx, storage, target, shape, &keys)?;
        let located = |(location, values): (&String, &Vec<Option<String>>)| {
            Partition::new(values.clone(), format!("{}/{location}/", storage.url()))
        };
        let partitions: Vec<Partition> = partitions.iter().map(located).collect();
        tx.put_new_partitions(&target.database, &target.name, &partitions)?;
        tx.put_files(&target.database, &target.name, &files)?;
        Ok(())
    })?;
    Ok(())
}

/// Create database and table unless they exist.
fn ensure_table(
    tx: &mut Change<'_>,
    storage: &Storage,
    target: &TableTarget,
    shape: &TableShape<'_>,
    keys: &[String],
) -> catalog::Result<()> {
    tx.create_database(&Database::new(&target.database), true)?;
    match tx.table(&target.database, &target.name) {
        Err(catalog::Error::UnknownTable { .. }) => {}
        found => return found.map(|_| ()),
    }
    let columns = shape.schema.map_or_else(Vec::new, |schema| schema.fields().iter().cloned().collect());
    let columns = columns
        .iter()
        .map(|field| Ok(Column::new(field.name().as_str(), HiveType::from_arrow(field.data_type())?)))
        .collect::<catalog::Result<Vec<Column>>>()?;
    let location = storage.location(&target.folder);
    let mut descriptor = match shape.format {
        Format::Json => StorageDescriptor::json(columns, location),
        Format::Csv => StorageDescriptor::quoted_csv(columns, location, ',', '"', false),
        Format::Parquet => StorageDescriptor::parquet(columns, location),
    };
    if let Some(name) = shape.compression.catalog_name() {
        descriptor.compressed = true;
        descriptor.parameters.insert("compressionType".to_owned(), name.to_owned());
    }
    let keys = keys.iter().map(|key| Column::new(key.as_str(), HiveType::String)).collect();
    tx.put_table(&Table::new(&target.database, &target.name, descriptor, keys))?;
    Ok(())
}

/// The `key=value` folders right below the table's, and the path of the last of them.
fn partition_folder(published: &Published, target: &TableTarget) -> (PartitionFolder, String) {
    let mut location = target.folder.as_str().to_owned();
    let below = published.object.path.below(&target.folder).unwrap_or_default();
    let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders);
    let mut found = Vec::new();
    for folder in folders.split('/') {
        let Some((key, value)) = folder.split_once('=') else { break };
        let value = percent_decode_str(value).decode_utf8_lossy();
        found.push((key.to_lowercase(), (value != HIVE_NULL).then(|| value.into_owned())));
        location.push('/');
        location.push_str(folder);
    }
    (found, location)
}

fn data_file(published: &Published, values: Vec<Option<String>>) -> DataFile {
    let partition = (!values.is_empty()).then_some(values);
    let object = published.object.clone();
    DataFile { rows: Some(published.rows), ..DataFile::of(object, partition, Origin::Written) }
}
