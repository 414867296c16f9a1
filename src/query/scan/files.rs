//! Which files a scan reads.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use futures::future::try_join_all;

use super::hidden::{self, is_data_path};
use super::lake::{Lake, ScanCounter};
use super::partitions::{TypedPartitions, surviving};
use super::projection;
use super::snapshot::TableSnapshot;
use crate::catalog::{Partition, Table};
use crate::query::error::Error;
use crate::storage::{LakePath, ObjectInfo};

/// With more partitions than this left, the table's folder is listed once instead of theirs.
const LIST_EACH: usize = 8;

/// A file to scan, with the values of its partition.
#[derive(Debug, Clone)]
pub(super) struct ScanFile {
    pub(super) object: ObjectInfo,
    pub(super) partition: Arc<Vec<ScalarValue>>,
    /// The partition as it is registered; `None` in a table without.
    pub(super) registered: Option<Arc<Partition>>,
    /// Rows, when they are known for exactly this content.
    pub(super) rows: Option<u64>,
}

/// The files of a scan.
pub(super) struct Selection<'a> {
    pub(super) snapshot: &'a TableSnapshot,
    pub(super) lake: &'a Lake,
    pub(super) state: &'a dyn Session,
    pub(super) counter: &'a ScanCounter,
}

impl Selection<'_> {
    /// The files for which the conditions over partition keys and hidden columns can hold.
    pub(super) async fn files(&self, conditions: &[Expr]) -> Result<Vec<ScanFile>> {
        let is_hidden = |expr: &&Expr| expr.column_refs().iter().any(|column| is_hidden_column(&column.name));
        let (over_files, over_keys): (Vec<&Expr>, Vec<&Expr>) = conditions.iter().partition(is_hidden);
        let over_keys: Vec<Expr> = over_keys.into_iter().cloned().collect();
        let files = if self.snapshot.table.partition_keys.is_empty() {
            self.unpartitioned().await?
        } else {
            self.partitioned(&over_keys).await?
        };
        ScanCounter::add(&self.counter.files, files.len());
        if over_files.is_empty() {
            return Ok(files);
        }
        let over_files: Vec<Expr> = over_files.into_iter().cloned().collect();
        self.matching(files, &over_files)
    }

    async fn unpartitioned(&self) -> Result<Vec<ScanFile>> {
        let none = Arc::new(Vec::new());
        let objects = if self.snapshot.is_manifest() {
            let manifest = self.snapshot.manifest(&self.lake.catalog)?;
            let mut objects: Vec<ObjectInfo> = manifest.values().map(known).collect();
            objects.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            objects
        } else {
            self.list(&self.snapshot.table.storage.location).await?
        };
        let file = |object| self.file(object, &none, None);
        objects.into_iter().map(file).collect()
    }

    async fn partitioned(&self, conditions: &[Expr]) -> Result<Vec<ScanFile>> {
        let typed = if self.snapshot.is_projected() {
            Arc::new(projection::partitions(self.snapshot, self.lake, self.state, conditions)?)
        } else {
            self.snapshot.partitions(&self.lake.catalog)?
        };
        let surviving = typed.surviving(self.state, conditions)?;
        ScanCounter::add(&self.counter.all_partitions, typed.partitions.len());
        ScanCounter::add(&self.counter.partitions, surviving.len());
        let objects = if self.snapshot.is_manifest() && !self.snapshot.is_projected() {
            self.manifest_files(&typed, &surviving)?
        } else {
            self.list_partitions(&typed.partitions, &surviving).await?
        };
        let mut files = Vec::new();
        for (place, objects) in surviving.into_iter().zip(objects) {
            if objects.is_empty() {
                continue;
            }
            let values = Arc::new(typed.values(place)?);
            let registered = typed.partitions.get(place).cloned().map(Arc::new);
            for object in objects {
                files.push(self.file(object, &values, registered.clone())?);
            }
        }
        Ok(files)
    }

    fn file(
        &self,
        object: ObjectInfo,
        partition: &Arc<Vec<ScalarValue>>,
        registered: Option<Arc<Partition>>,
    ) -> Result<ScanFile> {
        let manifest = self.snapshot.manifest(&self.lake.catalog)?;
        let rows = manifest
            .get(&object.path)
            .filter(|file| file.bytes == object.bytes && file.etag == object.etag)
            .and_then(|file| file.rows);
        Ok(ScanFile { object, partition: Arc::clone(partition), registered, rows })
    }

    fn manifest_files(&self, typed: &TypedPartitions, surviving: &[usize]) -> Result<Vec<Vec<ObjectInfo>>> {
        let manifest = self.snapshot.manifest(&self.lake.catalog)?;
        let mut by_values: HashMap<&[Option<String>], Vec<ObjectInfo>> = HashMap::new();
        for file in manifest.values() {
            by_values.entry(file.partition.as_deref().unwrap_or_default()).or_default().push(known(file));
        }
        let files = surviving.iter().map(|place| {
            let values = typed.partitions.get(*place).map(|partition| partition.values.as_slice());
            let mut files = values.and_then(|values| by_values.remove(values)).unwrap_or_default();
            files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            files
        });
        Ok(files.collect())
    }

    async fn list_partitions(&self, partitions: &[Partition], surviving: &[usize]) -> Result<Vec<Vec<ObjectInfo>>> {
        let chosen: Vec<&Partition> = surviving.iter().filter_map(|place| partitions.get(*place)).collect();
        if chosen.len() <= LIST_EACH {
            return try_join_all(chosen.iter().map(|partition| self.list(&partition.location))).await;
        }
        let mut by_folder: HashMap<String, Vec<ObjectInfo>> = HashMap::new();
        let table = self.lake.path(&self.snapshot.table.storage.location)?;
        for object in self.list(&self.snapshot.table.storage.location).await? {
            let folder = object.path.parent().map_or_else(String::new, |folder| folder.as_str().to_owned());
            by_folder.entry(folder).or_default().push(object);
        }
        // Files in folders below a partition's own belong to it as well.
        let nested: Vec<String> = by_folder.keys().cloned().collect();
        let mut listed = Vec::with_capacity(chosen.len());
        for partition in chosen {
            let folder = self.lake.path(&partition.location)?;
            if !folder.is_below(&table) {
                listed.push(self.list(&partition.location).await?);
                continue;
            }
            let mut objects = by_folder.remove(folder.as_str()).unwrap_or_default();
            if nested.len() > partitions.len() {
                let below = format!("{folder}/");
                for other in nested.iter().filter(|other| other.starts_with(&below)) {
                    objects.extend(by_folder.remove(other).unwrap_or_default());
                }
            }
            listed.push(objects);
        }
        Ok(listed)
    }

    /// The data files of a folder: not empty, no name in their path that begins with `_` or `.`, and none of a write
    /// that is not finished.
    async fn list(&self, location: &str) -> Result<Vec<ObjectInfo>> {
        let folder = self.lake.path(location)?;
        let Table { database, name, .. } = &self.snapshot.table;
        let objects = self.lake.listings.list(&self.lake.storage, &folder).await.map_err(Error::from)?;
        // Asked behind the listing: every write that it saw a file of has said so before.
        let catalog = &self.lake.catalog;
        let pending = catalog.unfinished_writes(database, name, self.snapshot.generation).map_err(Error::from)?;
        let mut files = data_files(&objects, &folder, &pending);
        let retired = catalog.retired_files(database, name, self.snapshot.generation).map_err(Error::from)?;
        if !retired.is_empty() {
            let retired: HashSet<LakePath> = retired.into_iter().collect();
            files.retain(|file| !retired.contains(&file.path));
        }
        Ok(files)
    }

    /// The files for which conditions over hidden columns hold.
    fn matching(&self, files: Vec<ScanFile>, conditions: &[Expr]) -> Result<Vec<ScanFile>> {
        let located = files.iter().map(|file| (&file.object, self.lake.storage.location(&file.object.path)));
        let mut columns = Vec::new();
        for (place, _) in self.snapshot.keys.iter().enumerate() {
            let values = files.iter().filter_map(|file| file.partition.get(place).cloned());
            columns.push(ScalarValue::iter_to_array(values)?);
        }
        columns.extend(hidden::columns(located)?);
        let fields: Vec<FieldRef> = self.snapshot.keys.iter().cloned().chain(hidden::fields()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(files.len()));
        if files.is_empty() {
            return Ok(files);
        }
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?;
        let places = surviving(self.state, &batch, conditions)?;
        let mut files: Vec<Option<ScanFile>> = files.into_iter().map(Some).collect();
        Ok(places.into_iter().filter_map(|place| files.get_mut(place)?.take()).collect())
    }
}

fn data_files(objects: &[ObjectInfo], folder: &LakePath, pending: &[String]) -> Vec<ObjectInfo> {
    let is_data = |object: &&ObjectInfo| {
        let name = object.path.file_name().unwrap_or_default();
        object.bytes > 0
            && object.path.below(folder).is_some_and(is_data_path)
            && !pending.iter().any(|token| name.starts_with(token.as_str()))
    };
    objects.iter().filter(is_data).cloned().collect()
}

pub(super) fn is_hidden_column(name: &str) -> bool {
    hidden::HIDDEN.iter().any(|(hidden, _)| *hidden == name)
}

fn known(file: &crate::catalog::DataFile) -> ObjectInfo {
    ObjectInfo { path: file.path.clone(), bytes: file.bytes, modified: file.modified, etag: file.etag.clone() }
}
