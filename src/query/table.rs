//! A table of the catalog as the engine scans it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use object_store::ObjectMeta;

use super::csv::CsvFormat;
use super::error::Error;
use super::json::JsonFormat;
use super::partitions::{TypedPartitions, partition_fields};
use super::text::{TextFile, TextFormat, TextScan};
use crate::catalog::{Catalog, DataFile, Partition, StorageDescriptor, Table};
use crate::storage::{ObjectInfo, Storage};

/// The table parameter that says whose files a table has.
const MODE: &str = "bayou.mode";
/// With more partitions than this left, the table's folder is listed once instead of theirs.
const LIST_EACH: usize = 8;

/// A table of the catalog.
#[derive(Debug)]
pub(super) struct CatalogTable {
    table: Table,
    storage: Storage,
    catalog: Catalog,
    file_schema: SchemaRef,
    schema: SchemaRef,
}

/// A file to scan, with the values of its partition.
struct ScanFile {
    object: ObjectInfo,
    partition: Arc<Vec<ScalarValue>>,
}

impl CatalogTable {
    pub(super) fn new(table: Table, storage: Storage, catalog: Catalog) -> Self {
        let file_fields: Vec<Field> = table
            .storage
            .columns
            .iter()
            .map(|column| Field::new(&column.name, column.data_type.to_arrow(), true))
            .collect();
        let mut fields: Vec<FieldRef> = file_fields.iter().cloned().map(Arc::new).collect();
        fields.extend(partition_fields(&table.partition_keys));
        Self {
            table,
            storage,
            catalog,
            file_schema: Arc::new(Schema::new(file_fields)),
            schema: Arc::new(Schema::new(fields)),
        }
    }

    fn is_partition_key(&self, name: &str) -> bool {
        self.table.partition_keys.iter().any(|key| key.name == name)
    }

    /// Whether a condition is over partition keys alone.
    fn is_over_partitions(&self, expr: &Expr) -> bool {
        let columns = expr.column_refs();
        !columns.is_empty() && !expr.is_volatile() && columns.iter().all(|column| self.is_partition_key(&column.name))
    }

    /// The files of the partitions that the conditions leave.
    async fn files(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<ScanFile>> {
        let (database, name) = (self.table.database.as_str(), self.table.name.as_str());
        let manifest = self.table.parameters.get(MODE).is_some_and(|mode| mode == "manifest");
        if self.table.partition_keys.is_empty() {
            let none = Arc::new(Vec::new());
            let objects = if manifest {
                self.catalog.files(database, name, None).map_err(Error::from)?.into_iter().map(known).collect()
            } else {
                self.list(&self.table.storage.location).await?
            };
            return Ok(objects.into_iter().map(|object| ScanFile { object, partition: Arc::clone(&none) }).collect());
        }
        let all = self.catalog.partitions(database, name).map_err(Error::from)?;
        let typed = TypedPartitions::new(all, &self.table.partition_keys)?;
        let conditions: Vec<Expr> = filters.iter().filter(|filter| self.is_over_partitions(filter)).cloned().collect();
        let surviving = typed.surviving(state, &conditions)?;
        let objects = if manifest {
            self.manifest_files(&typed.partitions, &surviving)?
        } else {
            self.list_partitions(&typed.partitions, &surviving).await?
        };
        let mut files = Vec::new();
        for (place, objects) in surviving.into_iter().zip(objects) {
            let partition = Arc::new(typed.values(place)?);
            files.extend(objects.into_iter().map(|object| ScanFile { object, partition: Arc::clone(&partition) }));
        }
        Ok(files)
    }

    fn manifest_files(&self, partitions: &[Partition], surviving: &[usize]) -> Result<Vec<Vec<ObjectInfo>>> {
        let wanted: Vec<Vec<Option<String>>> =
            surviving.iter().map(|place| partitions[*place].values.clone()).collect();
        let files = self.catalog.files(&self.table.database, &self.table.name, Some(&wanted)).map_err(Error::from)?;
        let mut by_values: HashMap<Vec<Option<String>>, Vec<ObjectInfo>> = HashMap::new();
        for file in files {
            by_values.entry(file.partition.clone().unwrap_or_default()).or_default().push(known(file));
        }
        Ok(wanted.iter().map(|values| by_values.remove(values).unwrap_or_default()).collect())
    }

    async fn list_partitions(&self, partitions: &[Partition], surviving: &[usize]) -> Result<Vec<Vec<ObjectInfo>>> {
        let mut listed = Vec::with_capacity(surviving.len());
        if surviving.len() <= LIST_EACH {
            for place in surviving {
                listed.push(self.list(&partitions[*place].location).await?);
            }
            return Ok(listed);
        }
        let mut by_folder: HashMap<String, Vec<ObjectInfo>> = HashMap::new();
        for object in self.list(&self.table.storage.location).await? {
            let folder = object.path.parent().map_or_else(String::new, |folder| folder.as_str().to_owned());
            by_folder.entry(folder).or_default().push(object);
        }
        for place in surviving {
            let location = &partitions[*place].location;
            let folder = self.storage.lake_path(location).map_err(Error::from)?;
            // A partition elsewhere, or with folders of its own inside, is listed by itself.
            match by_folder.remove(folder.as_str()) {
                Some(objects) => listed.push(objects),
                None => listed.push(self.list(location).await?),
            }
        }
        Ok(listed)
    }

    /// The data files of a folder: not empty, and no name in its path that begins with `_` or `.`.
    async fn list(&self, location: &str) -> Result<Vec<ObjectInfo>> {
        let folder = self.storage.lake_path(location).map_err(Error::from)?;
        let objects = self.storage.list(&folder).await.map_err(Error::from)?;
        let is_data = |object: &ObjectInfo| object.bytes > 0 && !object.path.below(&folder).is_some_and(is_hidden);
        Ok(objects.into_iter().filter(is_data).collect())
    }

    fn parquet(
        &self,
        state: &dyn Session,
        files: Vec<ScanFile>,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let url = ObjectStoreUrl::parse(self.storage.object_store_url().as_str())?;
        let schema = TableSchema::builder(Arc::clone(&self.file_schema))
            .with_table_partition_cols(partition_fields(&self.table.partition_keys))
            .build();
        let mut all = Vec::with_capacity(files.len());
        for file in files {
            all.push(self.partitioned_file(&file)?);
        }
        let groups = FileGroup::new(all).split_files(state.config().target_partitions());
        let config = FileScanConfigBuilder::new(url, Arc::new(ParquetSource::new(schema)))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn partitioned_file(&self, file: &ScanFile) -> Result<PartitionedFile> {
        let modified = file.object.modified.to_utc().unwrap_or_default();
        let meta = ObjectMeta {
            location: self.storage.object_path(&file.object.path),
            last_modified: modified,
            size: file.object.bytes,
            e_tag: file.object.etag.clone(),
            version: None,
        };
        let mut partitioned = PartitionedFile::new_from_meta(meta);
        partitioned.partition_values = file.partition.as_ref().clone();
        Ok(partitioned)
    }

    fn text(
        &self,
        state: &dyn Session,
        format: TextFormat,
        files: Vec<ScanFile>,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let scan = Arc::new(TextScan::new(
            format,
            Arc::clone(&self.file_schema),
            Arc::clone(&self.schema),
            projection,
            self.storage.clone(),
            limit,
        )?);
        let groups = spread(files, state.config().target_partitions());
        let streams: Vec<Arc<dyn PartitionStream>> =
            groups.into_iter().map(|group| TextScan::partition(&scan, group)).collect();
        Ok(Arc::new(StreamingTableExec::try_new(scan.projected_schema(), streams, None, Vec::new(), false, limit)?))
    }
}

/// The name of an object inside of a table that is not data.
fn is_hidden(relative: &str) -> bool {
    relative.split('/').any(|segment| segment.starts_with(['_', '.']))
}

fn known(file: DataFile) -> ObjectInfo {
    ObjectInfo { path: file.path, bytes: file.bytes, modified: file.modified, etag: file.etag }
}

/// Files in `groups` groups of about the same size; at least one, which may be empty.
fn spread(mut files: Vec<ScanFile>, groups: usize) -> Vec<Vec<TextFile>> {
    files.sort_by_key(|file| std::cmp::Reverse(file.object.bytes));
    let mut spread: Vec<(u64, Vec<TextFile>)> = (0..groups.max(1)).map(|_| (0, Vec::new())).collect();
    for file in files {
        if let Some(smallest) = spread.iter_mut().min_by_key(|(bytes, _)| *bytes) {
            smallest.0 += file.object.bytes;
            smallest.1.push(TextFile { path: file.object.path, partition: file.partition });
        }
    }
    let first = spread.len().min(1);
    spread
        .into_iter()
        .enumerate()
        .filter(|(place, (_, files))| *place < first || !files.is_empty())
        .map(|(_, (_, files))| files)
        .collect()
}

/// How the rows of a table's files are read.
fn text_format(storage: &StorageDescriptor) -> Result<Option<TextFormat>> {
    match storage.classification() {
        Some("parquet") => Ok(None),
        Some("json") => Ok(Some(TextFormat::Json(JsonFormat::new(storage)?))),
        Some("csv") => Ok(Some(TextFormat::Csv(CsvFormat::new(storage)?))),
        other => {
            Err(Error::Unsupported { what: format!("Reading a table of the format `{}`", other.unwrap_or("unknown")) }
                .into())
        }
    }
}

#[async_trait]
impl TableProvider for CatalogTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
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
        let format = text_format(&self.table.storage)?;
        let files = self.files(state, filters).await?;
        match format {
            None => self.parquet(state, files, projection, limit),
            Some(format) => self.text(state, format, files, projection, limit),
        }
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

/// Whether two types hold the same text or number, as far as a reader can tell.
pub(super) fn is_nested(data_type: &DataType) -> bool {
    data_type.is_nested()
}
