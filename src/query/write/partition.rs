//! Rows to the files of their partition and bucket.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::{cast, interleave};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};
use arrow::util::display::ArrayFormatter;
use hashbrown::HashMap;

use super::bucket::Buckets;
use super::encode::{Compression, FileFormat, OpenFile};
use super::text::FORMAT;
use crate::catalog::Column;
use crate::query::error::{Error, Result};
use crate::query::write_request::FileLimits;

/// Files that are open at once over all writers of a statement, below what processes may open as a rule; with more
/// partitions the one that was used the longest ago is closed.
const OPEN_FILES: usize = 800;
/// Bytes of memory that the open files of all writers of a statement may hold before they are written out.
const HELD_BYTES: u64 = 256 * 1024 * 1024;
/// Rows that wait for others of their file at most.
const WAITING_ROWS: usize = 262_144;
/// How many times as many wait when files have to be closed to open others.
const WAIT_LONGER: usize = 8;

/// What is written, and how.
#[derive(Debug, Clone)]
pub(in crate::query) struct WriteTarget {
    /// Columns in the files.
    pub(in crate::query) columns: Vec<Column>,
    /// Columns that become folders; they follow the others in the rows.
    pub(in crate::query) keys: Vec<Column>,
    pub(in crate::query) buckets: Option<Buckets>,
    pub(in crate::query) format: FileFormat,
    pub(in crate::query) compression: Compression,
    /// What every file's name begins with.
    pub(in crate::query) token: String,
    /// What follows in the names.
    pub(in crate::query) naming: Naming,
    /// When a file is full.
    pub(in crate::query) limits: FileLimits,
    /// Names of the columns in the files, where they differ from the catalog's.
    pub(in crate::query) file_names: Option<Vec<String>>,
    /// Booleans behind the keys, which are counted and not written.
    pub(in crate::query) counters: usize,
    /// Writers that work at the same time.
    pub(in crate::query) writers: usize,
}

/// How files of one token are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum Naming {
    /// By a number, as Athena does.
    Numbered,
    /// By the task that wrote it and a number, with the codec behind, as Spark does.
    Task(usize),
}

impl WriteTarget {
    /// Rows of a statement in files of a format.
    pub(in crate::query) fn new(
        columns: &[Column],
        keys: &[Column],
        format: FileFormat,
        compression: Compression,
        token: &str,
    ) -> Self {
        Self {
            columns: columns.to_vec(),
            keys: keys.to_vec(),
            buckets: None,
            format,
            compression,
            token: token.to_owned(),
            naming: Naming::Numbered,
            limits: FileLimits::default(),
            file_names: None,
            counters: 0,
            writers: 1,
        }
    }
}

/// A finished file that nobody sees yet.
#[derive(Debug)]
pub(super) struct StagedFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) values: Vec<Option<String>>,
    pub(super) rows: u64,
}

/// Takes rows until it is finished.
pub(in crate::query) struct Writer {
    target: WriteTarget,
    schema: SchemaRef,
    staging: Staging,
    converter: Option<RowConverter>,
    open: HashMap<Slot, Opened>,
    /// Values by the bytes of the key row.
    known: HashMap<Box<[u8]>, usize>,
    values: Vec<Vec<Option<String>>>,
    finished: Vec<StagedFile>,
    waiting: Waiting,
    clock: u64,
    files: usize,
    rows: u64,
    counts: Vec<u64>,
    folded_empty: bool,
}

/// All files of a writer, closed; dropping it deletes those that were not published.
#[derive(Debug)]
pub(in crate::query) struct Finished {
    pub(super) files: Vec<StagedFile>,
    pub(super) keys: Vec<Column>,
    /// Kept for what its end does.
    _staging: Staging,
    pub(in crate::query) rows: u64,
    /// True values of each counter.
    pub(in crate::query) counts: Vec<u64>,
    /// Whether an empty string became a NULL key.
    pub(in crate::query) folded_empty: bool,
}

impl Finished {
    /// Columns that are folders.
    pub(in crate::query) fn keys(&self) -> &[Column] {
        &self.keys
    }
}

/// The folder of files that nobody sees yet.
#[derive(Debug)]
struct Staging(PathBuf);

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Partition and bucket.
type Slot = (usize, u32);

/// Rows that wait until there are many for each file: encoding a few rows costs nearly as much as encoding hundreds.
#[derive(Default)]
struct Waiting {
    batches: Vec<Vec<ArrayRef>>,
    /// Batch and row of each row, by slot.
    slots: Vec<(Slot, Vec<(usize, usize)>)>,
    places: HashMap<Slot, usize>,
    rows: usize,
}

impl Waiting {
    /// The rows of a batch, each in its slot.
    fn take(&mut self, batch: usize, rows: impl Iterator<Item = Slot>) {
        // Rows of one slot often follow each other.
        let mut last: Option<(Slot, usize)> = None;
        for (row, slot) in rows.enumerate() {
            let place = match last {
                Some((same, place)) if same == slot => place,
                _ => *self.places.entry(slot).or_insert_with(|| {
                    self.slots.push((slot, Vec::new()));
                    self.slots.len() - 1
                }),
            };
            last = Some((slot, place));
            if let Some((_, rows)) = self.slots.get_mut(place) {
                rows.push((batch, row));
            }
        }
    }
}

struct Opened {
    file: OpenFile,
    name: String,
    used: u64,
}

impl Writer {
    /// A writer that keeps its files in `folder` until they are published.
    pub(in crate::query) fn new(target: WriteTarget, folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)
            .map_err(|error| crate::storage::Error::from_io(folder.display().to_string(), error))?;
        let field = |column: &Column| Field::new(&column.name, column.data_type.to_arrow(), true);
        let mut fields: Vec<Field> = target.columns.iter().map(field).collect();
        for (field, name) in fields.iter_mut().zip(target.file_names.iter().flatten()) {
            field.set_name(name.clone());
        }
        let schema = Arc::new(Schema::new(fields));
        let sort_fields: Vec<SortField> =
            target.keys.iter().map(|key| SortField::new(key.data_type.to_arrow())).collect();
        let converter =
            if sort_fields.is_empty() { None } else { Some(RowConverter::new(sort_fields).map_err(internal)?) };
        let target_counters = target.counters;
        Ok(Self {
            target,
            schema,
            staging: Staging(folder),
            converter,
            open: HashMap::new(),
            known: HashMap::new(),
            values: Vec::new(),
            finished: Vec::new(),
            waiting: Waiting::default(),
            clock: 0,
            files: 0,
            rows: 0,
            counts: vec![0; target_counters],
            folded_empty: false,
        })
    }

    /// Write rows: data columns, then keys.
    pub(in crate::query) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let width = self.target.columns.len();
        let types = self.target.columns.iter().chain(&self.target.keys).map(|column| column.data_type.to_arrow());
        let columns: Vec<ArrayRef> = batch
            .columns()
            .iter()
            .zip(types)
            .map(|(column, data_type)| cast(column, &data_type))
            .collect::<Result<_, _>>()
            .map_err(internal)?;
        let (data, keys) = columns.split_at(width.min(columns.len()));
        let rows = batch.num_rows();
        self.rows += rows as u64;
        for (count, column) in self.counts.iter_mut().zip(batch.columns().iter().skip(columns.len())) {
            *count += column.as_boolean_opt().map_or(0, |flags| flags.true_count() as u64);
        }
        let partitions = self.partitions(keys, rows)?;
        let buckets = self.target.buckets.as_ref().map(|buckets| buckets.of(data, rows)).transpose()?;
        if buckets.is_none() && self.converter.is_none() {
            return self.fill((0, 0), &self.part(data.to_vec(), rows)?);
        }
        let batch = self.waiting.batches.len();
        match buckets {
            None => self.waiting.take(batch, partitions.into_iter().map(|partition| (partition, 0))),
            Some(buckets) => self.waiting.take(batch, partitions.into_iter().zip(buckets)),
        }
        self.waiting.batches.push(data.to_vec());
        self.waiting.rows += rows;
        let is_crowded = self.values.len() > self.open_files();
        let enough = if is_crowded { WAITING_ROWS * WAIT_LONGER } else { WAITING_ROWS };
        if self.waiting.rows >= enough { self.write_waiting() } else { Ok(()) }
    }

    /// Write the rows that wait, those of each slot at once.
    fn write_waiting(&mut self) -> Result<()> {
        let Waiting { batches, mut slots, .. } = std::mem::take(&mut self.waiting);
        slots.sort_unstable_by_key(|(slot, _)| *slot);
        for (slot, rows) in slots {
            let column = |place: usize| {
                let arrays: Vec<&dyn Array> =
                    batches.iter().filter_map(|batch| Some(batch.get(place)?.as_ref())).collect();
                interleave(&arrays, &rows)
            };
            let data = (0..self.target.columns.len()).map(column).collect::<Result<_, _>>().map_err(internal)?;
            let part = self.part(data, rows.len())?;
            self.fill(slot, &part)?;
        }
        let held: u64 = self.open.values().map(|opened| opened.file.held_bytes()).sum();
        if held > HELD_BYTES / self.target.writers.max(1) as u64 {
            self.open.values_mut().try_for_each(|opened| opened.file.write_out())?;
        }
        Ok(())
    }

    /// Files that this writer may have open.
    fn open_files(&self) -> usize {
        (OPEN_FILES / self.target.writers.max(1)).max(16)
    }

    /// Columns of the files as a batch.
    fn part(&self, data: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), data, &options).map_err(internal)
    }

    /// The partition of each row, as a place in `values`.
    fn partitions(&mut self, keys: &[ArrayRef], rows: usize) -> Result<Vec<usize>> {
        let Some(converter) = &self.converter else {
            if self.values.is_empty() {
                self.values.push(Vec::new());
            }
            return Ok(vec![0; rows]);
        };
        let encoded = converter.convert_columns(keys).map_err(internal)?;
        let mut partitions = Vec::with_capacity(rows);
        for (place, row) in encoded.iter().enumerate() {
            let bytes: &[u8] = row.as_ref();
            let partition = match self.known.get(bytes) {
                Some(known) => *known,
                None => {
                    let mut values = key_texts(keys, place)?;
                    for value in values.iter_mut().filter(|value| value.as_deref() == Some("")) {
                        self.folded_empty = true;
                        *value = None;
                    }
                    self.values.push(values);
                    self.known.insert(bytes.into(), self.values.len() - 1);
                    self.values.len() - 1
                }
            };
            partitions.push(partition);
        }
        Ok(partitions)
    }

    /// Write rows of one slot, to a new file when the one that is open is full.
    fn fill(&mut self, slot: Slot, rows: &RecordBatch) -> Result<()> {
        let FileLimits { rows: row_limit, bytes: byte_limit } = self.target.limits;
        let mut written = 0;
        while written < rows.num_rows() {
            let file = self.opened(slot, rows)?;
            let left = row_limit.map_or(usize::MAX, |limit| {
                usize::try_from(limit.max(1).saturating_sub(file.rows)).unwrap_or(usize::MAX)
            });
            let part = rows.slice(written, left.min(rows.num_rows() - written));
            file.write(&part)?;
            written += part.num_rows();
            let is_full = row_limit.is_some_and(|limit| file.rows >= limit.max(1))
                || byte_limit.is_some_and(|limit| file.bytes() >= limit);
            if is_full {
                self.close(slot)?;
            }
        }
        Ok(())
    }

    fn opened(&mut self, slot: Slot, first: &RecordBatch) -> Result<&mut OpenFile> {
        self.clock += 1;
        if !self.open.contains_key(&slot) {
            if self.open.len() >= self.open_files() {
                let oldest = self.open.iter().min_by_key(|(_, opened)| opened.used).map(|(slot, _)| *slot);
                if let Some(oldest) = oldest {
                    self.close(oldest)?;
                }
            }
            let bucket = self.target.buckets.as_ref().map_or_else(String::new, |_| format!("_bucket-{:05}", slot.1));
            let extension = self.target.format.extension(self.target.compression);
            let (token, number) = (&self.target.token, self.files);
            let name = match self.target.naming {
                Naming::Numbered => format!("{token}_{number:05}{bucket}{extension}"),
                Naming::Task(task) => {
                    let codec = self.target.format.codec_name(self.target.compression);
                    format!("{token}{task:05}-{number:05}{codec}{extension}")
                }
            };
            self.files += 1;
            let path = self.staging.0.join(&name);
            let file = OpenFile::create(path, &self.target.format, self.target.compression, first)?;
            self.open.insert(slot, Opened { file, name, used: 0 });
        }
        let used = self.clock;
        match self.open.get_mut(&slot) {
            Some(opened) => {
                opened.used = used;
                Ok(&mut opened.file)
            }
            None => Err(Error::Execution("a file that was just opened is not there".into())),
        }
    }

    fn close(&mut self, slot: Slot) -> Result<()> {
        let Some(opened) = self.open.remove(&slot) else { return Ok(()) };
        let (path, rows) = opened.file.finish()?;
        let values = self.values.get(slot.0).cloned().unwrap_or_default();
        self.finished.push(StagedFile { path, name: opened.name, values, rows });
        Ok(())
    }

    /// Close all files.
    pub(in crate::query) fn finish(mut self) -> Result<Finished> {
        self.write_waiting()?;
        let mut slots: Vec<Slot> = self.open.keys().copied().collect();
        slots.sort_unstable();
        slots.into_iter().try_for_each(|slot| self.close(slot))?;
        Ok(Finished {
            files: self.finished,
            keys: self.target.keys,
            _staging: self.staging,
            rows: self.rows,
            counts: self.counts,
            folded_empty: self.folded_empty,
        })
    }
}

/// The values of the keys in one row, as folders have them.
fn key_texts(keys: &[ArrayRef], row: usize) -> Result<Vec<Option<String>>> {
    let text = |key: &ArrayRef| {
        if key.is_null(row) {
            return Ok(None);
        }
        let formatter = ArrayFormatter::try_new(key.as_ref(), &FORMAT).map_err(internal)?;
        formatter.value(row).try_to_string().map(Some).map_err(internal)
    };
    keys.iter().map(text).collect()
}

fn internal(error: arrow::error::ArrowError) -> Error {
    Error::failed("HIVE_WRITER_DATA_ERROR", error.to_string())
}
