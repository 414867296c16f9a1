//! The error rows of an application on disk: one Arrow file a checkpoint, so that each row is kept once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;

use super::checkpoint::write_durably;
use super::error::{Error, Result};
use super::error_stream::{ErrorRow, error_rows, error_schema};

/// Error rows written by checkpoints, and those that wait for the next one.
#[derive(Debug)]
pub(crate) struct ErrorLog {
    folder: PathBuf,
    waiting: Vec<ErrorRow>,
}

impl ErrorLog {
    /// Open the log behind the checkpoint of `epoch`: files of later epochs belong to no checkpoint and are removed.
    pub(crate) fn open(folder: &Path, epoch: u64) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        for (written, path) in files(folder)? {
            if written > epoch {
                fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(Self { folder: folder.to_owned(), waiting: Vec::new() })
    }

    pub(crate) fn extend(&mut self, errors: Vec<ErrorRow>) {
        self.waiting.extend(errors);
    }

    /// Write what waits, as part of the checkpoint of `epoch`.
    pub(crate) fn write(&mut self, epoch: u64) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = error_rows(&self.waiting)?;
        let mut writer = FileWriter::try_new(Vec::new(), &rows.batch.schema())?;
        writer.write(&rows.batch)?;
        writer.finish()?;
        write_durably(&self.folder.join(format!("errors-{epoch:020}.arrow")), &writer.into_inner()?)?;
        self.waiting.clear();
        Ok(())
    }
}

/// All error rows on disk below `folder`, in order.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    for (_, path) in files(folder)? {
        let reader = FileReader::try_new(File::open(&path).map_err(Error::io(&path))?, None)?;
        for batch in reader {
            batches.push(batch?);
        }
    }
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(error_schema()));
    }
    Ok(batches)
}

/// Files of the log by epoch.
fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::io(folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let epoch = name.and_then(|name| name.strip_prefix("errors-")?.strip_suffix(".arrow")?.parse().ok());
        files.extend(epoch.map(|epoch| (epoch, path.clone())));
    }
    files.sort_unstable();
    Ok(files)
}
