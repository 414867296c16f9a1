//! Vacuum: what dead writers left behind is deleted.
//!
//! A process that dies while it writes leaves files that no reader sees: published ones whose write never ended, replaced
//! ones that were not deleted yet, and staged ones in the lake's private folder. Those that are old enough belong to
//! nobody any more.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::commit::delete_of_write;
use crate::query::error::{Error, Result};
use crate::query::session::Session;
use crate::time::Timestamp;

/// A file that belongs to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The file, inside the lake; staged ones by their path on this machine.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Why it belongs to nobody.
    pub reason: &'static str,
}

impl Session {
    /// Find the files of writes that began at least `age` ago and never ended; delete them unless `is_trial`.
    ///
    /// # Errors
    /// The catalog's and the storage's; what was deleted before stays deleted.
    pub async fn vacuum(&self, age: Duration, is_trial: bool) -> Result<Vec<Orphan>> {
        let now = self.lake().clock.now();
        let oldest = Timestamp(now.millis().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)));
        let mut orphans = self.vacuum_writes(oldest, is_trial).await?;
        orphans.extend(self.vacuum_retired(oldest, is_trial).await?);
        let private = self.lake().storage.private_dir();
        for folder in ["writes", "reads"] {
            staged(&private.join(folder), age, is_trial, &mut orphans)?;
        }
        Ok(orphans)
    }

    /// Files of writes that never ended.
    async fn vacuum_writes(&self, oldest: Timestamp, is_trial: bool) -> Result<Vec<Orphan>> {
        let lake = self.lake();
        let mut orphans = Vec::new();
        let writes = lake.catalog.read(|snapshot| snapshot.pending_writes())?;
        for write in writes.into_iter().filter(|write| write.at <= oldest) {
            // Of a table that never came to be, nothing says where its files would be.
            let Some(table) = lake.find_table(&write.database, &write.name)? else { continue };
            let folder = lake.path(&table.table.storage.location)?;
            let files = delete_of_write(lake, &folder, &write.token, is_trial).await?;
            orphans.extend(files.into_iter().map(|object| Orphan {
                path: object.path.to_string(),
                bytes: object.bytes,
                reason: "its write never ended",
            }));
            if !is_trial {
                lake.catalog
                    .transaction("vacuum", "end a write that never ended", |change| change.end_write(&write.token))?;
            }
        }
        Ok(orphans)
    }

    /// Files that were replaced and not deleted.
    async fn vacuum_retired(&self, oldest: Timestamp, is_trial: bool) -> Result<Vec<Orphan>> {
        let lake = self.lake();
        let mut orphans = Vec::new();
        let retired = lake.catalog.read(|snapshot| snapshot.all_retired_files())?;
        for file in retired.into_iter().filter(|file| file.at <= oldest) {
            let bytes = match lake.storage.head(&file.path).await {
                Ok(object) => object.bytes,
                Err(error) if error.is_not_found() => 0,
                Err(error) => return Err(error.into()),
            };
            if !is_trial {
                lake.storage.delete(&file.path).await?;
                lake.catalog.transaction("vacuum", "delete what was replaced", |change| {
                    change.forget_retired(&file.database, &file.name, std::slice::from_ref(&file.path))
                })?;
            }
            orphans.push(Orphan { path: file.path.to_string(), bytes, reason: "a later write has replaced it" });
        }
        Ok(orphans)
    }
}

/// What lies in a folder of staged files for longer than `age`.
fn staged(folder: &Path, age: Duration, is_trial: bool, orphans: &mut Vec<Orphan>) -> Result<()> {
    let failed = |path: &Path, error| Error::from(crate::storage::Error::from_io(path.display().to_string(), error));
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if SystemTime::now().duration_since(modified).unwrap_or_default() < age {
            continue;
        }
        let bytes = size(&path);
        if !is_trial {
            let removed = if metadata.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.map_err(|error| failed(&path, error))?;
        }
        orphans.push(Orphan { path: path.display().to_string(), bytes, reason: "its writer is gone" });
    }
    Ok(())
}

/// Bytes of a file, or of all files in a folder.
fn size(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    };
    let inner: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    inner.iter().map(|path| size(path)).sum()
}
