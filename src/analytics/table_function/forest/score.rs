//! What a descent through a tree is worth: the score, and its parts by dimension and direction.

use super::tree::Visitor;

/// 1/(depth + 1): the score of a point that a cut at this depth separates.
#[inline]
fn unseen(depth: usize) -> f64 {
    1.0 / (depth + 1) as f64
}

/// The score of a point that stands in a leaf already, `mass` times.
#[inline]
fn seen(depth: usize, mass: u32) -> f64 {
    match depth {
        // The tree holds nothing else.
        0 => 1.0 / f64::from(mass + 1),
        _ => 1.0 / (depth as f64 + f64::from(mass).log2()),
    }
}

/// Sums up a tree's score on the way down.
pub(super) struct Scorer {
    pub(super) score: f64,
    /// The probability that no cut has separated the point yet.
    together: f64,
}

impl Default for Scorer {
    fn default() -> Self {
        Self { score: 0.0, together: 1.0 }
    }
}

impl Visitor for Scorer {
    #[inline]
    fn separated(&mut self, depth: usize, probability: f64, _lower: &[f64], _upper: &[f64], _gap: f64) {
        self.score += self.together * probability * unseen(depth);
        self.together *= 1.0 - probability;
    }

    #[inline]
    fn found(&mut self, depth: usize, mass: u32) {
        self.score += self.together * seen(depth, mass);
    }
}

/// How much of a score comes from values that are too high, and too low, in each dimension.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analytics) struct Attribution {
    pub(in crate::analytics) high: Vec<f64>,
    pub(in crate::analytics) low: Vec<f64>,
}

impl Attribution {
    pub(super) fn new(dimensions: usize) -> Self {
        Self { high: vec![0.0; dimensions], low: vec![0.0; dimensions] }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.high.iter_mut().zip(&other.high).for_each(|(sum, part)| *sum += part);
        self.low.iter_mut().zip(&other.low).for_each(|(sum, part)| *sum += part);
    }

    pub(super) fn multiply(&mut self, factor: f64) {
        self.high.iter_mut().chain(&mut self.low).for_each(|part| *part *= factor);
    }

    /// The score that the parts add up to.
    pub(in crate::analytics) fn score(&self) -> f64 {
        self.high.iter().chain(&self.low).sum()
    }
}

/// Adds a tree's score to an attribution, part by part.
pub(super) struct Attributor<'a> {
    point: &'a [f64],
    parts: &'a mut Attribution,
    together: f64,
}

impl<'a> Attributor<'a> {
    pub(super) fn new(point: &'a [f64], parts: &'a mut Attribution) -> Self {
        Self { point, parts, together: 1.0 }
    }
}

impl Visitor for Attributor<'_> {
    fn separated(&mut self, depth: usize, probability: f64, lower: &[f64], upper: &[f64], gap: f64) {
        let share = self.together * probability * unseen(depth) / gap;
        for (place, value) in self.point.iter().enumerate() {
            self.parts.high[place] += share * (value - upper[place]).max(0.0);
            self.parts.low[place] += share * (lower[place] - value).max(0.0);
        }
        self.together *= 1.0 - probability;
    }

    /// An equal point stands out in no dimension more than in another.
    fn found(&mut self, depth: usize, mass: u32) {
        let share = self.together * seen(depth, mass) / (2 * self.point.len()) as f64;
        self.parts.high.iter_mut().chain(&mut self.parts.low).for_each(|part| *part += share);
    }
}
