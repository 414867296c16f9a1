//! A random cut forest that scores a stream of points as `RANDOM_CUT_FOREST` does.
//!
//! A point is scored against the sample of every tree before it may enter it. A tree's score is the expected 1/(depth + 1) of
//! the node that a new cut would put over the point; a point that is there already, m times, scores 1/(depth + log₂ m). The
//! forest's score is the mean over its trees times log₂ of the sample size.
//!
//! The open implementations damp the score of repeated points. The service did not, which its recorded scores of constant
//! and two-valued series show: 1/257 in a tree of 256 equal points, 1/(1 + log₂ m) in a tree of two values.
//!
//! Trees are independent, so a batch of points goes through one tree after the other, on several threads when there is
//! enough to do. Sums are taken in groups of trees of fixed size: a score is the same to the last bit whatever the number of
//! threads and however the stream is cut into batches.

mod random;
mod sampler;
mod score;
#[cfg(test)]
mod tests;
mod tree;

use std::panic::resume_unwind;
use std::thread::ScopedJoinHandle;

use random::Random;
use sampler::{Sampler, Verdict};
pub(super) use score::Attribution;
use score::{Attributor, Scorer};
use tree::Tree;

use crate::analytics::codec::{Corrupt, Reader, Writer};

/// Trees whose scores are summed before the sums are added up.
const GROUP: usize = 4;
/// Points that go through a group at once.
const BLOCK: usize = 4096;
/// With fewer descents in a block than this, a thread costs more than it gains.
const THREADED_DESCENTS: usize = 20_000;

/// The shape of a forest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ForestOptions {
    pub(super) trees: usize,
    pub(super) sample: usize,
    /// Points after which one counts e times less.
    pub(super) time_decay: f64,
    /// Numbers in a point.
    pub(super) dimensions: usize,
    pub(super) seed: u64,
    pub(super) threads: usize,
}

#[derive(Clone, Debug)]
struct SampledTree {
    tree: Tree,
    sampler: Sampler,
    random: Random,
}

/// The forest.
#[derive(Clone, Debug)]
pub(super) struct Forest {
    options: ForestOptions,
    trees: Vec<SampledTree>,
    /// Points taken so far.
    points: u64,
}

impl SampledTree {
    fn new(options: &ForestOptions, number: usize) -> Self {
        Self {
            tree: Tree::new(options.dimensions, options.sample),
            sampler: Sampler::new(options.sample, 1.0 / options.time_decay),
            random: Random::new(options.seed, number as u64),
        }
    }

    /// Let the sampler decide about a point.
    #[inline]
    fn update(&mut self, point: &[f64], sequence: u64) {
        if let Verdict::Accepted { key, evicted } = self.sampler.offer(sequence, &mut self.random) {
            if let Some(leaf) = evicted {
                self.tree.remove(leaf);
            }
            let leaf = self.tree.insert(point, &mut self.random);
            self.sampler.insert(key, leaf);
        }
    }
}

impl Forest {
    pub(super) fn new(options: ForestOptions) -> Self {
        let trees = (0..options.trees).map(|number| SampledTree::new(&options, number)).collect();
        Self { options, trees, points: 0 }
    }

    /// The memory that the trees and their samples take.
    pub(super) fn bytes(&self) -> usize {
        self.trees.iter().map(|tree| tree.tree.bytes() + tree.sampler.bytes()).sum()
    }

    /// Mean tree scores become the function's scores by this factor.
    fn scale(&self) -> f64 {
        (self.options.sample as f64).log2() / self.options.trees as f64
    }

    /// Score each point, then take it. `points` holds the points one behind the other.
    pub(super) fn score_and_update(&mut self, points: &[f64]) -> Vec<f64> {
        let scale = self.scale();
        let mut scores = Vec::with_capacity(points.len() / self.options.dimensions);
        for block in points.chunks(BLOCK * self.options.dimensions) {
            let (first, dimensions) = (self.points, self.options.dimensions);
            let sums = self.each_group(block, |group, block| {
                let mut sums = vec![0.0; block.len() / dimensions];
                for tree in group {
                    for ((point, sum), sequence) in block.chunks_exact(dimensions).zip(&mut sums).zip(first..) {
                        let mut scorer = Scorer::default();
                        tree.tree.descend(point, &mut scorer);
                        *sum += scorer.score;
                        tree.update(point, sequence);
                    }
                }
                sums
            });
            scores
                .extend((0..block.len() / dimensions).map(|row| sums.iter().map(|sum| sum[row]).sum::<f64>() * scale));
        }
        scores
    }

    /// As [`Self::score_and_update`], telling how much of each score comes from which dimension.
    pub(super) fn attribute_and_update(&mut self, points: &[f64]) -> Vec<Attribution> {
        let scale = self.scale();
        let mut attributions = Vec::with_capacity(points.len() / self.options.dimensions);
        for block in points.chunks(BLOCK * self.options.dimensions) {
            let (first, dimensions) = (self.points, self.options.dimensions);
            let mut parts = self.each_group(block, |group, block| {
                let mut parts = vec![Attribution::new(dimensions); block.len() / dimensions];
                for tree in group {
                    for ((point, part), sequence) in block.chunks_exact(dimensions).zip(&mut parts).zip(first..) {
                        tree.tree.descend(point, &mut Attributor::new(point, part));
                        tree.update(point, sequence);
                    }
                }
                parts
            });
            let mut sums = if parts.is_empty() { Vec::new() } else { parts.remove(0) };
            for (row, sum) in sums.iter_mut().enumerate() {
                parts.iter().for_each(|part| sum.add(&part[row]));
                sum.multiply(scale);
            }
            attributions.extend(sums);
        }
        attributions
    }

    /// Run `work` with each group of trees and the block; the results in order of the groups.
    fn each_group<T: Send>(
        &mut self,
        block: &[f64],
        work: impl Fn(&mut [SampledTree], &[f64]) -> Vec<T> + Sync,
    ) -> Vec<Vec<T>> {
        let points = block.len() / self.options.dimensions;
        self.points += points as u64;
        let groups = self.trees.len().div_ceil(GROUP);
        let threads = if points * self.trees.len() < THREADED_DESCENTS { 1 } else { self.options.threads };
        if threads <= 1 {
            return self.trees.chunks_mut(GROUP).map(|group| work(group, block)).collect();
        }
        let share = groups.div_ceil(threads) * GROUP;
        let work = &work;
        std::thread::scope(|scope| {
            let run = |trees: &mut [SampledTree]| trees.chunks_mut(GROUP).map(|group| work(group, block)).collect();
            let shares: Vec<_> = self.trees.chunks_mut(share).map(|trees| scope.spawn(move || run(trees))).collect();
            let join =
                |share: ScopedJoinHandle<'_, Vec<Vec<T>>>| share.join().unwrap_or_else(|panic| resume_unwind(panic));
            shares.into_iter().flat_map(join).collect()
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.u64(self.points);
        for tree in &self.trees {
            let mut leaves = Vec::new();
            tree.random.write(out);
            tree.tree.write(out, &mut leaves);
            tree.sampler.write(out, &leaves);
        }
    }

    /// Read what [`Self::write`] wrote for a forest of the same options.
    pub(super) fn read(input: &mut Reader<'_>, options: ForestOptions) -> Result<Self, Corrupt> {
        let points = input.u64()?;
        let mut trees = Vec::with_capacity(options.trees);
        for _ in 0..options.trees {
            let random = Random::read(input)?;
            let (tree, leaves) = Tree::read(input, options.dimensions, options.sample)?;
            let sampler = Sampler::read(input, options.sample, 1.0 / options.time_decay, &leaves)?;
            trees.push(SampledTree { tree, sampler, random });
        }
        Ok(Self { options, trees, points })
    }
}
