//! Scans of Avro and ORC files: their readers give batches in the files' own schema, which become the table's.
//!
//! Avro columns are found by name, ORC columns by place, as Hive finds them. `orc.column.index.access` = `false` finds
//! ORC columns by name.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use bytes::Bytes;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use tokio::runtime::Handle;

use super::files::ScanFile;
use super::hidden;
use super::lake::{Lake, ScanCounter};
use super::table::ScanRequest;
use crate::catalog::StorageDescriptor;
use crate::query::error::Error;

/// Batches that a reader may be ahead of the query.
const READ_AHEAD: usize = 2;

/// Which reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Avro,
    Orc,
}

/// Where an output column comes from.
#[derive(Debug, Clone)]
enum Source {
    /// A column of the file, by name and by place.
    File {
        name: String,
        place: usize,
        data_type: DataType,
    },
    Partition(usize),
    Hidden(usize),
}

#[derive(Debug)]
struct BatchScan {
    container: Container,
    by_name: bool,
    sources: Vec<Source>,
    schema: SchemaRef,
    limit: Option<usize>,
    lake: Arc<Lake>,
    counter: Arc<ScanCounter>,
}

/// The plan that reads these files.
pub(super) fn scan(
    request: &ScanRequest<'_>,
    container: Container,
    storage: &StorageDescriptor,
    files: Vec<ScanFile>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let table = &request.snapshot.table;
    let (width, keys) = (table.storage.columns.len(), request.snapshot.keys.len());
    let source = |place: &usize| match table.storage.columns.get(*place) {
        Some(column) => {
            Source::File { name: column.name.clone(), place: *place, data_type: column.data_type.to_arrow() }
        }
        None if place - width < keys => Source::Partition(place - width),
        None => Source::Hidden(place - width - keys),
    };
    let index_access = storage.serde.parameters.get("orc.column.index.access");
    let index_access = index_access.or_else(|| table.parameters.get("orc.column.index.access"));
    let scan = Arc::new(BatchScan {
        container,
        by_name: container == Container::Avro || index_access.is_some_and(|value| value == "false"),
        sources: request.projection.iter().map(source).collect(),
        schema: Arc::new(request.snapshot.schema.project(&request.projection)?),
        limit: request.limit,
        lake: Arc::clone(request.lake),
        counter: Arc::clone(request.counter),
    });
    let count = request.state.config().target_partitions().min(files.len()).max(1);
    let mut groups: Vec<Vec<ScanFile>> = vec![Vec::new(); count];
    for (place, file) in files.into_iter().enumerate() {
        if let Some(group) = groups.get_mut(place % count) {
            group.push(file);
        }
    }
    let streams: Vec<Arc<dyn PartitionStream>> = groups
        .into_iter()
        .map(|files| Arc::new(BatchPartition { scan: Arc::clone(&scan), files }) as Arc<dyn PartitionStream>)
        .collect();
    let schema = Arc::clone(&scan.schema);
    Ok(Arc::new(StreamingTableExec::try_new(schema, streams, None, Vec::new(), false, request.limit)?))
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

impl BatchScan {
    fn malformed(&self, file: &ScanFile, message: impl std::fmt::Display) -> DataFusionError {
        Error::MalformedFile {
            code: "HIVE_CURSOR_ERROR",
            path: self.lake.storage.location(&file.object.path),
            format: if self.container == Container::Avro { "Avro" } else { "ORC" },
            message: message.to_string(),
            hint: "move the file away, or give the table the format of its files",
        }
        .into()
    }

    fn open(&self, file: &ScanFile, batch_size: usize, handle: &Handle) -> Result<Batches> {
        self.counter.bytes.fetch_add(file.object.bytes, Ordering::Relaxed);
        match self.lake.storage.local_root() {
            Some(root) => {
                let path = root.join(file.object.path.as_str());
                let opened = File::open(&path)
                    .map_err(|error| Error::from(crate::storage::Error::from_io(path.display().to_string(), error)))?;
                match self.container {
                    Container::Avro => self.avro(file, BufReader::new(opened), batch_size),
                    Container::Orc => self.orc(file, opened, batch_size),
                }
            }
            None => {
                let bytes: Bytes = handle.block_on(self.lake.storage.get(&file.object.path)).map_err(Error::from)?;
                match self.container {
                    Container::Avro => self.avro(file, std::io::Cursor::new(bytes), batch_size),
                    Container::Orc => self.orc(file, bytes, batch_size),
                }
            }
        }
    }

    fn avro<R: std::io::BufRead + 'static>(&self, file: &ScanFile, reader: R, batch_size: usize) -> Result<Batches> {
        let reader = arrow_avro::reader::ReaderBuilder::new().with_batch_size(batch_size).build(reader);
        Ok(Box::new(reader.map_err(|error| self.malformed(file, error))?))
    }

    fn orc<R: orc_rust::reader::ChunkReader + 'static>(
        &self,
        file: &ScanFile,
        reader: R,
        batch_size: usize,
    ) -> Result<Batches> {
        let builder = orc_rust::ArrowReaderBuilder::try_new(reader).map_err(|error| self.malformed(file, error))?;
        Ok(Box::new(builder.with_batch_size(batch_size).build()))
    }

    fn read(
        &self,
        file: &ScanFile,
        batch_size: usize,
        handle: &Handle,
        take: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<bool> {
        let hidden = hidden::values(&file.object, self.lake.storage.location(&file.object.path))?;
        for batch in self.open(file, batch_size, handle)? {
            let batch = batch.map_err(|error| self.malformed(file, error))?;
            if !take(self.table_batch(file, &batch, &hidden)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn table_batch(&self, file: &ScanFile, batch: &RecordBatch, hidden: &[ScalarValue]) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let column = |source: &Source| -> Result<ArrayRef> {
            match source {
                Source::File { name, place, data_type } => {
                    let same = |field: &Arc<arrow::datatypes::Field>| field.name().eq_ignore_ascii_case(name);
                    let found = if self.by_name {
                        batch.schema_ref().fields().iter().position(same)
                    } else {
                        Some(*place).filter(|place| *place < batch.num_columns())
                    };
                    match found.and_then(|found| batch.columns().get(found)) {
                        Some(array) => self.fitted(file, name, array, data_type),
                        None => Ok(new_null_array(data_type, rows)),
                    }
                }
                Source::Partition(key) => constant(file.partition.get(*key), rows),
                Source::Hidden(place) => constant(hidden.get(*place), rows),
            }
        };
        let columns = self.sources.iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    /// The column in the table's type; what cannot be converted is an error, not NULL.
    fn fitted(&self, file: &ScanFile, name: &str, array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
        let converted = cast(array, data_type).map_err(|error| self.malformed(file, error))?;
        if converted.logical_null_count() > array.logical_null_count() {
            let message = format!("the column `{name}` has values that are not of type {data_type}");
            return Err(self.malformed(file, message));
        }
        Ok(converted)
    }
}

fn constant(value: Option<&ScalarValue>, rows: usize) -> Result<ArrayRef> {
    match value {
        Some(value) => value.to_array_of_size(rows),
        None => Err(DataFusionError::Internal("a file has too few partition values".into())),
    }
}

#[derive(Debug)]
struct BatchPartition {
    scan: Arc<BatchScan>,
    files: Vec<ScanFile>,
}

impl PartitionStream for BatchPartition {
    fn schema(&self) -> &SchemaRef {
        &self.scan.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.scan.schema), READ_AHEAD);
        let sender = builder.tx();
        let (scan, files) = (Arc::clone(&self.scan), self.files.clone());
        let batch_size = context.session_config().batch_size();
        let handle = Handle::current();
        builder.spawn_blocking(move || {
            let mut left = scan.limit.unwrap_or(usize::MAX);
            for file in &files {
                let mut take = |batch: RecordBatch| {
                    let batch = batch.slice(0, batch.num_rows().min(left));
                    left -= batch.num_rows();
                    // A query that was dropped has closed the channel.
                    sender.blocking_send(Ok(batch)).is_ok() && left > 0
                };
                if !scan.read(file, batch_size, &handle, &mut take)? {
                    break;
                }
            }
            Ok(())
        });
        builder.build()
    }
}
