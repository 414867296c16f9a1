//! Randomness for waits: a small generator that a seed makes repeatable.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A shared source of pseudo-random numbers (SplitMix64).
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number from 0 up to but without 1.
    fn roll(&self) -> f64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How long to wait before attempt `attempt` (from 1): anything up to a limit that doubles, "full jitter".
    ///
    /// Source: AWS Architecture Blog, Exponential Backoff And Jitter.
    pub(crate) fn backoff(&self, attempt: u32) -> Duration {
        const FIRST: f64 = 0.05;
        const LONGEST: f64 = 20.0;
        let limit = (FIRST * 2_f64.powi(attempt.min(16) as i32)).min(LONGEST);
        Duration::from_secs_f64(limit * self.roll())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_spread_and_stay_below_the_limit() {
        let dice = Dice::new(7);
        let mean = |attempt| (0..1_000).map(|_| dice.backoff(attempt).as_secs_f64()).sum::<f64>() / 1_000.0;
        assert!((0.04..0.06).contains(&mean(1)) && (0.35..0.45).contains(&mean(4)));
        assert!((0..1_000).all(|_| dice.backoff(40) <= Duration::from_secs(20)));
    }
}
