//! A copy from its beginning to its report.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::clean::sweep;
use super::compare::{Kinds, Verdict, compare};
use super::ends::{check_sides, find_single, is_case_blind};
use super::entry::Entry;
use super::extras::{Doomed, delete, delete_extras};
use super::list::{Batch, KeyRange};
use super::location::Location;
use super::lookup::look_up;
use super::manifest::{Leftovers, Manifest, Record};
use super::report::{CopyReport, Sample, Samples};
use super::selection::Selection;
use super::settle::settle;
use super::side::Side;
use super::tally::Tally;
use super::transfer::{Done, Item, Shared, copy_file};
use super::{CopyOptions, Error, Result, stopped_worker};
use crate::time::{Clock, SystemClock, Timestamp};

/// Batches that are compared and copied at once.
const BATCHES: usize = 64;
/// Objects in flight; how many requests that makes is the pace's matter.
const OBJECTS: usize = 1_024;
/// Questions about single objects that one batch asks at once.
const QUESTIONS: usize = 32;
/// Files that one thread copies before it looks up.
const FILES: usize = 50;
/// Bytes behind which a thread gets no more files.
const LARGE: u64 = 64 << 20;
/// How long what is in flight may go on after a stop.
const DRAIN: Duration = Duration::from_secs(2);
const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// Copy `source`, a folder or an object, to `target`.
///
/// Objects that fail do not end the copy; they are in the report. `tally` shows the progress meanwhile and stops the copy.
///
/// # Errors
/// What concerns the copy as a whole: places, options, a listing that fails, credentials that expire, a full disk.
pub async fn copy(source: &str, target: &str, options: &CopyOptions, tally: &Arc<Tally>) -> Result<CopyReport> {
    options.check()?;
    let started = (SystemClock.now(), Instant::now());
    let (prepared, left) = Job::prepare(source, target, options, tally, started.0).await?;
    let job = Arc::new(prepared);
    job.give_up(left).await?;
    let mut sampler = JoinSet::new(); // it ends with this call, however this call ends
    sampler.spawn(sample(Arc::clone(&job), started.1));
    let ended = job.run().await;
    tally.is_listed.store(true, Ordering::Relaxed);
    drop(sampler);
    if let Some(manifest) = &job.shared.manifest {
        manifest.finish().await;
    }
    ended?;
    Ok(job.report(started))
}

/// A copy with everything that it needs.
struct Job {
    shared: Arc<Shared>,
    selection: Selection,
    urls: (String, String),
    /// The one object that is copied, and its new name, when it is no folder.
    single: Option<(Entry, String)>,
    /// Nothing has to be compared: there is nothing.
    target_is_empty: bool,
    objects: Arc<Semaphore>,
    samples: Mutex<Samples>,
}

impl Job {
    async fn prepare(
        source: &str,
        target: &str,
        options: &CopyOptions,
        tally: &Arc<Tally>,
        now: Timestamp,
    ) -> Result<(Self, Leftovers)> {
        let selection = Selection::new(options)?;
        let (from, to) = (Location::parse(source)?, Location::parse(target)?);
        let single = find_single(&from, options).await?;
        let (from, to, single) = match single {
            None => (from.into_folder(), to.into_folder(), None),
            Some((folder, entry)) if to.is_folder => {
                let name = entry.key.clone();
                (folder, to.into_folder(), Some((entry, name)))
            }
            Some((folder, entry)) => {
                let refuse = || Error::InvalidLocation { location: target.to_owned(), reason: "it has no name".into() };
                let (to, name) = to.split().ok_or_else(refuse)?;
                (folder, to, Some((entry, name)))
            }
        };
        let urls = (from.url.clone(), to.url.clone());
        let source_side = Side::open(&from, &options.source, options)?;
        let target_side = Side::open(&to, &options.destination, options)?;
        check_sides(&source_side, &target_side, &urls, single.as_ref(), options)?;
        let target_is_empty = single.is_none() && !selection.renames() && target_side.is_empty().await?;
        let (manifest, left) = if options.resume && !options.dry_run {
            let name = single.as_ref().map_or("", |(entry, _)| entry.key.as_str());
            let from = format!("{}{name}", source_side.place(&urls.0));
            let (manifest, left) = Manifest::open(&from, &target_side.place(&urls.1), options, now.millis())?;
            (Some(manifest), left)
        } else {
            let stage = uuid::Uuid::new_v4().simple().to_string();
            (None, Leftovers { stage, ..Leftovers::default() })
        };
        let manifest = (manifest, left.stage.clone());
        let mut shared = Shared::new(source_side, target_side, options.clone(), Arc::clone(tally), manifest);
        if let (Side::Local(local), false) = (&shared.target, options.dry_run) {
            std::fs::create_dir_all(&local.root).map_err(|source| Error::file(&local.root, source))?;
            shared.is_case_blind = is_case_blind(&local.root);
        }
        let job = Self {
            shared: Arc::new(shared),
            selection,
            urls,
            single,
            target_is_empty,
            objects: Arc::new(Semaphore::new(OBJECTS)),
            samples: Mutex::default(),
        };
        Ok((job, left))
    }

    /// Give up what an earlier run of this copy left over: uploads, and files under their temporary names.
    async fn give_up(&self, left: Leftovers) -> Result<()> {
        match (&self.shared.target, &self.shared.manifest) {
            (Side::Local(local), _) if left.was_killed => {
                sweep(&local.root, &left.stage).await?;
            }
            (Side::Remote(remote), Some(manifest)) => {
                for upload in left.uploads {
                    match super::clean::abort(&remote.s3, &upload).await {
                        Ok(_) => manifest.ended(upload),
                        Err(error) => tracing::warn!(key = upload.key, %error, "an upload that was left over stays"),
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn run(self: &Arc<Self>) -> Result<()> {
        let tally = &self.shared.tally;
        if let Some((entry, name)) = &self.single {
            tally.listed.fetch_add(1, Ordering::Relaxed);
            tally.listed_bytes.fetch_add(entry.size, Ordering::Relaxed);
            let item = Item { source: entry.clone(), target: name.clone() };
            return self.copy_items(vec![item], "").await;
        }
        let range = self.shared.options.range.clone();
        self.copy_folder(range.clone()).await?;
        if tally.listed.load(Ordering::Relaxed) == 0 && range == KeyRange::default() {
            return Err(Error::NothingThere { location: self.urls.0.clone() });
        }
        if self.shared.options.delete {
            delete_extras(&self.shared, &self.selection, &range).await?;
        }
        Ok(())
    }

    async fn copy_folder(self: &Arc<Self>, range: KeyRange) -> Result<()> {
        let tally = Arc::clone(&self.shared.tally);
        let mut batches = self.shared.source.list(range, &self.shared.options, Some(&tally));
        let mut running: JoinSet<Result<()>> = JoinSet::new();
        let mut is_listed = false;
        let ended = loop {
            if is_listed && running.is_empty() {
                break Ok(());
            }
            tokio::select! {
                () = tally.until_stopped() => break Err(Error::Stopped),
                batch = batches.recv(), if !is_listed && running.len() < BATCHES => match batch {
                    None => {
                        is_listed = true;
                        tally.is_listed.store(true, Ordering::Relaxed);
                    }
                    Some(Err(error)) => break Err(error),
                    Some(Ok(batch)) => {
                        let job = Arc::clone(self);
                        running.spawn(job.copy_batch(batch));
                    }
                },
                Some(done) = running.join_next() => {
                    if let Err(error) = done.map_err(stopped_worker).and_then(|done| done) {
                        break Err(error);
                    }
                }
            }
        };
        if ended.is_err() {
            tally.stop(); // what is in flight ends by itself, nothing new begins
            let drained = async { while running.join_next().await.is_some() {} };
            let _ = tokio::time::timeout(DRAIN, drained).await; // what is not done by then is abandoned
        }
        ended
    }

    fn copy_batch(self: Arc<Self>, batch: Batch) -> BoxFuture<'static, Result<()>> {
        async move {
            let tally = &self.shared.tally;
            let bytes: u64 = batch.entries.iter().map(|entry| entry.size).sum();
            tally.listed.fetch_add(batch.entries.len() as u64, Ordering::Relaxed);
            tally.listed_bytes.fetch_add(bytes, Ordering::Relaxed);
            let mut items = Vec::with_capacity(batch.entries.len());
            for entry in batch.entries {
                if !self.selection.covers(&entry.key) {
                    tally.skip("not selected", entry.size);
                    continue;
                }
                match self.selection.target(&entry.key) {
                    Ok(target) => items.push(Item { source: entry, target }),
                    Err(error) if error.is_fatal() => return Err(error),
                    Err(error) => tally.fail(&entry.key, &error),
                }
            }
            self.copy_items(items, &batch.range.after).await
        }
        .boxed()
    }

    /// Compare and copy objects; `after` is where their range begins.
    async fn copy_items(self: &Arc<Self>, items: Vec<Item>, after: &str) -> Result<()> {
        let items = if self.target_is_empty { items } else { self.needed(items, after).await? };
        if self.shared.options.dry_run {
            for item in items {
                self.shared.tally.copied(item.source.size, item.source.modified);
            }
            return Ok(());
        }
        if let (Side::Local(_), Side::Local(_)) = (&self.shared.source, &self.shared.target) {
            return self.copy_files(items).await;
        }
        let (mut running, mut moved, mut is_stopped) = (JoinSet::new(), Vec::new(), false);
        let mut items = items.into_iter().peekable();
        loop {
            // What ends is noted at once, so that progress shows and the manifest knows.
            tokio::select! {
                slot = Arc::clone(&self.objects).acquire_owned(), if items.peek().is_some() && !is_stopped => {
                    is_stopped = self.shared.tally.is_stopped();
                    if is_stopped {
                        continue; // what is in flight still ends
                    }
                    let (shared, Some(item)) = (Arc::clone(&self.shared), items.next()) else { continue };
                    running.spawn(async move {
                        let copied = shared.transfer(&item).await;
                        drop(slot);
                        (item, copied)
                    });
                }
                Some(done) = running.join_next() => {
                    let (item, copied) = done.map_err(stopped_worker)?;
                    moved.extend(self.note(item, copied)?);
                }
                else => break,
            }
        }
        if is_stopped { Err(Error::Stopped) } else { self.delete_moved(moved).await }
    }

    /// File to file: a thread copies some dozens before another looks at what came out.
    async fn copy_files(self: &Arc<Self>, items: Vec<Item>) -> Result<()> {
        let (Side::Local(source), Side::Local(target)) = (&self.shared.source, &self.shared.target) else {
            return Ok(());
        };
        let (mut running, mut moved, mut is_stopped) = (JoinSet::new(), Vec::new(), false);
        let mut items = items.into_iter().peekable();
        loop {
            tokio::select! {
                permit = self.shared.files.acquire(), if items.peek().is_some() && !is_stopped => {
                    is_stopped = self.shared.tally.is_stopped();
                    if is_stopped {
                        continue; // what is in flight still ends
                    }
                    let (shared, chunk) = (Arc::clone(&self.shared), chunk(&mut items));
                    let (from, to) = (source.root.clone(), target.root.clone());
                    running.spawn_blocking(move || {
                        let _permit = permit;
                        let copy = |item: Item| (copy_file(&shared, &from, &to, &item), item);
                        chunk.into_iter().map(copy).collect::<Vec<_>>()
                    });
                }
                Some(done) = running.join_next() => {
                    for (copied, item) in done.map_err(stopped_worker)? {
                        let copied = match copied {
                            Ok(done) if self.shared.options.verify == super::Verify::Read => {
                                self.reread(&item, done).await
                            }
                            copied => copied,
                        };
                        moved.extend(self.note(item, copied)?);
                    }
                }
                else => break,
            }
        }
        if is_stopped { Err(Error::Stopped) } else { self.delete_moved(moved).await }
    }

    async fn reread(&self, item: &Item, done: Done) -> Result<Done> {
        super::transfer::verify::read_both(&self.shared, item).await.map(|()| done)
    }

    /// The items whose copy is not there yet.
    async fn needed(self: &Arc<Self>, items: Vec<Item>, after: &str) -> Result<Vec<Item>> {
        let found = if self.selection.renames() || self.single.is_some() {
            let (shared, keys) = (Arc::clone(&self.shared), items.iter().map(|item| item.target.clone()));
            let find = move |key: String| {
                let shared = Arc::clone(&shared);
                async move { shared.target.find(&key).await }
            };
            // A question is made when it is asked: a thousand that wait would be as large as what is copied.
            let keys: Vec<String> = keys.collect();
            futures::stream::iter(keys).map(find).buffered(QUESTIONS).try_collect::<Vec<_>>().await?
        } else {
            let keys: Vec<&str> = items.iter().map(|item| item.target.as_str()).collect();
            look_up(&self.shared.target, after, &keys).await?
        };
        let kinds =
            Kinds { source_is_file: self.shared.source.is_local(), target_is_file: self.shared.target.is_local() };
        let tally = &self.shared.tally;
        let (mut needed, mut unknown, mut same) = (Vec::with_capacity(items.len()), Vec::new(), Vec::new());
        for (item, target) in items.into_iter().zip(found) {
            let Some(target) = target else {
                needed.push(item);
                continue;
            };
            if self.shared.options.no_clobber {
                tally.skip("exists", item.source.size);
                continue;
            }
            match compare(&item.source, &target, self.shared.options.compare, kinds) {
                Verdict::Different => needed.push(item),
                Verdict::Same(reason) => {
                    tally.skip(reason, item.source.size);
                    same.push(Doomed { key: item.source.key, etag: item.source.etag });
                }
                Verdict::Unknown => unknown.push((item, target)),
            }
        }
        let keys = unknown.iter().map(|(item, _)| item.source.key.clone()).collect();
        let records = match &self.shared.manifest {
            Some(manifest) => manifest.find(keys).await,
            None => std::collections::HashMap::new(),
        };
        let shared = Arc::clone(&self.shared);
        let settle = move |(item, target): (Item, Entry)| {
            let (shared, record) = (Arc::clone(&shared), records.get(&item.source.key).cloned());
            async move { (settle(&shared, &item, &target, record.as_ref()).await, item) }
        };
        let mut settled = futures::stream::iter(unknown).map(settle).buffer_unordered(QUESTIONS);
        while let Some((verdict, item)) = settled.next().await {
            match verdict {
                Ok(Some(reason)) => {
                    tally.skip(reason, item.source.size);
                    same.push(Doomed { key: item.source.key, etag: item.source.etag });
                }
                Ok(None) => needed.push(item),
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => tally.fail(&item.source.key, &error),
            }
        }
        drop(settled);
        self.delete_moved(same).await?;
        Ok(needed)
    }

    /// Note how a copy ended; the source's version of it when a move may delete that.
    fn note(&self, item: Item, copied: Result<Done>) -> Result<Option<Doomed>> {
        let tally = &self.shared.tally;
        let Item { source, .. } = item;
        let mut record =
            Record { key: source.key.clone(), size: source.size, etag: source.etag, copied_etag: None, error: None };
        let moved = match copied {
            Ok(done) => {
                tally.copied(done.bytes, source.modified);
                if done.is_verified {
                    tally.verified.fetch_add(1, Ordering::Relaxed);
                }
                record.copied_etag = done.etag;
                done.is_verified.then(|| Doomed { key: source.key, etag: record.etag.clone() })
            }
            Err(Error::Exists { .. }) if self.shared.options.no_clobber => {
                tally.skip("exists", source.size);
                return Ok(None);
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => {
                tally.fail(&source.key, &error);
                record.error = Some(error.to_string());
                None
            }
        };
        if let Some(manifest) = &self.shared.manifest {
            manifest.record(record);
        }
        Ok(moved)
    }

    /// The end of a move: delete at the source what is safely at the destination.
    async fn delete_moved(&self, keys: Vec<Doomed>) -> Result<()> {
        let options = &self.shared.options;
        if !options.move_source || options.dry_run || keys.is_empty() {
            return Ok(());
        }
        let moved = delete(&self.shared.source, keys, &self.shared.tally).await?;
        self.shared.tally.moved.fetch_add(moved, Ordering::Relaxed);
        Ok(())
    }

    fn report(&self, (started, began): (Timestamp, Instant)) -> CopyReport {
        let tally = &self.shared.tally;
        let (failed_count, failed) = tally.failed();
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let mut repeats = (0, 0);
        for side in [&self.shared.source, &self.shared.target] {
            if let Side::Remote(remote) = side {
                let (retried, hedged) = remote.s3.repeats();
                repeats = (repeats.0 + retried, repeats.1 + hedged);
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        let (objects, bytes) = (load(&tally.objects), load(&tally.bytes));
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner).kept.clone();
        samples.push(Sample { seconds, objects, bytes });
        let (source, destination) = match &self.single {
            Some((entry, name)) => (join(&self.urls.0, &entry.key), join(&self.urls.1, name)),
            None => self.urls.clone(),
        };
        CopyReport {
            source,
            destination,
            started,
            finished: SystemClock.now(),
            seconds,
            listed: load(&tally.listed),
            objects,
            bytes,
            skipped: tally.skipped(),
            failed_count,
            failed,
            verified: load(&tally.verified),
            retried: repeats.0,
            hedged: repeats.1,
            deleted: load(&tally.deleted),
            moved: load(&tally.moved),
            is_dry_run: self.shared.options.dry_run,
            modified: tally.modified().map(|(oldest, newest)| (Timestamp(oldest), Timestamp(newest))),
            samples,
            manifest: self.shared.manifest.as_ref().map(|manifest| manifest.path.clone()),
        }
    }
}

/// Files for one thread: some dozens, or a few large ones.
fn chunk(items: &mut impl Iterator<Item = Item>) -> Vec<Item> {
    let mut bytes = 0;
    std::iter::from_fn(|| if bytes > LARGE { None } else { items.next().inspect(|item| bytes += item.source.size) })
        .take(FILES)
        .collect()
}

fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// Look at the tally every now and then, until it is aborted.
async fn sample(job: Arc<Job>, began: Instant) {
    let mut ticks = tokio::time::interval(SAMPLE_EVERY);
    loop {
        ticks.tick().await;
        let tally = &job.shared.tally;
        let (objects, bytes) = (tally.objects.load(Ordering::Relaxed), tally.bytes.load(Ordering::Relaxed));
        let mut samples = job.samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.push(Sample { seconds: began.elapsed().as_secs_f64(), objects, bytes });
    }
}
