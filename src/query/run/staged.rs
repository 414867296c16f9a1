//! Writes of jobs: rows go to files that nobody sees until the job commits them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::target::{of_table, parse_codec};
use crate::catalog::{Column, HiveType, StorageDescriptor, Table};
use crate::query::error::{Error, Result};
use crate::query::hive_trino::{hive_type, trino_type};
use crate::query::plan::Planned;
use crate::query::scan::{ScanCounter, TableSnapshot};
use crate::query::session::Session;
use crate::query::statement::Statement;
use crate::query::write::{Compression, FileFormat, Finished, Naming, WriteTarget, Writer};
use crate::query::write_request::{CsvStyle, WriteFormat, WriteMode, WriteRequest};
use crate::sql::trino::analyze::OutputColumn;
use crate::sql::trino::types::TrinoType;
use crate::storage::LakePath;

/// Files that are written and not visible; dropping them undoes the write.
#[derive(Debug)]
pub struct StagedWrite {
    pub(super) parts: Vec<Finished>,
    pub(super) folder: LakePath,
    pub(super) mode: WriteMode,
    pub(super) token: String,
    pub(super) is_repeatable: bool,
    pub(super) table: Option<StagedTable>,
    pub(super) rows: u64,
}

/// A table as it will be.
#[derive(Debug)]
pub(super) struct StagedTable {
    pub(super) table: Table,
    /// As it was when the write was staged.
    pub(super) before: Option<Arc<TableSnapshot>>,
    pub(super) new_columns: Vec<String>,
}

impl StagedWrite {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// A column of the query: its place, its name in files, its type.
struct Given<'a> {
    place: usize,
    name: &'a str,
    data_type: TrinoType,
}

impl Given<'_> {
    fn hive_type(&self) -> Result<HiveType> {
        // A column that is NULL in every row has no type of its own.
        if self.data_type == TrinoType::Unknown {
            return Ok(HiveType::String);
        }
        hive_type(&self.data_type).ok_or_else(|| {
            Error::failed(
                "NOT_SUPPORTED",
                format!(
                    "The column `{}` of type {} cannot be written to files\nhint: cast it, for example to varchar",
                    self.name, self.data_type
                ),
            )
        })
    }
}

impl Session {
    /// Run a query and write its rows to files that wait for [`Self::commit_writes`].
    ///
    /// # Errors
    /// [`Error::Sql`] with the place in the query; [`Error::Failed`] when columns and table do not fit.
    pub async fn stage_write(&self, request: WriteRequest) -> Result<StagedWrite> {
        let counter = Arc::new(ScanCounter::default());
        let statement = Statement::new(request.query.clone(), self.database().to_owned(), Vec::new(), counter);
        let statement = statement.over(&request.scope);
        let planned = self.plan(&statement, 0..request.query.len())?;
        let layout = Layout::new(self, &request, planned.columns())?;
        if request.mode == WriteMode::Error {
            self.refuse_existing(&layout).await?;
        }
        let planned = planned.rearranged(&layout.targets);
        let planned = planned.map_err(|error| Error::from_engine(&statement.text, error))?;
        let parts = self.write_tasks(&statement, planned, &layout.target).await?;
        Ok(StagedWrite {
            rows: parts.iter().map(|part| part.rows).sum(),
            parts,
            folder: layout.folder,
            mode: request.mode,
            token: layout.target.token,
            is_repeatable: request.is_repeatable,
            table: layout.table,
        })
    }

    /// A writer for each partition of the plan, all at once, each on a thread of its own.
    async fn write_tasks(
        &self,
        statement: &Statement,
        planned: Planned,
        target: &WriteTarget,
    ) -> Result<Vec<Finished>> {
        let plan = self.physical(statement, &planned).await?;
        let folder = self.lake().storage.private_dir().join("writes").join(&statement.id);
        let cancel = CancelOnDrop::default();
        let mut tasks = JoinSet::new();
        let streams = self.streams(statement, plan)?;
        let writers = streams.len();
        for (task, rows) in streams.into_iter().enumerate() {
            let target = WriteTarget { naming: Naming::Task(task), writers, ..target.clone() };
            let (folder, text) = (folder.join(task.to_string()), statement.text.clone());
            let (cancelled, runtime) = (Arc::clone(&cancel.0), Handle::current());
            tasks.spawn_blocking(move || {
                let written = runtime.block_on(write_rows(rows, target, folder, &text, &cancelled));
                written.map(|written| (task, written))
            });
        }
        let mut finished = Vec::new();
        while let Some(done) = tasks.join_next().await {
            finished.push(done.map_err(|error| Error::Execution(error.to_string()))??);
        }
        // The folders of the tasks are gone when their files are published.
        finished.sort_by_key(|(task, _)| *task);
        Ok(finished.into_iter().map(|(_, finished)| finished).collect())
    }

    async fn refuse_existing(&self, layout: &Layout) -> Result<()> {
        let before = layout.table.as_ref().and_then(|table| table.before.as_ref());
        if let Some(before) = before {
            let message = format!(
                "The table `{}.{}` exists already\nhint: choose mode append, overwrite or overwrite_partitions",
                before.table.database, before.table.name
            );
            return Err(Error::failed("ALREADY_EXISTS", message));
        }
        if self.lake().storage.list(&layout.folder).await?.is_empty() {
            return Ok(());
        }
        let message = format!(
            "There are files in `{}` already\nhint: choose mode append, overwrite or overwrite_partitions",
            layout.folder
        );
        Err(Error::failed("ALREADY_EXISTS", message))
    }
}

/// Threads cannot be aborted; they look whether their waiter is still there.
#[derive(Debug, Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn write_rows(
    mut rows: SendableRecordBatchStream,
    target: WriteTarget,
    folder: PathBuf,
    text: &str,
    cancelled: &AtomicBool,
) -> Result<Finished> {
    let mut writer = Writer::new(target, folder)?;
    while let Some(batch) = rows.try_next().await.map_err(|error| Error::from_engine(text, error))? {
        if cancelled.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        writer.write(&batch)?;
    }
    writer.finish()
}

/// Where the columns of a query go.
struct Layout {
    folder: LakePath,
    target: WriteTarget,
    table: Option<StagedTable>,
    /// For each column that is written, type and place in the query; then the counters.
    targets: Vec<(TrinoType, Option<usize>)>,
}

impl Layout {
    fn new(session: &Session, request: &WriteRequest, columns: &[OutputColumn]) -> Result<Self> {
        let width = columns.len().saturating_sub(request.counters);
        let given: Vec<Given<'_>> = columns
            .iter()
            .take(width)
            .zip(&request.names)
            .enumerate()
            .map(|(place, (column, name))| Given { place, name, data_type: column.data_type.clone() })
            .collect();
        let (data, keys) = split(given, &request.keys)?;
        let before = match &request.table {
            Some((database, name)) => session.lake().find_table(database, name)?,
            None => None,
        };
        // A table that loses all its rows is described anew.
        let kept = before.as_ref().filter(|_| request.mode != WriteMode::Overwrite).map(|before| &before.table);
        let folder = folder(session, request, before.as_deref())?;
        let mut new_columns = Vec::new();
        let data = match kept {
            Some(table) => fitted(table, &data, request.adds_columns, &mut new_columns)?,
            None => data.iter().map(Fitted::own).collect::<Result<_>>()?,
        };
        let keys = match kept {
            Some(table) => fitted_keys(table, &keys)?,
            None => keys.iter().map(|key| own_key(key, request.string_keys)).collect::<Result<_>>()?,
        };
        let (format, compression) = match kept {
            Some(table) => kept_format(table, request)?,
            None => file_format(request.format, request.compression.as_deref())?,
        };
        let columns: Vec<Column> = data.iter().map(|column| column.column.clone()).collect();
        // Files of keys that are strings in the catalog are named after the keys' own types.
        let key_columns: Vec<Column> =
            keys.iter().map(|(key, written, _)| Column::new(&key.name, written.clone())).collect();
        let mut targets: Vec<(TrinoType, Option<usize>)> =
            data.iter().map(|column| (trino_type(&column.column.data_type), column.place)).collect();
        targets.extend(keys.iter().map(|(_, written, place)| (trino_type(written), Some(*place))));
        targets.extend((width..width + request.counters).map(|place| (TrinoType::Boolean, Some(place))));
        let table = request.table.as_ref().map(|(database, name)| {
            let keys: Vec<Column> =
                keys.iter().map(|(key, ..)| Column::new(key.name.to_lowercase(), key.data_type.clone())).collect();
            StagedTable {
                table: described(session, (database, name), kept, &data, keys, request.format, &folder),
                before: before.clone(),
                new_columns,
            }
        });
        // An id has no `_`, so that no token begins another one.
        let token = format!("part-{}_", request.write_id);
        let target = WriteTarget {
            limits: request.limits,
            file_names: Some(data.iter().map(|column| column.file_name.clone()).collect()),
            counters: request.counters,
            ..WriteTarget::new(&columns, &key_columns, format, compression, &token)
        };
        Ok(Self { folder, target, table, targets })
    }
}

/// A column of the files.
struct Fitted {
    /// As the catalog has it.
    column: Column,
    file_name: String,
    /// Its place in the query; NULL when it is not there.
    place: Option<usize>,
}

impl Fitted {
    fn own(given: &Given<'_>) -> Result<Self> {
        let column = Column::new(given.name.to_lowercase(), given.hive_type()?);
        Ok(Self { column, file_name: given.name.to_owned(), place: Some(given.place) })
    }
}

/// The columns that are written to files, and the keys in their order.
fn split<'a>(given: Vec<Given<'a>>, keys: &[String]) -> Result<(Vec<Given<'a>>, Vec<Given<'a>>)> {
    let refused = |message: String| Err(Error::failed("INVALID_PARTITION_KEY", message));
    for (place, column) in given.iter().enumerate() {
        if given.iter().skip(place + 1).any(|other| other.name.eq_ignore_ascii_case(column.name)) {
            let message = format!("The column `{}` is there twice: names differ in more than case", column.name);
            return Err(Error::failed("DUPLICATE_COLUMN_NAME", message));
        }
    }
    let names: Vec<&str> = given.iter().map(|column| column.name).collect();
    let mut data = given;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let Some(place) = data.iter().position(|column| column.name.eq_ignore_ascii_case(key)) else {
            return refused(format!(
                "There is no column `{key}` to partition by\nhint: the columns are {}",
                names.join(", ")
            ));
        };
        found.push(data.remove(place));
    }
    if data.is_empty() {
        return refused("All columns are partition keys, so that nothing is left for the files".into());
    }
    Ok((data, found))
}

fn folder(session: &Session, request: &WriteRequest, before: Option<&TableSnapshot>) -> Result<LakePath> {
    let own = before.map(|before| session.lake().path(&before.table.storage.location)).transpose()?;
    match (&request.folder, own) {
        (Some(folder), Some(own)) if *folder != own && request.mode != WriteMode::Overwrite => {
            let message = format!(
                "The table's files are in `{own}`, not in `{folder}`\n\
                 hint: leave the path out, name another table, or overwrite"
            );
            Err(Error::failed("TABLE_LOCATION", message))
        }
        (Some(folder), _) => Ok(folder.clone()),
        (None, Some(own)) => Ok(own),
        (None, None) => {
            let message = "A table that is new needs a path for its files";
            Err(Error::failed("TABLE_LOCATION", message))
        }
    }
}

/// The columns of a table that stays, and those that it gets.
fn fitted(table: &Table, data: &[Given<'_>], adds_columns: bool, new: &mut Vec<String>) -> Result<Vec<Fitted>> {
    let mut fitted = Vec::new();
    for column in &table.storage.columns {
        let given = data.iter().find(|given| given.name.eq_ignore_ascii_case(&column.name));
        if let Some(given) = given
            && given.data_type != TrinoType::Unknown
            && !given.data_type.becomes(&trino_type(&column.data_type))
        {
            return Err(type_mismatch(table, &column.name, &column.data_type, &given.data_type));
        }
        fitted.push(Fitted {
            column: column.clone(),
            file_name: given.map_or_else(|| column.name.clone(), |given| given.name.to_owned()),
            place: given.map(|given| given.place),
        });
    }
    for given in data {
        if fitted.iter().any(|known| known.column.name.eq_ignore_ascii_case(given.name)) {
            continue;
        }
        if !adds_columns {
            let message = format!(
                "The table `{}.{}` has no column `{}`\nhint: let the write update the catalog, or drop the column",
                table.database, table.name, given.name
            );
            return Err(Error::failed("COLUMN_NOT_FOUND", message));
        }
        new.push(given.name.to_lowercase());
        fitted.push(Fitted::own(given)?);
    }
    Ok(fitted)
}

fn type_mismatch(table: &Table, column: &str, wanted: &HiveType, given: &TrinoType) -> Error {
    let message = format!(
        "The column `{column}` of the table `{}.{}` is {wanted}, not {given}\nhint: cast it before writing",
        table.database, table.name
    );
    Error::failed("TYPE_MISMATCH", message)
}

/// The key in the catalog, the type that its values are written from, and its place.
type Key = (Column, HiveType, usize);

fn own_key(key: &Given<'_>, as_string: bool) -> Result<Key> {
    let own = key.hive_type()?;
    let kept = if as_string { HiveType::String } else { own.clone() };
    Ok((Column::new(key.name, kept), own, key.place))
}

fn fitted_keys(table: &Table, keys: &[Given<'_>]) -> Result<Vec<Key>> {
    let names = |names: &mut dyn Iterator<Item = &str>| names.collect::<Vec<_>>().join(", ");
    let same = table.partition_keys.len() == keys.len()
        && table.partition_keys.iter().zip(keys).all(|(own, key)| own.name.eq_ignore_ascii_case(key.name));
    if !same {
        let message = format!(
            "The table `{}.{}` is partitioned by [{}], not by [{}]",
            table.database,
            table.name,
            names(&mut table.partition_keys.iter().map(|key| key.name.as_str())),
            names(&mut keys.iter().map(|key| key.name))
        );
        return Err(Error::failed("PARTITION_KEYS", message));
    }
    let fit = |(own, key): (&Column, &Given<'_>)| {
        let written = key.hive_type()?;
        if own.data_type != HiveType::String && !key.data_type.becomes(&trino_type(&own.data_type)) {
            return Err(type_mismatch(table, &own.name, &own.data_type, &key.data_type));
        }
        Ok((own.clone(), written, key.place))
    };
    table.partition_keys.iter().zip(keys).map(fit).collect()
}

fn file_format(format: WriteFormat, compression: Option<&str>) -> Result<(FileFormat, Compression)> {
    let (format, usual) = match format {
        WriteFormat::Parquet => (FileFormat::Parquet, Compression::Snappy),
        WriteFormat::Orc => (FileFormat::Orc, Compression::Snappy),
        WriteFormat::Avro => (FileFormat::Avro, Compression::Snappy),
        WriteFormat::Json => (FileFormat::Json, Compression::None),
        WriteFormat::Csv(style) => (FileFormat::Csv(style), Compression::None),
    };
    Ok((format, codec(compression)?.unwrap_or(usual)))
}

fn codec(name: Option<&str>) -> Result<Option<Compression>> {
    let parse = |name: &str| {
        parse_codec(name, None).ok_or_else(|| {
            let message =
                format!("The compression `{name}` is not known\nhint: none, snappy, gzip, zstd, lz4, bzip2, deflate");
            Error::failed("INVALID_TABLE_PROPERTY", message)
        })
    };
    name.map(parse).transpose()
}

/// The format of a table that stays.
fn kept_format(table: &Table, request: &WriteRequest) -> Result<(FileFormat, Compression)> {
    let found = table.storage.classification().unwrap_or_default().to_owned();
    if found != request.format.name() {
        let message = format!(
            "The files of the table `{}.{}` are {found}, not {}\nhint: write the table's format, or overwrite it",
            table.database,
            table.name,
            request.format.name()
        );
        return Err(Error::failed("TABLE_FORMAT", message));
    }
    let quoted = table.storage.serde.serialization_library.contains("OpenCSV");
    let (format, usual) = if quoted {
        let serde = &table.storage.serde.parameters;
        let byte = |key: &str, usual| serde.get(key).and_then(|text| text.bytes().next()).unwrap_or(usual);
        let header = table.storage.parameters.get("skip.header.line.count").is_some_and(|lines| lines != "0");
        let style = CsvStyle { separator: byte("separatorChar", b','), quote: Some(byte("quoteChar", b'"')), header };
        (FileFormat::Csv(style), Compression::None)
    } else {
        let (format, _) = of_table(table)?;
        (format, file_format(request.format, None)?.1)
    };
    Ok((format, codec(request.compression.as_deref())?.unwrap_or(usual)))
}

fn described(
    session: &Session,
    (database, name): (&str, &str),
    kept: Option<&Table>,
    data: &[Fitted],
    keys: Vec<Column>,
    format: WriteFormat,
    folder: &LakePath,
) -> Table {
    let columns: Vec<Column> = data.iter().map(|column| column.column.clone()).collect();
    if let Some(kept) = kept {
        let mut table = kept.clone();
        table.storage.columns = columns;
        return table;
    }
    let location = session.lake().folder_location(folder);
    let storage = match format {
        WriteFormat::Parquet => StorageDescriptor::parquet(columns, location),
        WriteFormat::Orc => StorageDescriptor::orc(columns, location),
        WriteFormat::Avro => StorageDescriptor::avro(columns, location),
        WriteFormat::Json => {
            let named = data.iter().map(|fitted| Column::new(&fitted.file_name, fitted.column.data_type.clone()));
            StorageDescriptor::json(named.collect(), location)
        }
        WriteFormat::Csv(style) => match style.quote {
            Some(quote) => StorageDescriptor::quoted_csv(
                columns,
                location,
                char::from(style.separator),
                char::from(quote),
                style.header,
            ),
            None => StorageDescriptor::csv(columns, location, char::from(style.separator), style.header),
        },
    };
    let mut table = Table::new(&database.to_lowercase(), &name.to_lowercase(), storage, keys);
    table.parameters.insert("EXTERNAL".into(), "TRUE".into());
    table
}

impl WriteFormat {
    /// The catalog's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Orc => "orc",
            Self::Avro => "avro",
            Self::Json => "json",
            Self::Csv(_) => "csv",
        }
    }
}
