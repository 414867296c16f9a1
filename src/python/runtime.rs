//! The one tokio runtime of the extension.
//!
//! Started on first use, so that `import bayou` stays cheap, and stopped by [`shutdown`], which `atexit` calls:
//! a thread that touches Python while the interpreter finalises would abort the process. The runtime sits in an
//! `Option`, because stopping takes it by value. Threads do not survive `fork`, so the process id is remembered and a
//! forked child gets an error instead of a call that never returns.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

use super::error::{ForkedProcessError, InternalError};

struct Started {
    process: u32,
    runtime: Runtime,
}

enum State {
    NotStarted,
    Running(Started),
    Stopped,
}

static STATE: Mutex<State> = Mutex::new(State::NotStarted);

/// A handle to the runtime, started if it was not.
pub(super) fn handle() -> PyResult<Handle> {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    match &*state {
        State::Running(started) if started.process == std::process::id() => Ok(started.runtime.handle().clone()),
        State::Running(_) => Err(ForkedProcessError::new_err(
            "This process was forked from one that used bayou, and its worker threads did not come along\n\
             hint: start workers with `multiprocessing.get_context(\"spawn\")`, or open the lake in the child only",
        )),
        State::Stopped => Err(InternalError::new_err("The interpreter is shutting down")),
        State::NotStarted => {
            let runtime = Builder::new_multi_thread()
                .enable_all()
                .thread_name("bayou")
                .build()
                .map_err(|error| InternalError::new_err(format!("Cannot start worker threads: {error}")))?;
            let handle = runtime.handle().clone();
            *state = State::Running(Started { process: std::process::id(), runtime });
            Ok(handle)
        }
    }
}

/// Stop what runs in the background, then the runtime, waiting two seconds at most for what still runs. Registered with `atexit`.
#[pyfunction]
#[pyo3(name = "_shutdown")]
pub(super) fn shutdown(py: Python<'_>) {
    super::application::stop_all(py);
    super::delivery::stop_all(py);
    py.detach(|| {
        let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *state, State::Stopped);
        drop(state);
        if let State::Running(started) = before {
            if started.process == std::process::id() {
                started.runtime.shutdown_timeout(Duration::from_secs(2));
            } else {
                std::mem::forget(started); // The threads are the parent's: joining them would hang.
            }
        }
    });
}
