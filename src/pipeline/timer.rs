//! Waiting as a trait: on the wall clock, or on a clock that jumps when nothing else happens.
//!
//! A test's machine must not sleep, and must still see timeouts of tasks that really take time. So virtual time stands
//! still while states change, runs with the real time while a task works, and jumps to the next deadline when
//! everything waits.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;

use crate::time::{Clock, SystemClock, Timestamp};

/// A clock that can be waited for.
pub trait Timer: Clock {
    /// Done when the clock shows `at`.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;

    /// Held while a task works.
    fn work(&self) -> Work;

    /// Called when an execution can only wait: whether time was moved, so that it should be asked again.
    fn idle(&self, context: &mut Context<'_>) -> bool;
}

/// A task at work; dropped when it is done or given up.
pub struct Work(Option<Arc<Virtual>>);

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.lock().end_work();
        }
    }
}

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTimer;

impl Clock for SystemTimer {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl Timer for SystemTimer {
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        // The wall clock can be set while this waits, so long waits look at it again and again.
        const LOOK: i64 = 60_000;
        Box::pin(async move {
            loop {
                let left = at.millis().saturating_sub(SystemClock.now().millis());
                match u64::try_from(left.min(LOOK)) {
                    Ok(left) if left > 0 => tokio::time::sleep(Duration::from_millis(left)).await,
                    _ => return,
                }
            }
        })
    }

    fn work(&self) -> Work {
        Work(None)
    }

    fn idle(&self, _: &mut Context<'_>) -> bool {
        false
    }
}

/// A clock that jumps over waits.
#[derive(Clone)]
pub struct VirtualTimer(Arc<Virtual>);

struct Virtual(Mutex<State>);

struct State {
    /// What the clock showed when work began, or shows.
    base: Timestamp,
    working: usize,
    since: Option<Instant>,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
    next_sleeper: u64,
    alarm: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Virtual {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn now(&self) -> Timestamp {
        let elapsed = self.since.map_or(0, |since| i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX));
        self.base.plus_millis(elapsed)
    }

    fn end_work(&mut self) {
        self.working = self.working.saturating_sub(1);
        if self.working == 0 {
            self.base = self.now();
            self.since = None;
        }
    }

    /// Wake whoever waits for a time that has come.
    fn wake_due(&mut self) -> bool {
        let now = self.now();
        let mut woken = false;
        while let Some(entry) = self.sleepers.first_entry().filter(|entry| entry.key().0 <= now) {
            entry.remove().wake();
            woken = true;
        }
        woken
    }
}

impl VirtualTimer {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        let state =
            State { base: start, working: 0, since: None, sleepers: BTreeMap::new(), next_sleeper: 0, alarm: None };
        Self(Arc::new(Virtual(Mutex::new(state))))
    }
}

impl fmt::Debug for VirtualTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualTimer").field(&self.now()).finish()
    }
}

impl Clock for VirtualTimer {
    fn now(&self) -> Timestamp {
        self.0.lock().now()
    }
}

impl Timer for VirtualTimer {
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(VirtualSleep { shared: Arc::clone(&self.0), at, id: None })
    }

    fn work(&self) -> Work {
        let mut state = self.0.lock();
        if state.working == 0 {
            state.since = Some(Instant::now());
        }
        state.working += 1;
        Work(Some(Arc::clone(&self.0)))
    }

    fn idle(&self, context: &mut Context<'_>) -> bool {
        let mut state = self.0.lock();
        if state.wake_due() {
            return true;
        }
        let Some(&(next, _)) = state.sleepers.keys().next() else { return false };
        if state.working == 0 {
            state.base = next;
            return state.wake_due();
        }
        let left = u64::try_from(next.millis() - state.now().millis()).unwrap_or(0);
        let mut alarm = Box::pin(tokio::time::sleep(Duration::from_millis(left)));
        let due = alarm.as_mut().poll(context).is_ready();
        state.alarm = Some(alarm);
        due
    }
}

struct VirtualSleep {
    shared: Arc<Virtual>,
    at: Timestamp,
    id: Option<u64>,
}

impl Future for VirtualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        if state.now() >= self.at {
            return Poll::Ready(());
        }
        let id = self.id.unwrap_or(state.next_sleeper);
        if self.id.is_none() {
            state.next_sleeper += 1;
            self.id = Some(id);
        }
        state.sleepers.insert((self.at, id), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.shared.lock().sleepers.remove(&(self.at, id));
        }
    }
}

/// Run `future` on a timer that may be virtual.
pub(crate) async fn drive<T>(timer: &dyn Timer, future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            if !timer.idle(context) {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn virtual_time_jumps_from_deadline_to_deadline_in_order() {
        let timer = VirtualTimer::new(Timestamp(0));
        let wait = async |seconds: i64| {
            timer.sleep_until(Timestamp(seconds * 1000)).await;
            timer.now().millis()
        };
        let all = drive(&timer, async { tokio::join!(wait(3600), wait(5), wait(86_400)) }).await;
        assert_eq!(all, (3_600_000, 5_000, 86_400_000));
    }

    #[tokio::test]
    async fn virtual_time_does_not_jump_while_a_task_works() {
        let timer = VirtualTimer::new(Timestamp(0));
        let (send, receive) = tokio::sync::oneshot::channel::<()>();
        let working = timer.work();
        std::thread::spawn(move || send.send(()).unwrap());
        let far = timer.sleep_until(Timestamp(3_600_000));
        let first = drive(&timer, async {
            tokio::select! { _ = receive => "task", () = far => "time" }
        });
        assert_eq!(first.await, "task");
        drop(working);
        assert!(timer.now() < Timestamp(3_600_000));
    }
}
