//! Which points a tree keeps: a weighted reservoir in which a point's weight falls with its age.
//!
//! Each point draws a key, the largest key leaves. Keys of the form `ln(−ln u) − λ·t` give a sample in which a point that is
//! older by 1/λ is e times less likely to be there.
//!
//! Source: P. Efraimidis, P. Spirakis: Weighted random sampling with a reservoir, 2006; λ = 1/timeDecay.

use super::random::Random;
use crate::analytics::codec::{Corrupt, Reader, Writer};

/// For so many points one bound serves to turn keys down without a logarithm.
const BOUND_POINTS: u64 = 4096;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    key: f64,
    leaf: u32,
}

/// What happens to a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is not taken.
    Rejected,
    /// It is taken with this key; the point of this leaf goes.
    Accepted { key: f64, evicted: Option<u32> },
}

/// The sample of one tree: a heap with the largest key on top.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    capacity: usize,
    decay: f64,
    heap: Vec<Entry>,
    /// Draws up to here are turned down, for points before `bound_until`.
    bound: f64,
    bound_until: u64,
}

impl Sampler {
    pub(super) fn new(capacity: usize, decay: f64) -> Self {
        Self { capacity, decay, heap: Vec::with_capacity(capacity), bound: 0.0, bound_until: 0 }
    }

    /// The memory that the entries take.
    pub(super) fn bytes(&self) -> usize {
        self.heap.capacity() * size_of::<Entry>()
    }

    /// Draw for point number `sequence`. An accepted one must be put in with [`Self::insert`].
    #[inline]
    pub(super) fn offer(&mut self, sequence: u64, random: &mut Random) -> Verdict {
        let draw = random.unit();
        if sequence < self.bound_until && draw <= self.bound {
            return Verdict::Rejected;
        }
        self.weigh(draw, sequence)
    }

    #[inline(never)]
    fn weigh(&mut self, draw: f64, sequence: u64) -> Verdict {
        let age = self.decay * sequence as f64;
        let key = (-draw.max(f64::MIN_POSITIVE).ln()).max(f64::MIN_POSITIVE).ln() - age;
        if self.heap.len() < self.capacity {
            return Verdict::Accepted { key, evicted: None };
        }
        let largest = self.heap[0];
        if key >= largest.key {
            // Keys fall with time, so what is turned down at the end of the stretch is so before as well.
            self.bound_until = sequence + BOUND_POINTS.min((0.05 / self.decay) as u64 + 1);
            self.bound = (-(largest.key + self.decay * self.bound_until as f64).exp()).exp();
            return Verdict::Rejected;
        }
        let last = self.heap.pop().unwrap_or(largest);
        if !self.heap.is_empty() {
            self.heap[0] = last;
            self.sink(0);
        }
        self.bound_until = 0;
        Verdict::Accepted { key, evicted: Some(largest.leaf) }
    }

    /// Keep an accepted point, which stands at `leaf`.
    pub(super) fn insert(&mut self, key: f64, leaf: u32) {
        self.heap.push(Entry { key, leaf });
        let mut place = self.heap.len() - 1;
        while place > 0 && self.heap[(place - 1) / 2].key < self.heap[place].key {
            self.heap.swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }

    fn sink(&mut self, mut place: usize) {
        loop {
            let children = [2 * place + 1, 2 * place + 2].into_iter().filter(|child| *child < self.heap.len());
            let Some(child) = children.max_by(|a, b| self.heap[*a].key.total_cmp(&self.heap[*b].key)) else { return };
            if self.heap[child].key <= self.heap[place].key {
                return;
            }
            self.heap.swap(place, child);
            place = child;
        }
    }

    /// Write the sample; leaves as their places in `leaves`.
    pub(super) fn write(&self, out: &mut Writer, leaves: &[u32]) {
        let places: std::collections::HashMap<u32, u32> = leaves.iter().copied().zip(0..).collect();
        out.u32(u32::try_from(self.heap.len()).unwrap_or(u32::MAX));
        for entry in &self.heap {
            out.f64(entry.key);
            out.u32(places.get(&entry.leaf).copied().unwrap_or(u32::MAX));
        }
    }

    pub(super) fn read(input: &mut Reader<'_>, capacity: usize, decay: f64, leaves: &[u32]) -> Result<Self, Corrupt> {
        let mut sampler = Self::new(capacity, decay);
        for _ in 0..input.u32()? {
            let (key, place) = (input.f64()?, input.u32()? as usize);
            let leaf = *leaves.get(place).ok_or(Corrupt("a sample names a leaf that its tree does not have"))?;
            sampler.heap.push(Entry { key, leaf });
        }
        Ok(sampler)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points that a sample of `capacity` holds after `points`.
    fn sample(capacity: usize, points: u64, decay: f64, stream: u64) -> Vec<u64> {
        let mut random = Random::new(3, stream);
        let mut sampler = Sampler::new(capacity, decay);
        let mut kept: Vec<u64> = Vec::new();
        for sequence in 0..points {
            if let Verdict::Accepted { key, evicted } = sampler.offer(sequence, &mut random) {
                kept.retain(|point| evicted.is_none_or(|leaf| u64::from(leaf) != *point));
                kept.push(sequence);
                sampler.insert(key, u32::try_from(sequence).unwrap());
            }
        }
        kept
    }

    #[test]
    fn without_decay_every_point_is_kept_equally_often() {
        let (mut early, mut late) = (0, 0);
        for stream in 0..200 {
            let kept = sample(20, 2_000, 1e-12, stream);
            assert_eq!(kept.len(), 20);
            early += kept.iter().filter(|point| **point < 1_000).count();
            late += kept.iter().filter(|point| **point >= 1_000).count();
        }
        assert!((1_800..2_200).contains(&early) && (1_800..2_200).contains(&late), "{early} {late}");
    }

    #[test]
    fn with_decay_old_points_leave() {
        let mut older = 0;
        for stream in 0..50 {
            older += sample(20, 4_000, 1.0 / 200.0, stream).iter().filter(|point| **point < 3_000).count();
        }
        // Of weight e^-5 and less each.
        assert!(older < 50, "{older}");
    }

    #[test]
    fn the_bound_changes_no_verdict() {
        let (mut with, mut without) = (Sampler::new(16, 1e-3), Sampler::new(16, 1e-3));
        let (mut random, mut same) = (Random::new(9, 0), Random::new(9, 0));
        for sequence in 0..20_000 {
            without.bound_until = 0;
            let verdict = with.offer(sequence, &mut random);
            assert_eq!(verdict, without.offer(sequence, &mut same));
            if let Verdict::Accepted { key, .. } = verdict {
                with.insert(key, 0);
                without.insert(key, 0);
            }
        }
    }
}
