//! Finished files become objects of the lake.

use std::collections::BTreeMap;

use super::partition::Finished;
use crate::catalog::{DataFile, Origin, Partition};
use crate::query::error::Result;
use crate::query::run::partition_folder;
use crate::query::scan::Lake;
use crate::storage::LakePath;

/// What was written.
#[derive(Debug)]
pub(in crate::query) struct Written {
    pub(in crate::query) files: Vec<DataFile>,
    pub(in crate::query) partitions: Vec<Partition>,
    pub(in crate::query) rows: u64,
}

impl Finished {
    /// Put all files into `folder`, each in that of its partition.
    pub(in crate::query) async fn publish(mut self, lake: &Lake, folder: &LakePath) -> Result<Written> {
        let mut partitions = BTreeMap::new();
        let mut files = Vec::with_capacity(self.files.len());
        for staged in std::mem::take(&mut self.files) {
            let place = match self.keys.as_slice() {
                [] => folder.clone(),
                keys => folder.join(&partition_folder(keys, &staged.values))?,
            };
            let target = place.join(&staged.name)?;
            lake.storage.put_file(&staged.path, &target).await?;
            let object = lake.storage.head(&target).await?;
            let partition = (!staged.values.is_empty()).then(|| staged.values.clone());
            if let Some(values) = &partition {
                partitions.entry(values.clone()).or_insert_with(|| lake.folder_location(&place));
            }
            files.push(DataFile { rows: Some(staged.rows), ..DataFile::of(object, partition, Origin::Written) });
        }
        let partitions = partitions.into_iter().map(|(values, location)| Partition::new(values, location)).collect();
        Ok(Written { files, partitions, rows: self.rows })
    }
}
