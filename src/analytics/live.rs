//! An application that runs in the background.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arrow::array::RecordBatch;

use super::application::Application;
use super::collect::Tails;
use super::driver::Control;
use super::error::{Error, Result};

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) tails: Mutex<Tails>,
}

pub(super) type Finished = (Application, Result<()>);

/// An application that runs in the background.
pub struct Live {
    pub(super) control: Arc<Control>,
    pub(super) shared: Arc<Shared>,
    pub(super) names: Vec<String>,
    pub(super) thread: Mutex<Option<JoinHandle<Finished>>>,
}

impl Live {
    /// How far it is.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Whether its thread is at work.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// The declared streams.
    #[must_use]
    pub fn streams(&self) -> &[String] {
        &self.names
    }

    /// The last `count` rows of a stream, at most 1,000, with ROWTIME in front.
    #[must_use]
    pub fn tail(&self, stream: &str, count: usize) -> Vec<RecordBatch> {
        self.shared.tails.lock().unwrap_or_else(PoisonError::into_inner).last(stream, count)
    }

    /// Stop behind the epoch at hand: buffers are delivered and a checkpoint is written. Gives the application back, and `None`
    /// when it was stopped before.
    ///
    /// # Errors
    /// The error that ended the application, if one did.
    pub fn stop(&self) -> Result<Option<Application>> {
        self.control.stop();
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(None) };
        let (application, done) =
            thread.join().map_err(|_| Error::Internal("the application's thread panicked".into()))?;
        done.map(|()| Some(application))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Errors of a stop that nobody waits for have no one to go to; the checkpoint tells where to go on.
        let _ = self.stop();
    }
}
