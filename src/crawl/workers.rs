//! Reading many files at once.
//!
//! A service is waited for, so many requests are under way on one thread. A local folder answers at once: there, a few
//! threads read and infer file by file, since handing each small file to a pool costs more than reading it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::executor::block_on;
use futures::{StreamExt, TryStreamExt};

use super::classify::{Examined, examine};
use super::rules::Rules;
use super::{Error, Result};
use crate::storage::{ObjectInfo, Storage};

/// Requests under way at once: enough to hide a service's latency, few enough to hold their samples in memory.
const AT_ONCE: usize = 16;

/// Files that a thread takes at a time.
const BATCH: usize = 32;

/// Fewer files than this are not worth threads of their own.
const FEW: usize = 8;

/// Examines files; each comes back with the place it came with, in no order.
pub(super) async fn examine_all(
    storage: &Storage,
    files: Vec<(usize, &ObjectInfo)>,
    rules: &Arc<dyn Rules>,
) -> Result<Vec<(usize, Examined)>> {
    let runtime = tokio::runtime::Handle::try_current();
    if let (Some(_), true, Ok(runtime)) = (storage.local_root(), files.len() > FEW, runtime) {
        let files: Vec<(usize, ObjectInfo)> = files.into_iter().map(|(place, file)| (place, file.clone())).collect();
        let (storage, rules) = (storage.clone(), Arc::clone(rules));
        let stop = StopOnDrop::default();
        let stopped = Arc::clone(&stop.0);
        let work = runtime.spawn_blocking(move || on_threads(&storage, &files, &rules, &stopped));
        return work.await.map_err(|error| Error::Worker { reason: error.to_string() })?;
    }
    futures::stream::iter(files)
        .map(|(place, file)| async move { examine(storage, file, rules).await.map(|examined| (place, examined)) })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Ends the threads when nobody waits for them any more.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn on_threads(
    storage: &Storage,
    files: &[(usize, ObjectInfo)],
    rules: &Arc<dyn Rules>,
    stopped: &AtomicBool,
) -> Result<Vec<(usize, Examined)>> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let next = AtomicUsize::new(0);
    let mut all = Vec::with_capacity(files.len());
    std::thread::scope(|scope| {
        // Threads that are not the runtime's: what is awaited there runs at once, where it is.
        let helpers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| drain(storage, files, rules, &next, stopped))).collect();
        let mut outcome = Ok(());
        for helper in helpers {
            match helper.join() {
                Ok(Ok(found)) => all.extend(found),
                Ok(Err(error)) => outcome = Err(error),
                Err(_) => outcome = Err(Error::Worker { reason: "a reading thread panicked".to_owned() }),
            }
        }
        outcome
    })?;
    Ok(all)
}

/// Takes batch after batch, until none is left or somebody failed.
fn drain(
    storage: &Storage,
    files: &[(usize, ObjectInfo)],
    rules: &Arc<dyn Rules>,
    next: &AtomicUsize,
    stopped: &AtomicBool,
) -> Result<Vec<(usize, Examined)>> {
    let mut found = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let start = next.fetch_add(BATCH, Ordering::Relaxed);
        let Some(rest) = files.get(start..).filter(|rest| !rest.is_empty()) else { break };
        for (place, file) in rest.iter().take(BATCH) {
            match block_on(examine(storage, file, rules)) {
                Ok(examined) => found.push((*place, examined)),
                Err(error) => {
                    stopped.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }
    Ok(found)
}
