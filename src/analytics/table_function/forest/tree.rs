//! One random cut tree: a sample of points, cut apart until each stands alone.
//!
//! Nodes lie in one array and their bounding boxes in another, so a tree of 256 points fits into the first-level cache and
//! a batch of points can be run through it at once. Points are added and taken away in place; the tree that results has the
//! distribution of one that was built from its points afresh.
//!
//! Source: S. Guha, N. Mishra, G. Roy, O. Schrijvers: Robust Random Cut Forest Based Anomaly Detection On Streams, ICML 2016.

use super::random::Random;
use crate::analytics::codec::{Corrupt, Reader, Writer};

/// The index of no node.
const NONE: u32 = u32::MAX;
/// The cut dimension of a leaf.
const LEAF: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Points with at most this value in `dimension` are left.
    cut: f64,
    dimension: u32,
    left: u32,
    right: u32,
    parent: u32,
    /// Points below, or equal ones in a leaf.
    mass: u32,
}

/// A tree.
///
/// Invariants: an inner node's box is the smallest around its points; a leaf's box is its point; masses add up.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    dimensions: usize,
    nodes: Vec<Node>,
    /// Lower corner, then upper corner of each node's box.
    bounds: Vec<f64>,
    free: Vec<u32>,
    root: u32,
}

/// What a descent meets, from the root to a leaf.
pub(super) trait Visitor {
    /// The point is outside of the node's box: a cut separates it here with this probability.
    fn separated(&mut self, depth: usize, probability: f64, lower: &[f64], upper: &[f64], gap: f64);
    /// The leaf, with so many points equal to the one that descends.
    fn found(&mut self, depth: usize, mass: u32);
}

impl Tree {
    /// The memory that nodes and boxes take.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.bounds.capacity() * size_of::<f64>()
            + self.free.capacity() * size_of::<u32>()
    }

    pub(super) fn new(dimensions: usize, points: usize) -> Self {
        let nodes = 2 * points;
        Self {
            dimensions,
            nodes: Vec::with_capacity(nodes),
            bounds: Vec::with_capacity(nodes * 2 * dimensions),
            free: Vec::new(),
            root: NONE,
        }
    }

    #[inline]
    fn corners(&self, node: u32, dimensions: usize) -> (&[f64], &[f64]) {
        let start = node as usize * 2 * dimensions;
        self.bounds[start..start + 2 * dimensions].split_at(dimensions)
    }

    /// Follow `point` from the root to its leaf.
    #[inline]
    pub(super) fn descend(&self, point: &[f64], visitor: &mut impl Visitor) {
        // The same code twice: with the number of dimensions known, one dimension takes half of the time.
        match point.len() {
            1 => self.descend_in(point, 1, visitor),
            dimensions => self.descend_in(point, dimensions, visitor),
        }
    }

    #[inline(always)]
    fn descend_in(&self, point: &[f64], dimensions: usize, visitor: &mut impl Visitor) {
        if self.root == NONE {
            return;
        }
        let (mut node, mut depth) = (self.root, 0);
        loop {
            let (lower, upper) = self.corners(node, dimensions);
            let gap = gap(point, lower, upper);
            let Node { cut, dimension, left, right, mass, .. } = self.nodes[node as usize];
            if dimension == LEAF {
                match gap > 0.0 {
                    true => visitor.separated(depth, 1.0, lower, upper, gap),
                    false => visitor.found(depth, mass),
                }
                return;
            }
            if gap > 0.0 {
                visitor.separated(depth, gap / (gap + extent(lower, upper)), lower, upper, gap);
            }
            node = if point[dimension as usize] <= cut { left } else { right };
            depth += 1;
        }
    }

    /// Add a point; gives its leaf.
    pub(super) fn insert(&mut self, point: &[f64], random: &mut Random) -> u32 {
        if self.root == NONE {
            self.root = self.leaf(point, NONE);
            return self.root;
        }
        let mut node = self.root;
        loop {
            let (lower, upper) = self.corners(node, self.dimensions);
            let gap = gap(point, lower, upper);
            if gap > 0.0 {
                let (dimension, cut) = draw_cut(point, lower, upper, random);
                let separates = if point[dimension] > upper[dimension] {
                    cut >= upper[dimension]
                } else {
                    point[dimension] < lower[dimension] && cut < lower[dimension]
                };
                if separates {
                    return self.split(node, point, dimension, cut);
                }
                self.extend(node, point);
            }
            let inner = &mut self.nodes[node as usize];
            inner.mass += 1;
            if inner.dimension == LEAF {
                return node;
            }
            node = if point[inner.dimension as usize] <= inner.cut { inner.left } else { inner.right };
        }
    }

    /// Put an inner node in the place of `node`, over it and a new leaf.
    fn split(&mut self, node: u32, point: &[f64], dimension: usize, cut: f64) -> u32 {
        let Node { parent, mass, .. } = self.nodes[node as usize];
        let leaf = self.leaf(point, NONE);
        let (left, right) = if point[dimension] <= cut { (leaf, node) } else { (node, leaf) };
        let dimension = u32::try_from(dimension).unwrap_or(LEAF - 1);
        let inner = self.allocate(Node { cut, dimension, left, right, parent, mass: mass + 1 });
        let size = 2 * self.dimensions;
        let start = node as usize * size;
        self.bounds.copy_within(start..start + size, inner as usize * size);
        self.extend(inner, point);
        self.nodes[node as usize].parent = inner;
        self.nodes[leaf as usize].parent = inner;
        self.replace_child(parent, node, inner);
        leaf
    }

    /// Take away one of the points at `leaf`.
    pub(super) fn remove(&mut self, leaf: u32) {
        let Node { parent, mass, .. } = self.nodes[leaf as usize];
        let mut node = parent;
        let mut shrinks = false;
        if mass > 1 {
            self.nodes[leaf as usize].mass = mass - 1;
        } else {
            self.free.push(leaf);
            if parent == NONE {
                self.root = NONE;
                return;
            }
            let Node { left, right, parent: grandparent, .. } = self.nodes[parent as usize];
            let sibling = if left == leaf { right } else { left };
            self.nodes[sibling as usize].parent = grandparent;
            self.replace_child(grandparent, parent, sibling);
            self.free.push(parent);
            node = grandparent;
            shrinks = true;
        }
        while node != NONE {
            self.nodes[node as usize].mass -= 1;
            shrinks = shrinks && self.shrink(node);
            node = self.nodes[node as usize].parent;
        }
    }

    fn replace_child(&mut self, parent: u32, old: u32, new: u32) {
        if parent == NONE {
            self.root = new;
            return;
        }
        let inner = &mut self.nodes[parent as usize];
        if inner.left == old {
            inner.left = new;
        } else {
            inner.right = new;
        }
    }

    fn allocate(&mut self, node: Node) -> u32 {
        if let Some(place) = self.free.pop() {
            self.nodes[place as usize] = node;
            return place;
        }
        self.nodes.push(node);
        self.bounds.resize(self.nodes.len() * 2 * self.dimensions, 0.0);
        u32::try_from(self.nodes.len() - 1).unwrap_or(NONE)
    }

    fn leaf(&mut self, point: &[f64], parent: u32) -> u32 {
        let leaf = self.allocate(Node { cut: 0.0, dimension: LEAF, left: NONE, right: NONE, parent, mass: 1 });
        let start = leaf as usize * 2 * self.dimensions;
        self.bounds[start..start + self.dimensions].copy_from_slice(point);
        self.bounds[start + self.dimensions..start + 2 * self.dimensions].copy_from_slice(point);
        leaf
    }

    /// Let the box of `node` reach `point`.
    fn extend(&mut self, node: u32, point: &[f64]) {
        let start = node as usize * 2 * self.dimensions;
        let (lower, upper) = self.bounds[start..start + 2 * self.dimensions].split_at_mut(self.dimensions);
        for ((lower, upper), value) in lower.iter_mut().zip(upper).zip(point) {
            *lower = lower.min(*value);
            *upper = upper.max(*value);
        }
    }

    /// Draw the box of `node` together around its children; whether that changed it.
    fn shrink(&mut self, node: u32) -> bool {
        let Node { left, right, .. } = self.nodes[node as usize];
        let (size, mut changed) = (2 * self.dimensions, false);
        let (node, left, right) = (node as usize * size, left as usize * size, right as usize * size);
        for side in 0..size {
            let (a, b) = (self.bounds[left + side], self.bounds[right + side]);
            let bound = if side < self.dimensions { a.min(b) } else { a.max(b) };
            changed |= self.bounds[node + side] != bound;
            self.bounds[node + side] = bound;
        }
        changed
    }

    /// Write the tree from the root on; `leaves` gets the leaves in the order in which they are written.
    pub(super) fn write(&self, out: &mut Writer, leaves: &mut Vec<u32>) {
        let mut open = if self.root == NONE { Vec::new() } else { vec![self.root] };
        out.u32(u32::try_from(self.nodes.len() - self.free.len()).unwrap_or(NONE));
        while let Some(node) = open.pop() {
            let Node { cut, dimension, left, right, mass, .. } = self.nodes[node as usize];
            out.u32(dimension);
            if dimension == LEAF {
                leaves.push(node);
                out.u32(mass);
                self.corners(node, self.dimensions).0.iter().for_each(|value| out.f64(*value));
            } else {
                out.f64(cut);
                open.extend([right, left]);
            }
        }
    }

    /// Read what [`Self::write`] wrote; gives the leaves in the order of the writing too.
    pub(super) fn read(input: &mut Reader<'_>, dimensions: usize, points: usize) -> Result<(Self, Vec<u32>), Corrupt> {
        let mut tree = Self::new(dimensions, points);
        let (count, mut leaves) = (input.u32()?, Vec::new());
        // Parents whose left, then right, child comes next.
        let mut open: Vec<u32> = vec![NONE];
        for _ in 0..count {
            let parent = open.pop().ok_or(Corrupt("a tree has more nodes than its cuts"))?;
            let dimension = input.u32()?;
            let node = if dimension == LEAF {
                let mass = input.u32()?;
                let point = (0..dimensions).map(|_| input.f64()).collect::<Result<Vec<_>, _>>()?;
                let leaf = tree.leaf(&point, parent);
                tree.nodes[leaf as usize].mass = mass;
                leaves.push(leaf);
                leaf
            } else {
                if dimension as usize >= dimensions {
                    return Err(Corrupt("a tree cuts a dimension that it does not have"));
                }
                let node = Node { cut: input.f64()?, dimension, left: NONE, right: NONE, parent, mass: 0 };
                let inner = tree.allocate(node);
                open.extend([inner, inner]);
                inner
            };
            match parent {
                NONE => tree.root = node,
                parent if tree.nodes[parent as usize].left == NONE => tree.nodes[parent as usize].left = node,
                parent => tree.nodes[parent as usize].right = node,
            }
        }
        if count > 0 && !open.is_empty() {
            return Err(Corrupt("a tree has fewer nodes than its cuts"));
        }
        // Parents were made before their children.
        for node in (0..count).rev() {
            let Node { dimension, left, right, .. } = tree.nodes[node as usize];
            if dimension != LEAF {
                tree.nodes[node as usize].mass = tree.nodes[left as usize].mass + tree.nodes[right as usize].mass;
                tree.shrink(node);
            }
        }
        Ok((tree, leaves))
    }
}

/// How far a point is outside of a box, over all dimensions.
#[inline]
fn gap(point: &[f64], lower: &[f64], upper: &[f64]) -> f64 {
    let outside = |((value, lower), upper): ((&f64, &f64), &f64)| (lower - value).max(value - upper).max(0.0);
    point.iter().zip(lower).zip(upper).map(outside).sum()
}

#[inline]
fn extent(lower: &[f64], upper: &[f64]) -> f64 {
    lower.iter().zip(upper).map(|(lower, upper)| upper - lower).sum()
}

/// A cut through the box around a box and a point outside of it, with probability proportional to its sides.
fn draw_cut(point: &[f64], lower: &[f64], upper: &[f64], random: &mut Random) -> (usize, f64) {
    let side = |place: usize| (lower[place].min(point[place]), upper[place].max(point[place]));
    let whole: f64 = (0..point.len()).map(|place| side(place).1 - side(place).0).sum();
    let mut rest = random.unit() * whole;
    let mut last = (0, lower[0].min(point[0]));
    for place in 0..point.len() {
        let (low, high) = side(place);
        let length = high - low;
        if length > 0.0 {
            // Rounding must not put the cut on the upper end, where it would cut nothing off.
            let cut = low + rest;
            last = (place, if cut < high { cut } else { low });
            if rest < length {
                return last;
            }
        }
        rest -= length;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Tree {
        /// Check every invariant; gives the mass of the root.
        fn check(&self) -> u32 {
            if self.root == NONE { 0 } else { self.check_below(self.root, NONE) }
        }

        fn check_below(&self, node: u32, parent: u32) -> u32 {
            let Node { dimension, left, right, mass, cut, parent: recorded } = self.nodes[node as usize];
            assert_eq!(recorded, parent);
            if dimension != LEAF {
                assert_eq!(mass, self.check_below(left, node) + self.check_below(right, node));
                assert!(self.corners(left, self.dimensions).1[dimension as usize] <= cut);
                assert!(self.corners(right, self.dimensions).0[dimension as usize] > cut);
                let before = self.corners(node, self.dimensions);
                assert!(!self.clone().shrink(node), "{before:?}");
            }
            mass
        }
    }

    #[test]
    fn points_come_and_go_and_every_invariant_stays() {
        let mut random = Random::new(1, 0);
        let mut tree = Tree::new(2, 40);
        let mut leaves = Vec::new();
        for step in 0..2_000 {
            // Few distinct values, so that many points are equal.
            let point = [(random.unit() * 12.0).floor(), (random.unit() * 5.0).floor() * 1e9];
            leaves.push(tree.insert(&point, &mut random));
            if leaves.len() > 40 {
                let place = (random.unit() * leaves.len() as f64) as usize;
                tree.remove(leaves.swap_remove(place));
            }
            assert_eq!(tree.check() as usize, leaves.len(), "step {step}");
        }
        assert!(tree.nodes.len() < 90, "freed nodes are used again");
        while let Some(leaf) = leaves.pop() {
            tree.remove(leaf);
            assert_eq!(tree.check() as usize, leaves.len());
        }
        assert_eq!(tree.root, NONE);
    }

    #[test]
    fn a_tree_reads_what_it_wrote() {
        let mut random = Random::new(5, 0);
        let mut tree = Tree::new(1, 30);
        for _ in 0..30 {
            tree.insert(&[(random.unit() * 20.0).floor()], &mut random);
        }
        let (mut out, mut leaves) = (Writer::default(), Vec::new());
        tree.write(&mut out, &mut leaves);
        let bytes = out.finish();
        let (read, read_leaves) = Tree::read(&mut Reader::new(&bytes), 1, 30).unwrap();
        assert_eq!(read.check(), 30);
        assert_eq!(read_leaves.len(), leaves.len());
        for (old, new) in leaves.iter().zip(read_leaves) {
            assert_eq!(tree.corners(*old, 1), read.corners(new, 1));
        }
        assert!(Tree::read(&mut Reader::new(&bytes[..bytes.len() - 1]), 1, 30).is_err());
    }
}
