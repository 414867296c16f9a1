//! Waiting for the core without holding the interpreter, and without losing Ctrl-C.
//!
//! Every blocking call of the bindings goes through one of the two functions here. Both let go of the interpreter,
//! look for signals about ten times a second, and turn a panic into `InternalError`: a notebook's kernel must
//! survive a mistake of ours.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::time::MissedTickBehavior;

use super::error::InternalError;
use super::runtime;

const SIGNAL_CHECK: Duration = Duration::from_millis(100);

/// Run `future` to its end on this thread; a signal drops it, which cancels it.
pub(super) fn wait_for_future<F>(py: Python<'_>, future: F) -> PyResult<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    let handle = runtime::handle()?;
    let run = move || {
        handle.block_on(async move {
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

/// Run `work` on a thread of its own; a signal calls `stop`, waits for the work to end, and raises.
///
/// The work borrows from the caller, so it cannot be left behind: `stop` must make it return soon. Work that has no
/// way to stop passes `|| {}` and is finished before Ctrl-C is answered.
pub(super) fn wait_for_work<W, S, T>(py: Python<'_>, work: W, stop: S) -> PyResult<T>
where
    W: FnOnce() -> T + Send,
    S: Fn() + Send,
    T: Send,
{
    let run = move || {
        std::thread::scope(|scope| {
            let (done, finished) = sync_channel::<()>(1);
            let worker = scope.spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(work));
                drop(done); // wakes the receiver: the channel is closed
                result
            });
            let mut interrupted = None;
            while let Err(RecvTimeoutError::Timeout) = finished.recv_timeout(SIGNAL_CHECK) {
                if interrupted.is_none()
                    && let Err(signal) = Python::attach(check_signals)
                {
                    stop();
                    interrupted = Some(signal);
                }
            }
            match (interrupted, worker.join()) {
                (Some(signal), _) => Err(signal),
                (None, Ok(Ok(output))) => Ok(output),
                (None, Ok(Err(panic)) | Err(panic)) => Err(panicked(&*panic)),
            }
        })
    };
    py.detach(run)
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
