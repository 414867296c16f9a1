//! Scans of text files: JSON and CSV, plain or gzipped, block by block.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use flate2::read::MultiGzDecoder;
use tokio::runtime::Handle;

use super::csv::CsvFormat;
use super::error::Error;
use super::json::JsonFormat;
use crate::storage::{LakePath, Storage};

/// Bytes read at once.
const BLOCK: usize = 1024 * 1024;
/// Batches that a reader may be ahead of the query.
const READ_AHEAD: usize = 2;

/// A text format with its settings.
#[derive(Debug, Clone)]
pub(super) enum TextFormat {
    /// Objects one behind the other.
    Json(JsonFormat),
    /// Delimited lines.
    Csv(CsvFormat),
}

impl TextFormat {
    fn name(&self) -> &'static str {
        match self {
            Self::Json(_) => "JSON",
            Self::Csv(_) => "CSV",
        }
    }
}

/// Turns the bytes of one file into batches of file columns.
pub(super) trait TextDecoder {
    /// Take bytes; gives how many. 0 means that a batch is full.
    fn decode(&mut self, bytes: &[u8]) -> Result<usize, ArrowError>;
    /// The rows so far.
    fn flush(&mut self) -> Result<Option<RecordBatch>, ArrowError>;
}

/// A file of a scan.
#[derive(Debug, Clone)]
pub(super) struct TextFile {
    pub(super) path: LakePath,
    pub(super) partition: Arc<Vec<ScalarValue>>,
}

/// Where an output column comes from.
#[derive(Debug, Clone, Copy)]
enum Column {
    /// The decoded batch.
    File(usize),
    /// The partition's values.
    Partition(usize),
}

/// What the partitions of one scan share.
#[derive(Debug)]
pub(super) struct TextScan {
    format: TextFormat,
    /// File columns that are decoded.
    decoded: SchemaRef,
    /// Their places among the file's columns.
    decoded_places: Vec<usize>,
    file_schema: SchemaRef,
    columns: Vec<Column>,
    projected: SchemaRef,
    storage: Storage,
    limit: Option<usize>,
}

impl TextScan {
    pub(super) fn new(
        format: TextFormat,
        file_schema: SchemaRef,
        schema: SchemaRef,
        projection: Vec<usize>,
        storage: Storage,
        limit: Option<usize>,
    ) -> Result<Self> {
        let width = file_schema.fields().len();
        let mut decoded_places: Vec<usize> = projection.iter().copied().filter(|place| *place < width).collect();
        decoded_places.sort_unstable();
        decoded_places.dedup();
        // Rows are counted by some column, also when the query wants none.
        if decoded_places.is_empty() && width > 0 {
            decoded_places.push(0);
        }
        let decoded: SchemaRef = Arc::new(file_schema.project(&decoded_places)?);
        let column = |place: &usize| match place.checked_sub(width) {
            Some(key) => Column::Partition(key),
            None => Column::File(decoded_places.iter().position(|decoded| decoded == place).unwrap_or_default()),
        };
        let columns = projection.iter().map(column).collect();
        let projected: SchemaRef = Arc::new(schema.project(&projection)?);
        Ok(Self { format, decoded, decoded_places, file_schema, columns, projected, storage, limit })
    }

    pub(super) fn projected_schema(&self) -> SchemaRef {
        Arc::clone(&self.projected)
    }

    /// The scan of some of the files.
    pub(super) fn partition(scan: &Arc<Self>, files: Vec<TextFile>) -> Arc<dyn PartitionStream> {
        Arc::new(TextPartition { scan: Arc::clone(scan), files })
    }

    fn decoder(&self, batch_size: usize) -> Result<Box<dyn TextDecoder>, ArrowError> {
        match &self.format {
            TextFormat::Json(format) => format.decoder(&self.decoded, batch_size),
            TextFormat::Csv(format) => format.decoder(&self.file_schema, &self.decoded_places, batch_size),
        }
    }

    fn open(&self, path: &LakePath, handle: &Handle) -> Result<Box<dyn Read>> {
        let name = path.as_str();
        let raw: Box<dyn Read> =
            match self.storage.local_root() {
                Some(root) => {
                    let file = root.join(name);
                    Box::new(File::open(&file).map_err(|error| {
                        Error::from(crate::storage::Error::from_io(file.display().to_string(), error))
                    })?)
                }
                None => Box::new(Cursor::new(handle.block_on(self.storage.get(path)).map_err(Error::from)?)),
            };
        Ok(if name.ends_with(".gz") {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, raw)))
        } else {
            raw
        })
    }

    /// Decode one file; `take` gives false when no more is wanted.
    fn read(
        &self,
        file: &TextFile,
        batch_size: usize,
        handle: &Handle,
        take: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<bool> {
        let malformed = |message: String| Error::MalformedFile {
            path: self.storage.location(&file.path),
            format: self.format.name(),
            message,
        };
        let mut reader = BufReader::with_capacity(BLOCK, self.open(&file.path, handle)?);
        let mut decoder = self.decoder(batch_size)?;
        let mut rows = 0usize;
        let mut emit = |decoder: &mut dyn TextDecoder, rows: &mut usize| -> Result<bool> {
            let batch = decoder.flush().map_err(|error| malformed(decoding_message(&error, *rows)))?;
            let Some(batch) = batch else { return Ok(true) };
            *rows += batch.num_rows();
            Ok(take(self.project(&batch, &file.partition)?))
        };
        loop {
            let bytes = reader.fill_buf().map_err(|error| malformed(error.to_string()))?;
            if bytes.is_empty() {
                // Tell the decoder that nothing follows, then take the rest.
                decoder.decode(&[]).map_err(|error| malformed(decoding_message(&error, rows)))?;
                return emit(decoder.as_mut(), &mut rows);
            }
            let length = bytes.len();
            let taken = decoder.decode(bytes).map_err(|error| malformed(decoding_message(&error, rows)))?;
            reader.consume(taken);
            if taken < length && !emit(decoder.as_mut(), &mut rows)? {
                return Ok(false);
            }
        }
    }

    fn project(&self, batch: &RecordBatch, partition: &[ScalarValue]) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let column = |column: &Column| -> Result<ArrayRef> {
            match column {
                Column::File(place) => Ok(Arc::clone(batch.column(*place))),
                Column::Partition(key) => match partition.get(*key) {
                    Some(value) => value.to_array_of_size(rows),
                    None => Err(DataFusionError::Internal("a partition has too few values".into())),
                },
            }
        };
        let columns = self.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.projected), columns, &options)?)
    }
}

fn decoding_message(error: &ArrowError, rows: usize) -> String {
    let text = match error {
        ArrowError::JsonError(message)
        | ArrowError::CsvError(message)
        | ArrowError::ParseError(message)
        | ArrowError::CastError(message) => message.clone(),
        other => other.to_string(),
    };
    format!("{text} (behind row {rows})")
}

#[derive(Debug)]
struct TextPartition {
    scan: Arc<TextScan>,
    files: Vec<TextFile>,
}

impl PartitionStream for TextPartition {
    fn schema(&self) -> &SchemaRef {
        &self.scan.projected
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.scan.projected), READ_AHEAD);
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

/// A schema with other names for its fields.
pub(super) fn renamed(schema: &Schema, name: impl Fn(&str) -> String) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| Arc::new(field.as_ref().clone().with_name(name(field.name()))));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
