//! Counting distinct values: exactly while they are few, by HyperLogLog above.
//!
//! Source: P. Flajolet, É. Fusy, O. Gandouet, F. Meunier: HyperLogLog, 2007.

use std::collections::HashSet;

use crate::analytics::codec::{Corrupt, Reader, Writer};

/// Up to so many values the count is exact.
const EXACT: usize = 10_000;
/// The index bits: 16,384 registers, a standard error of 0.8 %.
const INDEX_BITS: u32 = 14;

/// A set of values of which only the size matters.
#[derive(Clone, Debug)]
pub(super) enum DistinctCount {
    Exact(HashSet<Box<[u8]>>),
    /// By register, the longest run of zeros seen.
    Registers(Vec<u8>),
}

impl Default for DistinctCount {
    fn default() -> Self {
        Self::Exact(HashSet::new())
    }
}

impl DistinctCount {
    pub(super) fn insert(&mut self, value: &[u8]) {
        match self {
            Self::Exact(values) => {
                if !values.contains(value) {
                    values.insert(value.into());
                }
                if values.len() > EXACT {
                    let mut registers = vec![0; 1 << INDEX_BITS];
                    values.iter().for_each(|value| register(&mut registers, value));
                    *self = Self::Registers(registers);
                }
            }
            Self::Registers(registers) => register(registers, value),
        }
    }

    pub(super) fn count(&self) -> i64 {
        match self {
            Self::Exact(values) => i64::try_from(values.len()).unwrap_or(i64::MAX),
            #[expect(clippy::cast_possible_truncation, reason = "an estimate, far below 2^63")]
            Self::Registers(registers) => estimate(registers).round() as i64,
        }
    }

    /// The memory that the set takes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Exact(values) => {
                let values_bytes: usize = values.iter().map(|value| value.len()).sum();
                values.capacity() * size_of::<Box<[u8]>>() + values_bytes
            }
            Self::Registers(registers) => registers.capacity(),
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            Self::Exact(values) => {
                let mut values: Vec<_> = values.iter().collect();
                values.sort_unstable();
                out.u32(0);
                out.u64(values.len() as u64);
                values.into_iter().for_each(|value| out.bytes(value));
            }
            Self::Registers(registers) => {
                out.u32(1);
                out.bytes(registers);
            }
        }
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Corrupt> {
        if input.u32()? == 0 {
            let count = input.u64()?;
            return (0..count).map(|_| input.bytes().map(Into::into)).collect::<Result<_, _>>().map(Self::Exact);
        }
        let registers = input.bytes()?.to_vec();
        if registers.len() != 1 << INDEX_BITS {
            return Err(Corrupt("a distinct count has the wrong number of registers"));
        }
        Ok(Self::Registers(registers))
    }
}

fn register(registers: &mut [u8], value: &[u8]) {
    let hash = hash(value);
    let index = usize::try_from(hash >> (64 - INDEX_BITS)).unwrap_or(0);
    let run = (hash << INDEX_BITS).leading_zeros().min(64 - INDEX_BITS) + 1;
    registers[index] = registers[index].max(u8::try_from(run).unwrap_or(u8::MAX));
}

/// FNV-1a, mixed: the same in every process, since registers go into checkpoints.
fn hash(value: &[u8]) -> u64 {
    let mut hash = value
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn estimate(registers: &[u8]) -> f64 {
    let size = registers.len() as f64;
    let harmonic: f64 = registers.iter().map(|run| (-f64::from(*run)).exp2()).sum();
    let raw = 0.7213 / (1.0 + 1.079 / size) * size * size / harmonic;
    let empty = registers.iter().filter(|run| **run == 0).count();
    // Linear counting where many registers are empty still.
    if raw <= 2.5 * size && empty > 0 { size * (size / empty as f64).ln() } else { raw }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(values: u64) -> DistinctCount {
        let mut count = DistinctCount::default();
        for value in (0..values).chain(0..values / 2) {
            count.insert(&value.to_be_bytes());
        }
        count
    }

    #[test]
    fn counts_are_exact_to_ten_thousand_and_near_above() {
        assert_eq!(counted(10_000).count(), 10_000);
        for values in [10_001, 50_000, 300_000] {
            let count = counted(values).count();
            assert!((count as f64 / values as f64 - 1.0).abs() < 0.03, "{count} for {values}");
        }
    }

    #[test]
    fn counts_are_read_as_written() {
        for values in [3, 20_000] {
            let count = counted(values);
            let mut out = Writer::default();
            count.write(&mut out);
            let bytes = out.finish();
            assert_eq!(DistinctCount::read(&mut Reader::new(&bytes)).unwrap().count(), count.count());
        }
    }
}
