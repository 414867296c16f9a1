//! Scans of text files through their SerDe, block by block.

use std::fs::File;
use std::io::{Cursor, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use tokio::runtime::Handle;

use super::compression::{is_compressed, plain};
use super::files::ScanFile;
use super::hidden;
use super::lake::{Lake, ScanCounter};
use super::quotes::QuotedFile;
use super::table::{ScanRequest, widens};
use crate::catalog::{Column, StorageDescriptor};
use crate::query::error::Error;
use crate::query::serde::{RowDecoder, RowError, Serde};

/// Bytes read at once.
const BLOCK: usize = 1024 * 1024;
/// Batches that a reader may be ahead of the query.
const READ_AHEAD: usize = 2;
/// A file of lines or of quoted records is read by several threads in pieces of at least this size.
const PIECE: u64 = 16 * 1024 * 1024;

/// Where an output column comes from.
#[derive(Debug, Clone)]
enum Source {
    /// A decoded column, cast when the partition's type is narrower than the table's.
    File(usize, Option<DataType>),
    /// The files do not have it.
    Missing(DataType),
    /// The partition's values.
    Partition(usize),
    /// The file itself.
    Hidden(usize),
}

/// What the partitions of one scan share.
#[derive(Debug)]
struct TextScan {
    serde: Serde,
    /// Columns of the files, and the places of those that are decoded.
    columns: Vec<Column>,
    wanted: Vec<usize>,
    sources: Vec<Source>,
    schema: SchemaRef,
    header_lines: usize,
    footer_lines: usize,
    limit: Option<usize>,
    lake: Arc<Lake>,
    counter: Arc<ScanCounter>,
}

/// A file, or the rows that begin in a part of it.
#[derive(Debug, Clone)]
struct Piece {
    file: ScanFile,
    bytes: Range<u64>,
    /// When line breaks may be inside of rows: the file's quotes, and the steps of [`PIECE`] bytes before begin and end.
    quoted: Option<(Arc<QuotedFile>, Range<usize>)>,
}

/// The plan that reads these files.
pub(super) fn scan(
    request: &ScanRequest<'_>,
    serde: Serde,
    storage: &StorageDescriptor,
    files: Vec<ScanFile>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let scan = Arc::new(TextScan::new(request, serde, storage)?);
    let groups = scan.spread(files, request.state.config().target_partitions());
    let streams: Vec<Arc<dyn PartitionStream>> = groups
        .into_iter()
        .map(|pieces| Arc::new(TextPartition { scan: Arc::clone(&scan), pieces }) as Arc<dyn PartitionStream>)
        .collect();
    let schema = Arc::clone(&scan.schema);
    Ok(Arc::new(StreamingTableExec::try_new(schema, streams, None, Vec::new(), false, request.limit)?))
}

impl TextScan {
    fn new(request: &ScanRequest<'_>, serde: Serde, storage: &StorageDescriptor) -> Result<Self> {
        let table = &request.snapshot.table;
        let (width, keys) = (table.storage.columns.len(), request.snapshot.keys.len());
        let mut wanted: Vec<usize> = Vec::new();
        let mut sources = Vec::with_capacity(request.projection.len());
        for place in &request.projection {
            let Some(column) = table.storage.columns.get(*place) else {
                let key = place - width;
                sources.push(if key < keys { Source::Partition(key) } else { Source::Hidden(key - keys) });
                continue;
            };
            let found = if serde.is_by_name() {
                storage.columns.iter().position(|own| own.name == column.name)
            } else {
                Some(*place).filter(|place| *place < storage.columns.len())
            };
            let data_type = column.data_type.to_arrow();
            let Some(found) = found else {
                sources.push(Source::Missing(data_type));
                continue;
            };
            let own = storage.columns.get(found).map_or_else(|| data_type.clone(), |own| own.data_type.to_arrow());
            if !widens(&own, &data_type) {
                return Err(Error::failed(
                    "HIVE_PARTITION_SCHEMA_MISMATCH",
                    format!(
                        "There is a mismatch between the table and partition schemas: the column `{}` of table {}.{} is \
                         declared as type `{}`, but a partition declared it as `{own}`",
                        column.name, table.database, table.name, column.data_type
                    ),
                )
                .into());
            }
            let decoded = wanted.iter().position(|wanted| *wanted == found).unwrap_or_else(|| {
                wanted.push(found);
                wanted.len() - 1
            });
            sources.push(Source::File(decoded, (own != data_type).then_some(data_type)));
        }
        let lines = |key: &str| {
            let setting = storage.parameters.get(key).or_else(|| table.parameters.get(key));
            setting.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
        };
        Ok(Self {
            serde,
            columns: storage.columns.clone(),
            wanted,
            sources,
            schema: Arc::new(request.snapshot.schema.project(&request.projection)?),
            header_lines: lines("skip.header.line.count"),
            footer_lines: lines("skip.footer.line.count"),
            limit: request.limit,
            lake: Arc::clone(request.lake),
            counter: Arc::clone(request.counter),
        })
    }

    /// The files in groups of about the same size; at least one, which may be empty.
    fn spread(&self, files: Vec<ScanFile>, groups: usize) -> Vec<Vec<Piece>> {
        let mut pieces: Vec<Piece> = files.into_iter().flat_map(|file| self.pieces(file, groups)).collect();
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.bytes.end - piece.bytes.start));
        let mut spread: Vec<(u64, Vec<Piece>)> = (0..groups.max(1)).map(|_| (0, Vec::new())).collect();
        for piece in pieces {
            if let Some(smallest) = spread.iter_mut().min_by_key(|(bytes, _)| *bytes) {
                smallest.0 += piece.bytes.end - piece.bytes.start;
                smallest.1.push(piece);
            }
        }
        let mut groups: Vec<Vec<Piece>> = spread.into_iter().map(|(_, pieces)| pieces).collect();
        groups.retain(|pieces| !pieces.is_empty());
        if groups.is_empty() { vec![Vec::new()] } else { groups }
    }

    /// Cut a large plain file between its lines or quoted records; an object may go over several lines.
    fn pieces(&self, file: ScanFile, groups: usize) -> Vec<Piece> {
        let bytes = file.object.bytes;
        let quoting = self.serde.quoting();
        let is_cut = quoting.is_some() || matches!(self.serde, Serde::LazySimple(_) | Serde::Regex(_));
        let local = self.lake.storage.local_root().filter(|_| {
            is_cut && self.footer_lines == 0 && self.limit.is_none() && !is_compressed(file.object.path.as_str())
        });
        let steps = bytes.div_ceil(PIECE).max(1);
        let count = if local.is_some() { (bytes / PIECE).clamp(1, groups.max(1) as u64) } else { 1 };
        let edge = |piece: u64| steps * piece / count;
        let place = |step: u64| usize::try_from(step).unwrap_or(usize::MAX);
        let quotes = quoting.zip(local).filter(|_| count > 1).map(|(quoting, root)| {
            let path = root.join(file.object.path.as_str());
            Arc::new(QuotedFile::new(path, quoting, self.header_lines, PIECE, place(edge(count - 1))))
        });
        let piece = |piece: u64| {
            let (begin, end) = (edge(piece), edge(piece + 1));
            Piece {
                file: file.clone(),
                bytes: begin * PIECE..(end * PIECE).min(bytes),
                quoted: quotes.as_ref().map(|quotes| (Arc::clone(quotes), place(begin)..place(end))),
            }
        };
        (0..count).map(piece).collect()
    }

    /// The blocks of a piece.
    fn blocks(&self, piece: &Piece, handle: &Handle) -> Result<Blocks> {
        let is_last = piece.bytes.end >= piece.file.object.bytes;
        let (begin, skip_lines, reach) = match &piece.quoted {
            // One byte earlier: a line that begins with the piece is told by the line break before it.
            None if piece.bytes.start > 0 => (piece.bytes.start - 1, 1, Reach::LinesWithin(piece.bytes.end)),
            None => (0, self.header_lines, Reach::LinesWithin(piece.bytes.end)),
            Some((quotes, steps)) => {
                let record = |steps| {
                    let found = quotes.record_behind(steps);
                    found.map_err(|error| DataFusionError::from(self.unreadable(&piece.file, error.to_string())))
                };
                let end = if is_last { u64::MAX } else { record(steps.end)? };
                (record(steps.start)?, if steps.start == 0 { self.header_lines } else { 0 }, Reach::Until(end))
            }
        };
        Ok(Blocks {
            reader: self.open(&piece.file, begin, handle)?,
            buffer: Vec::new(),
            start: 0,
            position: begin,
            is_end: false,
            skip_lines,
            reach: if is_last { Reach::All } else { reach },
            footer_lines: self.footer_lines,
        })
    }

    /// The file's plain bytes, from `begin` on if it is local.
    fn open(&self, file: &ScanFile, begin: u64, handle: &Handle) -> Result<Box<dyn Read>> {
        let name = file.object.path.as_str();
        let raw: Box<dyn Read> =
            match self.lake.storage.local_root() {
                Some(root) => {
                    let path = root.join(name);
                    let opened = File::open(&path).and_then(|mut file| {
                        file.seek(SeekFrom::Start(begin))?;
                        Ok(file)
                    });
                    Box::new(opened.map_err(|error| {
                        Error::from(crate::storage::Error::from_io(path.display().to_string(), error))
                    })?)
                }
                None => Box::new(Cursor::new(
                    handle.block_on(self.lake.storage.get(&file.object.path)).map_err(Error::from)?,
                )),
            };
        plain(name, Box::new(Counted { reader: raw, counter: Arc::clone(&self.counter) }))
            .map_err(|error| self.unreadable(file, error.to_string()).into())
    }

    /// Decode one piece; `take` gives false when no more is wanted.
    fn read(
        &self,
        piece: &Piece,
        batch_size: usize,
        handle: &Handle,
        take: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<bool> {
        let mut blocks = self.blocks(piece, handle)?;
        let mut decoder = self.serde.decoder(&self.columns, &self.wanted);
        let constants = self.constants(&piece.file)?;
        let mut rows = 0;
        loop {
            let (bytes, is_end) = blocks.available();
            let decoded = decoder.decode(bytes, batch_size, is_end);
            let taken = match decoded {
                Ok(taken) => taken,
                Err(error) => {
                    let before = rows + self.rows_before(piece, handle)?;
                    let start = blocks.position + blocks.start as u64;
                    let byte = error.offset.map(|offset| start + offset as u64);
                    return Err(self.malformed(&piece.file, before, byte, error).into());
                }
            };
            blocks.start += taken;
            let is_full = decoder.rows() >= batch_size;
            if is_full || (taken == 0 && is_end) {
                let count = decoder.rows();
                rows += count;
                if count > 0 && !take(self.batch(decoder.as_mut(), count, &constants, &piece.file)?) {
                    return Ok(false);
                }
                if !is_full {
                    return Ok(true);
                }
            } else if taken == 0 || !is_end {
                blocks.read_more().map_err(|error| self.unreadable(&piece.file, error.to_string()))?;
            }
        }
    }

    /// Rows of the file in front of a piece; read again, for a message.
    fn rows_before(&self, piece: &Piece, handle: &Handle) -> Result<usize> {
        if piece.bytes.start == 0 {
            return Ok(0);
        }
        let quoted = piece.quoted.as_ref().map(|(quotes, steps)| (Arc::clone(quotes), 0..steps.start));
        let before = Piece { file: piece.file.clone(), bytes: 0..piece.bytes.start, quoted };
        let mut blocks = self.blocks(&before, handle)?;
        let mut decoder = self.serde.decoder(&self.columns, &[]);
        loop {
            let (bytes, is_end) = blocks.available();
            // What cannot be decoded here is told by the reader of that piece.
            let Ok(taken) = decoder.decode(bytes, usize::MAX, is_end) else { return Ok(decoder.rows()) };
            blocks.start += taken;
            if taken == 0 && is_end {
                return Ok(decoder.rows());
            }
            if taken == 0 || !is_end {
                blocks.read_more().map_err(|error| self.unreadable(&piece.file, error.to_string()))?;
            }
        }
    }

    /// Partition values and hidden columns of a file.
    fn constants(&self, file: &ScanFile) -> Result<(Arc<Vec<ScalarValue>>, Vec<ScalarValue>)> {
        let has_hidden = self.sources.iter().any(|source| matches!(source, Source::Hidden(_)));
        let location = self.lake.storage.location(&file.object.path);
        let hidden = if has_hidden { hidden::values(&file.object, location)? } else { Vec::new() };
        Ok((Arc::clone(&file.partition), hidden))
    }

    fn batch(
        &self,
        decoder: &mut dyn RowDecoder,
        rows: usize,
        (partition, hidden): &(Arc<Vec<ScalarValue>>, Vec<ScalarValue>),
        file: &ScanFile,
    ) -> Result<RecordBatch> {
        let decoded = decoder.flush().map_err(|error| self.malformed(file, rows, None, error))?;
        let missing = || DataFusionError::Internal("a file has too few columns or values".into());
        let column = |source: &Source| -> Result<ArrayRef> {
            match source {
                Source::File(place, None) => decoded.get(*place).cloned().ok_or_else(missing),
                Source::File(place, Some(data_type)) => Ok(cast(decoded.get(*place).ok_or_else(missing)?, data_type)?),
                Source::Missing(data_type) => Ok(new_null_array(data_type, rows)),
                Source::Partition(key) => partition.get(*key).ok_or_else(missing)?.to_array_of_size(rows),
                Source::Hidden(place) => hidden.get(*place).ok_or_else(missing)?.to_array_of_size(rows),
            }
        };
        let columns = self.sources.iter().map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    fn malformed(&self, file: &ScanFile, rows: usize, byte: Option<u64>, error: RowError) -> Error {
        let place = byte.map_or_else(String::new, |byte| format!(", byte {byte}"));
        Error::MalformedFile {
            code: error.code,
            path: self.lake.storage.location(&file.object.path),
            format: self.serde.name(),
            message: format!("{} (row {}{place})", error.message, rows + error.row + 1),
            hint: "correct the file or move it away, or give the column another type",
        }
    }

    fn unreadable(&self, file: &ScanFile, message: String) -> Error {
        Error::MalformedFile {
            code: "HIVE_CURSOR_ERROR",
            path: self.lake.storage.location(&file.object.path),
            format: self.serde.name(),
            message,
            hint: "the end of its name says how it is compressed; is it whole?",
        }
    }
}

/// Counts the bytes that are read.
struct Counted {
    reader: Box<dyn Read>,
    counter: Arc<ScanCounter>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.reader.read(buffer)?;
        AtomicU64::fetch_add(&self.counter.bytes, count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Up to where the rows of a piece go.
enum Reach {
    All,
    /// Lines that begin in front of this byte; the last one may end behind it.
    LinesWithin(u64),
    /// Records end here.
    Until(u64),
}

/// The bytes of a file between its skipped lines.
struct Blocks {
    reader: Box<dyn Read>,
    buffer: Vec<u8>,
    /// What was taken from the front of the buffer.
    start: usize,
    /// Where the buffer begins in the file.
    position: u64,
    is_end: bool,
    /// Lines still to skip at the front.
    skip_lines: usize,
    reach: Reach,
    footer_lines: usize,
}

impl Blocks {
    fn read_more(&mut self) -> std::io::Result<()> {
        self.buffer.drain(..self.start);
        self.position += self.start as u64;
        self.start = 0;
        let before = self.buffer.len();
        self.reader.by_ref().take(BLOCK as u64).read_to_end(&mut self.buffer)?;
        self.is_end = self.buffer.len() - before < BLOCK;
        while self.skip_lines > 0 {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            match memchr::memchr(b'\n', rest) {
                Some(end) => self.start += end + 1,
                None if self.is_end => self.start = self.buffer.len(),
                None => break,
            }
            self.skip_lines -= 1;
        }
        Ok(())
    }

    /// The bytes that may be decoded, and whether nothing follows them.
    fn available(&self) -> (&[u8], bool) {
        if self.skip_lines > 0 {
            return (&[], false);
        }
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let before = |end: u64| {
            let left = end.saturating_sub(self.position);
            usize::try_from(left).unwrap_or(usize::MAX).saturating_sub(self.start)
        };
        match self.reach {
            Reach::All => {}
            Reach::Until(end) => {
                return match rest.get(..before(end)) {
                    Some(all) => (all, true),
                    None => (rest, self.is_end),
                };
            }
            Reach::LinesWithin(end) => {
                let within = before(end);
                if within == 0 {
                    return (&[], true);
                }
                let behind = rest.get(within - 1..).and_then(|tail| memchr::memchr(b'\n', tail));
                return match behind {
                    Some(end) => (rest.get(..within + end).unwrap_or(rest), true),
                    None => (rest, self.is_end),
                };
            }
        }
        if self.footer_lines == 0 {
            return (rest, self.is_end);
        }
        // The last lines may be the footer.
        let body = rest.strip_suffix(b"\n").unwrap_or(rest);
        let breaks = memchr::memrchr_iter(b'\n', body);
        let cut = breaks.take(self.footer_lines).nth(self.footer_lines - 1).map_or(0, |end| end + 1);
        (rest.get(..cut).unwrap_or_default(), self.is_end)
    }
}

#[derive(Debug)]
struct TextPartition {
    scan: Arc<TextScan>,
    pieces: Vec<Piece>,
}

impl PartitionStream for TextPartition {
    fn schema(&self) -> &SchemaRef {
        &self.scan.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.scan.schema), READ_AHEAD);
        let sender = builder.tx();
        let (scan, pieces) = (Arc::clone(&self.scan), self.pieces.clone());
        let batch_size = context.session_config().batch_size();
        let handle = Handle::current();
        builder.spawn_blocking(move || {
            let mut left = scan.limit.unwrap_or(usize::MAX);
            for piece in &pieces {
                let mut take = |batch: RecordBatch| {
                    let batch = batch.slice(0, batch.num_rows().min(left));
                    left -= batch.num_rows();
                    // A query that was dropped has closed the channel.
                    sender.blocking_send(Ok(batch)).is_ok() && left > 0
                };
                if !scan.read(piece, batch_size, &handle, &mut take)? {
                    break;
                }
            }
            Ok(())
        });
        builder.build()
    }
}
