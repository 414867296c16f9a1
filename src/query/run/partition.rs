//! ALTER TABLE ADD, DROP and RENAME PARTITION.

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::{Reply, Runner};
use crate::catalog::{Column, HiveType, Partition, Table};
use crate::query::cursor::TableName;
use crate::query::error::{Error, Result};
use crate::query::hive::PartitionSpec;
use crate::query::scan::{HIVE_ESCAPES, HIVE_NULL};

/// The folder of a partition below its table: `k=v/k2=v2`.
pub(in crate::query) fn partition_folder(keys: &[Column], values: &[Option<String>]) -> String {
    let folder = |(key, value): (&Column, &Option<String>)| {
        let value = value.as_deref().filter(|value| !value.is_empty());
        let value =
            value.map_or_else(|| HIVE_NULL.to_owned(), |value| utf8_percent_encode(value, HIVE_ESCAPES).to_string());
        format!("{}={value}", key.name)
    };
    keys.iter().zip(values).map(folder).collect::<Vec<_>>().join("/")
}

/// The values in the folders of a path below its table, and these folders; `None` for a file that does not lie in the
/// folder of the last key, or deeper.
pub(in crate::query) fn partition_values<'a>(
    below: &'a str,
    keys: impl ExactSizeIterator<Item = &'a str>,
) -> Option<(Vec<Option<String>>, String)> {
    let mut segments = below.split('/');
    let (mut values, mut folders) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
    for key in keys {
        let segment = segments.next()?;
        let (_, value) = segment.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case(key))?;
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        values.push((value != HIVE_NULL).then_some(value));
        folders.push(segment);
    }
    segments.next().map(|_| (values, folders.join("/")))
}

/// Whether two texts are the same value of a key: `8` and `08` are for numbers.
fn is_same(key: &Column, one: Option<&str>, other: Option<&str>) -> bool {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    let is_number = matches!(key.data_type, HiveType::TinyInt | HiveType::SmallInt | HiveType::Int | HiveType::BigInt);
    one == other || (is_number && number(one).is_some() && number(one) == number(other))
}

/// A value for each key in the table's order.
pub(super) fn full_values(table: &Table, spec: &PartitionSpec) -> Result<Vec<Option<String>>> {
    let given = known_keys(table, spec)?;
    let missing = table.partition_keys.iter().zip(&given).find(|(_, value)| value.is_none());
    if let Some((key, _)) = missing {
        return Err(Error::hive(format!(
            "partition spec does not contain all partition columns: `{}` is missing",
            key.name
        )));
    }
    Ok(given.into_iter().map(|value| value.flatten().filter(|value| value != HIVE_NULL)).collect())
}

/// The given values in the order of the keys; `None` for a key that is not given.
#[expect(clippy::option_option, reason = "outside: is it given; inside: NULL is a value")]
fn known_keys(table: &Table, spec: &PartitionSpec) -> Result<Vec<Option<Option<String>>>> {
    if table.partition_keys.is_empty() {
        return Err(Error::hive(format!("table {} is not partitioned but a partition is named", table.name)));
    }
    if let Some((name, _)) =
        spec.values.iter().find(|(name, _)| !table.partition_keys.iter().any(|key| key.name == *name))
    {
        return Err(Error::hive(format!("Partition column {name} not found in table {}", table.name)));
    }
    let value = |key: &Column| spec.values.iter().find(|(name, _)| *name == key.name).map(|(_, value)| value.clone());
    Ok(table.partition_keys.iter().map(value).collect())
}

impl Runner<'_> {
    /// The registered partition that a full specification names.
    pub(super) fn named_partition(&self, table: &Table, spec: &PartitionSpec) -> Result<Partition> {
        let wanted = full_values(table, spec)?;
        let registered = self.lake().catalog.partitions(&table.database, &table.name)?;
        let same = |partition: &Partition| {
            let pairs = table.partition_keys.iter().zip(partition.values.iter().zip(&wanted));
            pairs.into_iter().all(|(key, (have, want))| is_same(key, have.as_deref(), want.as_deref()))
        };
        registered.into_iter().find(same).ok_or_else(|| self.no_partition(table, &wanted))
    }

    fn no_partition(&self, table: &Table, values: &[Option<String>]) -> Error {
        let folder = partition_folder(&table.partition_keys, values);
        Error::hive(format!("Partition not found ({folder}) in table {}.{}", table.database, table.name))
    }

    pub(super) fn add_partitions(
        &self,
        table: &TableName,
        if_not_exists: bool,
        partitions: &[(PartitionSpec, Option<String>)],
    ) -> Result<Reply> {
        let found = self.base_table(table)?;
        let table = &found.table;
        let mut added = Vec::with_capacity(partitions.len());
        for (spec, location) in partitions {
            let values = full_values(table, spec)?;
            let folder = match location {
                Some(location) => self.lake().path(location)?,
                None => self
                    .lake()
                    .path(&table.storage.location)?
                    .join(&partition_folder(&table.partition_keys, &values))?,
            };
            added.push(Partition::new(values, self.lake().folder_location(&folder)));
        }
        let (database, name) = (&table.database, &table.name);
        let summary = format!("ALTER TABLE {database}.{name} ADD PARTITION");
        let exists = self.lake().catalog.transaction("sql", &summary, |tx| {
            let mut new = Vec::with_capacity(added.len());
            for partition in &added {
                match tx.partition(database, name, &partition.values) {
                    Err(crate::catalog::Error::UnknownPartition { .. }) => new.push(partition.clone()),
                    Ok(present) if !if_not_exists => return Ok(Some(present.values)),
                    present => drop(present?),
                }
            }
            tx.put_partitions(database, name, &new)?;
            Ok(None)
        })?;
        match exists {
            None => Ok(Reply::none()),
            Some(values) => Err(Error::hive(format!(
                "Partition already exists: {}\nhint: write ADD IF NOT EXISTS PARTITION",
                partition_folder(&table.partition_keys, &values)
            ))),
        }
    }

    pub(super) fn drop_partitions(
        &self,
        table: &TableName,
        if_exists: bool,
        partitions: &[PartitionSpec],
    ) -> Result<Reply> {
        let found = self.base_table(table)?;
        let table = &found.table;
        let registered = self.lake().catalog.partitions(&table.database, &table.name)?;
        let mut dropped = Vec::new();
        for spec in partitions {
            let given = known_keys(table, spec)?;
            let before = dropped.len();
            dropped.extend(registered.iter().map(|partition| &partition.values).filter(|values| {
                let pairs = table.partition_keys.iter().zip(values.iter().zip(&given));
                pairs.into_iter().all(|(key, (have, want))| match want {
                    None => true,
                    Some(want) => is_same(key, have.as_deref(), want.as_deref().filter(|want| *want != HIVE_NULL)),
                })
            }));
            if dropped.len() == before && !if_exists {
                let values: Vec<Option<String>> = given.into_iter().map(Option::flatten).collect();
                return Err(self.no_partition(table, &values));
            }
        }
        let values: Vec<Vec<Option<String>>> = dropped.into_iter().cloned().collect();
        let summary = format!("ALTER TABLE {}.{} DROP PARTITION", table.database, table.name);
        self.lake()
            .catalog
            .transaction("sql", &summary, |tx| tx.drop_partitions(&table.database, &table.name, &values))?;
        Ok(Reply::none())
    }

    /// The partition gets other values; its files stay where they are.
    pub(super) fn rename_partition(
        &self,
        table: &TableName,
        from: &PartitionSpec,
        to: &PartitionSpec,
    ) -> Result<Reply> {
        let found = self.base_table(table)?;
        let table = &found.table;
        let present = self.named_partition(table, from)?;
        let values = full_values(table, to)?;
        let (database, name) = (&table.database, &table.name);
        let taken = self.lake().catalog.transaction("sql", &format!("ALTER TABLE {database}.{name} RENAME"), |tx| {
            if tx.partition(database, name, &values).is_ok() {
                return Ok(true);
            }
            let mut files = tx.files(database, name, Some(std::slice::from_ref(&present.values)))?;
            tx.drop_partitions(database, name, std::slice::from_ref(&present.values))?;
            tx.put_partitions(database, name, &[Partition { values: values.clone(), ..present.clone() }])?;
            for file in &mut files {
                file.partition = Some(values.clone());
            }
            tx.put_files(database, name, &files)?;
            Ok(false)
        })?;
        if taken {
            let folder = partition_folder(&table.partition_keys, &values);
            return Err(Error::hive(format!("Partition already exists: {folder}")));
        }
        Ok(Reply::none())
    }
}
