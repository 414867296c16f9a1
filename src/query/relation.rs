//! What a name in a query stands for: a table, a view, partitions of a table, or a part of `information_schema`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;

use super::error::{Error, Result};
use super::hive_trino::trino_type;
use super::scan::{CatalogTable, HIDDEN, Lake, ScanCounter, TableSnapshot};
use super::scope::Scope;
use super::{information_schema, view};
use crate::catalog;
use crate::sql::trino::types::TrinoType;

/// Name of the catalog that holds the lake's databases. Source: Athena's own name for the Glue catalog.
pub(super) const CATALOG: &str = "awsdatacatalog";
/// The end of the name of a table that holds the partitions of another.
const PARTITIONS: &str = "$partitions";

/// A column of a relation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RelationColumn {
    pub(super) name: String,
    pub(super) data_type: TrinoType,
    /// Not among the columns of `*`.
    pub(super) is_hidden: bool,
    /// The same in all rows of a partition.
    pub(super) is_partition_key: bool,
}

impl RelationColumn {
    /// A column with values of its rows, among those of `*`.
    pub(super) fn plain(name: &str, data_type: TrinoType) -> Self {
        Self { name: name.to_owned(), data_type, is_hidden: false, is_partition_key: false }
    }
}

/// What a name stands for.
pub(super) enum Relation {
    /// Something to scan; columns in the provider's order.
    Table { provider: Arc<dyn TableProvider>, columns: Vec<RelationColumn> },
    /// A query in the place of a table, and the database of the names in it.
    View { text: String, database: String },
}

impl Relation {
    /// A table to scan.
    pub(super) fn of_table(snapshot: Arc<TableSnapshot>, lake: &Arc<Lake>, counter: &Arc<ScanCounter>) -> Self {
        let table = &snapshot.table;
        let plain = |column: &catalog::Column| RelationColumn::plain(&column.name, trino_type(&column.data_type));
        let mut columns: Vec<RelationColumn> = table.storage.columns.iter().map(plain).collect();
        let keys = table.partition_keys.iter();
        columns.extend(keys.map(|key| RelationColumn { is_partition_key: true, ..plain(key) }));
        columns.extend(HIDDEN.iter().map(|(name, data_type)| RelationColumn {
            name: (*name).to_owned(),
            data_type: data_type.clone(),
            is_hidden: true,
            is_partition_key: false,
        }));
        let provider = CatalogTable::new(snapshot, Arc::clone(lake), Arc::clone(counter));
        Self::Table { provider: Arc::new(provider), columns }
    }
}

/// Finds relations for one statement.
#[derive(Debug)]
pub(super) struct Relations {
    pub(super) lake: Arc<Lake>,
    counter: Arc<ScanCounter>,
    /// Rows of the caller's own.
    scope: Arc<Scope>,
    used: RefCell<BTreeSet<(String, String)>>,
}

impl Relations {
    pub(super) fn new(lake: Arc<Lake>, counter: Arc<ScanCounter>, scope: Arc<Scope>) -> Self {
        Self { lake, counter, scope, used: RefCell::default() }
    }

    /// Databases and names of the tables that were asked for.
    pub(super) fn used(&self) -> BTreeSet<(String, String)> {
        self.used.borrow().clone()
    }

    /// The relation `catalog.database.name`; names in any case.
    ///
    /// # Errors
    /// [`Error::Catalog`] when there is none.
    pub(super) fn find(&self, catalog: Option<&str>, database: &str, name: &str) -> Result<Relation> {
        if let Some(catalog) = catalog.filter(|catalog| !catalog.eq_ignore_ascii_case(CATALOG)) {
            return Err(Error::failed("CATALOG_NOT_FOUND", format!("Catalog '{catalog}' not found")));
        }
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        if database == information_schema::NAME {
            return information_schema::relation(&self.lake.catalog, &name);
        }
        if let Some(table) = name.strip_suffix(PARTITIONS) {
            return self.partitions(&database, table);
        }
        if let Some((_, kind)) = name.split_once('$') {
            return Err(Error::Unsupported { what: format!("The metadata table `${kind}`") });
        }
        let snapshot = self.lake.table(&database, &name)?;
        if let Some(text) = view::query_of(&snapshot.table)? {
            return Ok(Relation::View { text: text.sql, database: text.database });
        }
        self.used.borrow_mut().insert((database, name));
        Ok(Relation::of_table(snapshot, &self.lake, &self.counter))
    }

    /// The caller's rows of this name.
    pub(super) fn in_scope(&self, name: &str) -> Option<Result<Relation>> {
        self.scope.find(name, &self.lake, &self.counter)
    }

    /// `"t$partitions"`: the values of the registered partitions, one row each.
    fn partitions(&self, database: &str, table: &str) -> Result<Relation> {
        let snapshot = self.lake.table(database, table)?;
        let keys = &snapshot.table.partition_keys;
        if keys.is_empty() {
            let name = format!("{table}{PARTITIONS}");
            return Err(catalog::Error::UnknownTable { database: database.into(), name, hint: String::new() }.into());
        }
        let partitions = snapshot.partitions(&self.lake.catalog)?;
        let columns = keys.iter().map(|key| RelationColumn::plain(&key.name, trino_type(&key.data_type))).collect();
        memory(columns, partitions.batch().columns().to_vec())
    }
}

/// A relation of rows that are there already.
pub(super) fn memory(columns: Vec<RelationColumn>, arrays: Vec<ArrayRef>) -> Result<Relation> {
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(&column.name, column.data_type.arrow(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let engine = |error: String| Error::Execution(error);
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|error| engine(error.to_string()))?;
    let table = MemTable::try_new(schema, vec![vec![batch]]).map_err(|error| engine(error.strip_backtrace()))?;
    Ok(Relation::Table { provider: Arc::new(table), columns })
}
