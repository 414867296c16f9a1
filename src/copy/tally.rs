//! What has been done so far: written by the copy, read by whoever shows its progress, or stops it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Error;
use super::report::Failure;

/// Failures whose reasons are kept; more are only counted.
pub(crate) const REASONS: usize = 10_000;

/// Counters of one copy.
#[derive(Debug, Default)]
pub struct Tally {
    /// Objects that the listing of the source has shown.
    pub(crate) listed: AtomicU64,
    /// Their bytes.
    pub(crate) listed_bytes: AtomicU64,
    /// Whether the listing is at its end, and the totals are final.
    pub(crate) is_listed: AtomicBool,
    pub(crate) objects: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) skipped_bytes: AtomicU64,
    pub(crate) verified: AtomicU64,
    pub(crate) deleted: AtomicU64,
    pub(crate) moved: AtomicU64,
    skipped: Mutex<BTreeMap<&'static str, u64>>,
    failed: Mutex<(u64, Vec<Failure>)>,
    oldest: AtomicI64,
    newest: AtomicI64,
    is_stopped: AtomicBool,
    stopped: Notify,
}

/// Progress at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Objects that are dealt with: copied, skipped or failed.
    pub objects: u64,
    /// Bytes of the objects copied or skipped.
    pub bytes: u64,
    /// Objects listed so far.
    pub listed: u64,
    /// Bytes of the objects listed so far.
    pub listed_bytes: u64,
    /// Whether the listing is at its end.
    pub is_listed: bool,
}

impl Tally {
    /// Ask the copy to end soon: what is in flight has two seconds.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.stopped.notify_waiters();
    }

    /// Where the copy is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let skipped: u64 = lock(&self.skipped).values().sum();
        let failed = lock(&self.failed).0;
        Progress {
            objects: load(&self.objects) + skipped + failed,
            bytes: load(&self.bytes) + load(&self.skipped_bytes),
            listed: load(&self.listed),
            listed_bytes: load(&self.listed_bytes),
            is_listed: self.is_listed.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    /// Wait until the copy is asked to end.
    pub(crate) async fn until_stopped(&self) {
        loop {
            let stopped = self.stopped.notified();
            if self.is_stopped() {
                return;
            }
            stopped.await;
        }
    }

    pub(crate) fn copied(&self, bytes: u64, modified: i64) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // 0 is the state before the first object; no object is from exactly then.
        let _ = self.oldest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |oldest| {
            (oldest == 0 || modified < oldest).then_some(modified)
        });
        self.newest.fetch_max(modified, Ordering::Relaxed);
    }

    pub(crate) fn skip(&self, reason: &'static str, bytes: u64) {
        *lock(&self.skipped).entry(reason).or_default() += 1;
        self.skipped_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn fail(&self, key: &str, error: &Error) {
        let mut failed = lock(&self.failed);
        failed.0 += 1;
        if failed.1.len() < REASONS {
            failed.1.push(Failure { key: key.to_owned(), error: error.to_string() });
        }
    }

    pub(crate) fn skipped(&self) -> BTreeMap<String, u64> {
        lock(&self.skipped).iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
    }

    /// How many failed, and the first of them with their reasons, by key.
    pub(crate) fn failed(&self) -> (u64, Vec<Failure>) {
        let (count, mut failures) = lock(&self.failed).clone();
        failures.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        (count, failures)
    }

    /// When the oldest and the newest of the copied objects were written.
    pub(crate) fn modified(&self) -> Option<(i64, i64)> {
        (self.objects.load(Ordering::Relaxed) > 0)
            .then(|| (self.oldest.load(Ordering::Relaxed), self.newest.load(Ordering::Relaxed)))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
