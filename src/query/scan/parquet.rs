//! Scans of Parquet files by the engine's own reader.
//!
//! Columns are found by name whatever its case, or by place when the table says so, and a file's type must fit the
//! table's: Hive would rather fail than read text as numbers.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr_adapter::{
    DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory,
};
use datafusion::physical_plan::ExecutionPlan;
use object_store::ObjectMeta;

use super::files::ScanFile;
use super::hidden;
use super::table::{ScanRequest, widens};
use crate::query::error::Error;

/// The plan that reads these files.
pub(super) async fn scan(request: &ScanRequest<'_>, files: Vec<ScanFile>) -> Result<Arc<dyn ExecutionPlan>> {
    let (snapshot, storage) = (request.snapshot, &request.lake.storage);
    let url = ObjectStoreUrl::parse(storage.object_store_url().as_str())?;
    let mut constants: Vec<FieldRef> = snapshot.keys.clone();
    if request.has_hidden {
        constants.extend(hidden::fields());
    }
    let schema = TableSchema::builder(Arc::clone(&snapshot.file_schema)).with_table_partition_cols(constants).build();
    let statistics = statistics(&schema, &files);
    let all = files.iter().map(|file| partitioned_file(request, file)).collect::<Result<Vec<_>>>()?;
    let groups = FileGroup::new(all).split_files(request.state.config().target_partitions());
    let cache = request.state.runtime_env().cache_manager.get_file_metadata_cache();
    let reader = CachedParquetFileReaderFactory::new(storage.object_store(), cache);
    let source = ParquetSource::new(schema).with_parquet_file_reader_factory(Arc::new(reader));
    let by_index = snapshot.table.parameters.get("parquet.column.index.access").is_some_and(|value| value == "true");
    let config = FileScanConfigBuilder::new(url, Arc::new(source))
        .with_file_groups(groups)
        .with_projection_indices(Some(request.projection.clone()))?
        .with_limit(request.limit)
        .with_statistics(statistics)
        .with_expr_adapter(Some(Arc::new(HiveColumns { by_index })))
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// Rows and bytes of all files, as far as they are known for certain.
fn statistics(schema: &TableSchema, files: &[ScanFile]) -> Statistics {
    let mut statistics = Statistics::new_unknown(schema.table_schema());
    let bytes: u64 = files.iter().map(|file| file.object.bytes).sum();
    statistics.total_byte_size = Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
    if let Some(rows) = files.iter().map(|file| file.rows).sum::<Option<u64>>() {
        statistics.num_rows = Precision::Exact(usize::try_from(rows).unwrap_or(usize::MAX));
    }
    statistics
}

fn partitioned_file(request: &ScanRequest<'_>, file: &ScanFile) -> Result<PartitionedFile> {
    let storage = &request.lake.storage;
    let meta = ObjectMeta {
        location: storage.object_path(&file.object.path),
        last_modified: file.object.modified.to_utc().unwrap_or_default(),
        size: file.object.bytes,
        e_tag: file.object.etag.clone(),
        version: None,
    };
    let mut partitioned = PartitionedFile::new_from_meta(meta);
    let mut values: Vec<ScalarValue> = file.partition.as_ref().clone();
    if request.has_hidden {
        values.extend(hidden::values(&file.object, storage.location(&file.object.path))?);
    }
    partitioned.partition_values = values;
    Ok(partitioned)
}

/// How the columns of a table are found in a file.
#[derive(Debug)]
struct HiveColumns {
    by_index: bool,
}

impl PhysicalExprAdapterFactory for HiveColumns {
    fn create(&self, logical: SchemaRef, physical: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let mut fields: Vec<FieldRef> = Vec::with_capacity(physical.fields().len());
        for (place, field) in physical.fields().iter().enumerate() {
            let wanted = if self.by_index {
                logical.fields().get(place).cloned()
            } else {
                let same =
                    |other: &&FieldRef| other.name() == field.name() || *other.name() == field.name().to_lowercase();
                logical.fields().iter().find(same).cloned()
            };
            let Some(wanted) = wanted else {
                // No column of the table: under its own name it could be taken for one.
                fields.push(Arc::new(field.as_ref().clone().with_name(format!("\0{place}"))));
                continue;
            };
            check(field, &wanted)?;
            fields.push(Arc::new(field.as_ref().clone().with_name(wanted.name())));
        }
        let renamed: SchemaRef = Arc::new(Schema::new_with_metadata(fields, physical.metadata().clone()));
        let inner = DefaultPhysicalExprAdapterFactory.create(logical, renamed)?;
        Ok(Arc::new(FileNames { inner, physical }))
    }
}

/// Gives columns the names that they have in the file, where the reader looks for them.
#[derive(Debug)]
struct FileNames {
    inner: Arc<dyn PhysicalExprAdapter>,
    physical: SchemaRef,
}

impl PhysicalExprAdapter for FileNames {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let renamed = self.inner.rewrite(expr)?.transform(|expr| {
            let own = expr.downcast_ref::<Column>().and_then(|column| {
                let field = self.physical.fields().get(column.index())?;
                (field.name() != column.name()).then(|| Column::new(field.name(), column.index()))
            });
            Ok(match own {
                Some(own) => Transformed::yes(Arc::new(own) as Arc<dyn PhysicalExpr>),
                None => Transformed::no(expr),
            })
        });
        renamed.map(|renamed| renamed.data)
    }
}

/// Whether the file's type fits the table's.
fn check(file: &Field, table: &Field) -> Result<()> {
    if fits(file.data_type(), table.data_type()) {
        return Ok(());
    }
    Err(Error::failed(
        "HIVE_BAD_DATA",
        format!(
            "Field {}'s type {} in parquet file is incompatible with type {} defined in table schema\n\
             hint: crawl the folder again, or give the column the file's type",
            table.name(),
            file.data_type(),
            table.data_type()
        ),
    )
    .into())
}

fn fits(file: &DataType, table: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Dictionary, FixedSizeBinary,
        Float32, Float64, LargeBinary, LargeList, LargeUtf8, List, Map, Struct, Timestamp, Utf8, Utf8View,
    };
    let is_text =
        |data_type: &DataType| matches!(data_type, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView);
    match (file, table) {
        (Dictionary(_, value), table) => fits(value, table),
        (file, table) if widens(file, table) => true,
        (file, table) if file.is_integer() && table.is_integer() => true,
        (Float64 | Float32, Float32 | Float64) => true,
        (file, Utf8 | Binary) => is_text(file) || matches!(file, FixedSizeBinary(_)),
        (Date32 | Date64, Date32) => true,
        (Timestamp(..), Timestamp(..)) => true,
        (Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..), Decimal128(..)) => true,
        (file, Decimal128(..)) => file.is_integer(),
        (List(file) | LargeList(file), List(table)) => fits(file.data_type(), table.data_type()),
        (Map(file, _), Map(table, _)) => fits(file.data_type(), table.data_type()),
        (Struct(_), Struct(_)) => true,
        _ => false,
    }
}
