//! Finished files become objects of the lake.

use std::collections::BTreeMap;

use super::partition::Writer;
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

impl Writer {
    /// Finish all files and put them into `folder`, each in that of its partition.
    pub(in crate::query) async fn publish(mut self, lake: &Lake, folder: &LakePath) -> Result<Written> {
        self.finish()?;
        let mut partitions = BTreeMap::new();
        let mut files = Vec::with_capacity(self.finished.len());
        for staged in std::mem::take(&mut self.finished) {
            let place = match self.keys() {
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
            files.push(DataFile {
                path: object.path,
                partition,
                bytes: object.bytes,
                rows: Some(staged.rows),
                etag: object.etag,
                modified: object.modified,
                origin: Origin::Written,
                column_stats: None,
            });
        }
        // All files were moved out of it.
        let _ = std::fs::remove_dir(self.folder());
        let partitions = partitions.into_iter().map(|(values, location)| Partition::new(values, location)).collect();
        Ok(Written { files, partitions, rows: self.rows })
    }
}

impl Drop for Writer {
    /// Files of a statement that failed.
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.folder());
    }
}
