//! The forest's random numbers: xoshiro256++, whose whole state is four words of a checkpoint.

use crate::analytics::codec::{Corrupt, Reader, Writer};

/// Turns a draw's upper 53 bits into [0, 1).
const UNIT: f64 = 1.0 / (1u64 << 53) as f64;

/// A generator; equal states give equal numbers on every machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator number `stream` of `seed`.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut word = seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        // SplitMix64: never gives four zero words.
        let state = std::array::from_fn(|_| {
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = word;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        Self { state }
    }

    /// A number in [0, 1).
    #[inline]
    pub(super) fn unit(&mut self) -> f64 {
        let [a, b, c, d] = self.state;
        let drawn = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        (drawn >> 11) as f64 * UNIT
    }

    pub(super) fn write(&self, out: &mut Writer) {
        for word in self.state {
            out.u64(word);
        }
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(Self { state: [input.u64()?, input.u64()?, input.u64()?, input.u64()?] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_evenly_over_the_unit() {
        let mut random = Random::new(7, 3);
        let mut bins = [0u32; 10];
        for _ in 0..100_000 {
            bins[(random.unit() * 10.0) as usize] += 1;
        }
        assert!(bins.iter().all(|bin| (9_500..10_500).contains(bin)), "{bins:?}");
    }

    #[test]
    fn streams_of_a_seed_differ() {
        assert_ne!(Random::new(7, 0).unit(), Random::new(7, 1).unit());
        assert_ne!(Random::new(7, 0).unit(), Random::new(8, 0).unit());
    }
}
