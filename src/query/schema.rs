//! The catalog as the engine sees it: databases are schemas, tables are looked up when a query names them.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::Result;

use super::error::Error;
use super::table::CatalogTable;
use crate::catalog::{self, Catalog};
use crate::storage::Storage;

/// The database of tables that are named without one. Source: Athena's own name.
pub(super) const DEFAULT_DATABASE: &str = "default";

/// All databases of a lake.
#[derive(Debug)]
pub(super) struct LakeCatalog {
    pub(super) storage: Storage,
    pub(super) catalog: Catalog,
}

impl CatalogProvider for LakeCatalog {
    fn schema_names(&self) -> Vec<String> {
        // The trait knows no errors here; a query that names a database gets them.
        self.catalog.databases().unwrap_or_default().into_iter().map(|database| database.name).collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        Some(Arc::new(LakeDatabase {
            name: name.to_lowercase(),
            storage: self.storage.clone(),
            catalog: self.catalog.clone(),
        }))
    }
}

/// One database of a lake.
#[derive(Debug)]
struct LakeDatabase {
    name: String,
    storage: Storage,
    catalog: Catalog,
}

#[async_trait]
impl SchemaProvider for LakeDatabase {
    fn table_names(&self) -> Vec<String> {
        self.catalog.tables(&self.name).unwrap_or_default().into_iter().map(|table| table.name).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.catalog.table(&self.name, &name.to_lowercase()) {
            Ok(table) => Ok(Some(Arc::new(CatalogTable::new(table, self.storage.clone(), self.catalog.clone())))),
            // Names without a database may stand for table functions; the engine says what it did not find.
            Err(catalog::Error::UnknownDatabase { .. }) if self.name == DEFAULT_DATABASE => Ok(None),
            Err(error) => Err(Error::from(error).into()),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.catalog.table(&self.name, &name.to_lowercase()).is_ok()
    }
}
