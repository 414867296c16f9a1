//! A table of the catalog as the engine scans it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;

use super::batches::{self, Container};
use super::file_table::FileTable;
use super::files::{ScanFile, Selection, is_hidden_column};
use super::lake::{Lake, ScanCounter};
use super::snapshot::TableSnapshot;
use super::{parquet, text};
use crate::catalog::{DataFile, Origin, StorageDescriptor};
use crate::query::serde::Format;

/// A table in one query.
#[derive(Debug)]
pub(in crate::query) struct CatalogTable {
    snapshot: Arc<TableSnapshot>,
    lake: Arc<Lake>,
    counter: Arc<ScanCounter>,
}

/// What a scan asks for.
pub(super) struct ScanRequest<'a> {
    pub(super) snapshot: &'a TableSnapshot,
    pub(super) lake: &'a Arc<Lake>,
    pub(super) counter: &'a Arc<ScanCounter>,
    pub(super) state: &'a dyn Session,
    /// Places in the table's schema.
    pub(super) projection: Vec<usize>,
    /// Whether hidden columns are among them.
    pub(super) has_hidden: bool,
    pub(super) limit: Option<usize>,
}

impl CatalogTable {
    pub(in crate::query) fn new(snapshot: Arc<TableSnapshot>, lake: Arc<Lake>, counter: Arc<ScanCounter>) -> Self {
        Self { snapshot, lake, counter }
    }

    /// The files for which the conditions over partition keys and hidden columns can hold, and their partitions.
    pub(in crate::query) async fn selected(&self, state: &dyn Session, filters: &[Expr]) -> Result<FileTable> {
        let conditions: Vec<Expr> = filters.iter().filter(|filter| self.is_over_partitions(filter)).cloned().collect();
        let (snapshot, lake, counter) = (self.snapshot.as_ref(), &self.lake, &self.counter);
        let selection = Selection { snapshot, lake, state, counter };
        let (mut files, mut partitions) = (Vec::new(), BTreeMap::new());
        for file in selection.files(&conditions).await? {
            let partition = file.registered.as_deref().cloned();
            let values = partition.as_ref().map(|partition| partition.values.clone());
            files.push(DataFile { rows: file.rows, ..DataFile::of(file.object, values, Origin::Found) });
            if let Some(partition) = partition {
                partitions.entry(partition.values.clone()).or_insert(partition);
            }
        }
        Ok(FileTable { table: snapshot.table.clone(), partitions: partitions.into_values().collect(), files })
    }

    /// Whether a condition is over partition keys and hidden columns alone.
    fn is_over_partitions(&self, expr: &Expr) -> bool {
        let columns = expr.column_refs();
        let is_key = |name: &str| self.snapshot.table.partition_keys.iter().any(|key| key.name == name);
        !columns.is_empty()
            && !expr.is_volatile()
            && columns.iter().all(|column| is_key(&column.name) || is_hidden_column(&column.name))
    }

    async fn scan_files(&self, request: &ScanRequest<'_>, files: Vec<ScanFile>) -> Result<Arc<dyn ExecutionPlan>> {
        let table = &self.snapshot.table;
        if files.is_empty() {
            let schema = Arc::new(self.snapshot.schema.project(&request.projection)?);
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        // Partitions with a description of their own are scanned by it.
        let mut groups: Vec<(Option<StorageDescriptor>, Vec<ScanFile>)> = vec![(None, Vec::new())];
        for file in files {
            let own = file.registered.as_deref().and_then(|partition| partition.storage.as_ref());
            let own = own.filter(|own| !is_alike(own, &table.storage));
            match groups.iter_mut().find(|(storage, _)| storage.as_ref() == own) {
                Some((_, files)) => files.push(file),
                None => groups.push((own.cloned(), vec![file])),
            }
        }
        groups.retain(|(_, files)| !files.is_empty());
        let mut plans = Vec::with_capacity(groups.len());
        for (own, files) in groups {
            let storage = own.as_ref().unwrap_or(&table.storage);
            plans.push(match Format::new(table, storage)? {
                Format::Parquet => parquet::scan(request, files).await?,
                Format::Avro => batches::scan(request, Container::Avro, storage, files)?,
                Format::Orc => batches::scan(request, Container::Orc, storage, files)?,
                Format::Text(serde) => text::scan(request, serde, storage, files)?,
            });
        }
        match plans.len() {
            1 => Ok(plans.swap_remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

/// Whether a partition's description reads its files as the table's does.
fn is_alike(own: &StorageDescriptor, table: &StorageDescriptor) -> bool {
    own.serde.serialization_library == table.serde.serialization_library
        && own.serde.parameters == table.serde.parameters
        && own
            .columns
            .iter()
            .map(|column| (&column.name, &column.data_type))
            .eq(table.columns.iter().map(|column| (&column.name, &column.data_type)))
        && own.parameters.get("skip.header.line.count") == table.parameters.get("skip.header.line.count")
}

#[async_trait]
impl TableProvider for CatalogTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.snapshot.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let conditions: Vec<Expr> = filters.iter().filter(|filter| self.is_over_partitions(filter)).cloned().collect();
        let (snapshot, lake, counter) = (self.snapshot.as_ref(), &self.lake, &self.counter);
        let files = Selection { snapshot, lake, state, counter }.files(&conditions).await?;
        let visible = snapshot.file_schema.fields().len() + snapshot.keys.len();
        let projection = projection.cloned().unwrap_or_else(|| (0..snapshot.schema.fields().len()).collect());
        let has_hidden = projection.iter().any(|place| *place >= visible);
        let request = ScanRequest { snapshot, lake, counter, state, projection, has_hidden, limit };
        self.scan_files(&request, files).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |expr: &&Expr| {
            if self.is_over_partitions(expr) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(support).collect())
    }
}

/// Whether values of one type can be read as another without doubt: the same type, or a wider number.
pub(super) fn widens(from: &DataType, to: &DataType) -> bool {
    use DataType::{Decimal128, Float32, Float64, Int8, Int16, Int32, Int64};
    from == to
        || matches!(
            (from, to),
            (Int8, Int16 | Int32 | Int64 | Float32 | Float64)
                | (Int16, Int32 | Int64 | Float32 | Float64)
                | (Int32, Int64 | Float64)
                | (Float32, Float64)
        )
        || match (from, to) {
            (Decimal128(from_precision, from_scale), Decimal128(precision, scale)) => {
                scale >= from_scale
                    && i16::from(*precision) - i16::from(*scale) >= i16::from(*from_precision) - i16::from(*from_scale)
            }
            _ => false,
        }
}
