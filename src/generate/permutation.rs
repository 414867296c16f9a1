//! Numbers of a range in random order, none of them twice.

use super::draw::mix;

const ROUNDS: u64 = 4;

/// A random order of the numbers below `size`, computed for any place of it.
///
/// A Feistel network permutes the numbers of an even number of bits; what comes out above `size` goes in again until it
/// does not ("cycle walking": Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permutation {
    size: u64,
    half: u32,
    key: u64,
}

impl Permutation {
    /// An order of `size` numbers, 1 at least and 2^62 at most.
    pub(crate) fn new(size: u64, key: u64) -> Self {
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        Self { size: size.max(1), half: bits.div_ceil(2).max(1), key }
    }

    /// The number at a place; behind the last one another order of all of them begins.
    #[inline]
    pub(crate) fn at(&self, place: u64) -> u64 {
        let key = mix(self.key.wrapping_add(place / self.size));
        let mut number = self.once(place % self.size, key);
        while number >= self.size {
            number = self.once(number, key);
        }
        number
    }

    #[inline]
    fn once(&self, number: u64, key: u64) -> u64 {
        let mask = (1u64 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for round in 0..ROUNDS {
            let mixed = mix(right ^ key.rotate_left(round as u32 * 16 + 1));
            (left, right) = (right, left ^ (mixed >> 32 & mask));
        }
        left << self.half | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_comes_once_a_round() {
        for size in [1, 2, 3, 10, 1_000, 4_097] {
            let order = Permutation::new(size, 7);
            for round in 0..3 {
                let mut seen: Vec<u64> = (round * size..(round + 1) * size).map(|place| order.at(place)).collect();
                seen.sort_unstable();
                assert_eq!(seen, (0..size).collect::<Vec<_>>());
            }
        }
        let order = |key| (0..100).map(|place| Permutation::new(1_000_000, key).at(place)).collect::<Vec<_>>();
        assert_ne!(order(1), order(2));
        assert!(!order(1).is_sorted());
    }
}
