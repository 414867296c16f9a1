//! Committing the writes of a run: all of them, and its bookmarks, become visible in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::partition::partition_values;
use super::staged::{StagedTable, StagedWrite};
use crate::catalog::{self, Change, DataFile, Database, Origin};
use crate::query::error::{Error, Result};
use crate::query::scan::{CatalogTable, Lake, ScanCounter};
use crate::query::session::Session;
use crate::query::write::Written;
use crate::query::write_request::{BookmarkUpdate, WriteMode, WriteReport};
use crate::storage::{LakePath, ObjectInfo};

/// A write whose files lie at their places.
struct Published {
    folder: LakePath,
    mode: WriteMode,
    token: String,
    table: Option<StagedTable>,
    written: Written,
    counts: Vec<u64>,
    folded_empty: bool,
    /// Files that go.
    replaced: Vec<DataFile>,
}

impl Session {
    /// Make staged writes visible together, and note what the run has processed.
    ///
    /// Files get their places first, where readers of the catalog do not see them. One transaction changes tables,
    /// partitions, manifests and bookmarks; what the writes replace is deleted behind it. A process that dies before
    /// the transaction has written nothing that anybody reads, and the same write again replaces what it left.
    ///
    /// # Errors
    /// [`catalog::Error::BookmarkTaken`] when another run has processed one of the files; nothing is written then.
    pub async fn commit_writes(
        &self,
        writes: Vec<StagedWrite>,
        bookmarks: &[BookmarkUpdate],
    ) -> Result<Vec<WriteReport>> {
        let lake = self.lake();
        self.announce(&writes)?;
        let mut published = Vec::with_capacity(writes.len());
        for write in writes {
            published.push(self.publish(write).await?);
        }
        let summary = summary(&published, bookmarks);
        let committed = lake.catalog.transaction("etl", &summary, |change| {
            for bookmark in bookmarks {
                change.put_bookmarks(&bookmark.job, &bookmark.context, &bookmark.run, &bookmark.files)?;
            }
            published.iter().try_for_each(|write| write.register(change))
        });
        if let Err(error) = committed {
            // Their tokens stay announced, so that nobody reads what cannot be deleted.
            for file in published.iter().flat_map(|write| &write.written.files) {
                let _ = lake.storage.delete(&file.path).await;
            }
            return Err(error.into());
        }
        for write in &published {
            write.clear(lake).await?;
        }
        Ok(published.into_iter().map(Published::report).collect())
    }

    /// Say in which tables' folders files will lie that are not part of them yet.
    fn announce(&self, writes: &[StagedWrite]) -> Result<()> {
        let tables: Vec<_> =
            writes.iter().filter_map(|write| Some((&write.token, &write.table.as_ref()?.table))).collect();
        if tables.is_empty() {
            return Ok(());
        }
        let begun = self.lake().catalog.transaction("etl", "begin to write", |change| {
            tables.iter().try_for_each(|(token, table)| change.begin_write(&table.database, &table.name, token))
        });
        Ok(begun?)
    }

    async fn publish(&self, write: StagedWrite) -> Result<Published> {
        let lake = self.lake();
        if write.is_repeatable {
            // An earlier try may have had other files: what this one does not replace must not become visible with it.
            delete_of_write(lake, &write.folder, &write.token, false).await?;
        }
        let mut written = Written { files: Vec::new(), partitions: Vec::new(), rows: 0 };
        let mut partitions = BTreeMap::new();
        let (mut counts, mut folded_empty) = (Vec::<u64>::new(), false);
        let before = self.files_before(&write).await?;
        let is_partitioned = write.parts.iter().any(|part| !part.keys().is_empty());
        for part in write.parts {
            counts.resize(part.counts.len(), 0);
            counts.iter_mut().zip(&part.counts).for_each(|(sum, count)| *sum += count);
            folded_empty |= part.folded_empty;
            let published = part.publish(lake, &write.folder).await?;
            written.rows += published.rows;
            written.files.extend(published.files);
            for partition in published.partitions {
                partitions.entry(partition.values.clone()).or_insert(partition);
            }
        }
        written.partitions = partitions.into_values().collect();
        let kept: BTreeSet<&LakePath> = written.files.iter().map(|file| &file.path).collect();
        let touched: BTreeSet<&[Option<String>]> =
            written.partitions.iter().map(|partition| partition.values.as_slice()).collect();
        let goes = |file: &DataFile| {
            let in_touched = !is_partitioned || touched.contains(file.partition.as_deref().unwrap_or_default());
            !kept.contains(&file.path) && (write.mode == WriteMode::Overwrite || in_touched)
        };
        let replaced = before.into_iter().filter(goes).collect();
        Ok(Published {
            folder: write.folder,
            mode: write.mode,
            token: write.token,
            table: write.table,
            written,
            counts,
            folded_empty,
            replaced,
        })
    }

    /// The files that a write may replace.
    async fn files_before(&self, write: &StagedWrite) -> Result<Vec<DataFile>> {
        if !matches!(write.mode, WriteMode::Overwrite | WriteMode::OverwritePartitions) {
            return Ok(Vec::new());
        }
        let lake = self.lake();
        if let Some(before) = write.table.as_ref().and_then(|table| table.before.as_ref()) {
            let table = CatalogTable::new(Arc::clone(before), Arc::clone(lake), Arc::new(ScanCounter::default()));
            let found = table.selected(&self.state(), &[]).await;
            return Ok(found.map_err(|error| Error::from_engine("", error))?.files);
        }
        let keys: Vec<&str> =
            write.parts.first().into_iter().flat_map(|part| part.keys()).map(|key| key.name.as_str()).collect();
        let listed = lake.storage.list(&write.folder).await?;
        let file = |object: ObjectInfo| {
            let below = object.path.below(&write.folder).filter(|_| !keys.is_empty());
            let values = below.and_then(|below| partition_values(below, keys.iter().copied()));
            DataFile::of(object.clone(), values.map(|(values, _)| values), Origin::Found)
        };
        Ok(listed.into_iter().map(file).collect())
    }
}

/// Delete the files of a write that did not end, unless it is a trial; gives what there was.
pub(super) async fn delete_of_write(
    lake: &Lake,
    folder: &LakePath,
    token: &str,
    is_trial: bool,
) -> Result<Vec<ObjectInfo>> {
    let mut found = lake.storage.list(folder).await?;
    found.retain(|object| object.path.file_name().is_some_and(|name| name.starts_with(token)));
    for object in found.iter().filter(|_| !is_trial) {
        lake.storage.delete(&object.path).await?;
    }
    Ok(found)
}

fn summary(published: &[Published], bookmarks: &[BookmarkUpdate]) -> String {
    let rows: u64 = published.iter().map(|write| write.written.rows).sum();
    let places: Vec<String> = published.iter().map(Published::place).collect();
    let job = bookmarks.first().map_or_else(String::new, |bookmark| format!(" by the job {}", bookmark.job));
    format!("{rows} rows to {}{job}", places.join(", "))
}

impl Published {
    fn place(&self) -> String {
        match &self.table {
            Some(table) => format!("{}.{}", table.table.database, table.table.name),
            None => self.folder.to_string(),
        }
    }

    fn register(&self, change: &mut Change<'_>) -> catalog::Result<()> {
        let Some(StagedTable { table, .. }) = &self.table else { return Ok(()) };
        let (database, name) = (&table.database, &table.name);
        change.create_database(&Database::new(database), true)?;
        if self.mode == WriteMode::Overwrite
            && let Ok(present) = change.table(database, name)
        {
            let gone: Vec<_> = change.partitions(database, name)?.into_iter().map(|one| one.values).collect();
            change.drop_partitions(database, name, &gone)?;
            if present.partition_keys != table.partition_keys {
                change.drop_table(database, name)?;
            }
        }
        change.put_table(table)?;
        let paths: Vec<LakePath> = self.replaced.iter().map(|file| file.path.clone()).collect();
        change.end_files(database, name, &paths)?;
        change.retire_files(database, name, &paths)?;
        change.put_new_partitions(database, name, &self.written.partitions)?;
        change.put_files(database, name, &self.written.files)?;
        change.end_write(&self.token)
    }

    /// Delete what was replaced.
    async fn clear(&self, lake: &Lake) -> Result<()> {
        let mut gone = Vec::with_capacity(self.replaced.len());
        for file in &self.replaced {
            lake.storage.delete(&file.path).await?;
            gone.push(file.path.clone());
        }
        let Some(StagedTable { table, .. }) = self.table.as_ref().filter(|_| !gone.is_empty()) else { return Ok(()) };
        let forgotten = lake.catalog.transaction("etl", "delete what was replaced", |change| {
            change.forget_retired(&table.database, &table.name, &gone)
        });
        Ok(forgotten?)
    }

    fn report(self) -> WriteReport {
        let mut files = self.written.files;
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let partitions = self.written.partitions.into_iter().map(|partition| partition.values).collect();
        let (table, new_columns) = match self.table {
            Some(staged) => (Some((staged.table.database, staged.table.name)), staged.new_columns),
            None => (None, Vec::new()),
        };
        WriteReport {
            folder: self.folder,
            table,
            rows: self.written.rows,
            files,
            partitions,
            replaced: self.replaced.len(),
            counts: self.counts,
            folded_empty: self.folded_empty,
            new_columns,
        }
    }
}
