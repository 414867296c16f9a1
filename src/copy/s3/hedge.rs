//! When to ask a second time because the first answer is late.
//!
//! Of many requests a few take far longer than the rest, because one machine behind the service is slow. Asking again
//! reaches another one. The time to wait is learnt: twice what 99 of 100 requests need.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets of latencies, four to each doubling, from a microsecond up.
const BUCKETS: usize = 128;
const ENOUGH: u64 = 200;
/// Nothing faster than this is worth a second request.
const LEAST: Duration = Duration::from_millis(100);

/// The latencies of one kind of request.
#[derive(Debug)]
pub(super) struct Latencies {
    counts: [AtomicU64; BUCKETS],
    total: AtomicU64,
    hedged: AtomicU64,
    /// The present answer in microseconds, worked out every now and then; 0: not yet.
    after: AtomicU64,
}

impl Latencies {
    pub(super) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self { counts: std::array::from_fn(|_| zero()), total: zero(), hedged: zero(), after: zero() }
    }

    /// A request took `latency`.
    pub(super) fn record(&self, latency: Duration) {
        if let Some(count) = self.counts.get(bucket(latency)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let total = self.total.fetch_add(1, Ordering::Relaxed) + 1;
        if total >= ENOUGH && total.is_multiple_of(ENOUGH) {
            let after = (self.percentile_99(total) * 2).max(LEAST);
            self.after.store(u64::try_from(after.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// How long to wait before a second request; None while that is not known, or too many were sent already.
    pub(super) fn hedge_after(&self) -> Option<Duration> {
        let after = self.after.load(Ordering::Relaxed);
        let may = self.hedged.load(Ordering::Relaxed) * 100 <= self.total.load(Ordering::Relaxed);
        (after > 0 && may).then(|| Duration::from_micros(after))
    }

    /// A second request is sent.
    pub(super) fn hedge(&self) {
        self.hedged.fetch_add(1, Ordering::Relaxed);
    }

    fn percentile_99(&self, total: u64) -> Duration {
        let mut above = total / 100;
        for (index, count) in self.counts.iter().enumerate().rev() {
            let count = count.load(Ordering::Relaxed);
            if count > above {
                return Duration::from_micros(2_f64.powf((index + 1) as f64 / 4.0) as u64);
            }
            above -= count;
        }
        Duration::ZERO
    }
}

fn bucket(latency: Duration) -> usize {
    let micros = latency.as_micros().max(1) as f64;
    ((micros.log2() * 4.0) as usize).min(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_twice_what_99_of_100_need() {
        let latencies = Latencies::new();
        assert_eq!(latencies.hedge_after(), None);
        for index in 0..1_000 {
            latencies.record(Duration::from_millis(if index % 200 == 0 { 30_000 } else { 100 }));
        }
        let after = latencies.hedge_after().unwrap();
        assert!((200..260).contains(&after.as_millis()), "{after:?}");
    }

    #[test]
    fn one_request_in_a_hundred_at_most_is_sent_twice() {
        let latencies = Latencies::new();
        for _ in 0..1_000 {
            latencies.record(Duration::from_millis(100));
        }
        let hedged = (0..1_000).filter(|_| latencies.hedge_after().is_some()).inspect(|_| latencies.hedge()).count();
        assert_eq!(hedged, 11);
    }
}
