//! A delivery that runs in the background, until stopped.
//!
//! One thread takes what is put, finishes files when their size or interval is reached, and publishes them. What fails is
//! tried again, ever after and with growing pauses: the source keeps what comes meanwhile, so nothing is lost.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::checkpoint::DeliveryTotals;
use super::config::RetryPolicy;
use super::pump::Pump;
use super::{Error, Result};

/// How often an idle delivery looks for records.
const IDLE: Duration = Duration::from_millis(20);
/// How long a stop that is not heard is waited for before the source is looked at again.
const BUSY: Duration = Duration::ZERO;

/// A pump with a thread of its own.
pub struct LivePump {
    orders: Sender<Order>,
    shared: Arc<Mutex<Shared>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread is asked for. It answers with what became of it.
enum Order {
    Flush(Sender<Result<()>>),
    Stop(Sender<Result<()>>),
}

/// What the thread tells.
#[derive(Debug, Clone, Default)]
struct Shared {
    totals: DeliveryTotals,
    failures: u64,
    last_error: Option<String>,
}

impl LivePump {
    /// Run `pump` in the background. `retry` says how long the pauses after failures are; their number has no limit.
    ///
    /// # Errors
    /// [`Error::Background`] when the system gives no thread.
    pub fn start(pump: Pump, retry: RetryPolicy) -> Result<Self> {
        let (orders, received) = channel();
        let shared = Arc::new(Mutex::new(Shared { totals: pump.totals(), ..Shared::default() }));
        let worker = Worker { pump, orders: received, shared: Arc::clone(&shared), retry, pause: retry.first_pause };
        let thread = std::thread::Builder::new().name("bayou-delivery".to_owned()).spawn(move || worker.run());
        let thread = thread.map_err(|error| Error::Background { reason: error.to_string() })?;
        Ok(Self { orders, shared, thread: Mutex::new(Some(thread)) })
    }

    /// Whether its thread is at work.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// What the delivery did over all its runs.
    #[must_use]
    pub fn totals(&self) -> DeliveryTotals {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).totals
    }

    /// Failed attempts since the start, and the last one's error while it lasts.
    #[must_use]
    pub fn failures(&self) -> (u64, Option<String>) {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        (shared.failures, shared.last_error.clone())
    }

    /// Deliver what was put before this call, and publish it.
    ///
    /// # Errors
    /// Why that failed now; the delivery goes on trying. [`Error::Background`] when it was stopped.
    pub fn flush(&self) -> Result<()> {
        self.order(Order::Flush)
    }

    /// As [`Self::flush`], and end.
    ///
    /// # Errors
    /// Why the last flush failed. The delivery is stopped all the same; what is left is kept for its next run.
    pub fn stop(&self) -> Result<()> {
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
        let done = self.order(Order::Stop);
        let joined = thread.join().map_err(|_| Error::Background { reason: "its thread panicked".to_owned() });
        joined.and(done)
    }

    fn order(&self, make: impl FnOnce(Sender<Result<()>>) -> Order) -> Result<()> {
        let (answer, answered) = channel();
        let gone = || Error::Background { reason: "it was stopped, or its thread panicked".to_owned() };
        self.orders.send(make(answer)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

impl std::fmt::Debug for LivePump {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LivePump").field("totals", &self.totals()).finish_non_exhaustive()
    }
}

/// The thread. It ends without a flush when the [`LivePump`] is dropped: everything is in the source or its checkpoint.
struct Worker {
    pump: Pump,
    orders: Receiver<Order>,
    shared: Arc<Mutex<Shared>>,
    retry: RetryPolicy,
    /// The next pause after a failure.
    pause: Duration,
}

impl Worker {
    fn run(mut self) {
        let mut wait = BUSY;
        loop {
            match self.orders.recv_timeout(wait) {
                Ok(Order::Flush(answer)) => {
                    let _ = answer.send(self.drain());
                }
                Ok(Order::Stop(answer)) => {
                    let done = self.drain();
                    drop(self.pump); // another process may have it once the answer is there
                    let _ = answer.send(done);
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            wait = self.work();
        }
    }

    /// One step, and how long to listen for orders before the next.
    fn work(&mut self) -> Duration {
        let done = self.pump.step().and_then(|count| self.pump.advance().map(|()| count));
        let wait = match &done {
            Ok(0) => IDLE,
            Ok(_) => BUSY,
            Err(_) => self.pause,
        };
        self.pause = if done.is_ok() { self.retry.first_pause } else { (self.pause * 2).min(self.retry.longest_pause) };
        self.tell(&done.map(|_| ()));
        wait
    }

    fn drain(&mut self) -> Result<()> {
        let done = self.pump.drain(|| false, |_| ());
        self.tell(&done);
        done
    }

    fn tell(&self, done: &Result<()>) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.totals = self.pump.totals();
        shared.last_error = done.as_ref().err().map(ToString::to_string);
        shared.failures += u64::from(done.is_err());
    }
}
