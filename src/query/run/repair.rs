//! MSCK REPAIR TABLE: registers the partitions whose folders are there.

use std::collections::BTreeMap;

use super::partition::{partition_folder, partition_values};
use super::{Reply, Runner};
use crate::catalog::Partition;
use crate::query::cursor::TableName;
use crate::query::error::Result;
use crate::query::result::Rows;

impl Runner<'_> {
    /// Adds, never removes. Folders are `key=value`, all keys in their order; case does not count in keys.
    pub(super) async fn repair(&self, table: &TableName) -> Result<Reply> {
        let found = self.base_table(table)?;
        let table = &found.table;
        let keys = &table.partition_keys;
        if keys.is_empty() {
            return Ok(Reply::rows(Rows::lines("result", "")));
        }
        let root = self.lake().path(&table.storage.location)?;
        let objects = self.lake().storage.list(&root).await?;
        let mut folders: BTreeMap<Vec<Option<String>>, String> = BTreeMap::new();
        for object in &objects {
            let Some(below) = object.path.below(&root) else { continue };
            if let Some((values, folder)) = partition_values(below, keys.iter().map(|key| key.name.as_str())) {
                folders.entry(values).or_insert(folder);
            }
        }
        let registered = self.lake().catalog.partitions(&table.database, &table.name)?;
        for partition in &registered {
            folders.remove(&partition.values);
        }
        let added: Vec<Partition> = folders
            .into_iter()
            .map(|(values, folder)| Ok(Partition::new(values, self.lake().folder_location(&root.join(&folder)?))))
            .collect::<Result<_>>()?;
        let summary = format!("MSCK REPAIR TABLE {}.{}", table.database, table.name);
        self.lake()
            .catalog
            .transaction("sql", &summary, |tx| tx.put_partitions(&table.database, &table.name, &added))?;
        let shown: Vec<String> = added.iter().map(|partition| partition_folder(keys, &partition.values)).collect();
        let name = &table.name;
        let mut lines = Vec::new();
        if !shown.is_empty() {
            let all: Vec<String> = shown.iter().map(|folder| format!("{name}:{folder}")).collect();
            lines.push(format!("Partitions not in metastore:\t{}", all.join("\t")));
        }
        lines.extend(shown.iter().map(|folder| format!("Repair: Added partition to metastore {name}:{folder}")));
        Ok(Reply::rows(Rows::lines("result", &lines.join("\n"))))
    }
}
