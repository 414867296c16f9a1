//! From staging into the lake and its catalog.
//!
//! Both steps can be repeated: a file that was published before the crash is found in its place, and registering what is
//! registered changes nothing.

use std::path::Path;

use arrow::datatypes::SchemaRef;
use tokio::runtime::Handle;

use super::buffer::Kind;
use super::compression::Compression;
use super::config::{Format, Plan, RetryPolicy, TableTarget};
use super::register::{self, Published, TableShape};
use super::snapshot::Finished;
use super::{Error, Result};
use crate::catalog::{Catalog, HiveType};
use crate::storage::{self, LakePath, ObjectInfo, Storage};

/// Publishes the objects of one delivery.
pub(super) struct Publisher {
    delivery: String,
    storage: Storage,
    catalog: Option<Catalog>,
    runtime: Handle,
    retry: RetryPolicy,
    table: Option<TableTarget>,
    format: Format,
    compression: Compression,
    unregistered: Vec<Published>,
    metrics: PublishMetrics,
}

/// Counts of a [`Publisher`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PublishMetrics {
    pub(super) objects: u64,
    pub(super) bytes: u64,
    pub(super) failures: u64,
    /// Rows in published objects of rows.
    pub(super) delivered: u64,
    /// Documents in published objects of errors.
    pub(super) failed: u64,
}

impl Publisher {
    pub(super) fn new(plan: &Plan, storage: Storage, catalog: Option<Catalog>, runtime: Handle) -> Self {
        Self {
            delivery: plan.naming.delivery.clone(),
            storage,
            catalog,
            runtime,
            retry: plan.retry,
            table: plan.table.clone(),
            format: plan.format,
            compression: plan.compression,
            unregistered: Vec::new(),
            metrics: PublishMetrics::default(),
        }
    }

    pub(super) fn metrics(&self) -> PublishMetrics {
        self.metrics
    }

    /// Refuse columns that the table cannot have.
    pub(super) fn check_schema(&self, schema: &SchemaRef) -> Result<()> {
        if self.table.is_none() {
            return Ok(());
        }
        match schema.fields().iter().find(|field| HiveType::from_arrow(field.data_type()).is_err()) {
            None => Ok(()),
            Some(field) => Err(Error::UnsupportedColumn {
                column: field.name().clone(),
                data_type: field.data_type().clone(),
                format: "a catalog table's column",
            }),
        }
    }

    /// Bring the staging file `local` to `path`.
    pub(super) fn publish(&mut self, local: &Path, path: &LakePath, object: &Finished) -> Result<()> {
        let mut pause = self.retry.first_pause;
        let mut attempt = 1;
        let info = loop {
            match self.put(local, path, object) {
                Ok(info) => break info,
                Err(storage::Error::NotFound { .. }) => {
                    return Err(Error::LostObject { delivery: self.delivery.clone(), object: path.to_string() });
                }
                Err(source) => {
                    self.metrics.failures += 1;
                    if attempt >= self.retry.attempts {
                        return Err(Error::Publish {
                            delivery: self.delivery.clone(),
                            object: path.to_string(),
                            attempts: attempt,
                            source,
                        });
                    }
                    tracing::warn!(delivery = self.delivery, object = %path, attempt, error = %source, "publishing failed");
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(self.retry.longest_pause);
                    attempt += 1;
                }
            }
        };
        self.metrics.objects += 1;
        self.metrics.bytes += object.bytes;
        match object.kind {
            Kind::Records => self.metrics.delivered += object.rows,
            Kind::Errors(_) => self.metrics.failed += object.rows,
        }
        self.unregistered.extend(info.map(|object_info| Published { object: object_info, rows: object.rows }));
        Ok(())
    }

    /// Publish once; what the catalog must know of the file comes back when a table takes it.
    fn put(&self, local: &Path, path: &LakePath, object: &Finished) -> storage::Result<Option<ObjectInfo>> {
        self.runtime.block_on(async {
            self.storage.put_file(local, path).await?;
            if self.table.is_none() || object.kind != Kind::Records {
                return Ok(None);
            }
            self.storage.head(path).await.map(Some)
        })
    }

    /// Register what was published since the last time.
    pub(super) fn register(&mut self, schema: Option<&SchemaRef>) -> Result<()> {
        let (Some(target), Some(catalog), false) = (&self.table, &self.catalog, self.unregistered.is_empty()) else {
            return Ok(());
        };
        let shape =
            TableShape { schema: schema.map(AsRef::as_ref), format: self.format, compression: self.compression };
        register::register(catalog, &self.storage, target, &shape, &self.unregistered).map_err(|source| {
            self.metrics.failures += 1;
            Error::Register {
                delivery: self.delivery.clone(),
                table: format!("{}.{}", target.database, target.name),
                source,
            }
        })?;
        self.unregistered.clear();
        Ok(())
    }
}
