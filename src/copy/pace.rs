//! How many requests are in flight, and how many a second a prefix gets.
//!
//! The number in flight grows while that brings more answers a second, and is halved when the service says that it is
//! too much or answers several times later than it did at its best: additive increase, multiplicative decrease, as
//! in TCP. Nobody has to know what a service, a network or a laptop can take.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

const FIRST: usize = 32;
const LEAST: usize = 4;
const MOST: usize = 512;
/// Answers are counted for at least this long before the limit moves.
const WINDOW: Duration = Duration::from_millis(100);
/// Prefixes whose rate is remembered; more are forgotten together.
const PREFIXES: usize = 10_000;
/// What S3 grants to a prefix: writes a second.
///
/// Source: S3 User Guide, Best practices design patterns: optimizing Amazon S3 performance.
pub(crate) const S3_WRITES_PER_PREFIX: f64 = 3_500.0;

/// The limit on requests in flight to one service, and the rates of its prefixes.
#[derive(Debug)]
pub(crate) struct Pace {
    permits: Arc<Semaphore>,
    /// Permits to take away as they come back.
    debt: AtomicUsize,
    is_fixed: bool,
    window: Mutex<Window>,
    throttled: AtomicU64,
    has_rates: AtomicBool,
    first_rate: Option<f64>,
    rates: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug)]
struct Window {
    limit: usize,
    began: Instant,
    answers: u32,
    latency: Duration,
    throttled: u64,
    /// Answers a second of the last window, and the best average latency in seconds.
    rate: f64,
    floor: f64,
    is_starting: bool,
}

#[derive(Debug)]
struct Bucket {
    rate: f64,
    tokens: f64,
    at: Instant,
    /// When the rate was last cut: many requests hear of one overload.
    cut: Option<Instant>,
}

/// The right to have one request in flight.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Pace>);

impl Drop for Permit {
    fn drop(&mut self) {
        let paid = self.0.debt.fetch_update(Ordering::AcqRel, Ordering::Acquire, |debt| debt.checked_sub(1));
        if paid.is_err() {
            self.0.permits.add_permits(1);
        }
    }
}

impl Pace {
    /// A pace that finds its limit itself, or keeps the given one; `rate` is what every prefix gets at first.
    pub(crate) fn new(fixed: Option<usize>, rate: Option<f64>) -> Self {
        let limit = fixed.unwrap_or(FIRST).max(1);
        let window = Window {
            limit,
            began: Instant::now(),
            answers: 0,
            latency: Duration::ZERO,
            throttled: 0,
            rate: 0.0,
            floor: f64::INFINITY,
            is_starting: true,
        };
        Self {
            permits: Arc::new(Semaphore::new(limit)),
            debt: AtomicUsize::new(0),
            is_fixed: fixed.is_some(),
            window: Mutex::new(window),
            throttled: AtomicU64::new(0),
            has_rates: AtomicBool::new(rate.is_some()),
            first_rate: rate,
            rates: Mutex::default(),
        }
    }

    /// Wait until one more request may be in flight.
    pub(crate) async fn acquire(self: &Arc<Self>) -> Permit {
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
        Permit(Arc::clone(self))
    }

    /// The present limit.
    #[cfg(test)]
    fn limit(&self) -> usize {
        self.window().limit
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was answered after `latency`.
    pub(crate) fn answered(&self, latency: Duration) {
        if self.is_fixed {
            return;
        }
        let mut window = self.window();
        window.answers += 1;
        window.latency += latency;
        let elapsed = window.began.elapsed();
        if elapsed < WINDOW || (window.answers as usize) < window.limit {
            return;
        }
        let before = window.limit;
        let throttled = self.throttled.load(Ordering::Relaxed);
        let after = window.close(elapsed, throttled);
        drop(window);
        if after > before {
            let more = after - before;
            let owed =
                self.debt.fetch_update(Ordering::AcqRel, Ordering::Acquire, |debt| Some(debt.saturating_sub(more)));
            self.permits.add_permits(more - more.min(owed.unwrap_or_default()));
        } else {
            self.debt.fetch_add(before - after, Ordering::AcqRel);
        }
    }

    /// The service said that requests for `prefix` come too fast.
    pub(crate) fn slow_down(&self, prefix: &str) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
        self.has_rates.store(true, Ordering::Relaxed);
        let (limit, latency) = {
            let window = self.window();
            (window.limit as f64, window.floor)
        };
        // What is in flight at best, divided by how long it takes, is the rate that was too much.
        let present = if latency.is_finite() { limit / latency.max(0.001) } else { S3_WRITES_PER_PREFIX };
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = rates.entry(prefix.to_owned()).or_insert_with(|| Bucket::new(present.min(S3_WRITES_PER_PREFIX)));
        bucket.cut();
    }

    /// Wait until `prefix` may get one more request.
    pub(crate) async fn admit(&self, prefix: &str) {
        if !self.has_rates.load(Ordering::Relaxed) {
            return;
        }
        let wait = {
            let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
            if rates.len() > PREFIXES {
                rates.clear();
            }
            match (rates.get_mut(prefix), self.first_rate) {
                (Some(bucket), _) => bucket.take(Instant::now()),
                (None, Some(rate)) => {
                    rates.entry(prefix.to_owned()).or_insert_with(|| Bucket::new(rate)).take(Instant::now())
                }
                (None, None) => Duration::ZERO,
            }
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

impl Window {
    /// Judge the window that ends now, and begin the next; the new limit.
    fn close(&mut self, elapsed: Duration, throttled: u64) -> usize {
        let rate = f64::from(self.answers) / elapsed.as_secs_f64();
        let latency = self.latency.as_secs_f64() / f64::from(self.answers);
        self.floor = self.floor.min(latency);
        let is_throttled = throttled > self.throttled;
        let is_faster = rate > self.rate * 1.05;
        self.limit = if is_throttled {
            self.is_starting = false;
            self.limit / 2
        } else if self.is_starting && is_faster {
            self.limit * 2
        } else if is_faster {
            self.limit + (self.limit / 8).max(1)
        } else if latency > 8.0 * self.floor && rate < self.rate * 0.9 {
            self.is_starting = false;
            self.limit / 2
        } else {
            self.is_starting = false;
            self.limit
        };
        self.limit = self.limit.clamp(LEAST, MOST);
        (self.rate, self.throttled) = (rate, throttled);
        (self.began, self.answers, self.latency) = (Instant::now(), 0, Duration::ZERO);
        self.limit
    }
}

impl Bucket {
    fn new(rate: f64) -> Self {
        Self { rate, tokens: rate / 10.0, at: Instant::now(), cut: None }
    }

    /// Take a token, which may be one of the future: how long until it is there.
    fn take(&mut self, now: Instant) -> Duration {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        // A prefix that keeps quiet about its limit gets a tenth more every second.
        self.rate += self.rate * 0.1 * elapsed.min(1.0);
        self.tokens = (self.tokens + elapsed * self.rate).min(self.rate / 10.0) - 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / self.rate) }
    }

    /// Half of the rate, once for what one overload caused.
    fn cut(&mut self) {
        let now = Instant::now();
        if self.cut.is_none_or(|at| now.duration_since(at) > Duration::from_millis(500)) {
            self.rate = (self.rate / 2.0).max(10.0);
            self.tokens = self.tokens.min(0.0);
            self.cut = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of a service that answers `rate(limit)` a second.
    fn limits(rate: impl Fn(usize) -> f64, throttled: impl Fn(usize) -> bool, windows: usize) -> Vec<usize> {
        let mut window = Pace::new(None, None).window.into_inner().unwrap();
        let mut times = 0;
        (0..windows)
            .map(|_| {
                window.answers = 1_000;
                window.latency = Duration::from_secs_f64(1_000.0 * window.limit as f64 / rate(window.limit));
                times += u64::from(throttled(window.limit));
                let elapsed = Duration::from_secs_f64(1_000.0 / rate(window.limit));
                window.close(elapsed, times)
            })
            .collect()
    }

    #[test]
    fn the_limit_grows_while_that_brings_more_and_then_stays() {
        let found = limits(|limit| (limit.min(200) * 100) as f64, |_| false, 20);
        assert!(found.is_sorted(), "{found:?}");
        assert!((200..=512).contains(found.last().unwrap()), "{found:?}");
    }

    #[test]
    fn slow_down_halves_the_limit() {
        let found = limits(|limit| (limit * 100) as f64, |limit| limit > 100, 40);
        assert!(found.windows(2).any(|pair| pair[1] == pair[0] / 2), "{found:?}");
        assert!(*found.last().unwrap() <= 128, "{found:?}");
    }

    #[test]
    fn a_bucket_grants_its_rate_and_half_of_it_after_a_cut() {
        let mut bucket = Bucket::new(100.0);
        let now = bucket.at;
        let waits: Vec<Duration> = (0..110).map(|_| bucket.take(now)).collect();
        assert!(waits[..10].iter().all(Duration::is_zero));
        assert!((0.99..1.01).contains(&waits[109].as_secs_f64()), "{:?}", waits[109]);
        bucket.cut();
        bucket.cut();
        assert!((49.0..51.0).contains(&bucket.rate), "one overload cuts once: {}", bucket.rate);
    }

    #[tokio::test]
    async fn a_fixed_limit_is_kept() {
        let pace = Arc::new(Pace::new(Some(2), None));
        let (_one, two) = (pace.acquire().await, pace.acquire().await);
        assert_eq!(pace.permits.available_permits(), 0);
        drop(two);
        pace.answered(Duration::from_millis(1));
        assert_eq!((pace.permits.available_permits(), pace.limit()), (1, 2));
    }
}
