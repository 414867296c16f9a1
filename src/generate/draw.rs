//! Random numbers by position instead of by order.
//!
//! SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014) walks a counter in steps of the
//! golden ratio and mixes it. Here the counter is computed from the record and the tag, so any draw can be made without
//! the ones before it; a sampler that needs several numbers goes on from its first.

use crate::time::Timestamp;

/// The record that a value is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    /// Its number, from 0.
    pub(crate) index: u64,
    /// The instant that its dates show.
    pub(crate) instant: Timestamp,
}

/// A record whose values are drawn, alone or inside of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) seed: u64,
    /// What its draws depend on beside the seed.
    pub(crate) index: u64,
    pub(crate) record: Record,
}

/// 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The random numbers of one tag in one record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    state: u64,
}

impl Draw {
    /// The numbers of tag `tag` of `tags` in record `record`.
    #[inline]
    pub(crate) fn new(seed: u64, record: u64, tags: u64, tag: u64) -> Self {
        let counter = record.wrapping_mul(tags).wrapping_add(tag);
        Self { state: mix(seed.wrapping_add(counter.wrapping_mul(GOLDEN))) }
    }

    /// 64 random bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number from 0 up to but not including 1.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A whole number below `limit`.
    #[inline]
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A whole number from `low` to `high`, both included.
    #[inline]
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// One of `of` draws hits.
    #[inline]
    pub(crate) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// A number of the normal distribution with mean 0 and deviation 1, by the polar method (Marsaglia, 1962).
    pub(crate) fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (self.unit() * 2.0 - 1.0, self.unit() * 2.0 - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }

    /// One of some texts.
    #[inline]
    pub(crate) fn word(&mut self, words: &[&'static str]) -> &'static str {
        words.get(self.below(words.len() as u64) as usize).copied().unwrap_or_default()
    }
}

#[inline]
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly() {
        let mut counts = [0u32; 50];
        for record in 0..100_000 {
            counts[Draw::new(7, record, 3, 1).below(50) as usize] += 1;
        }
        // 2,000 expected; five standard deviations are 221.
        assert!(counts.iter().all(|count| (1_779..2_221).contains(count)), "{counts:?}");
    }

    #[test]
    fn neighbouring_tags_and_records_are_independent() {
        let draw = |record, tag| Draw::new(1, record, 4, tag).below(2);
        let pairs = (0..40_000u64).filter(|record| draw(*record, 0) == draw(*record, 1)).count();
        let steps = (0..40_000u64).filter(|record| draw(*record, 0) == draw(record + 1, 0)).count();
        assert!((19_400..20_600).contains(&pairs) && (19_400..20_600).contains(&steps), "{pairs} {steps}");
    }
}
