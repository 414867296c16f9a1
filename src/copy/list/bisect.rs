//! Listing a bucket with many requests at once, without knowing how its keys are laid out.
//!
//! A listing comes in pages of a thousand keys, one after another, but can begin anywhere. While requests are left, a
//! range that fills its page is cut (see [`split`](super::split)) and the parts are listed side by side. Ranges of a page or
//! two are never cut.
//!
//! Source of the idea: the S3P tool, which bisects with `StartAfter`.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::split::{Alphabet, cuts, thin};
use super::{Batch, KeyRange};
use crate::copy::Result;
use crate::copy::s3::{PAGE_KEYS, Page, S3};

/// Pages that are fetched, or wait for whoever takes them, at once.
const AT_ONCE: usize = 64;
/// Parts into which a range other than the first is cut.
const PARTS: usize = 8;

/// One listing of a folder of a bucket.
pub(crate) struct Bisection {
    s3: Arc<S3>,
    prefix: String,
    slots: Semaphore,
    alphabet: Mutex<Alphabet>,
    out: mpsc::Sender<Result<Batch>>,
}

impl Bisection {
    /// List the keys below `prefix` that are in `range`; `hints` are keys at which parts may begin. Batches come through
    /// `out`; after an error, or when nobody listens any more, nothing follows.
    pub(crate) fn spawn(
        s3: Arc<S3>,
        prefix: String,
        range: KeyRange,
        hints: &[String],
        out: mpsc::Sender<Result<Batch>>,
    ) {
        let listing = Arc::new(Self { s3, prefix, slots: Semaphore::new(AT_ONCE), alphabet: Mutex::default(), out });
        let mut points: Vec<String> = hints.iter().filter(|hint| range.contains(hint)).cloned().collect();
        points.sort_unstable();
        points.dedup();
        // A request for each of many small partitions would be slower than pages of a thousand keys.
        let points = thin(points, 2 * AT_ONCE);
        let is_root = points.is_empty();
        for part in divide(range, points) {
            tokio::spawn(Arc::clone(&listing).part(part, is_root));
        }
    }

    fn part(self: Arc<Self>, range: KeyRange, is_root: bool) -> BoxFuture<'static, ()> {
        async move {
            if let Err(error) = Arc::clone(&self).list(range, is_root).await {
                // When nobody listens any more, nobody wants to know.
                let _ = self.out.send(Err(error)).await;
            }
        }
        .boxed()
    }

    async fn list(self: Arc<Self>, mut range: KeyRange, mut is_root: bool) -> Result<()> {
        loop {
            // The slot is kept until the page is taken: who takes pages slowly gets no more of them, and no new parts.
            let (mut page, _slot) = self.page(&range.after, false).await?;
            let before = page.entries.len();
            page.entries.retain(|entry| range.contains(&entry.key));
            let is_last = !page.is_truncated || page.entries.len() < before;
            let last = page.entries.last().map(|entry| entry.key.clone());
            let Some(last) = last.filter(|_| !is_last) else {
                let _ = self.out.send(Ok(Batch { range, entries: page.entries })).await;
                return Ok(());
            };
            let points = self.points(&page, &last, &range, is_root).await?;
            is_root = false;
            let mut parts = divide(KeyRange { after: last.clone(), until: range.until.take() }, points).into_iter();
            let own = parts.next().unwrap_or_default();
            for part in parts {
                tokio::spawn(Arc::clone(&self).part(part, false));
            }
            let covered = KeyRange { after: std::mem::take(&mut range.after), until: Some(last) };
            if self.out.send(Ok(Batch { range: covered, entries: page.entries })).await.is_err() {
                return Ok(());
            }
            range = own;
        }
    }

    /// Where to cut what comes behind a full page; nowhere when all requests are in use.
    async fn points(&self, page: &Page, last: &str, range: &KeyRange, is_root: bool) -> Result<Vec<String>> {
        let free = self.slots.available_permits();
        let most = if is_root { free } else { (free / 2).min(PARTS) };
        let first = page.entries.first().map_or("", |entry| entry.key.as_str());
        let mut points = {
            let mut alphabet = self.alphabet.lock().unwrap_or_else(PoisonError::into_inner);
            alphabet.learn(first);
            alphabet.learn(last);
            cuts(first, last, range.until.as_deref(), &alphabet, most)
        };
        if is_root {
            // The folders at the top are the one thing about the layout that a single request tells.
            let folders = self.page("", true).await?.0.folders;
            let behind = KeyRange { after: last.to_owned(), until: range.until.clone() };
            points.extend(folders.into_iter().filter(|folder| behind.contains(folder)));
            points.sort_unstable();
            points.dedup();
        }
        Ok(points)
    }

    async fn page(&self, after: &str, has_delimiter: bool) -> Result<(Page, Option<SemaphorePermit<'_>>)> {
        let slot = self.slots.acquire().await.ok(); // it is never closed
        Ok((self.s3.list(&self.prefix, after, PAGE_KEYS, has_delimiter).await?, slot))
    }
}

/// A range cut at `points`, which lie in it and are sorted.
fn divide(range: KeyRange, points: Vec<String>) -> Vec<KeyRange> {
    let mut parts = Vec::with_capacity(points.len() + 1);
    let mut after = range.after;
    for point in points {
        parts.push(KeyRange { after, until: Some(point.clone()) });
        after = point;
    }
    parts.push(KeyRange { after, until: range.until });
    parts
}
