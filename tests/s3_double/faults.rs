//! What the service does wrong, on purpose. Numbers are set while it runs; 0 is off.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Faults, and how often requests of each kind came.
#[derive(Debug, Default)]
pub struct Faults {
    /// Every request waits so many milliseconds.
    pub latency_ms: AtomicU64,
    /// Every so-manieth request is answered with 503 SlowDown.
    pub slow_down_every: AtomicU64,
    /// Every so-manieth copy is answered with 200 and an InternalError in its body.
    pub error_in_copy_every: AtomicU64,
    /// Every so-manieth GET of an object breaks off in the middle of its body.
    pub truncate_every: AtomicU64,
    /// Every so-manieth request waits `straggle_ms` longer.
    pub straggle_every: AtomicU64,
    pub straggle_ms: AtomicU64,
    /// Whole copies are refused above this size, as S3 does above 5 GiB.
    pub most_copied_bytes: AtomicU64,
    /// Parts of uploads but the last are refused below this size.
    pub least_part_bytes: AtomicU64,
    /// The service's clock is ahead by so many milliseconds, and it says so when a request is not.
    pub skew_ms: AtomicU64,
    /// After so many requests the credentials have expired.
    pub expired_after: AtomicU64,
    /// Checksums in CRC64NVME are refused (1), or kept and told (2); else they are ignored.
    pub checksums: AtomicU64,
    /// Signatures are checked (1).
    pub verify: AtomicU64,
    /// Keys that hold this text are forbidden.
    pub forbidden: Mutex<String>,
    /// The first time that a copy of this key is asked for, the object changes before.
    pub changing: Mutex<String>,
    pub requests: AtomicU64,
    pub lists: AtomicU64,
    pub copies: AtomicU64,
    pub gets: AtomicU64,
    pub puts: AtomicU64,
    pub heads: AtomicU64,
    pub deletes: AtomicU64,
}

/// Whether this is one of every `every` times.
pub fn is_turn(every: &AtomicU64, time: u64) -> bool {
    let every = every.load(Ordering::Relaxed);
    every > 0 && time.is_multiple_of(every)
}

impl Faults {
    /// Set a fault by its name.
    pub fn set(&self, name: &str, value: &str) -> bool {
        let number = match name {
            "latency_ms" => &self.latency_ms,
            "slow_down_every" => &self.slow_down_every,
            "error_in_copy_every" => &self.error_in_copy_every,
            "truncate_every" => &self.truncate_every,
            "straggle_every" => &self.straggle_every,
            "straggle_ms" => &self.straggle_ms,
            "most_copied_bytes" => &self.most_copied_bytes,
            "least_part_bytes" => &self.least_part_bytes,
            "skew_ms" => &self.skew_ms,
            "expired_after" => &self.expired_after,
            "checksums" => &self.checksums,
            "verify" => &self.verify,
            "forbidden" | "changing" => {
                let text = if name == "forbidden" { &self.forbidden } else { &self.changing };
                value.clone_into(&mut text.lock().unwrap());
                return true;
            }
            _ => return false,
        };
        value.parse().map(|value| number.store(value, Ordering::Relaxed)).is_ok()
    }

    /// The counters as JSON.
    pub fn counters(&self) -> String {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{{\"requests\":{},\"lists\":{},\"copies\":{},\"gets\":{},\"puts\":{},\"heads\":{},\"deletes\":{}}}",
            load(&self.requests),
            load(&self.lists),
            load(&self.copies),
            load(&self.gets),
            load(&self.puts),
            load(&self.heads),
            load(&self.deletes)
        )
    }

    pub(super) async fn wait(&self, time: u64) {
        let mut millis = self.latency_ms.load(Ordering::Relaxed);
        if is_turn(&self.straggle_every, time) {
            millis += self.straggle_ms.load(Ordering::Relaxed);
        }
        if millis > 0 {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }
}
