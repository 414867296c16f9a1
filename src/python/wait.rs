//! Waiting for the core without holding the interpreter, and without losing Ctrl-C.
//!
//! Every blocking call of the bindings goes through one of the two functions here. Both let go of the interpreter,
//! look for signals about ten times a second, and turn a panic into `InternalError`: a notebook's kernel must
//! survive a mistake of ours.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use tokio::time::MissedTickBehavior;

use super::error::InternalError;
use super::runtime;

const SIGNAL_CHECK: Duration = Duration::from_millis(100);
const BAR_AFTER: Duration = Duration::from_secs(1);

/// Run the future that `make` returns to its end on this thread; a signal drops it, which cancels it.
///
/// The future is made after the interpreter was let go of, so it need not be `Send` itself.
pub(super) fn wait_for_future<M, F>(py: Python<'_>, make: M) -> PyResult<F::Output>
where
    M: FnOnce() -> F + Send,
    F: Future,
    F::Output: Send,
{
    let handle = runtime::handle()?;
    let run = move || {
        handle.block_on(async move {
            let future = make();
            tokio::pin!(future);
            let mut ticks = tokio::time::interval(SIGNAL_CHECK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.tick().await; // the first tick is immediate
            loop {
                tokio::select! {
                    biased;
                    output = &mut future => return Ok(output),
                    _ = ticks.tick() => Python::attach(check_signals)?,
                }
            }
        })
    };
    py.detach(|| catch_unwind(AssertUnwindSafe(run))).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Work that can be watched and asked to stop while it runs.
pub(super) trait Watched: Sync {
    /// Units done so far.
    fn done(&self) -> u64;
    /// Ask the work to end soon.
    fn stop(&self);
    /// What the progress bar says besides the number of units.
    fn note(&self) -> Option<String> {
        None
    }
}

/// What work and its waiter tell each other, for work that has nothing of its own for it.
#[derive(Default)]
pub(super) struct Work {
    done: AtomicU64,
    stop: AtomicBool,
}

impl Work {
    /// Say that `count` more units are done.
    pub(super) fn advance(&self, count: u64) {
        self.done.fetch_add(count, Ordering::Relaxed);
    }

    /// Whether the work should end soon: there was a signal.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Watched for Work {
    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// What a progress bar shows for some work.
pub(super) struct Label {
    /// What is being done: `put sensors`. Nothing for a wait, of which no bar tells.
    pub(super) what: String,
    /// What is counted: `records`.
    pub(super) unit: &'static str,
    /// How many there will be, if that is known.
    pub(super) total: Option<u64>,
}

/// Run `work` on a thread of its own; a signal asks it to stop, waits for it, and raises.
///
/// The work borrows from the caller, so it cannot be left behind: it must look every now and then whether it was stopped.
/// Work that cannot stop is finished before Ctrl-C is answered. After a second a progress bar appears.
pub(super) fn wait_for_work<C, W, T>(py: Python<'_>, label: &Label, watched: &C, work: W) -> PyResult<T>
where
    C: Watched,
    W: FnOnce() -> T + Send,
    T: Send,
{
    match watch(py, label, watched, work)? {
        (_, Some(signal)) => Err(signal),
        (output, None) => Ok(output),
    }
}

/// As [`wait_for_work`], but Ctrl-C gives what the stopped work has to say, and `true`.
pub(super) fn wait_for_part<C, W, T>(py: Python<'_>, label: &Label, watched: &C, work: W) -> PyResult<(T, bool)>
where
    C: Watched,
    W: FnOnce() -> T + Send,
    T: Send,
{
    match watch(py, label, watched, work)? {
        (output, None) => Ok((output, false)),
        (output, Some(signal)) if signal.is_instance_of::<PyKeyboardInterrupt>(py) => Ok((output, true)),
        (_, Some(signal)) => Err(signal),
    }
}

/// The output of `work`, and the signal that stopped it.
fn watch<C, W, T>(py: Python<'_>, label: &Label, watched: &C, work: W) -> PyResult<(T, Option<PyErr>)>
where
    C: Watched,
    W: FnOnce() -> T + Send,
    T: Send,
{
    let run = || {
        let started = Instant::now();
        let mut bar = None;
        std::thread::scope(|scope| {
            let (done, finished) = sync_channel::<()>(1);
            let worker = scope.spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(work));
                drop(done); // wakes the receiver: the channel is closed
                result
            });
            let mut interrupted = None;
            while let Err(RecvTimeoutError::Timeout) = finished.recv_timeout(SIGNAL_CHECK) {
                if interrupted.is_some() {
                    continue;
                }
                let seen = Python::attach(|py| {
                    check_signals(py)?;
                    if started.elapsed() >= BAR_AFTER && !label.what.is_empty() {
                        show(py, &mut bar, label, watched)?;
                    }
                    Ok(())
                });
                if let Err(signal) = seen {
                    watched.stop();
                    interrupted = Some(signal);
                }
            }
            if let Some(bar) = bar {
                let _ = Python::attach(|py| bar.call_method1(py, "finish", (watched.done(),)));
            }
            match worker.join() {
                Ok(Ok(output)) => Ok((output, interrupted)),
                Ok(Err(panic)) | Err(panic) => Err(interrupted.unwrap_or_else(|| panicked(&*panic))),
            }
        })
    };
    py.detach(run)
}

/// Move the bar, which `bayou.progress` makes: tqdm's when it is there.
fn show(py: Python<'_>, bar: &mut Option<Py<PyAny>>, label: &Label, watched: &impl Watched) -> PyResult<()> {
    if bar.is_none() {
        let made = py.import("bayou.progress")?.call_method1("bar", (&label.what, label.unit, label.total))?;
        *bar = Some(made.unbind());
    }
    if let Some(bar) = bar {
        bar.call_method1(py, "move", (watched.done(),))?;
        if let Some(note) = watched.note() {
            bar.call_method1(py, "note", (note,))?;
        }
    }
    Ok(())
}

/// Raise what a signal handler raised, `KeyboardInterrupt` as a rule.
fn check_signals(py: Python<'_>) -> PyResult<()> {
    // Without a statement of its own between two checks the interpreter may not see a pending signal:
    // it notes it only when the evaluation loop runs.
    py.run(c"pass", None, None)?;
    py.check_signals()
}

fn panicked(panic: &(dyn Any + Send)) -> PyErr {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    InternalError::new_err(format!(
        "Internal error: {message}\nhint: this is a mistake in bayou, please report it with the call that led here"
    ))
}
