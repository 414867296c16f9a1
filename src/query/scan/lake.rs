//! What scans of one lake share: storage, catalog, and what is kept between queries.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::snapshot::TableSnapshot;
use crate::catalog::{self, Catalog, Table};
use crate::query::error::{Error, Result};
use crate::storage::{LakePath, ListCache, Storage};
use crate::time::Clock;

/// A lake as queries see it.
pub(in crate::query) struct Lake {
    pub(in crate::query) storage: Storage,
    pub(in crate::query) catalog: Catalog,
    pub(in crate::query) clock: Arc<dyn Clock>,
    pub(super) listings: ListCache,
    tables: Mutex<Tables>,
}

/// Tables as they are at one generation of the catalog.
#[derive(Default)]
struct Tables {
    generation: u64,
    known: HashMap<(String, String), Arc<TableSnapshot>>,
}

impl Lake {
    pub(in crate::query) fn new(storage: Storage, catalog: Catalog, clock: Arc<dyn Clock>) -> Self {
        Self { storage, catalog, clock, listings: ListCache::default(), tables: Mutex::default() }
    }

    /// The table as it is now; from memory while nobody changed the catalog.
    pub(in crate::query) fn table(&self, database: &str, name: &str) -> Result<Arc<TableSnapshot>> {
        let key = (database.to_lowercase(), name.to_lowercase());
        let generation = self.catalog.generation()?;
        {
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            if tables.generation != generation {
                *tables = Tables { generation, known: HashMap::new() };
            }
            if let Some(found) = tables.known.get(&key) {
                return Ok(Arc::clone(found));
            }
        }
        let table: Table = self.catalog.table(&key.0, &key.1)?;
        let snapshot = Arc::new(TableSnapshot::new(table, generation));
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if tables.generation == generation {
            tables.known.insert(key, Arc::clone(&snapshot));
        }
        Ok(snapshot)
    }

    /// The table as it is now, if there is one.
    pub(in crate::query) fn find_table(&self, database: &str, name: &str) -> Result<Option<Arc<TableSnapshot>>> {
        match self.table(database, name) {
            Ok(found) => Ok(Some(found)),
            Err(Error::Catalog(catalog::Error::UnknownTable { .. } | catalog::Error::UnknownDatabase { .. })) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Where a location of a statement or of the catalog is in the lake.
    ///
    /// `s3://bucket/x/` in a lake that is a local folder is the folder `bucket/x/` when the lake has a folder of the
    /// bucket's name, and `x/` otherwise: texts written for buckets run unchanged.
    pub(in crate::query) fn path(&self, location: &str) -> Result<LakePath> {
        let below_bucket = ["s3://", "s3a://", "s3n://"].iter().find_map(|scheme| location.strip_prefix(scheme));
        match (self.storage.local_root(), below_bucket) {
            (Some(root), Some(rest)) => {
                let (bucket, below) = rest.split_once('/').unwrap_or((rest, ""));
                let named = LakePath::parse(bucket)?;
                let is_folder = !named.is_root() && root.join(named.as_str()).is_dir();
                Ok(if is_folder { named.join(below)? } else { LakePath::parse(below)? })
            }
            _ => Ok(self.storage.lake_path(location)?),
        }
    }

    /// The location of a folder as the catalog writes it.
    pub(in crate::query) fn folder_location(&self, path: &LakePath) -> String {
        format!("{}/", self.storage.location(path))
    }
}

impl std::fmt::Debug for Lake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Lake").field(&self.storage).finish()
    }
}

/// What one statement read; shared by its scans.
#[derive(Debug, Default)]
pub(in crate::query) struct ScanCounter {
    /// Bytes of text files, as they lie there.
    pub(in crate::query) bytes: AtomicU64,
    /// Files that were planned to be read, of all files of the tables' surviving partitions.
    pub(in crate::query) files: AtomicU64,
    /// Partitions that the conditions left.
    pub(in crate::query) partitions: AtomicU64,
    /// Partitions that there are.
    pub(in crate::query) all_partitions: AtomicU64,
}

impl ScanCounter {
    pub(super) fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }
}
