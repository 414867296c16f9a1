//! A table at one version of the catalog, with what was read about it so far.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};

use super::hidden;
use super::partitions::{TypedPartitions, partition_fields};
use crate::catalog::{Catalog, DataFile, Partition, Table};
use crate::query::error::Result;
use crate::storage::LakePath;

/// The table parameter that says whose files a table has.
const MODE: &str = "bayou.mode";
/// The table parameter that says whether partitions are computed.
const PROJECTION: &str = "projection.enabled";

/// A table and its partitions; immutable but for what is read on first use.
#[derive(Debug)]
pub(in crate::query) struct TableSnapshot {
    pub(in crate::query) table: Table,
    pub(in crate::query) generation: u64,
    /// Columns of the files.
    pub(super) file_schema: SchemaRef,
    /// Partition keys as columns.
    pub(super) keys: Vec<FieldRef>,
    /// Columns of the files, partition keys, hidden columns.
    pub(super) schema: SchemaRef,
    partitions: OnceLock<Arc<TypedPartitions>>,
    manifest: OnceLock<Arc<HashMap<LakePath, DataFile>>>,
}

impl TableSnapshot {
    pub(super) fn new(table: Table, generation: u64) -> Self {
        let field = |column: &crate::catalog::Column| Field::new(&column.name, column.data_type.to_arrow(), true);
        let file_fields: Vec<Field> = table.storage.columns.iter().map(field).collect();
        let keys = partition_fields(&table.partition_keys);
        let mut fields: Vec<FieldRef> = file_fields.iter().cloned().map(Arc::new).collect();
        fields.extend(keys.iter().cloned());
        fields.extend(hidden::fields());
        Self {
            generation,
            file_schema: Arc::new(Schema::new(file_fields)),
            schema: Arc::new(Schema::new(fields)),
            keys,
            table,
            partitions: OnceLock::new(),
            manifest: OnceLock::new(),
        }
    }

    /// A table that has exactly these files, whatever lies beside them.
    pub(in crate::query) fn of_files(
        mut table: Table,
        partitions: Vec<Partition>,
        files: Vec<DataFile>,
    ) -> Result<Self> {
        table.parameters.insert(MODE.into(), "manifest".into());
        table.parameters.remove(PROJECTION);
        let snapshot = Self::new(table, 0);
        let typed = TypedPartitions::new(partitions, &snapshot.table.partition_keys)?;
        let files: HashMap<LakePath, DataFile> = files.into_iter().map(|file| (file.path.clone(), file)).collect();
        // Both are new, so that nothing is in them yet.
        let _ = snapshot.partitions.set(Arc::new(typed));
        let _ = snapshot.manifest.set(Arc::new(files));
        Ok(snapshot)
    }

    /// Whether the manifest alone says which files the table has.
    pub(super) fn is_manifest(&self) -> bool {
        self.table.parameters.get(MODE).is_some_and(|mode| mode == "manifest")
    }

    /// Whether partitions are computed from properties instead of looked up.
    pub(in crate::query) fn is_projected(&self) -> bool {
        let enabled = self.table.parameters.get(PROJECTION);
        enabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) && !self.table.partition_keys.is_empty()
    }

    /// The registered partitions.
    pub(in crate::query) fn partitions(&self, catalog: &Catalog) -> Result<Arc<TypedPartitions>> {
        if let Some(known) = self.partitions.get() {
            return Ok(Arc::clone(known));
        }
        let registered = catalog.partitions(&self.table.database, &self.table.name)?;
        let typed = Arc::new(TypedPartitions::new(registered, &self.table.partition_keys)?);
        Ok(Arc::clone(self.partitions.get_or_init(|| typed)))
    }

    /// The files of the manifest by path.
    pub(super) fn manifest(&self, catalog: &Catalog) -> Result<Arc<HashMap<LakePath, DataFile>>> {
        if let Some(known) = self.manifest.get() {
            return Ok(Arc::clone(known));
        }
        let files = catalog.files(&self.table.database, &self.table.name, None)?;
        let files = Arc::new(files.into_iter().map(|file| (file.path.clone(), file)).collect());
        Ok(Arc::clone(self.manifest.get_or_init(|| files)))
    }
}
